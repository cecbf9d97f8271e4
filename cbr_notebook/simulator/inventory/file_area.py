"""A small file area inside the bytes of a disk.

The disk begins with a header, then a directory (which file, where, how long), then the
files' bytes, each at a multiple of 4096. All of it is ordinary content of the disk: a backup
holds it without knowing, and a restore brings it back.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cbr_notebook.simulator.inventory.disks import Disks

_MAGIC = b"CBRFILES"
_HEADER = len(_MAGIC) + 8
_DIRECTORY = 1024 * 1024
"""Bytes kept for header and directory; files begin after them."""
_GRAIN = 4096


class FileAreaError(Exception):
    """The disk's file area cannot be used for this; nothing was changed."""


class Files:
    """The files of one disk, by path."""

    def __init__(self, disks: Disks, store: int, size_gb: int) -> None:
        self._disks = disks
        self._store = store
        self._end = size_gb * 1024**3

    def directory(self) -> dict[str, tuple[int, int]]:
        """Return the place and length, in bytes, of each file.

        Raises:
            FileAreaError: the area is damaged, or encrypted by someone.
        """
        header = self._disks.read(self._store, 0, _HEADER)
        if not header.strip(b"\0"):
            return {}
        length = int.from_bytes(header[len(_MAGIC) :], "big")
        if not header.startswith(_MAGIC) or length > _DIRECTORY:
            raise FileAreaError("The disk holds no readable files: its file area is damaged.")
        try:
            entries = json.loads(self._disks.read(self._store, _HEADER, length))
        except ValueError as problem:
            raise FileAreaError("The directory of the disk is damaged.") from problem
        return {path: (place, size) for path, (place, size) in entries.items()}

    def names(self) -> list[str]:
        """Return the paths of all files, sorted."""
        return sorted(self.directory())

    def read(self, path: str) -> bytes:
        """Return a file's bytes.

        Raises:
            FileAreaError: there is no such file.
        """
        directory = self.directory()
        if path not in directory:
            raise FileAreaError(
                f"There is no file {path!r} on the disk; there are: "
                f"{', '.join(sorted(directory)) or 'none'}."
            )
        place, size = directory[path]
        return self._disks.read(self._store, place, size) if size else b""

    def write(self, path: str, data: bytes) -> None:
        """Write a file, new or anew.

        Raises:
            FileAreaError: the disk is full.
        """
        directory = self.directory()
        directory.pop(path, None)
        place = self._room(directory, len(data))
        directory[path] = (place, len(data))
        # The data first: the directory never names bytes that are not there.
        self._disks.write(self._store, place, data)
        self._save(directory)

    def delete(self, path: str) -> None:
        """Delete a file; its room is used again."""
        directory = self.directory()
        if path not in directory:
            raise FileAreaError(f"There is no file {path!r} on the disk.")
        del directory[path]
        self._save(directory)

    def _room(self, directory: dict[str, tuple[int, int]], size: int) -> int:
        """Find the first gap between files that is large enough."""
        place = _DIRECTORY
        for start, length in sorted(directory.values()):
            if start - place >= size:
                return place
            place = max(place, -(-(start + length) // _GRAIN) * _GRAIN)
        if place + size > self._end:
            raise FileAreaError("The disk is full.")
        return place

    def _save(self, directory: dict[str, tuple[int, int]]) -> None:
        text = json.dumps(directory, sort_keys=True).encode()
        if _HEADER + len(text) > _DIRECTORY:
            raise FileAreaError("The disk holds too many files.")
        self._disks.write(self._store, 0, _MAGIC + len(text).to_bytes(8, "big") + text)
