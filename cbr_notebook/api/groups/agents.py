"""The operations on agents: backup of files from servers anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from cbr_notebook.api.groups import Group
from cbr_notebook.api.messages import validate
from cbr_notebook.api.messages.records import Page, Record
from cbr_notebook.api.paging.pager import items, paged

_PATH = "/v3/{project_id}/agents"


class AgentPath(Record, frozen=True):
    """A path that an agent backs up."""

    id: str | None = None
    agent_id: str | None = None
    dir_path: str | None = None
    status: str | None = None
    exclude_paths: Any = None


class Agent(Record, frozen=True):
    """An agent on a server."""

    agent_id: str
    agent_version: str | None = None
    agent_type: str | None = None
    host_name: str | None = None
    host_nickname: str | None = None
    host_ip: str | None = None
    host_os: str | None = None
    status: str | None = None
    last_active_time: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    paths: list[AgentPath] | None = None


class AgentPage(Page, frozen=True, kw_only=True):
    """A page of agents."""

    agents: list[Agent]


class AddedPaths(Record, frozen=True):
    """What became of paths to add."""

    added: list[str] | None = None
    existed: list[str] | None = None


class RemovedPaths(Record, frozen=True):
    """What became of paths to remove."""

    removed: list[str] | None = None
    not_existed: list[str] | None = None


class ExcludedPath(msgspec.Struct):
    """What an agent leaves out below a path.

    Attributes:
        path_name: the path that is backed up.
        exclude_path_name: paths below it that are not.
    """

    path_name: str
    exclude_path_name: list[str]


class _Answer(msgspec.Struct):
    agent: Agent


class _Register(msgspec.Struct):
    agent_id: str
    host_name: str
    host_ip: str
    host_os: str
    host_nickname: str | UnsetType = UNSET
    agent_version: str | UnsetType = UNSET
    agent_type: str | UnsetType = UNSET


class _AddPaths(msgspec.Struct):
    add_path: list[str]
    exclude_path: list[ExcludedPath] | UnsetType = UNSET


class Agents(Group):
    """Agents, and the paths that they back up."""

    def list(
        self,
        *,
        limit: int | None = None,
        offset: int | None = None,
        status: str | None = None,
        agent_id: Sequence[str] | None = None,
    ) -> AgentPage:
        """Return a page of agents.

        Args:
            limit: rows in the page, 1 to 1000.
            offset: rows to skip.
            status: only in this status, such as ``normal``.
            agent_id: only these.

        Raises:
            InvalidRequest: a value is out of range (BackupService.9900).

        API: Agent, "Querying the Agent List" (GET /v3/{project_id}/agents).
        """
        query = {
            "limit": validate.within(limit, 1, 1000, "limit"),
            "offset": validate.within(offset, 0, 2**31, "offset"),
            "status": status,
            "agent_id": agent_id,
        }
        return self._transport.get(_PATH, AgentPage, query)

    def list_all(self, *, page_size: int = 1000, **filters: Any) -> Iterator[Agent]:
        """Return all agents, page by page; filters as for :meth:`list`.

        API: Agent, "Querying the Agent List" (GET /v3/{project_id}/agents).
        """
        ask = paged(partial(self.list, **filters), "agents")
        return items(ask, page_size=page_size, key=attrgetter("agent_id"))

    def show(self, agent_id: str) -> Agent:
        """Return an agent with its paths.

        Raises:
            NotFound: there is none of this ID (BackupService.7410).

        API: Agent, "Querying a Specified Agent" (GET /v3/{project_id}/agents/{agent_id}).
        """
        return self._transport.get(f"{_PATH}/{agent_id}", _Answer).agent

    def register(
        self,
        agent_id: str,
        *,
        host_name: str,
        host_ip: str,
        host_os: str,
        host_nickname: str | None = None,
        agent_version: str | None = None,
        agent_type: str | None = None,
    ) -> Agent:
        """Make an agent known to the service.

        Args:
            agent_id: the ID that the agent gave itself.
            host_name: the name of its server.
            host_ip: the address of its server.
            host_os: the operating system of its server.
            host_nickname: another name for its server.
            agent_version: such as ``1.0.0``.
            agent_type: such as ``native``.

        Raises:
            Conflict: it is registered already (BackupService.7403).

        API: Agent, "Registering an Agent" (POST /v3/{project_id}/agents).
        """
        agent = _Register(
            validate.id_of(agent_id, "agent_id"),
            host_name,
            host_ip,
            host_os,
            host_nickname if host_nickname is not None else UNSET,
            agent_version if agent_version is not None else UNSET,
            agent_type if agent_type is not None else UNSET,
        )
        return self._transport.send("POST", _PATH, {"agent": agent}, _Answer).agent

    def update(self, agent_id: str, *, status: str = "uninstall") -> Agent:
        """Change the status of an agent; ``uninstall`` is the only one that can be asked for.

        Raises:
            NotFound: there is none of this ID (BackupService.7410).
            Conflict: it is not in a status for it (BackupService.7403).

        API: Agent, "Modifying an Agent" (PUT /v3/{project_id}/agents/{agent_id}).
        """
        body = {"agent": {"status": validate.one_of(status, ("uninstall",), "status")}}
        return self._transport.send(
            "PUT", f"{_PATH}/{agent_id}", body, _Answer, read_back=True
        ).agent

    def unregister(self, agent_id: str) -> None:
        """Make the service forget an agent.

        Raises:
            NotFound: there is none of this ID (BackupService.7410).
            Conflict: it is not in a status for it (BackupService.7403).

        API: Agent, "Unregistering an Agent" (DELETE /v3/{project_id}/agents/{agent_id}).
        """
        self._transport.send("DELETE", f"{_PATH}/{agent_id}", None, type(None))

    def add_paths(
        self, agent_id: str, paths: Sequence[str], *, exclude: Sequence[ExcludedPath] = ()
    ) -> AddedPaths:
        """Add paths that an agent backs up.

        Args:
            agent_id: the agent.
            paths: absolute paths on its server.
            exclude: what to leave out below them.

        Returns:
            Which were added, and which it had already.

        Raises:
            InvalidRequest: a path is not valid (BackupService.7407).
            NotFound: there is no such agent (BackupService.7410).

        API: Agent, "Adding Backup Paths" (POST …/agents/{agent_id}/add-path).
        """
        body = _AddPaths(validate.at_least_one(paths, "paths"), list(exclude) if exclude else UNSET)
        return self._transport.send("POST", f"{_PATH}/{agent_id}/add-path", body, AddedPaths)

    def remove_paths(self, agent_id: str, paths: Sequence[str]) -> RemovedPaths:
        """Remove paths that an agent backs up.

        Args:
            agent_id: the agent.
            paths: absolute paths on its server.

        Returns:
            Which were removed, and which it did not have.

        Raises:
            NotFound: there is no such agent (BackupService.7410).

        API: Agent, "Removing Backup Paths" (POST …/agents/{agent_id}/remove-path).
        """
        body = {"remove_path": validate.at_least_one(paths, "paths")}
        return self._transport.send("POST", f"{_PATH}/{agent_id}/remove-path", body, RemovedPaths)
