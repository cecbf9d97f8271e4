"""What a backup protects: servers, disks and file systems, and what may be done to them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Unpack

from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.core.state import type_of_cell
from cbr_notebook.simulator.inventory.disks import Disks
from cbr_notebook.simulator.inventory.inventory_rows import (
    AttachedDisk,
    AttachedServer,
    DiskRow,
    ServerRow,
    ServerSystem,
)
from cbr_notebook.simulator.protocol.api_error import ApiError

SERVER = "OS::Nova::Server"
BARE_METAL = "OS::Ironic::BareMetalServer"
DISK = "OS::Cinder::Volume"
FILE_SYSTEM = "OS::Sfs::Turbo"

RESOURCE_TYPES = (
    SERVER, DISK, BARE_METAL, "OS::Native::Server", FILE_SYSTEM, "OS::Workspace::DesktopV2",
)  # fmt: skip
"""The types that the service knows, whether or not the simulated cloud has such machines."""

OBJECT_TYPES: Mapping[str, tuple[str, ...]] = {
    "server": (SERVER, BARE_METAL),
    "disk": (DISK,),
    "turbo": (FILE_SYSTEM,),
}
"""The resource types that a vault of an object type takes."""

Table = Literal["server", "disk"]
"""Where a machine is kept; file systems are among the disks."""

TRAITS = frozenset({
    "agent", "backend", "backup_fails", "databases_busy", "dess", "dr_site", "frozen", "lazyload",
    "legacy", "local", "old", "restore_fails", "restore_refused", "scsi", "sub_status",
    "unsupported",
})  # fmt: skip
"""What may be special about a server or disk; kept in its ``properties``."""

AGENT_OFFLINE = "offline"
"""The trait ``agent`` of a server whose agent is installed and does not answer."""
AGENT_OFFLINE_CODE = "BackupService.7403"
AGENT_OFFLINE_MESSAGE = "The agent on the server is offline."

ZONE = "br-iaas-odin1a"


@dataclass(frozen=True, slots=True)
class Resource:
    """A server, disk or file system, as vaults see it."""

    id: str
    type: str
    name: str
    size_gb: int
    """Of a server: all its disks together."""
    status: str
    zone: str
    row: ServerRow | DiskRow


def create_disk(
    engine: Engine,
    project_id: str,
    name: str,
    size_gb: int,
    *,
    disk_id: str | None = None,
    kind: str = DISK,
    bootable: bool = False,
    created_at: int | None = None,
    tags: Mapping[str, str] | None = None,
    properties: Mapping[str, Any] | None = None,
    encrypted: bool = False,
    shareable: bool = False,
) -> str:
    """Create an empty disk or file system; return its ID."""
    disk_id = disk_id or engine.state.new_id("disk")
    engine.state.insert(
        "disk",
        id=disk_id,
        store=Disks(engine).new_store(),
        project_id=project_id,
        name=name,
        type=kind,
        size_gb=size_gb,
        created_at=engine.now() if created_at is None else created_at,
        availability_zone=ZONE,
        bootable=bootable,
        encrypted=encrypted,
        shareable=shareable,
        tags=json.dumps(dict(tags or {})),
        properties=json.dumps(dict(properties or {})),
    )
    return disk_id


def create_server(
    engine: Engine,
    project_id: str,
    name: str,
    *,
    disks: Sequence[tuple[str, int]] = (("vda", 40),),
    server_id: str | None = None,
    disk_ids: Sequence[str | None] = (),
    kind: str = SERVER,
    status: str = "ACTIVE",
    architecture: str = "x86_64",
    os_type: str = "Linux",
    os_version: str = "CentOS 7.2 64bit",
    created_at: int | None = None,
    tags: Mapping[str, str] | None = None,
    properties: Mapping[str, Any] | None = None,
) -> str:
    """Create a server with its disks, given as device and size in GB; return its ID."""
    server_id = server_id or engine.state.new_id("server")
    created = engine.now() if created_at is None else created_at
    engine.state.insert(
        "server",
        id=server_id,
        project_id=project_id,
        name=name,
        type=kind,
        status=status,
        created_at=created,
        availability_zone=ZONE,
        architecture=architecture,
        os_type=os_type,
        os_version=os_version,
        tags=json.dumps(dict(tags or {})),
        properties=json.dumps(dict(properties or {})),
    )
    for step, (device, size_gb) in enumerate(disks):
        disk_id = create_disk(
            engine,
            project_id,
            name if step == 0 else f"{name}-{device}",
            size_gb,
            disk_id=disk_ids[step] if step < len(disk_ids) else None,
            bootable=step == 0,
            created_at=created,
        )
        attach(engine, server_id, disk_id, device)
    return server_id


def find_server(engine: Engine, server_id: str, project_id: str | None = None) -> ServerRow | None:
    """Return a server, of one project if that is named; ``None`` when there is none."""
    return engine.state.one_of(
        ServerRow,
        "SELECT * FROM server WHERE id = ?1 AND project_id = coalesce(?2, project_id)",
        server_id,
        project_id,
    )


def find_disk(engine: Engine, disk_id: str, project_id: str | None = None) -> DiskRow | None:
    """Return a disk or file system, of one project if that is named, or ``None``."""
    return engine.state.one_of(
        DiskRow,
        "SELECT * FROM disk WHERE id = ?1 AND project_id = coalesce(?2, project_id)",
        disk_id,
        project_id,
    )


def servers(engine: Engine) -> list[ServerRow]:
    """Return all servers of all projects."""
    return engine.state.all_of(ServerRow, "SELECT * FROM server")


def disks(engine: Engine) -> list[DiskRow]:
    """Return all disks and file systems of all projects."""
    return engine.state.all_of(DiskRow, "SELECT * FROM disk")


def select(
    engine: Engine, table: Table, condition: str, *values: type_of_cell
) -> Sequence[ServerRow | DiskRow]:
    """Return the servers, or the disks, that fulfil a condition of SQL."""
    if table == "server":
        return engine.state.all_of(ServerRow, f"SELECT * FROM server WHERE {condition}", *values)
    return engine.state.all_of(DiskRow, f"SELECT * FROM disk WHERE {condition}", *values)


def find(
    engine: Engine, table: Table, key: str, project_id: str | None = None
) -> ServerRow | DiskRow | None:
    """Return a server, or a disk, of one project if that is named, or ``None``."""
    reader = find_server if table == "server" else find_disk
    return reader(engine, key, project_id)


def server(engine: Engine, server_id: str) -> ServerRow:
    """Return a server; 7100 when there is none."""
    row = find_server(engine, server_id)
    if row is None:
        raise ApiError("7100")
    return row


def disk(engine: Engine, disk_id: str) -> DiskRow:
    """Return a disk; 7000 when there is none."""
    row = find_disk(engine, disk_id)
    if row is None:
        raise ApiError("7000")
    return row


def disks_of(engine: Engine, server_id: str) -> list[AttachedDisk]:
    """Return the disks of a server, the system disk first."""
    return [
        AttachedDisk(DiskRow._make(row[2:]), *row[:2])
        for row in engine.state.all(
            "SELECT attachment.device, attachment.attached_at, disk.* FROM attachment "
            "JOIN disk ON disk.id = disk_id WHERE server_id = ? ORDER BY device",
            server_id,
        )
    ]


def servers_of(engine: Engine, disk_id: str) -> list[AttachedServer]:
    """Return the servers to which a disk is attached."""
    return [
        AttachedServer(ServerRow._make(row[2:]), *row[:2])
        for row in engine.state.all(
            "SELECT attachment.device, attachment.attached_at, server.* FROM attachment "
            "JOIN server ON server.id = server_id WHERE disk_id = ? ORDER BY server.id",
            disk_id,
        )
    ]


def find_resource(
    engine: Engine, project_id: str, resource_id: str, resource_type: str | None = None
) -> Resource:
    """Return a resource of a project; 6302 when there is none of this ID and type."""
    server_row = find_server(engine, resource_id, project_id)
    row = server_row or find_disk(engine, resource_id, project_id)
    if row is None or resource_type not in (None, row.type):
        raise ApiError("6302")
    if isinstance(row, ServerRow):
        size = sum(each.disk.size_gb for each in disks_of(engine, resource_id))
    else:
        size = row.size_gb
    return Resource(row.id, row.type, row.name, size, row.status, row.availability_zone, row)


def properties(row: ServerRow | DiskRow) -> dict[str, Any]:
    """Return the special traits of a server or disk (``scsi``, ``dess``, ``dr_site``, …)."""
    traits: dict[str, Any] = json.loads(row.properties)
    return traits


def server_then(row: ServerRow) -> dict[str, str]:
    """Return what a backup keeps of the server as it is now."""
    return {
        "os_type": row.os_type,
        "architecture": row.architecture,
        "status": row.status,
        "flavor": row.flavor,
    }


def set_disk_status(engine: Engine, disk_id: str, status: str, *, was: str | None = None) -> None:
    """Put a disk in a status; only out of another one, if that is named."""
    engine.state.run(
        "UPDATE disk SET status = ?1 WHERE id = ?2 AND status = coalesce(?3, status)",
        status,
        disk_id,
        was,
    )


def set_server_status(
    engine: Engine, server_id: str, status: str, *, was: str | None = None
) -> None:
    """Put a server in a status; only out of another one, if that is named."""
    engine.state.run(
        "UPDATE server SET status = ?1 WHERE id = ?2 AND status = coalesce(?3, status)",
        status,
        server_id,
        was,
    )


def set_disk_traits(engine: Engine, disk_id: str, traits: Mapping[str, Any]) -> None:
    """Replace what is special about a disk."""
    engine.state.update("disk", disk_id, properties=json.dumps(dict(traits)))


def set_server_traits(engine: Engine, server_id: str, traits: Mapping[str, Any]) -> None:
    """Replace what is special about a server."""
    engine.state.update("server", server_id, properties=json.dumps(dict(traits)))


def tag_server(engine: Engine, server_id: str, tags: Mapping[str, str]) -> None:
    """Add tags to a server, or change their values."""
    present = json.loads(server(engine, server_id).tags)
    engine.state.update("server", server_id, tags=json.dumps({**present, **tags}))


def rebuild_server(engine: Engine, server_id: str, **columns: Unpack[ServerSystem]) -> None:
    """Change what a server runs on and under, as a rebuild does."""
    engine.state.update("server", server_id, **columns)


def attach(engine: Engine, server_id: str, disk_id: str, device: str | None = None) -> str:
    """Attach a disk to a server; return the device name."""
    taken = {each.device for each in disks_of(engine, server_id)}
    if device is None:
        device = next(name for name in (f"vd{c}" for c in "abcdefghijklmnopqrstuvwxyz")
                      if name not in taken)  # fmt: skip
    row = disk(engine, disk_id)
    if device in taken or (row.status != "available" and not row.shareable):
        raise ApiError("7003", f"The disk {row.name} is {row.status}, or {device} is taken.")
    engine.state.insert(
        "attachment",
        server_id=server_id,
        disk_id=disk_id,
        device=device,
        attached_at=engine.now(),
    )
    set_disk_status(engine, disk_id, "in-use")
    return device


def detach(engine: Engine, server_id: str, disk_id: str) -> None:
    """Detach a disk from a server; 7201 when it is not attached there."""
    gone = engine.state.run(
        "DELETE FROM attachment WHERE server_id = ? AND disk_id = ?", server_id, disk_id
    )
    if not gone:
        raise ApiError("7201")
    if not servers_of(engine, disk_id):
        set_disk_status(engine, disk_id, "available")


def resize(engine: Engine, disk_id: str, size_gb: int) -> None:
    """Resize a disk; what lies beyond a smaller one is lost."""
    row = disk(engine, disk_id)
    engine.state.update("disk", disk_id, size_gb=size_gb)
    if size_gb < row.size_gb:
        Disks(engine).truncate(row.store, size_gb)


def delete_disk(engine: Engine, disk_id: str) -> None:
    """Delete a disk with its bytes; its backups stay."""
    row = disk(engine, disk_id)
    Disks(engine).erase(row.store)
    engine.state.run("DELETE FROM attachment WHERE disk_id = ?", disk_id)
    engine.state.run("DELETE FROM disk WHERE id = ?", disk_id)


def delete_server(engine: Engine, server_id: str) -> None:
    """Delete a server with its disks; its backups stay."""
    for each in disks_of(engine, server(engine, server_id).id):
        engine.state.run(
            "DELETE FROM attachment WHERE server_id = ? AND disk_id = ?", server_id, each.disk.id
        )
        if not servers_of(engine, each.disk.id):
            delete_disk(engine, each.disk.id)
    engine.state.run("DELETE FROM server WHERE id = ?", server_id)
