"""Backups and tasks: what is new since the last sync, what became of the others, what is gone.

Of backups the service is asked for those that were changed last, and tells how many there are in
all. Where its number is not ours, the part is looked for by halving and read again.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pandas as pd

from cbr_notebook.api.client import Client
from cbr_notebook.api.messages.statuses import BACKUP_AT_REST, BACKUP_STATUSES, ENDED
from cbr_notebook.frames import BACKUPS
from cbr_notebook.text.timeparse import to_api_time

_OVERLAP = timedelta(hours=1)
_LONGEST_UNDER_WAY = timedelta(days=7)
_AT_REST = {"backups": BACKUP_AT_REST, "tasks": ENDED}
_MOVING = tuple(each for each in BACKUP_STATUSES if each not in _AT_REST["backups"])
_MOST_LOOKED_AT = 10
"""Backups that were under way and are not any more, and are read one by one; of more, all are."""
_CHUNK = 1000
"""Rows that one request gives."""
_MOST_TRIED = 3
"""Parts that are read again where backups have gone most likely, before they are looked for."""
_LAST_CHANGED = "updated_at:desc"


class Source(Protocol):
    """What is needed of a session."""

    @property
    def client(self) -> Client:
        """The service, operation by operation."""

    @property
    def identity(self) -> Any:
        """Who the session is and where."""

    @property
    def simulated(self) -> bool:
        """Whether it talks to a simulated cloud in this process."""

    @property
    def now(self) -> datetime:
        """The present moment in UTC."""

    def reading(self) -> AbstractContextManager[Any]:
        """Return a session that reads nothing twice."""

    def backups(self, **filters: Any) -> pd.DataFrame:
        """Return one row a backup."""

    def tasks(self, **filters: Any) -> pd.DataFrame:
        """Return one row a task."""


@dataclass(frozen=True, slots=True)
class Before:
    """What is known of a table.

    Attributes:
        rows: its newest state.
        synced_at: when it was read.
        whole_at: when all of it was read.
    """

    rows: pd.DataFrame
    synced_at: datetime
    whole_at: datetime


def read_growing(
    source: Source, table: str, before: Mapping[str, Before], whole: timedelta
) -> tuple[pd.DataFrame, bool]:
    """Return backups or tasks as they stand, and whether all of them were read now.

    Args:
        source: the session.
        table: ``backups`` or ``tasks``.
        before: what is known of it.
        whole: how old the last reading of all may be.
    """
    known = before.get(table)
    # A state that is later than now is of a clock that was wrong: nothing is told by its age.
    ahead = known is not None and known.synced_at - source.now > _OVERLAP
    if known is None or ahead or source.now - known.whole_at >= whole:
        rows = source.backups() if table == "backups" else source.tasks()
        # The service forgets tasks after a month; the lake does not.
        return (_older_and(known.rows, rows) if known and table == "tasks" else rows), True
    return (_backups if table == "backups" else _tasks)(source, known), False


def _tasks(source: Source, known: Before) -> pd.DataFrame:
    """Return all tasks that are known, with those that are new or were under way, as they are."""
    since = known.synced_at - _OVERLAP
    created = known.rows["created_at"].dropna()
    moving = known.rows.loc[~known.rows["status"].isin(_AT_REST["tasks"]), "created_at"].dropna()
    recent = moving[moving >= pd.Timestamp(since - _LONGEST_UNDER_WAY)]
    if len(recent):
        since = min(since, recent.min().to_pydatetime())
    if len(created):
        # With the newest that is known, by the service's clock, which may be behind ours; and an
        # empty answer would cost a second request.
        since = min(since, created.max().to_pydatetime())
    since = since.astimezone(UTC).replace(microsecond=0)
    fresh = source.tasks(since=since)
    old = known.rows[known.rows["created_at"] < pd.Timestamp(since)]
    rows = _stacked(old[~old["id"].isin(fresh["id"])], fresh)
    rows.attrs = dict(fresh.attrs)
    return rows


def _older_and(old: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    if rows.empty:
        return old
    kept = old[(old["created_at"] < rows["created_at"].min()) & ~old["id"].isin(rows["id"])]
    found = _stacked(kept, rows)
    found.attrs = dict(rows.attrs)
    return found


def _backups(source: Source, known: Before) -> pd.DataFrame:
    since = (known.synced_at - _OVERLAP).astimezone(UTC).replace(microsecond=0)
    found = _by_last_change(source, known.rows, since)
    if found is None:
        fresh = source.backups(since=since)
        old = known.rows[known.rows["created_at"] < pd.Timestamp(since)]
        rows = _stacked(old[~old["id"].isin(fresh["id"])], fresh)
        rows, count = _with_moving(source, rows, since), None
    else:
        rows, count = found
    rows = _without_deleted(source, rows, count)
    rows.attrs = {
        "resource": BACKUPS.name, "region": source.identity.region,
        "project_id": source.identity.project_id, "filters": {},
        "asked_at": source.now.isoformat(timespec="seconds"), "rows": len(rows), "requests": 1,
    }  # fmt: skip
    return rows


def _by_last_change(
    source: Source, rows: pd.DataFrame, since: datetime
) -> tuple[pd.DataFrame, int] | None:
    """Return backups with those that were changed since a moment, and how many there are in all.

    One request. ``None`` where it does not tell enough: more were changed than a page holds, the
    service does not say when something was changed, or how many there are.
    """
    page = source.client.backups.list(limit=_CHUNK, sort=_LAST_CHANGED)
    last = BACKUPS.frame(page.backups)
    changed = last["updated_at"]
    if page.count is None or changed.isna().any() or rows["updated_at"].isna().any():
        return None
    if not changed.is_monotonic_decreasing:  # the service does not sort by it
        return None
    # What is other than it was counts, too: the service's clock may be behind ours.
    was = dict(zip(rows["id"], rows["updated_at"], strict=True))
    other = [was.get(each) != at for each, at in zip(last["id"], changed, strict=True)]
    is_fresh = (changed >= pd.Timestamp(since)) | pd.Series(other, last.index, bool)
    if len(last) < page.count and is_fresh.all():
        return None
    fresh = last[is_fresh]
    found = _stacked(rows[~rows["id"].isin(fresh["id"])], fresh)
    if not found["status"].isin(_AT_REST["backups"]).all():
        found = _with_moving(source, found, since)
    return found, page.count


def _with_moving(source: Source, rows: pd.DataFrame, fresh: datetime) -> pd.DataFrame:
    """Return backups with those that are under way now, and those that were, as they are."""
    moving = source.backups(status=list(_MOVING))
    old = rows["created_at"] < pd.Timestamp(fresh)
    were = rows[old & ~rows["status"].isin(_AT_REST["backups"]) & ~rows["id"].isin(moving["id"])]
    if len(were) > _MOST_LOOKED_AT or were["created_at"].isna().any():
        return source.backups()
    for created in were["created_at"]:
        second = created.floor("s")
        part = source.backups(since=second, until=second + timedelta(seconds=1))
        rows = _stacked(rows[~rows["id"].isin(part["id"])], part)
    return _stacked(rows[~rows["id"].isin(moving["id"])], moving)


def _stacked(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Put rows below each other; texts and categories are the new table's."""
    if old.empty:
        return new.reset_index(drop=True)
    old = old.reindex(columns=new.columns)
    for name in new.columns:
        if isinstance(new[name].dtype, pd.CategoricalDtype):
            both = new[name].cat.categories.union(old[name].cat.categories, sort=False)
            old[name] = old[name].cat.set_categories(both)
            new = new.assign(**{name: new[name].cat.set_categories(both)})
    parts = [each for each in (new, old) if len(each)]
    return pd.concat(parts, ignore_index=True) if parts else new


