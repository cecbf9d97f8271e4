"""Finding the tasks of one's own work in the list, which is read only as far as it takes.

What there was before a request is remembered, so that earlier work is never taken for this, also
while the list of tasks lags behind. This computer's clock is not the service's, so its times are
never compared with those of tasks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import Any, Literal

from cbr_notebook.api.client import Client
from cbr_notebook.api.messages.records import Backup, TaskRecord
from cbr_notebook.api.paging.pager import LARGEST_PAGE, pages
from cbr_notebook.text.timeparse import parse_api_time

PAGE = 100
"""New tasks come first in the list, so that nearly always one page of so many will do."""
_LEEWAY = timedelta(hours=1)
"""How much earlier than its restore point the service may say that a task was created."""


def newest_tasks(
    client: Client,
    enough: Callable[[Sequence[TaskRecord], Sequence[TaskRecord]], bool],
    *,
    page_size: int = PAGE,
    **filters: Any,
) -> Sequence[TaskRecord]:
    """Return the newest tasks, newest first: page by page until it is enough, or there are no more.

    Args:
        client: whom to ask.
        enough: says after each page, by its rows and all that were read, whether it is.
        page_size: rows to ask for at once.
        filters: those of :meth:`api.tasks.Tasks.list`.

    Raises:
        Conflict: the list changes faster than it can be read.
        ServiceError: the pages contradict each other.
    """
    found: list[TaskRecord] = []

    def fetch(offset: int, limit: int) -> tuple[Sequence[TaskRecord], int | None]:
        page = client.tasks.list(limit=limit, offset=offset or None, **filters)
        return page.operation_logs, page.count

    for rows in pages(fetch, page_size=page_size):
        found += rows
        if rows and enough(rows, found):
            break
    return found


def tasks_since_now(
    client: Client, *, page_size: int = PAGE, **filters: Any
) -> Callable[[], Sequence[TaskRecord]]:
    """Remember which tasks there are; call this before the request that makes new ones.

    Args:
        client: whom to ask.
        page_size: rows to ask for at once, and so how many tasks are remembered.
        filters: those of :meth:`api.tasks.Tasks.list` that fit the tasks.

    Returns:
        A function that gives the tasks since, newest first.
    """
    known = {task.id for task in client.tasks.list(limit=page_size, **filters).operation_logs}

    def since() -> Sequence[TaskRecord]:
        # A page is no longer than what is remembered: none of it can be older than that.
        read = newest_tasks(
            client,
            lambda rows, _: any(row.id in known for row in rows),
            page_size=page_size,
            **filters,
        )
        return [task for task in read if task.id not in known]

    return since


def tasks_of_point(
    client: Client,
    point_id: str,
    *,
    begun_at: str | None = None,
    expected: int = 1,
    **filters: Any,
) -> Sequence[TaskRecord]:
    """Return the backup tasks of a restore point, as far as the service shows them.

    Args:
        client: whom to ask.
        point_id: the restore point.
        begun_at: when the service says that it was created: nothing much older is asked for.
        expected: how many tasks there will be; the list is read on while some are missing.
        filters: those of :meth:`api.tasks.Tasks.list` that fit the tasks, such as the vault.
    """
    begun = parse_api_time(begun_at)

    def mine(tasks: Sequence[TaskRecord]) -> Sequence[TaskRecord]:
        return [task for task in tasks if task.checkpoint_id == point_id]

    def enough(rows: Sequence[TaskRecord], read: Sequence[TaskRecord]) -> bool:
        if len(mine(read)) >= expected:
            return True
        oldest = parse_api_time(rows[-1].created_at)
        return begun is not None and oldest is not None and oldest < begun - _LEEWAY

    size = min(LARGEST_PAGE, max(PAGE, expected))
    return mine(newest_tasks(client, enough, page_size=size, operation_type="backup", **filters))


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
    """Return the resources that a task removes; ``None`` if it does not tell."""
    removed = task.extra_info.remove_resources if task.extra_info else None
    items = removed.resources if removed else None
    return {each.id for each in items} if items else None


def _deleted(task: TaskRecord) -> str | None:
    """Return the ID of the backup that a task deletes."""
    facts = task.extra_info.delete if task.extra_info else None
    return facts.backup_id if facts else None
