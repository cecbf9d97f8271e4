"""Carrying out a plan: confirmed, journalled, and asked for once."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from cbr_notebook.errors import CBRError, ConfirmationNeeded, Conflict, InvalidRequest
from cbr_notebook.runbook.journal import ledger
from cbr_notebook.runbook.journal.record import OnProgress
from cbr_notebook.runbook.plan.checked_plan import CheckedPlan
from cbr_notebook.runbook.plan.drift import drift_between, request_of
from cbr_notebook.runbook.plan.safety_checks import VAULT_ROOM
from cbr_notebook.runbook.run.approval import PLAN_LASTS, refuse_unapproved
from cbr_notebook.runbook.run.restore_options import RestoreOptions
from cbr_notebook.runbook.run.run import RestoreRun
from cbr_notebook.runbook.run.safety import SafetyBackup, left_out, not_in_a_vault
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
    *,
    undoes: RestoreRun | None = None,
) -> RestoreRun:
    """Carry out a plan until the service's task is known; see :meth:`RestorePlan.execute`.

    With ``undoes`` it goes back on that run, whose journal tells so from the beginning.
    """
    where = ledger.folder_for(plan.session, folder)
    with ledger.one_beginner(where), undoes.journal.held() if undoes else nullcontext():
        refuse_unless_ready(plan, confirm, options, where)
        run = begin(plan, options, where, on_progress, undoes)
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
    _refuse_unconfirmed(plan, confirm)
    _refuse_unacknowledged(plan, options)
    refuse_unapproved(plan, options.approval, options.safety_backup, folder)
    _refuse_obstacles(plan, options, folder)


def refuse_unless_possible(plan: CheckedPlan, options: RestoreOptions, folder: Path) -> None:
    """Refuse what would be refused later, whoever confirms and accepts; nothing is written.

    Raises:
        Conflict: a check fails, the backup is from after the trouble began, there is no room
            for the safety backup, an approval does not fit, another run on the target has not
            ended, or the plan is not how things are any more.
        NotFound: the safety backup has no vault.
        InvalidRequest: a name of what is accepted is no check.
    """
    refuse_failed(plan)
    refuse_unknown_names(plan, options)
    if options.approval is not None:
        refuse_unapproved(plan, options.approval, options.safety_backup, folder)
    _refuse_obstacles(plan, options, folder)


def _refuse_obstacles(plan: CheckedPlan, options: RestoreOptions, folder: Path) -> None:
    target = plan.facts.target
    assert target is not None
    refuse_later_backup(plan, options)
    _refuse_impossible_safety_backup(plan, options)
    _refuse_while_another_runs(plan.session, folder, target.id)
    _refuse_outdated(plan, options)


def _refuse_unconfirmed(plan: CheckedPlan, confirm: str | None) -> None:
    wanted = plan.facts.confirm_with
    if confirm == wanted:
        return
    several = ""
    if plan.facts.namesakes:
        several = (
            f" {1 + len(plan.facts.namesakes)} resources bear this name: the ID tells them apart."
        )
    raise ConfirmationNeeded(
        overwritten_in_words(plan) + several, advice=f"To go on, say confirm={wanted!r}."
    )


def begin(
    plan: CheckedPlan,
    options: RestoreOptions,
    folder: Path,
    on_progress: OnProgress | None = None,
    undoes: RestoreRun | None = None,
) -> RestoreRun:
    """Open the journal of a plan that is ready; nothing is sent."""
    assert plan.facts.target is not None
    journal = ledger.new_journal(folder, plan.facts.target.name, plan.session.now)
    run = RestoreRun(plan.session, journal, on_progress)
    confirmed = _confirmed(plan, options)
    if undoes is not None:
        confirmed["undoes"] = undoes.run_id
    with journal.held():
        run.note("confirmed", run_id=run.run_id, file_id=journal.file_id, **confirmed)
    if undoes is not None:
        run.undoes = undoes
        undoes.note("roll_back_begun", by_run=run.run_id)
    return run


def _confirmed(plan: CheckedPlan, options: RestoreOptions) -> dict[str, Any]:
    """Return what a journal begins with: who confirmed what, how, and on which ground."""
    facts, who = plan.facts, plan.session.identity
    assert facts.target is not None
    leaves_out = left_out(facts, options.safety_backup)
    return {
        "confirm_with": facts.confirm_with,
        "target": {"id": facts.target.id, "name": facts.target.name, "type": facts.target.type},
        "backup": {
            "id": facts.backup.id,
            "name": facts.backup.name,
            "created_at": facts.backup.created_at.isoformat(),
        },
        "who": who.who,
        "way": who.how,
        "region": who.region,
        "project_id": who.project_id,
        "service": who.endpoint,
        "request": request_of(plan),
        "fingerprint": plan.fingerprint(),
        "confirmed": facts.confirm_with,
        "approval": options.approval.as_dict() if options.approval else None,
        "acknowledged": options.acknowledged,
        "safety_backup": options.safety_backup,
        "safety_keep_days": options.safety_keep_days,
        **({"safety_leaves_out": leaves_out} if leaves_out else {}),
        "targets": options.targets.as_dict(),
        "power_on": facts.power_on,
        "overwritten": [
            {
                "disk_id": disk.id,
                "disk": disk.name,
                "status": disk.status,
                "size_gb": old.size_gb,
                "backup_id": old.backup_id,
            }
            for old, disk in facts.overwritten
        ],
        "plan": plan.as_dict(),
        **({"contract": options.contract.as_dict()} if options.contract else {}),
    }


def overwritten_in_words(plan: CheckedPlan) -> str:
    """Say in numbers what a plan would overwrite."""
    facts = plan.facts
    assert facts.target is not None
    pairs = facts.overwritten
    size = sum(disk.size_gb for _, disk in pairs)
    disks = f"{pluralize(len(pairs), 'disk')} ({size} GB)"
    lost = f"All that was written since, {format_duration(facts.data_loss)},"
    if facts.elsewhere:
        lost = f"It is not what was backed up, {facts.backup.resource_name}: all that is on it now"
    return (
        f"This overwrites {disks} of {facts.target.name} with the backup {facts.backup.name} "
        f"of {facts.backup.created_at:%Y-%m-%d %H:%M:%S} UTC. {lost} is lost. It cannot be undone."
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


def warnings_of(plan: CheckedPlan, options: RestoreOptions) -> dict[str, str]:
    """Return the warnings to accept with such options: what was seen, by the check's name."""
    warnings = {check.name: check.seen for check in plan.verdicts if check.outcome == "warn"}
    for name in taken_care_of(plan, options.safety_backup):
        warnings.pop(name, None)
    return warnings


