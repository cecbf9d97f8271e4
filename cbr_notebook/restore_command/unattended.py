"""Runbook notebooks carried out without anybody at the screen: ``cbr-notebook runbook …``.

A runbook is a notebook; this gives it its parameters, runs it, and keeps what it said.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.extras import ensure
from cbr_notebook.restore_command import exit_codes
from cbr_notebook.restore_command.account import add_account_arguments, open_session
from cbr_notebook.restore_command.evidence_options import add_evidence_arguments, evidence_of
from cbr_notebook.restore_command.exit_codes import guarded
from cbr_notebook.restore_command.group import restore_group
from cbr_notebook.restore_command.single import ensure_meant, restore
from cbr_notebook.restore_command.terminal_output import Shown
from cbr_notebook.runbook.journal.report import refuse_unwritable
from cbr_notebook.runbook.plan.recovery_targets import Targets
from cbr_notebook.runbook.verify.contract_file import recovery_contract
from cbr_notebook.tutorials import notebooks_folder

_PARAMETERS = (
    "server", "disk", "before", "backup", "accept_unjudged", "confirm", "acknowledge",
    "safety_backup", "manifest", "checksum", "contract", "parallel", "on_failure", "rto", "rpo",
    "report", "profile",
)  # fmt: skip
"""What the notebooks of restores understand."""
_NOT_KEPT = (
    "target", "disks", "no_power_on", "two_people", "export_plan", "approval", "folder",
)  # fmt: skip
"""What only the command understands, not its notebook."""
_NOTEBOOKS = {
    "restore-server": "restore_a_server.ipynb",
    "restore-disk": "restore_a_disk.ipynb",
    "restore-group": "restore_an_application.ipynb",
    "drill": "disaster_drill.ipynb",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what ``cbr-notebook runbook`` understands; each carries itself out."""
    kinds = parser.add_subparsers(required=True, metavar="RUNBOOK", dest="runbook")
    for kind in ("server", "disk"):
        restore_ = kinds.add_parser(f"restore-{kind}", help=f"restore a {kind}")
        restore_.add_argument(f"--{kind}", required=True, help="its name or ID")
        restore_.add_argument("--confirm", help="the name of what is overwritten")
        restore_.add_argument("--contract", help="a recovery contract (YAML): probes and targets")
        add_evidence_arguments(restore_)
        restore_.add_argument("--backup", help="from this one, by name or ID, instead")
        restore_.add_argument("--target", help="what to overwrite, if not what was backed up")
        restore_.add_argument(
            "--disks", action="append", metavar="BACKUP=DISK", help="only these disks; by ID"
        )
        restore_.add_argument("--no-power-on", action="store_true", help="leave the server off")
        _add_of_restores(restore_)
        _add_output(restore_)
        restore_.set_defaults(run=_restore)
    group = kinds.add_parser("restore-group", help="restore an application, member by member")
    group.add_argument("--contract", required=True, help="its recovery contract (YAML)")
    group.add_argument(
        "--confirm", action="append", help="the name of what is overwritten; again for another"
    )
    group.add_argument(
        "--parallel", type=int, default=2, help="how many at once (default: %(default)s)"
    )
    group.add_argument(
        "--on-failure",
        choices=("stop", "continue"),
        default="stop",
        help="when one fails: begin no more, or leave out only what waits for it",
    )
    _add_of_restores(group)
    _add_output(group)
    group.set_defaults(run=_restore, manifest=None, checksum=None)
    drill = kinds.add_parser("drill", help="infect, restore and verify a simulated server")
    drill.add_argument("--server", help="of the simulated cloud (default: web-01)")
    drill.add_argument("--seed", type=int, help="another cloud")
    drill.add_argument("--contract", help="a recovery contract (YAML) that has the server")
    _add_targets(drill)
    _add_output(drill)
    drill.set_defaults(run=guarded(_drill))


