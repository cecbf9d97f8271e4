"""A plan that can be carried out: what ``session.plan_restore`` returns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Unpack

from cbr_notebook.runbook.journal import ledger
from cbr_notebook.runbook.journal.record import OnProgress
from cbr_notebook.runbook.journal.report import refuse_unwritable
from cbr_notebook.runbook.plan.checked_plan import CheckedPlan
from cbr_notebook.runbook.plan.checks import Check
from cbr_notebook.runbook.plan.quiet_check import NOT_QUIET, check_quiet
from cbr_notebook.runbook.plan.survey import survey
from cbr_notebook.runbook.rehearsal.rehearse import PlanOnTwin, Rehearsal, rehearse
from cbr_notebook.runbook.run.approval import REHEARSED, export_plan, validate_approval
from cbr_notebook.runbook.run.execute import (
    execute,
    refuse_failed,
    refuse_unless_possible,
    taken_care_of,
    warnings_of,
)
from cbr_notebook.runbook.run.restore_options import (
    FurtherOptions,
    RestoreOptions,
    with_further_options,
)
from cbr_notebook.runbook.run.run import RestoreRun
from cbr_notebook.runbook.run.safety import SafetyBackup
from cbr_notebook.runbook.verify.checksum_manifest import Checksum, refuse_useless
from cbr_notebook.runbook.verify.contract import RecoveryContract
from cbr_notebook.runbook.verify.probe_checks import check_probes
from cbr_notebook.session import Session
from cbr_notebook.session.operations.approval_required import TWO_PEOPLE
from cbr_notebook.session.references import ResourceRef


@dataclass(frozen=True, repr=False)
class RestorePlan(CheckedPlan):
    """What a restore would do; ``execute`` carries it out."""

    contract: RecoveryContract | None = None
    """What "works again" means for the target, if a recovery contract says so."""

    def under(self, contract: RecoveryContract) -> RestorePlan:
        """Return this plan with a recovery contract: its targets, and its probes.

        Whether the probes could be asked now is one more check, ``probes``; each verification
        of the run looks at them.

        Args:
            contract: one that has the target as a member, by name or ID.

        Raises:
            InvalidRequest: the target is no member of it.
        """
        name, its_id = self._target_names()
        probes = check_probes(contract.member(name, its_id).probes, self.session)
        others = (each for each in self.more_checks if each.name not in _names(probes))
        return replace(self, contract=contract, more_checks=(*others, *probes))

    def questioned(self) -> RestorePlan:
        """Return this plan with the warning ``backup not quiet``, if its backup is not.

        For a backup that a person named instead of ``session.last_quiet_backup(...)``: it jumps,
        was made after a jump or by a restore, or cannot be judged.
        """
        found = check_quiet(self.session, self.facts.backup)
        others = (each for each in self.more_checks if each.name != NOT_QUIET)
        return replace(self, more_checks=(*others, *found))

    def ensure_possible(self) -> None:
        """Stop here if a check fails, with what was seen and what to do, and no more than that.

        Raises:
            Conflict: a check fails.
        """
        refuse_failed(self)

    @with_further_options
    def ensure_ready(
        self,
        acknowledge: str | Sequence[str] = (),
        safety_backup: SafetyBackup = True,
        folder: str | Path | None = None,
        *,
        report: str | Path | None = None,
        manifest: str | Path | Mapping[str, Any] | None = None,
        checksum: Checksum | None = None,
        **further: Unpack[FurtherOptions],
    ) -> list[str]:
        """Stop here for what :meth:`execute`, ``verify`` or ``report`` would stumble over later.

        Nothing is sent that changes anything, and nothing is written. Most arguments are those of
        :meth:`execute`; nobody has to confirm or to accept a warning here.

        Args:
            acknowledge: the names of warnings; each must be a check of the plan.
            safety_backup: whether the present state will be backed up first.
            folder: of the journals.
            report: where the evidence will be written.
            manifest: what ``verify`` will compare.
            checksum: how ``verify`` will read checksums, needed on a real service.
            further: the options that :meth:`execute` takes by name.

        Returns:
            The names of the warnings that :meth:`execute` wants accepted.

        Raises:
            Conflict: a check fails, the backup is from after the trouble began, another run on
                the target has not ended, or an approval does not fit.
            NotFound: the safety backup has no vault.
            InvalidRequest: an argument cannot be read or is out of range, a file cannot be read
                or written, or the manifest is of something else.
        """
        options = self._options(acknowledge, safety_backup, **further)
        if report is not None:
            refuse_unwritable(Path(report), self.session)
        if manifest is not None:
            names = (self.facts.confirm_with, *self._target_names())
            refuse_useless(manifest, names, self.session, checksum)
        refuse_unless_possible(self, options, ledger.folder_for(self.session, folder))
        return list(warnings_of(self, options))

    def _target_names(self) -> tuple[str, str]:
        target, backup = self.facts.target, self.facts.backup
        if target is None:
            return backup.resource_name, backup.resource_id
        return target.name, target.id

    def _options(
        self,
        acknowledge: str | Sequence[str],
        safety_backup: SafetyBackup,
        **further: Unpack[FurtherOptions],
    ) -> RestoreOptions:
        if further.get("approval") == TWO_PEOPLE:
            further["approval"] = None
        return RestoreOptions.of(
            self.session.now,
            acknowledge,
            safety_backup=safety_backup,
            contract=self.contract,
            **further,
        )

    @with_further_options
    def execute(
        self,
        confirm: str | None = None,
        acknowledge: str | Sequence[str] = (),
        safety_backup: SafetyBackup = True,
        on_progress: OnProgress | None = None,
        folder: str | Path | None = None,
        **further: Unpack[FurtherOptions],
    ) -> RestoreRun:
        """Carry the plan out until the service's task is known. This cannot be undone.

        Args:
            confirm: the target's name.
            acknowledge: the names of the checks whose warnings are accepted.
            safety_backup: back the present state up first, and wait for it. ``"partial"``: only
                the disks that can come back, where others have grown since the backup: a whole
                one would be refused on the way back.
            on_progress: is told how far it is.
            folder: where the journal is kept; ``CBR_RUNBOOK_FOLDER`` or the user's data folder
                if left out.
            safety_keep_days: delete it after so many days, 1 to 36500; ``None``: never.
            rto: the recovery time to be met, such as ``"4h"``; the contract's if left out.
            rpo: the recovery point to be met: the most data to lose; the contract's if left out.
            incident_at: when the trouble began, from which both are counted; now if left out.
            approval: the file of the plan with the yes of a second person; see :meth:`export`.
                ``"two people"`` says that it needs one, and is refused as long as it has none.

        Returns:
            The run; its ``wait()`` waits for the end.

        Raises:
            ConfirmationNeeded: ``confirm`` is not the target's name; says what would be lost.
            Conflict: a check fails, something moved since the plan was made, the plan is older
                than an hour, the backup is from after the trouble began, or the service refuses.
            InvalidRequest: a warning is not acknowledged.
            ConnectionFailed: the service could not be reached; the run can be resumed.

        API: Backup, "Restoring Data Using a Backup".
        """
        needs_two = further.get("approval") == TWO_PEOPLE
        plan = replace(self, approval=TWO_PEOPLE) if needs_two else self
        options = self._options(acknowledge, safety_backup, **further)
        return execute(plan, confirm, options, folder, on_progress)

    def export(self, path: str | Path, *, safety_backup: SafetyBackup = True) -> Path:
        """Write the plan to a new file for a second person to approve, signed with your key.

        Args:
            path: of the file; ``cbr.approve_plan(path)`` or ``cbr-notebook approve PATH``, by
                another user with another key, and ``execute(approval=path)`` within an hour.
            safety_backup: whether the present state will be backed up first.

        Returns:
            The path.

        Raises:
            Conflict: a check fails.
            InvalidRequest: the file is there already, or cannot be written; the signing key
                cannot be read.
        """
        self.ensure_possible()
        return export_plan(self, Path(path).expanduser(), safety_backup=safety_backup)

    def rehearse(self, *, safety_backup: SafetyBackup = True) -> Rehearsal:
        """Carry the plan out on a twin first: a simulated cloud made from this account.

        The account is only read.

        Args:
            safety_backup: as for :meth:`execute`.

        Returns:
            What would be refused, what fills up, how long it takes, what comes in between, and
            what the twin cannot know.
        """
        facts, expected = self.facts, self.expected_duration
        goal = facts.target.id if facts.target else facts.backup.resource_id

        def planned(mirror: Session, folder: Path) -> PlanOnTwin:
            plan = self.on(mirror)
            unneeded = taken_care_of(plan, safety_backup)

            def carry_out() -> Sequence[str]:
                plan.execute(
                    confirm=plan.confirm_with,
                    acknowledge=plan.warnings,
                    safety_backup=safety_backup,
                    on_progress=lambda _: None,
                    folder=folder,
                ).wait()
                return ()

            warnings = [*self.warnings, *plan.warnings]  # probes are not planned on the twin
            to_accept = [each for each in warnings if each not in unneeded]
            return PlanOnTwin(plan.verdicts, to_accept, carry_out)

        return rehearse(
            self.session,
            {each.name: each.outcome.value for each in self.verdicts},
            planned,
            {goal: expected.total_seconds()} if expected else {},
            {goal: facts.confirm_with},
            [facts.backup.id],
        )

    def on(self, session: Session) -> RestorePlan:
        """Return the same restore, planned on a twin, where it needs nobody's approval."""
        facts = self.facts
        target = facts.target.id if facts.target else None
        power_on = facts.power_on if facts.power_named else None
        plan = plan_restore(session, facts.backup.id, target, self.disks, power_on=power_on)
        return replace(plan, approval=REHEARSED)

    def refresh(self) -> RestorePlan:
        """Look again; return the plan as it would be now."""
        return replace(self, facts=self._survey())


