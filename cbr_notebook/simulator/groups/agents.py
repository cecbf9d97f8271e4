"""Agents: programs on servers that back up paths, registered with the service."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from cbr_notebook.simulator.core import clock, kept_documents
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.core.kept_documents import Record
from cbr_notebook.simulator.inventory import resources
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.request_context import (
    RequestContext,
    identifier,
    is_identifier,
)
from cbr_notebook.simulator.protocol.routes import Response, Routes

_KIND = "agent"
_PATH_PATTERN = re.compile(r"^([a-zA-Z]:\\.*|/.*)$")
_VERSION = "1.0.0"


_PATH = "/v3/{project_id}/agents"
ROUTES = Routes("Agent")


class AgentRegister(msgspec.Struct):
    """An agent that makes itself known."""

    agent_id: str
    host_name: str
    host_ip: str
    host_os: str
    host_nickname: str = ""
    agent_version: Annotated[str, Meta(pattern=r"^(\d{1,3}\.){2}\d{1,3}$")] = _VERSION
    agent_type: str = "native"


class AgentRegisterReq(msgspec.Struct):
    """The body of "Registering an Agent"."""

    agent: AgentRegister


class AgentUpdate(msgspec.Struct):
    """What changes in an agent."""

    status: Literal["uninstall"]


class AgentUpdateReq(msgspec.Struct):
    """The body of "Modifying an Agent"."""

    agent: AgentUpdate


class AddPathReq(msgspec.Struct):
    """The body of "Adding Agent Paths"."""

    add_path: list[str]
    exclude_path: list[dict[str, Any]] = []


class RemovePathReq(msgspec.Struct):
    """The body of "Removing Agent Paths"."""

    remove_path: list[str]


class AgentStatusItem(msgspec.Struct):
    """A server whose agent is asked about."""

    resource_id: str
    resource_name: str | None = None
    resource_type: str = resources.SERVER


class AgentCheckReq(msgspec.Struct):
    """The body of "Checking the Agent Status"."""

    agent_status: list[AgentStatusItem]


def _of_call(context: RequestContext) -> tuple[str, dict[str, Any]]:
    agent_id = identifier(context, "agent_id")
    record = kept_documents.find(context.engine.state, _KIND, agent_id, context.caller.project_id)
    if record is None:
        raise ApiError("7410")
    return agent_id, json.loads(record.document)


def _save(engine: Engine, agent_id: str, document: dict[str, Any]) -> dict[str, Any]:
    document["updated_at"] = clock.to_api_time(engine.now())
    kept_documents.change(engine.state, _KIND, agent_id, json.dumps(document))
    return document


@ROUTES.add("POST", _PATH, body=AgentRegisterReq)
def _register_agent(context: RequestContext) -> dict[str, Any]:
    engine, given = context.engine, context.body.agent
    if not is_identifier(given.agent_id):
        raise ApiError("9900", "Invalid agent_id provided.")
    if kept_documents.find(engine.state, _KIND, given.agent_id) is not None:
        raise ApiError("7403")
    now = clock.to_api_time(engine.now())
    document = {
        **msgspec.to_builtins(given),
        "status": "normal",
        "created_at": now,
        "updated_at": now,
        "last_active_time": now,
        "paths": [],
    }
    owner = context.caller.project_id
    kept_documents.put(
        engine.state, Record(_KIND, given.agent_id, owner, engine.now(), json.dumps(document))
    )
    return {"agent": document}


@ROUTES.add("GET", _PATH, query=("limit", "offset", "status", "agent_id"))
def _list_agent(context: RequestContext) -> dict[str, Any]:
    query = context.query
    page = query.page()
    status, ids = query.text("status"), query.texts("agent_id")
    kept = kept_documents.of_owner(context.engine.state, _KIND, context.caller.project_id)
    documents = [json.loads(record.document) for record in reversed(kept)]
    found = [
        each
        for each in documents
        if (status is None or each["status"] == status) and (not ids or each["agent_id"] in ids)
    ]
    return page.answer("agents", page.of(found), len(found))


@ROUTES.add("GET", _PATH + "/{agent_id}")
def _show_agent(context: RequestContext) -> dict[str, Any]:
    return {"agent": _of_call(context)[1]}


@ROUTES.add("PUT", _PATH + "/{agent_id}", body=AgentUpdateReq)
def _update_agent(context: RequestContext) -> dict[str, Any]:
    agent_id, document = _of_call(context)
    if document["status"] != "normal":
        raise ApiError("7403")
    document["status"] = context.body.agent.status
    return {"agent": _save(context.engine, agent_id, document)}


@ROUTES.add("DELETE", _PATH + "/{agent_id}")
def _unregister_agent(context: RequestContext) -> Response:
    agent_id, _ = _of_call(context)
    kept_documents.remove(context.engine.state, _KIND, agent_id)
    return Response(200)


@ROUTES.add("POST", _PATH + "/{agent_id}/add-path", body=AddPathReq)
def _add_agent_path(context: RequestContext) -> dict[str, Any]:
    agent_id, document = _of_call(context)
    wanted = context.body.add_path
    if not wanted or not all(_PATH_PATTERN.match(path) for path in wanted):
        raise ApiError("7407")
    excluded = {
        each.get("path_name"): each.get("exclude_path_name") for each in context.body.exclude_path
    }
    known = {path["dir_path"] for path in document["paths"]}
    added = [path for path in dict.fromkeys(wanted) if path not in known]
    document["paths"] += [
        {
            "id": context.engine.state.new_id("agent path"),
            "status": "available",
            "agent_id": agent_id,
            "dir_path": path,
            "exclude_paths": json.dumps(excluded[path]) if excluded.get(path) else None,
        }
        for path in added
    ]
    _save(context.engine, agent_id, document)
    return {"added": added, "existed": [path for path in wanted if path in known]}


@ROUTES.add("POST", _PATH + "/{agent_id}/remove-path", body=RemovePathReq)
def _remove_agent_path(context: RequestContext) -> dict[str, Any]:
    agent_id, document = _of_call(context)
    leaving = set(context.body.remove_path)
    known = {path["dir_path"] for path in document["paths"]}
    document["paths"] = [path for path in document["paths"] if path["dir_path"] not in leaving]
    _save(context.engine, agent_id, document)
    return {"removed": sorted(leaving & known), "not_existed": sorted(leaving - known)}


@ROUTES.add(
    "POST", "/v3/{project_id}/agent/check", body=AgentCheckReq, changes=False, group="Protectable"
)
def _check_agent(context: RequestContext) -> dict[str, Any]:
    """Say of servers whether an agent runs there: a trait of the machine."""
    statuses = []
    for item in context.body.agent_status:
        server = resources.find_resource(
            context.engine, context.caller.project_id, item.resource_id
        )
        agent = resources.properties(server.row).get("agent")
        installed, offline = bool(agent), agent == resources.AGENT_OFFLINE
        statuses.append(
            {
                "resource_id": item.resource_id,
                "installed": installed,
                "version": _VERSION if installed else None,
                "is_old": False if installed else None,
                "code": resources.AGENT_OFFLINE_CODE if offline else None,
                "message": resources.AGENT_OFFLINE_MESSAGE if offline else None,
            }
        )
    return {"agent_status": statuses}
