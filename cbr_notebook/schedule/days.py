"""Days of the week and times of day as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import time
from difflib import get_close_matches
from typing import Any

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.text.timeparse import half_width

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FULL = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_GROUPS = {
    "daily": DAYS, "everyday": DAYS, "all": DAYS, "every day": DAYS,
    "weekdays": DAYS[:5], "weekday": DAYS[:5], "workdays": DAYS[:5], "working days": DAYS[:5],
    "business days": DAYS[:5],
    "weekend": DAYS[5:], "weekends": DAYS[5:],
}  # fmt: skip
_SHORT = {"tues": "TU", "weds": "WE", "thur": "TH", "thurs": "TH"}
_NAMES = {
    **{
        written: day
        for day, name in zip(DAYS, _FULL, strict=True)
        for written in (name, f"{name}s", name[:3], name[:2])
    },
    **_SHORT,
}
_BETWEEN = re.compile(
    r"\s*(?:-|\u2013|\u2014|\.\.+|\bto\b|\btill\b|\buntil\b|\bthrough\b|\bthru\b)\s*"
)
_APART = re.compile(r"[\s,;/&+]+")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::00)?", re.ASCII)
_ADVICE = (
    'Write "daily", "weekdays", "weekend", "mon-fri", "MO,WE,FR" or a list of days: '
    f"{', '.join(DAYS)}, or their English names."
)


def parse_days(value: Any) -> list[str]:
    """Return the days of the week that are meant, from Monday on: ``["MO", "FR"]``.

    Args:
        value: ``"daily"``, ``"weekdays"``, ``"weekend"``, a range such as ``"mon-fri"``, days by
            their English names or first letters, several in one text or in a list; in any case.

    Raises:
        InvalidRequest: something in it is no day.
    """
    found: set[str] = set()
    for text in _texts(value, "days", _ADVICE):
        found.update(_of_text(text))
    if not found:
        raise InvalidRequest("No day is named.", advice=_ADVICE, field="days")
    return [day for day in DAYS if day in found]


def parse_times(value: Any) -> list[tuple[int, int]]:
    """Return the times of day that are meant, as hours and minutes, in order.

    Args:
        value: ``"23:00"``, several in one text or in a list, or ``datetime.time``.

    Raises:
        InvalidRequest: something in it is no time of day.
    """
    advice = 'Write times such as times="23:00" or times=["06:00", "18:00"].'
    given = [value] if isinstance(value, time) else value
    found: set[tuple[int, int]] = set()
    for each in given if isinstance(given, list | tuple | set) else [given]:
        if isinstance(each, time) and each.tzinfo is None and not (each.second or each.microsecond):
            found.add((each.hour, each.minute))
            continue
        for text in _texts(each, "times", advice):
            for part in filter(None, _APART.split(half_width(text))):
                read = _TIME.fullmatch(part)
                if read is None:
                    raise InvalidRequest(
                        f"{part!r} is not a time of day.",
                        advice=f"Write it like 23:00. {advice}",
                        field="times",
                    )
                found.add((int(read[1]), int(read[2])))
    if not found:
        raise InvalidRequest("The policy has no time.", advice=advice, field="times")
    return sorted(found)


def _texts(value: Any, field: str, advice: str) -> Iterable[str]:
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list | tuple | set | frozenset) or not all(
        isinstance(each, str) for each in given
    ):
        raise InvalidRequest(f"{field} {value!r} cannot be read.", advice=advice, field=field)
    return given


def _of_text(text: str) -> Iterable[str]:
    words = " ".join(half_width(text).lower().split())
    if words in _GROUPS:
        return _GROUPS[words]
    parts = [
        part
        for part in _APART.split(_BETWEEN.sub("-", words))
        if part and part not in ("and", "on", "every", "each")
    ]
    return [day for part in parts for day in _of_part(part, text)]


def _of_part(part: str, text: str) -> Iterable[str]:
    if part in _GROUPS:
        return _GROUPS[part]
    ends = [_NAMES.get(each) for each in part.split("-")]
    if len(ends) == 1 and ends[0] is not None:
        return (ends[0],)
    if len(ends) == 2 and ends[0] is not None and ends[1] is not None:
        first, last = DAYS.index(ends[0]), DAYS.index(ends[1])
        return [DAYS[(first + each) % 7] for each in range((last - first) % 7 + 1)]
    near = get_close_matches(part, [*_FULL, *_GROUPS], n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise InvalidRequest(
        f"{part!r} in days {text!r} is not a day of the week.",
        advice=f"{hint}{_ADVICE}",
        field="days",
    )
