"""When a policy runs: the service's subset of recurrence rules, checked and computed in UTC."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from dateutil.rrule import rruleset, rrulestr

from cbr_notebook.simulator.clock import from_datetime, to_datetime
from cbr_notebook.simulator.routing import Refusal

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_MOST_RULES = 24
_NUMBER = re.compile(r"^\d{1,2}$")


def _numbers(text: str, low: int, high: int) -> list[int]:
    parts = text.split(",")
    if not all(_NUMBER.match(part) and low <= int(part) <= high for part in parts):
        raise Refusal("9900")
    return [int(part) for part in parts]


def _check_rule(pattern: str) -> list[int]:
    """Refuse a rule outside the subset; give its times of day in minutes."""
    parts: dict[str, str] = {}
    for part in pattern.split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value or name in parts:
            raise Refusal("9900")
        parts[name] = value
    frequency = parts.pop("FREQ", None)
    days = parts.pop("BYDAY", None)
    hours = _numbers(parts.pop("BYHOUR", ""), 0, 23)
    minutes = _numbers(parts.pop("BYMINUTE", ""), 0, 59)
    interval = parts.pop("INTERVAL", None)
    if parts or frequency not in ("WEEKLY", "DAILY"):
        raise Refusal("9900")
    if interval is not None:
        _numbers(interval, 1, 30)
    if frequency == "WEEKLY" and (days is None or interval not in (None, "1")):
        raise Refusal("9900")
    if days is not None and (
        frequency == "DAILY" or not all(day in _DAYS for day in days.split(","))
    ):
        raise Refusal("9900")
    return sorted(hour * 60 + minute for hour in hours for minute in minutes)


def check(patterns: Sequence[str]) -> None:
    """Refuse with 9900 what the service does not accept as the times of a policy.

    At most 24 rules, and 24 runs a day, at least an hour apart.
    """
    if not 1 <= len(patterns) <= _MOST_RULES:
        raise Refusal("9900")
    times = sorted({time for pattern in patterns for time in _check_rule(pattern)})
    gaps = [later - earlier for earlier, later in zip(times, times[1:], strict=False)]
    if len(times) > 1:
        gaps.append(times[0] + 24 * 60 - times[-1])
    if len(times) > 24 or any(gap < 60 for gap in gaps):
        raise Refusal("9900")


def next_run(patterns: Sequence[str], started_at: int, after: int) -> int:
    """Give the first run after a moment.

    Args:
        patterns: accepted rules.
        started_at: the moment from whose day intervals of days are counted.
        after: a moment; both in microseconds since 1970.
    """
    start = to_datetime(started_at).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    runs = rruleset()
    for pattern in patterns:
        runs.rrule(rrulestr(pattern, dtstart=start))
    begin = to_datetime(after).replace(tzinfo=None)
    found: datetime | None = runs.after(max(begin, start - timedelta(seconds=1)))
    assert found is not None, "a rule without end always has a next run"
    return from_datetime(found)
