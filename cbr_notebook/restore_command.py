"""Restores in a terminal: ``cbr-notebook runbook restore-…``, ``restores``, ``resume`` and so on.

Exit status: 0 done and verified (or a dry run that found nothing), 2 wrong usage, 3 refused
before anything changed, 4 failed, 5 restored but not verified, 6 restored and verified but a
target was missed, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from cbr_notebook.api.messages.records import Backup
from cbr_notebook.auth.sources.environment import from_environment
from cbr_notebook.entry.connection import connect
from cbr_notebook.entry.session import Session
from cbr_notebook.entry.simulation import simulate
from cbr_notebook.errors import CBRError, InvalidRequest, JournalFailed, TaskFailed, WaitTimeout
from cbr_notebook.runbook.group.group_run import GroupRun
from cbr_notebook.runbook.journal.record import Progress
from cbr_notebook.runbook.journal.report import verify_report
from cbr_notebook.runbook.plan.targets import Targets
from cbr_notebook.runbook.run.approval import TWO_PEOPLE, approve_plan
from cbr_notebook.runbook.run.restore_plan import RestorePlan
from cbr_notebook.runbook.run.run import RestoreRun
from cbr_notebook.runbook.verify.contract_file import recovery_contract
from cbr_notebook.runbook.verify.manifest import over_ssh, read_manifest
from cbr_notebook.sealing.keys import public_key
from cbr_notebook.text.timeparse import parse_time

DONE, USAGE, REFUSED, FAILED, UNVERIFIED, MISSED, INTERRUPTED = 0, 2, 3, 4, 5, 6, 130
NOT_PROVEN = {"ContentDiffers": FAILED, "NotVerified": UNVERIFIED, "TargetMissed": MISSED}
"""The status of what ``RestoreRun.ensure_proven`` raises, by its name: a notebook tells no more."""
_SUFFIXES = (".html", ".htm", ".md", ".json")


def add_account_arguments(parser: argparse.ArgumentParser) -> None:
    """Add how an account is named: one is required unless the environment names credentials."""
    account = parser.add_mutually_exclusive_group()
    account.add_argument("--profile", help="whose account; else the environment's")
    account.add_argument(
        "--simulate", action="store_true", help="a simulated cloud of its own, and no account"
    )


def add_commands(commands: Any) -> None:
    """Add ``restores``, ``resume``, ``cancel``, ``rollback``, and what concerns reports."""
    for name, what, act in (
        ("restores", "list the restores that this computer knows of", _list_restores),
        ("resume", "take a restore up again", _resume),
        ("cancel", "stop a restore that has not begun", _cancel),
        ("rollback", "go back to the safety backup of a restore", _roll_back),
    ):
        parser = commands.add_parser(name, help=what)
        if name != "restores":
            parser.add_argument("run_id", metavar="RUN", help="its ID, as restores lists it")
        if name in ("resume", "rollback"):
            parser.add_argument("--confirm", help="the name of what is overwritten")
        if name == "rollback":
            parser.add_argument("--acknowledge", action="append", default=[])
        parser.add_argument("--folder", help="where the journals are")
        add_account_arguments(parser)
        parser.set_defaults(run=_guarded(act))
    check = commands.add_parser("verify-report", help="whether a report is whole, and who signed")
    check.add_argument("path", metavar="PATH", help="a report, or the page of an audit")
    check.add_argument(
        "--trusted",
        action="append",
        metavar="KEY",
        help="a public key that you trust, or a file of them; can be repeated",
    )
    check.set_defaults(run=_guarded(_verify_report))
    approve = commands.add_parser(
        "approve", help="say yes to a restore that another person planned"
    )
    approve.add_argument("path", metavar="PLAN", help="what --export-plan wrote")
    approve.set_defaults(run=_guarded(_approve))
    key = commands.add_parser("signing-key", help="print the public key of your signatures")
    key.set_defaults(run=_guarded(_signing_key))


def open_session(options: argparse.Namespace) -> Session:
    """Open the account that was named, and say which; nothing is guessed.

    Raises:
        InvalidRequest: none was named.
    """
    if options.simulate:
        session = simulate("demo")
    elif options.profile:
        session = connect(options.profile)
    elif from_environment().complete:
        session = connect()
    else:
        raise InvalidRequest(
            "No account was named; nothing was done.",
            advice="Say --profile with the name of one, set the environment's credentials, or say "
            "--simulate to try it on a simulated cloud.",
        )
    who = session.identity
    where = "simulated cloud" if session.simulated else f"{who.region or who.endpoint}"
    print(f"Account: {who.who} in {where}, project {who.project_id}", flush=True)
    return session


def restore(options: argparse.Namespace) -> int:
    """Restore a server or disk, or look what that would do; return the exit status."""
    return _guarded(_restore)(options)


def _guarded(act: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    def guarded(options: argparse.Namespace) -> int:
        try:
            return act(options)
        except InvalidRequest as problem:
            return _tell(problem, USAGE if problem.http_status is None else REFUSED)
        except (TaskFailed, JournalFailed) as problem:
            return _tell(problem, FAILED)
        except WaitTimeout as problem:
            return _tell(problem, INTERRUPTED)
        except CBRError as problem:
            begun = getattr(problem, "may_have_happened", False)
            return _tell(problem, FAILED if begun else REFUSED)

    return guarded


def _tell(problem: CBRError, status: int) -> int:
    print(f"cbr-notebook: {problem}", file=sys.stderr, flush=True)
    return status


def _restore(options: argparse.Namespace) -> int:
    _refuse_unwritable(options.report)
    files = read_manifest(options.manifest) if options.manifest else None
    if files is not None and not files:
        raise InvalidRequest(f"The manifest {options.manifest} lists no file.", field="manifest")
    if not options.dry_run and not options.confirm:
        raise InvalidRequest(
            "Neither --dry-run nor --confirm was given; nothing was done.",
            advice="Look first with --dry-run; to restore, say --confirm with the name.",
        )
    contract = recovery_contract(options.contract) if options.contract else None
    session = open_session(options)
    now = session.now
    before = options.before or None
    began = None if before is None else min(parse_time(before, now, "before"), now)
    Targets.of(now, options.rto, options.rpo, began)
    plan = session.plan_restore(
        _backup(session, options, began),
        options.target,
        _disks(options.disks),
        power_on=False if options.no_power_on else None,
    )
    if contract is not None:
        plan = plan.under(contract)
        print(f"Probes: {plan.more_checks[0].outcome}. {plan.more_checks[0].seen}")
    print(plan.describe(), flush=True)
    _refuse_strange_names(plan, options.acknowledge or [])
    plan.ensure_possible()
    print(f"Possible. Warnings to accept: {', '.join(plan.warnings) or 'none'}.")
    if options.export_plan:
        exported = plan.export(options.export_plan, safety_backup=options.safety_backup)
        print(f"The plan is in {exported}: a second person says cbr-notebook approve {exported}.")
    if options.dry_run:
        print(f"A dry run: nothing was changed. To restore: --confirm {plan.confirm_with!r}.")
        return DONE
    return _carry_out(plan, options, began)


def _carry_out(plan: RestorePlan, options: argparse.Namespace, began: datetime | None) -> int:
    try:
        run = plan.execute(
            confirm=options.confirm,
            acknowledge=options.acknowledge or [],
            safety_backup=options.safety_backup,
            on_progress=_Shown(),
            rto=options.rto,
            rpo=options.rpo,
            incident_at=began,
            approval=options.approval or (TWO_PEOPLE if options.two_people else None),
        )
    except InvalidRequest as problem:
        return _tell(problem, REFUSED)
    run.wait()
    return _finish(run, options)


def _finish(run: RestoreRun, options: argparse.Namespace) -> int:
    """Verify, leave the evidence, and return the exit status."""
    print(f"{run.title}: {run.state}. Run {run.run_id}.")
    checksum = over_ssh(options.checksum.removeprefix("ssh:")) if options.checksum else None
    try:
        print(run.verify(manifest=options.manifest, checksum=checksum))
    except CBRError as problem:
        _tell(problem, UNVERIFIED)
    print(f"Recovery time: {run.recovery_time}. Recovery point: {run.recovery_point}.")
    if options.report:
        print(f"Evidence: {run.report(options.report)}", flush=True)
    try:
        run.ensure_proven()
    except TaskFailed as problem:
        return _tell(problem, NOT_PROVEN.get(type(problem).__name__, FAILED))
    return DONE


class _Shown:
    """Prints the run's ID first, then how far each step is."""

    def __init__(self) -> None:
        self._seen: tuple[str, int] | None = None

    def __call__(self, progress: Progress) -> None:
        """Print a line where the step is new, or a quarter further."""
        if self._seen is None:
            print(f"Run: {progress.run_id} (cbr-notebook resume {progress.run_id})", flush=True)
        at = (progress.step, progress.percent // 25)
        if at != self._seen:
            self._seen = at
            print(f"  {progress.message} {progress.percent} %", flush=True)


def _backup(session: Session, options: argparse.Namespace, began: datetime | None) -> Backup | str:
    if options.backup:
        return str(options.backup)
    resource = options.server if options.runbook == "restore-server" else options.disk
    chosen = session.last_quiet_backup(
        resource, before=began, accept_unjudged=options.accept_unjudged
    )
    print(f"Restore from {chosen.name}, the newest without a jump before it.")
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


def _refuse_unwritable(report: str | None) -> None:
    """Refuse a report that could not be written once everything has been overwritten."""
    if report is None:
        return
    path = Path(report)
    if path.suffix.lower() not in _SUFFIXES:
        raise InvalidRequest(
            f"A report cannot be written as {path.suffix or 'a file without suffix'}.",
            advice="Choose a name that ends in .html, .md or .json.",
            field="report",
        )
    folder = path.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK) or path.is_dir():
        raise InvalidRequest(
            f"The report {path} cannot be written.",
            advice="Name a file in a folder that exists and that you may write.",
            field="report",
        )


