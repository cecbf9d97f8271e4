"""A history that is written rather than lived: many backups of a server at once.

They are what they would have become if each had been made in its time: a chain of which every
backup can be restored or deleted, with what is stored counted in the vault.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.core.state import type_of_cell
from cbr_notebook.simulator.inventory import resources
from cbr_notebook.simulator.inventory.disks import Disks
from cbr_notebook.simulator.inventory.inventory_rows import ServerRow
from cbr_notebook.simulator.vaults import vaults
from cbr_notebook.simulator.vaults.vault_rows import VaultRow

PROTECTED_AFTER = 25_057_047
UPDATED_AFTER = 359_553_255
"""Microseconds; of the reference's own sample."""

SERVER_INFO = {
    "auto_trigger": True,
    "bootable": None,
    "os_images_data": None,
    "progress": None,
    "snapshot_id": None,
    "support_lld": False,
    "supported_restore_mode": "backup",
    "system_disk": False,
    "contain_system_disk": True,
    "architecture": "x86_64",
}
_SERVER_TEXT = json.dumps(SERVER_INFO)


_FAMILY = UUID("4f1d3c8e-7a52-4b60-9d3e-2c6b8f0a1e57")
"""What IDs are derived from that nobody reads: drawn ones would move all that come later."""


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
    """Write backups of a server with one disk into a vault.

    The first holds what is on the disk now; each later one, one more changed block. In the
    end the disk holds what the last one does.

    Args:
        engine: of the cloud.
        vault: where the backups are.
        server_id: the server.
        backups: the oldest first.
    """
    state = engine.state
    resource = resources.find_resource(engine, vault.project_id, server_id)
    ((disk, device, _),) = resources.disks_of(engine, server_id)
    assert isinstance(resource.row, ServerRow)
    chain, _, writes, stored = Disks(engine).back_up(disk.store, vault.id, incremental=False)
    Disks(engine).store_one_block_each(disk.store, chain, len(backups))
    common: dict[str, type_of_cell] = {
        "project_id": vault.project_id,
        "vault_id": vault.id,
        "provider_id": vault.provider_id,
        "status": "available",
        "resource_az": resource.zone,
        "automatic": 1,
    }
    server: dict[str, type_of_cell] = {
        "resource_id": resource.id,
        "resource_name": resource.name,
        "resource_type": resource.type,
        "resource_size_gb": resource.size_gb,
        "properties": json.dumps(resources.server_then(resource.row)),
    }
    child: dict[str, type_of_cell] = {
        "resource_id": disk.id,
        "resource_name": disk.name,
        "resource_type": disk.type,
        "resource_size_gb": disk.size_gb,
        "properties": json.dumps({"device": device}),
    }
    rows = []
    for sequence, each in enumerate(backups):
        made: dict[str, type_of_cell] = {
            "restore_point_id": each.restore_point_id,
            "created_at": each.created_at,
            "updated_at": each.updated_at or each.created_at + UPDATED_AFTER,
            "incremental": sequence > 0,
            "stored_blocks": 1 if sequence else stored,
        }
        whole: dict[str, type_of_cell] = {
            "id": each.id,
            "parent_id": None,
            "name": each.name,
            "protected_at": each.protected_at or each.created_at + PROTECTED_AFTER,
            "extend_info": each.extend_info or _SERVER_TEXT,
            "chain": None,
            "sequence": None,
            "writes": None,
        }
        part: dict[str, type_of_cell] = {
            "id": str(uuid5(_FAMILY, each.id)),
            "parent_id": each.id,
            "name": f"{each.name}_{disk.name}",
            "protected_at": None,
            "extend_info": _disk_info(str(uuid5(_FAMILY, f"snapshot of {each.id}"))),
            "chain": chain,
            "sequence": sequence,
            "writes": writes,
        }
        rows += [common | server | made | whole, common | child | made | part]
    columns = tuple(rows[0])
    state.run_many(
        f"INSERT INTO backup ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
        (tuple(row[column] for column in columns) for row in rows),
    )
    state.run_many(
        "INSERT INTO restore_point (id, project_id, vault_id, status, created_at, name, "
        "automatic, resources) VALUES (?, ?, ?, 'available', ?, ?, 1, '[]')",
        (
            (each.restore_point_id, vault.project_id, vault.id, each.created_at, each.name)
            for each in backups
        ),
    )
    vaults.add_used(engine, vault.id, stored + len(backups) - 1)


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
