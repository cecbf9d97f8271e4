"""A history that is written rather than lived: many backups of a server at once.

They are what they would have become if each had been made in its time: a chain of which every
backup can be restored or deleted, with what is stored counted in the vault.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from cbr_notebook.simulator.backups.backup_making import SERVER_INFO
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.core.state import State, type_of_cell
from cbr_notebook.simulator.inventory import resources
from cbr_notebook.simulator.inventory.disks import Disks
from cbr_notebook.simulator.inventory.inventory_rows import DiskRow, ServerRow
from cbr_notebook.simulator.inventory.resources import Resource
from cbr_notebook.simulator.vaults import vaults
from cbr_notebook.simulator.vaults.vault_rows import VaultRow

PROTECTED_AFTER = 25_057_047
UPDATED_AFTER = 359_553_255
"""Microseconds; of the reference's own sample."""

_SERVER_TEXT = json.dumps(SERVER_INFO)

_FAMILY = UUID("4f1d3c8e-7a52-4b60-9d3e-2c6b8f0a1e57")
"""What IDs are derived from that nobody reads: drawn ones would move all that come later."""

Columns = dict[str, type_of_cell]


@dataclass(frozen=True, slots=True)
class PastBackup:
    """An automatic backup of a server, long since made; times in microseconds since 1970."""

    id: str
    restore_point_id: str
    name: str
    created_at: int
    protected_at: int | None = None
    updated_at: int | None = None
    extend_info: str | None = None


def insert_backups(
    engine: Engine, vault: VaultRow, server_id: str, backups: Sequence[PastBackup]
) -> None:
    """Insert backups of a server with one disk into a vault.

    The first holds what is on the disk now; each later one, one more changed block. In the
    end the disk holds what the last one does.

    Args:
        engine: of the cloud.
        vault: where the backups are.
        server_id: the server.
        backups: the oldest first.
    """
    resource = resources.find_resource(engine, vault.project_id, server_id)
    ((disk, device, _),) = resources.disks_of(engine, server_id)
    assert isinstance(resource.row, ServerRow)
    chain, _, writes, stored = Disks(engine).back_up(disk.store, vault.id, incremental=False)
    Disks(engine).store_one_block_each(disk.store, chain, len(backups))
    properties = json.dumps(resources.server_then(resource.row))
    server = {**_columns_of(resource, properties), "chain": None, "sequence": None, "writes": None}
    child = _columns_of(disk, json.dumps({"device": device}))
    rows = []
    for sequence, each in enumerate(backups):
        common = _common(vault, resource.zone, each) | {
            "incremental": sequence > 0,
            "stored_blocks": 1 if sequence else stored,
        }
        part = child | {"chain": chain, "sequence": sequence, "writes": writes}
        rows += [common | server | _whole(each), common | part | _part(each, disk.name)]
    _insert_rows(engine.state, rows)
    _insert_restore_points(engine.state, vault, backups)
    vaults.add_used(engine, vault.id, stored + len(backups) - 1)


def _columns_of(resource: Resource | DiskRow, properties: str) -> Columns:
    """Return the columns that tell of what a backup is."""
    return {
        "resource_id": resource.id,
        "resource_name": resource.name,
        "resource_type": resource.type,
        "resource_size_gb": resource.size_gb,
        "properties": properties,
    }


def _common(vault: VaultRow, zone: str, backup: PastBackup) -> Columns:
    """Return the columns that a server's backup and that of its disk have alike."""
    return {
        "project_id": vault.project_id,
        "vault_id": vault.id,
        "provider_id": vault.provider_id,
        "status": "available",
        "resource_az": zone,
        "automatic": 1,
        "restore_point_id": backup.restore_point_id,
        "created_at": backup.created_at,
        "updated_at": backup.updated_at or backup.created_at + UPDATED_AFTER,
    }


def _whole(backup: PastBackup) -> Columns:
    """Return the columns of a server's backup that its disk's has otherwise."""
    return {
        "id": backup.id,
        "parent_id": None,
        "name": backup.name,
        "protected_at": backup.protected_at or backup.created_at + PROTECTED_AFTER,
        "extend_info": backup.extend_info or _SERVER_TEXT,
    }


def _part(backup: PastBackup, disk_name: str) -> Columns:
    """Return the columns of the backup of the disk that the server's has otherwise."""
    return {
        "id": str(uuid5(_FAMILY, backup.id)),
        "parent_id": backup.id,
        "name": f"{backup.name}_{disk_name}",
        "protected_at": None,
        "extend_info": _disk_info(str(uuid5(_FAMILY, f"snapshot of {backup.id}"))),
    }


def _insert_rows(state: State, rows: Sequence[Columns]) -> None:
    columns = tuple(rows[0])
    state.run_many(
        f"INSERT INTO backup ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
        (tuple(row[column] for column in columns) for row in rows),
    )


def _insert_restore_points(state: State, vault: VaultRow, backups: Sequence[PastBackup]) -> None:
    state.run_many(
        "INSERT INTO restore_point (id, project_id, vault_id, status, created_at, name, "
        "automatic, resources) VALUES (?, ?, ?, 'available', ?, ?, 1, '[]')",
        (
            (each.restore_point_id, vault.project_id, vault.id, each.created_at, each.name)
            for each in backups
        ),
    )


def _disk_info(snapshot_id: str) -> str:
    return json.dumps(
        {
            "auto_trigger": True,
            "bootable": True,
            "os_images_data": None,
            "progress": 100,
            "snapshot_id": snapshot_id,
            "support_lld": False,
            "supported_restore_mode": "na",
            "system_disk": True,
            "encrypted": False,
        }
    )