def taken_care_of(plan: CheckedPlan, safety_backup: SafetyBackup) -> tuple[str, ...]:
    """Return the names of the checks whose warnings nobody has to accept.

    A safety backup is the way back that one of them misses; without one it needs no room. One that
    cannot be made is refused, not accepted.
    """
    if not safety_backup:
        return (VAULT_ROOM,)
    return (_SAFETY, VAULT_ROOM) if plan.no_safety_backup else (_SAFETY,)


def refuse_unknown_names(plan: CheckedPlan, options: RestoreOptions) -> None:
    """Refuse the acknowledgement of what is no check of the plan.

    Raises:
        InvalidRequest: says which, and what the warnings are.
    """
    strange = set(options.acknowledged) - {check.name for check in plan.verdicts}
    if strange:
        warnings = warnings_of(plan, options)
        raise InvalidRequest(
            f"There is no check named {', '.join(sorted(map(repr, strange)))}.",
            advice=f"The warnings are: {', '.join(map(repr, warnings)) or 'none'}.",
            field="acknowledge",
        )


def _refuse_unacknowledged(plan: CheckedPlan, options: RestoreOptions) -> None:
    refuse_unknown_names(plan, options)
    warnings = warnings_of(plan, options)
    open_ones = {name: seen for name, seen in warnings.items() if name not in options.acknowledged}
    if open_ones:
        names = ", ".join(f"{name!r}" for name in open_ones)
        raise InvalidRequest(
            "A warning is not acknowledged: "
            + " ".join(f"{name}: {seen}" for name, seen in open_ones.items()),
            advice=f"If you accept that, say acknowledge=[{names}].",
            field="acknowledge",
        )


