"""A request as a handler receives it: who asks, for what, with which parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.protocol.api_error import ApiError

_UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and in which project."""

    user_id: str
    user_name: str
    domain_id: str
    domain_name: str
    project_id: str
    region: str


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

    def integer(
        self, name: str, *, low: int, high: int | None = None, default: int | None = None
    ) -> int | None:
        """Return the value of a parameter that must be a whole number in a range; else 9900."""
        value = self.text(name)
        if value is None:
            return default
        if not value.isascii() or not value.isdigit():
            raise ApiError("9900")
        number = int(value)
        if number < low or (high is not None and number > high):
            raise ApiError("9900")
        return number

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


def identifier(context: RequestContext, name: str) -> str:
    """Return a path parameter that must be a lower-case UUID with dashes; else 9900."""
    value = context.path[name]
    if not _UUID.match(value):
        raise ApiError("9900", f"Invalid {name} provided.")
    return value
