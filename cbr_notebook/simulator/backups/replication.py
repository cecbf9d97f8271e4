"""Replication: copies of backups in another region, with all that they hold."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from cbr_notebook.simulator.backups import backups, replication_records
from cbr_notebook.simulator.backups.backup_rows import BackupRow
from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.core.state import type_of_cell
from cbr_notebook.simulator.iam import accounts
from cbr_notebook.simulator.inventory import resources
from cbr_notebook.simulator.inventory.disks import Disks
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.fields import Name, Text
from cbr_notebook.simulator.protocol.request_context import RequestContext
from cbr_notebook.simulator.protocol.routes import Routes
from cbr_notebook.simulator.tasks import tasks
from cbr_notebook.simulator.vaults import vaults
from cbr_notebook.simulator.vaults.vault_rows import VaultRow

Region = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[a-zA-Z0-9._\-]*$")]
_LASTING = ("replicating", "waiting_replicate", "success")


ROUTES = Routes("Backup")


class ReplicateBackup(msgspec.Struct):
    """Where a backup is copied to."""

    destination_project_id: str
    destination_region: Region
    destination_vault_id: str
    name: Name | None = None
    description: Text | None = None
    enable_acceleration: bool = False


class ReplicateBackupReq(msgspec.Struct):
    """The body of "Replicating a Backup"."""

    replicate: ReplicateBackup


class ReplicateVault(msgspec.Struct):
    """Where the backups of a vault are copied to."""

    vault_id: str
    destination_project_id: str
    destination_region: Region
    destination_vault_id: str
    auto_trigger: bool = False
    enable_acceleration: bool = False


class ReplicateVaultReq(msgspec.Struct):
    """The body of "Replicating a Restore Point"."""

    replicate: ReplicateVault


@dataclass(frozen=True, slots=True)
class Order:
    """Where replicas go, and how they are kept."""

    project_id: str
    region: str
    vault_id: str
    name: str | None = None
    description: str | None = None
    automatic: bool = False
    policy_id: str | None = None
    expires_at: int | None = None
    request_id: str | None = None


def duration(size_gb: int) -> float:
    """Return the seconds that a replication takes."""
    return 60 + 2 * size_gb


def _region_of(engine: Engine, project_id: str) -> str:
    project = accounts.find_project(engine.state, project_id)
    assert project is not None, "what a project owns goes with it"
    return project.region


def check_destination(engine: Engine, source_region: str, order: Order) -> VaultRow:
    """Return the vault that takes replicas; refuse one that cannot."""
    if order.region not in accounts.regions(engine.state) or order.region == source_region:
        raise ApiError("1005")
    project = accounts.find_project(engine.state, order.project_id)
    if project is None or project.region != order.region:
        raise ApiError("1011")
    vault = vaults.by_id(engine, order.vault_id)
    if vault is None or vault.project_id != order.project_id:
        raise ApiError("6120")
    if vault.protect_type != "replication":
        raise ApiError("6119")
    if vaults.is_full(vault):
        raise ApiError("6129")
    return vault


def _check_backup(engine: Engine, backup: BackupRow, order: Order) -> None:
    if backup.image_type != "backup" or backup.parent_id is not None:
        raise ApiError("1002")
    if backup.resource_type != resources.SERVER:
        raise ApiError("1003")
    if backup.status != "available":
        raise ApiError("1001")
    if not json.loads(backup.extend_info).get("contain_system_disk"):
        raise ApiError("1004")
    marks = ", ".join("?" * len(_LASTING))
    if engine.state.has(
        f"SELECT 1 FROM replication_record WHERE source_backup_id = ? "
        f"AND destination_region = ? AND status IN ({marks})",
        backup.id,
        order.region,
        *_LASTING,
    ):
        raise ApiError("1009")


def start(engine: Engine, backup: BackupRow, order: Order) -> str:
    """Begin to copy a backup; return the ID of the replication's record."""
    source_region = _region_of(engine, backup.project_id)
    check_destination(engine, source_region, order)
    _check_backup(engine, backup, order)
    record_id = _record(engine, backup, source_region, order)
    plan = {
        "record": record_id,
        "name": order.name or backup.name,
        "description": order.description,
        "expires_at": order.expires_at,
        "policy_id": order.policy_id,
    }
    told = {
        "source_backup_id": backup.id,
        "source_backup_name": backup.name,
        "source_checkpoint_id": backup.restore_point_id,
        "source_project_id": backup.project_id,
        "source_region": source_region,
        "destination_project_id": order.project_id,
        "destination_region": order.region,
    }
    tasks.begin(
        engine,
        "replication",
        project_id=backup.project_id,
        seconds=duration(backup.resource_size_gb) + engine.options["replication_lag_seconds"],
        finish="replication_finished",
        subject=json.dumps(plan),
        request_id=order.request_id,
        extra={"replication": told},
        **(backups.told_by_tasks(engine, backup) | {"policy_id": order.policy_id}),
    )
    return record_id


