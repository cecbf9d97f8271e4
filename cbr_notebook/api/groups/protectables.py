"""The operations on what can be protected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import msgspec

from cbr_notebook.api.groups import Group
from cbr_notebook.api.messages import validate
from cbr_notebook.api.messages.constants import KINDS, ResourceKind
from cbr_notebook.api.messages.records import Page, Protectable, Record
from cbr_notebook.api.paging.pager import items, paged

LARGEST_PAGE = 50
_PATH = "/v3/{project_id}/protectables"


class ProtectablePage(Page, frozen=True, kw_only=True):
    """A page of resources."""

    instances: list[Protectable]


class AgentStatus(Record, frozen=True):
    """Whether a server has an agent for application-consistent backups."""

    resource_id: str | None = None
    installed: bool | None = None
    version: str | None = None
    is_old: bool | None = None
    code: int | str | None = None
    message: str | None = None


class RegionReplication(Record, frozen=True):
    """The regions that a region can replicate to."""

    name: str
    replication_destinations: list[str] | None = None


class AgentQuestion(msgspec.Struct, omit_defaults=True):
    """A server to look at.

    Attributes:
        resource_id: the server.
        resource_type: such as ``OS::Nova::Server``.
        resource_name: its name.
    """

    resource_id: str
    resource_type: str
    resource_name: str | None = None


class _AgentAnswer(msgspec.Struct):
    agent_status: list[AgentStatus] = []


class _RegionAnswer(msgspec.Struct):
    regions: list[RegionReplication]


class _Answer(msgspec.Struct):
    instance: Protectable


class Protectables(Group):
    """Servers, disks and file systems that can be protected."""

    def list(
        self,
        kind: ResourceKind,
        *,
        limit: int | None = None,
        offset: int | None = None,
        marker: str | None = None,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 the service's name
        status: str | None = None,
        server_id: str | None = None,
    ) -> ProtectablePage:
        """Return a page of resources of a kind.

        Args:
            kind: ``server``, ``disk``, ``turbo`` (file systems) or ``workspace``.
            limit: rows in the page; the service gives at most 50.
            offset: rows to skip.
            marker: the last ID of the page before.
            name: part of the name.
            id: only this one.
            status: only in this status.
            server_id: only disks attached to this server.

        Raises:
            InvalidRequest: there is no such kind (BackupService.6116).

        API: Protectable, "Querying Protectable Resources"
        (GET /v3/{project_id}/protectables/{protectable_type}/instances).
        """
        validate.one_of(kind, KINDS, "kind")
        query = {
            "limit": validate.within(limit, 1, 1000, "limit"),
            "offset": validate.within(offset, 0, 2**31, "offset"),
            "marker": marker,
            "name": name,
            "id": id,
            "status": status,
            "server_id": server_id,
        }
        return self._transport.get(f"{_PATH}/{kind}/instances", ProtectablePage, query)

    def list_all(self, kind: ResourceKind, **filters: Any) -> Iterator[Protectable]:
        """Return all resources of a kind, page by page; filters as for :meth:`list`.

        API: Protectable, "Querying Protectable Resources".
        """
        ask = paged(partial(self.list, kind, **filters), "instances")
        return items(ask, page_size=LARGEST_PAGE)

    def show(self, kind: ResourceKind, resource_id: str) -> Protectable:
        """Return a resource.

        Raises:
            NotFound: there is none of this ID (BackupService.7100, .7000, .7500).

        API: Protectable, "Querying a Specified Protectable Resource".
        """
        validate.one_of(kind, KINDS, "kind")
        return self._transport.get(f"{_PATH}/{kind}/instances/{resource_id}", _Answer).instance

    def check_agents(self, servers: Sequence[AgentQuestion]) -> Sequence[AgentStatus]:
        """Look whether servers have an agent for application-consistent backups.

        Args:
            servers: at least one.

        Raises:
            InvalidRequest: no server is named (BackupService.9900).

        API: Protectable, "Checking the Agent Status" (POST /v3/{project_id}/agent/check).
        """
        validate.listed(servers, "servers", most=10_000)
        path = "/v3/{project_id}/agent/check"
        body = {"agent_status": list(servers)}
        found = self._transport.send("POST", path, body, _AgentAnswer, only_asks=True)
        return found.agent_status

    def replication_capabilities(self) -> Sequence[RegionReplication]:
        """Return which regions replicate to which.

        API: Protectable, "Querying the Replication Capabilities"
        (GET /v3/{project_id}/replication-capabilities).
        """
        path = "/v3/{project_id}/replication-capabilities"
        return self._transport.get(path, _RegionAnswer).regions
