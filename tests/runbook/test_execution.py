"""Carrying out a plan: confirmed, asked for once, found among others, watched to the end."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook import errors
from cbr_notebook.runbook.record import Progress
from cbr_notebook.runbook.run import RestoreRun
from cbr_notebook.session import Session
from tests.runbook.situations import is_back, restores, spoilt


def execute(session: Session, name: str = "web-01", **options: Any) -> RestoreRun:
    """Plan and carry out without a safety backup, unless the test says otherwise."""
    if not options.setdefault("safety_backup", False):
        options.setdefault("acknowledge", ["safety backup"])
    return session.plan_restore(f"clean-{name}").execute(confirm=name, **options)


def resumed(session: Session, run_id: str, **options: Any) -> RestoreRun:
    run = session.resume_restore(run_id, **options)
    assert isinstance(run, RestoreRun)
    return run


def only_run(session: Session) -> str:
    """The ID of the only run there is."""
    (run_id,) = session.restores()["run_id"]
    return str(run_id)


def kinds(run: RestoreRun) -> list[str]:
    return [entry.kind for entry in run.journal.entries if entry.kind != "request"]


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
    session.cloud.create_disk("spare", 2)
    session.cloud.create_disk("other", 2)
    session.create_vault("disks", size_gb=100, object_type="disk", resources="spare")
    session.back_up("disks", name="clean-spare").wait(progress=False)
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
    spare, other = session.cloud.create_disk("spare", 2), session.cloud.create_disk("other", 2)
    spare.write_file("/a", b"one")
    session.create_vault("disks", size_gb=100, object_type="disk", resources="spare")
    session.back_up("disks", name="clean-spare").wait(progress=False)
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
    beside = session.plan_restore("clean-db-01").execute(
        confirm="db-01", safety_backup=False, acknowledge=["safety backup"]
    )
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
    session._clock = lambda: cloud.now - timedelta(days=700)
    session.cloud.fail("restore_backup", "cut after")
    execute(session).wait()
    assert is_back(session)
    assert restores(session) == 1


def test_a_clock_that_is_set_back_does_not_stop_the_watch(session: Session) -> None:
    cloud = session.cloud
    run = execute(session)
    session._clock = lambda: cloud.now - timedelta(days=700)
    before = session.client.transport.requests
    run.wait()
    assert session.client.transport.requests - before < 30


# -- trouble on the way -----------------------------------------------------------------------


def test_after_an_answer_that_was_lost_nothing_is_sent_again(session: Session) -> None:
    session.cloud.fail("restore_backup", "cut after")
    run = execute(session)
    run.wait()
    posts = [e for e in run.journal.entries if e.facts.get("method") == "POST"]
    assert [post.facts["status"] for post in posts] == [0]
    assert restores(session) == 1
    assert is_back(session)


@pytest.mark.parametrize("what", ["cut before", 500, 502, 504, "html"])
def test_what_may_have_been_heard_is_never_sent_again_by_itself(
    session: Session, what: str | int
) -> None:
    session.cloud.fail("restore_backup", what)
    with pytest.raises(errors.ConnectionFailed, match="not sent again") as caught:
        execute(session)
    assert caught.value.may_have_happened
    assert restores(session) == 0
    assert session.restores()["state"].tolist() == ["asked"]
    # Taken up by hand, when nothing has come of it for long enough, it is asked for anew.
    run = resumed(session, only_run(session)).wait()
    assert "restore_not_done" in kinds(run)
    assert restores(session) == 1
    assert is_back(session)


def test_an_answer_that_cannot_be_read_is_no_reason_to_ask_again(session: Session) -> None:
    session.cloud.fail("restore_backup", "truncated")
    execute(session).wait()
    assert restores(session) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_storm_is_waited_out(session: Session, status: int) -> None:
    session.cloud.fail("restore_backup", status, times=4, retry_after=7)
    run = execute(session)
    session.cloud.fail("show_op_log", status, times=12)
    run.wait()
    assert restores(session) == 1
    assert is_back(session)


@pytest.mark.parametrize("status", [429, 503])
def test_a_storm_that_lasts_leaves_a_run_that_can_be_resumed(session: Session, status: int) -> None:
    session.cloud.fail("restore_backup", status, times=5)
    with pytest.raises(errors.CBRError):
        execute(session)
    assert session.restores()["state"].tolist() == ["not asked"]
    assert restores(session) == 0
    resumed(session, only_run(session)).wait()
    assert restores(session) == 1


def test_a_watch_survives_cuts_and_long_trouble(session: Session) -> None:
    run = execute(session)
    session.cloud.fail("show_op_log", "cut before", times=20)
    session.cloud.fail("show_op_log", "html", times=10)
    run.wait()
    assert is_back(session)
    assert "trouble" in kinds(run)


def test_a_token_that_expires_in_mid_run_is_renewed(session: Session, tmp_path: Path) -> None:
    import httpx

    from cbr_notebook.auth.credentials import Credentials
    from cbr_notebook.auth.secret import Secret
    from cbr_notebook.session import opening

    cloud = session.cloud
    account = cloud.credentials
    who = Credentials(
        user_name=account.user_name,
        password=Secret(account.password),
        domain_name=account.domain_name,
        project_id=account.project_id,
        source="test",
    )
    http = httpx.Client(transport=cloud.transport())
    by_token = opening._open(
        http, who, account.base_url, account.base_url,
        sleep=cloud.sleep, clock=lambda: cloud.now, cloud=cloud,
    )  # fmt: skip
    run = execute(by_token)
    with cloud._engine.work():
        cloud._engine.state.run("UPDATE token SET expires_at = 0")
    run.wait()
    assert is_back(by_token)
    assert restores(by_token) == 1
    assert account.password not in run.journal.path.read_text("utf-8")


def test_no_secret_is_ever_in_the_journal(session: Session) -> None:
    run = execute(session, safety_backup=True).wait()
    run.verify()
    text = run.journal.path.read_text("utf-8")
    account = session.cloud.credentials
    for secret in (account.password, account.secret_key):
        assert secret not in text


# -- cancelling and resuming ------------------------------------------------------------------


def test_a_running_restore_cannot_be_stopped_and_says_so(session: Session) -> None:
    run = execute(session)
    with pytest.raises(errors.Conflict, match="cannot stop a restore"):
        run.cancel()
    with pytest.raises(errors.Conflict, match="cannot stop a restore"):
        session.cancel_restore(run.run_id)
    run.wait()
    assert is_back(session)
    assert "ended already" in run.cancel()


def test_a_run_is_cancelled_while_its_safety_backup_is_made(session: Session) -> None:
    def cancel(progress: Progress) -> None:
        if progress.step == "safety backup" and progress.percent > 50:
            said.append(session.cancel_restore(progress.run_id))

    said: list[str] = []
    with pytest.raises(errors.CBRError, match="cancelled"):
        execute(session, safety_backup=True, on_progress=cancel)
    assert "stops before" in said[0]
    assert restores(session) == 0
    assert session.restores()["state"].tolist() == ["stopped"]


def test_what_was_asked_without_an_answer_can_be_given_up(session: Session) -> None:
    session.cloud.fail("restore_backup", "cut before")
    with pytest.raises(errors.ConnectionFailed):
        execute(session)
    said = session.cancel_restore(only_run(session))
    assert "not known" in said
    assert session.restores()["state"].tolist() == ["given up"]
    execute(session).wait()
    assert restores(session) == 1


def test_an_old_confirmation_must_be_given_again(session: Session) -> None:
    session.cloud.fail("restore_backup", 503, times=5)
    with pytest.raises(errors.CBRError):
        execute(session)
    session.cloud.advance(hours=2)
    run_id = only_run(session)
    with pytest.raises(errors.ConfirmationNeeded, match="confirmed at"):
        session.resume_restore(run_id)
    assert restores(session) == 0
    resumed(session, run_id, confirm="web-01").wait()
    assert restores(session) == 1


def test_a_run_that_is_over_stays_over_when_resumed(session: Session) -> None:
    run = execute(session).wait()
    entries = len(run.journal.entries)
    again = resumed(session, run.run_id)
    assert again.state == "success"
    assert len(again.journal.entries) == entries
    again.wait()
    assert restores(session) == 1


def test_an_end_that_nobody_watched_is_found_by_resuming(session: Session) -> None:
    run = execute(session)
    session.cloud.advance(days=2)
    assert resumed(session, run.run_id).state == "success"


def test_the_waiting_has_a_limit_and_the_restore_goes_on(session: Session) -> None:
    run = execute(session)
    with pytest.raises(errors.WaitTimeout, match="has not ended in 10 s") as caught:
        run.wait(timeout=10)
    assert run.run_id in str(caught.value)
    run.wait()
    assert is_back(session)


def test_an_interrupt_stops_the_waiting_only(session: Session) -> None:
    run = execute(session)
    sleep = session._sleep

    def interrupted(seconds: float) -> None:
        session._sleep = sleep
        raise KeyboardInterrupt

    session._sleep = interrupted
    with pytest.raises(errors.WaitTimeout, match="you stopped waiting"):
        run.wait()
    run.wait()
    assert is_back(session)


def test_unknown_and_foreign_runs_are_refused(session: Session, folder: Path) -> None:
    with pytest.raises(errors.NotFound, match="no run 'web-99'"):
        session.resume_restore("web-99")
    with pytest.raises(errors.NotFound):
        session.resume_restore("../../etc/passwd")
    run = execute(session).wait()
    session.cloud.create_project("elsewhere")
    with pytest.raises(errors.InvalidRequest, match="belongs to project"):
        session.in_project("elsewhere").resume_restore(run.run_id)
    assert session.in_project("elsewhere").restores().empty
    run.journal.path.write_text(run.journal.path.read_text("utf-8").replace("web-01", "web-02"))
    with pytest.raises(errors.InvalidRequest, match="was changed"):
        session.resume_restore(run.run_id)
    assert session.restores()["state"].tolist() == ["damaged"]


def test_runs_are_listed_newest_first(session: Session) -> None:
    assert session.restores().dtypes.equals(cbr.frames.RESTORES.frame([]).dtypes)
    first = execute(session).wait()
    second = execute(session).wait()
    second.verify()
    frame = session.restores()
    assert frame["run_id"].tolist() == [second.run_id, first.run_id]
    assert frame["state"].tolist() == ["success"] * 2
    assert frame["verified"].tolist()[0] is True
    assert frame["target_name"].tolist() == ["web-01"] * 2
    assert str(frame["began_at"].dtype) == "datetime64[us, UTC]"


# -- what a watch costs -----------------------------------------------------------------------


def test_an_hour_of_restoring_costs_sixty_requests_and_its_end_is_noticed(
    session: Session,
) -> None:
    spoilt(session, "big-01", (2359, 1))
    run = execute(session, "big-01")
    before = session.client.transport.requests
    run.wait()
    ended = run.journal.last("task_ended")
    assert ended is not None
    task = session.client.tasks.show(str(run.task_id))
    began, end = (cbr_time(each) for each in (task.created_at, task.ended_at))
    assert (end - began).total_seconds() == pytest.approx(3600, abs=5)
    assert session.client.transport.requests - before - 1 <= 60
    noticed = cbr_time(ended.at)
    assert (noticed - end).total_seconds() <= 360


def cbr_time(text: str | None) -> Any:
    from datetime import UTC, datetime

    assert text
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


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


def test_a_person_who_waits_sees_bars(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    def seen() -> str:
        return "".join(capsys.readouterr())

    run = execute(session, safety_backup=True)
    assert "Backing up web-01 first: 100%" in seen()
    run.wait()
    assert "Restoring web-01: 100%" in seen()
    session.cloud.ransomware("web-01")
    execute(session, on_progress=lambda progress: None).wait()
    assert seen() == ""


def test_a_task_that_never_appears_is_not_waited_for_for_ever(session: Session) -> None:
    session.cloud.options["restore_answers_empty"] = 1
    session.cloud.options["task_list_lag_seconds"] = 1_000_000
    run = execute(session)
    assert (run.state, run.task_id) == ("running", None)
    with pytest.raises(errors.WaitTimeout, match="does not appear"):
        run.wait()
    session.cloud.options["task_list_lag_seconds"] = 0
    resumed(session, run.run_id).wait()
    assert restores(session) == 1
