"""The backups of a vault as retention looks at them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from cbr_notebook.api.messages import records
from cbr_notebook.api.messages.statuses import BACKUP_DELETING, BACKUP_ERROR
from cbr_notebook.schedule.retention import Backup
from cbr_notebook.session.context import Context
from cbr_notebook.text.timeparse import parse_api_time


def backups_by_resource(
    session: Context, vault_id: str | None = None
) -> dict[tuple[str, str], tuple[str, list[Backup]]]:
    """Return the backups of each resource in a vault, or in all.

    Returns:
        By the IDs of vault and resource: the resource's name, and its backups.
    """
    listed = session.client.backups.list_all(image_type="backup", vault_id=vault_id)
    return group_backups(listed)


def group_backups(
    listed: Iterable[records.Backup],
) -> dict[tuple[str, str], tuple[str, list[Backup]]]:
    """Return backups by the IDs of vault and resource, with the resource's name."""
    found: dict[tuple[str, str], tuple[str, list[Backup]]] = {}
    for each in listed:
        if each.status == BACKUP_DELETING or each.parent_id:
            continue
        key = (each.vault_id or "", each.resource_id or "")
        name = each.resource_name or each.resource_id or ""
        found.setdefault(key, (name, []))[1].append(retained(each))
    return found


def retained(backup: records.Backup) -> Backup:
    """Return what retention has to know of a backup."""
    info = backup.extend_info
    return Backup(
        backup.id,
        parse_api_time(backup.created_at) or datetime.min.replace(tzinfo=UTC),
        parse_api_time(backup.expired_at),
        automatic=bool(info and info.auto_trigger),
        failed=backup.status == BACKUP_ERROR,
    )
