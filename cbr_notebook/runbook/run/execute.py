"""Carrying out a plan: confirmed, journalled, and asked for once."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from cbr_notebook.errors import CBRError, ConfirmationNeeded, Conflict, InvalidRequest
from cbr_notebook.runbook.journal import ledger
from cbr_notebook.runbook.journal.journal import Journal
from cbr_notebook.runbook.journal.record import OnProgress
from cbr_notebook.runbook.journal.state import ENDED, state_of
from cbr_notebook.runbook.plan.checked import CheckedPlan
from cbr_notebook.runbook.plan.drift import request_of
from cbr_notebook.runbook.run.options import RestoreOptions
from cbr_notebook.runbook.run.run import RestoreRun
from cbr_notebook.runbook.run.submit import submit_steps
from cbr_notebook.runbook.run.watch import run_steps
from cbr_notebook.session import Session
from cbr_notebook.text.formatting import format_duration, pluralize

_SAFETY = "safety backup"


def execute(
    plan: CheckedPlan,
    confirm: str | None,
    options: RestoreOptions,
    folder: str | Path | None = None,
    on_progress: OnProgress | None = None,
) -> RestoreRun:
    """Carry out a plan until the service's task is known; see :meth:`RestorePlan.execute`."""
    where = ledger.folder_for(plan.session, folder)
    with ledger.one_beginner(where):
        refuse_unless_ready(plan, confirm, options, where)
        run = begin(plan, options, where, on_progress)
    run_steps(run, submit_steps(run))
    return run


def refuse_unless_ready(
    plan: CheckedPlan, confirm: str | None, options: RestoreOptions, folder: Path
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
    _refuse_unacknowledged(plan, options)
    _refuse_while_another_runs(plan.session, folder, target.id)


def begin(
    plan: CheckedPlan,
    options: RestoreOptions,
    folder: Path,
    on_progress: OnProgress | None = None,
) -> RestoreRun:
    """Open the journal of a plan that is ready; nothing is sent."""
    session, facts = plan.session, plan.facts
    assert facts.target is not None
    journal = ledger.new_journal(folder, facts.target.name, session.now)
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
            acknowledged=options.acknowledged,
            safety_backup=options.safety_backup,
            safety_keep_days=options.safety_keep_days,
            targets=options.targets.as_dict(),
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


def overwritten_in_words(plan: CheckedPlan) -> str:
    """Say in numbers what a plan would overwrite."""
    facts = plan.facts
    assert facts.target is not None
    pairs = facts.overwritten
    size = sum(disk.size_gb for _, disk in pairs)
    disks = f"{pluralize(len(pairs), 'disk')} ({size} GB)"
    lost = facts.data_loss
    return (
        f"This overwrites {disks} of {facts.target.name} with the backup {facts.backup.name} "
        f"of {facts.backup.created_at:%Y-%m-%d %H:%M:%S} UTC. All that was written since, "
        f"{format_duration(lost)}, is lost. It cannot be undone."
    )


def refuse_failed(plan: CheckedPlan) -> None:
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


def _refuse_unacknowledged(plan: CheckedPlan, options: RestoreOptions) -> None:
    warnings = {check.name: check.seen for check in plan.verdicts if check.outcome == "warn"}
    if options.safety_backup:
        warnings.pop(_SAFETY, None)
    strange = set(options.acknowledged) - {check.name for check in plan.verdicts}
    if strange:
        raise InvalidRequest(
            f"There is no check named {', '.join(sorted(map(repr, strange)))}.",
            advice=f"The warnings are: {', '.join(map(repr, warnings)) or 'none'}.",
            field="acknowledge",
        )
    open_ones = {name: seen for name, seen in warnings.items() if name not in options.acknowledged}
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
    for path in ledger.paths(folder):
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