def refuse_later_backup(plan: CheckedPlan, options: RestoreOptions) -> None:
    """Refuse a backup that was made after the trouble began: it may hold the damage.

    Raises:
        Conflict: says both times.
    """
    made, began = plan.facts.backup.created_at, options.targets.incident_at
    if options.targets.incident_named and made > began:
        raise Conflict(
            f"The backup {plan.facts.backup.name} was made at {made:%Y-%m-%d %H:%M:%S} UTC, after "
            f"the trouble began (incident_at {began:%Y-%m-%d %H:%M:%S} UTC): it may hold the "
            "damage.",
            advice="Choose a backup from before; session.suspicion(...) shows all of them.",
        )


def _refuse_impossible_safety_backup(plan: CheckedPlan, options: RestoreOptions) -> None:
    """Refuse what the safety backup would stumble over, before anything is begun.

    Raises:
        NotFound: the target is in no vault.
        Conflict: the vault is full, or nothing of the present state could come back.
        InvalidRequest: a part is wanted where all can come back.
    """
    if not options.safety_backup:
        return
    assert plan.facts.target is not None
    left_out(plan.facts, options.safety_backup)
    if plan.facts.safety_vault is None:
        raise not_in_a_vault(plan.facts.target.name)
    if room := plan.no_safety_backup:
        raise Conflict(f"{room.seen} Nothing was begun.", advice=room.to_do)


def _refuse_outdated(plan: CheckedPlan, options: RestoreOptions) -> None:
    """Refuse a plan that is old, or whose facts moved, and show the difference.

    Raises:
        Conflict: says what is not as it was shown.
    """
    age = abs(plan.session.now - plan.made_at)
    old = age > PLAN_LASTS
    if not (old or options.safety_backup):
        return  # all is looked at once more before the service is asked, which comes at once
    now = plan.look_again()
    checks = [(check.name, check.outcome.value) for check in plan.verdicts]
    moved = drift_between(plan.facts, checks, now).moved
    if not (old or moved):
        return
    what = list(moved)
    if old:
        what.insert(0, _age_in_words(plan, now, age))
    raise Conflict(
        f"The plan is not how things are any more. {' '.join(what)} Nothing was begun.",
        advice="Look at it again: plan the restore anew (plan.refresh()), and confirm what is so "
        "now.",
    )


def _age_in_words(plan: CheckedPlan, now: CheckedPlan, age: timedelta) -> str:
    made = f"The plan was made at {plan.made_at:%Y-%m-%d %H:%M} UTC"
    if plan.made_at > plan.session.now:
        return f"{made}, but by this computer's clock that is only in {format_duration(age)}."
    if now.facts.elsewhere:
        return f"{made}, {format_duration(age)} ago."
    then, today = (format_duration(each.data_loss) for each in (plan, now))
    return (
        f"{made}, {format_duration(age)} ago. Then, {then} of work would have been lost, now "
        f"{today}."
    )


def _refuse_while_another_runs(session: Session, folder: Path, target_id: str) -> None:
    """Refuse if an earlier run on the same target has not come to its end."""
    for journal in ledger.readable(folder):
        run = RestoreRun(session, journal)
        if run.ended or run.target["id"] != target_id:
            continue
        if run.begun["project_id"] != session.identity.project_id:
            continue
        with suppress(CBRError):  # then it has not ended as far as anyone can see
            run.refresh()
        if not run.ended:
            raise Conflict(
                f"The run {run.run_id} on {run.target['name']} has not ended ({run.state}).",
                advice=f"Take it up: session.resume_restore({run.run_id!r}); or end it: "
                f"session.cancel_restore({run.run_id!r}).",
            )


RestoreRun.carry_out = staticmethod(execute)
