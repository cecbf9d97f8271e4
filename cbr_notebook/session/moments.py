"""Times as people say them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from cbr_notebook.errors import InvalidRequest

Moment = str | datetime
"""A datetime, a timestamp such as ``2020-08-17T06:00Z``, or how long ago: ``7d``, ``12h``."""

_AGO = re.compile(r"^(\d+)([mhdw])$")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(value: Moment, now: datetime, field: str) -> datetime:
    """Read a moment; without a zone it is UTC.

    Args:
        value: what was said.
        now: from when ``7d`` and the like are counted back.
        field: the argument's name, for the error.

    Raises:
        InvalidRequest: it is not a moment.
    """
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if ago := _AGO.match(value.strip()):
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        read = datetime.fromisoformat(value.strip())
    except ValueError:
        raise InvalidRequest(
            f"{field} {value!r} is not a time.",
            advice="Write 2020-08-17, 2020-08-17T06:00Z, or how long ago: 30m, 12h, 7d, 2w.",
            field=field,
        ) from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def wire(value: datetime) -> str:
    """Write a moment as the service's filters want it."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
