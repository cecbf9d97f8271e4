"""What a policy would do, before there is one: its next runs, and what is kept after a year."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from cbr_notebook.schedule.days import parse_times
from cbr_notebook.schedule.rules import rules_in_utc
from cbr_notebook.schedule.runs import of_rules

_AHEAD = timedelta(days=400)
_PERIODS: Mapping[str, Callable[[datetime], object]] = {
    "day_backups": lambda at: at.date(),
    "week_backups": lambda at: at.isocalendar()[:2],
    "month_backups": lambda at: (at.year, at.month),
    "year_backups": lambda at: at.year,
}


@dataclass(frozen=True, slots=True)
class Preview:
    """What a policy would do from now on."""

    begin: datetime
    end: datetime
    """A year after the beginning."""
    runs: tuple[datetime, ...]
    """The next ten runs, in UTC."""
    made: int
    """Backups of a resource made in that year."""
    kept_by: Mapping[str, tuple[datetime, ...]]
    """The moments of those that there would still be at its end, oldest first, by what keeps
    them: the names of the rules, or ``all``. One may be kept by several of them."""

    @property
    def kept(self) -> tuple[datetime, ...]:
        """The moments of all that there would still be, oldest first."""
        return tuple(sorted({at for each in self.kept_by.values() for at in each}))


def preview(
    rules: Sequence[str], keep: Mapping[str, int], zone: timezone, now: datetime
) -> Preview:
    """Return what a policy would do from a moment on.

    Args:
        rules: recurrence rules in UTC.
        keep: ``max_backups`` or ``retention_days``, and ``day_backups`` to ``year_backups``;
            empty: for ever.
        zone: of the days, weeks, months and years.
        now: the present moment.
    """
    end = now + timedelta(days=365)
    made = of_rules(rules, now, now + _AHEAD)
    year = [at for at in made if at <= end]
    kept_by: dict[str, list[datetime]] = {} if keep else {"all": year}
    for name, period in _PERIODS.items():
        if keep.get(name):
            newest = {period(at.astimezone(zone)): at for at in year}
            kept_by[name] = sorted(newest.values())[-keep[name] :]
    if days := keep.get("retention_days"):
        kept_by["retention_days"] = [at for at in year if at > end - timedelta(days=days)]
    if count := keep.get("max_backups"):
        # What the periods keep is kept besides, and does not count.
        besides = {at for each in kept_by.values() for at in each}
        kept_by["max_backups"] = [at for at in year if at not in besides][-count:]
    return Preview(
        begin=now,
        end=end,
        runs=tuple(made[:10]),
        made=len(year),
        kept_by={name: tuple(moments) for name, moments in kept_by.items()},
    )


def in_utc(days: Sequence[str], times: Sequence[str], zone: timezone) -> list[str]:
    """Return the recurrence rules in UTC for days of the week and times of day elsewhere.

    Args:
        days: such as ``MO``.
        times: such as ``23:30``.
        zone: a fixed distance from UTC; the service knows no summer time.
    """
    return [rule for time in times for rule in rules_in_utc(days, parse_times(time), zone)]
