"""Runs that are cancelled, given up, watched by nobody, and taken up again."""

from __future__ import annotations

from pathlib import Path

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session, errors
from cbr_notebook.runbook.journal.record import Progress
from cbr_notebook.runbook.run import submit
from cbr_notebook.runbook.run.restore_task import restores_of
from tests.runbook.situations import execute, is_back, only_run, restores, resumed


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


@pytest.mark.parametrize(
    ("step", "percent"), [("safety backup", 0), ("checks", 0), ("checks", 100)]
)
def test_whoever_cancels_before_the_request_is_in_time_and_the_safety_backup_stays(
    session: Session, step: str, percent: int
) -> None:
    def cancel(progress: Progress) -> None:
        if (progress.step, progress.percent) == (step, percent):
            session.cancel_restore(progress.run_id)

    with pytest.raises(errors.CBRError, match="cancelled"):
        execute(session, safety_backup=True, on_progress=cancel)
    run_id = only_run(session)
    assert restores(session) == 0
    assert resumed(session, run_id).state == "stopped"
    assert restores(session) == 0
    session.cloud.advance(hours=1)
    backups = session.backups(name=f"before-{run_id}")
    assert backups["status"].tolist() == ["available"]


def test_a_cancel_while_the_tasks_are_listed_is_in_time(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def list_and_cancel(*arguments: object) -> object:
        session.cancel_restore(only_run(session))
        return restores_of(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(submit, "restores_of", list_and_cancel)
    with pytest.raises(submit.Stopped, match="cancelled"):
        execute(session)
    assert restores(session) == 0
    assert session.restores()["state"].tolist() == ["stopped"]


def test_a_cancel_that_came_too_late_stops_a_request_that_has_to_be_made_again(
    session: Session,
) -> None:
    def cancel(progress: Progress) -> None:
        if progress.step == "asking":
            session.cancel_restore(progress.run_id)

    session.cloud.fail("restore_backup", 503, times=100)
    with pytest.raises(errors.CBRError):
        execute(session, on_progress=cancel)
    session.cloud.heal()
    with pytest.raises(submit.Stopped, match="cancelled"):
        session.resume_restore(only_run(session), confirm="web-01")
    assert restores(session) == 0


def test_what_was_asked_without_an_answer_can_be_given_up(session: Session) -> None:
    session.cloud.fail("restore_backup", "cut before")
    with pytest.raises(errors.ConnectionFailed):
        execute(session)
    said = session.cancel_restore(only_run(session))
    assert "not known" in said
    assert session.restores()["state"].tolist() == ["given up"]
    execute(session).wait()
    assert restores(session) == 1


@pytest.mark.parametrize("hours", [0, 2])
def test_who_takes_up_what_was_not_asked_must_confirm_and_is_written_down(
    session: Session, hours: int
) -> None:
    session.cloud.fail("create_checkpoint", 503)
    with pytest.raises(errors.CBRError):
        execute(session, safety_backup=True)
    session.cloud.advance(hours=hours)
    run_id = only_run(session)
    for wrong in (None, "web-02"):
        with pytest.raises(errors.ConfirmationNeeded, match="confirmed at"):
            session.resume_restore(run_id, confirm=wrong)
    assert restores(session) == 0
    other = session.as_user("ada")
    run = resumed(other, run_id, confirm="web-01").wait()
    assert restores(session) == 1
    again = run.journal.last("confirmed_again")
    assert again is not None
    assert again.facts["who"] == other.identity.who != session.identity.who


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
    sleep = session.poller.sleep

    def interrupted(seconds: float) -> None:
        session.poller.sleep = sleep
        raise KeyboardInterrupt

    session.poller.sleep = interrupted
    with pytest.raises(errors.WaitTimeout, match=r"You stopped waiting\. .*the restore goes on"):
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
    second.verify({"it works": lambda _: True})
    frame = session.restores()
    assert frame["run_id"].tolist() == [second.run_id, first.run_id]
    assert frame["state"].tolist() == ["success"] * 2
    assert frame["verified"].tolist()[0] is True
    assert frame["target_name"].tolist() == ["web-01"] * 2
    assert str(frame["began_at"].dtype) == "datetime64[us, UTC]"
