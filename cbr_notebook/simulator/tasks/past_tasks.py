"""Tasks of backups that are written rather than lived."""

from __future__ import annotations

from cbr_notebook import catalogue
from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine

_SECONDS = 300
_FAILURE = "BackupService.7203"


def fill_from_backups(engine: Engine, project: str, since: int) -> None:
    """Insert the tasks that made the automatic backups of a project, by one statement.

    A backup in ``error`` was made by a task that failed.

    Args:
        engine: of a cloud whose backups have no tasks.
        project: the ID of their project.
        since: of backups made from then on, in microseconds since 1970.
    """
    known = catalogue.lookup(_FAILURE)
    engine.state.run(
        "INSERT INTO task (id, project_id, operation_type, status, created_at, started_at, due_at, "
        "ended_at, updated_at, vault_id, vault_name, restore_point_id, policy_id, provider_id, "
        "resource_id, resource_name, resource_type, request_id, error_code, error_message, "
        "extra_info, subject_id) "
        "SELECT '7' || substr(b.id, 2), b.project_id, 'backup', "
        "iif(b.status = 'error', 'failed', 'success'), b.created_at, b.created_at, "
        "b.created_at + ?3, b.created_at + ?3, b.created_at + ?3, v.id, v.name, "
        "b.restore_point_id, b.policy_id, b.provider_id, b.resource_id, b.resource_name, "
        "b.resource_type, 'req-' || b.restore_point_id, "
        "iif(b.status = 'error', ?4, ''), iif(b.status = 'error', ?5, ''), "
        "json_object('backup', json_object('backup_id', b.id, 'backup_name', b.name, "
        "'incremental', 'true', 'app_consistency_status', '0', 'app_consistency_error_code', '0', "
        "'app_consistency_error_message', '')), b.id "
        "FROM backup b JOIN vault v ON v.id = b.vault_id "
        "WHERE b.project_id = ?1 AND b.created_at >= ?2 AND b.parent_id IS NULL AND b.automatic "
        "ORDER BY b.created_at, b.id",
        project,
        since,
        _SECONDS * clock.MICROSECONDS,
        _FAILURE,
        known.message if known else "",
    )