def _refuse_strange_names(plan: RestorePlan, acknowledged: list[str]) -> None:
    strange = set(acknowledged) - {check.name for check in plan.verdicts}
    if strange:
        raise InvalidRequest(
            f"There is no check named {', '.join(sorted(map(repr, strange)))}.",
            advice=f"The warnings are: {', '.join(map(repr, plan.warnings)) or 'none'}.",
            field="acknowledge",
        )


def _list_restores(options: argparse.Namespace) -> int:
    session = open_session(options)
    table = session.restores(folder=options.folder)
    columns = ["run_id", "target_name", "backup_name", "state", "began_at", "verified"]
    print("No restores." if table.empty else table[columns].to_string(index=False))
    return DONE


def _resume(options: argparse.Namespace) -> int:
    session = open_session(options)
    run = session.resume_restore(
        options.run_id, confirm=options.confirm, folder=options.folder, on_progress=_Shown()
    )
    run.wait()
    if isinstance(run, GroupRun):
        print(run)
        return DONE if run.state == "success" else FAILED
    print(f"{run.title}: {run.state}. Verification: {run.verification}.")
    return DONE if run.verification == "verified" else UNVERIFIED


def _cancel(options: argparse.Namespace) -> int:
    session = open_session(options)
    print(session.cancel_restore(options.run_id, folder=options.folder))
    return DONE


def _roll_back(options: argparse.Namespace) -> int:
    session = open_session(options)
    run = session.resume_restore(options.run_id, folder=options.folder)
    if not isinstance(run, RestoreRun):
        raise InvalidRequest(
            f"{options.run_id} is a group.", advice="Roll back its runs one by one."
        )
    back = run.roll_back(
        options.confirm, acknowledge=options.acknowledge, on_progress=_Shown()
    ).wait()
    print(f"{back.title}: {back.state}. Run {back.run_id}.")
    return UNVERIFIED


def _verify_report(options: argparse.Namespace) -> int:
    verdict = verify_report(options.path, options.trusted)
    print(verdict)
    return DONE if verdict else FAILED


def _approve(options: argparse.Namespace) -> int:
    approval = approve_plan(options.path)
    print(approval.in_words)
    print(f"Approved by {approval.approver.name}: {approval.path}. It is for one restore, and an "
          "hour after the plan was made.")  # fmt: skip
    return DONE


def _signing_key(options: argparse.Namespace) -> int:
    print(public_key())
    return DONE
