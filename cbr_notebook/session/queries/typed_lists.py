"""The lists of the service as typed records: for programs that want objects rather than tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cbr_notebook.api.client import Client
from cbr_notebook.api.messages.constants import ResourceKind
from cbr_notebook.api.messages.records import Backup, Member, Policy, Protectable, TaskRecord, Vault
from cbr_notebook.tasks.poller import TaskPoller


class TypedLists:
    """Asks for records; each method reads a whole list unless it says otherwise."""

    def __init__(self, client: Client, poller: TaskPoller) -> None:
        self._client = client
        self._poller = poller

    def vaults(self, **filters: Any) -> Iterator[Vault]:
        """Return the vaults that the filters of the service leave."""
        return self._client.vaults.list_all(**filters)

    def backups(self, **filters: Any) -> Iterator[Backup]:
        """Return the backups that the filters of the service leave, newest first."""
        return self._client.backups.list_all(**filters)

    def policies(self) -> list[Policy]:
        """List the policies."""
        return list(self._client.policies.list().policies)

    def resources(self, kind: ResourceKind) -> Iterator[Protectable]:
        """Return the resources of a kind, protected or not."""
        return self._client.protectables.list_all(kind)

    def resource(self, kind: ResourceKind, resource_id: str) -> Protectable:
        """Return a resource, protected or not.

        Raises:
            NotFound: there is none of this kind and ID.
        """
        return self._client.protectables.show(kind, resource_id)

    def members(self, backup_id: str) -> list[Member]:
        """List the projects that a backup is shared with."""
        return list(self._client.members.list_all(backup_id))

    def tags(self, vault_id: str) -> dict[str, str]:
        """Return the tags of a vault."""
        return {each.key: each.value or "" for each in self._client.tags.list(vault_id)}

    def tasks(
        self, *, status: str | None = None, limit: int, within: float = 0.0
    ) -> tuple[TaskRecord, ...]:
        """Return the newest tasks.

        Args:
            status: only those in it.
            limit: how many at most.
            within: how old, in seconds, an answer may be that somebody else of this session has
                just had.
        """
        return self._poller.answer(
            ("tasks", status, limit),
            lambda: self._client.tasks.list(status=status, limit=limit).operation_logs,
            within,
        )
