"""Time zones as people name them, and the fixed distances from UTC that the service knows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.text.timeparse import half_width

_DISTANCE = re.compile(r"UTC([+-])(0\d|1[0-4]):([0-5]\d)", re.ASCII)
_CONTINENTS = (
    "Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian",
    "Pacific",
)  # fmt: skip
_YEAR = timedelta(days=366)
_DAY = timedelta(days=1)


def zone(name: str) -> tzinfo:
    """Return a time zone by the name of a place or by its distance from UTC.

    Args:
        name: such as ``Europe/Paris``, ``UTC`` or ``UTC+02:00``.

    Raises:
        InvalidRequest: there is no such time zone.
    """
    if not isinstance(name, str):
        raise InvalidRequest(
            f"{name!r} is not the name of a time zone.",
            advice="Write it like Europe/Paris, UTC or UTC+02:00.",
            field="timezone",
        )
    name = half_width(name)
    if name == "UTC":
        return UTC
    if found := _DISTANCE.fullmatch(name):
        sign, hours, minutes = found.groups()
        away = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(away if sign == "+" else -away)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidRequest(
            f"There is no time zone {name!r}.",
            advice="Write it like Europe/Paris, UTC or UTC+02:00.",
            field="timezone",
        ) from None


def distances() -> list[str]:
    """Return UTC and the whole hours from it, as the service writes them."""
    return ["UTC", *(written(timezone(timedelta(hours=h))) for h in range(-12, 15) if h)]


@cache
def places() -> Sequence[str]:
    """Return the names of places that have a time zone of their own, in order."""
    listed = files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    return tuple(sorted(each for each in listed if each.partition("/")[0] in _CONTINENTS))


def at(there: tzinfo, now: datetime) -> timezone:
    """Return the distance that a time zone has from UTC at a moment."""
    return timezone(now.astimezone(there).utcoffset() or timedelta())


def written(away: timezone) -> str:
    """Return a distance as the service does: ``UTC+02:00``."""
    minutes = int(away.utcoffset(None).total_seconds()) // 60
    hours, minutes = divmod(abs(minutes), 60)
    sign = "-" if away.utcoffset(None) < timedelta() else "+"
    return f"UTC{sign}{hours:02d}:{minutes:02d}"


def next_change(there: tzinfo, now: datetime) -> datetime | None:
    """Return the first day, within a year, that has another distance from UTC at noon.

    ``None`` if a time zone keeps its distance, such as one without summer time.
    """
    today = at(there, now)
    for days in range(1, _YEAR // _DAY + 1):
        noon = (now + days * _DAY).replace(hour=12)
        if at(there, noon) != today:
            return noon
    return None
