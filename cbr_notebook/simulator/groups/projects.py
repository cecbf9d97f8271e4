"""Projects and regions: who is where, and where backups can be replicated to."""

from __future__ import annotations

from typing import Any

from cbr_notebook.simulator.iam import accounts
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.request_context import RequestContext
from cbr_notebook.simulator.protocol.routes import Routes

ROUTES = Routes("Project")


@ROUTES.add("GET", "/v3/region-projects")
def _list_projects(context: RequestContext) -> dict[str, Any]:
    rows = accounts.projects_of(context.engine.state, context.caller.domain_id)
    return {
        "projects": [accounts.project_document(row) for row in rows],
        "links": {"self": "/v3/auth/projects"},
    }


@ROUTES.add("GET", "/v3/domain/{domain_name}/projects")
def _list_domain_projects(context: RequestContext) -> dict[str, Any]:
    domain = accounts.domain_named(context.engine.state, context.path["domain_name"])
    if domain is None:
        raise ApiError("6704")
    rows = accounts.projects_of(context.engine.state, domain.id)
    return {
        "projects": [
            {"project_id": row.id, "project_name": row.name}
            for row in rows
            if row.region == (context.caller.region or row.region)
        ]
    }


@ROUTES.add("GET", "/v3/domain/{source_project_id}")
def _show_domain(context: RequestContext) -> dict[str, Any]:
    state = context.engine.state
    row = accounts.find_project(state, context.path["source_project_id"])
    domain = None if row is None else accounts.find_domain(state, row.domain_id)
    if row is None or domain is None:
        raise ApiError("6704")
    return {
        "project_id": row.id,
        "project_name": row.name,
        "domain_id": row.domain_id,
        "domain_name": domain.name,
    }


@ROUTES.add("GET", "/v3/{project_id}/replication-capabilities", group="Protectable")
def _show_replication_capabilities(context: RequestContext) -> dict[str, Any]:
    here = context.caller.region
    elsewhere = [region for region in accounts.regions(context.engine.state) if region != here]
    return {"regions": [{"name": here, "replication_destinations": elsewhere}]}
