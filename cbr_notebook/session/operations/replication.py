"""Copy backups to another region."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cbr_notebook.api.messages.records import TaskRecord
from cbr_notebook.api.paging.pager import LARGEST_PAGE
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.session.context import Context
from cbr_notebook.session.lookup import (
    find_backup,
    find_vault,
    find_vault_elsewhere,
    project_of,
)
from cbr_notebook.session.references import (
    ResourceRef,
)
from cbr_notebook.tasks.task import Task
from cbr_notebook.tasks.task_lookup import (
    tasks_since_now,
)
from cbr_notebook.text.formatting import pluralize


def replicate(
    session: Context,
    backup: ResourceRef = None,
    *,
    vault: ResourceRef = None,
    destination_region: str,
    destination_vault: ResourceRef,
    destination_project: str | None = None,
    name: str | None = None,
    description: str | None = None,
) -> Task:
    """Copy a server's backup to another region, or all of a vault that is not there yet.

    From a replica an image and from that a new server can be made there; it cannot be
    restored to a server. ``session.replication_targets()`` lists the regions.

    Args:
        backup: which one; or
        vault: the vault whose backups are copied, those that are not there yet.
        destination_region: the other region.
        destination_vault: a replication vault there: its ID or unique name.
        destination_project: the project there, by ID or name; the region's own if left out.
        name: of the replica; only for a single backup.
        description: of the replica; only for a single backup.

    Returns:
        The running replication; one task a backup. Its ``result`` is the list of the
        replication records' IDs.

    Raises:
        InvalidRequest: neither or both of backup and vault are named; or backup, vault and
            destination do not fit (BackupService.1002 to .1005, .6119, .6128).
        NotFound: no such backup, vault, project or destination (BackupService.6120).
        Conflict: it is there already, or is being copied (BackupService.1009, .6130).
        QuotaExceeded: the destination vault is full (BackupService.6129).

    API: Backup, "Replicating a Backup"; Restore point, "Replicating a Vault".

    Example:
        >>> there = session.in_project("eu-west-1")
        >>> copies = there.create_vault("copies", size_gb=100, protect_type="replication")
        >>> backup = session.last_quiet_backup("web-01")
        >>> session.replicate(
        ...     backup, destination_region="eu-west-1", destination_vault=copies.id
        ... ).wait().status
        'success'
    """
    if (backup is None) == (vault is None):
        raise InvalidRequest(
            "Name either the backup or the vault to replicate.",
            advice='session.replicate("backup", …) or session.replicate(vault="vault", …).',
        )
    if vault is not None and (name is not None or description is not None):
        raise InvalidRequest("Only a single backup can be given a name or a description.")
    project_id = project_of(session, destination_project or destination_region)
    there = find_vault_elsewhere(session, destination_vault, destination_region, project_id)
    where: dict[str, Any] = {
        "destination_project_id": project_id,
        "destination_region": destination_region,
        "destination_vault_id": there.id,
    }
    if vault is not None:
        source = find_vault(session, vault).id
        since = _replications_since_now(session, source)
        started = session.client.restore_points.replicate(source, **where).backups or []
        copied = {str(each.backup_id) for each in started}
        records = [each.replication_record_id for each in started]
        what: str | None = pluralize(len(copied), "backup")
    else:
        found = find_backup(session, backup)
        since = _replications_since_now(session, found.vault_id)
        answer = session.client.backups.replicate(
            found.id, **where, name=name, description=description
        )
        copied, records, what = {found.id}, [answer.replication_record_id], found.name
    return Task(
        session.poller,
        f"Replicating {what} to {destination_region}",
        lambda: [task for task in since() if _source_backup_id(task) in copied],
        expected=len(copied),
        result=records,
    )


def _replications_since_now(
    session: Context, vault_id: str | None
) -> Callable[[], Sequence[TaskRecord]]:
    return tasks_since_now(
        session.client, page_size=LARGEST_PAGE, operation_type="replication", vault_id=vault_id
    )


def _source_backup_id(task: TaskRecord) -> str | None:
    """Return the ID of the backup that a task copies."""
    facts = task.extra_info.replication if task.extra_info else None
    return facts.source_backup_id if facts else None
