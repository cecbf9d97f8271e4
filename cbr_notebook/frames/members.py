"""Share members as a DataFrame."""

from __future__ import annotations

from cbr_notebook.api.messages.statuses import MEMBER_STATUSES
from cbr_notebook.frames.column import Column
from cbr_notebook.frames.schema import Schema

MEMBERS = Schema(
    "members",
    "a project that a backup is shared with",
    (
        Column("id", "text", "id", "ID of the member"),
        Column("backup_id", "text", "backup_id", "ID of the backup"),
        Column("dest_project_id", "text", "dest_project_id", "ID of the project"),
        Column(
            "status", "category", "status", "what the project made of it",
            values=MEMBER_STATUSES,
        ),
        Column("created_at", "time", "created_at", "when it was shared"),
        Column("updated_at", "time", "updated_at", "when it was accepted or rejected"),
        Column("vault_id", "text", "vault_id", "ID of the vault that took it"),
        Column("image_id", "text", "image_id", "ID of the image made of it"),
    ),
)  # fmt: skip
"""One row a project."""
