"""What happens when a policy's time has come."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from cbr_notebook.simulator.backups import backup_orders, replication, restore_points
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.policies import policies, retention_rules
from cbr_notebook.simulator.policies.policy_rows import PolicyRow
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.tasks import tasks
from cbr_notebook.simulator.vaults import auto_bind, vault_resources, vaults
from cbr_notebook.simulator.vaults.vault_rows import VaultResourceRow, VaultRow

_BUSY = "BackupService.6125"


def _run(engine: Engine, policy_id: str, _: dict[str, Any]) -> None:
    policy = policies.by_id(engine, policy_id)
    if policy is None or not policy.enabled:
        return
    for vault, destination_vault_id in _vaults(engine, policy_id):
        if policy.operation_type == "backup":
            back_up(engine, vault, policy)
        else:
            replicate(engine, vault, policy, destination_vault_id)
    policies.schedule(engine, policy_id)


def _vaults(engine: Engine, policy_id: str) -> list[tuple[VaultRow, str]]:
    """Return the vaults of a policy, the oldest first, with where each is replicated to."""
    return [
        (VaultRow._make(row[1:]), row[0])
        for row in engine.state.all(
            "SELECT vault_policy.destination_vault_id, vault.* FROM vault_policy JOIN vault "
            "ON vault.id = vault_id WHERE policy_id = ? ORDER BY vault.created_at, vault.id",
            policy_id,
        )
    ]


def replicate(
    engine: Engine, vault: VaultRow, policy: PolicyRow, destination_vault_id: str
) -> None:
    """Copy what the other region lacks; when nothing can be copied, nothing is left behind."""
    definition = json.loads(policy.definition)
    order = replication.Order(
        project_id=definition["destination_project_id"],
        region=definition["destination_region"],
        vault_id=destination_vault_id,
        automatic=True,
        policy_id=policy.id,
        expires_at=retention_rules.expiry(definition, engine.now()),
    )
    with contextlib.suppress(ApiError):
        replication.start_all(engine, vault, order)


def back_up(engine: Engine, vault: VaultRow, policy: PolicyRow) -> None:
    """Create the restore point that a policy asks for.

    While the last run still goes on, this one is left out. A resource that cannot be backed
    up leaves a failed task; one that is being backed up already does not.
    """
    if tasks.running(engine, ("backup",), vault_id=vault.id, policy_id=policy.id):
        return
    auto_bind.scan(engine, vault)
    definition = json.loads(policy.definition)
    order = backup_orders.Order(
        automatic=True,
        policy_id=policy.id,
        incremental=not _full_is_due(engine, vault, definition),
        expires_at=retention_rules.expiry(definition, engine.now()),
    )
    try:
        point_id = restore_points.start(engine, vault, order)
    except ApiError as error:
        for entry in vault_resources.rows(engine, vault.id):
            if entry.auto_protect:
                reason = _obstacle(engine, vault, entry, order) or error
                _note_failure(engine, vault, policy, entry, reason)
        return
    point = restore_points.by_id(engine, point_id)
    assert point is not None, "it was just begun"
    entries = {row.resource_id: row for row in vault_resources.rows(engine, vault.id)}
    for each in json.loads(point.skipped):
        reason = ApiError(each["code"], each["reason"])
        _note_failure(engine, vault, policy, entries[each["id"]], reason)


def _obstacle(
    engine: Engine, vault: VaultRow, entry: VaultResourceRow, order: backup_orders.Order
) -> ApiError | None:
    """Return what keeps a resource from being backed up now, if it is its own."""
    try:
        backup_orders.ready(engine, vault, entry, order)
    except ApiError as error:
        return error
    return None


def _full_is_due(engine: Engine, vault: VaultRow, definition: dict[str, Any]) -> bool:
    """Say whether as many incremental backups as allowed came since the last full one."""
    interval = definition.get("full_backup_interval", -1)
    if interval is None or interval < 0:
        return False
    points = engine.state.column(
        "SELECT max(incremental) FROM backup WHERE vault_id = ? "
        "AND parent_id IS NULL AND automatic = 1 AND status != 'error' "
        "GROUP BY restore_point_id ORDER BY max(created_at) DESC LIMIT ?",
        vault.id,
        interval,
    )
    return len(points) == interval and all(points)


def _note_failure(
    engine: Engine,
    vault: VaultRow,
    policy: PolicyRow,
    resource: VaultResourceRow,
    reason: ApiError,
) -> None:
    if reason.code == _BUSY:
        return
    task_id = tasks.begin(
        engine,
        "backup",
        project_id=vault.project_id,
        seconds=0,
        finish="task_failed",
        subject=vault.id,
        policy_id=policy.id,
        **vaults.told_by_tasks(vault),
        resource_id=resource.resource_id,
        resource_name=resource.name,
        resource_type=resource.type,
    )
    tasks.fail(engine, task_id, reason.code, reason.message)
    engine.scheduler.cancel("task_failed", task_id)


def _already_failed(engine: Engine, task_id: str, _: dict[str, Any]) -> None:
    """Do nothing: the end of a task that failed at once was cancelled."""


EVENTS = {"policy_runs": _run, "task_failed": _already_failed}
