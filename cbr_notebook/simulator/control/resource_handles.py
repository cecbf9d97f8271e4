"""What a person holds of the simulated cloud's machines: servers and disks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar, cast

from cbr_notebook.errors import CBRError, InvalidRequest, NotFound
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.inventory import resources
from cbr_notebook.simulator.inventory.disks import BLOCK, GIB, Disks
from cbr_notebook.simulator.inventory.file_area import FileAreaError, Files
from cbr_notebook.simulator.inventory.inventory_rows import DiskRow, ServerRow, ServerSystem
from cbr_notebook.simulator.protocol.error_translation import refused

_REBUILT = ServerSystem.__annotations__.keys()


class HasName(Protocol):
    """Whatever is found by its name."""

    @property
    def id(self) -> str:
        """What nothing else has."""

    @property
    def name(self) -> str:
        """What several may have."""


Thing = TypeVar("Thing", bound=HasName)


def pick(rows: Sequence[Thing], wanted: str, what: str) -> Thing:
    """Return the one row of this ID or name.

    Raises:
        NotFound: there is none, or more than one; the message lists the candidates.
    """
    found = [row for row in rows if row.id == wanted] or [row for row in rows if row.name == wanted]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(sorted(f"{row.name} ({row.id})" for row in found or rows)) or "none"
    problem = f"There is no {what} {wanted!r}" if not found else f"{wanted!r} is ambiguous"
    raise NotFound(f"{problem} in the simulated cloud.", advice=f"There are: {listed}.")


class Disk:
    """A disk or file system of the simulated cloud: real bytes, and a small file area."""

    def __init__(self, engine: Engine, disk_id: str) -> None:
        self._engine = engine
        self.id = disk_id

    def __repr__(self) -> str:
        return f"<Disk {self.name} ({self.size_gb} GB, {self.status})>"

    @property
    def _row(self) -> DiskRow:
        with self._engine.lock:
            return resources.disk(self._engine, self.id)

    @property
    def name(self) -> str:
        """The disk's name."""
        return str(self._row.name)

    @property
    def size_gb(self) -> int:
        """The disk's size, in GB."""
        return int(self._row.size_gb)

    @property
    def status(self) -> str:
        """Its status: ``available``, ``in-use``, and so on."""
        return str(self._row.status)

    @property
    def device(self) -> str | None:
        """Where it is attached, such as ``vda``; ``None`` where it is not."""
        with self._engine.lock:
            servers = resources.servers_of(self._engine, self.id)
        return servers[0].device if servers else None

    def _files(self) -> Files:
        row = self._row
        return Files(Disks(self._engine), row.store, row.size_gb)

    def write_file(self, path: str, data: bytes) -> None:
        """Write a file, new or anew.

        Args:
            path: its name, by custom an absolute path.
            data: its bytes.

        Raises:
            InvalidRequest: the disk is full, or its file area is damaged.
        """
        with self._engine.work(), _raised_as(InvalidRequest):
            self._files().write(path, data)

    def read_file(self, path: str) -> bytes:
        """Return a file's bytes.

        Raises:
            NotFound: there is no such file, or the file area is damaged.
        """
        with self._engine.lock, _raised_as(NotFound):
            return self._files().read(path)

    def delete_file(self, path: str) -> None:
        """Delete a file.

        Raises:
            NotFound: there is no such file.
        """
        with self._engine.work(), _raised_as(NotFound):
            self._files().delete(path)

    def files(self) -> list[str]:
        """Return the names of all files, sorted.

        Raises:
            NotFound: the file area is damaged.
        """
        with self._engine.lock, _raised_as(NotFound):
            return self._files().names()

    def read(self, offset: int, length: int) -> bytes:
        """Return bytes of the disk, from an offset in bytes."""
        self._check(offset, length)
        with self._engine.lock:
            return Disks(self._engine).read(self._row.store, offset, length)

    def write(self, offset: int, data: bytes) -> None:
        """Write bytes to the disk, at an offset in bytes."""
        self._check(offset, len(data))
        with self._engine.work():
            Disks(self._engine).write(self._row.store, offset, data)

    def _check(self, offset: int, length: int) -> None:
        if offset < 0 or length < 0 or offset + length > self.size_gb * GIB:
            raise InvalidRequest(
                f"Bytes {offset} to {offset + length} do not lie on a disk of {self.size_gb} GB."
            )

    def fill(self, megabytes: int, seed: int = 0, start_mb: int = 64) -> None:
        """Write this many MB of some content, quickly, from a place on the disk.

        Args:
            megabytes: how much, in MB.
            seed: another seed gives other content.
            start_mb: where to begin, in MB; files live before it by default.
        """
        self._check(start_mb * 1024**2, megabytes * 1024**2)
        per_mb = 1024**2 // BLOCK
        with self._engine.work():
            Disks(self._engine).fill(self._row.store, start_mb * per_mb, megabytes * per_mb, seed)

    def checksum(self) -> str:
        """Return a SHA-256 that is the same for the same bytes, and only for them."""
        with self._engine.lock:
            return Disks(self._engine).checksum(self._row.store)

    def resize(self, size_gb: int) -> None:
        """Resize the disk, in GB; what lies beyond a smaller one is lost."""
        with self._engine.work():
            resources.resize(self._engine, self.id, size_gb)

    def set_status(self, status: str) -> None:
        """Put the disk in any status, such as ``error``."""
        with self._engine.work():
            resources.set_disk_status(self._engine, self.id, status)

    def set_trait(self, name: str, value: Any) -> None:
        """Set a special trait of the disk: ``scsi``, ``dess``, ``dr_site``, ``backup_fails``.

        Raises:
            InvalidRequest: there is no such trait; the message lists them.
        """
        _check_trait(name)
        with self._engine.work():
            traits = resources.properties(self._row) | {name: value}
            resources.set_disk_traits(self._engine, self.id, traits)


