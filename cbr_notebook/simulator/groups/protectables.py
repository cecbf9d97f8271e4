"""What can be protected: servers, disks and file systems, as the service lists them."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.inventory import resources
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.request_context import RequestContext, identifier
from cbr_notebook.simulator.protocol.routes import Route
from cbr_notebook.simulator.vaults import vault_documents

_KINDS = {
    "server": ("server", (resources.SERVER, resources.BARE_METAL)),
    "disk": ("disk", (resources.DISK,)),
    "turbo": ("disk", (resources.FILE_SYSTEM,)),
    "workspace": ("server", ("OS::Workspace::DesktopV2",)),
}
_LARGEST_PAGE = 50


def disk_document(engine: Engine, row: sqlite3.Row) -> dict[str, Any]:
    """Write what the service shows of a disk."""
    traits = resources.properties(row)
    attachments = [
        {
            "attached_at": clock.to_api_time(server["attached_at"]),
            "attachment_id": row["id"],
            "device": f"/dev/{server['device']}",
            "host_name": None,
            "id": row["id"],
            "server_id": server["id"],
            "volume_id": row["id"],
        }
        for server in resources.servers_of(engine, row["id"])
    ]
    detail = {
        "attachments": attachments,
        "availability_zone": row["availability_zone"],
        "bootable": "true" if row["bootable"] else "false",
        "created_at": clock.to_api_time(row["created_at"]),
        "description": None,
        "encrypted": bool(row["encrypted"]),
        "id": row["id"],
        "metadata": {
            "readonly": "False",
            "hw:passthrough": "true" if traits.get("scsi") else "false",
            "dr_site": "true" if traits.get("dr_site") else "false",
        },
        "multiattach": bool(row["shareable"]),
        "name": row["name"],
        "shareable": bool(row["shareable"]),
        "size": row["size_gb"],
        "snapshot_id": None,
        "source_volid": None,
        "status": row["status"],
        "tags": json.loads(row["tags"]),
        "updated_at": clock.to_api_time(row["written_at"] or row["created_at"]),
        "volume_type": row["volume_type"],
    }
    return {
        "id": row["id"],
        "type": row["type"],
        "name": row["name"],
        "size": row["size_gb"],
        "status": row["status"],
        "detail": detail,
        "children": [],
    }


def server_document(engine: Engine, row: sqlite3.Row) -> dict[str, Any]:
    """Write what the service shows of a server, with its disks."""
    traits = resources.properties(row)
    disks = resources.disks_of(engine, row["id"])
    detail = {
        "OS-EXT-AZ:availability_zone": row["availability_zone"],
        "OS-EXT-STS:power_state": 1 if row["status"] == "ACTIVE" else 4,
        "OS-EXT-STS:vm_state": "active" if row["status"] == "ACTIVE" else "stopped",
        "created": clock.to_api_time(row["created_at"]),
        "flavor": {"id": row["flavor"]},
        "id": row["id"],
        "image": {"id": ""},
        "metadata": {
            "os_type": row["os_type"],
            "image_name": row["os_version"],
            "architecture": row["architecture"],
            "dr_site": "true" if traits.get("dr_site") else "false",
        },
        "name": row["name"],
        "os-extended-volumes:volumes_attached": [{"id": disk["id"]} for disk in disks],
        "status": row["status"],
        "tags": [f"{key}={value}" for key, value in json.loads(row["tags"]).items()],
        "tenant_id": row["project_id"],
    }
    return {
        "id": row["id"],
        "type": row["type"],
        "name": row["name"],
        "size": sum(disk["size_gb"] for disk in disks),
        "status": row["status"],
        "detail": detail,
        "children": [disk_document(engine, disk) for disk in disks],
    }


def _protectable(engine: Engine, row: sqlite3.Row) -> dict[str, Any]:
    vault = engine.state.one(
        "SELECT vault.* FROM vault_resource JOIN vault ON vault.id = vault_id "
        "WHERE resource_id = ?",
        row["id"],
    )
    result = {
        "result": True,
        "code": "",
        "reason": "",
        "vault": None if vault is None else _vault(engine, vault),
    }
    traits = resources.properties(row)
    if traits.get("scsi") or traits.get("dess") or traits.get("unsupported"):
        error = ApiError("7002" if traits.get("scsi") else "7004")
        result.update(result=False, code=error.code, reason=error.message)
    return result


def _vault(engine: Engine, row: sqlite3.Row) -> dict[str, Any]:
    """Write the vault of a resource; here, and only here, it tells when it last changed."""
    document = vault_documents.document(engine, row)
    return {**document, "updated_at": clock.to_api_time(row["updated_at"])}


def _document(engine: Engine, row: sqlite3.Row) -> dict[str, Any]:
    is_disk = row["type"] in (resources.DISK, resources.FILE_SYSTEM)
    document = disk_document(engine, row) if is_disk else server_document(engine, row)
    return {**document, "protectable": _protectable(engine, row)}


def _kind(context: RequestContext) -> tuple[str, tuple[str, ...]]:
    kind = _KINDS.get(context.path["protectable_type"])
    if kind is None:
        raise ApiError("6116")
    return kind


def _list(context: RequestContext) -> dict[str, Any]:
    table, types = _kind(context)
    query, engine = context.query, context.engine
    where = ["project_id = ?", f"type IN ({', '.join('?' * len(types))})"]
    values: list[str | int] = [context.caller.project_id, *types]
    for name, condition in (
        ("id", "id = ?"),
        ("name", "instr(name, ?) > 0"),
        ("status", "status = ? COLLATE NOCASE"),
        ("server_id", "id IN (SELECT disk_id FROM attachment WHERE server_id = ?)"),
    ):
        if text := query.text(name):
            where.append(condition)
            values.append(text)
    limit = query.integer("limit", low=1, default=_LARGEST_PAGE)
    offset = query.integer("offset", low=0, default=0)
    count = engine.state.value(
        f"SELECT count(*) FROM {table} WHERE {' AND '.join(where)}",
        *values,
    )
    if marker := query.text("marker"):
        row = engine.state.one(f"SELECT * FROM {table} WHERE id = ?", marker)
        if row is None:
            raise ApiError("9900")
        where.append("(created_at, id) > (?, ?)")
        values += [row["created_at"], row["id"]]
    rows = engine.state.all(
        f"SELECT * FROM {table} WHERE {' AND '.join(where)} "
        "ORDER BY created_at, id LIMIT ? OFFSET ?",
        *values,
        min(limit or 0, _LARGEST_PAGE),
        offset,
    )
    return {"instances": [_document(engine, row) for row in rows], "count": count}


def _show(context: RequestContext) -> dict[str, Any]:
    table, types = _kind(context)
    row = context.engine.state.one(
        f"SELECT * FROM {table} WHERE id = ? AND project_id = ?",
        identifier(context, "instance_id"),
        context.caller.project_id,
    )
    if row is None or row["type"] not in types:
        gone = {"server": "7100", "disk": "7000", "turbo": "7500"}
        raise ApiError(gone.get(context.path["protectable_type"], "6302"))
    return {"instance": _document(context.engine, row)}


_PATH = "/v3/{project_id}/protectables/{protectable_type}/instances"

ROUTES = (
    Route(
        "list_protectable",
        "GET",
        _PATH,
        _list,
        group="Protectable",
        query=("limit", "marker", "name", "offset", "status", "id", "server_id"),
    ),
    Route("show_protectable", "GET", _PATH + "/{instance_id}", _show, group="Protectable"),
)
