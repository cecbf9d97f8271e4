"""Simulated time: it stands still until someone waits, or runs at a chosen speed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

MICROSECONDS = 1_000_000
"""Microseconds in a second: the clock counts in microseconds since 1970, UTC."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def from_datetime(moment: datetime) -> int:
    """Turn a datetime (UTC where it names no zone) into microseconds since 1970."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1)


def to_datetime(moment: int) -> datetime:
    """Turn microseconds since 1970 into an aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=moment)


def parse_time(text: str) -> int:
    """Read any of the service's time shapes; all are UTC unless they name an offset.

    Raises:
        ValueError: the text is not a time.
    """
    if not re.match(r"^\d{4}-\d{2}-\d{2}", text):
        raise ValueError(f"not a time: {text!r}")
    return from_datetime(datetime.fromisoformat(text))


def to_api_time(moment: int | None) -> str | None:
    """Return a moment as the service's documents write it: microseconds, and no zone."""
    if moment is None:
        return None
    return to_datetime(moment).strftime("%Y-%m-%dT%H:%M:%S.%f")


def to_policy_time(moment: int) -> str:
    """Return a moment as a policy's ``start_time`` writes it."""
    return to_datetime(moment).strftime("%Y-%m-%d %H:%M:%S")


def to_second(moment: int) -> str:
    """Return a moment as the service of servers writes it: to the second, with its zone."""
    return to_datetime(moment).strftime("%Y-%m-%dT%H:%M:%SZ")


def next_hour(moment: int) -> int:
    """Return the next full hour after a moment."""
    hour = 3600 * MICROSECONDS
    return (moment // hour + 1) * hour


class Clock:
    """The cloud's time, in microseconds since 1970.

    With ``speed`` 0 it moves only when it is told to; otherwise that many simulated seconds
    pass in a real second, on top of what it is told.
    """

    def __init__(
        self, now: int, speed: float = 0.0, wall: Callable[[], float] = time.monotonic
    ) -> None:
        self.base = now
        """Where it stands, without what has passed of real time."""
        self._speed = speed
        self._wall = wall
        self._since = wall()
        self.current = now
        """How far the cloud's events have been carried out; never later than :meth:`now`."""

    @property
    def speed(self) -> float:
        """How many simulated seconds pass in a real second by themselves."""
        return self._speed

    def now(self) -> int:
        """Return the present simulated moment."""
        if not self._speed:
            return self.base
        return self.base + int((self._wall() - self._since) * self._speed * MICROSECONDS)

    def set(self, now: int) -> None:
        """Set another moment, which may be an earlier one; all until then has happened."""
        self.base = self.current = now
        self._since = self._wall()

    def move(self, microseconds: int) -> int:
        """Move forward by this much; return the moment then."""
        self.base += microseconds
        return self.now()
