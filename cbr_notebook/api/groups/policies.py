"""The operations on policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from cbr_notebook.api.groups import Group
from cbr_notebook.api.messages import validate
from cbr_notebook.api.messages.records import Page, Policy
from cbr_notebook.api.messages.recurrence import checked_rules
from cbr_notebook.errors import InvalidRequest

_PATH = "/v3/{project_id}/policies"
_LIMITS = {
    "max_backups": (-1, 99999),
    "retention_duration_days": (-1, 99999),
    "day_backups": (0, 100),
    "week_backups": (0, 100),
    "month_backups": (0, 100),
    "year_backups": (0, 100),
    "full_backup_interval": (-1, 100),
}
_MEMBERS = (
    *_LIMITS, "timezone", "destination_region", "destination_project_id", "enable_acceleration",
    "advanced_retention_rules", "start_window_minutes",
)  # fmt: skip


class PolicyPage(Page, frozen=True, kw_only=True):
    """All policies that match."""

    policies: list[Policy]


class _Answer(msgspec.Struct):
    policy: Policy


class _DefinitionOnly(msgspec.Struct):
    operation_definition: dict[str, Any] = {}


class _DefinitionAnswer(msgspec.Struct):
    policy: _DefinitionOnly


class _Create(msgspec.Struct):
    name: str
    operation_type: str
    operation_definition: dict[str, Any]
    enabled: bool
    trigger: dict[str, Any]


class _Update(msgspec.Struct):
    name: str | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    operation_definition: dict[str, Any] | UnsetType = UNSET
    trigger: dict[str, Any] | UnsetType = UNSET


def checked_definition(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a policy keeps, if its numbers are in range."""
    for key, value in values.items():
        validate.one_of(key, _MEMBERS, "definition")
        if key in _LIMITS:
            validate.within(value, *_LIMITS[key], key)
    if values.get("timezone") is not None:
        validate.time_zone(values["timezone"])
    long_term = ("day_backups", "week_backups", "month_backups", "year_backups")
    if any(values.get(key) for key in long_term) and not values.get("timezone"):
        raise InvalidRequest(
            "Long-term retention needs a time zone.",
            advice='Name one like timezone="UTC+01:00".',
            field="timezone",
        )
    return dict(values)


class Policies(Group):
    """Policies: when vaults are backed up or replicated, and how long backups are kept."""

    def list(
        self,
        *,
        operation_type: Literal["backup", "replication"] | None = None,
        vault_id: str | None = None,
    ) -> PolicyPage:
        """Return all policies.

        Args:
            operation_type: ``backup`` or ``replication``.
            vault_id: only policies applied to this vault.

        Raises:
            InvalidRequest: a filter has a value that the service does not know.

        API: Policy, "Querying the Policy List" (GET /v3/{project_id}/policies).
        """
        query = {
            "operation_type": validate.one_of(
                operation_type, ("backup", "replication"), "operation_type"
            ),
            "vault_id": vault_id,
        }
        return self._transport.get(_PATH, PolicyPage, query)

    def show(self, policy_id: str) -> Policy:
        """Return a policy.

        Raises:
            NotFound: there is none of this ID (BackupService.6000).

        API: Policy, "Querying a Policy" (GET /v3/{project_id}/policies/{policy_id}).
        """
        return self._transport.get(f"{_PATH}/{policy_id}", _Answer).policy

    def definition(self, policy_id: str) -> dict[str, Any]:
        """Return a policy's ``operation_definition`` with all its members, also unknown ones.

        Raises:
            NotFound: there is none of this ID (BackupService.6000).

        API: Policy, "Querying a Policy" (GET /v3/{project_id}/policies/{policy_id}).
        """
        answer = self._transport.get(f"{_PATH}/{policy_id}", _DefinitionAnswer)
        return answer.policy.operation_definition

    def create(
        self,
        name: str,
        *,
        pattern: Sequence[str],
        definition: Mapping[str, Any],
        operation_type: Literal["backup", "replication"] = "backup",
        enabled: bool = True,
    ) -> Policy:
        """Create a policy.

        Args:
            name: 1 to 64 letters, digits, ``_`` and ``-``.
            pattern: 1 to 24 recurrence rules, in UTC.
            definition: the service's members: ``max_backups``, ``retention_duration_days``,
                ``day_backups`` …, ``timezone``, ``full_backup_interval``,
                ``destination_region`` and ``destination_project_id``.
            operation_type: ``backup`` or ``replication``.
            enabled: whether it runs.

        Raises:
            InvalidRequest: a value or rule is not valid (BackupService.9900).
            QuotaExceeded: no more policies of this type (BackupService.6001).

        API: Policy, "Creating a Policy" (POST /v3/{project_id}/policies).
        """
        kept = checked_definition(definition)
        if operation_type == "replication":
            for member in ("destination_region", "destination_project_id"):
                if not kept.get(member):
                    raise InvalidRequest(
                        f"A replication policy needs a {member}.",
                        advice="Name in its definition the region and the project that replicas "
                        "go to: session.replication_targets() lists the regions.",
                        field=member,
                        code="BackupService.9900",
                    )
        wanted = _Create(
            name=validate.name(name),
            operation_type=operation_type,
            operation_definition=kept,
            enabled=enabled,
            trigger={"properties": {"pattern": checked_rules(pattern)}},
        )
        return self._transport.send("POST", _PATH, {"policy": wanted}, _Answer).policy

    def update(
        self,
        policy_id: str,
        *,
        name: str | None = None,
        pattern: Sequence[str] | None = None,
        definition: Mapping[str, Any] | None = None,
        enabled: bool | None = None,
    ) -> Policy:
        """Change a policy; what is left out stays, a new definition replaces the old one.

        Raises:
            NotFound: there is none of this ID (BackupService.6000).
            InvalidRequest: a value or rule is not valid (BackupService.9900).
            Conflict: the destination of an applied policy is fixed (BackupService.6003).

        API: Policy, "Modifying a Policy" (PUT /v3/{project_id}/policies/{policy_id}).
        """
        trigger: dict[str, Any] | UnsetType = UNSET
        if pattern is not None:
            trigger = {"properties": {"pattern": checked_rules(pattern)}}
        change = _Update(
            name=UNSET if name is None else validate.name(name),
            enabled=UNSET if enabled is None else enabled,
            operation_definition=UNSET if definition is None else checked_definition(definition),
            trigger=trigger,
        )
        if change == _Update():
            raise InvalidRequest("Nothing is to be changed.", advice="Name what shall change.")
        path = f"{_PATH}/{policy_id}"
        return self._transport.send("PUT", path, {"policy": change}, _Answer, read_back=True).policy

    def delete(self, policy_id: str) -> None:
        """Delete a policy; it leaves its vaults, and backups stay.

        Raises:
            NotFound: there is none of this ID (BackupService.6000).

        API: Policy, "Deleting a Policy" (DELETE /v3/{project_id}/policies/{policy_id}).
        """
        self._transport.send("DELETE", f"{_PATH}/{policy_id}", None, type(None))
