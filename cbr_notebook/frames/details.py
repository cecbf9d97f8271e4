"""What is inside vaults and policies, a row each: their resources and their rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cbr_notebook.api.messages.constants import RESOURCE_TYPES
from cbr_notebook.api.messages.records import Policy, Vault, VaultResource
from cbr_notebook.api.messages.statuses import PROTECT_STATUSES
from cbr_notebook.frames.column import Column
from cbr_notebook.frames.schema import Schema


@dataclass(frozen=True, slots=True)
class ResourceOfVault:
    """A resource with the vault that it is in."""

    vault: Vault
    resource: VaultResource


@dataclass(frozen=True, slots=True)
class RuleOfPolicy:
    """A recurrence rule with its policy."""

    policy: Policy
    rule: str


def resources_of(vaults: Iterable[Vault]) -> list[ResourceOfVault]:
    """Return the resources of vaults, vault by vault."""
    return [
        ResourceOfVault(vault, resource) for vault in vaults for resource in vault.resources or ()
    ]


def rules_of(policies: Iterable[Policy]) -> list[RuleOfPolicy]:
    """Return the rules of policies, policy by policy."""
    return [
        RuleOfPolicy(policy, rule)
        for policy in policies
        if policy.trigger and policy.trigger.properties
        for rule in policy.trigger.properties.pattern or ()
    ]


VAULT_RESOURCES = Schema(
    "vault_resources",
    "a resource in a vault",
    (
        Column("id", "text", "resource.id", "ID of the resource"),
        Column("name", "text", "resource.name", "name of the resource"),
        Column("type", "category", "resource.type", "its type", values=RESOURCE_TYPES),
        Column("size_gb", "integer", "resource.size", "its size", unit="GB"),
        Column("backup_size_mb", "integer", "resource.backup_size", "what its backups take",
               unit="MB"),
        Column("backup_count", "integer", "resource.backup_count", "how many backups it has"),
        Column(
            "protect_status", "category", "resource.protect_status", "what goes on with it",
            values=PROTECT_STATUSES,
        ),
        Column("auto_protect", "flag", "resource.auto_protect", "backed up by the vault's policy"),
        Column("vault_id", "text", "vault.id", "ID of the vault"),
        Column("vault_name", "text", "vault.name", "name of the vault"),
    ),
)  # fmt: skip
"""One row a resource of a vault."""


def _of_rule(name: str) -> Column:
    words = {"FREQ": "unit of its days", "BYDAY": "days of the week", "INTERVAL": "every so many"}

    def read(row: RuleOfPolicy) -> str | None:
        parts = dict(part.partition("=")[::2] for part in row.rule.split(";"))
        return parts.get(name)

    return Column(name.lower(), "text", "rule", words[name], read=read)


def _time(row: RuleOfPolicy) -> str | None:
    parts = dict(part.partition("=")[::2] for part in row.rule.split(";"))
    if "BYHOUR" not in parts:
        return None
    minutes = parts.get("BYMINUTE", "0").zfill(2)
    return ", ".join(f"{hour.zfill(2)}:{minutes}" for hour in parts["BYHOUR"].split(","))


POLICY_RULES = Schema(
    "policy_rules",
    "a recurrence rule of a policy",
    (
        Column("policy_id", "text", "policy.id", "ID of the policy"),
        Column("policy_name", "text", "policy.name", "name of the policy"),
        Column("enabled", "flag", "policy.enabled", "whether the policy runs"),
        Column("rule", "text", "rule", "the rule as the service has it"),
        _of_rule("FREQ"),
        _of_rule("BYDAY"),
        _of_rule("INTERVAL"),
        Column("times_utc", "text", "rule", "its times of day in UTC", read=_time),
    ),
)
"""One row a rule."""


@dataclass(frozen=True, slots=True)
class BackupsOfPoint:
    """A restore point, as the backups that were made together tell of it."""

    id: str
    vault_id: str | None
    created_at: str | None
    backups: int
    available: int
    resource_names: str


RESTORE_POINTS = Schema(
    "restore_points",
    "a restore point: backups made together",
    (
        Column("id", "text", "id", "ID of the restore point"),
        Column("vault_id", "text", "vault_id", "ID of the vault that it is in"),
        Column("created_at", "time", "created_at", "the moment of its first backup"),
        Column("backups", "integer", "backups", "how many backups it has"),
        Column("available", "integer", "available", "how many of them can be used"),
        Column("resource_names", "text", "resource_names", "what was backed up"),
    ),
)
"""One row a restore point."""
