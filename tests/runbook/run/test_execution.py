"""Carrying out a plan: confirmed, asked for once, found among others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cbr_notebook import Session, errors
from cbr_notebook.runbook.journal.record import Progress
from tests.runbook.situations import execute, is_back, kinds, restores, spoilt, two_disks

# -- before anything is sent ------------------------------------------------------------------


@pytest.mark.parametrize("confirm", [None, "", "web-02", "WEB-01", "clean-web-01"])
def test_without_the_targets_name_nothing_happens_and_the_loss_is_told(
    session: Session, confirm: str | None
) -> None:
    plan = session.plan_restore("clean-web-01")
    with pytest.raises(errors.ConfirmationNeeded, match=r"2 disks \(3 GB\).*3 h \d min") as caught:
        plan.execute(confirm=confirm)
    assert "confirm='web-01'" in str(caught.value)
    assert restores(session) == 0
    assert session.restores().empty


def test_a_failed_check_is_refused_with_what_to_do(session: Session) -> None:
    session.cloud.server("web-01").set_status("ERROR")
    with pytest.raises(errors.Conflict, match="server status") as caught:
        execute(session)
    assert caught.value.advice
    assert restores(session) == 0
    assert session.restores().empty


def test_a_warning_must_be_acknowledged_by_its_name(session: Session) -> None:
    with pytest.raises(errors.InvalidRequest, match="safety backup: ") as caught:
        execute(session, acknowledge=[])
    assert "acknowledge=['safety backup']" in str(caught.value)
    with pytest.raises(errors.InvalidRequest, match="no check named 'everything'"):
        execute(session, acknowledge=["everything"])
    assert session.restores().empty
    execute(session, acknowledge="safety backup").wait()
    assert is_back(session)


def test_what_moved_since_the_plan_was_made_is_refused(session: Session) -> None:
    plan = session.plan_restore("clean-web-01")
    session.cloud.server("web-01").disk("vdb").resize(2)
    with pytest.raises(errors.Conflict, match="ince the plan was made"):
        plan.execute(confirm="web-01", safety_backup=False, acknowledge=["safety backup"])
    assert restores(session) == 0
    assert session.restores()["state"].tolist() == ["stopped"]
    # It has ended, so a new plan can be carried out.
    session.plan_restore("clean-web-01").execute(
        confirm="web-01", safety_backup=False, acknowledge=["safety backup", "disk size"]
    ).wait()
    assert is_back(session)


def test_a_target_that_became_busy_since_is_refused(session: Session) -> None:
    plan = session.plan_restore("clean-web-01")
    session.back_up("vault-web-01", name="other")
    with pytest.raises(errors.Conflict):
        plan.execute(confirm="web-01", safety_backup=False, acknowledge=["safety backup"])
    assert restores(session) == 0


@pytest.mark.parametrize("other", [False, True])
def test_what_exists_no_more_when_it_is_asked_for_is_refused(session: Session, other: bool) -> None:
    two_disks(session)
    name = "other" if other else "spare"
    plan = session.plan_restore("clean-spare", target=name)
    session.cloud.delete_disk(name)
    with pytest.raises(errors.CBRError):
        plan.execute(
            confirm=name, safety_backup=False, acknowledge=["safety backup", "same target"]
        )
    assert restores(session) == 0
    assert session.restores()["state"].tolist() == ["stopped"]


# -- the whole way ----------------------------------------------------------------------------


@pytest.mark.parametrize("empty_answer", [0, 1])
def test_a_server_comes_back_with_a_safety_backup_first(
    session: Session, empty_answer: int
) -> None:
    session.cloud.options["restore_answers_empty"] = empty_answer
    steps: list[Progress] = []
    run = execute(session, safety_backup=True, on_progress=steps.append)
    assert run.state == "running"
    run.wait()
    assert is_back(session)
    assert restores(session) == 1
    assert kinds(run) == [
        "confirmed", "safety_backup_intended", "safety_backup_asked", "safety_backup_made",
        "checked_again", "restore_intended", "restore_answered", "task_found", "task_ended",
    ]  # fmt: skip
    (safety,) = session.backups(name=f"before-{run.run_id}")["name"]
    assert safety == f"before-{run.run_id}"
    assert {step.step for step in steps} == {
        "safety backup", "checks", "asking", "restoring", "ended",
    }  # fmt: skip
    # The way back: what was overwritten can be had again.
    session.restore(safety, confirm="web-01").wait(progress=False)
    assert not is_back(session)


def test_a_single_disk_and_a_file_system_come_back(session: Session) -> None:
    cloud = session.cloud
    for kind, made in (
        ("disk", cloud.create_disk("spare", 2)),
        ("turbo", cloud.create_file_system("share", 500)),
    ):
        made.write_file("/a", b"one")
        session.create_vault(f"v-{kind}", size_gb=1000, object_type=kind, resources=made.name)
        session.back_up(f"v-{kind}", name=f"clean-{made.name}").wait(progress=False)
        made.write_file("/a", b"two")
        execute(session, made.name).wait()
        assert made.read_file("/a") == b"one"


def test_a_failed_safety_backup_leaves_the_target_alone(session: Session) -> None:
    session.cloud.server("web-01").set_trait("backup_fails", "BackupService.6400")
    with pytest.raises(errors.TaskFailed, match="Nothing was restored"):
        execute(session, safety_backup=True)
    assert restores(session) == 0
    assert session.restores()["state"].tolist() == ["stopped"]


def test_a_target_in_no_vault_cannot_have_a_safety_backup(session: Session) -> None:
    other = two_disks(session)
    plan = session.plan_restore("clean-spare", target="other")
    with pytest.raises(errors.NotFound, match="in no vault"):
        plan.execute(confirm="other", acknowledge=["same target"])
    assert restores(session) == 0
    plan.execute(
        confirm="other", acknowledge=["same target", "safety backup"], safety_backup=False
    ).wait()
    assert other.read_file("/a") == b"one"


def test_a_restore_that_fails_says_why(session: Session) -> None:
    disk = session.cloud.server("web-01").disk("vdb")
    run = execute(session)
    disk.set_trait("restore_fails", "BackupService.7000")
    with pytest.raises(errors.TaskFailed) as caught:
        run.wait()
    assert caught.value.code == "BackupService.7000"
    assert "half written" in str(caught.value)
    assert run.state == "failed"
    with pytest.raises(errors.TaskFailed):
        run.wait()


def test_a_refusal_of_the_service_ends_the_run_with_its_code(session: Session) -> None:
    session.cloud.fail("restore_backup", "BackupService.2010")
    with pytest.raises(errors.Conflict) as caught:
        execute(session)
    assert caught.value.code == "BackupService.2010"
    (note,) = session.restores()["note"]
    assert note.startswith("The service refuses")
    assert restores(session) == 0


def test_a_run_that_has_not_ended_blocks_another_on_its_target(session: Session) -> None:
    spoilt(session, "db-01")
    run = execute(session)
    with pytest.raises(errors.CBRError):
        execute(session)
    other = execute(session, "db-01")
    other.wait()
    run.wait()
    assert restores(session) == 2
    execute(session).wait()
    assert restores(session) == 3


# -- finding the own task ---------------------------------------------------------------------


@pytest.mark.parametrize("empty_answer", [0, 1])
@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("lag", [0, 45])
def test_the_own_task_is_found_among_others(
    session: Session, empty_answer: int, lost: bool, lag: int
) -> None:
    spoilt(session, "db-01")
    session.cloud.options["restore_answers_empty"] = empty_answer
    earlier = execute(session)
    earlier.wait()
    session.cloud.ransomware("web-01")
    session.cloud.options["task_list_lag_seconds"] = lag
    beside = execute(session, "db-01")
    if lost:
        session.cloud.fail("restore_backup", "cut after")
    run = execute(session)
    assert run.task_id not in (None, earlier.task_id, beside.task_id)
    run.wait()
    beside.wait()
    assert is_back(session)
    assert is_back(session, "db-01")
    assert restores(session) == 3


def test_clocks_that_differ_do_not_matter(session: Session) -> None:
    cloud = session.cloud
    session.poller.clock = lambda: cloud.now - timedelta(days=700)
    session.cloud.fail("restore_backup", "cut after")
    execute(session).wait()
    assert is_back(session)
    assert restores(session) == 1


def test_a_clock_that_is_set_back_does_not_stop_the_watch(session: Session) -> None:
    cloud = session.cloud
    run = execute(session)
    session.poller.clock = lambda: cloud.now - timedelta(days=700)
    before = session.client.transport.requests
    run.wait()
    assert session.client.transport.requests - before < 30


def test_of_two_that_begin_at_once_one_is_refused(session: Session) -> None:
    from threading import Barrier, Thread

    plans = [session.plan_restore("clean-web-01") for _ in range(2)]
    ready, said = Barrier(2), []

    def begin(number: int) -> None:
        ready.wait()
        try:
            plans[number].execute(
                confirm="web-01", safety_backup=False, acknowledge=["safety backup"]
            )
            said.append("begun")
        except errors.Conflict:
            said.append("refused")

    threads = [Thread(target=begin, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["begun", "refused"]
    assert restores(session) == 1
    assert len(session.restores()) == 1


def test_a_safety_backup_goes_when_its_time_is_over_and_not_before(session: Session) -> None:
    run = execute(session, safety_backup=True, safety_keep_days=3).wait()
    name = f"before-{run.run_id}"
    session.cloud.advance(days=2)
    assert list(session.backups(name=name)["name"]) == [name]
    session.cloud.advance(days=1, hours=2)
    assert session.backups(name=name).empty


@pytest.mark.parametrize(
    ("options", "days", "left"), [({}, 13, 1), ({}, 15, 0), ({"safety_keep_days": None}, 400, 1)]
)
def test_a_safety_backup_is_kept_for_a_fortnight_unless_told_otherwise(
    session: Session, options: dict[str, Any], days: int, left: int
) -> None:
    run = execute(session, safety_backup=True, **options).wait()
    session.cloud.advance(days=days)
    assert len(session.backups(name=f"before-{run.run_id}")) == left


@pytest.mark.parametrize(("days", "safety_backup"), [(0, True), (36501, True), (3, False)])
def test_a_time_to_keep_that_cannot_be_meant_is_refused_before_anything_is_sent(
    session: Session, days: int, safety_backup: bool
) -> None:
    with pytest.raises(errors.InvalidRequest) as caught:
        execute(session, safety_backup=safety_backup, safety_keep_days=days)
    assert caught.value.field == "safety_keep_days"
    assert session.restores().empty
    assert restores(session) == 0
