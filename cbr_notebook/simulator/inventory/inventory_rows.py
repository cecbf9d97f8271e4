"""The rows of servers and disks, as other rooms get them."""

from __future__ import annotations

from typing import NamedTuple, TypedDict


class ServerSystem(TypedDict, total=False):
    """What a rebuild may change of a server: columns of ``server``."""

    architecture: str
    os_type: str
    os_version: str


class ServerRow(NamedTuple):
    """A row of ``server``; times in microseconds since 1970, tags and properties JSON."""

    id: str
    project_id: str
    name: str
    type: str
    status: str
    created_at: int
    availability_zone: str
    architecture: str
    os_type: str
    os_version: str
    flavor: str
    tags: str
    properties: str


class DiskRow(NamedTuple):
    """A row of ``disk``, or a file system; times in microseconds, tags and properties JSON."""

    id: str
    store: int
    project_id: str
    name: str
    type: str
    size_gb: int
    status: str
    created_at: int
    availability_zone: str
    bootable: int
    volume_type: str
    encrypted: int
    shareable: int
    writes: int
    written_at: int | None
    tags: str
    properties: str


class AttachedDisk(NamedTuple):
    """A disk where it is attached."""

    disk: DiskRow
    device: str
    attached_at: int


class AttachedServer(NamedTuple):
    """A server to which a disk is attached."""

    server: ServerRow
    device: str
    attached_at: int
