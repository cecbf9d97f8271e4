"""Tasks as a DataFrame."""

from __future__ import annotations

from cbr_notebook.api.messages.constants import RESOURCE_TYPES
from cbr_notebook.api.messages.statuses import TASK_STATUSES
from cbr_notebook.frames.column import Column
from cbr_notebook.frames.schema import Schema

TASKS = Schema(
    "tasks",
    "a task",
    (
        Column("id", "text", "id", "ID of the task"),
        Column(
            "operation_type", "category", "operation_type", "what it does",
            values=(
                "backup", "copy", "replication", "restore", "delete", "sync", "vault_delete",
                "remove_resource",
            ),
        ),
        Column(
            "status", "category", "status", "how far it is",
            values=TASK_STATUSES,
        ),
        Column("progress", "integer", "extra_info.common.progress", "how far it is", unit="%"),
        Column("resource_id", "text", "extra_info.resource.id", "ID of what it works on"),
        Column("resource_name", "text", "extra_info.resource.name", "name of what it works on"),
        Column(
            "resource_type", "category", "extra_info.resource.type", "type of what it works on",
            values=RESOURCE_TYPES,
        ),
        Column("started_at", "time", "started_at", "when it began"),
        Column("ended_at", "time", "ended_at", "when it ended"),
        Column("created_at", "time", "created_at", "when it was asked for"),
        Column("updated_at", "time", "updated_at", "when it last changed"),
        Column("vault_id", "text", "vault_id", "ID of the vault concerned"),
        Column("vault_name", "text", "vault_name", "name of the vault concerned"),
        Column("checkpoint_id", "text", "checkpoint_id", "ID of the restore point concerned"),
        Column("backup_id", "text", "extra_info.backup.backup_id", "ID of the backup made"),
        Column("policy_id", "text", "policy_id", "ID of the policy that asked for it"),
        Column("error_code", "text", "error_info.code", "why it failed: code"),
        Column("error_message", "text", "error_info.message", "why it failed: message"),
        Column("request_id", "text", "extra_info.common.request_id", "ID of the request"),
        Column("provider_id", "text", "provider_id", "ID of the backup provider"),
        Column("project_id", "text", "project_id", "ID of the project"),
    ),
)  # fmt: skip
"""One row a task."""
