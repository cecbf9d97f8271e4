"""Policies as a DataFrame."""

from __future__ import annotations

from cbr_notebook.api.messages.records import Policy
from cbr_notebook.frames.column import Column
from cbr_notebook.frames.schema import Schema
from cbr_notebook.schedule.kept_days import kept_days


def _vaults(record: Policy) -> str:
    return ", ".join(each.vault_id for each in record.associated_vaults or ())


def _pattern(record: Policy) -> str:
    properties = record.trigger.properties if record.trigger else None
    return " | ".join(properties.pattern or ()) if properties else ""


POLICIES = Schema(
    "policies",
    "a policy",
    (
        Column("id", "text", "id", "ID of the policy"),
        Column("name", "text", "name", "name of the policy"),
        Column(
            "operation_type", "category", "operation_type", "what it does",
            values=("backup", "replication"),
        ),
        Column("enabled", "flag", "enabled", "whether it runs"),
        Column(
            "pattern", "text", "trigger.properties.pattern",
            "recurrence rules in UTC, separated by |", read=_pattern,
        ),
        Column(
            "vaults", "integer", "associated_vaults", "how many vaults it is applied to",
            read=lambda record: len(record.associated_vaults or ()),
        ),
        Column(
            "vault_ids", "text", "associated_vaults.vault_id", "their IDs, separated by commas",
            read=_vaults,
        ),
        Column(
            "max_backups", "integer", "operation_definition.max_backups",
            "backups kept of a resource; -1 for all",
        ),
        Column(
            "retention_duration_days", "integer", "operation_definition.retention_duration_days",
            "days that a backup is kept; -1 for ever", unit="days",
        ),
        Column(
            "retention_days", "number", "operation_definition",
            "how long backups are really kept, by days, number or periods; infinite for ever",
            unit="days", read=kept_days,
        ),
        Column("day_backups", "integer", "operation_definition.day_backups", "daily ones kept"),
        Column("week_backups", "integer", "operation_definition.week_backups", "weekly ones kept"),
        Column(
            "month_backups", "integer", "operation_definition.month_backups", "monthly ones kept"
        ),
        Column("year_backups", "integer", "operation_definition.year_backups", "yearly ones kept"),
        Column("timezone", "text", "operation_definition.timezone", "zone of those periods"),
        Column(
            "full_backup_interval", "integer", "operation_definition.full_backup_interval",
            "incremental backups between two full ones",
        ),
        Column(
            "destination_region", "text", "operation_definition.destination_region",
            "where replicas go",
        ),
        Column(
            "start_time", "time", "trigger.properties.start_time", "from when its days are counted"
        ),
    ),
)  # fmt: skip
"""One row a policy."""
