"""Restores: asked for, carried out by the clock, the bytes written at their end."""

from __future__ import annotations

import json
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from cbr_notebook.simulator.backups import backups, restore_rules
from cbr_notebook.simulator.backups.backup_rows import BackupRow
from cbr_notebook.simulator.backups.restore_rules import Restore
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.inventory import resources
from cbr_notebook.simulator.inventory.disks import Disks
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.request_context import RequestContext
from cbr_notebook.simulator.protocol.routes import Response, Routes
from cbr_notebook.simulator.tasks import tasks
from cbr_notebook.simulator.vaults import vault_resources

ROUTES = Routes("Backup")


class Mapping(msgspec.Struct):
    """The backup of a disk, and the disk that it overwrites."""

    backup_id: str
    volume_id: str


class Details(msgspec.Struct):
    """Where restored files go."""

    destination_path: Annotated[str, Meta(min_length=1, max_length=255)]


class RestoreBody(msgspec.Struct):
    """The target of a restore."""

    mappings: list[Mapping] | None = None
    power_on: bool = True
    server_id: str | None = None
    volume_id: str | None = None
    resource_id: str | None = None
    details: Details | None = None


class RestoreReq(msgspec.Struct):
    """The body of "Restoring Data Using a Backup"."""

    restore: RestoreBody


def duration(size_gb: int) -> float:
    """Return the seconds that a restore takes."""
    return 60 + 1.5 * size_gb


@ROUTES.add("POST", "/v3/{project_id}/backups/{backup_id}/restore", status=202, body=RestoreReq)
def _restore_backup(context: RequestContext) -> Response:
    engine, wanted = context.engine, context.body.restore
    backup = backups.of_call(context)
    if backup.parent_id is not None:
        raise ApiError("2012")
    restore_rules.check_backup(engine, backup, context.caller.project_id)
    restore = _checked(engine, backup, wanted)
    task_id = _start_restore(
        engine, restore, power_on=wanted.power_on, request_id=context.request_id
    )
    if engine.options["restore_answers_empty"]:
        return Response(202)
    return Response(202, {"job_id": task_id})


def _checked(engine: Engine, backup: BackupRow, wanted: RestoreBody) -> Restore:
    if backup.resource_type in resources.OBJECT_TYPES["server"]:
        if not wanted.server_id or not wanted.mappings:
            raise ApiError("9900")
        pairs = {mapping.backup_id: mapping.volume_id for mapping in wanted.mappings}
        if len(set(pairs.values())) < len(wanted.mappings):
            raise ApiError("9900")
        return restore_rules.to_server(engine, backup, wanted.server_id, pairs)
    if wanted.server_id:
        raise ApiError("7115")
    if wanted.volume_id:
        return restore_rules.to_disk(engine, backup, wanted.volume_id)
    if wanted.resource_id:
        return restore_rules.to_file_system(engine, backup, wanted.resource_id)
    raise ApiError("9900")


def _start_restore(engine: Engine, restore: Restore, *, power_on: bool, request_id: str) -> str:
    """Show the restore everywhere it shows, stop the server, and plan the end."""
    backup, target = restore.backup, restore.target
    _mark(engine, backup, "restoring")
    vault_resources.set_protect_status(engine, target.id, "restoring")
    for _, disk in restore.pairs:
        resources.set_disk_status(engine, disk.id, "restoring-backup")
    if target.type in resources.OBJECT_TYPES["server"]:
        resources.set_server_status(engine, target.id, "SHUTOFF")
    plan = {
        "backup": backup.id,
        "target": target.id,
        "power_on": power_on,
        "pairs": [[source.id, disk.id, disk.status] for source, disk in restore.pairs],
    }
    told = {
        "backup_id": backup.id,
        "backup_name": backup.name,
        "target_resource_id": target.id,
        "target_resource_name": target.name,
    }
    about = backups.told_by_tasks(engine, backup) | {
        "resource_id": target.id,
        "resource_name": target.name,
        "resource_type": target.type,
    }
    return tasks.begin(
        engine,
        "restore",
        project_id=backup.project_id,
        seconds=resources.properties(target).get("restore_seconds") or duration(restore.size_gb),
        finish="restore_finished",
        subject=json.dumps(plan),
        request_id=request_id,
        extra={"restore": told},
        **about,
    )


def fill_new_disk(engine: Engine, backup_id: str, disk_id: str) -> None:
    """Write what the backup of a disk holds to a new disk, as the disk service does it.

    Raises:
        ApiError: it is no complete backup of a disk, or the disk is too small.
    """
    backup, disk = backups.by_id(engine, backup_id), resources.find_disk(engine, disk_id)
    if backup is None or disk is None:
        raise ApiError("7000")
    if backup.status != "available" or backup.place is None:
        raise ApiError("2005")
    if disk.size_gb < backup.resource_size_gb:
        raise ApiError("2001")
    Disks(engine).restore(*backup.place, disk.store)


def _mark(engine: Engine, backup: BackupRow, status: str) -> None:
    engine.state.run(
        "UPDATE backup SET status = ?1 WHERE id = ?2 OR parent_id = ?2", status, backup.id
    )


def _finished(engine: Engine, task_id: str, _: dict[str, Any]) -> None:
    task = tasks.find(engine, task_id)
    plan = json.loads(task.subject)
    backup = backups.by_id(engine, plan["backup"])
    assert backup is not None, "a backup that is being restored is not deleted"
    failure: str | None = None
    for source_id, disk_id, status in plan["pairs"]:
        failure = _write(engine, source_id, disk_id, status) or failure
        if failure:
            break
    for _, disk_id, status in plan["pairs"]:
        resources.set_disk_status(engine, disk_id, status, was="restoring-backup")
    _mark(engine, backup, "available")
    vault_resources.set_protect_status(
        engine, plan["target"], "available" if failure is None else "error"
    )
    if failure is not None:
        tasks.fail(engine, task_id, failure)
        return
    if plan["power_on"]:
        resources.set_server_status(engine, plan["target"], "ACTIVE", was="SHUTOFF")
    tasks.succeed(engine, task_id)


def _write(engine: Engine, source_id: str, disk_id: str, status: str) -> str | None:
    """Overwrite a disk with what its backup holds, size included; return the code of a refusal."""
    source = backups.by_id(engine, source_id)
    disk = resources.find_disk(engine, disk_id)
    if disk is None:
        return "7000"
    assert source is not None
    traits = resources.properties(disk)
    if traits.get("restore_fails"):
        return str(traits["restore_fails"])
    assert source.place is not None, "a restore without bytes is refused"
    Disks(engine).restore(*source.place, disk.store)
    if disk.size_gb != source.resource_size_gb:
        resources.resize(engine, disk_id, source.resource_size_gb)
    return None


EVENTS = {"restore_finished": _finished}
