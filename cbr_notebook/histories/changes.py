"""What changed between two states of a table, row by row and column by column."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cbr_notebook.extras import library
from cbr_notebook.frames import CHANGED, CHANGES_BY_DAY
from cbr_notebook.frames.fleet import PLACE
from cbr_notebook.histories import sql
from cbr_notebook.histories.files import KEYS, dataset, of_files
from cbr_notebook.histories.manifest import Entry, Manifest
from cbr_notebook.histories.store import Store

_READERS = 4
"""Projects that are read at once."""
_NAMES = ("name", "resource_name", "policy_name", "control")


_KINDS = ("added", "gone", "changed")


@dataclass(slots=True)
class _Day:
    """How much changed on a day, as the schema reads it."""

    day: str
    before: str
    added: int
    gone: int
    changed: int


class _Row:
    """One change, as the schema reads it."""

    __slots__ = (
        "after",
        "before",
        "change",
        "column",
        "id",
        "name",
        "profile",
        "project",
        "region",
    )

    def __init__(self, place: list[str], change: str, key: str, name: Any, *cells: str) -> None:
        self.profile, self.region, self.project = place
        self.change, self.id = change, key
        self.name = "" if name is None else str(name)
        self.column, self.before, self.after = cells


def changed(store: Store, table: str, before: list[Entry], after: list[Entry]) -> pd.DataFrame:
    """Return what is other in the one state than in the other.

    Args:
        store: of the lake.
        table: its name.
        before: the entries of the earlier state.
        after: the entries of the later state.
    """
    same = {(each.place, each.file) for each in before} & {
        (each.place, each.file) for each in after
    }
    old = [each for each in before if (each.place, each.file) not in same]
    new = [each for each in after if (each.place, each.file) not in same]
    if not old and not new:
        return CHANGED.frame([])
    found = _compared(store, table, old, new)
    return CHANGED.frame(found)


def changes_by_day(store: Store, known: Manifest, table: str, days: list[str]) -> pd.DataFrame:
    """Return how many rows came, went and changed on each day but the first.

    Args:
        store: of the lake.
        known: its entries.
        table: its name.
        days: in order; each is compared with the one before it.
    """
    rows = []
    for before, day in pairwise(days):
        found = changed(store, table, known.at(table, before), known.at(table, day))
        kinds = found.drop_duplicates([*PLACE, "id", "change"])["change"].value_counts()
        rows.append(_Day(day, before, *(int(kinds.get(kind, 0)) for kind in _KINDS)))
    return CHANGES_BY_DAY.frame(rows)


def _compared(store: Store, table: str, old: list[Entry], new: list[Entry]) -> list[_Row]:
    later = dataset(store, new or old).schema
    earlier = dataset(store, old or new).schema
    names = list(later.names)
    shared = [name for name in names if name in earlier.names]
    keys = [*PLACE, *(each for each in KEYS.get(table, ()) if each in shared)]
    if len(keys) == len(PLACE):
        keys = shared  # rows without a key of their own come and go as a whole
    values = [name for name in shared if name not in keys]
    two = _that_differ(store, (old, earlier), (new, later), keys[len(PLACE) :], values)
    connection = library("duckdb", "A history").connect(":memory:")
    try:
        for name, rows in zip("ab", two, strict=True):
            connection.register(name, rows)
        for setting in sql._LOCKED:
            connection.execute(setting)
        return _rows(
            connection.sql(_query(keys, values, names)).to_arrow_table(), keys, values, names
        )
    finally:
        connection.close()


def _that_differ(
    store: Store,
    before: tuple[list[Entry], pa.Schema],
    after: tuple[list[Entry], pa.Schema],
    keys: list[str],
    values: list[str],
) -> tuple[pa.Table, pa.Table]:
    """Return the rows of two states that may differ, project by project.

    Most rows are the same: they are left out by comparing columns, which is many times as fast
    as joining them. Where the key is no ID, all rows are returned.
    """
    states = [{each.place: each.file for each in entries} for entries, _ in (before, after)]
    schemas = (before[1], after[1])

    def pair(place: tuple[str, str, str]) -> tuple[pa.Table, pa.Table]:
        one, other = (
            of_files(store, [store.place(files[place])], schema).to_table()
            if place in files
            else schema.empty_table()
            for files, schema in zip(states, schemas, strict=True)
        )
        return _differing(one, other, values) if keys == ["id"] else (one, other)

    with ThreadPoolExecutor(_READERS, thread_name_prefix="cbr-history") as pool:
        pairs = list(pool.map(pair, sorted({*states[0], *states[1]})))
    parts = zip(schemas, zip(*pairs, strict=True), strict=True)
    earlier, later = (pa.concat_tables([schema.empty_table(), *each]) for schema, each in parts)
    return earlier, later


def _differing(one: pa.Table, other: pa.Table, values: list[str]) -> tuple[pa.Table, pa.Table]:
    """Return the rows of two tables that are in one only, or differ in a value; keys are IDs."""
    if one["id"].equals(other["id"]):
        differs = _differ(one, other, values)
        return one.filter(differs), other.filter(differs)
    there = pc.index_in(other["id"], value_set=one["id"])
    both = pc.is_valid(there)
    common = other.filter(both)
    changed = common["id"].filter(_differ(one.take(there.filter(both)), common, values))
    gone = pc.invert(pc.is_in(one["id"], value_set=other["id"]))
    wanted = pc.or_(gone, pc.is_in(one["id"], value_set=changed))
    new = pc.or_(pc.invert(both), pc.is_in(other["id"], value_set=changed))
    return one.filter(wanted), other.filter(new)


def _differ(one: pa.Table, other: pa.Table, values: list[str]) -> pa.ChunkedArray:
    """Return which rows of two tables of the same rows differ in a value."""
    differs = pa.chunked_array([pa.repeat(False, len(one))])
    for name in values:
        differs = pc.or_(differs, _unequal(one[name], other[name]))
    return differs


def _unequal(one: pa.ChunkedArray, other: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return where two columns differ; nothing is equal to nothing."""
    if one.equals(other):
        return pa.chunked_array([pa.repeat(False, len(one))])
    if pa.types.is_nested(one.type):
        pairs = zip(one.to_pylist(), other.to_pylist(), strict=True)
        return pa.chunked_array([pa.array([a != b for a, b in pairs], pa.bool_())])
    both = pc.fill_null(pc.not_equal(one, other), False)
    return pc.or_(both, pc.xor(pc.is_null(one), pc.is_null(other)))


