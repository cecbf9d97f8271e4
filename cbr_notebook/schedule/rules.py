"""Recurrence rules of policies: made from days and times, and read back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.schedule.days import DAYS, parse_days, parse_times
from cbr_notebook.text.arguments import texts

_MONDAY = date(2024, 1, 1)
_MINUTE = timedelta(minutes=1)
_DAY = 24 * 60
_LEAST = 60
"""Minutes between two runs."""


def recurrence_rules(
    pattern: str | Sequence[str] | None,
    *,
    days: Any = None,
    every_days: int | None = None,
    times: Any = None,
    zone: tzinfo = UTC,
) -> list[str]:
    """Return recurrence rules in UTC, from themselves or from days and times.

    Args:
        pattern: rules in UTC; nothing else may be given then.
        days: as :func:`parse_days` reads them; every day if left out.
        every_days: instead of ``days``: every so many days.
        times: as :func:`parse_times` reads them.
        zone: of days and times: a fixed distance from UTC.

    Raises:
        InvalidRequest: both or neither are given, a day or time cannot be read, or two runs
            would be less than an hour apart. A pattern is checked when it
            is sent.
    """
    if pattern is not None:
        if days is not None or every_days is not None or times:
            raise InvalidRequest("Give either pattern, or days and times.", field="pattern")
        return texts(pattern, "pattern")
    if times is None or times in ("", [], ()):
        raise InvalidRequest(
            "The policy has no time.", advice='Give times="23:00" and days, or a pattern.',
            field="times",
        )  # fmt: skip
    at = parse_times(times)
    if every_days is not None:
        rules = _every(every_days, days, at, zone)
        reject_close_runs(every_days, at, zone)
        return rules
    meant = list(DAYS) if days is None else parse_days(days)
    reject_close_runs(meant, at, zone)
    return rules_in_utc(meant, at, zone)


def reject_close_runs(
    days: Sequence[str] | int, times: Sequence[tuple[int, int]], zone: tzinfo
) -> None:
    """Check that there is an hour between runs, also across midnight and from Sunday to Monday.

    Args:
        days: of the week, such as ``MO``, or every how many days.
        times: hours and minutes.
        zone: of days and times: a fixed distance from UTC.

    Raises:
        InvalidRequest: two runs would be less than an hour apart; says which.
    """
    # Days of the week move with their times; every so many days is counted in UTC.
    if isinstance(days, int):
        begins, around = [0], days * _DAY
        away = zone.utcoffset(datetime(_MONDAY.year, _MONDAY.month, _MONDAY.day)) or timedelta()
        moved = away // _MINUTE
    else:
        begins, around, moved = [DAYS.index(day) * _DAY for day in days], 7 * _DAY, 0
    runs = sorted(
        (begin + (hour * 60 + minute - moved) % _DAY, f"{hour:02}:{minute:02}")
        for begin in begins
        for hour, minute in times
    )
    following = [*runs[1:], *((at + around, name) for at, name in runs[:1])]
    for (at, one), (later, other) in zip(runs, following, strict=True):
        if later - at < _LEAST:
            raise InvalidRequest(
                f"A run at {one} and the next at {other} would be {later - at} minutes apart.",
                advice="The service wants at least an hour between the runs of a policy: "
                "move or leave out one of the times.",
                field="times",
            )


def rules_in_utc(days: Sequence[str], times: Sequence[tuple[int, int]], zone: tzinfo) -> list[str]:
    """Return the recurrence rules in UTC for days of the week and times of day elsewhere.

    Args:
        days: such as ``MO``.
        times: hours and minutes.
        zone: a fixed distance from UTC; the service knows no summer time.
    """
    rules = []
    for time in times:
        here, shift = _in_utc(time, zone)
        moved = {DAYS[(DAYS.index(day) + shift) % 7] for day in days}
        listed = ",".join(day for day in DAYS if day in moved)
        rules.append(f"FREQ=WEEKLY;BYDAY={listed};BYHOUR={here.hour};BYMINUTE={here.minute:02d}")
    return rules


def _every(every_days: int, days: Any, times: Sequence[tuple[int, int]], zone: tzinfo) -> list[str]:
    if (
        days is not None
        or isinstance(every_days, bool)
        or not isinstance(every_days, int)
        or not 1 <= every_days <= 30
    ):
        raise InvalidRequest(
            "every_days is 1 to 30, without days.",
            advice="Leave days out, or every_days.",
            field="every_days",
        )
    starts = [_in_utc(time, zone)[0] for time in times]
    return [
        f"FREQ=DAILY;INTERVAL={every_days};BYHOUR={at.hour};BYMINUTE={at.minute:02d}"
        for at in starts
    ]


def _in_utc(time: tuple[int, int], zone: tzinfo) -> tuple[datetime, int]:
    """Return a time of a Monday there in UTC, and by how many days the date moves."""
    there = datetime(_MONDAY.year, _MONDAY.month, _MONDAY.day, *time, tzinfo=zone)
    here = there.astimezone(UTC)
    return here, (here.date() - there.date()).days


@dataclass(frozen=True, slots=True)
class DaysAndTimes:
    """What recurrence rules say, as one would say it when creating a policy."""

    days: list[str] | None
    every_days: int | None
    times: list[str]


def days_and_times(rules: Sequence[str], zone: tzinfo) -> DaysAndTimes | None:
    """Return the days and times in a zone that recurrence rules in UTC mean.

    ``None`` if the rules do not share their days, so that they cannot be said so.
    """
    found: list[tuple[frozenset[str], int | None, str]] = []
    for rule in rules:
        parts = dict(part.partition("=")[::2] for part in rule.split(";"))
        every = int(parts.get("INTERVAL") or 1)
        if parts.get("FREQ") == "WEEKLY" and every > 1:
            return None
        days = [day for day in (parts.get("BYDAY") or "").split(",") if day] or list(DAYS)
        for hour in (parts.get("BYHOUR") or "").split(","):
            for minute in (parts.get("BYMINUTE") or "0").split(","):
                if not hour.isdigit() or not minute.isdigit() or not set(days) <= set(DAYS):
                    return None
                here = datetime.combine(_MONDAY, datetime.min.time(), UTC) + timedelta(
                    hours=int(hour), minutes=int(minute)
                )
                there = here.astimezone(zone)
                shift = (there.date() - here.date()).days
                moved = frozenset(DAYS[(DAYS.index(day) + shift) % 7] for day in days)
                interval = every if parts.get("FREQ") == "DAILY" and every > 1 else None
                found.append((moved, interval, f"{there:%H:%M}"))
    if not found or len({(days, every) for days, every, _ in found}) != 1:
        return None
    first_days, first_every, _ = found[0]
    return DaysAndTimes(
        None if first_every else [day for day in DAYS if day in first_days],
        first_every,
        sorted({time for _, _, time in found}),
    )
