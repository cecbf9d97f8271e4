"""When a policy runs: the service's subset of recurrence rules, checked and computed in UTC."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations_with_replacement
from math import gcd

from dateutil.rrule import DAILY, WEEKLY, rrule, rruleset

from cbr_notebook.simulator.core.clock import from_datetime, to_datetime
from cbr_notebook.simulator.protocol.api_error import ApiError

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_MOST_RULES = 24
_LONGEST_INTERVAL = 30
_SMALLEST_GAP = 60
_DAY_MINUTES = 24 * 60
_NUMBER = re.compile(r"[0-9]{1,2}")


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a pattern says."""

    weekdays: frozenset[int] | None
    """Of a weekly rule, Monday being 0; ``None`` for a daily one."""
    interval: int
    """Of a daily rule: from one day to the next."""
    hours: tuple[int, ...]
    minutes: tuple[int, ...]
    """Of each of the hours."""

    def times(self) -> list[int]:
        """Return the times of day, in minutes after midnight."""
        return [hour * 60 + minute for hour in self.hours for minute in self.minutes]


def _numbers(text: str, low: int, high: int) -> list[int]:
    parts = text.split(",")
    if not all(_NUMBER.fullmatch(part) and low <= int(part) <= high for part in parts):
        raise ApiError("9900")
    return [int(part) for part in parts]


def _parse(pattern: str) -> _Rule:
    """Read a rule; refuse one outside the subset."""
    parts: dict[str, str] = {}
    for part in pattern.split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value or name in parts:
            raise ApiError("9900")
        parts[name] = value
    frequency = parts.pop("FREQ", None)
    days = parts.pop("BYDAY", None)
    hours = _numbers(parts.pop("BYHOUR", ""), 0, 23)
    minutes = _numbers(parts.pop("BYMINUTE", ""), 0, 59)
    intervals = _numbers(parts.pop("INTERVAL", "1"), 1, _LONGEST_INTERVAL)
    if parts or len(intervals) != 1:
        raise ApiError("9900")
    (interval,) = intervals
    weekdays: frozenset[int] | None = None
    if frequency == "WEEKLY":
        named = days.split(",") if days is not None else []
        if not named or interval != 1 or not set(named) <= set(_DAYS):
            raise ApiError("9900")
        weekdays = frozenset(_DAYS.index(day) for day in named)
    elif frequency != "DAILY" or days is not None:
        raise ApiError("9900")
    return _Rule(weekdays, interval, tuple(sorted(set(hours))), tuple(sorted(set(minutes))))


def _meet(one: _Rule, other: _Rule, days: int, weekday: int) -> bool:
    """Say whether ``other`` ever runs this many days after a day of ``one``.

    Args:
        one: a rule.
        other: a rule, perhaps the same.
        days: how many days later.
        weekday: of the day from which intervals are counted.
    """
    if one.weekdays is not None and other.weekdays is not None:
        return any((day + days) % 7 in other.weekdays for day in one.weekdays)
    if one.weekdays is not None:
        return _meets_weekday(other, one.weekdays, weekday - days)
    if other.weekdays is not None:
        return _meets_weekday(one, other.weekdays, weekday + days)
    return days % gcd(one.interval, other.interval) == 0


def _meets_weekday(daily: _Rule, weekdays: frozenset[int], first: int) -> bool:
    """Say whether days counted from a first weekday ever come to one of some weekdays."""
    return any((day - first) % gcd(daily.interval, 7) == 0 for day in weekdays)


def _too_close(one: _Rule, other: _Rule, weekday: int) -> bool:
    """Say whether runs of two rules, or of one, ever lie less than an hour apart."""
    for days in (-1, 0, 1):
        close = any(
            0 < abs(days * _DAY_MINUTES + later - earlier) < _SMALLEST_GAP
            for earlier in one.times()
            for later in other.times()
        )
        if close and _meet(one, other, days, weekday):
            return True
    return False


def check(patterns: Sequence[str], started_at: int) -> None:
    """Refuse with 9900 what the service does not accept as the times of a policy.

    At most 24 rules, and at least an hour between runs, so that there are at most 24 a day.
    Two rules that name the very same run are one run.

    Args:
        patterns: the rules.
        started_at: the moment from whose day intervals of days are counted, in microseconds
            since 1970.
    """
    if not 1 <= len(patterns) <= _MOST_RULES:
        raise ApiError("9900")
    rules = [_parse(pattern) for pattern in patterns]
    weekday = to_datetime(started_at).weekday()
    for one, other in combinations_with_replacement(dict.fromkeys(rules), 2):
        if _too_close(one, other, weekday):
            raise ApiError("9900")


def next_run(patterns: Sequence[str], started_at: int, after: int) -> int:
    """Return the first run after a moment.

    Args:
        patterns: accepted rules.
        started_at: the moment from whose day intervals of days are counted; no run is before.
        after: a moment; both in microseconds since 1970.
    """
    begin = to_datetime(max(after, started_at - 1)).replace(tzinfo=None)
    first = to_datetime(started_at).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    runs = rruleset()
    for rule in map(_parse, patterns):
        # From a day shortly before: the distance to the policy's first day costs nothing.
        skipped = max(0, (begin - first).days // rule.interval) * rule.interval
        runs.rrule(
            rrule(
                DAILY if rule.weekdays is None else WEEKLY,
                dtstart=first + timedelta(days=skipped),
                interval=rule.interval,
                byweekday=rule.weekdays and sorted(rule.weekdays),
                byhour=rule.hours,
                byminute=rule.minutes,
                bysecond=0,
            )
        )
    found: datetime | None = runs.after(begin)
    if found is None:
        raise ValueError(f"no run after {begin} by {patterns}")
    return from_datetime(found)
