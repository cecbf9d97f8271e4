"""``cbr-notebook runbook restore-server`` and ``restore-disk``: one restore."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any

from cbr_notebook.api.messages.records import Backup
from cbr_notebook.entry.session import Session
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.restore_command.account import open_session
from cbr_notebook.restore_command.evidence_options import evidence_of
from cbr_notebook.restore_command.exit_codes import DONE, REFUSED, tell
from cbr_notebook.restore_command.terminal_output import Shown
from cbr_notebook.runbook.plan.quiet_check import NOT_QUIET
from cbr_notebook.runbook.plan.recovery_targets import Targets
from cbr_notebook.runbook.run.approval import is_required
from cbr_notebook.runbook.run.restore_plan import RestorePlan
from cbr_notebook.runbook.verify.contract import RecoveryContract
from cbr_notebook.runbook.verify.contract_file import recovery_contract
from cbr_notebook.session.operations.approval_required import TWO_PEOPLE
from cbr_notebook.text.timeparse import parse_time


def restore(options: argparse.Namespace, shown: Shown) -> int:
    """Restore a server or disk, or look what that would do; return the exit status."""
    evidence = evidence_of(options)
    ensure_meant(options)
    contract = recovery_contract(options.contract) if options.contract else None
    session = open_session(options, shown)
    began = incident(options, session)
    plan = _planned(session, options, began, contract)
    target = plan.facts.target
    names = (target.name, target.id) if target else (plan.facts.backup.resource_name,)
    evidence.ensure_useful(session, names)
    chosen = chosen_options(options, began) | {"acknowledge": _accepted(options, plan)}
    warnings = plan.ensure_ready(**chosen)
    print(f"{shown.mark}Possible. Warnings to accept: {', '.join(warnings) or 'none'}.")
    for check in plan.verdicts:
        if check.name in warnings:
            print(f"  {check.name}: {check.seen}")
    if options.export_plan:
        exported = plan.export(options.export_plan, safety_backup=options.safety_backup)
        print(f"The plan is in {exported}: a second person says cbr-notebook approve {exported}.")
    if options.dry_run:
        return end_dry_run(
            [plan.confirm_with],
            [options.confirm] if options.confirm else [],
            alone=options.approval is None and (options.two_people or is_required(plan)),
        )
    try:
        run = plan.execute(confirm=options.confirm, on_progress=shown, **chosen)
    except InvalidRequest as problem:
        if shown.run_id is not None:
            raise
        return tell(problem, REFUSED)
    run.wait()
    return evidence.finish(run, shown)


def _planned(
    session: Session,
    options: argparse.Namespace,
    began: datetime | None,
    contract: RecoveryContract | None,
) -> RestorePlan:
    """Return the plan, and say what it would do."""
    plan = session.plan_restore(
        _backup(session, options, began),
        options.target,
        _disks(options.disks),
        power_on=False if options.no_power_on else None,
    )
    if contract is not None:
        plan = plan.under(contract)
        print(f"Probes: {plan.more_checks[0].outcome}. {plan.more_checks[0].seen}")
    if options.backup:
        plan = plan.questioned()
    print(plan.describe(), flush=True)
    return plan


def chosen_options(options: argparse.Namespace, began: datetime | None) -> dict[str, Any]:
    """Return what ``ensure_ready`` and ``execute`` of a plan take, as it was said."""
    return {
        "acknowledge": options.acknowledge or [],
        "safety_backup": options.safety_backup,
        "folder": options.folder,
        "rto": options.rto,
        "rpo": options.rpo,
        "incident_at": began,
        "approval": options.approval or (TWO_PEOPLE if options.two_people else None),
    }


def ensure_meant(options: argparse.Namespace) -> None:
    """Refuse a restore that is neither to be looked at nor confirmed.

    Raises:
        InvalidRequest: says what to say.
    """
    if not options.dry_run and not options.confirm:
        raise InvalidRequest(
            "Neither --dry-run nor --confirm was given; nothing was done.",
            advice="Look first with --dry-run; to restore, say --confirm with the name.",
        )


def end_dry_run(names: list[str], confirmed: list[str], *, alone: bool) -> int:
    """Say how to restore what was looked at; return the exit status.

    Args:
        names: what confirms each restore.
        confirmed: what was said to confirm, which a dry run does not need.
        alone: whether a second person's yes is needed, and missing.
    """
    strange = [name for name in confirmed if name not in names]
    if strange:
        wrong = InvalidRequest(
            f"{', '.join(map(repr, strange))} would confirm no restore. Nothing was changed.",
            advice=f"The restore is confirmed by {', '.join(map(repr, names))}.",
            field="confirm",
        )
        return tell(wrong, REFUSED)
    said = " ".join(f"--confirm {name!r}" for name in names)
    print(f"A dry run: nothing was changed. To restore: {said}.")
    if alone:
        print("It needs the yes of a second person: --export-plan writes what is to be approved, "
              "--approval names it.")  # fmt: skip
    return DONE


def incident(options: argparse.Namespace, session: Session) -> datetime | None:
    """Return when the trouble began, if it was said, and refuse targets that cannot be read.

    Raises:
        InvalidRequest: a time cannot be read.
    """
    now = session.now
    before = options.before or None
    began = None if before is None else parse_time(before, now, "before")
    if began is not None and began > now:
        print(f"--before {before} is yet to come; now, {now:%Y-%m-%d %H:%M} UTC, is taken.")
        began = now
    Targets.of(now, options.rto, options.rpo, began)
    return began


def _accepted(options: argparse.Namespace, plan: RestorePlan) -> list[str]:
    """Return the warnings that were accepted; ``--accept-unjudged`` accepts one of them."""
    accepted = list(options.acknowledge or [])
    judged = next((each for each in plan.verdicts if each.name == NOT_QUIET), None)
    if options.accept_unjudged and judged is not None and "cannot be judged" in judged.seen:
        accepted.append(NOT_QUIET)
    return accepted


def _backup(session: Session, options: argparse.Namespace, began: datetime | None) -> Backup | str:
    if options.backup:
        return str(options.backup)
    resource = options.server if options.runbook == "restore-server" else options.disk
    chosen = session.last_quiet_backup(
        resource, before=began, accept_unjudged=options.accept_unjudged
    )
    said = "which is the newest without a jump before it"
    if options.accept_unjudged:
        verdicts = session.suspicion(resource).set_index("backup_id")["verdict"]
        if verdicts.get(chosen.id) == "unjudged":
            said = "which cannot be judged by what it added; you accept that"
    print(f"Restore from {chosen.name}, {said}.")
    return chosen


def _disks(pairs: list[str] | None) -> dict[str, str] | None:
    if not pairs:
        return None
    found = {}
    for pair in pairs:
        backup, equals, disk = pair.partition("=")
        if not equals or not backup or not disk:
            raise InvalidRequest(f"--disks {pair!r} is not BACKUP_ID=DISK_ID.", field="disks")
        found[backup] = disk
    return found
