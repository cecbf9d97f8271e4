"""The JSON document that a record was read from, for members that this package does not know."""

from __future__ import annotations

import json
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
        found = loads(self.content)
        try:
            for step in self.path:
                if isinstance(step, str) or isinstance(found, list):
                    found = found[step]  # else one row, where a list of it is meant
                if isinstance(found, str):
                    found = loads(found.encode())  # some operators write parts as texts
        except (LookupError, TypeError, ValueError):
            return {}  # the service said nothing of this part
        return found if isinstance(found, dict) else {}
