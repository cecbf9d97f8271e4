"""Projects and regions: who is where, and where backups can be replicated to."""

from __future__ import annotations

import sqlite3
from typing import Any

from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.request_context import RequestContext
from cbr_notebook.simulator.protocol.routes import Route


def regions(engine: Engine) -> list[str]:
    """Return the names of the cloud's regions."""
    return [
        row["region"]
        for row in engine.state.all("SELECT DISTINCT region FROM project ORDER BY region")
    ]


def _of_domain(engine: Engine, domain_id: str) -> list[sqlite3.Row]:
    return engine.state.all(
        "SELECT * FROM project WHERE domain_id = ? ORDER BY name, id", domain_id
    )


def _region_projects(context: RequestContext) -> dict[str, Any]:
    rows = _of_domain(context.engine, context.caller.domain_id)
    return {
        "projects": [
            {
                "domain_id": row["domain_id"],
                "is_domain": False,
                "parent_id": row["parent_id"],
                "name": row["name"],
                "description": row["description"],
                "id": row["id"],
                "enabled": bool(row["enabled"]),
                "links": {"self": f"/v3/projects/{row['id']}"},
            }
            for row in rows
        ],
        "links": {"self": "/v3/auth/projects"},
    }


def _domain_projects(context: RequestContext) -> dict[str, Any]:
    domain = context.engine.state.one(
        "SELECT * FROM domain WHERE name = ?", context.path["domain_name"]
    )
    if domain is None:
        raise ApiError("6704")
    rows = _of_domain(context.engine, domain["id"])
    return {
        "projects": [
            {"project_id": row["id"], "project_name": row["name"]}
            for row in rows
            if row["region"] == (context.caller.region or row["region"])
        ]
    }


def _show_domain(context: RequestContext) -> dict[str, Any]:
    row = context.engine.state.one(
        "SELECT project.*, domain.name AS domain_name FROM project "
        "JOIN domain ON domain.id = domain_id WHERE project.id = ?",
        context.path["source_project_id"],
    )
    if row is None:
        raise ApiError("6704")
    return {
        "project_id": row["id"],
        "project_name": row["name"],
        "domain_id": row["domain_id"],
        "domain_name": row["domain_name"],
    }


def _capabilities(context: RequestContext) -> dict[str, Any]:
    here = context.caller.region
    elsewhere = [region for region in regions(context.engine) if region != here]
    return {"regions": [{"name": here, "replication_destinations": elsewhere}]}


ROUTES = (
    Route("list_projects", "GET", "/v3/region-projects", _region_projects, group="Project"),
    Route(
        "list_domain_projects",
        "GET",
        "/v3/domain/{domain_name}/projects",
        _domain_projects,
        group="Project",
    ),
    Route("show_domain", "GET", "/v3/domain/{source_project_id}", _show_domain, group="Project"),
    Route(
        "show_replication_capabilities",
        "GET",
        "/v3/{project_id}/replication-capabilities",
        _capabilities,
        group="Protectable",
    ),
)
