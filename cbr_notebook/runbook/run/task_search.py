"""Finding one's own task in the list: by its ID, its request's ID, or as the only new one.

Never by time: the service's clock is not ours, and two restores may begin in one second.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cbr_notebook.api.records import TaskRecord
from cbr_notebook.session import Session

_ENOUGH = 100
"""New tasks come first in the list, so that older ones than these need not be known."""


@dataclass(frozen=True, slots=True)
class Found:
    """A task, and how it was recognised."""

    task: TaskRecord
    how: str


def restores_of(session: Session, resource_id: str) -> Sequence[TaskRecord]:
    """Return the newest restores of a server, disk or file system, newest first."""
    page = session.client.tasks.list(
        operation_type="restore", resource_id=resource_id, limit=_ENOUGH
    )
    return page.operation_logs


def recognise(
    tasks: Sequence[TaskRecord],
    *,
    known: Collection[str],
    backup_id: str,
    job_id: str | None = None,
    request_id: str | None = None,
) -> Found | None:
    """Return the task that a request caused.

    Args:
        tasks: the restores of the target, newest first.
        known: the IDs of those that there were before the request.
        backup_id: the backup that was asked for.
        job_id: the ID in the answer, if it was heard and held one.
        request_id: the ID of the request, if its answer was heard.
    """
    for task in tasks:
        if job_id is not None and task.id == job_id:
            return Found(task, "by the ID in the answer")
        asked_by = _request_id(task)
        if request_id and asked_by and request_id in asked_by:
            return Found(task, "by the ID of the request")
    fresh = [
        task for task in tasks if task.id not in known and _backup_id(task) in (None, backup_id)
    ]
    if not fresh:
        return None
    # A target has one restore at a time, so the first new one is the one that was let in.
    how = "as the only new one" if len(fresh) == 1 else f"as the first of {len(fresh)} new ones"
    return Found(fresh[-1], how)


def _backup_id(task: TaskRecord) -> str | None:
    restore = task.extra_info.restore if task.extra_info else None
    return (restore.backup_id or None) if restore else None


def _request_id(task: TaskRecord) -> str | None:
    common = task.extra_info.common if task.extra_info else None
    return common.request_id if common else None
