"""What changed between two states of a table, row by row and column by column."""

# ruff: noqa: S608 names in queries are those of columns, quoted, on tables of our own

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd
import pyarrow as pa

from cbr_notebook.extras import library
from cbr_notebook.frames import CHANGED, CHANGES_BY_DAY
from cbr_notebook.frames.building.arrow_columns import from_arrow
from cbr_notebook.frames.fleet import PLACE
from cbr_notebook.histories import sql
from cbr_notebook.histories.files import KEYS, dataset, of_files, readable
from cbr_notebook.histories.manifest import Entry, Manifest
from cbr_notebook.histories.row_differences import differing
from cbr_notebook.histories.store import Store

_READERS = 4
"""Projects that are read at once."""
_NAMES = ("name", "resource_name", "policy_name", "control")


_PLACE = ", ".join(PLACE)
_HEAD = f"{_PLACE}, _change AS change, _id AS id, _name AS name"
_KINDS = ("added", "gone", "changed")


@dataclass(slots=True)
class _Day:
    """How much changed on a day, as the schema reads it."""

    day: str
    before: str
    added: int
    gone: int
    changed: int


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
    with readable(store, [each.file for each in (*old, *new)]):
        return from_arrow(CHANGED.columns, _compared(store, table, old, new))


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
        earlier = known.at(table, before)
        places = {each.place for each in earlier}
        later = [each for each in known.at(table, day) if each.place in places]
        found = changed(store, table, earlier, later)
        kinds = found.drop_duplicates([*PLACE, "id", "change"])["change"].value_counts()
        rows.append(_Day(day, before, *(int(kinds.get(kind, 0)) for kind in _KINDS)))
    return CHANGES_BY_DAY.frame(rows)


def _compared(store: Store, table: str, old: list[Entry], new: list[Entry]) -> pa.Table:
    later = dataset(store, new or old).schema
    earlier = dataset(store, old or new).schema
    shared = [name for name in later.names if name in earlier.names]
    both = pa.unify_schemas([later, earlier], promote_options="permissive")
    schema = pa.schema([both.field(name) for name in shared])
    keys = [each for each in KEYS.get(table, ()) if each in shared]
    if not keys:  # rows without a key of their own come and go as a whole
        keys = [name for name in shared if name not in PLACE]
    values = [name for name in shared if name not in (*PLACE, *keys)]
    label = next((name for name in _NAMES if name in (*values, *keys)), None)
    two = _that_differ(store, (old, new), schema, keys, values, label)
    connection = library("duckdb", "A history").connect(":memory:")
    try:
        for name, rows in zip("ab", two, strict=True):
            connection.register(name, rows)
        for setting in sql._LOCKED:
            connection.execute(setting)
        return connection.sql(_query(keys, values, label)).to_arrow_table()
    finally:
        connection.close()


def _that_differ(
    store: Store,
    entries: tuple[list[Entry], list[Entry]],
    schema: pa.Schema,
    keys: list[str],
    values: list[str],
    label: str | None,
) -> tuple[pa.Table, pa.Table]:
    """Return the rows of two states that may differ, project by project.

    Where the key is no ID, all rows are returned.
    """
    states = [{each.place: each.file for each in state} for state in entries]

    def pair(place: tuple[str, str, str]) -> tuple[pa.Table, pa.Table]:
        two = (states[0].get(place), states[1].get(place))
        if keys == ["id"]:
            found = differing(store, two, schema, values, label)
            return _placed(found[0], place, schema), _placed(found[1], place, schema)
        one, other = (
            schema.empty_table()
            if file is None
            else of_files(store, [store.place(file)], schema).to_table()
            for file in two
        )
        return one, other

    with ThreadPoolExecutor(_READERS, thread_name_prefix="cbr-history") as pool:
        pairs = list(pool.map(pair, sorted({*states[0], *states[1]})))
    # What no project was read for is missing in all rows.
    earlier, later = (
        pa.concat_tables([schema.empty_table(), *each], promote_options="default")
        for each in zip(*pairs, strict=True)
    )
    return earlier, later


def _placed(rows: pa.Table, place: tuple[str, str, str], schema: pa.Schema) -> pa.Table:
    """Return rows with the place of their project in front."""
    for name, text in zip(PLACE, place, strict=True):
        rows = rows.append_column(
            schema.field(name), pa.repeat(pa.scalar(text, schema.field(name).type), len(rows))
        )
    return rows


def _query(keys: Sequence[str], values: Sequence[str], label: str | None) -> str:
    """Return a query over the tables ``a`` (before) and ``b`` (after).

    It gives the columns of ``cbr.schema("changed")``, by place, key and column.

    Args:
        keys: the columns that make a row the same row.
        values: the columns that are compared.
        label: the column that names a row, if there is one.
    """
    join = " AND ".join(f"a.{_q(key)} IS NOT DISTINCT FROM b.{_q(key)}" for key in (*PLACE, *keys))
    place = ", ".join(f"coalesce(a.{name}, b.{name}) AS {name}" for name in PLACE)
    key = " || ' / ' || ".join(
        f"coalesce({_text('a', key)}, {_text('b', key)}, '')" for key in keys
    )
    name = f"coalesce({_text('b', label)}, {_text('a', label)}, '')" if label else "''"
    columns = [f"{place}, {key} AS _id, {name} AS _name"]
    parts = [
        f"SELECT {_HEAD}, '' AS \"column\", '' AS before, '' AS after, -1 AS _order "
        "FROM pairs WHERE _change <> 'changed'"
    ]
    for order, value in enumerate(values):
        columns.append(f"a.{_q(value)} AS _a{order}, b.{_q(value)} AS _b{order}")
        parts.append(
            f"SELECT {_HEAD}, {_literal(value)}, coalesce(CAST(_a{order} AS VARCHAR), ''), "
            f"coalesce(CAST(_b{order} AS VARCHAR), ''), {order} FROM pairs "
            f"WHERE _change = 'changed' AND _a{order} IS DISTINCT FROM _b{order}"
        )
    return (
        f"WITH pairs AS MATERIALIZED (SELECT {', '.join(columns)}, "
        "CASE WHEN a._here IS NULL THEN 'added' WHEN b._here IS NULL THEN 'gone' "
        "ELSE 'changed' END AS _change "
        "FROM (SELECT *, true AS _here FROM a) a FULL JOIN (SELECT *, true AS _here FROM b) b "
        f"ON {join}), told AS ({' UNION ALL '.join(parts)}) "
        f"SELECT * EXCLUDE (_order) FROM told ORDER BY {_PLACE}, id, _order, change, name"
    )


def _text(side: str, column: str) -> str:
    return f"CAST({side}.{_q(column)} AS VARCHAR)"


def _q(name: str) -> str:
    """Return a name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
