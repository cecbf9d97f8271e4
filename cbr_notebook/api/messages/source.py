"""The JSON document that a record was read from, for members that this package does not know."""

from __future__ import annotations

import copy
import json
import threading
from typing import Any

import msgspec

_LONGEST_NUMBER = 300


def loads(content: bytes) -> Any:
    """Return a JSON document, also with numbers and letters that JSON does not allow.

    Raises:
        ValueError: it is none.
        RecursionError: it is nested too deeply.
    """
    return json.loads(content.decode("utf-8", "replace"), parse_int=_integer)


def _integer(text: str) -> int | str:
    return int(text) if len(text) < _LONGEST_NUMBER else text


class Source(msgspec.Struct, frozen=True, gc=False):
    """Where a record came from.

    Attributes:
        content: the answer.
        path: the way to the record in it: names of members, and places in lists.
    """

    content: bytes
    path: tuple[str | int, ...]

    def document(self) -> dict[str, Any]:
        """Return the record as the service sent it."""
        found = _document_of(self.content)
        try:
            for step in self.path:
                if isinstance(step, str) or isinstance(found, list):
                    found = found[step]  # else one row, where a list of it is meant
                if isinstance(found, str):
                    found = loads(found.encode())  # some operators write parts as texts
        except (LookupError, TypeError, ValueError):
            return {}  # the service said nothing of this part
        return copy.deepcopy(found) if isinstance(found, dict) else {}


class _Last(threading.local):
    content: bytes | None = None
    document: Any = None


_last = _Last()


def _document_of(content: bytes) -> Any:
    """Return the document of an answer; the last one is kept, for the other rows of its page."""
    if _last.content is not content:
        _last.document, _last.content = loads(content), content
    return _last.document
