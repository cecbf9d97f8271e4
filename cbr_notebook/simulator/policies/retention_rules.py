"""How long a policy keeps a backup: what its definition says, without looking at the cloud."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from dateutil.relativedelta import relativedelta

from cbr_notebook.simulator.core import clock

_DAY = 24 * 3600 * clock.MICROSECONDS
DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
MONTHS = (
    "JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE", "JULY", "AUGUST", "SEPTEMBER",
    "OCTOBER", "NOVEMBER", "DECEMBER",
)  # fmt: skip
WEEKS = ("FIRST", "SECOND", "THIRD", "FOURTH", "LAST")

LONG_TERM = ("day_backups", "week_backups", "month_backups", "year_backups")
_PERIODS: dict[str, Callable[[datetime], object]] = {
    "day_backups": lambda at: at.date(),
    "week_backups": lambda at: at.isocalendar()[:2],
    "month_backups": lambda at: (at.year, at.month),
    "year_backups": lambda at: at.year,
}
_ADVANCED = {
    "weekly_retention_rules": "weeks",
    "monthly_retention_rules": "months",
    "yearly_retention_rules": "years",
}


def short(word: str, words: tuple[str, ...], letters: int) -> int | None:
    """Return the place of a day, week or month that is written in full or by its first letters."""
    for place, known in enumerate(words):
        if word.upper() in (known, known[:letters]):
            return place
    return None


def zone(definition: dict[str, Any]) -> timezone:
    """Return the time zone of a policy's periods, written such as ``UTC+08:00``."""
    text = definition.get("timezone")
    if not text:
        return UTC
    hours, minutes = text[4:].split(":")
    shift = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-shift if text[3] == "-" else shift)


def most(definition: dict[str, Any]) -> int | None:
    """Return the number of backups of a resource that a policy keeps, if it counts them."""
    count = definition.get("max_backups")
    return count if count is not None and count >= 1 else None


def sets_only_a_moment(definition: dict[str, Any]) -> bool:
    """Say whether a backup's own expiry says all about how long it is kept."""
    if most(definition) is not None or definition.get("advanced_retention_rules"):
        return False
    return not any(definition.get(name) for name in LONG_TERM)


def expiry(definition: dict[str, Any], created_at: int) -> int | None:
    """Return the moment at which a backup of a policy expires, as it is known when it is made.

    Advanced rules hold a backup of a chosen day longer than the days that hold for all; beside
    a count, they alone give it a moment.

    Args:
        definition: of the policy.
        created_at: when the backup is made; microseconds since 1970, like the answer.
    """
    chosen = _advanced_end(definition, created_at)
    days = definition.get("retention_duration_days")
    if days is not None and days >= 1:
        return max(created_at + int(days) * _DAY, chosen or 0)
    return chosen if most(definition) is not None else None


def kept_longer(definition: dict[str, Any], made: Iterable[tuple[str, int]], now: int) -> set[str]:
    """Return the backups of one resource that a policy keeps beside its count or days.

    The rules by day, week, month and year keep the newest backup of each of the last so many
    periods that have one, in the policy's time zone; advanced rules, the backups of chosen
    days for so many weeks, months or years.

    Args:
        definition: of the policy.
        made: ID and time of each backup.
        now: the present moment; times are in microseconds since 1970.
    """
    local_zone = zone(definition)
    backups = list(made)
    kept = {each for each, at in backups if (_advanced_end(definition, at) or 0) > now}
    local = sorted(
        ((clock.to_datetime(at).astimezone(local_zone), each) for each, at in backups),
        reverse=True,
    )
    for name, period in _PERIODS.items():
        wanted = definition.get(name) or 0
        seen: set[object] = set()
        for at, each in local:
            if len(seen) == wanted:
                break
            if period(at) not in seen:
                seen.add(period(at))
                kept.add(each)
    return kept


def _advanced_end(definition: dict[str, Any], created_at: int) -> int | None:
    """Return the latest moment until which an advanced rule keeps a backup, if one does."""
    rules = definition.get("advanced_retention_rules")
    if not rules:
        return None
    at = clock.to_datetime(created_at).astimezone(zone(definition))
    ends = [
        clock.from_datetime(at + relativedelta(**{unit: periods}))
        for name, unit in _ADVANCED.items()
        if (rule := rules.get(name))
        and (periods := rule.get("retention_duration_periods", -1)) >= 1
        and _chooses(rule, at)
    ]
    return max(ends, default=None)


def _chooses(rule: dict[str, Any], at: datetime) -> bool:
    """Say whether a rule chooses the day of a backup."""
    months = rule.get("retention_months")
    if months and at.month - 1 not in {short(each, MONTHS, 3) for each in months}:
        return False
    days = rule.get("days_of_week")
    if days and at.weekday() not in {short(each, DAYS, 2) for each in days}:
        return False
    weeks = rule.get("retention_weeks")
    if weeks:
        mine = {(at.day - 1) // 7}
        if (at + timedelta(days=7)).month != at.month:
            mine.add(WEEKS.index("LAST"))
        if mine.isdisjoint({short(each, WEEKS, 5) for each in weeks}):
            return False
    month_days = rule.get("days_of_month")
    if month_days:
        last = (at + timedelta(days=1)).month != at.month
        return at.day in month_days or (last and -1 in month_days)
    return True
