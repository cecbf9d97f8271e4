"""Finding the task of a removal, which the answer to the request does not name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Literal

from cbr_notebook.api.client import Client
from cbr_notebook.api.records import Backup, TaskRecord
from cbr_notebook.session.own_tasks import tasks_since_now


def removal_finder(
    client: Client,
    operation_type: Literal["vault_delete", "remove_resource"],
    vault_id: str,
    resource_ids: Collection[str] = (),
) -> Callable[[], Sequence[TaskRecord]]:
    """Remember which removals there are; call this before the request.

    Args:
        client: whom to ask.
        operation_type: the kind of removal.
        vault_id: the vault that is deleted, or that resources leave.
        resource_ids: the resources that leave it.

    Returns:
        A function that gives the task of the first such removal since, in a list that is empty
        until the service shows it.
    """
    since = tasks_since_now(client, operation_type=operation_type, vault_id=vault_id)
    wanted = set(resource_ids)
    return lambda: [task for task in since() if _about(task) in (None, wanted)][-1:]


def deletion_finder(client: Client, backup: Backup) -> Callable[[], Sequence[TaskRecord]]:
    """Remember which deletions there are; call this before a backup is deleted.

    Args:
        client: whom to ask.
        backup: the backup.

    Returns:
        A function that gives the task of its deletion, in a list that is empty until the
        service shows it.
    """
    since = tasks_since_now(client, operation_type="delete", vault_id=backup.vault_id)
    return lambda: [task for task in since() if _deleted(task) == backup.id][-1:]


def _about(task: TaskRecord) -> set[str | None] | None:
    """Give the resources that a task removes; ``None`` if it does not tell."""
    removed = task.extra_info.remove_resources if task.extra_info else None
    items = removed.resources if removed else None
    return {each.id for each in items} if items else None


def _deleted(task: TaskRecord) -> str | None:
    """Give the ID of the backup that a task deletes."""
    facts = task.extra_info.delete if task.extra_info else None
    return facts.backup_id if facts else None