def _record(engine: Engine, backup: BackupRow, source_region: str, order: Order) -> str:
    """Record a replication that begins; return the record's ID."""
    record_id = engine.state.new_id("replication")
    engine.state.insert(
        "replication_record",
        id=record_id,
        created_at=engine.now(),
        status="replicating",
        source_backup_id=backup.id,
        source_restore_point_id=backup.restore_point_id,
        source_project_id=backup.project_id,
        source_region=source_region,
        source_vault_id=backup.vault_id,
        destination_project_id=order.project_id,
        destination_region=order.region,
        destination_vault_id=order.vault_id,
        automatic=order.automatic,
    )
    return record_id


def start_all(engine: Engine, vault: VaultRow, order: Order) -> list[tuple[str, str]]:
    """Begin to copy what a vault holds and the region lacks; return backups and records."""
    if vault.object_type != "server" or vault.protect_type != "backup":
        raise ApiError("6128")
    if tasks.running(engine, ("replication",), vault_id=vault.id):
        raise ApiError("6130")
    check_destination(engine, _region_of(engine, vault.project_id), order)
    begun = []
    for backup in backups.in_vault(engine, vault.id, status="available"):
        try:
            begun.append((backup.id, start(engine, backup, order)))
        except ApiError:
            continue  # it is there already, or is not one that can be copied
    if not begun:
        raise ApiError("0001")
    return begun


def _finished(engine: Engine, task_id: str, _: dict[str, Any]) -> None:
    plan = json.loads(tasks.find(engine, task_id).subject)
    record = replication_records.by_id(engine, plan["record"])
    assert record is not None
    source = backups.by_id(engine, record.source_backup_id)
    vault = vaults.by_id(engine, record.destination_vault_id)
    code = "6200" if source is None else "1008" if vault is None else None
    if code is None and vault is not None and vaults.is_full(vault):
        code = "6129"
    if code is not None or source is None or vault is None:
        error = ApiError(code or "1006")
        engine.state.update(
            "replication_record",
            record.id,
            status="fail",
            fail_code=error.code,
            fail_reason=error.message,
        )
        tasks.fail(engine, task_id, error.code)
        return
    replica_id, point_id = _copy(engine, source, vault, plan, automatic=record.automatic)
    engine.state.update(
        "replication_record",
        record.id,
        status="success",
        destination_backup_id=replica_id,
        destination_restore_point_id=point_id,
    )
    tasks.succeed(
        engine,
        task_id,
        replication={
            "destination_backup_id": replica_id,
            "destination_backup_name": plan["name"],
            "destination_checkpoint_id": point_id,
        },
    )
    engine.scheduler.at(clock.next_hour(engine.now()), "clean_up", vault.id)


