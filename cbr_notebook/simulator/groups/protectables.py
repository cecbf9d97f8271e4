"""What can be protected: servers, disks and file systems, as the service lists them."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID, uuid5

from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.inventory import resources
from cbr_notebook.simulator.inventory.inventory_rows import AttachedDisk, DiskRow, ServerRow
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.conditions import Conditions
from cbr_notebook.simulator.protocol.request_context import RequestContext, identifier
from cbr_notebook.simulator.protocol.routes import Routes
from cbr_notebook.simulator.vaults import vault_documents, vaults
from cbr_notebook.simulator.vaults.vault_rows import VaultRow

_Kind = tuple[resources.Table, tuple[str, ...]]
"""Where the machines of a kind are, and of which types."""

_KINDS: dict[str, _Kind] = {
    "server": ("server", (resources.SERVER, resources.BARE_METAL)),
    "disk": ("disk", (resources.DISK,)),
    "turbo": ("disk", (resources.FILE_SYSTEM,)),
    "workspace": ("server", ("OS::Workspace::DesktopV2",)),
}
_LARGEST_PAGE = 50


_PATH = "/v3/{project_id}/protectables/{protectable_type}/instances"
ROUTES = Routes("Protectable")


def _shown(
    row: ServerRow | DiskRow, size_gb: int, detail: dict[str, Any], children: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "id": row.id,
        "type": row.type,
        "name": row.name,
        "size": size_gb,
        "status": row.status,
        "detail": detail,
        "children": children,
    }


def disk_document(engine: Engine, row: DiskRow) -> dict[str, Any]:
    """Return what the service shows of a disk."""
    return _shown(row, row.size_gb, _disk_detail(engine, row), [])


def _disk_detail(engine: Engine, row: DiskRow) -> dict[str, Any]:
    traits = resources.properties(row)
    attachments = [
        {
            "attached_at": clock.to_api_time(each.attached_at),
            "attachment_id": row.id,
            "device": f"/dev/{each.device}",
            "host_name": None,
            "id": row.id,
            "server_id": each.server.id,
            "volume_id": row.id,
        }
        for each in resources.servers_of(engine, row.id)
    ]
    return {
        "attachments": attachments,
        "availability_zone": row.availability_zone,
        "bootable": "true" if row.bootable else "false",
        "created_at": clock.to_api_time(row.created_at),
        "description": None,
        "encrypted": bool(row.encrypted),
        "id": row.id,
        "metadata": {
            "readonly": "False",
            "hw:passthrough": "true" if traits.get("scsi") else "false",
            "dr_site": "true" if traits.get("dr_site") else "false",
        },
        "multiattach": bool(row.shareable),
        "name": row.name,
        "shareable": bool(row.shareable),
        "size": row.size_gb,
        "snapshot_id": None,
        "source_volid": None,
        "status": row.status,
        "tags": json.loads(row.tags),
        "updated_at": clock.to_api_time(row.written_at or row.created_at),
        "volume_type": row.volume_type,
    }


def server_document(engine: Engine, row: ServerRow) -> dict[str, Any]:
    """Return what the service shows of a server, with its disks."""
    disks = resources.disks_of(engine, row.id)
    size_gb = sum(each.disk.size_gb for each in disks)
    children = [disk_document(engine, each.disk) for each in disks]
    return _shown(row, size_gb, _server_detail(row, disks), children)


def _server_detail(row: ServerRow, disks: list[AttachedDisk]) -> dict[str, Any]:
    dr_site = resources.properties(row).get("dr_site")
    return {
        "OS-EXT-AZ:availability_zone": row.availability_zone,
        "OS-EXT-STS:power_state": 1 if row.status == "ACTIVE" else 4,
        "OS-EXT-STS:vm_state": "active" if row.status == "ACTIVE" else "stopped",
        "addresses": _addresses(row.id),
        "created": clock.to_second(row.created_at),
        "enterprise_project_id": "0",
        "flavor": {
            "disk": "0",
            "vcpus": "2",
            "ram": "4096",
            "id": row.flavor,
            "name": row.flavor,
            "gpus": [],
            "asic_accelerators": [],
        },
        "id": row.id,
        "image": {"id": ""},
        "metadata": {
            "os_type": row.os_type,
            "image_name": row.os_version,
            "architecture": row.architecture,
            "dr_site": "true" if dr_site else "false",
        },
        "name": row.name,
        "os-extended-volumes:volumes_attached": [
            {
                "id": each.disk.id,
                "delete_on_termination": "true",
                "device": f"/dev/{each.device}",
                "bootIndex": str(place) if each.disk.bootable else None,
            }
            for place, each in enumerate(disks)
        ],
        "security_groups": [{"id": _derived(row.id, "security group"), "name": "default"}],
        "status": row.status,
        "tags": [f"{key}={value}" for key, value in json.loads(row.tags).items()],
        "tenant_id": row.project_id,
        "updated": clock.to_second(row.created_at),
    }


def _derived(server_id: str, what: str) -> str:
    """Return the ID of something of a server that the cloud does not keep; always the same."""
    return str(uuid5(UUID(server_id), what))


def _addresses(server_id: str) -> dict[str, list[dict[str, Any]]]:
    """Return a server's network and its address there, in the range for documentation."""
    digest = hashlib.md5(server_id.encode(), usedforsecurity=False).digest()
    return {
        _derived(server_id, "network"): [
            {
                "version": "4",
                "addr": f"192.0.2.{1 + digest[0] % 254}",
                "primary": True,
                "OS-EXT-IPS-MAC:mac_addr": "fa:16:3e:" + digest[1:4].hex(":"),
                "OS-EXT-IPS:type": "fixed",
                "OS-EXT-IPS:port_id": _derived(server_id, "port"),
            }
        ]
    }