def _add_of_restores(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--before", help="when the trouble began, in UTC: 2020-08-17T06:00Z")
    parser.add_argument("--dry-run", action="store_true", help="only look; change nothing")
    parser.add_argument(
        "--acknowledge", action="append", help="a warning that you accept; again for another"
    )
    parser.add_argument(
        "--no-safety-backup",
        dest="safety_backup",
        action="store_false",
        help="do not back the present state up first",
    )
    parser.add_argument(
        "--partial-safety-backup",
        dest="safety_backup",
        action="store_const",
        const="partial",
        help="back up only the disks that can come back, where others have grown",
    )
    parser.set_defaults(safety_backup=True)
    parser.add_argument(
        "--accept-unjudged", action="store_true", help="also a backup nobody can judge"
    )
    parser.add_argument("--two-people", action="store_true", help="only with a second person's yes")
    parser.add_argument(
        "--export-plan",
        metavar="PLAN",
        help="with --dry-run: a file for a second person; of a group, a folder of them",
    )
    parser.add_argument("--approval", metavar="PLAN", help="what was approved")
    parser.add_argument("--folder", help="where the journals are")
    add_account_arguments(parser)
    _add_targets(parser)


def _add_targets(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rto", help="recovery time to meet, such as 4h")
    parser.add_argument("--rpo", help="recovery point to meet, such as 24h")
    parser.add_argument("--report", help="where the evidence goes: .html, .md or .json")


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output", help="keep the notebook that was run, with what it showed")


def _restore(options: argparse.Namespace) -> int:
    if options.output is not None:
        return guarded(_restore_in_notebook)(options)
    return guarded(restore_group if options.runbook == "restore-group" else restore)(options)


def _restore_in_notebook(options: argparse.Namespace, shown: Shown) -> int:
    """Carry a restore out in its notebook; return the exit status.

    Raises:
        InvalidRequest: what the command was told cannot be read, or not be told a notebook.
    """
    given = vars(options)
    unheard = [f"--{name.replace('_', '-')}" for name in _NOT_KEPT if given.get(name)]
    if unheard:
        raise InvalidRequest(
            f"With --output, {', '.join(unheard)} cannot be said: the notebook does not know it.",
            advice="Leave --output out, or edit the notebook.",
        )
    if not (options.profile or options.simulate):
        raise InvalidRequest(
            "No account was named; nothing was done.",
            advice="With --output, say --profile with the name of one, or --simulate.",
        )
    ensure_meant(options)
    evidence_of(options)
    if options.contract:
        recovery_contract(options.contract)
    if options.profile:
        open_session(options, shown).close()  # one that nobody can open is told before
    else:
        print("Account: a simulated cloud", flush=True)
    print(f"Notebook: {options.output}", flush=True)
    parameters = {name: given[name] for name in _PARAMETERS if given.get(name) is not None}
    # The notebook's own default is the careful one.
    return _in_notebook(options, parameters | {"dry_run": options.dry_run})


def _drill(options: argparse.Namespace, shown: Shown) -> int:
    """Hold a drill; return the exit status.

    Raises:
        InvalidRequest: a target, the contract or the report cannot be meant.
    """
    Targets.of(datetime.now(UTC), options.rto, options.rpo, None)
    if options.contract:
        recovery_contract(options.contract).member(options.server or "web-01")
    if options.report:
        refuse_unwritable(Path(options.report), None)
    names = ("server", "seed", "contract", "rto", "rpo", "report")
    given = {name: getattr(options, name) for name in names}
    if options.contract:  # its targets hold where none are said here
        given |= {"rto": options.rto or "", "rpo": options.rpo or ""}
    return _in_notebook(
        options, {name: value for name, value in given.items() if value is not None}
    )


def _in_notebook(options: argparse.Namespace, parameters: Mapping[str, Any]) -> int:
    source = notebooks_folder() / "runbooks" / _NOTEBOOKS[options.runbook]
    with TemporaryDirectory() as folder:
        target = Path(options.output or Path(folder) / source.name)
        if not os.access(target.parent, os.W_OK) or target.is_dir():
            raise InvalidRequest(
                f"The notebook {target} cannot be written.",
                advice="Name a file in a folder that exists and that you may write.",
                field="output",
            )
        try:
            problem, status = _execute(source, target, parameters)
        except KeyboardInterrupt:
            account = f" --profile {options.profile}" if getattr(options, "profile", None) else ""
            print(
                "cbr-notebook: interrupted. "
                + (
                    "If the service was asked for the restore already, it goes on: cbr-notebook "
                    f"restores{account} lists it, and cbr-notebook resume RUN{account} takes it up."
                    if account
                    else "It was simulated, and ends with this command."
                ),
                file=sys.stderr,
            )
            return exit_codes.INTERRUPTED
        for text in _printed_by(target):
            print(text, end="")
    if problem:
        print(f"cbr-notebook: {problem}", file=sys.stderr)
    return status


def _execute(source: Path, target: Path, parameters: Mapping[str, Any]) -> tuple[str, int]:
    """Run a notebook; return what stopped it, or nothing, and the exit status.

    Raises:
        MissingExtra: what runs notebooks is not installed.
    """
    ensure("Runbooks", "papermill", "ipykernel")
    import papermill
    from papermill.exceptions import PapermillExecutionError

    try:
        papermill.execute_notebook(
            source, target, parameters=dict(parameters), progress_bar=False, log_output=False
        )
    except PapermillExecutionError as stopped:
        return str(stopped.evalue), _status(str(stopped.ename))
    return "", exit_codes.DONE


def _status(error: str) -> int:
    """Return the exit status for an error of a notebook, by the name of its class."""
    if error in {"ConfirmationNeeded", "Conflict", "InvalidRequest", "NotFound"}:
        return exit_codes.REFUSED
    return exit_codes.NOT_PROVEN.get(error, exit_codes.FAILED)


def _printed_by(notebook: Path) -> Iterator[str]:
    """Return what the cells of a notebook printed."""
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", ()):
            if output["output_type"] == "stream" and output["name"] == "stdout":
                yield "".join(output["text"])
