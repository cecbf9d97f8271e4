"""What a session says and does about guided restores: planned, past and present."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cbr_notebook.errors import CBRError
from cbr_notebook.frames.restores import RESTORES, RestoreRow
from cbr_notebook.runbook.group.group_plan import GroupPlan, plan_group
from cbr_notebook.runbook.group.group_run import GroupRun
from cbr_notebook.runbook.group.resume import find, resume
from cbr_notebook.runbook.journal import ledger
from cbr_notebook.runbook.journal.evidence import Evidence
from cbr_notebook.runbook.journal.journal import Journal
from cbr_notebook.runbook.journal.record import OnProgress
from cbr_notebook.runbook.run.restore_plan import RestorePlan, plan_restore
from cbr_notebook.runbook.run.run import RestoreRun
from cbr_notebook.runbook.verify.manifest import Checksum, take_manifest
from cbr_notebook.session.names import Named

if TYPE_CHECKING:
    import pandas as pd

    from cbr_notebook.session import Session


class Runs:
    """The runs of one session's project."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def plan(
        self,
        backup: Named,
        target: Named,
        disks: Mapping[str, str] | None,
        *,
        power_on: bool,
    ) -> RestorePlan:
        """Lay out a restore."""
        return plan_restore(self._session, backup, target, disks, power_on=power_on)

    def table(self, folder: str | Path | None) -> pd.DataFrame:
        """Return all runs, newest first."""
        rows = []
        for path in ledger.paths(ledger.folder_for(self._session, folder)):
            try:
                journal = Journal(path)
            except CBRError as problem:
                rows.append(RestoreRow(path.stem, state="damaged", note=problem.message))
                continue
            first = journal.entries[0] if journal.entries else None
            if first is None or first.kind != "confirmed":
                continue
            if first.facts["project_id"] == self._session.identity.project_id:
                rows.append(_row(path.stem, journal))
        rows.sort(key=lambda row: row.began_at or "", reverse=True)
        return RESTORES.frame(rows)

    def resume(
        self,
        run_id: str,
        confirm: str | Sequence[str] | None,
        folder: str | Path | None,
        on_progress: OnProgress | None,
    ) -> RestoreRun | GroupRun:
        """Take a run up again."""
        return resume(
            self._session, run_id, confirm=confirm, folder=folder, on_progress=on_progress
        )

    def cancel(self, run_id: str, folder: str | Path | None) -> str:
        """Stop a run or group as far as it has not begun."""
        return find(self._session, run_id, folder).cancel()

    def plan_group(self, wanted: Iterable[Any]) -> GroupPlan:
        """Plan several restores as one."""
        return plan_group(self._session, wanted)

    def take_manifest(
        self, target: str, files: Iterable[str] | None, checksum: Checksum | None
    ) -> dict[str, Any]:
        """Note the checksums of files."""
        return take_manifest(self._session, target, files, checksum=checksum)


def _row(run_id: str, journal: Journal) -> RestoreRow:
    evidence = Evidence(journal.entries)
    begun = evidence.begun
    task, verified = evidence.last("task_found"), evidence.last("verified")
    ended = evidence.last("task_ended", "stopped", "given_up")
    return RestoreRow(
        run_id,
        state=evidence.state,
        target_id=begun["target"]["id"],
        target_name=begun["target"]["name"],
        backup_id=begun["backup"]["id"],
        backup_name=begun["backup"]["name"],
        began_at=_wire(journal.entries[0].at),
        ended_at=_wire(ended.at) if ended else None,
        verified=bool(verified.facts["passed"]) if verified else None,
        task_id=task.facts["task_id"] if task else None,
        note=_note(journal, ended.facts if ended else {}),
    )


def _note(journal: Journal, facts: dict[str, Any]) -> str | None:
    if journal.torn:
        return "The last line was cut off by a crash, and is left out."
    reason = facts.get("reason") or facts.get("error_message")
    return None if reason is None else str(reason)


def _wire(text: str) -> str:
    return datetime.fromisoformat(text).strftime("%Y-%m-%dT%H:%M:%S.%f")
