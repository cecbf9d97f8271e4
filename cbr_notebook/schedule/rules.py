"""From days and times in words to recurrence rules."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cbr_notebook.errors import InvalidRequest

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_TIME = re.compile(r"^([01]?\d|2[0-3]):([0-5]\d)$")


def _listed(value: str | Sequence[str] | None) -> list[str]:
    if value is None:
        return []
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else list(value)


def recurrence_rules(
    pattern: str | Sequence[str] | None,
    *,
    days: str | Sequence[str] | None = None,
    every_days: int | None = None,
    times: str | Sequence[str] | None = None,
) -> list[str]:
    """Give recurrence rules, from themselves or from days and times in UTC.

    Raises:
        InvalidRequest: both or neither are given, or a day or time cannot be read.
    """
    if pattern is not None:
        if days or every_days or times:
            raise InvalidRequest("Give either pattern, or days and times.", field="pattern")
        return [pattern] if isinstance(pattern, str) else list(pattern)
    if not times:
        raise InvalidRequest(
            "The policy has no time.", advice='Give times="23:00" and days, or a pattern.',
            field="times",
        )  # fmt: skip
    start = _days_part(days, every_days)
    rules = []
    for time in _listed(times):
        found = _TIME.match(time)
        if found is None:
            raise InvalidRequest(
                f"{time!r} is not a time of day.", advice="Write it like 23:00.", field="times"
            )
        rules.append(f"{start};BYHOUR={int(found[1])};BYMINUTE={found[2]}")
    return rules


def _days_part(days: str | Sequence[str] | None, every_days: int | None) -> str:
    if every_days is not None:
        if days or not 1 <= every_days <= 30:
            raise InvalidRequest("every_days is 1 to 30, without days.", field="every_days")
        return f"FREQ=DAILY;INTERVAL={every_days}"
    named = [day.upper()[:2] for day in _listed(days)]
    if not named or named == ["DA"]:
        named = list(DAYS)
    unknown = [day for day in named if day not in DAYS]
    if unknown:
        raise InvalidRequest(
            f"{unknown[0]!r} is not a day of the week.",
            advice=f"Choose of {', '.join(DAYS)}, or daily.",
            field="days",
        )
    return f"FREQ=WEEKLY;BYDAY={','.join(named)}"
