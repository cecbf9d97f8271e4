"""Taking a run up again after its process has ended, exactly where the service stands."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from cbr_notebook.errors import CBRError, Conflict, InvalidRequest
from cbr_notebook.runbook.group.group_run import GroupRun
from cbr_notebook.runbook.journal import ledger, run_state
from cbr_notebook.runbook.journal.journal import Journal
from cbr_notebook.runbook.journal.record import OnProgress
from cbr_notebook.runbook.run.restore_options import names_of
from cbr_notebook.runbook.run.run import RestoreRun
from cbr_notebook.runbook.run.submit import CONFIRMATION_LASTS, require_confirmation, submit_steps
from cbr_notebook.runbook.run.watch import look, run_steps
from cbr_notebook.session import Session


def find(
    session: Session,
    run_id: str,
    folder: str | Path | None = None,
    on_progress: OnProgress | None = None,
) -> RestoreRun | GroupRun:
    """Return a run or group by its ID, as its journal tells it; nothing is asked of the service.

    Raises:
        NotFound: there is none; the message lists the newest.
        InvalidRequest: its journal was edited, or it belongs to another project.
    """
    where = ledger.folder_for(session, folder)
    journal = ledger.open_journal(where, run_id)
    facts = journal.entries[0].facts
    if facts["project_id"] != session.identity.project_id:
        raise InvalidRequest(
            f"The run {run_id} belongs to project {facts['project_id']}, this session to "
            f"{session.identity.project_id}.",
            advice="Connect to that project, then resume.",
        )
    if journal.entries[0].kind == "group_confirmed":
        ids = [each["run_id"] for each in facts["members"]]
        journals = [ledger.open_journal(where, each) for each in ids]
        return GroupRun(session, journal, [_run(session, each, on_progress) for each in journals])
    return _run(session, journal, on_progress)


def _run(session: Session, journal: Journal, on_progress: OnProgress | None) -> RestoreRun:
    run = RestoreRun(session, journal, on_progress)
    run.taken_up = True
    return run


def resume_restore(
    session: Session,
    run_id: str,
    *,
    confirm: str | Sequence[str] | None = None,
    folder: str | Path | None = None,
    on_progress: OnProgress | None = None,
) -> RestoreRun | GroupRun:
    """Resume a guided restore where the service stands, such as after a crash.

    What has ended stays so, what runs is found and can be waited for. What was asked for
    without an answer is looked for; it is asked for again only if it never arrived.

    Args:
        run_id: of a run, as :meth:`restores` lists it, or of a group.
        confirm: the target's name (of a group: all), wherever the restore has yet to be
            asked for, or may have to be asked for again. Who resumes is written down.
        folder: of the journals.
        on_progress: is told how far it is.

    Returns:
        The run or the group.

    Raises:
        NotFound: there is no such run; the message lists the newest.
        ConfirmationNeeded: the restore has yet to be asked for, and ``confirm`` is missing.
        Conflict: another process is at it, or something moved since the plan was made.
        ConnectionFailed: the service could not be reached; resume again later.

    API: Backup, "Restoring Data Using a Backup"; Task, "Querying the Task List".

    Example:
        >>> plan = session.plan_restore(session.last_quiet_backup("web-01"))
        >>> run_id = plan.execute(confirm="web-01").run_id
        >>> session.resume_restore(run_id, confirm="web-01").wait().state
        'success'
    """
    names = () if confirm is None else names_of(confirm, "confirm")
    found = find(session, run_id, folder, on_progress)
    if isinstance(found, GroupRun):
        for run in found.runs:
            with run.journal.held():
                _take_up(run, names)
        return found.carry_out()
    with found.journal.held():
        if not found.ended:
            _take_up(found, names)
            run_steps(found, submit_steps(found, taken_up=True))
        if found.state == run_state.RUNNING:
            # Trouble in this look is no trouble: wait() looks again.
            with found.recording(), suppress(CBRError):
                look(found)
    return found


def _take_up(run: RestoreRun, confirm: Sequence[str]) -> None:
    """Record in the journal who resumes a run, and whether that person confirmed it.

    Raises:
        ConfirmationNeeded: the restore has yet to be asked for, and was not confirmed.
    """
    if run.ended:
        return
    who = {"who": run.session.identity.who, "way": run.session.identity.how}
    if run.confirm_with in confirm:
        run.note("confirmed_again", confirmed=run.confirm_with, **who)
        run.confirmed_anew = True
    if run.state == run_state.NOT_ASKED:
        require_confirmation(run)
        _refuse_old_approval(run)
    run.note("resumed", state=run.state, **who)


def _refuse_old_approval(run: RestoreRun) -> None:
    """Refuse to carry out alone, later, what a second person approved for an hour.

    Raises:
        Conflict: says who approved, and what to do.
    """
    approval, confirmed = run.begun.get("approval"), run.journal.last("confirmed")
    if not approval or confirmed is None:
        return
    if abs(run.session.now - confirmed.moment) > CONFIRMATION_LASTS:
        raise Conflict(
            f"{run.title} was approved by {approval['name']} for an hour, and was not carried out "
            "in it.",
            advice=f"End it: session.cancel_restore({run.run_id!r}); plan it anew, and let it "
            "be approved.",
        )
