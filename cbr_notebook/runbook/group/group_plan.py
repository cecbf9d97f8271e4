"""Several restores as one plan: which first, how many at once, and what if one fails."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack

from cbr_notebook.errors import ConfirmationNeeded, InvalidRequest
from cbr_notebook.runbook.group.group_members import Member, ordered_members
from cbr_notebook.runbook.group.group_run import GroupRun
from cbr_notebook.runbook.journal import ledger
from cbr_notebook.runbook.journal.record import OnProgress, Progress
from cbr_notebook.runbook.journal.report import refuse_unwritable
from cbr_notebook.runbook.plan.verdict import URGENCY
from cbr_notebook.runbook.rehearsal.rehearse import PlanOnTwin, Rehearsal, rehearse
from cbr_notebook.runbook.run.approval import read_approval
from cbr_notebook.runbook.run.execute import (
    begin,
    overwritten_in_words,
    refuse_unknown_names,
    refuse_unless_possible,
    refuse_unless_ready,
    taken_care_of,
    warnings_of,
)
from cbr_notebook.runbook.run.restore_options import (
    FurtherOptions,
    RestoreOptions,
    names_of,
    with_further_options,
)
from cbr_notebook.runbook.run.restore_plan import plan_restore
from cbr_notebook.runbook.run.run import RestoreRun
from cbr_notebook.runbook.run.safety import PARTIAL, SafetyBackup
from cbr_notebook.runbook.verify.contract import RecoveryContract
from cbr_notebook.session import Session
from cbr_notebook.session.operations.approval_required import TWO_PEOPLE
from cbr_notebook.text.dtypes import TEXT
from cbr_notebook.text.formatting import pluralize
from cbr_notebook.text.timeparse import TimeLike

if TYPE_CHECKING:
    import pandas as pd

_MOST_AT_ONCE = 32


class GroupPlan:
    """Several restores, laid out together; nothing is done yet."""

    def __init__(
        self,
        session: Session,
        members: Sequence[Member],
        contract: RecoveryContract | None = None,
    ) -> None:
        """Create a plan of the members, in an order that their dependencies allow."""
        self.session = session
        self.members = tuple(members)
        self.contract = contract
        """What "works again" means, if a recovery contract says so."""

    def __repr__(self) -> str:
        lines = [
            f"{each.name} from {each.plan.facts.backup.name}"
            + (f", after {', '.join(self._names(each.after))}" if each.after else "")
            for each in self.members
        ]
        return "\n".join([f"Restore of {len(self.members)} targets:", *lines])

    def _names(self, ids: Iterable[str]) -> list[str]:
        names = {each.target_id: each.name for each in self.members}
        return [names[each] for each in ids]

    @property
    def checks(self) -> pd.DataFrame:
        """The checks of all members, with the name of the target in front."""
        import pandas as pd

        frames = []
        for each in self.members:
            frame = each.plan.checks.copy()
            frame.insert(0, "target", pd.Series([each.name] * len(frame), dtype=TEXT))
            frames.append(frame)
        return pd.concat(frames, ignore_index=True)

    @property
    def confirm_with(self) -> list[str]:
        """What to type to confirm: the names of all targets, IDs where others bear a name."""
        return [each.plan.confirm_with for each in self.members]

    def describe(self) -> str:
        """Say in plain words what would happen, member by member."""
        said = []
        for at, each in enumerate(self.members, 1):
            after = f", after {', '.join(self._names(each.after))}" if each.after else ""
            lines = each.plan.describe().splitlines()
            said += [f"{at}. {each.name}{after}", *(f"   {line}" for line in lines)]
        return "\n".join(said)

    def questioned(self) -> GroupPlan:
        """Return this plan with the warning ``backup not quiet`` where a backup is not.

        With a contract, of the members whose backup it names; else of all.
        """
        named = [
            each
            for each in self.members
            if self.contract is None
            or self.contract.member(each.name, each.target_id).backup is not None
        ]
        members = [
            replace(each, plan=each.plan.questioned()) if each in named else each
            for each in self.members
        ]
        return GroupPlan(self.session, members, self.contract)

    @with_further_options
    def ensure_ready(
        self,
        acknowledge: str | Sequence[str] = (),
        safety_backup: SafetyBackup = True,
        folder: str | Path | None = None,
        *,
        parallel: int = 2,
        on_failure: Literal["stop", "continue"] = "stop",
        report: str | Path | None = None,
        **further: Unpack[FurtherOptions],
    ) -> list[str]:
        """Stop here for what :meth:`execute` would stumble over, whoever confirms and accepts.

        Nothing is sent that changes anything, and nothing is written. Arguments and errors are
        those of :meth:`execute`; ``report`` is where the evidence will be written.

        Returns:
            The names of the warnings that :meth:`execute` wants accepted.
        """
        _validate_carrying_out(parallel, on_failure)
        approval = further.pop("approval", None)
        options = self._options(acknowledge, safety_backup, **further)
        if report is not None:
            refuse_unwritable(Path(report), self.session)
        where = ledger.folder_for(self.session, folder)
        warnings: dict[str, str] = {}
        approvals = None if approval == TWO_PEOPLE else approval
        for each in self.members:
            refuse_unless_possible(each.plan, self._of_member(options, each, approvals), where)
            warnings |= warnings_of(each.plan, options)
        return list(warnings)

    def _options(
        self,
        acknowledge: str | Sequence[str],
        safety_backup: SafetyBackup,
        **further: Unpack[FurtherOptions],
    ) -> RestoreOptions:
        """Read options, and refuse names that are no check of any member.

        Raises:
            InvalidRequest: one cannot be read, or there is no such check.
        """
        options = RestoreOptions.of(
            self.session.now,
            acknowledge,
            safety_backup=safety_backup,
            contract=self.contract,
            **further,
        )
        known = {check.name for each in self.members for check in each.plan.verdicts}
        if not set(options.acknowledged) <= known:
            refuse_unknown_names(self.members[0].plan, options)
        return options

    def _of_member(
        self, options: RestoreOptions, member: Member, approval: str | Path | None = None
    ) -> RestoreOptions:
        """Return the options with what of the warnings and approvals concerns one member."""
        names = {check.name for check in member.plan.verdicts}
        accepted = tuple(each for each in options.acknowledged if each in names)
        approved = None
        if approval is not None:
            approved = read_approval(_plan_file(Path(approval), member.target_id))
        made = options.safety_backup
        if made == PARTIAL and not member.plan.facts.grown:
            made = True
        return replace(options, acknowledged=accepted, approval=approved, safety_backup=made)

    @with_further_options
    def execute(
        self,
        confirm: Sequence[str] = (),
        acknowledge: str | Sequence[str] = (),
        safety_backup: SafetyBackup = True,
        on_progress: OnProgress | None = None,
        folder: str | Path | None = None,
        *,
        parallel: int = 2,
        on_failure: Literal["stop", "continue"] = "stop",
        **further: Unpack[FurtherOptions],
    ) -> GroupRun:
        """Carry all of it out, each restore when those that it waits for are back and verified.

        Args:
            confirm: the names of all targets; the ID of one whose name others bear.
            acknowledge: the names of the checks whose warnings are accepted, for all targets.
            safety_backup: back each target up before it is overwritten; ``"partial"``: where
                disks have grown since the backup, only those that can come back.
            on_progress: is told how far each is.
            folder: where the journals are kept.
            parallel: how many at once, 1 to 32.
            on_failure: ``stop``: when one fails, begin no more; ``continue``: leave out only
                what waits for it.
            safety_keep_days: delete it after so many days, 1 to 36500; ``None``: never.
            rto: the recovery time that each shall meet, such as ``"4h"``; the contract's if
                left out.
            rpo: the recovery point that each shall meet; the contract's if left out.
            incident_at: when the trouble began; now if left out.
            approval: the folder of the plans with the yes of a second person; see
                :meth:`export`. ``"two people"`` is refused as long as there is none.

        Returns:
            The group when all that could be done is done; ``wait()`` raises what failed.

        Raises:
            ConfirmationNeeded: a name is missing; says what would be lost.
            Conflict: a check fails, or another run on a target has not ended.
            InvalidRequest: a warning is not acknowledged, or an argument is out of range.
            WaitTimeout: you interrupted; take it up with ``session.resume_restore``.
        """
        _validate_carrying_out(parallel, on_failure)
        self._refuse_unconfirmed(names_of(confirm, "confirm"))
        plans = {each.target_id: each.plan for each in self.members}
        approval = further.pop("approval", None)
        if approval == TWO_PEOPLE:
            plans = {key: replace(plan, approval=TWO_PEOPLE) for key, plan in plans.items()}
            approval = None
        chosen = self._options(acknowledge, safety_backup, **further)
        options = {each.target_id: self._of_member(chosen, each, approval) for each in self.members}
        where = ledger.folder_for(self.session, folder)
        with ledger.one_beginner(where):
            for key, plan in plans.items():
                refuse_unless_ready(plan, plan.confirm_with, options[key], where)
            journal = ledger.new_journal(where, "group", self.session.now)
            if on_progress is not None:
                title = f"Restore of {pluralize(len(self.members), 'target')}."
                on_progress(Progress(journal.path.stem, "checks", 0, title))
            runs = [begin(plan, options[key], where, on_progress) for key, plan in plans.items()]
        group = GroupRun(self.session, journal, runs)
        with journal.held():
            group.note(
                "group_confirmed",
                run_id=group.run_id,
                project_id=self.session.identity.project_id,
                who=self.session.identity.who,
                members=self._noted(runs),
                parallel=parallel,
                on_failure=on_failure,
            )
        return group.carry_out()

    def _noted(self, runs: Sequence[RestoreRun]) -> list[dict[str, Any]]:
        """Return which run is of which member, and what it waits for, as the journal has it."""
        return [
            {
                "run_id": run.run_id,
                "target": each.name,
                "after": self._names(each.after),
                "after_ids": list(each.after),
            }
            for run, each in zip(runs, self.members, strict=True)
        ]

    def export(self, folder: str | Path, *, safety_backup: SafetyBackup = True) -> list[Path]:
        """Write the plan of each member to a file of its own for a second person to approve.

        Args:
            folder: of the files, named by the targets' IDs; it is made if need be. Each is
                approved by itself: ``cbr-notebook approve PATH``; then
                ``execute(approval=folder)`` within an hour.
            safety_backup: whether each target will be backed up first.

        Returns:
            The paths, in the order of the members.

        Raises:
            Conflict: a check fails.
            InvalidRequest: a file is there already, or cannot be written.
        """
        where = Path(folder).expanduser()
        for each in self.members:
            each.plan.ensure_possible()
        try:
            where.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise InvalidRequest(
                f"The folder {where} cannot be made: {problem.strerror}.", field="folder"
            ) from None
        return [
            each.plan.export(_plan_file(where, each.target_id), safety_backup=safety_backup)
            for each in self.members
        ]

    def rehearse(
        self,
        *,
        safety_backup: SafetyBackup = True,
        parallel: int = 2,
        on_failure: Literal["stop", "continue"] = "stop",
    ) -> Rehearsal:
        """Carry all of it out on a twin first: a simulated cloud made from this account.

        The account is only read. Arguments are as for :meth:`execute`.
        """

        def planned(mirror: Session, folder: Path) -> PlanOnTwin:
            wanted = [{"plan": each.plan.on(mirror), "after": each.after} for each in self.members]
            group = plan_group(mirror, wanted)
            by_target = {each.target_id: each.plan for each in group.members}
            plans = [by_target[each.target_id] for each in self.members]

            def carry_out() -> Sequence[str]:
                done = group.execute(
                    confirm=group.confirm_with,
                    acknowledge=[name for plan in plans for name in plan.warnings],
                    safety_backup=safety_backup,
                    on_progress=lambda _: None,
                    folder=folder,
                    parallel=parallel,
                    on_failure=on_failure,
                )
                return done.problems

            to_accept = [
                name
                for plan, real in zip(plans, self.members, strict=True)
                for name in (*real.plan.warnings, *plan.warnings)
                if name not in taken_care_of(plan, safety_backup)
            ]
            checks = [check for plan in plans for check in plan.verdicts]
            return PlanOnTwin(checks, to_accept, carry_out)

        expected = {each.target_id: each.plan.expected_duration for each in self.members}
        return rehearse(
            self.session,
            self._worst_outcomes(),
            planned,
            {key: span.total_seconds() for key, span in expected.items() if span},
            {each.target_id: each.name for each in self.members},
            [each.plan.facts.backup.id for each in self.members],
        )

    def _worst_outcomes(self) -> dict[str, str]:
        """Return how each check came out where it came out worst."""
        outcomes: dict[str, str] = {}
        for each in self.members:
            for check in each.plan.verdicts:
                known = outcomes.get(check.name, "pass")
                outcomes[check.name] = max(known, check.outcome.value, key=URGENCY.index)
        return outcomes

    def _refuse_unconfirmed(self, confirm: tuple[str, ...]) -> None:
        names = self.confirm_with
        if sorted(confirm) != sorted(names):
            raise ConfirmationNeeded(
                " ".join(overwritten_in_words(each.plan) for each in self.members),
                advice=f"To go on, say confirm={names!r}.",
            )


def _validate_carrying_out(parallel: int, on_failure: str) -> None:
    if isinstance(parallel, bool) or not 1 <= parallel <= _MOST_AT_ONCE:
        raise InvalidRequest(
            f"parallel must be 1 to {_MOST_AT_ONCE}, not {parallel}.", field="parallel"
        )
    if on_failure not in ("stop", "continue"):
        raise InvalidRequest(
            f"on_failure must be stop or continue, not {on_failure!r}.", field="on_failure"
        )


def plan_contract(
    session: Session,
    contract: RecoveryContract,
    *,
    before: TimeLike | None = None,
    accept_unjudged: bool = False,
) -> GroupPlan:
    """Plan the restore of an application; see :meth:`Session.plan_restores`."""
    wanted = []
    for each in contract.members:
        backup = each.backup or session.last_quiet_backup(
            each.resource, before=before, accept_unjudged=accept_unjudged
        )
        plan = plan_restore(session, backup, each.resource).under(contract)
        wanted.append({"plan": plan, "after": each.after})
    return GroupPlan(session, plan_group(session, wanted).members, contract)


def plan_group(session: Session, wanted: Iterable[Any]) -> GroupPlan:
    """Plan several restores; see :meth:`Session.plan_restores`."""
    return GroupPlan(session, ordered_members(session, wanted))


def _plan_file(folder: Path, target_id: str) -> Path:
    return folder.expanduser() / f"{target_id}.json"