def _names(checks: Iterable[Check]) -> set[str]:
    return {each.name for each in checks}


def plan_restore(
    session: Session,
    backup: ResourceRef,
    target: ResourceRef = None,
    disks: Mapping[str, str] | None = None,
    *,
    power_on: bool | None = None,
    approval: str | None = None,
) -> RestorePlan:
    """Plan a restore and check it beforehand; sends nothing that changes anything.

    Args:
        backup: which backup.
        target: what would be overwritten; what was backed up if left out.
        disks: for a server: from the ID of a disk's backup to the ID of the disk, where
            not all disks, or other ones, are meant.
        power_on: start the server afterwards; if left out, only if it is running now: a
            server that was stopped for isolation stays stopped.
        approval: ``"two people"``: it is carried out only with the yes of a second person;
            ``CBR_APPROVAL`` in the environment says so for every restore.

    Returns:
        The plan: ``checks``, ``overwritten``, ``untouched``, ``impossible``,
        ``data_loss``, ``expected_duration``; its ``execute`` carries it out.

    Raises:
        NotFound: there is no such backup, or no target of this name.
        InvalidRequest: a name fits several, or ``disks`` names what is no disk of the
            backup, one disk twice, or none at all.

    API: Backup, "Querying a Backup"; Protectable, "Querying a Protectable Resource"; Task.

    Example:
        >>> plan = session.plan_restore(session.last_quiet_backup("web-01"))
        >>> plan.checks["outcome"].unique().tolist()
        ['pass', 'warn']
    """
    validate_approval(approval)
    facts = survey(session, backup, target, disks, power_on=power_on)
    return RestorePlan(
        session, facts, dict(disks) if disks is not None else None, approval=approval
    )
