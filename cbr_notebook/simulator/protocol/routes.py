"""What a service of the cloud is made of: its operations, and what they respond."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cbr_notebook.simulator.protocol.request_context import RequestContext


@dataclass(frozen=True, slots=True)
class Response:
    """An answer that is not simply a document with the route's usual status."""

    status: int
    document: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[RequestContext], Any]
"""Carries out a call: gives the answer's document, ``None`` for no body, or an ``Response``."""


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


class Routes:
    """The operations of one part of the service: each stands above what carries it out."""

    def __init__(self, group: str) -> None:
        """Begin with none; their group of the reference is this one, unless another is named."""
        self._group = group
        self._routes: list[Route] = []

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)

    def add(
        self,
        method: str,
        path: str,
        *,
        status: int = 200,
        body: Any = None,
        group: str = "",
        changes: bool = True,
        query: tuple[str, ...] = (),
    ) -> Callable[[Handler], Handler]:
        """Return what makes a function the operation of its name; see :class:`Route`."""

        def add(handler: Handler) -> Handler:
            name, of = handler.__name__.removeprefix("_"), group or self._group
            route = Route(name, method, path, handler, status, body, of, changes, query)
            self._routes.append(route)
            return handler

        return add
