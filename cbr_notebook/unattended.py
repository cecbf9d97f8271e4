"""Runbook notebooks carried out without anybody at the screen: ``cbr-notebook runbook …``.

A runbook is a notebook; this gives it its parameters, runs it, and keeps what it said.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cbr_notebook import restore_command
from cbr_notebook.errors import CBRError, InvalidRequest
from cbr_notebook.tutorials import notebooks_folder

_PARAMETERS = (
    "server", "disk", "before", "confirm", "acknowledge", "safety_backup", "manifest", "rto", "rpo",
    "report", "profile",
)  # fmt: skip
"""What the notebooks of restores understand."""
_NOTEBOOKS = {
    "restore-server": "restore_a_server.ipynb",
    "restore-disk": "restore_a_disk.ipynb",
    "drill": "disaster_drill.ipynb",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what ``cbr-notebook runbook`` understands; ``run`` carries it out."""
    kinds = parser.add_subparsers(required=True, metavar="RUNBOOK", dest="runbook")
    for kind in ("server", "disk"):
        restore = kinds.add_parser(f"restore-{kind}", help=f"restore a {kind}")
        restore.add_argument(f"--{kind}", required=True, help="its name or ID")
        restore.add_argument("--before", help="when the trouble began, in UTC: 2020-08-17T06:00Z")
        restore.add_argument("--dry-run", action="store_true", help="only look; change nothing")
        restore.add_argument("--confirm", help="the name of what is overwritten")
        restore.add_argument(
            "--acknowledge", action="append", help="a warning that you accept; again for another"
        )
        restore.add_argument(
            "--no-safety-backup",
            dest="safety_backup",
            action="store_false",
            help="do not back the present state up first",
        )
        restore.add_argument("--manifest", help="JSON file of checksums to compare")
        restore.add_argument("--contract", help="a recovery contract (YAML): probes and targets")
        restore.add_argument("--checksum", help="ssh:USER@HOST: where the files are read")
        restore.add_argument("--backup", help="from this one, by name or ID, instead")
        restore.add_argument("--target", help="what to overwrite, if not what was backed up")
        restore.add_argument(
            "--disks", action="append", metavar="BACKUP=DISK", help="only these disks; by ID"
        )
        restore.add_argument("--no-power-on", action="store_true", help="leave the server off")
        restore.add_argument(
            "--accept-unjudged", action="store_true", help="also a backup nobody can judge"
        )
        restore.add_argument(
            "--two-people", action="store_true", help="only with a second person's yes"
        )
        restore.add_argument(
            "--export-plan", metavar="PLAN", help="with --dry-run: a file for a second person"
        )
        restore.add_argument("--approval", metavar="PLAN", help="the plan that was approved")
        restore_command.add_account_arguments(restore)
        _add_shared(restore)
    drill = kinds.add_parser("drill", help="infect, restore and verify a simulated server")
    drill.add_argument("--server", help="of the simulated cloud (default: web-01)")
    drill.add_argument("--seed", type=int, help="another cloud")
    _add_shared(drill)
    parser.set_defaults(run=run)


def _add_shared(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rto", help="recovery time to meet, such as 4h")
    parser.add_argument("--rpo", help="recovery point to meet, such as 24h")
    parser.add_argument("--report", help="where the evidence goes: .html, .md or .json")
    parser.add_argument("--output", help="keep the notebook that was run, with what it showed")


def run(options: argparse.Namespace) -> int:
    """Carry out a runbook; return the exit status, as ``restore_command`` lists them.

    Raises:
        CBRError: the notebooks or what runs them are missing.
    """
    given = {key: value for key, value in vars(options).items() if value is not None}
    for key in ("run", "runbook", "output"):
        given.pop(key, None)
    if options.runbook != "drill":
        if options.output is None:
            return restore_command.restore(options)
        if not (options.profile or options.simulate):
            raise InvalidRequest(
                "No account was named; nothing was done.",
                advice="With --output, say --profile with the name of one, or --simulate.",
            )
        _ensure_meant(options)
        given = {key: value for key, value in given.items() if key in _PARAMETERS}
        # The notebook's own default is the careful one.
        given["dry_run"] = options.dry_run
    source = notebooks_folder() / "runbooks" / _NOTEBOOKS[options.runbook]
    with TemporaryDirectory() as folder:
        target = Path(options.output or Path(folder) / source.name)
        problem, status = _execute(source, target, given)
        for text in _said(target):
            print(text, end="")
    if problem:
        print(f"cbr-notebook: {problem}", file=sys.stderr)
    return status


def _ensure_meant(options: argparse.Namespace) -> None:
    if not options.dry_run and not options.confirm:
        kind = options.runbook.removeprefix("restore-")
        raise InvalidRequest(
            "Neither --dry-run nor --confirm was given; nothing was done.",
            advice=f"Look first with --dry-run; to restore, say --confirm with the {kind}'s name.",
        )


def _execute(source: Path, target: Path, parameters: Mapping[str, Any]) -> tuple[str, int]:
    """Run a notebook; return what stopped it, or nothing, and the exit status.

    Raises:
        CBRError: what runs notebooks is not installed.
    """
    if find_spec("papermill") is None or find_spec("ipykernel") is None:
        raise CBRError(
            "Runbooks need papermill and ipykernel.",
            advice="Install them with it: pip install 'cbr-notebook[lab]'.",
        )
    import papermill
    from papermill.exceptions import PapermillExecutionError

    try:
        papermill.execute_notebook(
            source, target, parameters=dict(parameters), progress_bar=False, log_output=False
        )
    except PapermillExecutionError as stopped:
        return str(stopped.evalue), _status(str(stopped.ename))
    return "", restore_command.DONE


def _status(error: str) -> int:
    """Return the exit status for an error of a notebook, by the name of its class."""
    if error in {"ConfirmationNeeded", "Conflict", "InvalidRequest", "NotFound"}:
        return restore_command.REFUSED
    return restore_command.NOT_PROVEN.get(error, restore_command.FAILED)


def _said(notebook: Path) -> Iterator[str]:
    """Return what the cells of a notebook printed."""
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", ()):
            if output["output_type"] == "stream" and output["name"] == "stdout":
                yield "".join(output["text"])
