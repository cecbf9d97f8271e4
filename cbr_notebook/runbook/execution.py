"""Carrying out a plan: confirmed, journalled, and asked for once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cbr_notebook.errors import CBRError, ConfirmationNeeded, Conflict, InvalidRequest
from cbr_notebook.runbook import store
from cbr_notebook.runbook.asking import bring_to_service
from cbr_notebook.runbook.journal import Journal
from cbr_notebook.runbook.record import ENDED, OnProgress, state_of
from cbr_notebook.runbook.run import RestoreRun
from cbr_notebook.runbook.safety import refuse_strange_keeping
from cbr_notebook.runbook.standing import request_of
from cbr_notebook.runbook.targets import Targets
from cbr_notebook.runbook.watching import drive
from cbr_notebook.session import Session
from cbr_notebook.session.moments import Moment
from cbr_notebook.session.words import counted, length

if TYPE_CHECKING:
    from cbr_notebook.runbook.plan import RestorePlan

_SAFETY = "safety backup"


def execute(
    plan: RestorePlan,
    confirm: str | None = None,
    acknowledge: str | Sequence[str] = (),
    safety_backup: bool = True,
    on_progress: OnProgress | None = None,
    folder: str | Path | None = None,
    *,
    safety_keep_days: int | None = None,
    rto: timedelta | str | None = None,
    rpo: timedelta | str | None = None,
    incident_at: Moment | None = None,
) -> RestoreRun:
    """Carry out a plan until the service's task is known.

    Args:
        plan: what to do.
        confirm: the target's name.
        acknowledge: the names of the checks whose warnings are accepted.
        safety_backup: back the present state up first, and wait for it.
        on_progress: is told how far it is.
        folder: where the journal is kept.
        safety_keep_days: delete the safety backup after so many days, 1 to 36500; never if
            left out.
        rto: the recovery time to be met, such as ``"4h"``.
        rpo: the recovery point to be met: the most data to lose.
        incident_at: when the trouble began, from which both are counted; now if left out.

    Returns:
        The run; :meth:`RestoreRun.wait` waits for its end.

    Raises:
        ConfirmationNeeded: ``confirm`` is not the target's name; says what would be lost.
        Conflict: a check fails, something moved since the plan was made, another run on the
            target has not ended, or the service refuses.
        InvalidRequest: a warning is not acknowledged, or an argument cannot be read.
        ConnectionFailed: the service could not be reached; the run can be resumed.

    API: Backup, "Restoring Data Using a Backup".
    """
    refuse_strange_keeping(safety_keep_days, safety_backup)
    targets = Targets.of(plan.session.now, rto, rpo, incident_at)
    where = store.folder_for(plan.session, folder)
    with store.one_beginner(where):
        refuse_unless_ready(plan, confirm, acknowledge, safety_backup, where)
        run = begin(
            plan,
            acknowledge,
            safety_backup=safety_backup,
            safety_keep_days=safety_keep_days,
            targets=targets,
            folder=where,
            on_progress=on_progress,
        )
    drive(run, bring_to_service(run))
    return run


def refuse_unless_ready(
    plan: RestorePlan,
    confirm: str | None,
    acknowledge: str | Sequence[str],
    safety_backup: bool,
    folder: Path,
) -> None:
    """Refuse a plan that may not be carried out, or not so; nothing is written or sent.

    Raises:
        ConfirmationNeeded: ``confirm`` is not the target's name.
        Conflict: a check fails, or another run on the target has not ended.
        InvalidRequest: a warning is not acknowledged.
    """
    refuse_failed(plan)
    target = plan.facts.target
    assert target is not None
    if confirm != target.name:
        raise ConfirmationNeeded(
            overwritten_in_words(plan), advice=f"To go on, say confirm={target.name!r}."
        )
    _refuse_unacknowledged(plan, listed(acknowledge), safety_backup)
    _refuse_while_another_runs(plan.session, folder, target.id)


def listed(acknowledge: str | Sequence[str]) -> tuple[str, ...]:
    """Give names that were given as one or as several."""
    return (acknowledge,) if isinstance(acknowledge, str) else tuple(acknowledge)


def begin(
    plan: RestorePlan,
    acknowledge: str | Sequence[str],
    *,
    safety_backup: bool,
    safety_keep_days: int | None,
    targets: Targets,
    folder: Path,
    on_progress: OnProgress | None = None,
) -> RestoreRun:
    """Open the journal of a plan that is ready; nothing is sent."""
    session, facts = plan.session, plan.facts
    assert facts.target is not None
    journal = store.new_journal(folder, facts.target.name, session.now)
    run = RestoreRun(session, journal, on_progress)
    who = session.identity
    with journal.held():
        run.note(
            "confirmed",
            run_id=run.run_id,
            target={"id": facts.target.id, "name": facts.target.name, "type": facts.target.type},
            backup={
                "id": facts.backup.id,
                "name": facts.backup.name,
                "created_at": facts.backup.created_at.isoformat(),
            },
            who=who.who,
            way=who.how,
            region=who.region,
            project_id=who.project_id,
            service=who.endpoint,
            request=request_of(plan),
            fingerprint=plan.fingerprint(),
            confirmed=facts.target.name,
            acknowledged=listed(acknowledge),
            safety_backup=safety_backup,
            safety_keep_days=safety_keep_days,
            targets=targets.as_dict(),
            power_on=facts.power_on,
            overwritten=[
                {
                    "disk_id": disk.id,
                    "disk": disk.name,
                    "status": disk.status,
                    "size_gb": old.size_gb,
                    "backup_id": old.backup_id,
                }
                for old, disk in facts.overwritten
            ],
            plan=plan.as_dict(),
        )
    return run


def overwritten_in_words(plan: RestorePlan) -> str:
    """Say in numbers what a plan would overwrite."""
    facts = plan.facts
    assert facts.target is not None
    pairs = facts.overwritten
    size = sum(disk.size_gb for _, disk in pairs)
    disks = f"{counted(len(pairs), 'disk')} ({size} GB)"
    lost = facts.data_loss
    return (
        f"This overwrites {disks} of {facts.target.name} with the backup {facts.backup.name} "
        f"of {facts.backup.created_at:%Y-%m-%d %H:%M:%S} UTC. All that was written since, "
        f"{length(lost)}, is lost. It cannot be undone."
    )


def refuse_failed(plan: RestorePlan) -> None:
    """Refuse a plan of which a check fails.

    Raises:
        Conflict: says what was seen and what to do.
    """
    failed = [check for check in plan.verdicts if check.outcome == "fail"]
    if failed:
        raise Conflict(
            "This restore would be refused, or would do harm: "
            + " ".join(f"{check.name}: {check.seen}" for check in failed),
            advice=" ".join(dict.fromkeys(check.to_do for check in failed if check.to_do)) or None,
        )


def _refuse_unacknowledged(
    plan: RestorePlan, acknowledged: Sequence[str], safety_backup: bool
) -> None:
    warnings = {check.name: check.seen for check in plan.verdicts if check.outcome == "warn"}
    if safety_backup:
        warnings.pop(_SAFETY, None)
    strange = set(acknowledged) - {check.name for check in plan.verdicts}
    if strange:
        raise InvalidRequest(
            f"There is no check named {', '.join(sorted(map(repr, strange)))}.",
            advice=f"The warnings are: {', '.join(map(repr, warnings)) or 'none'}.",
            field="acknowledge",
        )
    open_ones = {name: seen for name, seen in warnings.items() if name not in acknowledged}
    if open_ones:
        names = ", ".join(f"{name!r}" for name in open_ones)
        raise InvalidRequest(
            "A warning is not acknowledged: "
            + " ".join(f"{name}: {seen}" for name, seen in open_ones.items()),
            advice=f"If you accept that, say acknowledge=[{names}].",
            field="acknowledge",
        )


def _refuse_while_another_runs(session: Session, folder: Path, target_id: str) -> None:
    """Refuse if an earlier run on the same target has not come to its end."""
    for path in store.paths(folder):
        try:
            journal = Journal(path)
        except CBRError:
            continue
        if not journal.entries or state_of(journal.entries) in ENDED:
            continue
        run = RestoreRun(session, journal)
        if run.target["id"] != target_id or run.begun["project_id"] != session.identity.project_id:
            continue
        with suppress(CBRError):  # then it has not ended as far as anyone can see
            run.refresh()
        if not run.ended:
            raise Conflict(
                f"The run {run.run_id} on {run.target['name']} has not ended ({run.state}).",
                advice=f"Take it up: session.resume_restore({run.run_id!r}); or end it: "
                f"session.cancel_restore({run.run_id!r}).",
            )
