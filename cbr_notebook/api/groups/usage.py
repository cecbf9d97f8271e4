"""The operation on usage: what each resource's backups take."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from cbr_notebook.api.groups import Group
from cbr_notebook.api.messages import validate
from cbr_notebook.api.messages.constants import SERVER_TYPES
from cbr_notebook.api.messages.records import Record
from cbr_notebook.api.paging.pager import items, paged


class StorageUsage(Record, frozen=True):
    """What the backups of a resource take, in MB."""

    resource_id: str
    resource_name: str | None = None
    resource_type: str | None = None
    backup_count: int | None = None
    backup_size: int | None = None
    backup_size_multiaz: int | None = None


class UsagePage(Record, frozen=True, kw_only=True):
    """A page of usage; ``resource_count`` is the number of all resources that match."""

    resource_count: int | None = None
    storage_usage: list[StorageUsage]


class Usage(Group):
    """What backups take, resource by resource."""

    def list(
        self,
        *,
        limit: int | None = None,
        offset: int | None = None,
        resource_id: str | None = None,
        resource_type: str | None = None,
    ) -> UsagePage:
        """Return a page of what the backups of each resource take.

        Args:
            limit: rows in the page, 1 to 1000.
            offset: rows to skip.
            resource_id: only this resource.
            resource_type: only this type of server.

        Raises:
            InvalidRequest: a value is out of range (BackupService.9900).

        API: Usage, "Querying the Storage Usage" (GET /v3/{project_id}/storage_usage).
        """
        query = {
            "limit": validate.within(limit, 1, 1000, "limit"),
            "offset": validate.within(offset, 0, 2**31, "offset"),
            "resource_id": resource_id,
            "resource_type": validate.one_of(resource_type, SERVER_TYPES, "resource_type"),
        }
        return self._transport.get("/v3/{project_id}/storage_usage", UsagePage, query)

    def list_all(self, *, page_size: int = 1000, **filters: Any) -> Iterator[StorageUsage]:
        """Return what the backups of all resources take; filters as for :meth:`list`.

        API: Usage, "Querying the Storage Usage" (GET /v3/{project_id}/storage_usage).
        """
        ask = paged(partial(self.list, **filters), "storage_usage", "resource_count")
        return items(ask, page_size=page_size, key=lambda row: row.resource_id)
