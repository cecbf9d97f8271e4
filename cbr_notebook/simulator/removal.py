"""Deleting vaults, and removing resources from them: both delete backups."""

from __future__ import annotations

import json
import sqlite3
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from cbr_notebook.simulator import backups, policies, tasks, vault_resources, vaults
from cbr_notebook.simulator.engine import Engine
from cbr_notebook.simulator.routing import Answer, Call, Refusal, Route, identifier

VAULT_SECONDS = 20
RESOURCE_SECONDS = 15


class RemoveResourcesReq(msgspec.Struct):
    """The body of "Dissociating Resources"."""

    resource_ids: Annotated[list[str], Meta(min_length=1, max_length=256)]


def _with_images(engine: Engine, vault_id: str) -> bool:
    return bool(
        engine.state.one(
            "SELECT 1 FROM image JOIN backup ON backup.id = backup_id WHERE vault_id = ?", vault_id
        )
    )


def _delete_vault(call: Call) -> Answer:
    engine = call.engine
    vault = vaults.find(engine, call.caller.project_id, identifier(call, "vault_id"))
    if vault["charging_mode"] == "pre_paid":
        raise Refusal("6111")
    if vault["status"] not in ("available", "error"):
        raise Refusal("6112")
    if engine.state.one(
        "SELECT 1 FROM task WHERE vault_id = ? AND status IN ('waiting', 'running')", vault["id"]
    ):
        raise Refusal("6203")
    if _with_images(engine, vault["id"]):
        raise Refusal("6204")
    engine.state.update("vault", vault["id"], status="deleting", updated_at=engine.now())
    for row in engine.state.all("SELECT policy_id FROM vault_policy WHERE vault_id = ?", vault["id"]):
        policies.remove(engine, vault["id"], row["policy_id"])
    total = engine.state.value(
        "SELECT count(*) FROM backup WHERE vault_id = ? AND parent_id IS NULL", vault["id"]
    )
    tasks.begin(
        engine,
        "vault_delete",
        project_id=vault["project_id"],
        seconds=VAULT_SECONDS,
        finish="vault_deleted",
        subject=vault["id"],
        request_id=f"req-{call.request_id}",
        extra={"vault_delete": {"total_count": total, "fail_count": 0}},
        vault_id=vault["id"],
        vault_name=vault["name"],
        provider_id=vault["provider_id"],
        resource_id=vault["id"],
        resource_name=vault["name"],
        resource_type="vault",
    )
    return Answer(204)


def _vault_deleted(engine: Engine, task_id: str, _: dict[str, Any]) -> None:
    vault_id = tasks.find(engine, task_id)["subject_id"]
    for row in _backups(engine, vault_id):
        backups.erase(engine, row)
    engine.state.run("DELETE FROM restore_point WHERE vault_id = ?", vault_id)
    engine.state.run("DELETE FROM vault WHERE id = ?", vault_id)
    tasks.succeed(engine, task_id)


def _backups(engine: Engine, vault_id: str, resource_id: str | None = None) -> list[sqlite3.Row]:
    return engine.state.all(
        "SELECT * FROM backup WHERE vault_id = ?1 AND parent_id IS NULL "
        "AND (?2 IS NULL OR resource_id = ?2) ORDER BY created_at, id",
        vault_id,
        resource_id,
    )


def _remove(call: Call) -> dict[str, Any]:
    engine = call.engine
    vault = vaults.find(engine, call.caller.project_id, identifier(call, "vault_id"))
    if vault["locked"]:
        raise Refusal("6110")
    if vault["status"] not in ("available", "lock"):
        raise Refusal("6112")
    leaving = vault_resources.of_vault(engine, vault["id"], call.body.resource_ids)
    for row in leaving:
        if tasks.running(engine, ("backup", "restore"), resource_id=row["resource_id"]):
            raise Refusal("6203")
        for backup in _backups(engine, vault["id"], row["resource_id"]):
            if engine.state.one("SELECT 1 FROM image WHERE backup_id = ?", backup["id"]):
                raise Refusal("6204")
    for row in leaving:
        engine.state.run(
            "UPDATE vault_resource SET protect_status = 'removing' WHERE resource_id = ?",
            row["resource_id"],
        )
    first = leaving[0]
    items = [{"id": r["resource_id"], "type": r["type"], "name": r["name"]} for r in leaving]
    tasks.begin(
        engine,
        "remove_resource",
        project_id=vault["project_id"],
        seconds=RESOURCE_SECONDS,
        finish="resources_removed",
        subject=vault["id"],
        request_id=f"req-{call.request_id}",
        extra={
            "remove_resources": {"total_count": len(items), "fail_count": 0, "resources": items}
        },
        vault_id=vault["id"],
        vault_name=vault["name"],
        provider_id=vault["provider_id"],
        resource_id=first["resource_id"],
        resource_name=first["name"],
        resource_type=first["type"],
    )
    return {"remove_resource_ids": [row["resource_id"] for row in leaving]}


def _resources_removed(engine: Engine, task_id: str, _: dict[str, Any]) -> None:
    task = tasks.find(engine, task_id)
    for item in json.loads(task["extra_info"])["remove_resources"]["resources"]:
        for row in _backups(engine, task["subject_id"], item["id"]):
            backups.erase(engine, row)
        engine.state.run(
            "DELETE FROM vault_resource WHERE vault_id = ? AND resource_id = ?",
            task["subject_id"],
            item["id"],
        )
    tasks.succeed(engine, task_id)


_PATH = "/v3/{project_id}/vaults/{vault_id}"

ROUTES = (
    Route("delete_vault", "DELETE", _PATH, _delete_vault, status=204, group="Vault"),
    Route(
        "remove_vault_resource",
        "POST",
        f"{_PATH}/removeresources",
        _remove,
        body=RemoveResourcesReq,
        group="Vault",
    ),
)
EVENTS = {"vault_deleted": _vault_deleted, "resources_removed": _resources_removed}
