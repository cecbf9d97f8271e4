"""How a restore is verified and reported from a terminal, and what is refused beforehand."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from cbr_notebook.errors import CBRError, InvalidRequest
from cbr_notebook.restore_command.exit_codes import DONE, UNVERIFIED, proven, tell
from cbr_notebook.restore_command.terminal_output import Shown
from cbr_notebook.runbook.group.group_run import GroupRun
from cbr_notebook.runbook.journal.report import refuse_unwritable
from cbr_notebook.runbook.run.run import RestoreRun
from cbr_notebook.runbook.verify.checksum_manifest import (
    Checksum,
    checksum_by,
    read_manifest,
    refuse_useless,
)
from cbr_notebook.session import Session


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a restore will be held against, and where the evidence goes."""

    manifest: str | None
    checksum: Checksum | None
    report: str | None

    def ensure_useful(self, session: Session, names: Collection[str]) -> None:
        """Refuse what would fail only after everything was overwritten.

        Args:
            session: where.
            names: the name and ID of what is restored.

        Raises:
            InvalidRequest: the report cannot be written, or nothing could be verified by the
                manifest.
        """
        if self.report is not None:
            refuse_unwritable(Path(self.report), session)
        if self.manifest is not None:
            refuse_useless(self.manifest, names, session, self.checksum)

    def finish(self, run: RestoreRun, shown: Shown, *, again: bool = True) -> int:
        """Verify, leave the evidence, and return the exit status.

        Args:
            run: has ended well.
            shown: how its lines begin.
            again: whether to verify what was verified already.
        """
        print(f"{shown.mark}{run.title}: {run.state}. Run {run.run_id}.")
        if again or self.manifest or run.verification == "none":
            try:
                print(run.verify(manifest=self.manifest, checksum=self.checksum))
            except CBRError as problem:
                tell(problem, UNVERIFIED)
        print(f"Recovery time: {run.recovery_time}. Recovery point: {run.recovery_point}.")
        written = self.write_report(run)
        return proven(run) or written

    def write_report(self, run: RestoreRun | GroupRun) -> int:
        """Write the report, if one is wanted; without it, nothing vouches for the restore."""
        if self.report is None:
            return DONE
        try:
            print(f"Evidence: {run.report(self.report)}", flush=True)
        except CBRError as problem:
            return tell(problem, UNVERIFIED)
        return DONE


def add_evidence_arguments(parser: argparse.ArgumentParser) -> None:
    """Add how a restore is verified, and where the report goes."""
    parser.add_argument("--manifest", help="JSON file of checksums to compare")
    parser.add_argument(
        "--checksum",
        metavar="HOW",
        help="what reads the files of a real server: ssh:USER@HOST, or a command that prints the "
        "SHA-256 of {path} on {disk}",
    )


def evidence_of(options: argparse.Namespace) -> Evidence:
    """Read how a restore will be verified; nothing is asked.

    Raises:
        InvalidRequest: the manifest cannot be read or lists no file, is missing, or there is no
            such program.
    """
    if options.manifest and not read_manifest(options.manifest):
        raise InvalidRequest(f"The manifest {options.manifest} lists no file.", field="manifest")
    reads = checksum_by(options.checksum) if options.checksum else None
    if reads is not None and not options.manifest:
        raise InvalidRequest(
            "--checksum says how files are read, but no --manifest says which.",
            advice="Name the manifest of the server, or leave --checksum out.",
            field="checksum",
        )
    return Evidence(options.manifest, reads, options.report)
