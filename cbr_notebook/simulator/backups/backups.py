"""Backups: how they look, and how they are found, renamed and deleted."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from cbr_notebook.simulator.backups import replication_records
from cbr_notebook.simulator.backups.backup_rows import BackupRow
from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.inventory.disks import Disks
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.fields import Name
from cbr_notebook.simulator.protocol.request_context import RequestContext, identifier
from cbr_notebook.simulator.protocol.routes import Response, Routes
from cbr_notebook.simulator.tasks import tasks
from cbr_notebook.simulator.tasks.task_rows import TaskColumns
from cbr_notebook.simulator.vaults import vaults

DELETE_SECONDS = 10


_PATH = "/v3/{project_id}/backups/{backup_id}"
ROUTES = Routes("Backup")


class BackupUpdate(msgspec.Struct):
    """What changes in a backup."""

    name: Name


class BackupUpdateReq(msgspec.Struct):
    """The body of "Modifying a Backup"."""

    backup: BackupUpdate


def find(engine: Engine, project_id: str, backup_id: str) -> BackupRow:
    """Return a backup that a project owns, or that was shared with it; 6200 when there is none."""
    row = by_id(engine, backup_id)
    if row is None:
        raise ApiError("6200")
    if row.project_id == project_id:
        return row
    shared = engine.state.has(
        "SELECT 1 FROM member WHERE backup_id = ? AND dest_project_id = ?",
        row.parent_id or row.id,
        project_id,
    )
    if not shared:
        raise ApiError("6200")
    return row


def of_call(context: RequestContext) -> BackupRow:
    """Return the backup that a request's path names; 9900 or 6200 when there is none."""
    return find(context.engine, context.caller.project_id, identifier(context, "backup_id"))


def by_id(engine: Engine, backup_id: str) -> BackupRow | None:
    """Return a backup of any project; ``None`` when there is none."""
    return engine.state.one_of(BackupRow, "SELECT * FROM backup WHERE id = ?", backup_id)


def in_vault(
    engine: Engine, vault_id: str, resource_id: str | None = None, status: str | None = None
) -> list[BackupRow]:
    """Return the backups in a vault without those of servers' disks, the oldest first.

    Args:
        engine: of the cloud.
        vault_id: the vault.
        resource_id: of this resource only.
        status: in this status only.
    """
    return engine.state.all_of(
        BackupRow,
        "SELECT * FROM backup WHERE vault_id = ?1 AND parent_id IS NULL "
        "AND (?2 IS NULL OR resource_id = ?2) AND (?3 IS NULL OR status = ?3) "
        "ORDER BY created_at, id",
        vault_id,
        resource_id,
        status,
    )


def has_image(engine: Engine, backup_id: str) -> bool:
    """Return whether an image was made of a backup, which keeps it."""
    return engine.state.has("SELECT 1 FROM image WHERE backup_id = ?", backup_id)


def children(engine: Engine, backup_id: str) -> list[BackupRow]:
    """Return the backups of the disks of a server's backup."""
    return engine.state.all_of(
        BackupRow, "SELECT * FROM backup WHERE parent_id = ? ORDER BY rowid", backup_id
    )