class Server:
    """A server of the simulated cloud."""

    def __init__(self, engine: Engine, server_id: str) -> None:
        self._engine = engine
        self.id = server_id

    def __repr__(self) -> str:
        return f"<Server {self.name} ({self.status})>"

    @property
    def _row(self) -> ServerRow:
        with self._engine.lock:
            return resources.server(self._engine, self.id)

    @property
    def name(self) -> str:
        """The server's name."""
        return str(self._row.name)

    @property
    def status(self) -> str:
        """Its status: ``ACTIVE``, ``SHUTOFF``, and so on."""
        return str(self._row.status)

    @property
    def disks(self) -> list[Disk]:
        """The server's disks, the system disk first."""
        with self._engine.lock:
            return [
                Disk(self._engine, each.disk.id)
                for each in resources.disks_of(self._engine, self.id)
            ]

    def disk(self, wanted: str) -> Disk:
        """Return a disk by its device (``vda``), name or ID.

        Raises:
            NotFound: there is none, or more than one; the message lists them.
        """
        with self._engine.lock:
            attached = resources.disks_of(self._engine, self.id)
        for each in attached:
            if wanted in (each.device, f"/dev/{each.device}"):
                return Disk(self._engine, each.disk.id)
        return Disk(self._engine, pick([each.disk for each in attached], wanted, "disk").id)

    def attach(self, disk: Disk, device: str | None = None) -> None:
        """Attach a disk, at the next free device unless one is given."""
        with self._engine.work(), refused():
            resources.attach(self._engine, self.id, disk.id, device)

    def detach(self, disk: Disk) -> None:
        """Detach a disk."""
        with self._engine.work(), refused():
            resources.detach(self._engine, self.id, disk.id)

    def stop(self) -> None:
        """Stop the server."""
        self.set_status("SHUTOFF")

    def start(self) -> None:
        """Start the server."""
        self.set_status("ACTIVE")

    def tag(self, **tags: str) -> None:
        """Add tags, or change their values."""
        with self._engine.work():
            resources.tag_server(self._engine, self.id, tags)

    def set_status(self, status: str) -> None:
        """Put the server in any status, such as ``ERROR``."""
        with self._engine.work():
            resources.set_server_status(self._engine, self.id, status)

    def set_trait(self, name: str, value: Any) -> None:
        """Set a special trait of the server: ``dr_site``, ``frozen``, ``backup_fails``.

        Raises:
            InvalidRequest: there is no such trait; the message lists them.
        """
        _check_trait(name)
        with self._engine.work():
            traits = resources.properties(self._row) | {name: value}
            resources.set_server_traits(self._engine, self.id, traits)

    def rebuild(self, **columns: str) -> None:
        """Change ``architecture``, ``os_type`` or ``os_version``, as a rebuild would.

        Raises:
            InvalidRequest: nothing or something else is to be changed.
        """
        changes = f"It changes: {', '.join(sorted(_REBUILT))}."
        if not columns:
            raise InvalidRequest("Nothing is to be changed.", advice=changes)
        unknown = columns.keys() - _REBUILT
        if unknown:
            raise InvalidRequest(
                f"A rebuild does not change {', '.join(sorted(unknown))}.",
                advice=changes,
            )
        system = cast("ServerSystem", columns)
        with self._engine.work():
            resources.rebuild_server(self._engine, self.id, **system)


@contextmanager
def _raised_as(kind: type[CBRError]) -> Iterator[None]:
    """Raise what a disk's file area cannot do as an error of this kind."""
    try:
        yield
    except FileAreaError as problem:
        raise kind(str(problem)) from None


def _check_trait(name: str) -> None:
    if name not in resources.TRAITS:
        raise InvalidRequest(
            f"There is no trait {name!r}.",
            advice=f"Choose one of: {', '.join(sorted(resources.TRAITS))}.",
            field="name",
        )
