"""Restore points: backups of some or all resources of a vault, made at one moment."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from cbr_notebook.simulator.backups import backup_making, backup_orders
from cbr_notebook.simulator.backups.backup_orders import Order
from cbr_notebook.simulator.backups.backup_rows import RestorePointRow
from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.inventory.resources import Resource
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.fields import Name, ResourceItem, Text
from cbr_notebook.simulator.protocol.request_context import RequestContext, identifier
from cbr_notebook.simulator.protocol.routes import Routes
from cbr_notebook.simulator.vaults import vault_documents, vault_resources, vaults
from cbr_notebook.simulator.vaults.vault_rows import VaultResourceRow, VaultRow

ROUTES = Routes("Restore point")


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


def start(engine: Engine, vault: VaultRow, order: Order) -> str:
    """Begin a restore point; return its ID.

    Raises:
        ApiError: nothing was begun; the code says why.
    """
    backup_orders.check_vault(vault)
    chosen, skipped = backup_orders.choose(engine, vault, order)
    point_id = engine.state.new_id("checkpoint")
    told = _told(engine, vault, chosen)
    prefix = order.name or _default_name(engine, vault, automatic=order.automatic)
    single = len(chosen) == 1 and not skipped
    for number, (resource, entry) in enumerate(chosen, start=1):
        dash = "_" if order.name is None else "-"
        name = prefix if single else f"{prefix}{dash}{number:04d}"
        backup_making.begin(engine, vault, point_id, resource, entry, name, order)
    engine.state.insert(
        "restore_point",
        id=point_id,
        project_id=vault.project_id,
        vault_id=vault.id,
        status="protecting",
        created_at=engine.now(),
        name=prefix,
        description=order.description,
        retention_days=order.retention_days,
        automatic=order.automatic,
        policy_id=order.policy_id,
        resources=json.dumps(told),
        skipped=json.dumps(skipped),
    )
    if order.expires_at is not None:
        engine.scheduler.at(clock.next_hour(order.expires_at), "clean_up", vault.id)
    return point_id


def _told(
    engine: Engine, vault: VaultRow, chosen: Sequence[tuple[Resource, VaultResourceRow]]
) -> list[dict[str, str]]:
    """Return what a restore point tells of its resources, as they are before it is made."""
    usage = {each["id"]: each for each in vault_documents.document(engine, vault)["resources"]}
    return [
        {
            "id": resource.id,
            "type": resource.type,
            "name": resource.name,
            "extra_info": json.dumps(json.loads(entry.extra_info)),
            "resource_size": str(resource.size_gb),
            "backup_size": str(usage[resource.id]["backup_size"]),
            "backup_size_multiaz": "0",
            "backup_count": str(usage[resource.id]["backup_count"]),
            "protect_status": entry.protect_status,
            "auto_protect": str(bool(entry.auto_protect)),
        }
        for resource, entry in chosen
    ]


def _default_name(engine: Engine, vault: VaultRow, *, automatic: bool) -> str:
    digits = engine.state.new_hex("backup name", 4)
    if automatic:
        return f"{vault.backup_name_prefix}autobk_{digits}"
    return f"manualbk_{digits}"


def document(engine: Engine, row: RestorePointRow, *, fresh: bool = False) -> dict[str, Any]:
    """Return a restore point as the service's document of it.

    Args:
        engine: the cloud's engine.
        row: the restore point.
        fresh: as the answer to its creation, which also tells what was skipped.
    """
    bare = engine.options["bare_restore_points"] and not fresh
    vault = vaults.by_id(engine, row.vault_id)
    resources = json.loads(row.resources)
    if not fresh:
        now = {
            each.resource_id: each.protect_status
            for each in vault_resources.rows(engine, row.vault_id)
        }
        for each in resources:
            each["protect_status"] = now.get(each["id"], "available")
    content: dict[str, Any] = {
        "id": row.vault_id,
        "name": vault.name if vault is not None else "",
        "resources": resources,
    }
    if fresh:
        content["skipped_resources"] = json.loads(row.skipped)
    elif vault is not None:
        content["provider_id"] = vault.provider_id
    return {
        "id": row.id,
        "project_id": row.project_id,
        "status": row.status,
        "vault": None if bare else content,
        "created_at": clock.to_api_time(row.created_at),
        "extra_info": None
        if bare
        else {
            "name": row.name,
            "description": row.description or "",
            "retention_duration": row.retention_days,
        },
    }


def by_id(engine: Engine, point_id: str) -> RestorePointRow | None:
    """Return a restore point of any project; ``None`` when there is none."""
    return engine.state.one_of(
        RestorePointRow, "SELECT * FROM restore_point WHERE id = ?", point_id
    )


def leave_vault(engine: Engine, vault_id: str) -> None:
    """Delete the restore points of a vault that is deleted, with all its backups gone.

    Points that still have backups in other vaults stay: their resources were moved there.
    """
    engine.state.run(
        "UPDATE restore_point SET vault_id = coalesce((SELECT vault_id FROM backup "
        "WHERE restore_point_id = restore_point.id LIMIT 1), vault_id) WHERE vault_id = ?",
        vault_id,
    )
    engine.state.run("DELETE FROM restore_point WHERE vault_id = ?", vault_id)


@ROUTES.add("POST", "/v3/{project_id}/checkpoints", body=CheckpointReq)
def _create_checkpoint(context: RequestContext) -> dict[str, Any]:
    engine = context.engine
    wanted: Checkpoint = context.body.checkpoint
    vault = vaults.find(engine, context.caller.project_id, wanted.vault_id)
    given = wanted.parameters or Parameters()
    days = given.retention_duration_days
    if days is not None and (given.auto_trigger or not (days == -1 or 1 <= days <= 36500)):
        raise ApiError("9900")
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
            request_id=context.request_id,
        ),
    )
    row = by_id(engine, point_id)
    assert row is not None
    return {"checkpoint": document(engine, row, fresh=True)}


@ROUTES.add("GET", "/v3/{project_id}/checkpoints/{checkpoint_id}")
def _show_checkpoint(context: RequestContext) -> dict[str, Any]:
    row = by_id(context.engine, identifier(context, "checkpoint_id"))
    if row is None or row.project_id != context.caller.project_id:
        raise ApiError("6217")
    return {"checkpoint": document(context.engine, row)}
