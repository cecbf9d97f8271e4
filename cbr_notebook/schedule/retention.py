"""Which backups retention deletes, when and by which rule: the service's rules, computed here.

Only automatic backups go. A rule by days gives each backup its expiry when it is made, and a later
change does not move it; a rule by number looks at all automatic backups of a resource after each
new one; the newest of the last days, weeks, months and years, and those that advanced rules hold,
are kept besides. The service cleans up at the next full hour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from dateutil.relativedelta import relativedelta

from cbr_notebook.schedule.zones import zone

_HOUR = timedelta(hours=1)
_PERIODS: Mapping[str, Callable[[datetime], object]] = {
    "day_backups": lambda at: at.date(),
    "week_backups": lambda at: at.isocalendar()[:2],
    "month_backups": lambda at: (at.year, at.month),
    "year_backups": lambda at: at.year,
}
_UNITS = {
    "weekly_retention_rules": "weeks",
    "monthly_retention_rules": "months",
    "yearly_retention_rules": "years",
}
_WEEKDAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
_MONTHS = (
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
)  # fmt: skip
_WEEKS = ("first", "secon", "third", "fourt", "last")
_FAILED_KEPT = 10
_FAILED_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Backup:
    """What retention has to know of a backup."""

    id: str
    at: datetime
    expires: datetime | None = None
    automatic: bool = True
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Removal:
    """A backup that goes: when the service takes it away, and by which rule."""

    backup: Backup
    at: datetime
    rule: str


@dataclass(frozen=True, slots=True)
class Retention:
    """What a policy's definition says about how long automatic backups are kept."""

    most: int | None = None
    days: int | None = None
    periods: Mapping[str, int] | None = None
    advanced: Mapping[str, Any] | None = None
    zone: tzinfo = UTC

    @classmethod
    def of(cls, definition: Mapping[str, Any]) -> Retention:
        """Read it from the members of the service's ``operation_definition``."""
        most, days = definition.get("max_backups"), definition.get("retention_duration_days")
        return cls(
            most if most is not None and most >= 1 else None,
            days if days is not None and days >= 1 else None,
            {name: n for name in _PERIODS if (n := definition.get(name) or 0) > 0},
            definition.get("advanced_retention_rules") or None,
            zone(definition.get("timezone") or "UTC"),
        )

    @property
    def for_ever(self) -> bool:
        """Whether nothing is ever deleted."""
        return self.most is None and self.days is None

    @property
    def only_by_date(self) -> bool:
        """Whether a backup's own expiry says all."""
        return self.most is None and not self.advanced and not self.periods

    def expiry(self, made: datetime) -> datetime | None:
        """Return when a backup that is made now will expire, as far as it is known then."""
        chosen = self._advanced_end(made)
        if self.days is not None:
            by_days = made + timedelta(days=self.days)
            return max(by_days, chosen) if chosen else by_days
        return chosen if self.most is not None else None

    def kept_besides(self, backups: Iterable[Backup], now: datetime) -> set[str]:
        """Return the IDs of a resource's backups that are kept whatever number and days say."""
        newest = sorted(backups, key=lambda each: (each.at, each.id), reverse=True)
        kept = {each.id for each in newest if (end := self._advanced_end(each.at)) and end > now}
        for name, wanted in (self.periods or {}).items():
            seen: set[object] = set()
            for each in newest:
                if len(seen) == wanted:
                    break
                period = _PERIODS[name](each.at.astimezone(self.zone))
                if period not in seen:
                    seen.add(period)
                    kept.add(each.id)
        return kept

    def surplus(self, backups: Iterable[Backup], now: datetime) -> list[Backup]:
        """Return the usable automatic backups of a resource that are beyond the number kept."""
        if self.most is None:
            return []
        counted = sorted(
            (each for each in backups if each.automatic and not each.failed),
            key=lambda each: (each.at, each.id),
            reverse=True,
        )
        besides = self.kept_besides(counted, now)
        return [each for each in counted if each.id not in besides][self.most :]

    def _advanced_end(self, made: datetime) -> datetime | None:
        """Return the latest moment until which an advanced rule holds a backup."""
        at = made.astimezone(self.zone)
        ends = [
            (at + relativedelta(**{unit: int(periods)})).astimezone(UTC)  # type: ignore[arg-type]
            for name, unit in _UNITS.items()
            if (rule := (self.advanced or {}).get(name))
            and (periods := rule.get("retention_duration_periods", -1)) >= 1
            and _chooses(rule, at)
        ]
        return max(ends, default=None)


