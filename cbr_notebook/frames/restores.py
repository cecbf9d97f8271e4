"""Guided restores as a DataFrame."""

from __future__ import annotations

import msgspec

from cbr_notebook.frames.column import Column
from cbr_notebook.frames.schema import Schema


class RestoreRow(msgspec.Struct, frozen=True):
    """What the journal of a run tells; times in UTC."""

    run_id: str
    state: str | None = None
    target_id: str | None = None
    target_name: str | None = None
    backup_id: str | None = None
    backup_name: str | None = None
    began_at: str | None = None
    ended_at: str | None = None
    verified: bool | None = None
    task_id: str | None = None
    note: str | None = None


RESTORES = Schema(
    "restores",
    "a guided restore",
    (
        Column("run_id", "text", "run_id", "ID of the run, for resume_restore"),
        Column(
            "state", "category", "state", "how far it is",
            values=(
                "not asked", "asked", "running", "success", "failed", "stopped", "given up",
                "damaged",
            ),
        ),
        Column("target_id", "text", "target_id", "ID of what is overwritten"),
        Column("target_name", "text", "target_name", "name of what is overwritten"),
        Column("backup_id", "text", "backup_id", "ID of the backup"),
        Column("backup_name", "text", "backup_name", "name of the backup"),
        Column("began_at", "time", "began_at", "when it was confirmed"),
        Column("ended_at", "time", "ended_at", "when its end was noticed"),
        Column("verified", "flag", "verified", "whether the content looked at matched"),
        Column("task_id", "text", "task_id", "ID of the service's task"),
        Column("note", "text", "note", "why it did not succeed, or what is odd about it"),
    ),
)  # fmt: skip
"""One row a guided restore."""