def document(
    row: BackupRow,
    children: list[BackupRow] | None = None,
    replication_records: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return a backup as the service's document of it."""
    return {
        "children": [document(child) for child in children or ()],
        "checkpoint_id": row.restore_point_id,
        "created_at": clock.to_api_time(row.created_at),
        "description": row.description,
        "expired_at": clock.to_api_time(row.expired_at),
        "extend_info": json.loads(row.extend_info),
        "id": row.id,
        "image_type": row.image_type,
        "incremental": bool(row.incremental),
        "name": row.name,
        "parent_id": row.parent_id,
        "project_id": row.project_id,
        "protected_at": clock.to_api_time(row.protected_at),
        "provider_id": row.provider_id,
        "resource_az": row.resource_az,
        "resource_id": row.resource_id,
        "resource_name": row.resource_name,
        "scheduled_operation_id": None,
        "resource_size": row.resource_size_gb,
        "resource_type": row.resource_type,
        "status": row.status,
        "updated_at": clock.to_api_time(row.updated_at),
        "vault_id": row.vault_id,
        "version": 3,
        "enterprise_project_id": row.enterprise_project_id,
        "replication_records": replication_records or [],
    }


def with_children(engine: Engine, row: BackupRow) -> dict[str, Any]:
    """Return a backup's document with the backups of its disks."""
    return document(row, children(engine, row.id))


def told_by_tasks(engine: Engine, row: BackupRow) -> TaskColumns:
    """Return what a task about a backup tells of it."""
    return {
        "vault_id": row.vault_id,
        "vault_name": vaults.name_of(engine, row.vault_id),
        "restore_point_id": row.restore_point_id,
        "provider_id": row.provider_id,
        "resource_id": row.resource_id,
        "resource_name": row.resource_name,
        "resource_type": row.resource_type,
    }


def erase(engine: Engine, row: BackupRow) -> None:
    """Delete a backup, with its children, its blocks and its members; now, and for good."""
    state = engine.state
    parts = children(engine, row.id)
    # A backup that is only a record takes what it says, and shares it with no other.
    freed = row.stored_blocks if row.place is None and not parts else 0
    for each in [*parts, row]:
        if each.place is not None:
            freed += _unchain(engine, each, *each.place)
        state.run("DELETE FROM backup WHERE id = ?", each.id)
        state.run("DELETE FROM member WHERE backup_id = ?", each.id)
    if freed:
        vaults.add_used(engine, row.vault_id, -freed)
    if not state.has("SELECT 1 FROM backup WHERE restore_point_id = ?", row.restore_point_id):
        state.run("DELETE FROM restore_point WHERE id = ?", row.restore_point_id)


def _unchain(engine: Engine, row: BackupRow, chain: int, sequence: int) -> int:
    """Remove a disk's backup from its chain; return the entries that its vault no longer holds."""
    freed, successor = Disks(engine).forget(chain, sequence)
    inherited = row.stored_blocks - freed
    if successor is None or not inherited:
        return freed
    home, *_ = engine.state.column(
        "UPDATE backup SET stored_blocks = stored_blocks + ?1 WHERE (chain = ?2 AND sequence = ?3) "
        "OR id = (SELECT parent_id FROM backup WHERE chain = ?2 AND sequence = ?3) "
        "RETURNING vault_id",
        inherited,
        chain,
        successor,
    )
    if home == row.vault_id:
        return freed
    # The heir's server was left behind when this one's backups moved to another vault.
    vaults.add_used(engine, home, inherited)
    return int(freed + inherited)


@ROUTES.add("GET", _PATH)
def _show_backup(context: RequestContext) -> dict[str, Any]:
    return {"backup": with_children(context.engine, of_call(context))}


def _own(context: RequestContext) -> BackupRow:
    row = of_call(context)
    if row.project_id != context.caller.project_id:
        raise ApiError("8600")
    return row


@ROUTES.add("PUT", _PATH, body=BackupUpdateReq)
def _update_backup(context: RequestContext) -> dict[str, Any]:
    row = _own(context)
    context.engine.state.update(
        "backup", row.id, name=context.body.backup.name, updated_at=context.engine.now()
    )
    return {"backup": with_children(context.engine, find(context.engine, row.project_id, row.id))}


def check_deletable(engine: Engine, row: BackupRow) -> None:
    """Refuse when a backup may not be deleted now."""
    if row.parent_id is not None:
        raise ApiError("6201")
    if row.status in ("protecting", "waiting_protect"):
        raise ApiError("6203")
    if row.status in ("restoring", "waiting_restore"):
        raise ApiError("6216")
    if row.status not in ("available", "error"):
        raise ApiError("6201")
    if has_image(engine, row.id):
        raise ApiError("6204")
    if replication_records.is_source(engine, row.id):
        raise ApiError("6216")
    vault = vaults.by_id(engine, row.vault_id)
    if vault is not None and vault.status == "deleting":
        raise ApiError("6201")
    if vault is not None and vault.locked and row.automatic:
        raise ApiError("6220")


@ROUTES.add("DELETE", _PATH, status=204)
def _delete_backup(context: RequestContext) -> Response:
    row = _own(context)
    check_deletable(context.engine, row)
    begin_delete(context.engine, row, request_id=context.request_id)
    return Response(204)


def begin_delete(engine: Engine, row: BackupRow, *, request_id: str | None = None) -> str:
    """Begin to delete a backup; return the task's ID."""
    for each in [row, *children(engine, row.id)]:
        engine.state.update("backup", each.id, status="deleting", updated_at=engine.now())
    return tasks.begin(
        engine,
        "delete",
        project_id=row.project_id,
        seconds=DELETE_SECONDS,
        finish="backup_deleted",
        subject=row.id,
        request_id=request_id,
        extra={"delete": {"backup_id": row.id, "backup_name": row.name}},
        **told_by_tasks(engine, row),
    )


def _deleted(engine: Engine, task_id: str, _: dict[str, Any]) -> None:
    task = tasks.find(engine, task_id)
    row = by_id(engine, task.subject)
    if row is not None:
        erase(engine, row)
    tasks.succeed(engine, task_id)


@ROUTES.add("GET", f"{_PATH}/metadata")
def _show_metadata(context: RequestContext) -> dict[str, Any]:
    row = of_call(context)
    if row.status != "available":
        raise ApiError("6206")
    kept = json.loads(row.properties)
    volumes = [
        {"id": child.resource_id, "name": child.resource_name,
         "size": child.resource_size_gb,
         "bootable": json.loads(child.extend_info)["bootable"]}
        for child in children(context.engine, row.id)
    ]  # fmt: skip
    server = {
        "id": row.resource_id,
        "name": row.resource_name,
        "os_type": kept.get("os_type"),
        "architecture": kept.get("architecture"),
        "status": kept.get("status"),
    }
    return {
        "backup_id": row.id,
        "backups": json.dumps(document(row)),
        "flavor": json.dumps({"id": kept.get("flavor")}),
        "floatingips": [],
        "interface": json.dumps([]),
        "ports": [],
        "server": json.dumps(server),
        "volumes": [json.dumps(volume) for volume in volumes],
    }


EVENTS = {"backup_deleted": _deleted}