def _copy(
    engine: Engine, source: BackupRow, vault: VaultRow, plan: dict[str, Any], *, automatic: int
) -> tuple[str, str]:
    """Create the replica with its children and their bytes; return its ID and restore point's."""
    state = engine.state
    point_id = state.new_id("replica checkpoint")
    state.insert(
        "restore_point",
        id=point_id,
        project_id=vault.project_id,
        vault_id=vault.id,
        status="available",
        created_at=engine.now(),
        name=plan["name"],
        automatic=automatic,
        policy_id=plan["policy_id"],
        resources="[]",
    )
    replica_id = state.new_id("backup")
    common: dict[str, Any] = {"restore_point_id": point_id, "automatic": automatic}
    stored = 0
    for child in backups.children(engine, source.id):
        bytes_there = _copy_bytes(engine, child, vault.id)
        stored += bytes_there["stored_blocks"]
        part = {"id": state.new_id("backup"), "parent_id": replica_id, "name": child.name}
        _insert(engine, child, vault, **common, **bytes_there, **part)
    whole: dict[str, Any] = {
        "id": replica_id,
        "stored_blocks": stored,
        "expired_at": plan["expires_at"],
    }
    told = {name: plan[name] for name in ("name", "description", "policy_id")}
    _insert(engine, source, vault, **common, **whole, **told)
    vaults.add_used(engine, vault.id, stored)
    return replica_id, point_id


def _copy_bytes(engine: Engine, source: BackupRow, vault_id: str) -> dict[str, int]:
    """Copy what a disk's backup holds to a vault; return the columns that say where it is."""
    if source.place is None:
        return {"stored_blocks": 0}
    contents = Disks(engine).contents(*source.place)
    store = engine.state.value("SELECT store FROM chain WHERE id = ?", source.chain)
    chain = Disks(engine).import_chain(vault_id, store, contents)
    return {"chain": chain, "sequence": 0, "stored_blocks": len(contents)}


_SAME = (
    "resource_id", "resource_name", "resource_type", "resource_size_gb", "resource_az",
    "extend_info", "properties", "writes",
)  # fmt: skip


def _insert(engine: Engine, source: BackupRow, vault: VaultRow, **columns: type_of_cell) -> None:
    engine.state.insert(
        "backup",
        project_id=vault.project_id,
        vault_id=vault.id,
        status="available",
        image_type="replication",
        provider_id=vault.provider_id,
        created_at=engine.now(),
        protected_at=engine.now(),
        updated_at=engine.now(),
        enterprise_project_id=vault.enterprise_project_id,
        **{name: getattr(source, name) for name in _SAME},
        **columns,
    )


def _order(context: RequestContext, wanted: ReplicateBackup | ReplicateVault) -> Order:
    return Order(
        project_id=wanted.destination_project_id,
        region=wanted.destination_region,
        vault_id=wanted.destination_vault_id,
        request_id=context.request_id,
    )


@ROUTES.add("POST", "/v3/{project_id}/backups/{backup_id}/replicate", body=ReplicateBackupReq)
def _copy_backup(context: RequestContext) -> dict[str, Any]:
    engine, wanted = context.engine, context.body.replicate
    backup = backups.of_call(context)
    if backup.project_id != context.caller.project_id:
        raise ApiError("1002")
    told = {"name": wanted.name, "description": wanted.description}
    order = replace(_order(context, wanted), **told)
    record_id = start(engine, backup, order)
    return {
        "replication": {
            "backup_id": backup.id,
            "replication_record_id": record_id,
            "provider_id": backup.provider_id,
            **_where(context, wanted),
        }
    }


@ROUTES.add(
    "POST", "/v3/{project_id}/checkpoints/replicate", body=ReplicateVaultReq, group="Restore point"
)
def _copy_checkpoint(context: RequestContext) -> dict[str, Any]:
    engine, wanted = context.engine, context.body.replicate
    vault = vaults.find(engine, context.caller.project_id, wanted.vault_id)
    begun = start_all(engine, vault, _order(context, wanted))
    return {
        "replication": {
            "backups": [
                {"backup_id": backup_id, "replication_record_id": record_id}
                for backup_id, record_id in begun
            ],
            "vault_id": vault.id,
            "provider_id": vault.provider_id,
            **_where(context, wanted),
        }
    }


def _where(context: RequestContext, wanted: ReplicateBackup | ReplicateVault) -> dict[str, Any]:
    return {
        "project_id": context.caller.project_id,
        "source_region": context.caller.region,
        "destination_project_id": wanted.destination_project_id,
        "destination_region": wanted.destination_region,
        "destination_vault_id": wanted.destination_vault_id,
    }


EVENTS = {"replication_finished": _finished}
