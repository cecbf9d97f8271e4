"""What happens when a policy's time has come."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from cbr_notebook.simulator import (
    auto_bind,
    backup_orders,
    policies,
    restore_points,
    retention_rules,
    tasks,
    vault_resources,
)
from cbr_notebook.simulator.engine import Engine
from cbr_notebook.simulator.routing import Refusal


def _run(engine: Engine, policy_id: str, _: dict[str, Any]) -> None:
    policy = engine.state.one("SELECT * FROM policy WHERE id = ?", policy_id)
    if policy is None or not policy["enabled"]:
        return
    for vault in engine.state.all(
        "SELECT vault.*, vault_policy.destination_vault_id FROM vault_policy "
        "JOIN vault ON vault.id = vault_id WHERE policy_id = ? ORDER BY vault.created_at, vault.id",
        policy_id,
    ):
        if policy["operation_type"] == "backup":
            back_up(engine, vault, policy)
    policies.schedule(engine, policy_id)


def back_up(engine: Engine, vault: sqlite3.Row, policy: sqlite3.Row) -> None:
    """Make the restore point that a policy asks for.

    While the last run still goes on, this one is left out; one that cannot begin leaves a
    failed task for each resource.
    """
    if tasks.running(engine, ("backup",), vault_id=vault["id"], policy_id=policy["id"]):
        return
    auto_bind.scan(engine, vault)
    definition = json.loads(policy["definition"])
    try:
        restore_points.start(
            engine,
            vault,
            backup_orders.Order(
                automatic=True,
                policy_id=policy["id"],
                incremental=not _full_is_due(engine, vault, definition),
                expires_at=retention_rules.expiry(definition, engine.now()),
            ),
        )
    except Refusal as refusal:
        _note_failure(engine, vault, policy, refusal)


def _full_is_due(engine: Engine, vault: sqlite3.Row, definition: dict[str, Any]) -> bool:
    """Say whether as many incremental backups as allowed came since the last full one."""
    interval = definition.get("full_backup_interval", -1)
    if interval is None or interval < 0:
        return False
    points = engine.state.all(
        "SELECT max(incremental) AS incremental FROM backup WHERE vault_id = ? "
        "AND parent_id IS NULL AND automatic = 1 AND status != 'error' "
        "GROUP BY restore_point_id ORDER BY max(created_at) DESC LIMIT ?",
        vault["id"],
        interval,
    )
    return len(points) == interval and all(point["incremental"] for point in points)


def _note_failure(
    engine: Engine, vault: sqlite3.Row, policy: sqlite3.Row, refusal: Refusal
) -> None:
    for resource in vault_resources.rows(engine, vault["id"]):
        if not resource["auto_protect"]:
            continue
        task_id = tasks.begin(
            engine,
            "backup",
            project_id=vault["project_id"],
            seconds=0,
            finish="task_failed",
            subject=vault["id"],
            vault_id=vault["id"],
            vault_name=vault["name"],
            policy_id=policy["id"],
            provider_id=vault["provider_id"],
            resource_id=resource["resource_id"],
            resource_name=resource["name"],
            resource_type=resource["type"],
        )
        tasks.fail(engine, task_id, refusal.code, refusal.message)
        engine.scheduler.cancel("task_failed", task_id)


def _already_failed(engine: Engine, task_id: str, _: dict[str, Any]) -> None:
    """The end of a task that failed at once was cancelled; there is nothing left to do."""


EVENTS = {"policy_runs": _run, "task_failed": _already_failed}
