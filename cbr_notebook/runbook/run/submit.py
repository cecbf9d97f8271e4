"""Bringing a restore to the service: once, and so that it is known afterwards whether it was.

The order is what counts. Which restores there are is written down before the request is sent,
so that afterwards, whatever became of the answer or of this process, a new one among them is
this one. The request is sent again only if the first has certainly not been carried out.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import datetime, timedelta

from cbr_notebook.errors import (
    CBRError,
    ConfirmationNeeded,
    Conflict,
    ConnectionFailed,
    NotFound,
    TaskFailed,
)
from cbr_notebook.runbook.journal import ledger
from cbr_notebook.runbook.journal.journal import Journal
from cbr_notebook.runbook.journal.record import RunRecord
from cbr_notebook.runbook.plan.drift import being_restored, drift_since_plan
from cbr_notebook.runbook.run.outcomes import is_transient, maybe_executed, not_executed
from cbr_notebook.runbook.run.safety import back_up_first
from cbr_notebook.runbook.run.task_search import recognise, restores_of
from cbr_notebook.tasks.poller import pause_after

CONFIRMATION_LASTS = timedelta(hours=1)
"""How long after its confirmation a run that is taken up again may still ask the service."""

LOOKUP_TIMEOUT_S = 600.0
"""Seconds to look for the task of a restore before concluding that there is none."""


class Stopped(CBRError):
    """The run was cancelled before the service was asked."""


def submit_steps(run: RunRecord, *, taken_up: bool = False) -> Iterator[float]:
    """Do what is missing until the service's task is known; yields seconds to wait.

    Args:
        run: the run, its journal held.
        taken_up: the process that began it has ended, so that nothing of it is under way.

    Raises:
        ConnectionFailed: the service could not be reached, or it cannot be told yet whether
            it heard; the run can be resumed.
        Conflict: something moved since the plan was made, or the service refuses.
        CBRError: the service refuses.
    """
    while True:
        if run.state == "not asked":
            if taken_up:
                refuse_old_confirmation(run)
            yield from _prepare(run)
            _send_request(run)
        if run.task_id is not None or (yield from _look_for_task(run)):
            return
        if _was_heard(run):
            return
        if not taken_up or being_restored(run):
            raise _nobody_knows(run)
        run.note(
            "restore_not_done",
            reason=f"No task appeared within {LOOKUP_TIMEOUT_S:.0f} s of the request, and neither "
            "the backup nor the target is being restored: the request never arrived.",
        )


def refuse_old_confirmation(run: RunRecord) -> None:
    """Refuse what was confirmed too long ago to know what would be lost by now.

    Raises:
        ConfirmationNeeded: the newest confirmation is more than an hour old.
    """
    newest = run.journal.last("confirmed", "confirmed_again")
    assert newest is not None
    if abs(run.session.now - datetime.fromisoformat(newest.at)) > CONFIRMATION_LASTS:
        name = run.target["name"]
        raise ConfirmationNeeded(
            f"{run.title} was confirmed at {newest.at} and has not been carried out. What was "
            f"written to {name} meanwhile would be lost, too.",
            advice=f"To go on: session.resume_restore({run.run_id!r}, confirm={name!r}); or end "
            f"it: session.cancel_restore({run.run_id!r}), and plan the restore anew.",
        )


def stop(run: RunRecord, reason: str, **facts: object) -> None:
    """End a run that the service has not taken on."""
    run.note("stopped", reason=reason, **facts)
    run.report_progress("ended", 100, reason)


def _prepare(run: RunRecord) -> Iterator[float]:
    """Do all that comes before the request."""
    _check_stop(run)
    if run.begun["safety_backup"]:
        try:
            for pause in back_up_first(run):
                _check_stop(run)
                yield pause
        except TaskFailed as problem:
            stop(run, problem.message, code=problem.code)
            raise
        except CBRError as problem:
            if not (is_transient(problem) or not_executed(problem)):
                stop(run, f"No safety backup could be made: {problem.message}", code=problem.code)
            raise
    _check_stop(run)
    _survey_again(run)
    _check_stop(run)


def _check_stop(run: RunRecord) -> None:
    if run.wants_to_stop:
        stop(run, "Cancelled before the service was asked.")
        raise Stopped(
            f"{run.title} was cancelled; the target was not touched.",
            advice="Plan the restore anew when you want it after all.",
        )


def _survey_again(run: RunRecord) -> None:
    """Refuse if the ground of the plan has moved."""
    run.report_progress("checks", 0, "Checking that nothing has moved since the plan was made.")
    try:
        now = drift_since_plan(run)
    except NotFound as problem:
        stop(run, f"Something exists no more: {problem.message}")
        raise
    if now.failed:
        what = " ".join(check.seen for check in now.failed)
        stop(run, f"A check fails now: {what}", checks=[check.name for check in now.failed])
        raise Conflict(
            f"Since the plan was made, something changed: {what} Nothing was restored.",
            advice=now.failed[0].to_do or "Plan the restore anew.",
        )
    if now.moved:
        stop(run, f"Something moved since the plan was made: {now.moved}")
        raise Conflict(
            f"Since the plan was made, something moved: {now.moved} Nothing was restored.",
            advice="Look at it again: plan the restore anew, and confirm what is so now.",
        )
    run.note("checked_again", fingerprint=run.begun["fingerprint"])
    run.report_progress("checks", 100, "Nothing has moved since the plan was made.")


def _send_request(run: RunRecord) -> None:
    """Send the one request."""
    known = {task.id for task in restores_of(run.session, run.target["id"])} | _of_other_runs(run)
    _check_stop(run)  # as late as can be: from here on it may be too late
    run.report_progress("asking", 0, run.title)
    run.note("restore_intended", known=sorted(known), request=run.request)
    try:
        job_id = run.session.client.backups.restore(**run.request)
    except CBRError as problem:
        if not_executed(problem):
            run.note("restore_not_done", reason=problem.message)
            raise
        if maybe_executed(problem):
            run.note("answer_lost", reason=problem.message)
            return
        stop(
            run,
            f"The service refuses: {problem.message}",
            code=problem.code,
            request_id=problem.request_id,
        )
        raise
    run.note("restore_answered", job_id=job_id)


def _of_other_runs(run: RunRecord) -> set[str]:
    """Return the tasks of earlier runs, which a list that lags may not show yet."""
    known = set()
    for path in ledger.paths(run.folder):
        if path == run.journal.path:
            continue
        try:
            found = Journal(path).last("task_found")
        except CBRError:
            continue
        if found is not None:
            known.add(str(found.facts["task_id"]))
    return known


def _look_for_task(run: RunRecord) -> Generator[float, None, bool]:
    """Find the run's task in the list; returns whether it was found in time."""
    intended = run.intended
    assert intended is not None
    elapsed = run.stopwatch(intended)
    job_id, request_id = _answer(run)
    while True:
        found = recognise(
            restores_of(run.session, run.target["id"]),
            known=intended.facts["known"],
            backup_id=run.backup["id"],
            job_id=job_id,
            request_id=request_id,
        )
        if found is not None:
            run.note("task_found", task_id=found.task.id, how=found.how)
            return True
        if elapsed() >= LOOKUP_TIMEOUT_S:
            return False
        run.report_progress(
            "looking for the task", min(99, int(100 * elapsed() / LOOKUP_TIMEOUT_S)),
            "Looking for the restore in the service's task list.",
        )  # fmt: skip
        yield pause_after(elapsed())


