"""One project into the lake: what is new is read, written, and at the end it counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pandas as pd

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.extras import needed_for
from cbr_notebook.frames import SYNCED
from cbr_notebook.frames.fleet import PLACE, RECORDS
from cbr_notebook.histories import manifest
from cbr_notebook.histories.incremental_read import Before, Source
from cbr_notebook.histories.manifest import Entry
from cbr_notebook.histories.project_read import ANSWERS, GROWING, TABLES, Ages, Read, read_tables
from cbr_notebook.histories.store import Store
from cbr_notebook.text import arguments
from cbr_notebook.text.timeparse import DurationLike, parse_duration

WHOLE = "7d"
"""How old the last reading of all backups may be."""
RESOURCES_EVERY = "7d"
"""How old the last reading of all resources may be, while nothing shows that they changed."""


_CLOCKS_DIFFER_BY = timedelta(hours=1)
_TOO_LATE = timedelta(days=1)
SyncedSession = Source
"""What is needed of a session to sync it."""


class Synced(NamedTuple):
    """A row of what was synced: the columns of ``SYNCED``."""

    profile: str
    region: str
    project: str
    table: str
    rows: int | None
    read: str
    changed: bool | None
    code: str
    problem: str
    advice: str
    request_id: str


def sync(
    session: SyncedSession,
    path: str | Path,
    *,
    profile: str | None = None,
    project: str | None = None,
    tables: Sequence[str] = TABLES,
    whole: DurationLike = WHOLE,
    resources_every: DurationLike = RESOURCES_EVERY,
    storage_options: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Write what there is into a lake, with the day; return one row a table.

    Vaults and policies are read as they are; of backups and tasks only what is new, and what was
    deleted. Resources are carried over while neither their number, nor the first fifty of a kind,
    nor the vaults show a change: the row says since when, and so does a table of that day.

    A table that cannot be read is a row with its problem, and stays as the lake has it. Nothing
    counts before all is written: a sync that is killed changes nothing. A second one on a day
    takes the place of the first.

    Args:
        path: a folder, or an address of fsspec: ``s3://bucket/lake``.
        profile: what stands in the column ``profile``; the user if left out.
        project: what stands in the column ``project``; the project's ID if left out.
        tables: which tables; of the answers ``unprotected``, ``capacity``, ``recovery_points``,
            ``gaps`` and ``audit`` those that are named beside them are kept, too.
        whole: how old the last reading of all backups may be before all are read again.
        resources_every: how old the last reading of all resources may be; ``"0d"`` reads all of
            them each time. Where an answer is kept, they are read each time in any case.
        storage_options: what the address's file system takes, such as keys.

    Returns:
        The columns of ``cbr.schema("synced")``.

    Raises:
        InvalidRequest: the lake cannot be opened or written, or there is no such table.

    Example:
        >>> session.sync("lake", tables=["vaults"])["rows"].tolist()
        [7]
        >>> len(cbr.history("lake").sql("select * from vaults"))
        7
    """
    store = Store(path, storage_options)
    where = (
        arguments.text(profile or session.identity.who, "profile"),
        session.identity.region,
        arguments.text(project or session.identity.project_id, "project"),
    )
    known = newest(manifest.read(store), where)
    ages = checked_ages(whole, resources_every)
    entries, rows = write_tables(session, store, where, known, checked(tables), ages)
    if entries:
        manifest.commit(store, entries)
    return table_of(rows)


def write_tables(
    session: SyncedSession,
    store: Store,
    where: tuple[str, str, str],
    known: Mapping[str, Entry],
    tables: tuple[str, ...],
    ages: Ages,
) -> tuple[list[Entry], list[Synced]]:
    """Read a project and write its files; they do not count before they are committed.

    Args:
        session: of the project.
        store: of the lake.
        where: profile, region and project.
        known: its newest entries by table.
        tables: which tables.
        ages: how old the last reading of all of a table may be.

    Raises:
        InvalidRequest: the lake has a state that is later than now, or cannot be written.
    """
    _reject_later(known, session.now)
    before = {
        table: kept
        for table in (*GROWING, *manifest.CARRIED)
        if (table in tables or table == RECORDS.name)
        and table in known
        and _is_usable(known[table], session.now, ages)
        and (kept := _before(store, known[table])) is not None
    }
    entries, rows = [], []
    for found in read_tables(session, tables, before, ages):
        if found.rows is None:
            rows.append(_failed(where, found))
            continue
        last = known.get(found.table)
        whole_at = (
            found.at.isoformat(timespec="microseconds")
            if found.whole or last is None
            else last.whole_at
        )
        entry = _files().write(
            store, found.table, where, found.rows, found.at, whole_at=whole_at, before=last
        )
        entries.append(entry)
        changed = last is None or last.digest != entry.digest
        kind = _kind(found, whole_at)
        rows.append(Synced(*where, found.table, entry.rows, kind, changed, "", "", "", ""))
    return entries, rows


