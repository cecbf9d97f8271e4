"""Deleting vaults, and removing resources from them: both delete backups."""

from __future__ import annotations

import json
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from cbr_notebook.simulator.backups import backups, restore_points
from cbr_notebook.simulator.backups.backup_rows import BackupRow
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.policies import policies
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.request_context import RequestContext
from cbr_notebook.simulator.protocol.routes import Response, Routes
from cbr_notebook.simulator.tasks import tasks
from cbr_notebook.simulator.vaults import vault_resources, vaults
from cbr_notebook.simulator.vaults.vault_rows import VaultResourceRow, VaultRow

VAULT_SECONDS = 20
RESOURCE_SECONDS = 15


ROUTES = Routes("Vault")


class RemoveResourcesReq(msgspec.Struct):
    """The body of "Dissociating Resources"."""

    resource_ids: Annotated[list[str], Meta(min_length=1, max_length=256)]


def _erase(engine: Engine, vault_id: str, resource_id: str | None = None) -> int:
    """Delete backups in a vault; return the number of those that serve an image, and stay."""
    staying = 0
    for row in backups.in_vault(engine, vault_id, resource_id):
        if backups.has_image(engine, row.id):
            staying += 1
        else:
            backups.erase(engine, row)
    return staying


# -- a vault -------------------------------------------------------------------------------------


def _check_vault(engine: Engine, vault: VaultRow, kept: list[BackupRow]) -> None:
    if vault.charging_mode == "pre_paid":
        raise ApiError("6111")
    if vault.status not in ("available", "error"):
        raise ApiError("6112")
    if engine.state.has(
        "SELECT 1 FROM task WHERE vault_id = ? AND status IN ('waiting', 'running') "
        "AND operation_type != 'remove_resource'",  # what it deletes goes with the vault
        vault.id,
    ):
        raise ApiError("6203")
    if engine.state.has(
        "SELECT 1 FROM replication_record WHERE destination_vault_id = ? "
        "AND status IN ('replicating', 'waiting_replicate')",
        vault.id,
    ):
        raise ApiError("6130")
    if any(backups.has_image(engine, row.id) for row in kept):
        raise ApiError("6204")
    if vault.locked and any(row.automatic for row in kept):
        raise ApiError("6111")


@ROUTES.add("DELETE", vaults.VAULT_PATH, status=204)
def _delete_vault(context: RequestContext) -> Response:
    engine, vault = context.engine, vaults.of_call(context)
    kept = backups.in_vault(engine, vault.id)
    _check_vault(engine, vault, kept)
    vaults.set_status(engine, vault.id, "deleting")
    for policy_id in policies.applied_ids(engine, vault.id):
        policies.remove(engine, vault.id, policy_id)
    tasks.begin(
        engine,
        "vault_delete",
        project_id=vault.project_id,
        seconds=VAULT_SECONDS,
        finish="vault_deleted",
        subject=vault.id,
        request_id=context.request_id,
        extra={"vault_delete": {"total_count": len(kept), "fail_count": 0}},
        **vaults.told_by_tasks(vault),
        resource_id=vault.id,
        resource_name=vault.name,
        resource_type="vault",
    )
    return Response(204)


def _vault_deleted(engine: Engine, task_id: str, _: dict[str, Any]) -> None:
    vault_id = tasks.find(engine, task_id).subject
    failed = _erase(engine, vault_id)
    if failed:
        vaults.set_status(engine, vault_id, "error")
        tasks.fail(engine, task_id, "6121", vault_delete={"fail_count": failed})
        return
    restore_points.leave_vault(engine, vault_id)
    vaults.delete(engine, vault_id)
    engine.scheduler.cancel("clean_up", vault_id)
    tasks.succeed(engine, task_id)


# -- resources -----------------------------------------------------------------------------------


def _check_leaving(engine: Engine, vault: VaultRow, row: VaultResourceRow) -> None:
    resource_id = row.resource_id
    if tasks.running(engine, ("restore",), resource_id=resource_id):
        raise ApiError("2010")
    if tasks.busy(engine, resource_id):
        raise ApiError("6203")
    if any(
        backups.has_image(engine, backup.id)
        for backup in backups.in_vault(engine, vault.id, resource_id)
    ):
        raise ApiError("6204")


@ROUTES.add("POST", f"{vaults.VAULT_PATH}/removeresources", body=RemoveResourcesReq)
def _remove_vault_resource(context: RequestContext) -> dict[str, Any]:
    engine, vault = context.engine, vaults.of_call(context)
    if vault.locked:
        raise ApiError("6110")
    if vault.status not in ("available", "lock"):
        raise ApiError("6112")
    leaving = vault_resources.of_vault(engine, vault.id, context.body.resource_ids)
    for row in leaving:
        _check_leaving(engine, vault, row)
    for row in leaving:
        vault_resources.set_protect_status(engine, row.resource_id, "removing")
    first = leaving[0]
    items = [{"id": r.resource_id, "type": r.type, "name": r.name} for r in leaving]
    tasks.begin(
        engine,
        "remove_resource",
        project_id=vault.project_id,
        seconds=RESOURCE_SECONDS,
        finish="resources_removed",
        subject=vault.id,
        request_id=context.request_id,
        extra={
            "remove_resources": {"total_count": len(items), "fail_count": 0, "resources": items}
        },
        **vaults.told_by_tasks(vault),
        resource_id=first.resource_id,
        resource_name=first.name,
        resource_type=first.type,
    )
    return {"remove_resource_ids": [row.resource_id for row in leaving]}


def _resources_removed(engine: Engine, task_id: str, _: dict[str, Any]) -> None:
    task = tasks.find(engine, task_id)
    vault_id, failed = task.subject, 0
    for item in json.loads(task.extra_info)["remove_resources"]["resources"]:
        if _erase(engine, vault_id, item["id"]):
            failed += 1
            vault_resources.keep(engine, item["id"])
        else:
            vault_resources.remove(engine, item["id"])
    if failed:
        tasks.fail(engine, task_id, "6115", remove_resources={"fail_count": failed})
    else:
        tasks.succeed(engine, task_id)


EVENTS = {"vault_deleted": _vault_deleted, "resources_removed": _resources_removed}
