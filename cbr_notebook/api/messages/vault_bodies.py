"""What is sent about vaults, only what the caller gave, and what comes back."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from cbr_notebook.api.messages.records import Page, Record, Vault


class ResourceItem(msgspec.Struct, omit_defaults=True):
    """A resource to put into a vault.

    Attributes:
        id: the resource's ID.
        type: such as ``OS::Nova::Server``.
        name: its name, for the list of the vault.
        extra_info: which disks of a server are backed up: ``{"exclude_volumes": [ids]}`` or
            ``{"include_volumes": [{"id": id}]}``.
    """

    id: str
    type: str
    name: str | None = None
    extra_info: dict[str, Any] | None = None


class BillingCreate(msgspec.Struct):
    """What a new vault may hold, and how it is paid."""

    cloud_type: str
    consistent_level: str
    object_type: str
    protect_type: str
    size: int
    charging_mode: str | UnsetType = UNSET
    is_multi_az: bool | UnsetType = UNSET


class VaultCreate(msgspec.Struct):
    """A vault to create."""

    billing: BillingCreate
    name: str
    resources: list[ResourceItem]
    description: str | UnsetType = UNSET
    backup_policy_id: str | UnsetType = UNSET
    tags: list[dict[str, str]] | UnsetType = UNSET
    auto_expand: bool | UnsetType = UNSET
    auto_bind: bool | UnsetType = UNSET
    bind_rules: dict[str, Any] | UnsetType = UNSET
    threshold: int | UnsetType = UNSET
    backup_name_prefix: str | UnsetType = UNSET
    enterprise_project_id: str | UnsetType = UNSET
    smn_notify: bool | UnsetType = UNSET
    locked: bool | UnsetType = UNSET
    availability_zone: str | UnsetType = UNSET


class BillingUpdate(msgspec.Struct):
    """What of a vault's capacity shall change."""

    size: int | UnsetType = UNSET
    consistent_level: str | UnsetType = UNSET


class VaultUpdate(msgspec.Struct):
    """What of a vault shall change."""

    name: str | UnsetType = UNSET
    billing: BillingUpdate | UnsetType = UNSET
    auto_bind: bool | UnsetType = UNSET
    bind_rules: dict[str, Any] | UnsetType = UNSET
    auto_expand: bool | UnsetType = UNSET
    smn_notify: bool | UnsetType = UNSET
    threshold: int | UnsetType = UNSET
    locked: bool | UnsetType = UNSET


class VaultPage(Page, frozen=True, kw_only=True):
    """A page of vaults."""

    vaults: list[Vault]


class VaultAnswer(msgspec.Struct):
    """An answer of the service."""

    vault: Vault


class ChangedIds(msgspec.Struct):
    """The IDs of what was changed, under the name that the service has for the change."""

    add_resource_ids: list[str] = []
    remove_resource_ids: list[str] = []
    migrated_resources: list[str] = []
    set_resource_ids: list[str] = []
    updated_vaults_id: list[str] = []


class VaultSummary(Record, frozen=True):
    """All vaults together: ``size`` in GB, ``used_size`` in MB."""

    size: int | None = None
    used_size: int | None = None


class ShiftedExpiry(Record, frozen=True):
    """What a new expiry does; the work goes on as a task."""

    affected_backups_count: int | None = None
    new_expiration_day: str | None = None
    operation_log_id: str | None = None


class VaultApplied(msgspec.Struct):
    """An answer of the service."""

    vault_id: str
    policy_id: str | None = None


class VaultApplyAnswer(msgspec.Struct):
    """An answer of the service."""

    associate_policy: VaultApplied


def or_unset(value: Any) -> Any:
    """Return a value to send, or nothing to send for ``None``."""
    return UNSET if value is None else value
