"""The files of a lake, wherever they are: a folder, or any address that fsspec knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.extras import library
from cbr_notebook.text import arguments


class Store:
    """Reads and writes whole files below one address; a file is written once, never changed."""

    def __init__(self, address: str | Path, storage_options: Mapping[str, Any] | None = None):
        """Open an address; nothing is written.

        Args:
            address: a folder, or such as ``s3://bucket/lake``, ``memory://lake``.
            storage_options: what its file system takes, such as keys.

        Raises:
            InvalidRequest: the address cannot be used, or what it needs is not installed.
        """
        fsspec = library("fsspec", "A history")
        given = arguments.path(address, "path")
        if not str(address).strip() or "\0" in str(address):
            raise InvalidRequest(
                f"The path {str(address)!r} is that of no folder.",
                advice='Name a folder, such as "lake"; "." is the present one.',
                field="path",
            )
        self.address = str(given if _is_folder(address) else address)
        trouble = ""
        try:
            self.fs, self.root = fsspec.core.url_to_fs(self.address, **(storage_options or {}))
        except (ImportError, ValueError, OSError, TypeError) as problem:
            trouble = str(problem)
        if trouble:
            raise InvalidRequest(
                f"The lake {self.address!r} cannot be opened: {trouble}.",
                advice="Name a folder, or an address that fsspec knows: s3://bucket/lake.",
                field="path",
            )
        self.root = self.root.rstrip("/")

    def write(self, name: str, content: bytes) -> None:
        """Write a file; its folders are made.

        Raises:
            InvalidRequest: it cannot be written.
        """
        place = self.place(name)
        with self._reporting("written"):
            self.fs.makedirs(place.rpartition("/")[0], exist_ok=True)
            self.fs.pipe_file(place, content)

    def read(self, name: str) -> bytes | None:
        """Return a file's content; ``None`` if it is not there.

        Raises:
            InvalidRequest: it cannot be read.
        """
        content: bytes | None = None
        with self._reporting("read"), suppress(FileNotFoundError):
            content = self.fs.cat_file(self.place(name))
        return content

    def names(self, folder: str) -> list[str]:
        """Return the names of all files below a folder, sorted; none if there is no folder.

        Raises:
            InvalidRequest: the folder cannot be read.
        """
        self.fs.invalidate_cache()
        found: list[Any] = []
        with self._reporting("read"), suppress(FileNotFoundError):
            found = self.fs.find(self.place(folder))
        start = len(self.root) + 1
        return sorted(str(each)[start:] for each in found)

    def delete(self, name: str) -> None:
        """Delete a file, if it is there.

        Raises:
            InvalidRequest: it cannot be deleted.
        """
        with self._reporting("written"), suppress(FileNotFoundError):
            self.fs.rm_file(self.place(name))

    @contextmanager
    def _reporting(self, what: str) -> Iterator[None]:
        trouble = ""
        try:
            yield
        except OSError as problem:
            trouble = str(problem)
        if trouble:
            raise InvalidRequest(
                f"The lake {self.address!r} cannot be {what}: {trouble}.",
                advice="What was in it before is as it was. Check the place and its permissions.",
                field="path",
            )

    def place(self, name: str) -> str:
        """Return where a file is, for the file system."""
        return f"{self.root}/{name}"


def _is_folder(address: str | Path) -> bool:
    return isinstance(address, Path) or "://" not in address
