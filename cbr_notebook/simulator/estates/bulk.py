"""Histories that are written rather than lived: many backups at once, as if they had been made."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from cbr_notebook.simulator import clock
from cbr_notebook.simulator.engine import Engine


@dataclass(frozen=True, slots=True)
class PastBackup:
    """An automatic backup of a server, long since made; it holds no bytes of its own."""

    id: str
    restore_point_id: str
    name: str
    created_at: int
    resource_id: str
    resource_name: str
    resource_size_gb: int
    vault_id: str
    project_id: str
    provider_id: str
    resource_type: str = "OS::Nova::Server"
    protected_at: int | None = None
    updated_at: int | None = None
    extend_info: str | None = None


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
ZONE = "br-iaas-odin1a"


def insert_backups(engine: Engine, backups: Iterable[PastBackup]) -> None:
    """Write backups and their restore points into the state."""
    rows = list(backups)
    engine.state.run_many(
        "INSERT INTO backup (id, project_id, vault_id, restore_point_id, name, status, "
        "provider_id, resource_id, resource_name, resource_type, resource_size_gb, resource_az, "
        "created_at, protected_at, updated_at, automatic, incremental, extend_info) "
        "VALUES (?, ?, ?, ?, ?, 'available', ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 1, ?)",
        (
            (
                each.id,
                each.project_id,
                each.vault_id,
                each.restore_point_id,
                each.name,
                each.provider_id,
                each.resource_id,
                each.resource_name,
                each.resource_type,
                each.resource_size_gb,
                ZONE,
                each.created_at,
                each.protected_at or each.created_at + 25_057_047,
                each.updated_at or each.created_at + 359_553_255,
                each.extend_info or _SERVER_TEXT,
            )
            for each in rows
        ),
    )
    engine.state.run_many(
        "INSERT OR IGNORE INTO restore_point (id, project_id, vault_id, status, created_at, name, "
        "automatic, resources) VALUES (?, ?, ?, 'available', ?, ?, 1, '[]')",
        (
            (each.restore_point_id, each.project_id, each.vault_id, each.created_at, each.name)
            for each in rows
        ),
    )


def moment(text: str) -> int:
    """Read a time as it stands in the reference."""
    return clock.parse(text)
