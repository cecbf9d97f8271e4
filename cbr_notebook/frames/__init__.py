"""From records to DataFrames: one documented schema a resource."""

from __future__ import annotations

from cbr_notebook.frames.account import (
    AGENTS,
    FEATURES,
    ORGANIZATION_POLICIES,
    REPLICATION_TARGETS,
    USAGE,
)
from cbr_notebook.frames.backups import BACKUPS
from cbr_notebook.frames.column import Column
from cbr_notebook.frames.details import POLICY_RULES, RESTORE_POINTS, VAULT_RESOURCES
from cbr_notebook.frames.fleet import (
    CHANGED,
    CHANGES_BY_DAY,
    GROWTH,
    GROWTH_BY_DAY,
    OVERVIEW,
    PROBLEMS,
    RECORDS,
    SYNCED,
)
from cbr_notebook.frames.members import MEMBERS
from cbr_notebook.frames.policies import POLICIES
from cbr_notebook.frames.reports import (
    CAPACITY,
    CHANGED_DATA,
    FAILURES,
    GAPS,
    RECOVERY_POINTS,
    SCHEDULE,
    SUSPICION,
    UNPROTECTED,
)
from cbr_notebook.frames.resources import RESOURCES
from cbr_notebook.frames.restores import RESTORES
from cbr_notebook.frames.retention import (
    AUDIT,
    COST,
    ORPHANS,
    REPLICATION,
    RETENTION_PREVIEW,
    VAULT_POLICIES,
    WHAT_IF,
)
from cbr_notebook.frames.schema import Schema
from cbr_notebook.frames.tags import TAGS
from cbr_notebook.frames.tasks import TASKS
from cbr_notebook.frames.vaults import VAULTS

SCHEMAS = {
    each.name: each
    for each in (
        VAULTS, VAULT_RESOURCES, BACKUPS, TASKS, POLICIES, POLICY_RULES, RESOURCES, MEMBERS, TAGS,
        UNPROTECTED, CAPACITY, RECOVERY_POINTS, GAPS, CHANGED_DATA, SUSPICION, FAILURES, SCHEDULE,
        USAGE, AGENTS, FEATURES, ORGANIZATION_POLICIES, REPLICATION_TARGETS, RESTORE_POINTS,
        RESTORES, VAULT_POLICIES, RETENTION_PREVIEW, WHAT_IF, ORPHANS, COST, REPLICATION, AUDIT,
        PROBLEMS, OVERVIEW, SYNCED, RECORDS, CHANGED, CHANGES_BY_DAY, GROWTH, GROWTH_BY_DAY,
    )
}  # fmt: skip
"""Every schema by its name."""

__all__ = [
    "AGENTS",
    "AUDIT",
    "BACKUPS",
    "CAPACITY",
    "CHANGED",
    "CHANGED_DATA",
    "CHANGES_BY_DAY",
    "COST",
    "FAILURES",
    "FEATURES",
    "GAPS",
    "GROWTH",
    "GROWTH_BY_DAY",
    "MEMBERS",
    "ORGANIZATION_POLICIES",
    "ORPHANS",
    "POLICIES",
    "POLICY_RULES",
    "PROBLEMS",
    "RECOVERY_POINTS",
    "REPLICATION",
    "REPLICATION_TARGETS",
    "RESOURCES",
    "RESTORES",
    "RESTORE_POINTS",
    "RETENTION_PREVIEW",
    "SCHEDULE",
    "SCHEMAS",
    "SUSPICION",
    "SYNCED",
    "TAGS",
    "TASKS",
    "UNPROTECTED",
    "USAGE",
    "VAULTS",
    "VAULT_POLICIES",
    "VAULT_RESOURCES",
    "WHAT_IF",
    "Column",
    "Schema",
]
