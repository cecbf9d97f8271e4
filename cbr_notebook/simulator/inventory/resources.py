"""What a backup protects: servers, disks and file systems, and what may be done to them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.inventory.disks import Disks
from cbr_notebook.simulator.protocol.api_error import ApiError

SERVER = "OS::Nova::Server"
BARE_METAL = "OS::Ironic::BareMetalServer"
DISK = "OS::Cinder::Volume"
FILE_SYSTEM = "OS::Sfs::Turbo"

OBJECT_TYPES: Mapping[str, tuple[str, ...]] = {
    "server": (SERVER, BARE_METAL),
    "disk": (DISK,),
    "turbo": (FILE_SYSTEM,),
}
"""The resource types that a vault of an object type takes."""

TRAITS = frozenset({
    "agent", "backend", "backup_fails", "databases_busy", "dess", "dr_site", "frozen", "lazyload",
    "legacy", "local", "old", "restore_fails", "restore_refused", "scsi", "sub_status",
    "unsupported",
})  # fmt: skip
"""What may be special about a server or disk; kept in its ``properties``."""

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
    row: sqlite3.Row


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


def server(engine: Engine, server_id: str) -> sqlite3.Row:
    """Return a server's row; 7100 when there is none."""
    row = engine.state.one("SELECT * FROM server WHERE id = ?", server_id)
    if row is None:
        raise ApiError("7100")
    return row


def disk(engine: Engine, disk_id: str) -> sqlite3.Row:
    """Return a disk's row; 7000 when there is none."""
    row = engine.state.one("SELECT * FROM disk WHERE id = ?", disk_id)
    if row is None:
        raise ApiError("7000")
    return row


def disks_of(engine: Engine, server_id: str) -> list[sqlite3.Row]:
    """Return the disks of a server, the system disk first, with their ``device``."""
    return engine.state.all(
        "SELECT disk.*, attachment.device, attachment.attached_at FROM attachment "
        "JOIN disk ON disk.id = disk_id WHERE server_id = ? ORDER BY device",
        server_id,
    )


def servers_of(engine: Engine, disk_id: str) -> list[sqlite3.Row]:
    """Return the servers to which a disk is attached, with its ``device`` there."""
    return engine.state.all(
        "SELECT server.*, attachment.device, attachment.attached_at FROM attachment "
        "JOIN server ON server.id = server_id WHERE disk_id = ? ORDER BY server.id",
        disk_id,
    )


def find_resource(
    engine: Engine, project_id: str, resource_id: str, resource_type: str | None = None
) -> Resource:
    """Return a resource of a project; 6302 when there is none of this ID and type."""
    row = engine.state.one(
        "SELECT * FROM server WHERE id = ? AND project_id = ?", resource_id, project_id
    )
    if row is not None:
        size = sum(each["size_gb"] for each in disks_of(engine, resource_id))
    else:
        row = engine.state.one(
            "SELECT * FROM disk WHERE id = ? AND project_id = ?", resource_id, project_id
        )
        if row is None:
            raise ApiError("6302")
        size = row["size_gb"]
    if resource_type is not None and row["type"] != resource_type:
        raise ApiError("6302")
    return Resource(
        row["id"], row["type"], row["name"], size, row["status"], row["availability_zone"], row
    )


def properties(row: sqlite3.Row) -> dict[str, Any]:
    """Return the special traits of a server or disk (``scsi``, ``dess``, ``dr_site``, …)."""
    traits: dict[str, Any] = json.loads(row["properties"])
    return traits


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
    present = json.loads(server(engine, server_id)["tags"])
    engine.state.update("server", server_id, tags=json.dumps({**present, **tags}))


def rebuild_server(engine: Engine, server_id: str, **columns: str) -> None:
    """Change ``architecture``, ``os_type`` or ``os_version`` of a server."""
    engine.state.update("server", server_id, **columns)


def attach(engine: Engine, server_id: str, disk_id: str, device: str | None = None) -> str:
    """Attach a disk to a server; return the device name."""
    taken = {row["device"] for row in disks_of(engine, server_id)}
    if device is None:
        device = next(name for name in (f"vd{c}" for c in "abcdefghijklmnopqrstuvwxyz")
                      if name not in taken)  # fmt: skip
    row = disk(engine, disk_id)
    if device in taken or (row["status"] != "available" and not row["shareable"]):
        raise ApiError("7003", f"The disk {row['name']} is {row['status']}, or {device} is taken.")
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
    """Take a disk off a server; 7201 when it is not attached there."""
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
    if size_gb < row["size_gb"]:
        Disks(engine).truncate(row["store"], size_gb)


def delete_disk(engine: Engine, disk_id: str) -> None:
    """Delete a disk with its bytes; its backups stay."""
    row = disk(engine, disk_id)
    Disks(engine).erase(row["store"])
    engine.state.run("DELETE FROM attachment WHERE disk_id = ?", disk_id)
    engine.state.run("DELETE FROM disk WHERE id = ?", disk_id)


def delete_server(engine: Engine, server_id: str) -> None:
    """Delete a server with its disks; its backups stay."""
    for row in disks_of(engine, server(engine, server_id)["id"]):
        engine.state.run(
            "DELETE FROM attachment WHERE server_id = ? AND disk_id = ?", server_id, row["id"]
        )
        if not servers_of(engine, row["id"]):
            delete_disk(engine, row["id"])
    engine.state.run("DELETE FROM server WHERE id = ?", server_id)
