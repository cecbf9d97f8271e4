"""Guided restores of a session: the past and present ones, and several as one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cbr_notebook.errors import CBRError, InvalidRequest
from cbr_notebook.frames.restores import RESTORES, RestoreRow
from cbr_notebook.runbook.group import group_plan
from cbr_notebook.runbook.group.group_plan import GroupPlan
from cbr_notebook.runbook.group.resume import find
from cbr_notebook.runbook.journal import ledger, run_state
from cbr_notebook.runbook.journal.evidence import Evidence
from cbr_notebook.runbook.journal.journal import Journal
from cbr_notebook.runbook.journal.submissions import is_forgotten
from cbr_notebook.runbook.verify.contract import RecoveryContract
from cbr_notebook.session import Session
from cbr_notebook.session.tables import describe
from cbr_notebook.text.timeparse import TimeLike

if TYPE_CHECKING:
    import pandas as pd


def restores(session: Session, *, folder: str | Path | None = None) -> pd.DataFrame:
    """List the guided restores of this project that this computer knows of.

    Args:
        folder: of the journals; ``CBR_RUNBOOK_FOLDER`` or the user's data folder if left
            out.

    Returns:
        One row a run, newest first: ``run_id``, ``target_id``, ``target_name``,
        ``backup_id``, ``backup_name``, ``task_id``, ``note`` (text), ``state`` (category:
        ``not asked``, ``asked``, ``running``, ``success``, ``failed``, ``stopped``,
        ``given up``, ``damaged``), ``began_at``, ``ended_at`` (UTC), ``verified`` (flag).

    Raises:
        InvalidRequest: the folder cannot be used.

    Example:
        >>> plan = session.plan_restore(session.last_quiet_backup("web-01"))
        >>> run = plan.execute(confirm="web-01").wait()
        >>> session.restores()[["target_name", "state"]].values.tolist()
        [['web-01', 'success']]
    """
    before = session.client.transport.requests
    rows = []
    for path in ledger.paths(ledger.folder_for(session, folder)):
        try:
            journal = Journal(path)
        except CBRError as problem:
            rows.append(RestoreRow(path.stem, state="damaged", note=problem.message))
            continue
        first = journal.entries[0] if journal.entries else None
        if first is None or first.kind != "confirmed":
            continue
        if first.facts["project_id"] == session.identity.project_id:
            rows.append(_row(path.stem, journal))
    rows.sort(key=lambda row: row.began_at or "", reverse=True)
    return describe(session, RESTORES, RESTORES.frame(rows), {}, before)


def cancel_restore(session: Session, run_id: str, *, folder: str | Path | None = None) -> str:
    """Stop a guided restore, or what of a group has not begun.

    Args:
        run_id: of a run or group, also one that another process carries out.
        folder: of the journals.

    Returns:
        What was stopped, in words.

    Raises:
        NotFound: there is no such run.
        Conflict: the service is restoring; it cannot be stopped.

    Example:
        >>> plan = session.plan_restore(session.last_quiet_backup("web-01"))
        >>> run_id = plan.execute(confirm="web-01").run_id
        >>> session.cancel_restore(run_id)  # what the service works on cannot be stopped
        Traceback (most recent call last):
            ...
        cbr_notebook.errors.Conflict: Restore web-01 ... and the service cannot stop a restore...
    """
    return find(session, run_id, folder).cancel()


def plan_restores(
    session: Session,
    restores: Iterable[Any] | RecoveryContract,
    *,
    before: TimeLike | None = None,
    accept_unjudged: bool = False,
) -> GroupPlan:
    """Plan several restores as one, with an order; sends nothing that changes anything.

    Args:
        restores: for each a plan, or a mapping with the arguments of
            :meth:`plan_restore` and ``after``: names of targets that must be back before. Or a
            recovery contract (``cbr.recovery_contract(path)``): all its members, in its order,
            held to its probes and targets.
        before: with a contract: when the trouble began. Members whose backup it does not name
            are restored from their last quiet backup before that.
        accept_unjudged: with a contract: also a backup that nobody can judge.

    Returns:
        The plan; its ``execute`` carries all of it out.

    Raises:
        InvalidRequest: a target appears twice, ``after`` names none of them, or the order
            goes in a circle.
        NotFound: a backup or target does not exist, or no backup of a member is quiet.

    Example:
        >>> backups = [session.last_quiet_backup(name) for name in ("db-01", "web-01")]
        >>> group = session.plan_restores([session.plan_restore(backup) for backup in backups])
        >>> group.confirm_with
        ['db-01', 'web-01']
    """
    if isinstance(restores, RecoveryContract):
        return group_plan.plan_contract(
            session, restores, before=before, accept_unjudged=accept_unjudged
        )
    if before is not None or accept_unjudged:
        raise InvalidRequest(
            "before and accept_unjudged choose the backups of a recovery contract's members.",
            advice="Leave them out: each restore of a list names its own backup.",
            field="before",
        )
    return group_plan.plan_group(session, restores)


def _row(run_id: str, journal: Journal) -> RestoreRow:
    evidence = Evidence(journal.entries)
    begun = evidence.begun
    cut_off = evidence.state == run_state.NOT_ASKED and is_forgotten(journal)
    task, verified = evidence.last("task_found"), evidence.last("verified")
    ended = evidence.last("task_ended", "stopped", "given_up")
    return RestoreRow(
        run_id,
        state="asked" if cut_off else evidence.state,
        target_id=begun["target"]["id"],
        target_name=begun["target"]["name"],
        backup_id=begun["backup"]["id"],
        backup_name=begun["backup"]["name"],
        began_at=_api_text(journal.entries[0].at),
        ended_at=_api_text(ended.at) if ended else None,
        verified=bool(verified.facts["passed"]) if verified else None,
        task_id=task.facts["task_id"] if task else None,
        note=_note(journal, ended.facts if ended else {}),
    )


def _note(journal: Journal, facts: dict[str, Any]) -> str | None:
    if journal.entries[0].facts.get("file_id") not in (None, journal.file_id):
        return "This journal is a copy: the original may have been carried out, or may be yet."
    if journal.torn:
        return "The last line was cut off by a crash, and is left out."
    reason = facts.get("reason") or facts.get("error_message")
    return None if reason is None else str(reason)


def _api_text(text: str) -> str:
    return datetime.fromisoformat(text).strftime("%Y-%m-%dT%H:%M:%S.%f")
