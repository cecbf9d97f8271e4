"""How much each resource's backups take, over all vaults of a project."""

from __future__ import annotations

from typing import Any, NamedTuple

from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.inventory.disks import megabytes
from cbr_notebook.simulator.protocol.request_context import RequestContext
from cbr_notebook.simulator.protocol.routes import Routes

_RESOURCE_TYPES = ("OS::Nova::Server", "OS::Ironic::BareMetalServer")

_QUERY = """
SELECT u.resource_id, u.backups, u.blocks, u.multi_az_blocks,
    newest.resource_name, newest.resource_type
FROM (
    SELECT b.resource_id, sum(1) AS backups, sum(b.stored_blocks) AS blocks,
        sum(CASE WHEN vault.is_multi_az THEN b.stored_blocks ELSE 0 END) AS multi_az_blocks
    FROM vault JOIN backup b INDEXED BY backup_usage ON b.vault_id = vault.id
    WHERE vault.project_id = ? AND b.parent_id IS NULL
        AND b.status IN ('available', 'restoring', 'deleting')
    GROUP BY b.resource_id
) u JOIN backup newest ON newest.rowid = (
    SELECT rowid FROM backup WHERE resource_id = u.resource_id
    ORDER BY created_at DESC, id DESC LIMIT 1
)
ORDER BY u.resource_id
"""


ROUTES = Routes("Usage")


class _Usage(NamedTuple):
    """What the backups of a resource take in all vaults of a project."""

    resource_id: str
    backups: int
    blocks: int
    multi_az_blocks: int
    resource_name: str
    resource_type: str


def _usage(engine: Engine, project_id: str) -> list[_Usage]:
    found: list[_Usage] = engine.remember(
        ("storage usage", project_id), lambda: engine.state.all_of(_Usage, _QUERY, project_id)
    )
    return found


@ROUTES.add(
    "GET",
    "/v3/{project_id}/storage_usage",
    query=("limit", "offset", "resource_id", "resource_type"),
)
def _show_storage_usage(context: RequestContext) -> dict[str, Any]:
    query = context.query
    kind = query.choice("resource_type", *_RESOURCE_TYPES)
    resource_id = query.text("resource_id")
    page = query.page()
    rows = [
        row
        for row in _usage(context.engine, context.caller.project_id)
        if kind in (None, row.resource_type) and resource_id in (None, row.resource_id)
    ]
    return {
        "storage_usage": [
            {
                "resource_id": row.resource_id,
                "resource_name": row.resource_name,
                "resource_type": row.resource_type,
                "backup_count": row.backups,
                "backup_size": megabytes(row.blocks),
                "backup_size_multiaz": megabytes(row.multi_az_blocks),
            }
            for row in page.of(rows)
        ],
        "resource_count": len(rows),
    }
