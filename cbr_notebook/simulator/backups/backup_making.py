"""Backups while they are made: begun, with the disks' content captured, and ended well or badly."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from cbr_notebook.simulator.backups import backups
from cbr_notebook.simulator.backups.backup_orders import Order, choice_of
from cbr_notebook.simulator.backups.backup_rows import BackupRow
from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.inventory import resources
from cbr_notebook.simulator.inventory.disks import Disks
from cbr_notebook.simulator.inventory.inventory_rows import DiskRow, ServerRow
from cbr_notebook.simulator.inventory.resources import Resource
from cbr_notebook.simulator.tasks import tasks
from cbr_notebook.simulator.vaults import vault_resources, vaults
from cbr_notebook.simulator.vaults.vault_rows import VaultResourceRow, VaultRow

SERVER_INFO: Mapping[str, Any] = {
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
"""What every backup of a server tells of itself, unless it is otherwise."""

PROTECTED_AFTER = 25
"""Seconds until a backup's data is safe, though its record is not complete yet."""


def duration(size_gb: int, *, incremental: bool) -> float:
    """Return the seconds that a backup takes."""
    return 60 + 1.2 * size_gb if incremental else 90 + 2.4 * size_gb


def begin(
    engine: Engine,
    vault: VaultRow,
    point_id: str,
    resource: Resource,
    entry: VaultResourceRow,
    name: str,
    order: Order,
) -> None:
    """Begin the backup of one resource: capture its disks and plan its end."""
    backup_id = engine.state.new_id("backup")
    captured = _capture(engine, vault, resource, entry, order)
    incremental = all(each.sequence > 0 for each in captured)
    size = sum(each.disk.size_gb for each in captured)
    traits = resources.properties(resource.row)
    stored = sum(each.blocks for each in captured) + 16 * int(traits.get("unseen_mb", 0))
    seconds = traits.get("backup_seconds") or duration(size, incremental=incremental)
    common = _common(engine, vault, order) | {
        "restore_point_id": point_id,
        "resource_az": resource.zone,
        "incremental": incremental,
    }
    whole: dict[str, Any] = {"id": backup_id, "name": name, "description": order.description or ""}
    if resource.type != resources.DISK:  # of a disk's own backup, the service does not tell it
        protected = min(PROTECTED_AFTER, seconds)
        whole["protected_at"] = engine.now() + int(protected * clock.MICROSECONDS)
    if isinstance(resource.row, ServerRow):
        whole |= {"resource_size_gb": size, "stored_blocks": stored}
        _insert_server(engine, vault, resource.row, captured, order, **common, **whole)
        for each in captured:
            part = {"id": engine.state.new_id("backup"), "parent_id": backup_id,
                    "name": f"{name}_{each.disk.name}", "description": ""}  # fmt: skip
            _insert_disk(engine, vault, each, order, of_server=True, **common, **part)
    else:
        _insert_disk(engine, vault, captured[0], order, of_server=False, **common, **whole)
    vaults.add_used(engine, vault.id, stored)
    vault_resources.set_protect_status(engine, resource.id, "protecting")
    told = {"backup_id": backup_id, "backup_name": name,
            "incremental": "true" if incremental else "false"}  # fmt: skip
    tasks.begin(
        engine,
        "backup",
        project_id=vault.project_id,
        seconds=seconds,
        finish="backup_finished",
        subject=backup_id,
        request_id=order.request_id,
        extra={"backup": {**told, **_consistency(vault, traits)}},
        restore_point_id=point_id,
        policy_id=order.policy_id,
        resource_id=resource.id,
        resource_name=resource.name,
        resource_type=resource.type,
        **vaults.told_by_tasks(vault),
    )


def _common(engine: Engine, vault: VaultRow, order: Order) -> dict[str, Any]:
    """Return the columns that all backups have alike that an order begins now in a vault."""
    return {
        "project_id": vault.project_id,
        "vault_id": vault.id,
        "status": "protecting",
        "created_at": engine.now(),
        "updated_at": engine.now(),
        "expired_at": order.expires_at,
        "automatic": order.automatic,
        "policy_id": order.policy_id,
        "provider_id": vault.provider_id,
        "enterprise_project_id": vault.enterprise_project_id,
    }


class _Captured(NamedTuple):
    """A disk whose content has been stored: see :meth:`Disks.back_up`."""

    disk: DiskRow
    place: dict[str, str]
    """Where it is attached."""
    chain: int
    sequence: int
    writes: int
    blocks: int


def _capture(
    engine: Engine, vault: VaultRow, resource: Resource, entry: VaultResourceRow, order: Order
) -> list[_Captured]:
    """Store what the disks of a resource hold now: a server's chosen ones, or the one it is."""
    disks: list[tuple[DiskRow, dict[str, str]]]
    if isinstance(resource.row, ServerRow):
        attached = vault_resources.chosen_disks(engine, resource.id, choice_of(entry, order))
        disks = [(each.disk, {"device": each.device}) for each in attached]
    else:
        disks = [(resources.disk(engine, resource.id), {})]
    stores = Disks(engine)
    return [
        _Captured(disk, place, *stores.back_up(disk.store, vault.id, incremental=order.incremental))
        for disk, place in disks
    ]


def _insert_server(
    engine: Engine,
    vault: VaultRow,
    server: ServerRow,
    captured: Sequence[_Captured],
    order: Order,
    **columns: Any,
) -> None:
    """Insert the backup of a server; those of its disks are its parts."""
    info = _server_info(vault, server, [each.disk for each in captured], order)
    engine.state.insert(
        "backup",
        resource_id=server.id,
        resource_name=server.name,
        resource_type=server.type,
        extend_info=json.dumps(info),
        properties=json.dumps(resources.server_then(server)),
        **columns,
    )


