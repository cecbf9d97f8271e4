"""What a service of the cloud is made of: routes, calls, answers and refusals."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cbr_notebook import catalogue

if TYPE_CHECKING:
    from cbr_notebook.simulator.core.engine import Engine


class Refusal(Exception):
    """The service declines a request; becomes its error answer, and nothing has changed."""

    def __init__(self, code: str, message: str | None = None, *, status: int | None = None) -> None:
        """Refuse with a code.

        Args:
            code: a documented code; ``"6105"`` is short for ``"BackupService.6105"``.
            message: other words than the documented ones.
            status: another HTTP status than the documented one.
        """
        self.code = code if "." in code else f"BackupService.{code}"
        entry = catalogue.lookup(self.code)
        self.message = message or (entry.message if entry else "Unknown error.")
        self.status = status or (entry.http_status if entry else 400)
        super().__init__(f"{self.code}: {self.message}")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and in which project."""

    user_id: str
    user_name: str
    domain_id: str
    domain_name: str
    project_id: str
    region: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is not simply a document with the route's usual status."""

    status: int
    document: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Query:
    """The query string of a request; values are checked as they are read."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str | list[str]]) -> None:
        self._values = values

    def texts(self, name: str) -> list[str]:
        """Give all values of a parameter that may be repeated; empty ones do not count."""
        value = self._values.get(name)
        if value is None:
            return []
        return [text for text in ([value] if isinstance(value, str) else value) if text]

    def text(self, name: str) -> str | None:
        """Give the value of a parameter, or ``None``; of a repeated one the last."""
        values = self.texts(name)
        return values[-1] if values else None

    def choice(self, name: str, *choices: str) -> str | None:
        """Give the value of a parameter that must be one of some words; else 9900."""
        value = self.text(name)
        if value is not None and value not in choices:
            raise Refusal("9900")
        return value

    def integer(
        self, name: str, *, low: int, high: int | None = None, default: int | None = None
    ) -> int | None:
        """Give the value of a parameter that must be a whole number in a range; else 9900."""
        value = self.text(name)
        if value is None:
            return default
        if not value.isascii() or not value.isdigit():
            raise Refusal("9900")
        number = int(value)
        if number < low or (high is not None and number > high):
            raise Refusal("9900")
        return number

    def boolean(self, name: str) -> bool | None:
        """Give the value of a parameter that must be true or false; else 9900."""
        value = self.text(name)
        if value is None:
            return None
        if value.lower() not in ("true", "false"):
            raise Refusal("9900")
        return value.lower() == "true"


@dataclass(frozen=True, slots=True)
class Call:
    """One request, authenticated and decoded, as a handler receives it."""

    engine: Engine
    caller: Caller
    path: Mapping[str, str]
    query: Query
    body: Any
    request_id: str


Handler = Callable[[Call], Any]
"""Carries out a call: gives the answer's document, ``None`` for no body, or an ``Answer``."""


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: how it is called and who carries it out."""

    operation: str
    """The operation's ID, such as ``create_vault``."""
    method: str
    path: str
    """With ``{names}``, and beginning with ``/v3``."""
    handler: Handler
    status: int = 200
    """The HTTP status of success."""
    body: Any = None
    """The msgspec type of the request's body; ``None`` for an operation without one."""
    group: str = ""
    """The group of the reference that the operation belongs to."""
    changes: bool = True
    """Whether it may change something; a GET never does."""
    query: tuple[str, ...] = ()
    """The names of the query parameters that it knows, for the OpenAPI document."""


_UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")


def identifier(call: Call, name: str) -> str:
    """Give a path parameter that must be a lower-case UUID with dashes; else 9900."""
    value = call.path[name]
    if not _UUID.match(value):
        raise Refusal("9900", f"Invalid {name} provided.")
    return value
