"""Vaults as a DataFrame."""

from __future__ import annotations

from cbr_notebook.api.messages.constants import OBJECT_TYPES
from cbr_notebook.api.messages.records import Vault
from cbr_notebook.api.messages.statuses import VAULT_STATUSES
from cbr_notebook.frames.column import Column
from cbr_notebook.frames.schema import Schema


def _filled_later(record: Vault) -> None:
    """Return nothing: the policies tell their vaults, not the vaults their policies."""


def vault_tags(vault: Vault) -> dict[str, str]:
    """Return the tags of a vault, value by key."""
    return {each.key: each.value or "" for each in vault.tags or ()}


VAULTS = Schema(
    "vaults",
    "a vault",
    (
        Column("id", "text", "id", "ID of the vault"),
        Column("name", "text", "name", "name of the vault"),
        Column(
            "status", "category", "billing.status", "whether it can be used",
            values=VAULT_STATUSES,
        ),
        Column(
            "object_type", "category", "billing.object_type", "what it protects",
            values=OBJECT_TYPES,
        ),
        Column(
            "protect_type", "category", "billing.protect_type", "for backups or replicas",
            values=("backup", "replication", "hybrid"),
        ),
        Column("size_gb", "integer", "billing.size", "capacity", unit="GB"),
        Column("used_mb", "integer", "billing.used", "what its backups take", unit="MB"),
        Column(
            "allocated_gb", "integer", "billing.allocated", "sizes of its resources together",
            unit="GB",
        ),
        Column(
            "resources", "integer", "resources", "how many resources are in it",
            read=lambda record: len(record.resources or ()),
        ),
        Column(
            "consistent_level", "category", "billing.consistent_level", "how its backups are made",
            values=("crash_consistent", "app_consistent"),
        ),
        Column(
            "charging_mode", "category", "billing.charging_mode", "how it is paid",
            values=("post_paid", "pre_paid"),
        ),
        Column(
            "cloud_type", "category", "billing.cloud_type", "for the public or a hybrid cloud",
            values=("public", "hybrid"),
        ),
        Column(
            "backup_policy", "text", "id", "name of its backup policy; missing if it has none",
            read=_filled_later,
        ),
        Column(
            "replication_policy", "text", "id",
            "name of its replication policy; missing if it has none", read=_filled_later,
        ),
        Column("auto_expand", "flag", "auto_expand", "grows by itself when full"),
        Column("auto_bind", "flag", "auto_bind", "takes in tagged resources by itself"),
        Column("locked", "flag", "locked", "its automatic backups cannot be deleted"),
        Column("threshold", "integer", "threshold", "use at which the account is told", unit="%"),
        Column(
            "tags", "mapping", "tags", "its tags: value by key", read=vault_tags,
        ),
        Column("created_at", "time", "created_at", "when it was made"),
        Column("description", "text", "description", "description"),
        Column("provider_id", "text", "provider_id", "ID of the backup provider"),
        Column("project_id", "text", "project_id", "ID of the project"),
        Column(
            "enterprise_project_id", "text", "enterprise_project_id", "ID of the enterprise project"
        ),
    ),
)  # fmt: skip
"""One row a vault."""
