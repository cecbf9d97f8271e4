"""Fewer states the further back: each day, then the last of a week, then the last of a month."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.histories import manifest
from cbr_notebook.histories.files import DATA
from cbr_notebook.histories.manifest import Entry
from cbr_notebook.histories.store import Store
from cbr_notebook.text.timeparse import parse_time

DAILY, WEEKLY, MONTHLY = 31, 13, 36
_GRACE = timedelta(days=2)
"""How old a file must be that nothing names: a sync may be about to name a younger one."""


def prune(
    path: str | Path,
    *,
    daily: int = DAILY,
    weekly: int = WEEKLY,
    monthly: int = MONTHLY,
    latest: str | date | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Remove states of a lake: every day stays for a while, then one a week, then one a month.

    The newest state of each table always stays. Files go with the prune after the one that
    removes their states, so that nobody who is reading or syncing loses one.

    Args:
        path: of the lake.
        daily: days of which each state stays.
        weekly: weeks of which the last state stays.
        monthly: months of which the last state stays.
        latest: the last day that can be: states of later ones, which a wrong clock left, go.
        storage_options: what the address's file system takes.

    Returns:
        One row: ``states_kept``, ``states_removed``, ``files_removed`` (int64).

    Raises:
        InvalidRequest: a number is less than 1, a day is none, or the lake cannot be opened.
    """
    for name, number in (("daily", daily), ("weekly", weekly), ("monthly", monthly)):
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise InvalidRequest(f"{name} must be a whole number from 1 on.", field=name)
    last = "9999"
    if latest is not None:
        last = f"{parse_time(latest, datetime.now(UTC), 'latest'):%Y-%m-%d}"
    store = Store(path, storage_options)
    known = manifest.read(store)
    before = list(known)
    removed = _remove_orphans(store, before)
    kept = _kept([each for each in before if each.day <= last], daily, weekly, monthly)
    if len(kept) < len(before):
        manifest.rewrite(store, kept)
    return pd.DataFrame(
        {
            "states_kept": [len(kept)],
            "states_removed": [len(before) - len(kept)],
            "files_removed": [removed],
        }
    )


def _kept(entries: Iterable[Entry], daily: int, weekly: int, monthly: int) -> list[Entry]:
    groups: dict[tuple[str, ...], list[Entry]] = {}
    for each in entries:
        groups.setdefault((each.table, *each.place), []).append(each)
    return [each for group in groups.values() for each in _of_one(group, daily, weekly, monthly)]


def _of_one(group: list[Entry], daily: int, weekly: int, monthly: int) -> list[Entry]:
    group = sorted(group, key=lambda each: each.day, reverse=True)
    newest = date.fromisoformat(group[0].day)
    weeks: set[tuple[int, int]] = set()
    months: set[tuple[int, int]] = set()
    kept = []
    for each in group:
        day = date.fromisoformat(each.day)
        age = (newest - day).days
        week, month = day.isocalendar()[:2], (day.year, day.month)
        of_week = age < 7 * weekly and week not in weeks
        of_month = age < 31 * monthly and month not in months
        if age < daily or of_week or of_month:
            kept.append(each)
        weeks.add(week)
        months.add(month)
    return kept


def _remove_orphans(store: Store, entries: list[Entry]) -> int:
    """Delete files that nothing names, as the lake stood before; return how many."""
    if not entries:
        return 0
    named = {each.file for each in entries}
    youngest = date.fromisoformat(max(each.day for each in entries)) - _GRACE
    removed = 0
    for name in store.names(DATA):
        day = name.split("/")[2] if name.count("/") > 2 else "9999"
        if name not in named and day < f"{youngest:%Y-%m-%d}":
            store.delete(name)
            removed += 1
    return removed
