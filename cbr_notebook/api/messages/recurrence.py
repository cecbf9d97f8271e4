"""The recurrence rules of a policy, checked before they are sent, value by value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, product
from math import gcd

from cbr_notebook.api.messages.validate import listed
from cbr_notebook.errors import InvalidRequest

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_PARTS = ("FREQ", "BYDAY", "BYHOUR", "BYMINUTE", "INTERVAL")
_DAY, _LEAST = 24 * 60, 60
"""Minutes of a day, and between two runs."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a rule says: on which days of the week, or every how many days, and when."""

    text: str
    days: frozenset[int] | None
    every: int
    times: tuple[int, ...]
    """Minutes after midnight."""


def checked_rules(values: Sequence[str]) -> list[str]:
    """Return recurrence rules, if they are of the subset that the service takes.

    Whether a rule of every 7, 14, 21 or 28 days comes close to one of a day of the week depends
    on the day on which the policy is made: that is left to the service.

    Raises:
        InvalidRequest: a value is not allowed, or two runs would be less than an hour apart.
    """
    if not 1 <= len(listed(values, "pattern")) <= 24:
        raise _not_valid(", ".join(map(str, values)) or "nothing", "a policy has 1 to 24 rules")
    rules = [_read(each) for each in values]
    for one, other in combinations_with_replacement(dict.fromkeys(rules), 2):
        for days in (-1, 0, 1):
            close = _close(one, other, days)
            if close is not None and _meet(one, other, days):
                at, later, between = close
                raise _not_valid(
                    other.text,
                    f"its run at {later} and that at {at} of {one.text} would be {between} minutes "
                    "apart, and the service wants at least an hour between the runs of a policy",
                )
    return list(values)


def _read(rule: str) -> _Rule:
    if not isinstance(rule, str):
        raise _not_valid(str(rule), "a rule is a text")
    parts: dict[str, str] = {}
    for part in rule.split(";"):
        name, _, value = part.partition("=")
        if name not in _PARTS:
            raise _not_valid(rule, f"{part!r} is not one of {', '.join(_PARTS)}")
        if name in parts:
            raise _not_valid(rule, f"{name} occurs twice")
        parts[name] = value
    frequency, days = parts.get("FREQ"), parts.get("BYDAY")
    if frequency not in ("WEEKLY", "DAILY"):
        raise _not_valid(rule, f"FREQ is WEEKLY or DAILY, not {frequency or 'missing'}")
    weekly = frequency == "WEEKLY"
    if weekly and not days:
        raise _not_valid(rule, "WEEKLY needs BYDAY")
    if weekly and "INTERVAL" in parts and parts["INTERVAL"] != "1":
        raise _not_valid(rule, "INTERVAL counts days: it belongs to DAILY")
    if not weekly and days is not None:
        raise _not_valid(rule, "BYDAY belongs to WEEKLY; DAILY has INTERVAL")
    for day in days.split(",") if days else ():
        if day not in _DAYS:
            raise _not_valid(rule, f"BYDAY has {day!r}, which is not one of {', '.join(_DAYS)}")
    hours, minutes = (
        _numbers(rule, name, parts.get(name, ""), 0, most)
        for name, most in (("BYHOUR", 23), ("BYMINUTE", 59))
    )
    every = _numbers(rule, "INTERVAL", parts.get("INTERVAL", "1"), 1, 30)
    if len(every) > 1:
        raise _not_valid(rule, "INTERVAL is one number")
    return _Rule(
        rule,
        frozenset(map(_DAYS.index, days.split(","))) if days else None,
        every[0],
        tuple(sorted({60 * hour + minute for hour, minute in product(hours, minutes)})),
    )


def _numbers(rule: str, name: str, text: str, low: int, high: int) -> list[int]:
    """Return the numbers of a part of a rule."""
    if not text:
        raise _not_valid(rule, f"it needs {name}")
    found = text.split(",")
    for each in found:
        if not (each.isascii() and each.isdigit() and len(each) <= 2 and low <= int(each) <= high):
            raise _not_valid(rule, f"{name} has {each!r}, which is no number from {low} to {high}")
    return [int(each) for each in found]


def _close(one: _Rule, other: _Rule, days: int) -> tuple[str, str, int] | None:
    """Return two runs less than an hour apart, if ``other`` ran so many days after ``one``."""
    pairs: Iterator[tuple[int, int]] = product(one.times, other.times)
    for at, later in pairs:
        between = abs(days * _DAY + later - at)
        if 0 < between < _LEAST:
            return _clock(at), _clock(later), between
    return None


def _meet(one: _Rule, other: _Rule, days: int) -> bool:
    """Return whether ``other`` certainly runs so many days after some run of ``one``."""
    if one.days is not None and other.days is not None:
        return any((day + days) % 7 in other.days for day in one.days)
    if one.days is None and other.days is None:
        return days % gcd(one.every, other.every) == 0
    daily, weekdays = (one, other.days) if one.days is None else (other, one.days)
    return daily.every % 7 != 0 or len(weekdays or ()) == 7


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _not_valid(rule: str, why: str) -> InvalidRequest:
    return InvalidRequest(
        f"The recurrence rule {rule!r} is not valid: {why}.",
        advice="Write it like FREQ=WEEKLY;BYDAY=MO,FR;BYHOUR=23;BYMINUTE=00 (times in UTC).",
        field="pattern",
        code="BackupService.9900",
    )
