"""What happens when a policy's time has come."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from cbr_notebook.simulator import clock, policies, restore_points, tasks
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


def expiry(definition: dict[str, Any], created_at: int) -> int | None:
    """Give the moment at which a backup of a policy expires, if its rule counts days."""
    days = definition.get("retention_duration_days", -1)
    if days is None or days < 1:
        return None
    return created_at + int(days) * 24 * 3600 * clock.MICROSECONDS


def back_up(engine: Engine, vault: sqlite3.Row, policy: sqlite3.Row) -> None:
    """Make the restore point that a policy asks for; a run that cannot begin leaves a task."""
    definition = json.loads(policy["definition"])
    busy = tasks.running(engine, ("backup",), vault_id=vault["id"], policy_id=policy["id"])
    if busy:
        return
    try:
        restore_points.start(
            engine,
            vault,
            restore_points.Order(
                automatic=True,
                policy_id=policy["id"],
                incremental=not _full_is_due(engine, vault, definition),
                expires_at=expiry(definition, engine.now()),
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
    first = engine.state.one(
        "SELECT * FROM vault_resource WHERE vault_id = ? AND auto_protect = 1 ORDER BY position",
        vault["id"],
    )
    if first is None:
        return
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
        resource_id=first["resource_id"],
        resource_name=first["name"],
        resource_type=first["type"],
    )
    tasks.fail(engine, task_id, refusal.code, refusal.message)
    engine.scheduler.cancel("task_failed", task_id)


def _already_failed(engine: Engine, task_id: str, _: dict[str, Any]) -> None:
    """The end of a task that failed at once was cancelled; there is nothing left to do."""


EVENTS = {"policy_runs": _run, "task_failed": _already_failed}
