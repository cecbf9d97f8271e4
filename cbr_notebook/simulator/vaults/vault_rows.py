"""Vaults and their resources as their tables hold them; other rooms get these."""

from __future__ import annotations

from typing import NamedTuple


class VaultRow(NamedTuple):
    """A row of ``vault``; times in microseconds, ``bind_rules`` and ``properties`` JSON."""

    id: str
    project_id: str
    name: str
    description: str | None
    provider_id: str
    created_at: int
    updated_at: int
    user_id: str
    enterprise_project_id: str
    status: str
    size_gb: int
    object_type: str
    protect_type: str
    consistent_level: str
    cloud_type: str
    charging_mode: str
    order_id: str | None
    product_id: str | None
    is_multi_az: int
    auto_bind: int
    bind_rules: str
    auto_expand: int
    smn_notify: int
    threshold: int
    backup_name_prefix: str
    demand_billing: int
    locked: int
    availability_zone: str | None
    sys_lock_source_service: str
    used_blocks: int
    properties: str


class VaultResourceRow(NamedTuple):
    """A row of ``vault_resource``, a resource in its vault; ``extra_info`` is JSON."""

    vault_id: str
    resource_id: str
    type: str
    name: str
    size_gb: int
    extra_info: str
    protect_status: str
    auto_protect: int
    added_at: int
    position: int


class VaultTagRow(NamedTuple):
    """A row of ``vault_tag``."""

    vault_id: str
    key: str
    value: str
    position: int