def _protectable(engine: Engine, row: ServerRow | DiskRow) -> dict[str, Any]:
    vault = vaults.of_resource(engine, row.id)
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


def _vault(engine: Engine, row: VaultRow) -> dict[str, Any]:
    """Return the vault of a resource; here, and only here, it tells when it last changed."""
    document = vault_documents.document(engine, row)
    return {**document, "updated_at": clock.to_api_time(row.updated_at)}


def _document(engine: Engine, row: ServerRow | DiskRow) -> dict[str, Any]:
    document = (
        disk_document(engine, row) if isinstance(row, DiskRow) else server_document(engine, row)
    )
    protectable = _protectable(engine, row)
    vault = protectable["vault"] or {"id": None, "name": None}
    for child in document["children"]:
        child["detail"]["shareable"] = str(child["detail"]["shareable"]).lower()  # text, here
        child |= {"vault_id": vault["id"], "vault_name": vault["name"]}
    return {**document, "protectable": protectable}


def _kind(context: RequestContext) -> _Kind:
    kind = _KINDS.get(context.path["protectable_type"])
    if kind is None:
        raise ApiError("6116")
    return kind


@ROUTES.add("GET", _PATH, query=("limit", "marker", "name", "offset", "status", "id", "server_id"))
def _list_protectable(context: RequestContext) -> dict[str, Any]:
    table, types = _kind(context)
    query, engine = context.query, context.engine
    wanted = Conditions("project_id = ?", context.caller.project_id)
    wanted.add_among("type IN ({})", types)
    for name, condition in (
        ("id", "id = ?"),
        ("name", "instr(name, ?) > 0"),
        ("status", "status = ? COLLATE NOCASE"),
        ("server_id", "id IN (SELECT disk_id FROM attachment WHERE server_id = ?)"),
    ):
        if text := query.text(name):
            wanted.add(condition, text)
    page = query.page(largest=_LARGEST_PAGE, clamp=True)
    count = wanted.count(engine, table)
    if page.marker:
        last = resources.find(engine, table, page.marker)
        if last is None:
            raise ApiError("9900")
        wanted.add("(created_at, id) > (?, ?)", last.created_at, last.id)
    condition = f"{wanted.text} ORDER BY created_at, id LIMIT ? OFFSET ?"
    rows = resources.select(engine, table, condition, *wanted.values, page.limit, page.offset)
    return {"instances": [_document(engine, row) for row in rows], "count": count}


@ROUTES.add("GET", _PATH + "/{instance_id}")
def _show_protectable(context: RequestContext) -> dict[str, Any]:
    table, types = _kind(context)
    row = resources.find(
        context.engine, table, identifier(context, "instance_id"), context.caller.project_id
    )
    if row is None or row.type not in types:
        gone = {"server": "7100", "disk": "7000", "turbo": "7500"}
        raise ApiError(gone.get(context.path["protectable_type"], "6302"))
    return {"instance": _document(context.engine, row)}