def _insert_disk(
    engine: Engine,
    vault: VaultRow,
    captured: _Captured,
    order: Order,
    *,
    of_server: bool,
    **columns: Any,
) -> None:
    """Insert the backup of one disk or file system, which may be a part of a server's."""
    disk = captured.disk
    engine.state.insert(
        "backup",
        resource_id=disk.id,
        resource_name=disk.name,
        resource_type=disk.type,
        resource_size_gb=disk.size_gb,
        extend_info=json.dumps(_disk_info(engine, vault, disk, order, of_server=of_server)),
        chain=captured.chain,
        sequence=captured.sequence,
        writes=captured.writes,
        stored_blocks=captured.blocks,
        properties=json.dumps(captured.place),
        **columns,
    )


def _server_info(
    vault: VaultRow, server: ServerRow, disks: Sequence[DiskRow], order: Order
) -> dict[str, Any]:
    info: dict[str, Any] = {
        **SERVER_INFO,
        "auto_trigger": order.automatic,
        "is_multi_az": bool(vault.is_multi_az),
        "encrypted_algorithm": None,
        "is_dec": False,
        "app_consistency": None,
        "contain_system_disk": any(disk.bootable for disk in disks),
        "encrypted": any(disk.encrypted for disk in disks),
        "architecture": server.architecture,
    }
    if vault.consistent_level == "app_consistent":
        reached = _consistency(vault, resources.properties(server))
        consistent = reached["app_consistency_status"] == "0"
        info["app_consistency"] = {"app_consistency": "1" if consistent else "0", **reached}
    return info


def _consistency(vault: VaultRow, traits: Mapping[str, Any]) -> dict[str, str]:
    """Return what a backup says of its consistency; without an agent, disks are backed up alone."""
    offline = traits.get("agent") == resources.AGENT_OFFLINE
    if vault.consistent_level != "app_consistent" or not offline:
        status, code, message = "0", "0", ""
    else:
        status, code = "1", resources.AGENT_OFFLINE_CODE
        message = resources.AGENT_OFFLINE_MESSAGE
    return {
        "app_consistency_status": status,
        "app_consistency_error_code": code,
        "app_consistency_error_message": message,
    }


def _disk_info(
    engine: Engine, vault: VaultRow, disk: DiskRow, order: Order, *, of_server: bool
) -> dict[str, Any]:
    return {
        "auto_trigger": order.automatic,
        "bootable": bool(disk.bootable),
        "os_images_data": None,
        "progress": 100,
        "snapshot_id": engine.state.new_id("snapshot"),
        "support_lld": False,
        "supported_restore_mode": "na" if of_server else None,
        "system_disk": bool(disk.bootable),
        "is_multi_az": bool(vault.is_multi_az),
        "encrypted_algorithm": None,
        "is_dec": False,
        "app_consistency": None,
        "encrypted": bool(disk.encrypted),
    }


def _finished(engine: Engine, task_id: str, _: dict[str, Any]) -> None:
    task = tasks.find(engine, task_id)
    backup = backups.by_id(engine, task.subject)
    assert backup is not None
    problem = _failure(engine, backup)
    if problem is None:
        _set_status(engine, backup.id, "available")
        tasks.succeed(engine, task_id)
    else:
        _give_up(engine, backup)
        tasks.fail(engine, task_id, problem)
    vault_resources.set_protect_status(
        engine, backup.resource_id, "available" if problem is None else "error"
    )
    _conclude(engine, backup.restore_point_id)
    if backup.automatic:
        engine.scheduler.at(clock.next_hour(engine.now()), "clean_up", backup.vault_id)


def _failure(engine: Engine, backup: BackupRow) -> str | None:
    """Return the code with which a running backup fails, if its machine makes it fail."""
    resource_id = backup.resource_id
    row = resources.find_server(engine, resource_id) or resources.find_disk(engine, resource_id)
    code = None if row is None else resources.properties(row).get("backup_fails")
    return str(code) if code else None


def _set_status(engine: Engine, backup_id: str, status: str) -> None:
    engine.state.run(
        "UPDATE backup SET status = ?1, updated_at = ?2 WHERE id = ?3 OR parent_id = ?3",
        status,
        engine.now(),
        backup_id,
    )


def _give_up(engine: Engine, backup: BackupRow) -> None:
    """Mark a backup as failed and let go of what it stored."""
    _set_status(engine, backup.id, "error")
    freed = 0
    for each in [backup, *backups.children(engine, backup.id)]:
        if each.place is not None:
            freed += Disks(engine).forget(*each.place)[0]
            engine.state.update("backup", each.id, chain=None, sequence=None, stored_blocks=0)
    engine.state.update("backup", backup.id, stored_blocks=0)
    vaults.add_used(engine, backup.vault_id, -freed)


def _conclude(engine: Engine, point_id: str) -> None:
    """Set a restore point's final status once all of its backups have theirs."""
    statuses = engine.state.column(
        "SELECT status FROM backup WHERE restore_point_id = ? AND parent_id IS NULL", point_id
    )
    if "protecting" in statuses:
        return
    good = any(status in ("available", "restoring") for status in statuses)
    engine.state.update("restore_point", point_id, status="available" if good else "error")


EVENTS = {"backup_finished": _finished}
