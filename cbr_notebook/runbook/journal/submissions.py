"""What was asked of the service from a folder of journals, noted a second time beside them.

A journal that was cut off or put back from an older copy does not tell that its restore was
asked for; this file does.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec

from cbr_notebook.errors import JournalFailed
from cbr_notebook.runbook.journal.journal import Journal

_FILE = ".submissions.log"


@dataclass(frozen=True, slots=True)
class Submission:
    """One request for a restore, noted before it was sent."""

    run_id: str
    at: str
    """When, in UTC (ISO 8601)."""
    known: list[str]
    """The IDs of the target's restores that there were before."""
    marks: dict[str, str | None]
    """When the service says that the backup and each disk last changed."""


def note_submission(folder: Path, submission: Submission) -> None:
    """Record a request in the journal before it is sent; when this returns, it is on the disk.

    Raises:
        JournalFailed: it cannot be written.
    """
    line = json.dumps(asdict(submission)) + "\n"
    try:
        with (folder / _FILE).open("a", encoding="utf-8") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
    except OSError as problem:
        raise JournalFailed(
            f"The folder {folder} for journals cannot be written: {problem.strerror}. The service "
            "was not asked.",
            advice="Make room, or give back the right to write, then resume the restore.",
        ) from None


def is_forgotten(journal: Journal) -> bool:
    """Return whether a journal was cut off: it does not tell of a request that was noted."""
    told = sum(entry.kind == "restore_intended" for entry in journal.entries)
    return len(submissions_of(journal.path.parent, journal.path.stem)) > told


def submissions_of(folder: Path, run_id: str) -> list[Submission]:
    """Return what a run asked for, oldest first; lines that cannot be read are passed over."""
    try:
        lines = (folder / _FILE).read_bytes().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            document: Any = msgspec.json.decode(line)
            submission = msgspec.convert(document, Submission)
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError):
            continue
        if submission.run_id == run_id:
            found.append(submission)
    return found
