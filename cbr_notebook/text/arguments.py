"""Arguments that may be written in several ways: one text or several, a number, pairs, a path."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cbr_notebook.errors import InvalidRequest


def texts(value: object, field: str) -> list[str]:
    """Return texts that were given as one or as several.

    Raises:
        InvalidRequest: it is neither.
    """
    given = [value] if isinstance(value, str) else value
    if isinstance(given, bytes | Mapping) or not isinstance(given, Iterable):
        raise _wrong_type(field, value, "a text or a list of texts", f'{field}="…", or {field}=[…]')
    found = list(given)
    for each in found:
        if not isinstance(each, str):
            raise _wrong_type(field, each, "a text", f'{field}="…", or {field}=["…", …]')
    return found


def text(value: object, field: str) -> str:
    """Return a text, if it is one.

    Raises:
        InvalidRequest: it is none.
    """
    if not isinstance(value, str):
        raise _wrong_type(field, value, "a text", f'{field}="…"')
    return value


def whole(value: object) -> int | None:
    """Return a whole number, also one of a table's cell; ``None`` if it is something else."""
    if type(value).__name__.startswith("bool"):
        return None  # also numpy's, which can stand for numbers as well
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return None


def pairs(value: object, field: str) -> Mapping[Any, Any]:
    """Return a mapping, if it is one.

    Raises:
        InvalidRequest: it is none.
    """
    if not isinstance(value, Mapping):
        raise _wrong_type(field, value, "a mapping", f'{field}={{"key": "value"}}')
    return value


def path(value: object, field: str) -> Path:
    """Return the place of a file or folder; ``~`` is the home folder.

    Raises:
        InvalidRequest: it is no path.
    """
    if not isinstance(value, str | os.PathLike):
        raise _wrong_type(field, value, "a path", f'{field}="folder/name"')
    return Path(value).expanduser()


def _wrong_type(field: str, value: object, meant: str, example: str) -> InvalidRequest:
    kind = type(value).__name__
    return InvalidRequest(
        f"{field} is {meant}, not {kind}.", advice=f"Write it so: {example}.", field=field
    )
