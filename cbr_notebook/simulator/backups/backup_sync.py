"""Synchronization: backups made outside the cloud become known in a hybrid vault."""

from __future__ import annotations

import json
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.fields import Name
from cbr_notebook.simulator.protocol.request_context import RequestContext
from cbr_notebook.simulator.protocol.routes import Routes
from cbr_notebook.simulator.tasks import tasks
from cbr_notebook.simulator.vaults import vaults
from cbr_notebook.simulator.vaults.vault_rows import VaultRow

_SECONDS = 30
_NATIVE = "OS::Native::Server"


ROUTES = Routes("Backup")


class OutsideBackup(msgspec.Struct):
    """A backup that lies in a bucket, made outside the cloud."""

    backup_id: str
    backup_name: Name
    bucket_name: str
    image_path: str
    resource_id: str
    resource_name: str
    created_at: int
    resource_type: str = _NATIVE


class SyncBackupsReq(msgspec.Struct):
    """The body of "Synchronizing Backups"."""

    sync: Annotated[list[OutsideBackup], Meta(min_length=1, max_length=50)]


class SyncVault(msgspec.Struct):
    """The vault to synchronize."""

    vault_id: str
    auto_trigger: bool


class SyncVaultReq(msgspec.Struct):
    """The body of "Synchronizing a Vault"."""

    sync: SyncVault


def _start_sync(engine: Engine, vault: VaultRow, request_id: str, items: list[Any]) -> str:
    first = items[0] if items else None
    return tasks.begin(
        engine,
        "sync",
        project_id=vault.project_id,
        seconds=_SECONDS,
        finish="sync_finished",
        subject=json.dumps({"vault": vault.id, "items": msgspec.to_builtins(items)}),
        request_id=request_id,
        extra={"sync": {"sync_backup_num": 0, "delete_backup_num": 0, "err_sync_backup_num": 0}},
        **vaults.told_by_tasks(vault),
        resource_id=first.resource_id if first else vault.id,
        resource_name=first.resource_name if first else vault.name,
        resource_type=first.resource_type if first else "vault",
    )


@ROUTES.add("POST", "/v3/{project_id}/backups/sync", body=SyncBackupsReq)
def _import_backup(context: RequestContext) -> dict[str, Any]:
    engine = context.engine
    vault = engine.state.one_of(
        VaultRow,
        "SELECT * FROM vault WHERE project_id = ? AND cloud_type = 'hybrid' "
        "AND status = 'available' ORDER BY created_at, id LIMIT 1",
        context.caller.project_id,
    )
    if vault is None:
        raise ApiError("7300")
    return {
        "sync": [
            {
                "backup_id": item.backup_id,
                "operation_log_id": _start_sync(engine, vault, context.request_id, [item]),
            }
            for item in context.body.sync
        ]
    }


@ROUTES.add("POST", "/v3/{project_id}/checkpoints/sync", body=SyncVaultReq, group="Restore point")
def _import_checkpoint(context: RequestContext) -> dict[str, Any]:
    engine = context.engine
    vault = vaults.find(engine, context.caller.project_id, context.body.sync.vault_id)
    if vault.cloud_type != "hybrid":
        raise ApiError("7300")
    if tasks.running(engine, ("sync",), vault_id=vault.id):
        raise ApiError("7302")
    task_id = _start_sync(engine, vault, context.request_id, [])
    return {"sync": {"operation_log_id": task_id, "vault_id": vault.id}}


def _finished(engine: Engine, task_id: str, _: dict[str, Any]) -> None:
    plan = json.loads(tasks.find(engine, task_id).subject)
    vault = vaults.by_id(engine, plan["vault"])
    if vault is None:
        tasks.fail(engine, task_id, "6105")
        return
    for item in plan["items"]:
        _insert(engine, vault, item)
    tasks.succeed(engine, task_id, sync={"sync_backup_num": len(plan["items"])})


def _insert(engine: Engine, vault: VaultRow, item: dict[str, Any]) -> None:
    """Insert a backup that was made outside the cloud; its bytes stay where they are."""
    engine.state.run("DELETE FROM backup WHERE id = ?", item["backup_id"])
    engine.state.insert(
        "backup",
        id=item["backup_id"],
        project_id=vault.project_id,
        vault_id=vault.id,
        restore_point_id=engine.state.new_id("outside checkpoint"),
        name=item["backup_name"],
        status="available",
        provider_id=vault.provider_id,
        resource_id=item["resource_id"],
        resource_name=item["resource_name"],
        resource_type=item["resource_type"],
        resource_size_gb=0,
        created_at=item["created_at"] * clock.MICROSECONDS,
        updated_at=engine.now(),
        extend_info=json.dumps({"auto_trigger": False, "supported_restore_mode": "na"}),
        properties=json.dumps({"bucket": item["bucket_name"], "path": item["image_path"]}),
    )


EVENTS = {"sync_finished": _finished}
