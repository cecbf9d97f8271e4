"""The audit's controls, each seen to pass and to fail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session
from cbr_notebook.api.vault_bodies import ResourceItem
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.session.reports.audit import Proof, audit


@pytest.fixture
def session() -> Iterator[Session]:
    with cbr.simulate("empty") as opened:
        for name in ("good", "alone"):
            opened.cloud.create_server(name, disks=(("vda", 2), ("vdb", 1)))
        opened.create_vault("v", size_gb=100, resources="good")
        policy = opened.create_policy("p", days="daily", times="01:00", retention_days=14)
        opened.apply_policy(policy, "v")
        opened.cloud.advance(days=3)
        yield opened


def outcomes(session: Session, rules: Any = None) -> dict[tuple[str, str], str]:
    table = session.audit(rules)
    assert list(table.columns) == list(cbr.schema("audit")["column"])
    return {
        (row["control"].split(" within")[0].split(" at least")[0].split(" in ")[0],
         row["resource_name"]): row["outcome"]
        for row in table.to_dict("records")
    }  # fmt: skip


def test_each_control_looks_at_each_resource(session: Session) -> None:
    found = outcomes(session)
    assert {name: outcome for (name, of), outcome in found.items() if of == "good"} == {
        "protected": "pass",
        "recovery point": "pass",
        "retention": "pass",
        "schedule met": "pass",
        "encrypted": "fail",
        "replicated": "fail",
        "locked": "fail",
        "no disk excluded": "pass",
        "restore proven": "fail",
    }
    alone = {name: outcome for (name, of), outcome in found.items() if of == "alone"}
    assert alone["protected"] == alone["recovery point"] == alone["retention"] == "fail"
    assert alone["encrypted"] == "unknown"  # there is nothing to look at: no pass


def test_what_happens_shows(session: Session) -> None:
    server = session.find_resource("good", "server")
    disk = next(each for each in server.children or () if each.name == "good-vdb")
    session.add_resources(
        "v", [ResourceItem(server.id, server.type or "", "good", {"exclude_volumes": [disk.id]})]
    )
    session.update_vault("v", locked=True, confirm="v")
    session.update_policy("p", enabled=False)
    session.cloud.advance(days=2)
    found = outcomes(session)
    assert found["no disk excluded", "good"] == "fail"
    assert found["locked", "good"] == "pass"
    assert found["recovery point", "good"] == found["protected", "good"] == "fail"
    reasons = session.unprotected().set_index("name")["reason"]
    assert reasons["good-vdb"] == "left out of its server's backups"
    assert "alone-vdb" not in reasons.index


def test_rules_are_chosen_also_from_a_file(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("- control: retention\n  days: 30\n- control: protected\n")
    for rules in (path, str(path), path.read_text(), [{"control": "retention", "days": 30},
                                                      "protected"]):  # fmt: skip
        found = outcomes(session, rules)
        assert found["retention", "good"] == "fail"
        assert {control for control, _ in found} == {"retention", "protected"}


@pytest.mark.parametrize(
    "rules",
    [
        "nowhere.yaml",
        "a: [",
        [],
        3,
        [{"control": "protektd"}],
        [{"control": "retention", "dais": 3}],
        [{"control": "recovery point", "within": "soon"}],
    ],
)
def test_rules_that_cannot_be_read_are_refused(session: Session, rules: Any) -> None:
    with pytest.raises(InvalidRequest):
        session.audit(rules)


def test_a_resource_that_is_gone_is_not_within_the_target(session: Session) -> None:
    before = session.recovery_points().set_index("name").loc["good"]
    assert before["within_target"]
    assert before["exists"]
    session.cloud.delete_server("good")
    after = session.recovery_points().set_index("name").loc["good"]
    assert not after["within_target"]
    assert not after["exists"]


def test_a_closed_session_says_so(session: Session) -> None:
    session.close()
    with pytest.raises(cbr.errors.AuthenticationError, match="closed"):
        session.vaults()


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("- control: protected\n- control: retention\n  dais: 3\n", "line 3"),
        ("- control: protected\n\n- control: retention\n  days: many\n", "line 4"),
        ("rules:\n  - protected\n  - protektd\n", "line 3"),
        ("- control: protected\n  days: 3\n", "line 2"),
        ("- control: locked\n  tags: 3\n", "line 2"),
        ("- control: retention\n  days: 3\n  days: 30\n", "line 3.*twice"),
        ("- control: a\n  - b: [\n", "line 2"),
        ([{"control": "protected"}, {"control": "retention", "days": 0}], "rule 2"),
    ],
)
def test_a_rule_that_is_wrong_is_named_by_its_line(session: Session, rules: Any, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        session.audit(rules)


@pytest.mark.parametrize(
    ("operation", "unknown"),
    [
        ("list_policies", {"protected", "retention", "schedule met"}),
        ("list_vault", {"protected", "retention", "schedule met", "locked", "no disk excluded"}),
        ("list_backups", {"recovery point", "schedule met", "encrypted", "replicated"}),
        ("list_protectable", {"no disk excluded"}),
    ],
)
def test_what_may_not_be_read_is_unknown(
    session: Session, operation: str, unknown: set[str]
) -> None:
    session.cloud.fail(operation, 403, times=99)
    found = outcomes(session)
    assert found, "what is in vaults is looked at"
    right = {name for (name, _), outcome in found.items() if outcome == "unknown"}
    assert unknown <= right <= unknown | {"encrypted"}
    assert not any(found[name, of] == "pass" for name, of in found if name in unknown)


def test_a_replica_vault_protects_nothing(session: Session) -> None:
    session.create_vault("away", size_gb=100, protect_type="replication")
    assert outcomes(session)["protected", "good"] == "pass"


def test_a_restore_is_proven_for_so_many_days(session: Session) -> None:
    server = session.find_resource("good", "server").id
    rule = [{"control": "restore proven", "days": 2}]
    for age, outcome in ((timedelta(days=2), "pass"), (timedelta(days=2, hours=3), "fail")):
        proof = Proof(session.now - age, "run-1")
        table = audit(session, rule, proofs={server: proof}).set_index("resource_id")
        assert table.loc[server, "outcome"] == outcome
        assert table.loc[server, "evidence"] == "run run-1"


def test_a_page_of_the_audit_is_sealed_and_says_how_much_there_was(
    session: Session, tmp_path: Path
) -> None:
    table = session.audit()
    page = cbr.export(table[table["outcome"] == "fail"], tmp_path / "audit.html")
    assert f"'pass': {(table['outcome'] == 'pass').sum()}" in page.read_text().replace(
        "&quot;", "'"
    ).replace("&#x27;", "'")
    assert cbr.verify_report(page)
    page.write_text(page.read_text().replace("fail", "pass", 1))
    assert not cbr.verify_report(page)


def test_the_rules_are_told_in_words_beside_the_answer(session: Session) -> None:
    rules = [{"control": "retention", "days": 3, "tags": {"env": ["a", "b"], "x": None}}, "locked"]
    assert session.audit(rules).attrs["filters"]["rules"] == (
        "retention at least 3 days (of env=a|b, x=*); locked"
    )


@pytest.mark.parametrize("written", ["", "# nothing yet\n", "rules: []\n", "{}"])
def test_a_file_without_a_rule_is_told(session: Session, tmp_path: Path, written: str) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(written)
    with pytest.raises(InvalidRequest, match="There is no rule to audit by") as caught:
        session.audit(rules)
    assert "recovery point" in (caught.value.advice or "")
