"""SQL over a lake: read only, and nothing beside the lake can be reached."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pyarrow as pa

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.extras import library
from cbr_notebook.frames.fleet import PLACE
from cbr_notebook.histories import files
from cbr_notebook.histories.manifest import Entry, Manifest
from cbr_notebook.histories.store import Store
from cbr_notebook.text import arguments
from cbr_notebook.text.dtypes import TEXT
from cbr_notebook.text.timeparse import parse_time

_DAY = re.compile(r"\b([a-z_]+)_at\s*\(\s*(?:DATE\s*)?'(\d{4}-\d{2}-\d{2})'", re.IGNORECASE)
_LOCKED = (
    "SET TimeZone = 'UTC'",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET python_enable_replacements = false",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
"""What keeps a query within the tables that it is given: no file, no variable, no extension."""


_OF_THE_QUERY = ("Parser Error", "Binder Error", "Catalog Error", "Permission Error")
"""What DuckDB says where a query is wrong, whatever the files of the lake are."""
_WORD = re.compile(r"[a-z_]+", re.IGNORECASE)
_ANY = re.compile(r"\b([a-z_]+)_at\s*\(", re.IGNORECASE)


def run(store: Store, known: Manifest, query: str) -> pd.DataFrame:
    """Return the rows of a query.

    Raises:
        InvalidRequest: the query is wrong, or reaches for what is not of the lake.
    """
    if not arguments.text(query, "query").strip():
        raise InvalidRequest(
            "The query is empty.",
            advice="Write one, such as select count(*) from vaults.",
            field="query",
        )
    days = _days_in(query, known)
    unreadable: dict[str, InvalidRequest] = {}
    connection = connect(store, known, days, unreadable)
    try:
        found = frame(connection, query)
    except InvalidRequest as problem:
        for table in unreadable.keys() & _words(query):
            raise unreadable[table] from None
        if not any(kind in problem.message for kind in _OF_THE_QUERY):
            asked = days | {(table, "9999") for table in _words(query)}
            files.check(store, {e.file for table, day in asked for e in known.at(table, day)})
        raise
    finally:
        connection.close()
    found.attrs.update(_not_told(query, known, days))
    return found


def connect(
    store: Store,
    known: Manifest,
    days: set[tuple[str, str]],
    unreadable: dict[str, InvalidRequest],
) -> Any:
    """Return a connection of DuckDB with the lake's tables, and nothing else.

    Args:
        store: of the lake.
        known: its entries.
        days: tables and days of which the query wants the state.
        unreadable: is told which tables are not there, because a file cannot be read.
    """
    connection = library("duckdb", "A history").connect(":memory:")
    for table in known.tables():
        try:
            register(connection, store, table, known.at(table))
        except InvalidRequest as problem:
            unreadable[table] = problem
            continue
        mine = sorted(day for name, day in days if name == table)
        parts = []
        for day in mine:
            entries = known.at(table, day)
            if entries:
                name = f"{table}_on_{day.replace('-', '_')}"
                register(connection, store, name, entries)
                parts.append(f"SELECT * FROM {name} WHERE CAST(day AS VARCHAR) = '{day}'")  # noqa: S608
        none = f"SELECT * FROM {table} WHERE false"  # noqa: S608
        connection.execute(
            f"CREATE MACRO {table}_at(day) AS TABLE {' UNION ALL BY NAME '.join([none, *parts])}"
        )
    connection.register("states", _states(known))
    for setting in _LOCKED:
        connection.execute(setting)
    return connection


def register(connection: Any, store: Store, name: str, entries: list[Entry]) -> None:
    """Register the rows of some entries as a view."""
    connection.register(name, files.dataset(store, entries))


def frame(connection: Any, query: str) -> pd.DataFrame:
    """Return the rows of a query as a table; texts as texts, times in UTC.

    Raises:
        InvalidRequest: the query is wrong, or not allowed.
    """
    trouble = ""
    try:
        answer = connection.sql(query)
        found = pa.table({}) if answer is None else answer.to_arrow_table()
    except library("duckdb", "A history").Error as problem:
        trouble = str(problem)
    if trouble:
        raise InvalidRequest(
            f"The query cannot be carried out. {trouble.strip()}",
            advice="The tables are those of history.card, and table_at('2026-11-20') is one on a "
            "day, written as it stands here. Nothing beside the lake can be read or written.",
            field="query",
        )
    return _as_pandas(found)


def _as_pandas(found: pa.Table) -> pd.DataFrame:
    """Return Arrow's rows with the dtypes that tables of this package have."""
    columns = {}
    for name, cells in zip(found.column_names, found.columns, strict=True):
        kind = cells.type
        if pa.types.is_integer(kind):
            columns[name] = pd.Series(cells.to_pandas(), dtype="Int64")
        elif pa.types.is_floating(kind) or pa.types.is_decimal(kind):
            columns[name] = pd.Series(cells.cast(pa.float64()).to_pandas(), dtype="Float64")
        elif pa.types.is_boolean(kind):
            columns[name] = pd.Series(cells.to_pandas(), dtype="boolean")
        elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
            columns[name] = pd.Series(cells.to_pandas(), dtype=TEXT)
        elif pa.types.is_map(kind):
            texts = [None if each is None else dict(each) for each in cells.to_pylist()]
            columns[name] = pd.Series(texts, dtype=object)
        else:
            columns[name] = cells.to_pandas()
    return pd.DataFrame(columns)


def _days_in(query: str, known: Manifest) -> set[tuple[str, str]]:
    """Return the tables and days that a query names: ``backups_at('2026-11-20')``.

    Raises:
        InvalidRequest: a day is not written out, or nothing is known of it.
    """
    found = [(name.lower(), day) for name, day in _DAY.findall(query)]
    asked = [name.lower() for name in _ANY.findall(query) if name.lower() in known.tables()]
    if len(asked) > sum(name in known.tables() for name, _ in found):
        raise InvalidRequest(
            f"{asked[0]}_at needs a day that is written out.",
            advice=f"Write it like {asked[0]}_at('{known.days()[-1]}').",
            field="query",
        )
    for name, day in found:
        if name in known.tables():
            parse_time(day, datetime.now(UTC), "query")
        if name in known.tables() and not known.at(name, day):
            raise InvalidRequest(
                f"Nothing is known of {name} on {day}.",
                advice=f"The lake begins on {known.days()[0]}; history.card says more.",
                field="query",
            )
    return set(found)


def _words(query: str) -> set[str]:
    return {each.lower() for each in _WORD.findall(query)}


def _not_told(query: str, known: Manifest, days: set[tuple[str, str]]) -> dict[str, Any]:
    """Return of which projects a query reads an earlier day than it names, or nothing.

    Args:
        query: its text.
        known: the entries of the lake.
        days: tables and days that it names; of others it is the newest day.
    """
    asked = days | {(table, known.days()[-1]) for table in _words(query) & set(known.tables())}
    older: dict[str, str] = {}
    missing: set[str] = set()
    for table, day in asked:
        entries = known.at(table, day)
        missing |= {"/".join(e) for e in known.places(day) - {each.place for each in entries}}
        for each in entries:
            path = "/".join(each.place)
            if each.day < day:
                older[path] = min(each.day, older.get(path, each.day))
    return {"older": older, "missing": sorted(missing)}


def _states(known: Manifest) -> pa.Table:
    names = ("table", *PLACE, "day", "rows", "synced_at", "whole_at")
    rows = sorted(known)
    return pa.table({name: [getattr(each, name) for each in rows] for name in names})
