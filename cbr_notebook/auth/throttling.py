"""How long a throttled request waits: as long as the service says, within somebody's patience."""

from __future__ import annotations

import math
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol

import httpx

PATIENCE_S = 900.0
"""Seconds that the pauses of one question may take together, if nobody says otherwise."""
_WINDOW = re.compile(r"\btime:\s*(\d{1,6})\s*(second|minute|hour|day)", re.IGNORECASE)
_LIMIT = re.compile(r"\blimit:\s*(\d{1,9})\b", re.IGNORECASE)
_SPENT = re.compile(r"\bremain:\s*0\b", re.IGNORECASE)
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
WORTH_A_LINE_S = 10.0
"""Seconds from which on a pause is told, and respected by other requests as well."""


def told_window(response: httpx.Response, message: str, now: datetime) -> float | None:
    """Return the seconds for which the service says that it turns requests away.

    Args:
        response: the answer that turned the request away.
        message: its words.
        now: this computer's time.

    Returns:
        What ``Retry-After`` asks for, the window in the message, or that of a limit that a header
        says is spent; ``None`` where nothing is told.
    """
    return asked_pause(response, now) or window_in(message) or _spent(response)


def _spent(response: httpx.Response) -> float | None:
    """Return the window that ``X-Ratelimit-…: remain:0,limit:200,time:5 minute`` tells."""
    told = (
        window_in(value)
        for name, value in response.headers.items()
        if name.startswith("x-ratelimit-") and _SPENT.search(value)
    )
    return max((each for each in told if each), default=None)


def asked_pause(response: httpx.Response, now: datetime) -> float | None:
    """Return the seconds that ``Retry-After`` asks to wait; ``None`` if it says nothing sane.

    Zero, a negative number, NaN and a moment that is over are no pause: repeating at once is
    what filled the service.

    Args:
        response: the answer that turned the request away.
        now: this computer's time.
    """
    text = response.headers.get("Retry-After", "")
    try:
        seconds = float(text)
    except ValueError:
        try:
            then = parsedate_to_datetime(text)
            then = then if then.tzinfo else then.replace(tzinfo=UTC)
            seconds = (then - now).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return seconds if math.isfinite(seconds) and seconds > 0 else None


def window_in(message: str) -> float | None:
    """Return the seconds of the window that a gateway names, as in ``limit:200,time:5 minute``."""
    found = _WINDOW.search(message)
    seconds = int(found[1]) * _SECONDS[found[2].lower()] if found else 0
    return float(seconds) or None


def limit_in(message: str) -> int | None:
    """Return the requests that a gateway allows in its window: ``limit:200,time:5 minute``."""
    found = _LIMIT.search(message)
    return (int(found[1]) or None) if found else None


class RateLimiter(Protocol):
    """Where requests of several sessions wait for their turn."""

    def enter(self) -> None:
        """Wait until a request may be sent; each is followed by :meth:`leave`."""

    def leave(self) -> None:
        """Note that its answer came, or none."""

    def refused(self, asked: float | None, window: float | None, limit: int | None) -> None:
        """Note that the service turned a request away.

        Args:
            asked: the seconds that it asked to wait, if it did.
            window: the seconds of its window, if it named one.
            limit: the requests that it allows in a window, if it named a number.
        """


_SIGN_IN: ContextVar[RateLimiter | None] = ContextVar("iam_limiter", default=None)


@contextmanager
def signing_in_through(limiter: RateLimiter) -> Iterator[None]:
    """Make requests to IAM wait at a limiter, while this thread works within the block."""
    token = _SIGN_IN.set(limiter)
    try:
        yield
    finally:
        _SIGN_IN.reset(token)


def iam_limiter() -> RateLimiter | None:
    """Return the limiter where requests to IAM wait, if somebody set one."""
    return _SIGN_IN.get()


def write_line(text: str) -> None:
    """Print a line for whoever waits for a cell or a command."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


class Throttle:
    """What is known of the service's throttling, shared by all requests of a session."""

    def __init__(
        self, clock: Callable[[], datetime], write: Callable[[str], None] = write_line
    ) -> None:
        """Create it with a clock, and where the line goes that says how long a pause is."""
        self._clock = clock
        self._write = write
        self._lock = threading.Lock()
        self._until: datetime | None = None

    def begin(self, seconds: float) -> None:
        """Note that the service turns requests away for so many seconds, and say so once."""
        now = self._clock()
        with self._lock:
            known = self._until is not None and self._until > now
            self._until = max(self._until or now, now + timedelta(seconds=seconds))
        if not known:
            self._write(f"The service is throttling: {in_words(seconds)} until the next attempt.")

    def left(self) -> float:
        """Return the seconds for which the service still turns requests away."""
        with self._lock:
            until = self._until
        return 0.0 if until is None else max(0.0, (until - self._clock()).total_seconds())


def in_words(seconds: float) -> str:
    """Return a number of seconds as people say it."""
    if seconds < 120:
        return f"{math.ceil(seconds)} seconds"
    if seconds < 7200:
        return f"{math.ceil(seconds / 60)} minutes"
    return f"{math.ceil(seconds / 3600)} hours" if seconds < 259200 else "days"
