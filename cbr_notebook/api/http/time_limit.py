"""The time that a question may take in all, attempts and pauses together, if somebody set one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

_SHORTEST_TIMEOUT = 1.0
"""Seconds for an answer, however little is left of a limit: too few would never bring one."""


class TimeLimit:
    """A limit for what one thread asks."""

    def __init__(self, left: Callable[[], float]) -> None:
        """Create a limit from what returns how many seconds are left."""
        self.left = left
        self.reached = False
        """Whether a question was given up, because its next attempt would come too late."""

    def allows(self, seconds: float) -> bool:
        """Return whether a pause ends in time; if not, note that the limit was reached."""
        if seconds <= self.left():
            return True
        self.reached = True
        return False


class _Thread(threading.local):
    limit: TimeLimit | None = None


_thread = _Thread()


def current() -> TimeLimit | None:
    """Return the limit of what this thread asks; ``None`` where nobody set one."""
    return _thread.limit


@contextmanager
def limited(left: Callable[[], float]) -> Iterator[TimeLimit]:
    """Limit the time of all that this thread asks meanwhile.

    Args:
        left: returns the seconds that are left.
    """
    before = _thread.limit
    limit = _thread.limit = TimeLimit(left)
    try:
        yield limit
    finally:
        _thread.limit = before


def timeouts_within(extensions: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request's extensions; no timeout is longer than what is left of a limit."""
    limit = current()
    if limit is None or "timeout" not in extensions:
        return dict(extensions)
    left = max(_SHORTEST_TIMEOUT, limit.left())
    timeouts = {
        name: left if seconds is None else min(seconds, left)
        for name, seconds in extensions["timeout"].items()
    }
    return {**extensions, "timeout": timeouts}
