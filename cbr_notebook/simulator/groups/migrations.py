"""Moving an account from the older backup service: started once, followed by its progress."""

from __future__ import annotations

import json
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from cbr_notebook.simulator.core import clock, kept_documents
from cbr_notebook.simulator.core.kept_documents import Record
from cbr_notebook.simulator.iam import accounts
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.request_context import RequestContext
from cbr_notebook.simulator.protocol.routes import Routes

_KIND = "migration"
_SECONDS = 120


ROUTES = Routes("Migration")


class MigrateReq(msgspec.Struct):
    """The body of "Starting a Migration"."""

    all_regions: bool
    reservation: Annotated[float, Meta(ge=0, le=1)]


@ROUTES.add("POST", "/v3/migrates", body=MigrateReq)
def _migrate_domain(context: RequestContext) -> dict[str, Any]:
    engine, domain_id = context.engine, context.caller.domain_id
    wanted = accounts.regions(engine.state) if context.body.all_regions else [context.caller.region]
    kept_documents.put(
        engine.state, Record(_KIND, domain_id, domain_id, engine.now(), json.dumps(wanted))
    )
    return {region: "running" for region in wanted if region}


@ROUTES.add("GET", "/v3/migrates", query=("all_regions",))
def _show_migrate_status(context: RequestContext) -> dict[str, Any]:
    all_regions = context.query.boolean("all_regions")
    record = kept_documents.find(context.engine.state, _KIND, context.caller.domain_id)
    if record is None:
        raise ApiError("4001")
    wanted = json.loads(record.document)
    if all_regions is False and context.caller.region:
        wanted = [context.caller.region]
    passed = (context.engine.now() - record.created_at) / (_SECONDS * clock.MICROSECONDS)
    progress = min(100, int(passed * 100))
    status = "success" if progress == 100 else "migrating"
    projects = accounts.projects_of(context.engine.state, context.caller.domain_id)
    return {
        "status": status,
        "project_status": [
            {
                "status": status,
                "project_id": project.id,
                "project_name": project.name,
                "region_id": project.region,
                "progress": progress,
            }
            for project in projects
            if project.region in wanted
        ],
    }
