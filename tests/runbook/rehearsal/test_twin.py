"""A twin of an account, and tonight's restore rehearsed on it: the account is only read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session, errors
from cbr_notebook.api.messages.vault_bodies import ResourceItem
from cbr_notebook.runbook.journal.recording import recorded
from tests.runbook.situations import is_back, restores, spoilt


@pytest.fixture
def demo() -> Iterator[Session]:
    with cbr.simulate("demo") as session:
        yield session


def test_a_twin_is_like_the_account_as_far_as_its_service_tells(demo: Session) -> None:
    with demo.twin() as twin:
        assert twin.simulated
        assert abs((twin.now - demo.now).total_seconds()) < 60
        for table, columns in (
            ("vaults", ["id", "name", "size_gb", "used_mb", "status"]),
            ("resources", ["id", "name", "type", "status"]),
            ("policies", ["id", "name", "enabled"]),
        ):
            real, like = getattr(demo, table)(), getattr(twin, table)()
            by = ["id"]
            assert (
                real[columns].sort_values(by).values.tolist()
                == like[columns].sort_values(by).values.tolist()
            )
        newest = demo.backups(resource="web-01").iloc[0]
        same = twin.find_backup(newest["id"])
        assert (same.name, same.status) == (newest["name"], newest["status"])
        assert "bytes" in list(twin.unknown["what"])
        assert demo.unknown.empty


def test_neither_sees_what_happens_in_the_other(demo: Session) -> None:
    then = (len(demo.tasks()), len(demo.policies()), demo.now)
    with demo.twin() as twin:
        twin.cloud.advance(days=2)
        twin.delete_policy(twin.policies()["id"].iloc[0], confirm=twin.policies()["name"].iloc[0])
        assert len(twin.tasks(since="2d")) > 0  # its policies ran
    assert (len(demo.tasks()), len(demo.policies()), demo.now) == then


def test_a_rehearsal_only_reads_the_account(demo: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CBR_APPROVAL", "two people")  # not asked for what happens on a twin
    plan = demo.plan_restore(demo.last_quiet_backup("web-01", accept_unjudged=True))
    then = (len(demo.tasks()), demo.now)
    methods: set[str] = set()
    with recorded(demo.client.transport, lambda request: methods.add(request.method)):
        rehearsal = plan.rehearse()
    assert rehearsal, repr(rehearsal)
    assert methods == {"GET"}
    assert (len(demo.tasks()), demo.now) == then
    assert list(rehearsal.frame["what"])[:2] == ["backup", "restore"]
    assert set(rehearsal.frame["outcome"]) == {"success"}
    assert "Not known to the twin: bytes" in repr(rehearsal)
    assert "Rehearsal on a simulated twin" in rehearsal._repr_html_()


def test_a_rehearsal_names_the_warnings_that_the_restore_wants_accepted(session: Session) -> None:
    plan = session.plan_restore("clean-web-01").questioned()
    group = session.plan_restores([plan])
    for made in (True, False):
        wanted = plan.ensure_ready(safety_backup=made)
        assert ("safety backup" in wanted) is not made
        assert "backup not quiet" in wanted
        for rehearsal in (plan.rehearse(safety_backup=made), group.rehearse(safety_backup=made)):
            assert sorted(rehearsal.warnings) == sorted(wanted)


def test_what_a_twin_does_not_carry_out_is_said_in_the_rehearsal(
    session: Session,
) -> None:
    abroad = session.in_project("eu-west-1")
    far = abroad.create_vault("far", size_gb=100, protect_type="replication")
    session.create_policy(
        "copies", days="daily", times="01:00", max_backups=3, operation_type="replication",
        destination_region="eu-west-1", destination_project_id=abroad.identity.project_id,
    )  # fmt: skip
    session.apply_policy("copies", "vault-web-01", destination_vault=far)
    rehearsal = session.plan_restore("clean-web-01").rehearse(safety_backup=False)
    assert rehearsal
    assert "replication of vault vault-web-01" in repr(rehearsal)
    why = dict(rehearsal.unknown)["replication of vault vault-web-01"]
    assert "does not run on the twin" in why


def test_a_prepaid_vault_has_its_rules_on_the_twin_and_its_order_is_said_to_be_unknown(
    session: Session,
) -> None:
    vault = session.find_vault("vault-web-01")
    session.client.orders.change_charge_mode(
        [vault.id], period_type="month", period_num=1, is_auto_pay=True
    )
    paid = session.find_vault("vault-web-01").billing
    with session.twin() as twin:
        like = twin.find_vault("vault-web-01").billing
        assert (like.charging_mode, like.order_id) == ("pre_paid", paid.order_id)
        with pytest.raises(errors.CBRError, match="cannot be updated"):  # an order would be
            twin.update_vault("vault-web-01", size_gb=500)
        twin.cloud.advance(days=60)  # no period ends: the service tells none
        assert twin.find_vault("vault-web-01").billing.status == "available"
    rehearsal = session.plan_restore("clean-web-01").rehearse(safety_backup=False)
    assert rehearsal
    why = dict(rehearsal.unknown)["order of vault vault-web-01"]
    assert "neither its period nor what is left to be paid" in why


def test_a_full_vault_is_found(demo: Session) -> None:
    plan = demo.plan_restore(demo.backups(resource="files-01", status="available")["id"].iloc[0])
    demo.cloud.server("files-01").disk("vdb").fill(900, seed=3)
    demo.back_up("vault-files").wait(progress=False)
    rehearsal = plan.rehearse()
    assert not rehearsal
    assert "is full" in " ".join(rehearsal.refused)
    assert any("vault room" in each for each in rehearsal.moved)
    assert "vault-files" in [each.name for each in rehearsal.fills if each.full]
    assert demo.tasks(operation_type="restore").empty


@pytest.mark.parametrize("trouble", ["grew", "vanished"])
def test_a_disk_that_grew_or_vanished_since_is_found(session: Session, trouble: str) -> None:
    plan = session.plan_restore("clean-web-01")
    disk = session.cloud.server("web-01").disk("vdb")
    if trouble == "grew":
        disk.resize(4)
    else:
        session.cloud.delete_disk(disk.id)
    rehearsal = plan.rehearse()
    said = " ".join(rehearsal.moved)
    assert ("disk size" if trouble == "grew" else "missing disks") in said
    assert restores(session) == 0


def test_a_policy_that_runs_in_between_is_found(session: Session) -> None:
    session.create_policy("nightly", days="daily", times="07:00", retention_days=7)
    session.apply_policy("nightly", "vault-web-01")
    session.cloud.advance(seconds=(session.now.replace(hour=23) - session.now).total_seconds())
    session.update_policy("nightly", times=f"{session.now:%H}:{session.now.minute + 1:02}")
    rehearsal = session.plan_restore("clean-web-01").rehearse(safety_backup=False)
    assert "policy run" in rehearsal.warnings
    assert [each.what for each in rehearsal.between] == ["backup"], repr(rehearsal)
    assert "In between, at 23:" in repr(rehearsal)


def test_an_order_that_cannot_work_is_found(session: Session) -> None:
    spoilt(session, "db-01")
    group = session.plan_restores(
        [{"backup": "clean-db-01"}, {"backup": "clean-web-01", "after": "db-01"}]
    )
    assert group.rehearse()
    session.cloud.server("db-01").set_status("ERROR")
    rehearsal = group.rehearse()
    assert "The server is ERROR" in " ".join(rehearsal.refused)
    assert not is_back(session)
    assert restores(session) == 0


def test_how_long_it_takes_comes_from_the_accounts_own_restores(session: Session) -> None:
    spoilt(session, "db-01")
    done = session.plan_restore("clean-db-01").execute(confirm="db-01").wait()
    plan = session.plan_restore("clean-web-01")
    assert plan.expected_duration is not None
    rehearsal = plan.rehearse(safety_backup=False)
    assert rehearsal.measured
    assert abs(rehearsal.duration - plan.expected_duration).total_seconds() < 30
    assert "as tasks of the account took" in repr(rehearsal)
    assert done.state == "success"


def test_a_twin_keeps_tags_locks_orders_and_which_disks_a_vault_leaves_out() -> None:
    with cbr.simulate("empty") as real:
        server = real.cloud.create_server("db-09", disks=(("vda", 2), ("vdb", 1)))
        server.tag(tier="gold")
        real.create_vault("locked", size_gb=100)
        left_out = {"exclude_volumes": [server.disk("vdb").id]}
        item = ResourceItem(server.id, "OS::Nova::Server", extra_info=left_out)
        real.client.vaults.add_resources(real.find_vault("locked").id, [item])
        real.update_vault("locked", locked=True, confirm="locked")
        with real.twin() as twin:
            assert list(twin.resources("server", tags={"tier": "gold"})["name"]) == ["db-09"]
            assert twin.find_vault("locked").locked
            twin.back_up("locked", name="some").wait(progress=False)
            (backup,) = twin.client.backups.list_all(name="some")
            disks = twin.client.backups.show(backup.id).children or []
            assert [each.resource_id for each in disks] == [server.disk("vda").id]


def test_a_twin_says_that_it_cannot_be_reset(demo: Session) -> None:
    with demo.twin() as twin, pytest.raises(errors.CBRError, match="is a twin of an account"):
        twin.cloud.reset()