def _answer(run: RunRecord) -> tuple[str | None, str | None]:
    """Return the job's and the request's ID, as far as the answer was heard."""
    job_id = request_id = None
    for entry in run.journal.entries:
        if entry.kind == "restore_intended":
            job_id = request_id = None
        elif entry.kind == "restore_answered":
            job_id = entry.facts["job_id"]
        elif entry.kind == "request" and _is_answered_restore(entry.facts):
            request_id = entry.facts["request_id"]
    return job_id, request_id


def _is_answered_restore(facts: dict[str, object]) -> bool:
    return (
        facts["method"] == "POST"
        and str(facts["path"]).endswith("/restore")
        and 200 <= int(str(facts["status"])) < 300
    )


def _was_heard(run: RunRecord) -> bool:
    """Whether the service has certainly taken the restore on."""
    return run.state == "running" or _answer(run)[1] is not None


def _nobody_knows(run: RunRecord) -> ConnectionFailed:
    error = ConnectionFailed(
        f"No answer came to the request to restore {run.target['name']}, and no task of it has "
        f"appeared in {LOOKUP_TIMEOUT_S / 60:.0f} minutes. It was not sent again.",
        advice=f"session.resume_restore({run.run_id!r}) looks once more, and asks again only if "
        "nothing is being restored; session.cancel_restore(…) gives it up.",
    )
    error.may_have_happened = True
    return error
