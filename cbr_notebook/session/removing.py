"""Finding the task of a removal, which the answer to the request does not name.

What there was before the request is remembered, so that an earlier removal is never taken for
this one, also while the list of tasks lags behind. Times are not compared: the service's clock
is not ours.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Literal

from cbr_notebook.api.client import Client
from cbr_notebook.api.records import TaskRecord

_ENOUGH = 100
"""New tasks come first in the list, so that older ones than these need not be known."""


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

    def listed() -> Sequence[TaskRecord]:
        return client.tasks.list(
            operation_type=operation_type, vault_id=vault_id, limit=_ENOUGH
        ).operation_logs

    known = {task.id for task in listed()}
    wanted = set(resource_ids)

    def find() -> Sequence[TaskRecord]:
        fresh = [
            task for task in listed() if task.id not in known and _about(task) in (None, wanted)
        ]
        return fresh[-1:]

    return find


def _about(task: TaskRecord) -> set[str | None] | None:
    """Give the resources that a task removes; ``None`` if it does not tell."""
    removed = task.extra_info.remove_resources if task.extra_info else None
    items = removed.resources if removed else None
    return {each.id for each in items} if items else None
