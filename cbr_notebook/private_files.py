"""Files and folders that belong to one user: who else could read or write them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_LARGEST = 1_000_000


def is_private_folder(path: Path) -> bool:
    """Return whether a folder is no link, the user's own, and written by nobody else.

    Raises:
        OSError: it cannot be looked at.
    """
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode):
        return False
    if os.name != "posix":
        return True
    return found.st_uid == os.getuid() and not found.st_mode & 0o022


def read_private(path: Path) -> str | None:
    """Return the text of a file; ``None`` if others can read or write it, or own it.

    Raises:
        OSError: it is not there, cannot be read, or is a link.
        UnicodeDecodeError: it is not UTF-8.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(path, flags), encoding="utf-8") as file:
        found = os.fstat(file.fileno())
        if os.name == "posix" and (found.st_mode & 0o077 or found.st_uid != os.getuid()):
            return None
        return file.read(_LARGEST)