def removals(
    backups: Sequence[Backup],
    retention: Retention | None,
    runs: Sequence[datetime],
    now: datetime,
    until: datetime,
    *,
    locked: bool = False,
    changed: bool = False,
) -> tuple[list[Removal], list[Backup]]:
    """Return what retention deletes of a resource's backups, and what there is at the end.

    Each run is taken to make a good backup.

    Args:
        backups: of one resource in one vault, as they are now.
        retention: of the policy of the vault; ``None`` without one.
        runs: the policy's runs from now on, in order; none if it is off.
        now: the present moment.
        until: how far to look.
        locked: whether the vault is locked: then backups go only when they expire.
        changed: whether the policy says this only from now on: then a number counts from the next
            backup on, not from one of this hour.

    Returns:
        What goes until then, and what there is then.
    """
    there = {each.id: each for each in backups}
    gone: list[Removal] = []
    made = [Backup(f"run {number}", at) for number, at in enumerate(runs)]
    if retention is not None:
        made = [replace(each, expires=retention.expiry(each.at)) for each in made]
    newest = max((each.at for each in backups if each.automatic), default=None)
    just_made = newest is not None and next_hour(newest) > now
    looks = {next_hour(each.expires) for each in [*backups, *made] if each.expires is not None}
    looks |= {next_hour(each.at) for each in made}
    looks |= {next_hour(each.at + _FAILED_FOR) for each in backups if each.failed}
    looks = {max(each, next_hour(now)) for each in looks} | ({next_hour(now)} if backups else set())
    coming = iter(made)
    following = next(coming, None)
    counted = just_made and not changed
    for look in sorted(each for each in looks if each <= until):
        while following is not None and next_hour(following.at) <= look:
            there[following.id] = following
            counted = True
            following = next(coming, None)
        for backup, rule in _clean_up(there, retention, look, locked=locked, counted=counted):
            del there[backup.id]
            gone.append(Removal(backup, look, rule))
    while following is not None and following.at <= until:
        there[following.id] = following
        following = next(coming, None)
    return gone, list(there.values())


def _clean_up(
    there: Mapping[str, Backup],
    retention: Retention | None,
    now: datetime,
    *,
    locked: bool,
    counted: bool,
) -> list[tuple[Backup, str]]:
    """Return what goes at a full hour, with the rule by which it does."""
    usable = [each for each in there.values() if each.automatic and not each.failed]
    going = {
        each.id: "its expiry date"
        for each in there.values()
        if each.expires is not None and each.expires <= now
    }
    if retention is not None and not retention.only_by_date:
        for kept in retention.kept_besides(usable, now):
            going.pop(kept, None)
        if counted and not locked:
            for each in retention.surplus(usable, now):
                going.setdefault(each.id, f"max_backups: {retention.most}")
    failed = sorted(
        (each for each in there.values() if each.failed and each.automatic),
        key=lambda each: (each.at, each.id),
        reverse=True,
    )
    for place, each in enumerate(failed):
        if place >= _FAILED_KEPT or each.at + _FAILED_FOR <= now:
            going.setdefault(each.id, "failed backups: ten, for a month")
    return [(there[each], rule) for each, rule in sorted(going.items())]


def next_hour(moment: datetime) -> datetime:
    """Return the next full hour after a moment."""
    return moment.replace(minute=0, second=0, microsecond=0) + _HOUR


def _place(word: str, words: Sequence[str]) -> int | None:
    short = str(word).lower()
    return next((n for n, each in enumerate(words) if short.startswith(each)), None)


def _chooses(rule: Mapping[str, Any], at: datetime) -> bool:
    """Return whether an advanced rule chooses the day of a backup."""
    months = rule.get("retention_months")
    if months and at.month - 1 not in {_place(each, _MONTHS) for each in months}:
        return False
    days = rule.get("days_of_week")
    if days and at.weekday() not in {_place(each, _WEEKDAYS) for each in days}:
        return False
    weeks = rule.get("retention_weeks")
    if weeks:
        mine = {(at.day - 1) // 7}
        if (at + timedelta(days=7)).month != at.month:
            mine.add(4)  # the last one of the month
        if mine.isdisjoint({_place(each, _WEEKS) for each in weeks}):
            return False
    month_days = rule.get("days_of_month")
    if month_days:
        last = (at + timedelta(days=1)).month != at.month
        return at.day in month_days or (last and -1 in month_days)
    return True
