"""Bringing a restore to the service: once, and so that it is known afterwards whether it was.

The order is what counts. Which restores there are is written down before the request is sent,
so that afterwards, whatever became of the answer or of this process, a new one among them is
this one. The service is the truth: before anything is asked of it, its restores of the target
since the confirmation are held against what the journals tell.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import timedelta

from cbr_notebook.errors import (
    AuthenticationError,
    CBRError,
    ConfirmationNeeded,
    Conflict,
    ConnectionFailed,
    JournalFailed,
    NotFound,
    PermissionDenied,
    TaskFailed,
)
from cbr_notebook.runbook.journal import run_state
from cbr_notebook.runbook.journal.record import RunRecord
from cbr_notebook.runbook.journal.submissions import Submission, note_submission, submissions_of
from cbr_notebook.runbook.plan.drift import (
    Drift,
    drift_since_plan,
    facts_at_plan,
    planned_again,
    shows_restore,
)
from cbr_notebook.runbook.plan.facts import Facts, Unread
from cbr_notebook.runbook.run.outcomes import (
    is_outage,
    is_refusal,
    is_transient,
    never_began,
)
from cbr_notebook.runbook.run.restore_task import (
    LOOKUP_TIMEOUT_S,
    TRUST_LIST_AFTER_S,
    answer_of,
    look_for_task,
    restores_of,
    tasks_of_other_runs,
)
from cbr_notebook.runbook.run.safety import back_up_first

CONFIRMATION_LASTS = timedelta(hours=1)
"""How long after its confirmation a run that is taken up again may still ask the service."""


class Stopped(CBRError):
    """The run was cancelled before the service was asked."""


def submit_steps(run: RunRecord, *, taken_up: bool = False) -> Iterator[float]:
    """Do what is missing until the service's task is known; yields seconds to wait.

    Args:
        run: the run, its journal held.
        taken_up: the process that began it has ended, so that nothing of it is under way here.

    Raises:
        ConnectionFailed: the service could not be reached, or it cannot be told yet whether
            it heard; the run can be resumed.
        ConfirmationNeeded: the restore has yet to be asked for, and nobody confirmed it lately.
        Conflict: something moved since the plan was made, or the service refuses.
        CBRError: the service refuses.
    """
    while True:
        if run.state == run_state.NOT_ASKED and taken_up:
            recall_submission(run)
        if run.state == run_state.NOT_ASKED:
            if taken_up:
                require_confirmation(run)
            facts = yield from _prepare(run, taken_up=taken_up)
            if facts is None:
                return
            _send_request(run, facts)
        if run.task_id is not None or (yield from look_for_task(run, LOOKUP_TIMEOUT_S)):
            return
        if _was_heard(run):
            return
        if not taken_up or not _confirmed_since(run):
            raise _nobody_knows(run)
        if (yield from look_for_task(run, TRUST_LIST_AFTER_S)):
            return
        if doubt := _doubt(run):
            raise _nobody_knows(run, doubt)
        run.note(
            "restore_not_done",
            reason=f"No task appeared within {TRUST_LIST_AFTER_S / 60:.0f} minutes of the request, "
            "and neither the backup nor any disk shows a change since: it is taken as not arrived.",
        )


def require_confirmation(run: RunRecord) -> None:
    """Refuse to ask for what a person who takes a run up has not confirmed.

    Raises:
        ConfirmationNeeded: nobody has.
    """
    newest = run.journal.last("confirmed", "confirmed_again")
    assert newest is not None
    age = abs(run.session.now - newest.moment)
    # Who confirmed may have waited here for the list to be trusted.
    recent = age <= CONFIRMATION_LASTS + timedelta(seconds=TRUST_LIST_AFTER_S)
    if not (recent and run.confirmed_anew):
        raise ConfirmationNeeded(
            f"{run.title} was confirmed at {newest.at} by {newest.facts.get('who', 'somebody')} "
            f"and has not been carried out. What was written to {run.target['name']} meanwhile "
            "would be lost, too.",
            advice=f"To go on: session.resume_restore({run.run_id!r}, "
            f"confirm={run.confirm_with!r}); or end it: session.cancel_restore({run.run_id!r}), "
            "and plan the restore anew.",
        )


def stop(run: RunRecord, reason: str, **facts: object) -> None:
    """End a run that the service has not taken on."""
    run.note("stopped", reason=reason, **facts)
    run.report_progress("ended", 100, reason)


def recall_submission(run: RunRecord) -> None:
    """Record that the restore was asked for, where the journal was cut off and does not tell."""
    told = sum(entry.kind == "restore_intended" for entry in run.journal.entries)
    noted = submissions_of(run.folder, run.run_id)
    if len(noted) <= told:
        return
    last = noted[-1]
    run.note(
        "restore_intended",
        known=last.known,
        marks=last.marks,
        request=run.request,
        sent_at=last.at,
        how="noted beside the journal, which was cut off or put back",
    )


def _prepare(run: RunRecord, *, taken_up: bool) -> Generator[float, None, Facts | None]:
    """Do all that comes before the request.

    Returns:
        The facts as they are now; ``None`` where the service was found to be at it already.
    """
    _check_stop(run)
    facts: Facts | None = None
    if taken_up:
        facts = _survey_again(run, taken_up=True)
        if facts is None:
            return None
        _refuse_copy(run)
    if run.begun["safety_backup"]:
        try:
            for pause in back_up_first(run):
                _check_stop(run)
                yield pause
        except TaskFailed as problem:
            stop(run, problem.message, code=problem.code)
            raise
        except JournalFailed:
            raise
        except CBRError as problem:
            passes = is_transient(problem) or isinstance(
                problem, AuthenticationError | PermissionDenied
            )
            if never_began(problem) and not passes:
                stop(run, f"No safety backup could be made: {problem.message}", code=problem.code)
            raise
    _check_stop(run)
    if run.begun["safety_backup"] or facts is None:
        facts = _survey_again(run, taken_up=taken_up)
    _check_stop(run)
    return facts


def _check_stop(run: RunRecord) -> None:
    if run.wants_to_stop:
        stop(run, "Cancelled before the service was asked.")
        raise Stopped(
            f"{run.title} was cancelled; the service was not asked.",
            advice="Plan the restore anew when you want it after all.",
        )


def _refuse_copy(run: RunRecord) -> None:
    """Refuse to ask from a copy of a journal: the original may have asked, or may yet.

    Raises:
        Conflict: the journal is not in the file in which it was begun.
    """
    began_in = run.begun.get("file_id")
    if began_in is not None and began_in != run.journal.file_id:
        raise Conflict(
            f"The journal {run.journal.path} is a copy of the one in which {run.title} was "
            "begun. The original may have been carried out, or may be yet. This copy asked "
            "nothing of the service.",
            advice="Resume the run where it was begun, or plan the restore anew.",
        )


def _survey_again(run: RunRecord, *, taken_up: bool) -> Facts | None:
    """Refuse if the ground of the plan has moved; take up what the service does already.

    Returns:
        The facts as they are now; ``None`` where the run's own task was found.
    """
    run.report_progress("checks", 0, "Looking whether things stand as when the plan was made.")
    safety = run.journal.last("safety_backup_intended")
    own = (safety.facts["name"],) if safety else ()
    try:
        now = drift_since_plan(run, own_backups=own)
    except NotFound as problem:
        stop(run, f"Something exists no more: {problem.message}")
        raise
    facts = now.plan.facts
    if not {Unread.RESTORES, Unread.TASKS}.isdisjoint(facts.unreadable):
        raise ConnectionFailed(
            f"The service's list of tasks cannot be read, so it is not known whether "
            f"{run.target['name']} was restored meanwhile. The service was not asked.",
            advice=f"Try again later: session.resume_restore({run.run_id!r}).",
        )
    if taken_up:
        _take_up_task(run, now)
        if run.task_id is not None:
            return None
    if now.failed:
        what = " ".join(check.seen for check in now.failed)
        stop(run, f"A check fails now: {what}", checks=[check.name for check in now.failed])
        raise Conflict(
            f"Since the plan was made, something changed: {what} This run asked nothing of the "
            "service.",
            advice=now.failed[0].to_do or "Plan the restore anew.",
        )
    if now.moved:
        stop(run, f"Something moved since the plan was made: {' '.join(now.moved)}")
        raise Conflict(
            f"Since the plan was made, something moved: {' '.join(now.moved)} This run asked "
            "nothing of the service.",
            advice="Look at it again: plan the restore anew, and confirm what is so now.",
        )
    run.note("checked_again", fingerprint=now.plan.fingerprint())
    run.report_progress("checks", 100, "What the plan was made from stands as it did.")
    return facts


def _take_up_task(run: RunRecord, now: Drift) -> None:
    """Adopt a restore since the confirmation that no other journal tells of as this run's own.

    Raises:
        ConnectionFailed: the target is being restored, and the list does not show by which task.
    """
    facts = now.plan.facts
    known = {each.id for each in facts_at_plan(run).restores} | tasks_of_other_runs(run)
    fresh = [each for each in facts.restores if each.id not in known]
    mine = [each for each in fresh if each.backup_id in (None, run.backup["id"])]
    if mine:
        run.note(
            "task_found",
            task_id=mine[-1].id,
            how="as the restore of this backup since the confirmation that no other journal "
            "tells of; this journal does not tell that it was asked for",
        )
        return
    if not fresh and shows_restore(facts) and not facts.running:
        raise ConnectionFailed(
            f"{run.target['name']} is being restored, and the service's list does not show by "
            "which task yet. It was not asked for again.",
            advice=f"Look again in some minutes: session.resume_restore({run.run_id!r}).",
        )


def _send_request(run: RunRecord, facts: Facts) -> None:
    """Send the one request.

    Raises:
        Conflict: another restore of the target has begun within the last moments.
    """
    there = {task.id for task in restores_of(run.session, run.target["id"])}
    if there - {each.id for each in facts.restores}:
        stop(run, "Somebody else began to restore the target.")
        raise Conflict(
            f"Somebody else has just begun to restore {run.target['name']}. This run asked "
            "nothing of the service.",
            advice="Wait for it, look at what it brought back, and plan anew if need be.",
        )
    known, marks = sorted(there | tasks_of_other_runs(run)), facts.marks
    _check_stop(run)  # as late as can be: from here on it may be too late
    run.report_progress("asking", 0, run.title)
    note_submission(run.folder, Submission(run.run_id, run.session.now.isoformat(), known, marks))
    run.note("restore_intended", known=known, marks=marks, request=run.request)
    try:
        job_id = run.session.client.backups.restore(**run.request)
    except CBRError as problem:
        _note_trouble(run, problem)
        return
    try:
        run.note("restore_answered", job_id=job_id)
        if job_id:
            run.note("task_found", task_id=job_id, how="by the ID in the answer")
    except JournalFailed as problem:
        raise JournalFailed(
            f"{problem.message} But the service has taken the restore on"
            + (f": task {job_id}." if job_id else "."),
            advice=problem.advice,
        ) from None


def _note_trouble(run: RunRecord, problem: CBRError) -> None:
    """Note what an answer other than yes means; returns where the service may have begun.

    Raises:
        CBRError: the request never left, or the service refuses and shows no restore.
    """
    if _never_left(run, problem):
        run.note("restore_not_done", reason=problem.message)
        raise problem
    if is_refusal(problem) and not _may_have_begun(run):
        stop(
            run,
            f"The service refuses: {problem.message}",
            code=problem.code,
            request_id=problem.request_id,
        )
        raise problem
    run.note("answer_lost", reason=problem.message, status=problem.http_status)


def _never_left(run: RunRecord, problem: CBRError) -> bool:
    if isinstance(problem, ConnectionFailed) and not problem.may_have_happened:
        return True
    if isinstance(problem, JournalFailed):
        return False
    # What failed before a request went out, such as getting a token, leaves no request behind.
    return run.journal.entries[-1].kind == "restore_intended" and not run.journal_trouble


def _may_have_begun(run: RunRecord) -> bool:
    """Return whether the service shows a restore although its answer was a refusal."""
    intended = run.intended
    assert intended is not None
    try:
        fresh = {task.id for task in restores_of(run.session, run.target["id"])}
        fresh -= set(intended.facts["known"])
        return bool(fresh) or shows_restore(planned_again(run).facts)
    except CBRError:
        return True


def _confirmed_since(run: RunRecord) -> bool:
    """Return whether a person confirmed again after the request was sent."""
    again = run.journal.last("confirmed_again")
    intended = run.intended
    if again is None or intended is None:
        return False
    # A request that only the note beside the journal told of was sent before this process began,
    # and so before its confirmation, although it was written down after it.
    recalled = "sent_at" in intended.facts and run.confirmed_anew
    return recalled or again.number > intended.number


def _doubt(run: RunRecord) -> str:
    """Return why the request may have been carried out although no task shows; empty: it was not.

    Lists lag, and may hide their newest row. So what the service tells of the disks themselves
    must say the same.
    """
    intended = run.intended
    assert intended is not None
    _refuse_copy(run)
    try:
        facts = planned_again(run).facts
    except CBRError as problem:
        if not is_outage(problem):
            raise
        return "The service cannot be asked how things stand."
    if shows_restore(facts):
        return f"{run.target['name']} is being restored by somebody."
    then, now = intended.facts.get("marks") or {}, facts.marks
    if not then or any(then.get(key) is None or now[key] is None for key in now if key in then):
        return "The service does not tell when the disks were last written."
    if any(now.get(key) != at for key, at in then.items()):
        return "A disk was written since, by the restore or by somebody else."
    return ""


def _was_heard(run: RunRecord) -> bool:
    """Return whether the service has certainly taken the restore on."""
    return run.state == run_state.RUNNING or answer_of(run)[1] is not None


def _nobody_knows(run: RunRecord, doubt: str = "") -> ConnectionFailed:
    name = run.target["name"]
    error = ConnectionFailed(
        f"No answer that counts came to the request to restore {name}, and no task of it has "
        f"appeared in {LOOKUP_TIMEOUT_S / 60:.0f} minutes. {doubt + ' ' if doubt else ''}It may "
        "have been carried out; it was not sent again.",
        advice=f"Look at {name} and at session.tasks(). "
        f"session.resume_restore({run.run_id!r}, confirm={run.confirm_with!r}) looks once more, "
        "and asks again only where the service shows that nothing was done; "
        "session.cancel_restore(…) gives it up, and a new plan begins anew.",
    )
    error.may_have_happened = True
    return error
