"""How a vault looks on the wire, with its resources and tags."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.inventory.disks import megabytes
from cbr_notebook.simulator.vaults.vault_rows import VaultRow, VaultTagRow

PROVIDERS = {
    "server": "0daac4c5-6707-4851-97ba-169e36266b66",
    "disk": "d1603440-187d-4516-af25-121250c7cc97",
    "turbo": "3f3c3220-245c-4805-b811-758870015881",
    "vmware": "a13639de-00be-4e94-af30-26912d75e4a2",
    "workspace": "86a80900-71bf-4961-956a-d52df944f84a",
    "rds": "0daac4c5-6707-4851-97ba-169e36266b66",
    "file": "0daac4c5-6707-4851-97ba-169e36266b66",
}
"""The provider of each object type."""


class _Protected(NamedTuple):
    """A resource in its vault, as it is now."""

    vault_id: str
    resource_id: str
    type: str
    name: str
    auto_protect: int
    protect_status: str
    extra_info: str
    gone: int
    present_size_gb: int


class _Replicated(NamedTuple):
    """A resource whose replicas are in a vault, as the newest of them says."""

    vault_id: str
    resource_id: str
    resource_name: str
    resource_type: str
    resource_size_gb: int
    newest_at: int


class _Usage(NamedTuple):
    """What the backups of a resource take in a vault."""

    vault_id: str
    resource_id: str
    backups: int
    blocks: int


def spec_code(row: VaultRow) -> str:
    """Return the product's code, which follows from the vault's types."""
    if row.cloud_type == "hybrid":
        return "vault.hybrid.server.normal"
    if row.protect_type == "replication":
        return "vault.replication.server.normal"
    if row.consistent_level == "app_consistent":
        return "vault.backup.database.normal"
    names = {"disk": "volume", "turbo": "turbo", "rds": "rds"}
    return f"vault.backup.{names.get(row.object_type, 'server')}.normal"


def documents(engine: Engine, rows: Sequence[VaultRow]) -> list[dict[str, Any]]:
    """Return vaults as the service's documents of them; a few queries, however many vaults.

    What was written is kept until something changes: do not alter it.
    """
    if not rows:
        return []
    ids = [row.id for row in rows]
    written: list[dict[str, Any]] = engine.remember(
        ("vaults", tuple(ids)), lambda: _write(engine, rows, ids)
    )
    return written


def document(engine: Engine, row: VaultRow) -> dict[str, Any]:
    """Return one vault as the service's document of it."""
    return documents(engine, [row])[0]


def _write(engine: Engine, rows: Sequence[VaultRow], ids: list[str]) -> list[dict[str, Any]]:
    resources: dict[str, list[dict[str, Any]]] = defaultdict(list)
    usage = {(each.vault_id, each.resource_id): each for each in _usage(engine, ids)}
    for each in _resources(engine, ids):
        resources[each.vault_id].append(
            _resource(each, usage.get((each.vault_id, each.resource_id)))
        )
    for replica in _replicated(engine, ids):
        resources[replica.vault_id].append(
            _replicated_resource(replica, usage[replica.vault_id, replica.resource_id])
        )
    tags: dict[str, list[dict[str, str]]] = defaultdict(list)
    for tag in _tags(engine, ids):
        tags[tag.vault_id].append({"key": tag.key, "value": tag.value})
    return [_document(row, resources[row.id], tags[row.id]) for row in rows]


def _marks(ids: Sequence[str]) -> str:
    return ", ".join("?" * len(ids))


def _tags(engine: Engine, ids: Sequence[str]) -> list[VaultTagRow]:
    return engine.state.all_of(
        VaultTagRow,
        f"SELECT * FROM vault_tag WHERE vault_id IN ({_marks(ids)}) ORDER BY vault_id, position",
        *ids,
    )


def _resources(engine: Engine, ids: Sequence[str]) -> list[_Protected]:
    """Return the resources of vaults with their present sizes; disks grow, servers get more."""
    return engine.state.all_of(
        _Protected,
        "SELECT r.vault_id, r.resource_id, r.type, r.name, r.auto_protect, r.protect_status, "
        "r.extra_info, server.id IS NULL AND disk.id IS NULL AS gone, "
        "coalesce(disk.size_gb, (SELECT sum(size_gb) FROM attachment JOIN disk ON id = disk_id "
        "WHERE server_id = r.resource_id), r.size_gb) AS present_size_gb "
        "FROM vault_resource r LEFT JOIN server ON server.id = r.resource_id "
        "LEFT JOIN disk ON disk.id = r.resource_id "
        f"WHERE r.vault_id IN ({_marks(ids)}) ORDER BY r.vault_id, r.position",
        *ids,
    )


