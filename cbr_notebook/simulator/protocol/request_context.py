"""A request as a handler receives it: who asks, for what, with which parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.protocol.api_error import ApiError

_UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
_LARGEST = 2**63 - 1
"""The largest number that a column holds."""
_MOST_DIGITS = 19
_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and in which project."""

    user_id: str
    user_name: str
    domain_id: str
    domain_name: str
    project_id: str
    region: str


def whole_number(text: str, *, low: int, high: int) -> int:
    """Return the number that a text is; 9900 when it is none, or not in a range."""
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise ApiError("9900")
    number = int(text)
    if not low <= number <= high:
        raise ApiError("9900")
    return number


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows of a list are asked for."""

    limit: int
    offset: int
    marker: str | None
    """The ID of the row after which they begin."""

    @classmethod
    def read(
        cls,
        limit: str | None,
        offset: str | None,
        marker: str | None = None,
        *,
        largest: int = 1000,
        furthest: int = _LARGEST,
        clamp: bool = False,
    ) -> Page:
        """Read what a request says, as texts; see :meth:`Query.page`."""
        rows = largest
        if limit is not None:
            rows = whole_number(limit, low=1, high=_LARGEST if clamp else largest)
        skipped = 0 if offset is None else whole_number(offset, low=0, high=furthest)
        return cls(min(rows, largest), skipped, marker)

    def of(self, rows: Sequence[_Row]) -> Sequence[_Row]:
        """Return the page's part of rows that are all there."""
        return rows[self.offset : self.offset + self.limit]

    def answer(self, name: str, documents: Sequence[Any], count: int) -> dict[str, Any]:
        """Return the answer of a list: the page's documents, and how many there are in all."""
        return {name: documents, "count": count, "offset": self.offset, "limit": self.limit}


class Query:
    """The query string of a request; values are checked as they are read."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str | list[str]]) -> None:
        self._values = values

    def texts(self, name: str) -> list[str]:
        """Return all values of a parameter that may be repeated; empty ones do not count."""
        value = self._values.get(name)
        if value is None:
            return []
        return [text for text in ([value] if isinstance(value, str) else value) if text]

    def text(self, name: str) -> str | None:
        """Return the value of a parameter, or ``None``; of a repeated one the last."""
        values = self.texts(name)
        return values[-1] if values else None

    def choice(self, name: str, *choices: str) -> str | None:
        """Return the value of a parameter that must be one of some words; else 9900."""
        value = self.text(name)
        if value is not None and value not in choices:
            raise ApiError("9900")
        return value

    def integer(self, name: str, *, low: int, high: int = _LARGEST) -> int | None:
        """Return the value of a parameter that must be a whole number in a range; else 9900."""
        value = self.text(name)
        return None if value is None else whole_number(value, low=low, high=high)

    def page(self, *, largest: int = 1000, furthest: int = _LARGEST, clamp: bool = False) -> Page:
        """Return which rows of a list are asked for; 9900 when a parameter is not allowed.

        Args:
            largest: the most rows of a page, and how many it has when nothing is said.
            furthest: the largest offset.
            clamp: a larger page is cut instead of refused.
        """
        return Page.read(
            self.text("limit"),
            self.text("offset"),
            self.text("marker"),
            largest=largest,
            furthest=furthest,
            clamp=clamp,
        )

    def boolean(self, name: str) -> bool | None:
        """Return the value of a parameter that must be true or false; else 9900."""
        value = self.text(name)
        if value is None:
            return None
        if value.lower() not in ("true", "false"):
            raise ApiError("9900")
        return value.lower() == "true"


@dataclass(frozen=True, slots=True)
class RequestContext:
    """One request, authenticated and decoded, as a handler receives it."""

    engine: Engine
    caller: Caller
    path: Mapping[str, str]
    query: Query
    body: Any
    request_id: str


def is_identifier(text: str) -> bool:
    """Return whether a text is a lower-case UUID with dashes."""
    return _UUID.match(text) is not None


def identifier(context: RequestContext, name: str) -> str:
    """Return a path parameter that must be a lower-case UUID with dashes; else 9900."""
    value = context.path[name]
    if not is_identifier(value):
        raise ApiError("9900", f"Invalid {name} provided.")
    return value
