"""Answers about what is kept, as DataFrames: policies of vaults, retention, orphans, cost."""

from __future__ import annotations

from cbr_notebook.api.messages.constants import RESOURCE_TYPES
from cbr_notebook.frames.column import Column
from cbr_notebook.frames.schema import Schema


def _fact(name: str, kind: str, description: str, **more: object) -> Column:
    return Column(name, kind, name, description, **more)  # type: ignore[arg-type]


VAULT_POLICIES = Schema(
    "vault_policies",
    "a vault and a policy of it; also a vault without one",
    (
        _fact("vault_id", "text", "ID of the vault"),
        _fact("vault_name", "text", "name of the vault"),
        _fact("protect_type", "category", "for backups or replicas",
              values=("backup", "replication", "hybrid")),
        _fact("policy_id", "text", "ID of the policy; missing if the vault has none"),
        _fact("policy_name", "text", "name of the policy"),
        _fact("operation_type", "category", "what it does", values=("backup", "replication")),
        _fact("enabled", "flag", "whether it runs"),
        _fact("retention_days", "number", "how long backups are kept; infinite for ever",
              unit="days"),
        _fact("next_run", "time", "when it runs next"),
        _fact("destination_region", "text", "where replicas go"),
        _fact("destination_vault_id", "text", "ID of the vault that they go to"),
        _fact("tags", "mapping", "tags of the vault: value by key"),
    ),
)  # fmt: skip
"""One row a vault and policy."""

RETENTION_PREVIEW = Schema(
    "retention_preview",
    "a backup that retention will delete",
    (
        _fact("id", "text", "ID of the backup"),
        _fact("name", "text", "name of the backup"),
        _fact("resource_id", "text", "ID of what was backed up"),
        _fact("resource_name", "text", "name of what was backed up"),
        _fact("vault_id", "text", "ID of its vault"),
        _fact("vault_name", "text", "name of its vault"),
        _fact("created_at", "time", "when it was made"),
        _fact("deleted_at", "time", "when it will be deleted, to the hour"),
        _fact("rule", "text", "by which rule"),
        _fact("policy_name", "text", "the vault's backup policy"),
    ),
)
"""One row a backup."""

WHAT_IF = Schema(
    "what_if",
    "a resource whose backups a policy keeps",
    (
        _fact("resource_id", "text", "ID of what is backed up"),
        _fact("resource_name", "text", "name of what is backed up"),
        _fact("vault_id", "text", "ID of its vault"),
        _fact("vault_name", "text", "name of its vault"),
        _fact("backups", "integer", "backups there are now"),
        _fact("deleted_before", "integer", "of these, deleted in the days ahead as the policy is"),
        _fact("deleted_after", "integer", "of these, deleted with the change"),
        _fact("kept_before", "integer", "backups at the end of the days as the policy is"),
        _fact("kept_after", "integer", "backups at the end with the change"),
        _fact("kept_mb_before", "integer", "what they take, at today's average", unit="MB"),
        _fact("kept_mb_after", "integer", "what they take with the change", unit="MB"),
    ),
)
"""One row a resource."""

ORPHANS = Schema(
    "orphans",
    "a backup whose resource is gone",
    (
        _fact("id", "text", "ID of the backup"),
        _fact("name", "text", "name of the backup"),
        _fact("resource_id", "text", "ID of what was backed up"),
        _fact("resource_name", "text", "name of what was backed up"),
        _fact("resource_type", "category", "its type", values=RESOURCE_TYPES),
        _fact("vault_id", "text", "ID of its vault"),
        _fact("vault_name", "text", "name of its vault"),
        _fact("created_at", "time", "when it was made"),
        _fact("expired_at", "time", "when it expires; missing if never"),
        _fact("size_mb", "number", "its share of what the resource's backups take", unit="MB"),
        _fact("cost_month", "number", "what that share costs a month, at the price given"),
    ),
)
"""One row a backup."""

COST = Schema(
    "cost",
    "a vault, a resource or a value of a tag",
    (
        _fact("id", "text", "ID of the vault or resource"),
        _fact("name", "text", "name of the vault or resource, or value of the tag"),
        _fact("vaults", "integer", "how many vaults are in it"),
        _fact("size_gb", "number", "capacity that is paid", unit="GB"),
        _fact("used_gb", "number", "what backups take", unit="GB"),
        _fact("allocated_gb", "number", "sizes of the resources together", unit="GB"),
        _fact("cost_month", "number", "cost a month, of the capacity"),
        _fact("used_cost_month", "number", "cost a month of what is used"),
        _fact("currency", "text", "of the costs"),
    ),
)
"""One row a vault, resource or tag."""

REPLICATION = Schema(
    "replication",
    "a vault and a destination of its replicas",
    (
        _fact("vault_id", "text", "ID of the vault"),
        _fact("vault_name", "text", "name of the vault"),
        _fact("destination_region", "text", "where its replicas go"),
        _fact("destination_vault_id", "text", "ID of the vault that they go to"),
        _fact("policy_name", "text", "the policy that replicates; missing if by hand"),
        _fact("enabled", "flag", "whether that policy runs"),
        _fact("backups", "integer", "good backups in the vault"),
        _fact("replicated", "integer", "of these, replicated there"),
        _fact("failed", "integer", "of these, not replicated as the last try failed"),
        _fact("newest_backup", "time", "when the newest good backup was made"),
        _fact("newest_replica", "time", "when the newest one that is there was made"),
        _fact("lag_hours", "number", "from the one to the other", unit="hours"),
        _fact("tags", "mapping", "tags of the vault: value by key"),
    ),
)
"""One row a vault and destination."""

AUDIT = Schema(
    "audit",
    "a control and a resource",
    (
        _fact("control", "text", "what is asked for"),
        _fact("outcome", "category", "how it is",
              values=("pass", "fail", "unknown", "not applicable")),
        _fact("resource_id", "text", "ID of the resource, vault or policy"),
        _fact("resource_name", "text", "its name"),
        _fact("seen", "text", "what was seen"),
        _fact("evidence", "text", "the question and the IDs that it was seen in"),
    ),
)  # fmt: skip
"""One row a control and resource."""
