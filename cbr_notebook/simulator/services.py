"""The cloud's services, put together: all routes, and the handlers of all events."""

from __future__ import annotations

from itertools import chain
from types import ModuleType

from cbr_notebook.simulator import tasks
from cbr_notebook.simulator.routing import Route
from cbr_notebook.simulator.scheduler import Handler

_SERVICES: tuple[ModuleType, ...] = (tasks,)
"""One module a group; each may have ``ROUTES`` and ``EVENTS``."""

ROUTES: tuple[Route, ...] = tuple(
    chain.from_iterable(getattr(service, "ROUTES", ()) for service in _SERVICES)
)
EVENTS: dict[str, Handler] = {
    kind: handler
    for service in _SERVICES
    for kind, handler in getattr(service, "EVENTS", {}).items()
}
