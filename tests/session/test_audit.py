"""The audit's controls, each seen to pass and to fail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session
from cbr_notebook.api.messages.vault_bodies import ResourceItem
from cbr_notebook.errors import InvalidRequest


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
