"""The operations on tasks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from cbr_notebook.api.groups import Group
from cbr_notebook.api.messages import validate
from cbr_notebook.api.messages.records import Page, TaskRecord
from cbr_notebook.api.messages.statuses import TASK_STATUSES
from cbr_notebook.api.paging.pager import items

OPERATION_TYPES = (
    "backup", "copy", "replication", "delete", "restore", "vault_delete", "remove_resource",
    "sync",
)  # fmt: skip
_PATH = "/v3/{project_id}/operation-logs"


class TaskPage(Page, frozen=True, kw_only=True):
    """A page of tasks."""

    operation_logs: list[TaskRecord]


class _Answer(msgspec.Struct):
    operation_log: TaskRecord


class Tasks(Group):
    """Tasks: work that goes on after its request was answered."""

    def list(
        self,
        *,
        limit: int | None = None,
        offset: int | None = None,
        operation_type: str | None = None,
        status: str | None = None,
        vault_id: str | None = None,
        vault_name: str | None = None,
        resource_id: str | None = None,
        resource_name: str | None = None,
        provider_id: str | None = None,
        start_time: str | None = None,
        end_time: str | None = None,
        enterprise_project_id: str | None = None,
    ) -> TaskPage:
        """Return a page of tasks, newest first.

        Args:
            limit: rows in the page, 1 to 1000.
            offset: rows to skip.
            operation_type: ``backup``, ``restore``, ``delete``, ``replication``, …
            status: ``waiting``, ``running``, ``success``, ``failed``, ``skipped``, ``timeout``.
            vault_id: only of this vault.
            vault_name: only of the vault of this name.
            resource_id: only of this resource.
            resource_name: only of the resource of this name.
            provider_id: only of this provider.
            start_time: not before this (``2020-08-17T00:00:00Z``).
            end_time: not after this.
            enterprise_project_id: only of this enterprise project.

        Raises:
            InvalidRequest: a filter has a value that the service does not know.

        API: Task, "Querying the Task List" (GET /v3/{project_id}/operation-logs).
        """
        query = {
            "limit": validate.within(limit, 1, 1000, "limit"),
            "offset": validate.within(offset, 0, 2**31, "offset"),
            "operation_type": validate.one_of(operation_type, OPERATION_TYPES, "operation_type"),
            "status": validate.one_of(status, TASK_STATUSES, "status"),
            "vault_id": vault_id,
            "vault_name": vault_name,
            "resource_id": resource_id,
            "resource_name": resource_name,
            "provider_id": provider_id,
            "start_time": start_time,
            "end_time": end_time,
            "enterprise_project_id": enterprise_project_id,
        }
        return self._transport.get(_PATH, TaskPage, query)

    def list_all(self, *, page_size: int = 1000, **filters: Any) -> Iterator[TaskRecord]:
        """Return all tasks, page by page; filters as for :meth:`list`.

        API: Task, "Querying the Task List" (GET /v3/{project_id}/operation-logs).
        """

        def fetch(offset: int, limit: int) -> tuple[Any, int | None]:
            page = self.list(limit=limit, offset=offset or None, **filters)
            return page.operation_logs, page.count

        return items(fetch, page_size=page_size)

    def show(self, task_id: str) -> TaskRecord:
        """Return a task.

        Raises:
            NotFound: there is none of this ID (BackupService.6500).

        API: Task, "Querying a Specified Task" (GET …/operation-logs/{operation_log_id}).
        """
        return self._transport.get(f"{_PATH}/{task_id}", _Answer).operation_log
