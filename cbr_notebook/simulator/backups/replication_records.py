"""The record of each replication, as a backup's document shows it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from cbr_notebook.simulator.backups.backup_rows import ReplicationRow
from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine


def document(row: ReplicationRow) -> dict[str, Any]:
    """Return a record as the service's document of it."""
    progress = {"success": 100, "fail": 100, "skip": 100}.get(row.status, 0)
    return {
        "created_at": clock.to_api_time(row.created_at),
        "destination_backup_id": row.destination_backup_id,
        "destination_checkpoint_id": row.destination_restore_point_id,
        "destination_project_id": row.destination_project_id,
        "destination_region": row.destination_region,
        "destination_vault_id": row.destination_vault_id,
        "extra_info": {
            "progress": progress,
            "fail_code": row.fail_code,
            "fail_reason": row.fail_reason,
            "auto_trigger": bool(row.automatic),
            "destination_vault_id": row.destination_vault_id,
        },
        "id": row.id,
        "source_backup_id": row.source_backup_id,
        "source_checkpoint_id": row.source_restore_point_id,
        "source_project_id": row.source_project_id,
        "source_region": row.source_region,
        "status": row.status,
        "vault_id": row.source_vault_id,
    }


def by_id(engine: Engine, record_id: str) -> ReplicationRow | None:
    """Return a record; ``None`` when there is none."""
    return engine.state.one_of(
        ReplicationRow, "SELECT * FROM replication_record WHERE id = ?", record_id
    )


def is_source(engine: Engine, backup_id: str) -> bool:
    """Return whether a backup is being copied at this moment."""
    return engine.state.has(
        "SELECT 1 FROM replication_record WHERE source_backup_id = ? "
        "AND status IN ('replicating', 'waiting_replicate')",
        backup_id,
    )


def of(engine: Engine, backup_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the records of some backups, seen from either end."""
    marks = ", ".join("?" * len(backup_ids))
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for column in ("source_backup_id", "destination_backup_id"):
        for row in engine.state.all_of(
            ReplicationRow,
            f"SELECT * FROM replication_record WHERE {column} IN ({marks}) ORDER BY created_at, id",
            *backup_ids,
        ):
            found[getattr(row, column)].append(document(row))
    return found
