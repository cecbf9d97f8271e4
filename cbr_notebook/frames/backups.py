"""Backups as a DataFrame."""

from __future__ import annotations

from cbr_notebook.api.messages.constants import RESOURCE_TYPES
from cbr_notebook.api.messages.statuses import BACKUP_STATUSES
from cbr_notebook.frames.column import Column
from cbr_notebook.frames.schema import Schema

BACKUPS = Schema(
    "backups",
    "a backup",
    (
        Column("id", "text", "id", "ID of the backup"),
        Column("name", "text", "name", "name of the backup"),
        Column(
            "status", "category", "status", "whether it can be used",
            values=BACKUP_STATUSES,
        ),
        Column("resource_id", "text", "resource_id", "ID of what was backed up"),
        Column("resource_name", "text", "resource_name", "its name"),
        Column(
            "resource_type", "category", "resource_type", "its type", values=RESOURCE_TYPES
        ),
        Column("resource_size_gb", "integer", "resource_size", "its size", unit="GB"),
        Column("created_at", "time", "created_at", "the moment that the backup holds"),
        Column("protected_at", "time", "protected_at", "its time, as the service gives it"),
        Column("updated_at", "time", "updated_at", "when it last changed"),
        Column("expired_at", "time", "expired_at", "when it expires, if it does by date"),
        Column("incremental", "flag", "incremental", "stores only what changed"),
        Column("auto_trigger", "flag", "extend_info.auto_trigger", "made by a policy"),
        Column(
            "image_type", "category", "image_type", "a backup, or a replica of one",
            values=("backup", "replication"),
        ),
        Column("vault_id", "text", "vault_id", "ID of the vault that it is in"),
        Column("checkpoint_id", "text", "checkpoint_id", "ID of its restore point"),
        Column("parent_id", "text", "parent_id", "ID of the server's backup that it belongs to"),
        Column("resource_az", "text", "resource_az", "availability zone of the resource"),
        Column(
            "architecture", "text", "extend_info.architecture", "processor architecture"
        ),
        Column("encrypted", "flag", "extend_info.encrypted", "holds an encrypted disk"),
        Column("description", "text", "description", "description"),
        Column("project_id", "text", "project_id", "ID of the project"),
    ),
)  # fmt: skip
"""One row a backup; backups of a server's disks only on request."""
