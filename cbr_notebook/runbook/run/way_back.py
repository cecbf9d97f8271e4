"""The way back of a restore: its safety backup, and that another run went back to it."""

from __future__ import annotations

from contextlib import suppress

from cbr_notebook.errors import CBRError, Conflict, InvalidRequest
from cbr_notebook.runbook.journal import ledger, run_state
from cbr_notebook.runbook.journal.record import RunRecord
from cbr_notebook.runbook.plan.checked_plan import CheckedPlan, check_restore

_HOW = "Plan a restore from another backup: session.suspicion(...) lists them."


def plan_way_back(run: RunRecord, plan: CheckedPlan | None = None) -> CheckedPlan:
    """Return the plan of the restore of a run's safety backup onto its target.

    Args:
        run: has ended.
        plan: the one that somebody looked at; made anew if left out.

    Raises:
        InvalidRequest: the run has not ended, made no safety backup, or the plan is another.
        NotFound: the safety backup exists no more.
        Conflict: another run has gone back on it already.
    """
    if run.state not in run_state.CARRIED_OUT:
        why = (
            "the service has not ended it"
            if run.state in run_state.UNFINISHED
            else "it was not carried out"
        )
        if run.state == run_state.GIVEN_UP:
            why = "whether it was carried out is not known"
        raise InvalidRequest(f"{run.title} is {run.state}: {why}, so there is no way back from it.",
                             advice=_HOW)  # fmt: skip
    made = run.journal.last("safety_backup_made")
    if made is None:
        raise InvalidRequest(f"{run.title} made no safety backup to go back to.", advice=_HOW)
    backup = made.facts["backup_id"] or made.facts["name"]
    if (back := run.journal.last("rolled_back")) is not None:
        raise Conflict(
            f"Run {back.facts['by_run']} has gone back on {run.title} already. What was written "
            f"to {run.target['name']} since would be lost. Nothing was begun.",
            advice="If that is meant, plan it as a restore of its own: "
            f"session.plan_restore({backup!r}).",
        )
    if plan is None:
        return check_restore(run.session, backup, run.target["id"])
    facts = plan.facts
    same = facts.target is not None and facts.target.id == run.target["id"]
    if not same or backup not in (facts.backup.id, facts.backup.name) or plan.disks is not None:
        raise InvalidRequest(
            f"That is not the plan of the way back of {run.title}: all of {run.target['name']} "
            f"from the safety backup {made.facts['name']}.",
            advice=f"Plan it: session.plan_restore({backup!r}, {run.target['id']!r}).",
            field="plan",
        )
    return plan


def note_way_back(run: RunRecord) -> None:
    """Write into the journal of the run that a restore went back on that it did, if it did.

    Where that journal cannot be written now, only that of the restore itself tells.
    """
    undone_id = run.begun.get("undoes")
    if undone_id is None or run.state != run_state.SUCCESS:
        return
    with suppress(CBRError):
        undone = run.undoes
        if undone is None:
            undone = RunRecord(run.session, ledger.open_journal(run.folder, str(undone_id)))
        with undone.journal.held():
            undone.note("rolled_back", by_run=run.run_id)
