"""What an account uses and has: storage by resource, agents, features, organization policies."""

from __future__ import annotations

from dataclasses import dataclass

from cbr_notebook.api.messages.constants import RESOURCE_TYPES
from cbr_notebook.frames.column import Column
from cbr_notebook.frames.schema import Schema


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature and its value."""

    key: str
    value: object


@dataclass(frozen=True, slots=True)
class ReplicationTarget:
    """A region and one that it replicates to."""

    region: str
    destination_region: str


REPLICATION_TARGETS = Schema(
    "replication_targets",
    "a region to which another one replicates",
    (
        Column("region", "text", "region", "where backups are"),
        Column("destination_region", "text", "destination_region", "where replicas may go"),
    ),
)
"""One row a pair of regions."""

USAGE = Schema(
    "usage",
    "a resource with backups",
    (
        Column("resource_id", "text", "resource_id", "ID of the resource"),
        Column("resource_name", "text", "resource_name", "name of the resource"),
        Column("resource_type", "category", "resource_type", "its type", values=RESOURCE_TYPES),
        Column("backup_count", "integer", "backup_count", "how many backups it has"),
        Column("backup_size_mb", "integer", "backup_size", "what they take", unit="MB"),
        Column(
            "backup_size_multiaz_mb", "integer", "backup_size_multiaz",
            "what those in several zones take", unit="MB",
        ),
    ),
)  # fmt: skip
"""One row a resource."""

AGENTS = Schema(
    "agents",
    "an agent on a host of one's own",
    (
        Column("id", "text", "agent_id", "ID of the agent"),
        Column("host_name", "text", "host_name", "name of the host"),
        Column("host_ip", "text", "host_ip", "address of the host"),
        Column("host_os", "text", "host_os", "operating system of the host"),
        Column("status", "text", "status", "whether the agent is there"),
        Column("agent_version", "text", "agent_version", "its version"),
        Column(
            "paths", "integer", "paths", "how many paths are backed up",
            read=lambda record: len(record.paths or ()),
        ),
        Column("last_active_time", "time", "last_active_time", "when it was last heard of"),
        Column("created_at", "time", "created_at", "when it was registered"),
    ),
)  # fmt: skip
"""One row an agent."""

FEATURES = Schema(
    "features",
    "a feature of the service",
    (
        Column("key", "text", "key", "name of the feature"),
        Column("value", "text", "value", "its value, as text", read=lambda row: str(row.value)),
    ),
)
"""One row a feature."""

ORGANIZATION_POLICIES = Schema(
    "organization_policies",
    "a policy of an organization",
    (
        Column("id", "text", "id", "ID of the policy"),
        Column("name", "text", "name", "name of the policy"),
        Column(
            "operation_type", "category", "operation_type", "what it does",
            values=("backup", "replication"),
        ),
        Column("policy_name", "text", "policy_name", "name that it has in the projects"),
        Column("policy_enabled", "flag", "policy_enabled", "whether it runs"),
        Column("status", "text", "status", "whether it was deployed"),
        Column("effective_scope", "text", "effective_scope", "where it holds"),
        Column("domain_name", "text", "domain_name", "the account that it comes from"),
        Column("description", "text", "description", "description"),
    ),
)  # fmt: skip
"""One row a policy."""