def _reject_later(known: Mapping[str, Entry], now: datetime) -> None:
    """Refuse to write states that older ones would hide, because their day is later."""
    last = max((each.day for each in known.values()), default="")
    if last > f"{now.astimezone(UTC) + _TOO_LATE:%Y-%m-%d}":
        raise InvalidRequest(
            f"The lake has a state of this project of {last}, and now is {now:%Y-%m-%d}: a clock "
            "is or was wrong, and what is read now would be hidden by that state.",
            advice="Correct the clock of this computer. If it is right, remove the states that "
            "are later than now: cbr_notebook.histories.prune.prune(path, "
            f'latest="{now:%Y-%m-%d}").',
        )


def _kind(found: Read, whole_at: str) -> str:
    """Return what of a table was read, in words."""
    if found.whole:
        return "all"
    if found.table in GROWING:
        return "what is new"
    return f"as of {manifest.moment(whole_at):%Y-%m-%d %H:%M} UTC"


def newest(known: manifest.Manifest, where: tuple[str, str, str]) -> dict[str, Entry]:
    """Return the newest entries of a project, by table."""
    found = {table: known.at(table) for table in known.tables()}
    return {
        table: each for table, entries in found.items() for each in entries if each.place == where
    }


def checked(tables: Sequence[str]) -> tuple[str, ...]:
    """Return names of tables, in the order in which they are read.

    Raises:
        InvalidRequest: there is no such table.
    """
    given = tuple(arguments.texts(tables, "tables"))
    possible = (*TABLES, *ANSWERS)
    unknown = [each for each in given if each not in possible]
    if unknown or not given:
        raise InvalidRequest(
            f"There is no table {unknown[0]!r} to sync." if unknown else "No table is named.",
            advice=f"There are: {', '.join(possible)}.",
            field="tables",
        )
    return tuple(each for each in possible if each in given)


def checked_ages(whole: DurationLike, resources_every: DurationLike) -> Ages:
    """Return how old the last reading of all may be.

    Raises:
        InvalidRequest: one is no length of time.
    """
    return Ages(parse_duration(whole, "whole"), parse_duration(resources_every, "resources_every"))


def table_of(rows: Iterable[Synced]) -> pd.DataFrame:
    """Return what was synced as a table."""
    return SYNCED.frame(list(rows))


def _is_usable(entry: Entry, now: datetime, ages: Ages) -> bool:
    """Return whether what is known saves requests; tasks are kept in any case."""
    age = now.astimezone(UTC) - manifest.moment(entry.whole_at)
    if manifest.moment(entry.synced_at) - now > _CLOCKS_DIFFER_BY:
        return entry.table == "tasks"
    if entry.table in manifest.CARRIED:
        return age < ages.resources
    return age < ages.growing or entry.table == "tasks"


def _files() -> ModuleType:
    """Return what reads and writes Parquet, which needs Arrow.

    Raises:
        MissingExtra: Arrow is not installed.
    """
    with needed_for("A history", "fleet"):
        from cbr_notebook.histories import files
    return files


def _before(store: Store, entry: Entry) -> Before | None:
    """Return what is known of a table; ``None`` if its file cannot be read: all is read then."""
    try:
        rows = _files().read(store, entry.table, [entry]).drop(columns=list(PLACE))
    except InvalidRequest:
        return None
    return Before(rows, manifest.moment(entry.synced_at), manifest.moment(entry.whole_at))


def _failed(where: tuple[str, str, str], found: Read) -> Synced:
    problem = found.problem
    assert problem is not None
    return Synced(
        *where, found.table, None, "", None, problem.code or "", problem.message,
        problem.advice or "", problem.request_id or "",
    )  # fmt: skip
