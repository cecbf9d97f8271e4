"""Restore points: backups of some or all resources of a vault, made at one moment."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from cbr_notebook.simulator import clock, machines, tasks, vault_documents, vault_resources, vaults
from cbr_notebook.simulator.engine import Engine
from cbr_notebook.simulator.machines import DISK, FILE_SYSTEM, Resource
from cbr_notebook.simulator.requests import Name, ResourceItem, Text
from cbr_notebook.simulator.routing import Call, Refusal, Route, identifier

PROTECTED_AFTER = 25
"""Seconds until a backup's data is safe, though its record is not complete yet."""


class Parameters(msgspec.Struct):
    """How a restore point is made."""

    auto_trigger: bool = False
    description: Text | None = None
    incremental: bool = True
    name: Name | None = None
    resources: list[str] | None = None
    resource_details: Annotated[list[ResourceItem], Meta(max_length=256)] | None = None
    policy_id: str | None = None
    retention_duration_days: int | None = None


class Checkpoint(msgspec.Struct):
    """The vault to back up, and how."""

    vault_id: str
    parameters: Parameters | None = None


class CheckpointReq(msgspec.Struct):
    """The body of "Creating a Restore Point"."""

    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Order:
    """What shall be backed up, by whom and for how long."""

    resource_ids: Sequence[str] | None = None
    """``None``: all resources of the vault."""
    choices: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The choice of disks for some resources, instead of what the vault says."""
    name: str | None = None
    description: str | None = None
    incremental: bool = True
    automatic: bool = False
    policy_id: str | None = None
    retention_days: int = -1
    expires_at: int | None = None
    request_id: str | None = None


def duration(size_gb: int, *, incremental: bool) -> float:
    """Give the seconds that a backup takes."""
    return 60 + 1.2 * size_gb if incremental else 90 + 2.4 * size_gb


def start(engine: Engine, vault: sqlite3.Row, order: Order) -> str:
    """Begin a restore point; give its ID.

    Raises:
        Refusal: nothing was begun; the code says why.
    """
    _check_vault(vault)
    chosen, skipped = _choose(engine, vault, order)
    now = engine.now()
    point_id = engine.state.new_id("checkpoint")
    documents = []
    prefix = order.name or _default_name(engine, vault, automatic=order.automatic)
    usage = {each["id"]: each for each in vault_documents.document(engine, vault)["resources"]}
    for number, (resource, entry) in enumerate(chosen, start=1):
        single = len(chosen) == 1 and len(skipped) == 0
        name = prefix if single else f"{prefix}-{number:04d}"
        if order.name is None and not single:
            name = f"{prefix}_{number:04d}"
        documents.append(
            {
                "id": resource.id,
                "type": resource.type,
                "name": resource.name,
                "extra_info": json.dumps(json.loads(entry["extra_info"])),
                "resource_size": str(resource.size_gb),
                "backup_size": str(usage[resource.id]["backup_size"]),
                "backup_count": str(usage[resource.id]["backup_count"]),
                "protect_status": entry["protect_status"],
            }
        )
        _begin_backup(engine, vault, point_id, resource, entry, name, order)
    engine.state.insert(
        "restore_point",
        id=point_id,
        project_id=vault["project_id"],
        vault_id=vault["id"],
        status="protecting",
        created_at=now,
        name=prefix,
        description=order.description,
        retention_days=order.retention_days,
        automatic=order.automatic,
        policy_id=order.policy_id,
        resources=json.dumps(documents),
        skipped=json.dumps(skipped),
    )
    if order.expires_at is not None:
        engine.scheduler.at(clock.next_hour(order.expires_at), "clean_up", vault["id"])
    return point_id


def _default_name(engine: Engine, vault: sqlite3.Row, *, automatic: bool) -> str:
    digits = engine.state.new_hex("backup name", 4)
    if automatic:
        return f"{vault['backup_name_prefix']}autobk_{digits}"
    return f"manualbk_{digits}"


def _check_vault(vault: sqlite3.Row) -> None:
    if vault["protect_type"] == "replication":
        raise Refusal("6124")
    if vault["cloud_type"] == "hybrid":
        raise Refusal("6124")
    if vault["status"] != "available":
        raise Refusal("6113")
    if vaults.is_full(vault):
        raise Refusal("6114")


def _choose(
    engine: Engine, vault: sqlite3.Row, order: Order
) -> tuple[list[tuple[Resource, sqlite3.Row]], list[dict[str, Any]]]:
    """Give the resources to back up with their entries in the vault, and those left out."""
    entries = vault_resources.rows(engine, vault["id"])
    everything = order.resource_ids is None
    if not everything:
        by_id = {row["resource_id"]: row for row in entries}
        missing = [each for each in order.resource_ids or () if each not in by_id]
        if missing or not order.resource_ids:
            raise Refusal("6135") if missing else Refusal("0001")
        entries = [by_id[each] for each in dict.fromkeys(order.resource_ids or ())]
    elif order.automatic:
        entries = [row for row in entries if row["auto_protect"]]
    chosen: list[tuple[Resource, sqlite3.Row]] = []
    skipped: list[dict[str, Any]] = []
    problem: Refusal | None = None
    for entry in entries:
        try:
            chosen.append((_ready(engine, vault, entry, order), entry))
        except Refusal as refusal:
            problem = refusal
            skipped.append(
                {
                    "id": entry["resource_id"],
                    "type": entry["type"],
                    "name": entry["name"],
                    "code": refusal.code,
                    "reason": refusal.message,
                }
            )
    if not chosen:
        if problem is not None and len(skipped) == 1 and not everything:
            raise problem
        if skipped and all(each["code"].endswith("6125") for each in skipped):
            raise Refusal("6125")
        raise Refusal("0001")
    return chosen, skipped


def _ready(engine: Engine, vault: sqlite3.Row, entry: sqlite3.Row, order: Order) -> Resource:
    """Give a resource that can be backed up now; refuse one that cannot."""
    if entry["protect_status"] == "restoring":
        raise Refusal("2010")
    if entry["protect_status"] == "removing":
        raise Refusal("6134")
    if entry["protect_status"] == "protecting":
        raise Refusal("6125")
    try:
        resource = machines.find_resource(engine, vault["project_id"], entry["resource_id"])
    except Refusal:
        gone = {DISK: "7000", FILE_SYSTEM: "7500"}.get(entry["type"], "7100")
        raise Refusal(gone) from None
    traits = machines.properties(resource.row)
    if traits.get("frozen"):
        raise Refusal("6215")
    if traits.get("databases_busy"):
        raise Refusal("7200")
    if resource.type in machines.OBJECT_TYPES["server"]:
        _check_server(engine, vault, resource, _choice(entry, order))
    elif resource.type == DISK:
        _check_disk(resource.row)
    else:
        if traits.get("sub_status"):
            raise Refusal("7503")
        if resource.status != "available":
            raise Refusal("7502")
    return resource


def _choice(entry: sqlite3.Row, order: Order) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(entry["extra_info"])
    return order.choices.get(entry["resource_id"], kept)


def _check_server(
    engine: Engine, vault: sqlite3.Row, resource: Resource, choice: dict[str, Any]
) -> None:
    traits = machines.properties(resource.row)
    if resource.status not in ("ACTIVE", "SHUTOFF"):
        raise Refusal("7101")
    if vault["consistent_level"] == "app_consistent" and resource.status != "ACTIVE":
        raise Refusal("7102")
    if traits.get("unsupported"):
        raise Refusal("7103")
    disks = vault_resources.chosen_disks(engine, resource.id, choice)
    if not disks:
        raise Refusal("7108")
    shared = [disk for disk in disks if disk["shareable"]]
    if len(shared) > 10:
        raise Refusal("7107")
    kinds = [machines.properties(disk) for disk in disks]
    if any(kind.get("scsi") for kind in kinds):
        raise Refusal("7104")
    if any(kind.get("dess") for kind in kinds):
        raise Refusal("7111")
    if any(kind.get("local") for kind in kinds):
        raise Refusal("7113")
    if len({kind.get("backend") for kind in kinds}) > 1:
        raise Refusal("7105")
    if any(disk["status"] not in ("available", "in-use") for disk in disks):
        raise Refusal("7003")


def _check_disk(row: sqlite3.Row) -> None:
    traits = machines.properties(row)
    for trait, code in (
        ("dess", "7001"), ("scsi", "7002"), ("unsupported", "7004"), ("old", "7007"),
        ("lazyload", "7009"),
    ):  # fmt: skip
        if traits.get(trait):
            raise Refusal(code)
    if row["shareable"]:
        raise Refusal("7106")
    if row["status"] not in ("available", "in-use"):
        raise Refusal("7003")


def _begin_backup(
    engine: Engine,
    vault: sqlite3.Row,
    point_id: str,
    resource: Resource,
    entry: sqlite3.Row,
    name: str,
    order: Order,
) -> None:
    state, now = engine.state, engine.now()
    is_server = resource.type in machines.OBJECT_TYPES["server"]
    backup_id = state.new_id("backup")
    if is_server:
        disks = vault_resources.chosen_disks(engine, resource.id, _choice(entry, order))
    else:
        disks = [machines.disk(engine, resource.id)]
    captured = [
        engine.disks.back_up(disk["store"], vault["id"], incremental=order.incremental)
        for disk in disks
    ]
    incremental = all(sequence > 0 for _, sequence, _, _ in captured)
    common: dict[str, Any] = {
        "project_id": vault["project_id"],
        "vault_id": vault["id"],
        "restore_point_id": point_id,
        "status": "protecting",
        "resource_az": resource.zone,
        "created_at": now,
        "updated_at": now,
        "expired_at": order.expires_at,
        "automatic": order.automatic,
        "incremental": incremental,
        "policy_id": order.policy_id,
        "provider_id": vault["provider_id"],
        "enterprise_project_id": vault["enterprise_project_id"],
    }
    stored = sum(each[3] for each in captured)
    if is_server:
        server = resource.row
        state.insert(
            "backup",
            id=backup_id,
            name=name,
            description=order.description,
            resource_id=resource.id,
            resource_name=resource.name,
            resource_type=resource.type,
            resource_size_gb=sum(disk["size_gb"] for disk in disks),
            extend_info=json.dumps(_server_info(vault, resource, disks, order)),
            stored_blocks=stored,
            properties=json.dumps(
                {key: server[key] for key in ("os_type", "architecture", "status", "flavor")}
            ),
            **common,
        )
    for disk, (chain, sequence, writes, blocks) in zip(disks, captured, strict=True):
        state.insert(
            "backup",
            id=state.new_id("backup") if is_server else backup_id,
            parent_id=backup_id if is_server else None,
            name=f"{name}_{disk['name']}" if is_server else name,
            description=None if is_server else order.description,
            resource_id=disk["id"],
            resource_name=disk["name"],
            resource_type=disk["type"],
            resource_size_gb=disk["size_gb"],
            extend_info=json.dumps(_disk_info(engine, disk, order)),
            chain=chain,
            sequence=sequence,
            writes=writes,
            stored_blocks=blocks,
            properties=json.dumps({"device": disk["device"]} if is_server else {}),
            **common,
        )
    vaults.add_used(engine, vault["id"], stored)
    vault_resources.set_protect_status(engine, resource.id, "protecting")
    size = sum(disk["size_gb"] for disk in disks)
    seconds = duration(size, incremental=incremental)
    state.update(
        "backup",
        backup_id,
        protected_at=now + int(min(PROTECTED_AFTER, seconds) * clock.MICROSECONDS),
    )
    tasks.begin(
        engine,
        "backup",
        project_id=vault["project_id"],
        seconds=seconds,
        finish="backup_finished",
        subject=backup_id,
        request_id=order.request_id and f"req-{order.request_id}",
        extra={
            "backup": {
                "backup_id": backup_id,
                "backup_name": name,
                "incremental": "true" if incremental else "false",
                "app_consistency_status": "0",
                "app_consistency_error_code": "0",
                "app_consistency_error_message": "",
            }
        },
        vault_id=vault["id"],
        vault_name=vault["name"],
        restore_point_id=point_id,
        policy_id=order.policy_id,
        provider_id=vault["provider_id"],
        resource_id=resource.id,
        resource_name=resource.name,
        resource_type=resource.type,
    )


def _server_info(
    vault: sqlite3.Row, resource: Resource, disks: Sequence[sqlite3.Row], order: Order
) -> dict[str, Any]:
    info: dict[str, Any] = {
        "auto_trigger": order.automatic,
        "bootable": None,
        "os_images_data": None,
        "progress": None,
        "snapshot_id": None,
        "support_lld": False,
        "supported_restore_mode": "backup",
        "system_disk": False,
        "contain_system_disk": any(disk["bootable"] for disk in disks),
        "encrypted": any(disk["encrypted"] for disk in disks),
        "is_multi_az": bool(vault["is_multi_az"]),
        "architecture": resource.row["architecture"],
    }
    if vault["consistent_level"] == "app_consistent":
        info["app_consistency"] = {
            "app_consistency": "1",
            "app_consistency_status": "0",
            "app_consistency_error_code": "0",
            "app_consistency_error_message": "",
        }
    return info


def _disk_info(engine: Engine, disk: sqlite3.Row, order: Order) -> dict[str, Any]:
    return {
        "auto_trigger": order.automatic,
        "bootable": bool(disk["bootable"]),
        "os_images_data": None,
        "progress": 100,
        "snapshot_id": engine.state.new_id("snapshot"),
        "support_lld": False,
        "supported_restore_mode": "na",
        "system_disk": bool(disk["bootable"]),
        "encrypted": bool(disk["encrypted"]),
    }


# -- the end of a backup ---------------------------------------------------------------------


def _finished(engine: Engine, task_id: str, _: dict[str, Any]) -> None:
    task = tasks.find(engine, task_id)
    backup = engine.state.one("SELECT * FROM backup WHERE id = ?", task["subject_id"])
    assert backup is not None
    problem = _failure(engine, backup)
    if problem is None:
        _set_status(engine, backup["id"], "available")
        tasks.succeed(engine, task_id)
    else:
        _give_up(engine, backup)
        tasks.fail(engine, task_id, problem)
    vault_resources.set_protect_status(
        engine, backup["resource_id"], "available" if problem is None else "error"
    )
    _conclude(engine, backup["restore_point_id"])
    if backup["automatic"]:
        engine.scheduler.at(clock.next_hour(engine.now()), "clean_up", backup["vault_id"])


def _failure(engine: Engine, backup: sqlite3.Row) -> str | None:
    """Give the code with which a running backup fails, if its machine makes it fail."""
    for table in ("server", "disk"):
        row = engine.state.one(
            f"SELECT properties FROM {table} WHERE id = ?",  # noqa: S608 names are ours
            backup["resource_id"],
        )
        if row is not None:
            code = machines.properties(row).get("backup_fails")
            return str(code) if code else None
    return None


def _set_status(engine: Engine, backup_id: str, status: str) -> None:
    engine.state.run(
        "UPDATE backup SET status = ?1, updated_at = ?2 WHERE id = ?3 OR parent_id = ?3",
        status,
        engine.now(),
        backup_id,
    )


def _give_up(engine: Engine, backup: sqlite3.Row) -> None:
    """Mark a backup as failed and let go of what it stored."""
    _set_status(engine, backup["id"], "error")
    freed = 0
    for each in engine.state.all(
        "SELECT * FROM backup WHERE (id = ?1 OR parent_id = ?1) AND chain IS NOT NULL", backup["id"]
    ):
        freed += engine.disks.forget(each["chain"], each["sequence"])[0]
        engine.state.update("backup", each["id"], chain=None, sequence=None, stored_blocks=0)
    engine.state.update("backup", backup["id"], stored_blocks=0)
    vaults.add_used(engine, backup["vault_id"], -freed)


def _conclude(engine: Engine, point_id: str) -> None:
    """Give a restore point its final status once all of its backups have theirs."""
    statuses = [
        row["status"]
        for row in engine.state.all(
            "SELECT status FROM backup WHERE restore_point_id = ? AND parent_id IS NULL", point_id
        )
    ]
    if "protecting" in statuses:
        return
    good = any(status in ("available", "restoring") for status in statuses)
    engine.state.update("restore_point", point_id, status="available" if good else "error")


# -- over HTTP ---------------------------------------------------------------------------------


def document(engine: Engine, row: sqlite3.Row, *, fresh: bool = False) -> dict[str, Any]:
    """Write a restore point as the service does.

    Args:
        engine: the cloud's engine.
        row: the restore point.
        fresh: as the answer to its creation, which also tells what was skipped.
    """
    bare = engine.options["bare_restore_points"] and not fresh
    vault = engine.state.one("SELECT * FROM vault WHERE id = ?", row["vault_id"])
    resources = json.loads(row["resources"])
    if not fresh:
        now = {
            each["resource_id"]: each["protect_status"]
            for each in vault_resources.rows(engine, row["vault_id"])
        }
        for each in resources:
            each["protect_status"] = now.get(each["id"], "available")
    content: dict[str, Any] = {
        "id": row["vault_id"],
        "name": vault["name"] if vault is not None else "",
        "resources": resources,
    }
    if fresh:
        content["skipped_resources"] = json.loads(row["skipped"])
    elif vault is not None:
        content["provider_id"] = vault["provider_id"]
    return {
        "id": row["id"],
        "project_id": row["project_id"],
        "status": row["status"],
        "vault": None if bare else content,
        "created_at": clock.wire(row["created_at"]),
        "extra_info": None
        if bare
        else {
            "name": row["name"],
            "description": row["description"],
            "retention_duration": row["retention_days"],
        },
    }


def _create(call: Call) -> dict[str, Any]:
    engine = call.engine
    wanted: Checkpoint = call.body.checkpoint
    vault = vaults.find(engine, call.caller.project_id, wanted.vault_id)
    given = wanted.parameters or Parameters()
    days = given.retention_duration_days
    if days is not None and (given.auto_trigger or not (days == -1 or 1 <= days <= 36500)):
        raise Refusal("9900")
    ids = given.resources
    choices: dict[str, dict[str, Any]] = {}
    if given.resource_details:
        ids = [item.id for item in given.resource_details]
        choices = {i.id: i.choice() for i in given.resource_details if i.extra_info is not None}
    day = 24 * 3600 * clock.MICROSECONDS
    point_id = start(
        engine,
        vault,
        Order(
            resource_ids=ids or None,
            choices=choices,
            name=given.name,
            description=given.description,
            incremental=given.incremental,
            automatic=given.auto_trigger,
            policy_id=given.policy_id,
            retention_days=days or -1,
            expires_at=engine.now() + days * day if days and days > 0 else None,
            request_id=call.request_id,
        ),
    )
    row = engine.state.one("SELECT * FROM restore_point WHERE id = ?", point_id)
    assert row is not None
    return {"checkpoint": document(engine, row, fresh=True)}


def _show(call: Call) -> dict[str, Any]:
    row = call.engine.state.one(
        "SELECT * FROM restore_point WHERE id = ? AND project_id = ?",
        identifier(call, "checkpoint_id"),
        call.caller.project_id,
    )
    if row is None:
        raise Refusal("6217")
    return {"checkpoint": document(call.engine, row)}


ROUTES = (
    Route(
        "create_checkpoint",
        "POST",
        "/v3/{project_id}/checkpoints",
        _create,
        body=CheckpointReq,
        group="Restore point",
    ),
    Route(
        "show_checkpoint",
        "GET",
        "/v3/{project_id}/checkpoints/{checkpoint_id}",
        _show,
        group="Restore point",
    ),
)
EVENTS = {"backup_finished": _finished}
