"""What is new in a project since the last sync, with few requests.

Backups and tasks come by the service's time filters, and what is or was under way is read again.
What was deleted shows in the number that the service tells: where it is not ours, the part is
looked for by halving and read again. Now and then everything is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Protocol

import msgspec
import pandas as pd

from cbr_notebook.api.client import Client
from cbr_notebook.api.messages.constants import BACKUP_STATUSES, COMMON_KINDS, ENDED
from cbr_notebook.errors import CBRError
from cbr_notebook.frames.fleet import RECORDS
from cbr_notebook.text.timeparse import to_api_time

LISTS = ("vaults", "policies", "policy_rules", "vault_resources", "resources")
"""Tables that are read as a whole each time: they are short."""
GROWING = ("backups", "tasks")
"""Tables of which only what is new is read."""
_RECORDED = ("vaults", "policies", "resources")
"""Tables beside which their records are kept as a whole."""
TABLES = (*LISTS, *GROWING)
ANSWERS = ("unprotected", "capacity", "recovery_points", "gaps", "audit")
"""Answers that are kept where somebody asks for them: they cost requests of their own."""
_OVERLAP = timedelta(hours=1)
_LONGEST_UNDER_WAY = timedelta(days=7)
_AT_REST = {"backups": ("available", "error"), "tasks": ENDED}
_MOVING = tuple(each for each in BACKUP_STATUSES if each not in _AT_REST["backups"])
_MOST_LOOKED_AT = 10
"""Backups that were under way and are not any more, and are read one by one; of more, all are."""
_CHUNK = 1000
"""Rows that one request gives."""


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


@dataclass(frozen=True, slots=True)
class Read:
    """A table as it stands, or why it could not be read.

    Attributes:
        table: its name.
        rows: all of it.
        whole: whether all of it was read now.
        problem: why there are no rows.
    """

    table: str
    rows: pd.DataFrame | None
    whole: bool = True
    problem: CBRError | None = None


def read_tables(
    source: Source, tables: tuple[str, ...], before: dict[str, Before], whole: timedelta
) -> Iterator[Read]:
    """Read the tables of a project; one that fails does not keep the others from being read.

    Args:
        source: the session.
        tables: which.
        before: what is known of backups and tasks.
        whole: how old the last reading of all of a table may be.
    """
    backups: pd.DataFrame | None = None
    for table in [each for each in GROWING if each in tables]:
        found = _guarded(table, lambda table=table: _growing(source, table, before, whole))
        if table == "backups" and found.rows is not None:
            backups = found.rows
        yield found
    with source.reading() as reading:
        recorded = set(_RECORDED) <= set(tables)
        for table in [each for each in tables if each not in GROWING]:
            found = _guarded(table, lambda table=table: _short(reading, table, backups))
            recorded &= found.rows is not None or table not in _RECORDED
            yield found
        if recorded:  # all is at hand: no request is sent for it
            yield _guarded(RECORDS.name, lambda: Read(RECORDS.name, _records(source, reading)))


def _guarded(table: str, ask: Any) -> Read:
    try:
        found: Read = ask()
    except CBRError as problem:
        return Read(table, None, problem=problem)
    return found


def _records(source: Source, reading: Any) -> pd.DataFrame:
    """Return vaults, policies and resources as the service tells them, and where that was."""
    client: Client = reading.client
    about = {"project_id": source.identity.project_id, "simulated": source.simulated}
    lists: list[tuple[str, Iterable[Any]]] = [
        ("vault", client.vaults.list_all()),
        ("policy", client.policies.list().policies),
        *((kind, client.protectables.list_all(kind)) for kind in COMMON_KINDS),
    ]
    rows = [SimpleNamespace(kind="session", id=about["project_id"], document=_json(about))]
    rows += [
        SimpleNamespace(kind=kind, id=each.id, document=_json(each.raw or each))
        for kind, records in lists
        for each in records
    ]
    return RECORDS.frame(rows)


def _json(document: Any) -> str:
    return msgspec.json.encode(document, order="sorted").decode()


def _short(reading: Any, table: str, backups: pd.DataFrame | None) -> Read:
    known = {}
    if table in ANSWERS and table != "audit" and backups is not None:
        good = backups[backups["status"] == "available"].reset_index(drop=True)
        good.attrs = {**backups.attrs, "resource": "backups", "filters": {"status": "available"}}
        known = {"backups": good}
    return Read(table, getattr(reading, table)(**known))


def _growing(source: Source, table: str, before: dict[str, Before], whole: timedelta) -> Read:
    ask = getattr(source, table)
    known = before.get(table)
    if known is None or source.now - known.whole_at >= whole:
        rows = ask()
        # The service forgets tasks after a month; the lake does not.
        keeps = known is not None and table == "tasks"
        return Read(table, _older_and(known.rows, rows) if keeps and known else rows)
    since = _since(known, table)
    fresh = ask(since=since)
    old = known.rows[known.rows["created_at"] < pd.Timestamp(since)]
    rows = _stacked(old[~old["id"].isin(fresh["id"])], fresh)
    if table == "backups":
        rows = _without_deleted(source, _with_moving(source, rows, since), since)
    rows.attrs = dict(fresh.attrs)
    return Read(table, rows, whole=False)


def _since(known: Before, table: str) -> datetime:
    """Return from when on rows may be new, and of tasks, other than they were."""
    since = known.synced_at - _OVERLAP
    if table == "backups":
        return since.astimezone(UTC).replace(microsecond=0)
    moving = known.rows.loc[~known.rows["status"].isin(_AT_REST[table]), "created_at"]
    recent = moving[moving >= pd.Timestamp(since - _LONGEST_UNDER_WAY)]
    if len(recent):
        since = min(since, recent.min().to_pydatetime())
    return since.astimezone(UTC).replace(microsecond=0)


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


def _older_and(old: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    if rows.empty:
        return old
    kept = old[(old["created_at"] < rows["created_at"].min()) & ~old["id"].isin(rows["id"])]
    found = _stacked(kept, rows)
    found.attrs = dict(rows.attrs)
    return found


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


def _without_deleted(source: Source, rows: pd.DataFrame, fresh: datetime) -> pd.DataFrame:
    """Return backups without those that the service has no more.

    The service tells how many there are from a moment on; where we have more, the part between
    two moments is read again.
    """
    created = rows["created_at"].dropna().sort_values(ignore_index=True)
    if len(created) < len(rows):
        return source.backups()
    starts = [created.iloc[at].floor("s").to_pydatetime() for at in range(0, len(created), _CHUNK)]
    starts = [each for each in dict.fromkeys(starts) if each < fresh]
    surplus: dict[int, int | None] = {len(starts): 0}

    def more(at: int) -> int | None:
        """Return how many more we have from a start on; ``None`` if the service does not tell."""
        if at not in surplus:
            asked = None if at == 0 else to_api_time(starts[at])
            told = source.client.backups.list(limit=1, start_time=asked).count
            ours = len(rows) if at == 0 else int((created >= pd.Timestamp(starts[at])).sum())
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

    if not starts or more(0) is None:
        return rows
    chunks = list(differing(0, len(starts)))
    if len(chunks) > len(starts) // 2 + 1:
        return source.backups()
    for at in chunks:
        begin = starts[at] if at else None
        end = starts[at + 1] if at + 1 < len(starts) else fresh
        part = source.backups(since=begin, until=end)
        after = rows["created_at"] > pd.Timestamp(end)
        inside = ~after if begin is None else ~after & (rows["created_at"] >= pd.Timestamp(begin))
        rows = _stacked(rows[~inside & ~rows["id"].isin(part["id"])], part)
    return rows