def _without_deleted(source: Source, rows: pd.DataFrame, count: int | None) -> pd.DataFrame:
    """Return backups without those that the service has no more.

    The service tells how many there are; where we have more, parts of the time are read again:
    first those where backups have expired or the oldest are, then what halving finds.

    Args:
        source: the session.
        rows: the backups.
        count: how many there are, if the service has told it.
    """
    if rows["created_at"].isna().any():
        return source.backups()
    if count is None:
        count = source.client.backups.list(limit=1).count
    if count is None or len(rows) == count:
        return rows
    starts = _starts(rows)
    for at in _likely(rows, starts, source.now):
        if len(rows) > count:
            rows = _read_anew(source, rows, starts, at)
    return rows if len(rows) == count else _halved(source, rows, count)


def _starts(rows: pd.DataFrame) -> list[datetime]:
    """Return the moments at which parts begin, each of about as many backups as a page has."""
    created = rows["created_at"].sort_values(ignore_index=True)
    starts = [created.iloc[at].floor("s").to_pydatetime() for at in range(0, len(created), _CHUNK)]
    return list(dict.fromkeys(starts))


def _likely(rows: pd.DataFrame, starts: list[datetime], now: datetime) -> list[int]:
    """Return the parts from which backups have gone most likely, a few at most."""
    expired = rows.loc[rows["expired_at"] <= pd.Timestamp(now), "created_at"]
    found = Counter(bisect_right(starts, each) - 1 for each in expired).most_common(_MOST_TRIED)
    return [part for part, _ in found] or [0]


def _halved(source: Source, rows: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return backups as they are, the parts read again in which their number is not ours."""
    created, starts = rows["created_at"], _starts(rows)
    surplus: dict[int, int | None] = {0: len(rows) - count, len(starts): 0}

    def more(at: int) -> int | None:
        """Return how many more we have from a start on; ``None`` if the service does not tell."""
        if at not in surplus:
            told = source.client.backups.list(limit=1, start_time=to_api_time(starts[at])).count
            ours = int((created >= pd.Timestamp(starts[at])).sum())
            surplus[at] = None if told is None else ours - told
        return surplus[at]

    def differing(low: int, high: int) -> Iterator[int]:
        if more(low) == more(high):
            return
        if high - low == 1:
            yield low
            return
        middle = (low + high) // 2
        yield from differing(low, middle)
        yield from differing(middle, high)

    parts = list(differing(0, len(starts))) if starts else []
    if not starts or len(parts) > len(starts) // 2 + 1:
        return source.backups()
    for at in parts:
        rows = _read_anew(source, rows, starts, at)
    return rows


def _read_anew(source: Source, rows: pd.DataFrame, starts: list[datetime], at: int) -> pd.DataFrame:
    """Return backups with one part of them as the service has it now."""
    begin = starts[at] if at else None
    end = starts[at + 1] if at + 1 < len(starts) else None
    part = source.backups(since=begin, until=end)
    inside = pd.Series(True, index=rows.index)
    if begin is not None:
        inside &= rows["created_at"] >= pd.Timestamp(begin)
    if end is not None:
        inside &= rows["created_at"] <= pd.Timestamp(end)
    return _stacked(rows[~inside & ~rows["id"].isin(part["id"])], part)
