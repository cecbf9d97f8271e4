"""A plan tells what would happen, changes nothing, and notices what moves."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pandas as pd
import pytest

import cbr_notebook as cbr
from cbr_notebook import Session
from cbr_notebook.errors import ConfirmationNeeded, Conflict, InvalidRequest, NotFound
from cbr_notebook.runbook.plan.checks import check_all
from cbr_notebook.runbook.plan.facts import NOT_TOLD, Facts, Unread
from cbr_notebook.runbook.plan.verdict import Outcome


def test_planning_only_asks(session: Session) -> None:
    sent: list[str] = []
    session.client.transport.on_request = lambda report: sent.append(report.method)
    plan = session.plan_restore("clean-web-01")
    assert plan.possible
    assert set(sent) == {"GET"}
    assert len(sent) <= 12


def test_it_tells_disk_by_disk_what_would_be_overwritten(session: Session) -> None:
    plan = session.plan_restore("clean-web-01")
    over = plan.overwritten
    assert list(over["device"]) == ["/dev/vda", "/dev/vdb"]
    assert list(over["size_gb"]) == [2, 1]
    assert (over["last_written"] > plan.backup.created_at).all()
    assert plan.untouched.empty
    assert plan.impossible.empty
    assert list(plan.untouched.dtypes[["size_gb", "last_written"]].astype(str)) == [
        "Int64",
        "datetime64[us, UTC]",
    ]


def test_of_another_target_it_says_that_all_on_it_is_lost(session: Session) -> None:
    disk = session.cloud.create_disk("archive", 1)
    session.create_vault("disks", size_gb=10, object_type="disk", resources=disk.id)
    session.back_up("disks", name="of-the-archive").wait(progress=False)
    session.cloud.create_disk("look-01", 1)
    plan = session.plan_restore("of-the-archive", target="look-01")
    assert "look-01 becomes what archive was at 2020-08-17" in plan.describe()
    assert "All that is on look-01 now is lost." in plan.describe()
    with pytest.raises(ConfirmationNeeded, match="all that is on it now is lost"):
        plan.execute()
    session.cloud.advance(hours=2)
    with pytest.raises(Conflict, match=r"2 h 0 min ago\. Nothing was begun"):
        plan.execute("look-01", safety_backup=False, acknowledge=plan.warnings)


def test_it_tells_what_stays_and_what_cannot(session: Session) -> None:
    server = session.cloud.server("web-01")
    gone = server.disk("vdb")
    server.detach(gone)
    server.attach(session.cloud.create_disk("added", 5))
    plan = session.plan_restore("clean-web-01")
    assert list(plan.overwritten["device"]) == ["/dev/vda"]
    assert list(plan.untouched["disk"]) == ["added"]
    assert list(plan.impossible["disk_id"]) == [gone.id]
    assert "missing disks" in plan.warnings
    said = plan.describe()
    assert "Stays as it is: added (5 GB)." in said
    assert "Cannot be restored" in said


def test_a_grown_disk_goes_back_to_its_size(session: Session) -> None:
    session.cloud.server("web-01").disk("vdb").resize(7)
    plan = session.plan_restore("clean-web-01")
    assert list(plan.overwritten["size_after_gb"]) == [2, 1]
    assert "disk size" in plan.warnings
    assert "(7 GB, afterwards 1 GB)" in plan.describe()


def test_it_tells_how_much_work_is_lost_and_which_backups_are_newer(session: Session) -> None:
    session.back_up("vault-web-01").wait(progress=False)
    plan = session.plan_restore("clean-web-01")
    assert timedelta(hours=3) < plan.data_loss < timedelta(hours=4)
    assert len(plan.facts.newer_backups) == 1
    assert list(plan.overwritten["newer_backups"]) == [1, 1]
    assert plan.checks.set_index("check").loc["safety backup", "outcome"] == "pass"


def test_past_restores_tell_how_long_it_takes(session: Session) -> None:
    assert session.plan_restore("clean-web-01").expected_duration is None
    task = session.restore("clean-web-01", confirm="web-01").wait(progress=False)
    begun, ended = (pd.Timestamp(each) for each in (task.records[0].started_at,
                                                    task.records[0].ended_at))  # fmt: skip
    expected = session.plan_restore("clean-web-01").expected_duration
    assert expected is not None
    assert abs(expected - (ended - begun)) < timedelta(seconds=1)


def test_a_policy_that_would_run_meanwhile_is_a_warning(session: Session) -> None:
    now = session.now
    soon = f"{(now.hour + 1) % 24:02}:00"
    policy = session.create_policy("soon", days="daily", times=soon)
    session.apply_policy(policy, "vault-web-01")
    plan = session.plan_restore("clean-web-01")
    assert "policy run" in plan.warnings
    assert soon in plan.checks.set_index("check").loc["policy run", "seen"]


def test_the_checks_are_a_table_also_for_a_colleague(session: Session) -> None:
    plan = session.plan_restore("clean-web-01")
    checks = plan.checks
    assert list(checks.columns) == ["check", "outcome", "seen", "why", "error_code", "to_do"]
    assert list(checks["outcome"].cat.categories) == ["pass", "warn", "fail", "unknown"]
    assert checks["check"].is_unique
    assert checks["why"].str.len().min() > 0
    shown = plan._repr_html_()
    assert "✓ pass" in shown
    assert "Possible, with 1 warning to accept: safety backup." in shown
    assert shown.index("! warn") < shown.index("✓ pass")
    assert "web-01 from clean-web-01" in repr(plan)
    assert json.loads(json.dumps(plan.as_dict()))["backup"]["name"] == "clean-web-01"


def test_the_fingerprint_moves_with_what_matters_and_with_nothing_else(session: Session) -> None:
    plan = session.plan_restore("clean-web-01")
    before = plan.fingerprint()
    server = session.cloud.server("web-01")
    server.disk("vda").write_file("/more", b"work")
    session.cloud.advance(hours=1)
    assert plan.refresh().fingerprint() == before
    server.stop()
    stopped = plan.refresh().fingerprint()
    assert stopped != before
    server.disk("vdb").resize(3)
    resized = plan.refresh().fingerprint()
    assert resized not in (before, stopped)
    session.back_up("vault-web-01").wait(progress=False)
    assert plan.refresh().fingerprint() not in (before, stopped, resized)
    assert plan.fingerprint() == before


def test_names_that_fit_nothing_list_the_candidates(session: Session) -> None:
    with pytest.raises(NotFound, match="clean-web-02"):
        session.plan_restore("clean-web-02")
    with pytest.raises(NotFound, match="web-09"):
        session.plan_restore("clean-web-01", target="web-09")


def test_a_small_restore_says_little_of_a_large_one_and_two_sizes_say_much() -> None:
    with cbr.simulate("empty") as session:
        for name, size in (("small", 10), ("middle", 100), ("large", 400)):
            server = session.cloud.create_server(name, disks=(("vda", size),))
            server.disk("vda").write_file("/etc/motd", b"good")
            session.create_vault(f"vault-{name}", size_gb=1000, resources=name)
            session.back_up(f"vault-{name}", name=f"clean-{name}").wait(progress=False)
        session.restore("clean-small", confirm="small").wait(progress=False)
        plan = session.plan_restore("clean-large")
        assert plan.expected_duration is None
        assert "no earlier restore compares" in plan.describe()
        session.restore("clean-middle", confirm="middle").wait(progress=False)
        guess = session.plan_restore("clean-large").expected_duration
        task = session.restore("clean-large", confirm="large").wait(progress=False)
        begun, ended = (
            pd.Timestamp(each) for each in (task.records[0].started_at, task.records[0].ended_at)
        )
        assert guess is not None
        assert abs(guess - (ended - begun)) < 0.1 * (ended - begun)


def test_disks_that_cannot_be_meant_are_refused_rather_than_left_out(session: Session) -> None:
    server = session.cloud.server("web-01")
    parts = {part.disk_name: part.backup_id for part in session.plan_restore(
        "clean-web-01").backup.disks}  # fmt: skip
    first, second = parts.values()
    vda, vdb = server.disk("vda").id, server.disk("vdb").id
    for disks, said in (
        ({first: vda, "misspelt": vdb}, "'misspelt' is no backup of a disk"),
        ({first: vda, second: vda}, "to one disk"),
        ({}, "disks names no backup"),
    ):
        with pytest.raises(InvalidRequest, match=said):
            session.plan_restore("clean-web-01", disks=disks)
    assert list(session.plan_restore("clean-web-01", disks={second: vdb}).overwritten["disk_id"]) \
        == [vdb]  # fmt: skip


def _outcomes(facts: Facts) -> dict[str, Outcome]:
    return {check.name: check.outcome for check in check_all(facts)}


ABOUT_THE_TARGET = (
    "same target", "server type", "server status", "disk status", "disk size", "system disk",
    "disk type", "missing disks", "architecture", "operating system", "disaster recovery",
    "file system", "preparation",
)  # fmt: skip


@pytest.mark.parametrize("name", ABOUT_THE_TARGET)
def test_of_a_target_that_is_gone_nothing_passes(session: Session, name: str) -> None:
    session.cloud.delete_server("web-01")
    facts = session.plan_restore("clean-web-01").facts
    assert _outcomes(facts)["target exists"] == "fail"
    assert _outcomes(facts)[name] == "unknown"


def test_a_status_or_size_that_is_not_told_neither_passes_nor_fails(session: Session) -> None:
    facts = session.plan_restore("clean-web-01").facts
    assert facts.target is not None
    silent = [replace(disk, size_gb=0, status=NOT_TOLD) for disk in facts.target.disks]
    target = replace(facts.target, status=NOT_TOLD, disks=tuple(silent))
    backup = replace(facts.backup, status=NOT_TOLD)
    seen = _outcomes(replace(facts, target=target, backup=backup))
    for name in ("backup status", "server status", "disk status", "disk size"):
        assert seen[name] == "unknown", name
    broken = replace(facts.target, status="UNKNOWN")
    assert _outcomes(replace(facts, target=broken))["server status"] == "fail"


def test_one_small_disk_fails_although_another_is_silent(session: Session) -> None:
    facts = session.plan_restore("clean-web-01").facts
    assert facts.target is not None
    large, small = facts.target.disks
    disks = (replace(large, size_gb=large.size_gb - 1), replace(small, size_gb=0))
    seen = _outcomes(replace(facts, target=replace(facts.target, disks=disks)))
    assert seen["disk size"] == "fail"


def test_of_a_file_system_that_tells_nothing_nothing_is_known() -> None:
    with cbr.simulate("empty") as session:
        files = session.cloud.create_file_system("docs", 500)
        session.create_vault("films", size_gb=1000, object_type="turbo", resources=files.id)
        session.back_up("films", name="clean-docs").wait(progress=False)
        facts = session.plan_restore("clean-docs").facts
    assert facts.target is not None
    assert _outcomes(facts)["file system"] == "pass"
    for silent in ({"status": NOT_TOLD}, {"size_gb": 0}):
        target = replace(facts.target, **silent)  # type: ignore[arg-type]
        assert _outcomes(replace(facts, target=target))["file system"] == "unknown", silent


def test_backups_that_cannot_be_read_are_not_said_to_be_missing(session: Session) -> None:
    facts = session.plan_restore("clean-web-01").facts
    unread = replace(facts, unreadable=(Unread.BACKUPS,))
    check = next(each for each in check_all(unread) if each.name == "safety backup")
    assert check.outcome == "warn"
    assert "could not be read" in check.seen