def _query(keys: list[str], values: list[str], names: list[str]) -> str:
    join = " AND ".join(f'a."{key}" IS NOT DISTINCT FROM b."{key}"' for key in keys)
    other = " OR ".join(f'a."{name}" IS DISTINCT FROM b."{name}"' for name in values) or "false"
    label = next((f'"{name}"' for name in _NAMES if name in names), None)
    shown = ", ".join(
        f'CAST(a."{name}" AS VARCHAR) AS "a_{name}", CAST(b."{name}" AS VARCHAR) AS "b_{name}"'
        for name in values
    )
    columns = ", ".join(f'coalesce(a."{key}", b."{key}") AS "{key}"' for key in keys)
    name = f"coalesce(b.{label}, a.{label})" if label and label[1:-1] in (*values, *keys) else "''"
    return (
        f"SELECT {columns}, CAST({name} AS VARCHAR) AS _name, a._here IS NULL AS _added, "  # noqa: S608
        f"b._here IS NULL AS _gone{', ' if shown else ''}{shown} "
        f"FROM (SELECT *, true AS _here FROM a) a FULL JOIN (SELECT *, true AS _here FROM b) b "
        f"ON {join} WHERE a._here IS NULL OR b._here IS NULL OR {other} ORDER BY ALL"
    )


def _rows(found: Any, keys: list[str], values: list[str], names: list[str]) -> list[_Row]:
    rows = []
    for each in found.to_pylist():
        place = [each[name] for name in PLACE]
        key = " / ".join(str(each[name]) for name in keys[len(PLACE) :])
        if each["_added"] or each["_gone"]:
            change = "added" if each["_added"] else "gone"
            rows.append(_Row(place, change, key, each["_name"], "", "", ""))
            continue
        for name in values:
            one, other = each[f"a_{name}"], each[f"b_{name}"]
            if one != other:
                cells = (name, "" if one is None else one, "" if other is None else other)
                rows.append(_Row(place, "changed", key, each["_name"], *cells))
    return rows
