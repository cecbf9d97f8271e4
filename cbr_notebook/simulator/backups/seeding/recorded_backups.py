"""Backups of a real account as their records tell them, for its twin; without their bytes."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid5

import msgspec

from cbr_notebook.simulator.backups.backup_making import SERVER_INFO
from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.core.state import State
from cbr_notebook.simulator.inventory import resources
from cbr_notebook.simulator.inventory.disks import Disks
from cbr_notebook.simulator.vaults.vault_rows import VaultRow

BLOCKS_IN_MB = 16
_FAMILY = UUID("9a0c7d52-3f1b-4c7e-8b56-0d1f2a3b4c5d")


class ToldDisk(msgspec.Struct, frozen=True):
    """One backed-up disk of a backup."""

    backup_id: str
    disk_id: str
    name: str
    size_gb: int
    system_disk: bool


class ToldBackup(msgspec.Struct, frozen=True):
    """A backup as its record tells it; times as the service writes them."""

    id: str
    name: str
    vault_id: str
    status: str
    resource_id: str
    resource_name: str
    resource_type: str
    size_gb: int
    created_at: str
    disks: tuple[ToldDisk, ...]
    """Of a server; empty for a disk or file system."""
    restore_point_id: str | None = None
    updated_at: str | None = None
    expired_at: str | None = None
    description: str = ""
    image_type: str = "backup"
    automatic: bool = False
    incremental: bool = False
    architecture: str | None = None
    stored_mb: int = 0
    """What it takes in its vault."""


def insert_told(engine: Engine, vault: VaultRow, told: ToldBackup) -> None:
    """Insert a backup without bytes into a vault; what it takes there is already counted."""
    _insert_restore_point(engine.state, vault, told)
    traits = {} if told.architecture is None else {"architecture": told.architecture}
    chain = {} if told.disks else _chain(engine, vault.id, told.resource_id)
    common = _common(vault, told)
    engine.state.insert(
        "backup",
        id=told.id,
        name=told.name,
        resource_id=told.resource_id,
        resource_name=told.resource_name,
        resource_type=told.resource_type,
        resource_size_gb=told.size_gb,
        extend_info=json.dumps(
            {**SERVER_INFO, **traits, "auto_trigger": told.automatic, "bootable": None}
        ),
        stored_blocks=told.stored_mb * BLOCKS_IN_MB,
        properties=json.dumps(traits),
        **common,
        **chain,
    )
    for disk in told.disks:
        info = {"bootable": disk.system_disk, "system_disk": disk.system_disk, "encrypted": False}
        engine.state.insert(
            "backup",
            id=disk.backup_id,
            parent_id=told.id,
            name=f"{told.name}_{disk.name}",
            resource_id=disk.disk_id,
            resource_name=disk.name,
            resource_type=resources.DISK,
            resource_size_gb=disk.size_gb,
            extend_info=json.dumps({**info, "auto_trigger": told.automatic}),
            **(common | _chain(engine, vault.id, disk.disk_id)),
        )


def _point(told: ToldBackup) -> str:
    """Return the ID of the restore point of a backup, also of one that names none."""
    return told.restore_point_id or str(uuid5(_FAMILY, f"restore point of {told.id}"))


def _insert_restore_point(state: State, vault: VaultRow, told: ToldBackup) -> None:
    """Insert the restore point of a backup, unless it is there."""
    point = _point(told)
    if not state.has("SELECT 1 FROM restore_point WHERE id = ?", point):
        state.insert(
            "restore_point",
            id=point,
            project_id=vault.project_id,
            vault_id=vault.id,
            status="available",
            created_at=clock.parse_time(told.created_at),
            name=told.name,
            automatic=told.automatic,
            resources="[]",
        )


def _common(vault: VaultRow, told: ToldBackup) -> dict[str, Any]:
    """Return the columns that a server's backup and those of its disks have alike."""
    created = clock.parse_time(told.created_at)
    return {
        "project_id": vault.project_id,
        "vault_id": vault.id,
        "restore_point_id": _point(told),
        "provider_id": vault.provider_id,
        "status": told.status,
        "image_type": told.image_type,
        "resource_az": resources.ZONE,
        "created_at": created,
        "updated_at": clock.parse_time(told.updated_at) if told.updated_at else created,
        "protected_at": created,
        "expired_at": clock.parse_time(told.expired_at) if told.expired_at else None,
        "automatic": told.automatic,
        "incremental": told.incremental,
        "description": told.description,
    }


def _chain(engine: Engine, vault_id: str, disk_id: str) -> dict[str, int]:
    """Return the columns of an empty chain; a disk that is gone has a store of nobody."""
    disks, row = Disks(engine), resources.find_disk(engine, disk_id)
    store = disks.new_store() if row is None else row.store
    return {"chain": disks.import_chain(vault_id, store, {}), "sequence": 0, "writes": 0}
