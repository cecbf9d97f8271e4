"""Odd estates: each answer is held against an obvious computation over the raw client."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session
from cbr_notebook.api.messages.vault_bodies import ResourceItem

SERVER = "OS::Nova::Server"


@pytest.fixture
def session() -> Iterator[Session]:
    with cbr.simulate("empty") as opened:
        for name in ("web-01", "db-01"):
            opened.cloud.create_server(name, disks=(("vda", 4), ("vdb", 2)))
        opened.create_vault("films", size_gb=200, resources=["web-01", "db-01"])
        policy = opened.create_policy("nightly", days="daily", times="02:00", retention_days=30)
        opened.apply_policy(policy, "films")
        opened.cloud.advance(days=3)
        yield opened


def made(text: str | None) -> datetime:
    return datetime.fromisoformat(str(text)).replace(tzinfo=UTC)


def audited(session: Session, control: str) -> dict[str, str]:
    """Return the outcome of a control by the name of the resource."""
    table = session.audit([control])
    return dict(zip(table["resource_name"], table["outcome"], strict=True))


def test_replication_counts_what_the_records_of_the_backups_say(session: Session) -> None:
    elsewhere = session.in_project("eu-west-1")
    there = elsewhere.create_vault("replicas", size_gb=200, protect_type="replication")
    oldest = session.backups(sort="created_at:asc").iloc[0]
    where: dict[str, Any] = {"destination_region": "eu-west-1", "destination_vault": "replicas"}
    session.replicate(oldest, **where).wait(progress=False)
    session.cloud.advance(days=1)
    good = list(
        session.client.backups.list_all(
            status="available", image_type="backup", show_replication=True
        )
    )
    copied = [
        each for each in good
        if any(record.status == "success" for record in each.replication_records or ())
    ]  # fmt: skip
    assert [each.id for each in copied] == [oldest["id"]]
    (row,) = session.replication().to_dict("records")
    newest = max(made(each.created_at) for each in good)
    replica = max(made(each.created_at) for each in copied)
    assert (row["vault_name"], row["destination_vault_id"]) == ("films", there.id)
    assert (row["backups"], row["replicated"], row["failed"]) == (len(good), 1, 0)
    assert (row["newest_backup"], row["newest_replica"]) == (newest, replica)
    assert row["lag_hours"] == round((newest - replica) / timedelta(hours=1), 1)
    passed = {each.resource_name for each in copied}
    found = audited(session, "replicated")
    assert {name for name, outcome in found.items() if outcome == "pass"} == passed
    # There a replica is no backup of anything: nothing is protected, due or gone by it.
    replicas = list(elsewhere.client.backups.list_all(image_type="replication"))
    assert len(replicas) == 1
    assert elsewhere.orphans().empty
    assert elsewhere.replication().empty
    assert elsewhere.retention_preview(days=60).empty


def test_a_disk_that_is_left_out_is_named_and_its_server_is_not(session: Session) -> None:
    session.cloud.create_server("app-01", disks=(("vda", 4), ("vdb", 2), ("vdc", 2)))
    (app,) = (r for r in session.client.protectables.list_all("server") if r.name == "app-01")
    out = [disk for disk in app.children or () if disk.size == 2]
    assert len(out) == 2
    item = ResourceItem(app.id, SERVER, "app-01", {"exclude_volumes": [d.id for d in out]})
    session.add_resources("films", [item])
    session.cloud.advance(days=1)
    told = [
        each["id"] if isinstance(each, dict) else each
        for vault in session.client.vaults.list_all()
        for member in vault.resources or ()
        for each in (member.extra_info or {}).get("exclude_volumes", ())
    ]
    assert set(told) == {each.id for each in out}
    table = session.unprotected()
    assert set(table["id"]) == set(told)
    assert set(table["reason"]) == {"left out of its server's backups"}
    outcome = audited(session, "no disk excluded")
    assert outcome == {"web-01": "pass", "db-01": "pass", "app-01": "fail"}
    assert session.recovery_points().set_index("name").loc["app-01", "within_target"]


def test_a_prepaid_vault_counts_as_any_other(session: Session) -> None:
    prepaid = session.create_vault("paid", size_gb=100)
    session.client.orders.change_charge_mode(
        [prepaid.id], period_type="month", period_num=1, is_auto_pay=True
    )
    session.cloud.create_server("app-01")
    session.add_resources("paid", "app-01")
    session.back_up("paid").wait(progress=False)
    raw = {each.id: each for each in session.client.vaults.list_all()}
    assert raw[prepaid.id].billing.charging_mode == "pre_paid"
    cost = session.cost(0.05).set_index("id")
    capacity = session.capacity().set_index("id")
    assert set(cost.index) == set(capacity.index) == set(raw)
    for each, vault in raw.items():
        bill = vault.billing
        assert cost.loc[each, "size_gb"] == capacity.loc[each, "size_gb"] == bill.size
        assert cost.loc[each, "cost_month"] == round((bill.size or 0) * 0.05, 2)
        assert cost.loc[each, "used_gb"] == round((bill.used or 0) / 1024, 3)
        assert capacity.loc[each, "used_mb"] == bill.used
    vaults = session.vaults().set_index("id")
    assert vaults["charging_mode"].to_dict() == {k: v.billing.charging_mode for k, v in raw.items()}
    assert audited(session, "protected")["app-01"] == "fail", "no policy runs there"


def test_a_suspended_resource_is_not_protected(session: Session) -> None:
    (vault,) = session.client.vaults.list_all()
    web = session.find_resource("web-01")
    session.client.vaults.set_resources(vault.id, [web.id], action="suspend")
    before = {each.id for each in session.client.backups.list_all(resource_id=web.id)}
    session.cloud.advance(days=2)
    assert {each.id for each in session.client.backups.list_all(resource_id=web.id)} == before
    table = session.unprotected().set_index("name")
    assert table["reason"].to_dict() == {"web-01": "suspended in its vault"}
    assert audited(session, "protected") == {"web-01": "fail", "db-01": "pass"}
    assert audited(session, "schedule met") == {"web-01": "fail", "db-01": "pass"}
    assert set(session.gaps()["resource_name"]) == {"web-01"}
    members = session.vault_resources().set_index("name")["auto_protect"]
    assert members.to_dict() == {"web-01": False, "db-01": True}
    kept = set(session.retention_preview(days=60)["resource_name"])
    assert kept == {"web-01", "db-01"}, "its backups expire all the same"
    session.client.vaults.set_resources(vault.id, [web.id], action="unsuspend")
    assert session.unprotected().empty


def test_an_accepted_backup_of_somebody_else_is_none_of_ones_own(session: Session) -> None:
    other = session.in_project("eu-west-0_staging")
    other.create_vault("theirs", size_gb=100)
    other.cloud.create_server("own-01")
    backup = session.backups(resource="web-01").iloc[0]
    session.share(backup, other.identity.project_id)
    other.accept_share(backup["id"], vault="theirs")
    shared = list(other.client.backups.list_all(own_type="shared"))
    own = list(other.client.backups.list_all())
    assert [each.id for each in shared] == [backup["id"]]
    assert not {each.id for each in own} & {backup["id"]}
    assert len(other.backups()) == len(own)
    assert list(other.backups(own_type="shared")["id"]) == [backup["id"]]
    assert "web-01" not in set(other.recovery_points()["name"])
    for answer in (other.orphans(), other.retention_preview(days=60), other.gaps()):
        assert answer.empty
    (vault,) = other.client.vaults.list_all()
    assert other.capacity().iloc[0]["used_mb"] == vault.billing.used
    assert other.capacity().iloc[0]["backups"] == len(own)
    assert set(other.audit(["protected"])["resource_name"]) == {
        each.name for each in other.client.protectables.list_all("server")
    }


def test_an_empty_account_has_an_empty_answer_to_everything() -> None:
    with cbr.simulate("empty") as session:
        assert not list(session.client.vaults.list_all())
        assert not list(session.client.backups.list_all())
        answers = {
            each: getattr(session, each)()
            for each in ("unprotected", "capacity", "recovery_points", "gaps", "failures",
                         "schedule", "vault_policies", "replication", "retention_preview",
                         "orphans", "audit", "vaults", "backups", "policies", "tasks")
        }  # fmt: skip
        answers["cost"] = session.cost(0.05)
        assert {each: len(table) for each, table in answers.items() if len(table)} == {}
        with session.reading() as reading:
            assert reading.unprotected().empty
            assert reading.backups(status="available").empty
        assert session.forms.overview().submit().empty
