"""Times as people say them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from numbers import Real
from typing import Any

from cbr_notebook.errors import InvalidRequest

TimeLike = str | datetime | date | timedelta
"""A datetime or date, a timestamp such as ``2020-08-17T06:00Z``, or how long ago: ``7d``,
``12h``, ``"7 days"``, a timedelta."""
DurationLike = str | timedelta
"""A length of time: ``24h``, ``7d``, ``"7 days"``, a timedelta."""

_LENGTH = re.compile(
    r"(\d+(?:\.\d+)?)\s*(s|sec|seconds?|m|min|mins|minutes?|h|hours?|d|days?|w|weeks?)(?:\s+ago)?",
    re.ASCII | re.IGNORECASE,
)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LONGEST_WAIT_S = 366 * 86_400
LONGEST = timedelta(days=36_500)
"""The longest length of time that can be meant: a century."""
_FULL_WIDTH = {0x3000: " ", **{0xFEE0 + each: chr(each) for each in range(0x21, 0x7F)}}


def half_width(text: str) -> str:
    """Return a text with the letters, digits and signs of East Asian keyboards as ASCII."""
    return text.translate(_FULL_WIDTH)


def parse_duration(value: DurationLike, field: str) -> timedelta:
    """Read a length of time such as ``24h``, ``7d``, ``"7 days"`` or a timedelta.

    Args:
        value: what was said.
        field: the argument's name, for the error.

    Raises:
        InvalidRequest: it is not a length of time, negative, or longer than a century.
    """
    found = _length(value)
    if found is None or found < timedelta():
        raise InvalidRequest(
            f"{field} {value!r} is not a length of time.",
            advice='Write a number and a unit: 30m, 12h, 7d, 2w, or "7 days".',
            field=field,
        )
    if found > LONGEST:
        raise _too_long(value, field)
    return found


def parse_time(value: TimeLike, now: datetime, field: str) -> datetime:
    """Read a moment; without a zone it is UTC.

    Args:
        value: what was said.
        now: from when ``7d`` and the like are counted back.
        field: the argument's name, for the error.

    Raises:
        InvalidRequest: it is not a moment, or more than a century ago by its length.
    """
    ago = None if isinstance(value, datetime) else _length(value)
    if ago is not None and ago >= timedelta():
        if ago > LONGEST:
            raise _too_long(value, field)
        return now - ago
    try:
        if isinstance(value, str):
            read = datetime.fromisoformat(half_width(value).strip())
        elif isinstance(value, datetime):
            read = value
        elif isinstance(value, date):
            read = datetime.combine(value, time())
        else:
            raise TypeError
        read = read if read.tzinfo else read.replace(tzinfo=UTC)
        if read != read:  # as what is missing in a table
            raise ValueError
        to_api_time(read)
    # A moment of the year 1 or 9999 may be none in UTC.
    except (ValueError, OverflowError, AttributeError, TypeError):
        raise InvalidRequest(
            f"{field} {value!r} is not a time.",
            advice="Write 2020-08-17, 2020-08-17T06:00Z, or how long ago: 30m, 12h, 7d, 2w.",
            field=field,
        ) from None
    return read


def check_seconds(
    value: Any, field: str, *, least: float = 0.0, without: str = "Leave it out."
) -> None:
    """Check a number of seconds.

    Args:
        value: what was said.
        field: the argument's name, for the error.
        least: the smallest that can be meant.
        without: what to do instead of giving it, for the error.

    Raises:
        InvalidRequest: it is no number, or one that nobody can wait for.
    """
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not is_number or not least <= value <= _LONGEST_WAIT_S:
        raise InvalidRequest(
            f"{field} must be a number of seconds from {least:g} to {_LONGEST_WAIT_S}, not "
            f"{value!r}.",
            advice=f"Write {field}=60 for a minute. {without}",
            field=field,
        )


def to_api_time(value: datetime) -> str:
    """Return a moment as the service's filters want it."""
    return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def api_text(moment: datetime | None) -> str | None:
    """Return a moment as the service writes its times, to the microsecond."""
    return None if moment is None else moment.replace(tzinfo=None).isoformat()


def parse_api_time(text: object) -> datetime | None:
    """Read a time of the service, which is UTC; ``None`` if it is none."""
    if not isinstance(text, str):
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def format_time(text: str | None) -> str:
    """Return a time of the service for people: ``2020-08-17 03:00 UTC``."""
    read = parse_api_time(text)
    return f"{read.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if read else text or "an unknown time"


def hours_since(now: datetime, then: datetime | None) -> int | None:
    """Return the whole hours since a moment."""
    return None if then is None else int((now - then) / timedelta(hours=1))


def _length(value: object) -> timedelta | None:
    """Return a length of time, however long; ``None`` if it is none."""
    if isinstance(value, timedelta):
        return value if value == value else None
    found = _LENGTH.fullmatch(half_width(value).strip()) if isinstance(value, str) else None
    if found is None:
        return None
    try:
        return timedelta(**{_UNITS[found[2][0].lower()]: float(found[1])})
    except OverflowError:
        return timedelta.max


def _too_long(value: object, field: str) -> InvalidRequest:
    return InvalidRequest(
        f"{field} {value!r} is longer than a century.",
        advice=f"At most {LONGEST.days}d are allowed.",
        field=field,
    )