def _replicated(engine: Engine, ids: Sequence[str]) -> list[_Replicated]:
    """Return the resources whose replicas are in replication vaults, as the newest tells them."""
    return engine.state.all_of(
        _Replicated,
        "SELECT b.vault_id, b.resource_id, b.resource_name, b.resource_type, b.resource_size_gb, "
        "max(b.created_at) FROM backup b JOIN vault ON vault.id = b.vault_id "
        "WHERE vault.protect_type = 'replication' AND b.parent_id IS NULL "
        f"AND b.vault_id IN ({_marks(ids)}) AND b.status IN ('available', 'restoring', 'deleting') "
        "GROUP BY b.vault_id, b.resource_id ORDER BY min(b.created_at), b.resource_id",
        *ids,
    )


def _usage(engine: Engine, ids: Sequence[str]) -> list[_Usage]:
    """Count the backups of each resource in each vault, and the blocks that they take."""
    return engine.state.all_of(
        _Usage,
        "SELECT vault_id, resource_id, count(*) AS backups, "
        "sum(stored_blocks) AS blocks FROM backup INDEXED BY backup_usage "
        f"WHERE parent_id IS NULL AND vault_id IN ({_marks(ids)}) "
        "AND status IN ('available', 'restoring', 'deleting') GROUP BY vault_id, resource_id",
        *ids,
    )


def _resource(row: _Protected, usage: _Usage | None) -> dict[str, Any]:
    return {
        "id": row.resource_id,
        "type": row.type,
        "name": row.name,
        "auto_protect": bool(row.auto_protect),
        "size": row.present_size_gb,
        "backup_size": megabytes(usage.blocks) if usage else 0,
        "backup_count": usage.backups if usage else 0,
        "protect_status": "deleted" if row.gone else row.protect_status,
        "extra_info": json.loads(row.extra_info),
    }


def _replicated_resource(row: _Replicated, usage: _Usage) -> dict[str, Any]:
    """Return a resource of a replication vault: nothing is backed up there, and nothing chosen."""
    return {
        "id": row.resource_id,
        "type": row.resource_type,
        "name": row.resource_name,
        "auto_protect": True,
        "size": row.resource_size_gb,
        "backup_size": megabytes(usage.blocks),
        "backup_count": usage.backups,
        "protect_status": None,
    }


def _document(
    row: VaultRow, resources: list[dict[str, Any]], tags: list[dict[str, str]]
) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "resources": resources,
        "provider_id": row.provider_id,
        "created_at": clock.to_api_time(row.created_at),
        "project_id": row.project_id,
        "enterprise_project_id": row.enterprise_project_id,
        "auto_bind": bool(row.auto_bind),
        "bind_rules": json.loads(row.bind_rules),
        "auto_expand": bool(row.auto_expand),
        "smn_notify": bool(row.smn_notify),
        "threshold": row.threshold,
        "user_id": row.user_id,
        "billing": _billing(row, resources),
        "tags": tags,
        "backup_name_prefix": row.backup_name_prefix or None,
        "demand_billing": bool(row.demand_billing),
        "cbc_delete_count": 0,
        "frozen": row.status == "frozen",
        "availability_zone": row.availability_zone or "",
        "sys_lock_source_service": row.sys_lock_source_service,
        "supplier": "",
        "locked": bool(row.locked),
        "cross_account": False,
        "cross_account_urn": "",
    }


def _billing(row: VaultRow, resources: list[dict[str, Any]]) -> dict[str, Any]:
    replication = row.protect_type == "replication"
    return {
        "allocated": 0 if replication else sum(each["size"] for each in resources),
        "cloud_type": row.cloud_type,
        "consistent_level": row.consistent_level,
        "frozen_scene": None,
        "charging_mode": row.charging_mode,
        "order_id": row.order_id,
        "product_id": row.product_id,
        "protect_type": "hybrid" if row.cloud_type == "hybrid" else row.protect_type,
        "object_type": row.object_type,
        "spec_code": spec_code(row),
        "is_multi_az": bool(row.is_multi_az),
        "is_double_az": False,
        "used": megabytes(row.used_blocks),
        "storage_unit": None,
        "status": row.status,
        "size": row.size_gb,
        "partner_bp_id": None,
    }
