"""What changed between two states of a table, row by row and column by column."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cbr_notebook.extras import library
from cbr_notebook.frames import CHANGED
from cbr_notebook.frames.fleet import PLACE
from cbr_notebook.histories import sql
from cbr_notebook.histories.files import KEYS, dataset
from cbr_notebook.histories.manifest import Entry
from cbr_notebook.histories.store import Store

_NAMES = ("name", "resource_name", "policy_name", "control")


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
    if not new:
        return CHANGED.frame([])
    found = _compared(store, table, old, new)
    return CHANGED.frame(found)


def _compared(store: Store, table: str, old: list[Entry], new: list[Entry]) -> list[_Row]:
    # Where nothing was known before, the earlier state has the columns and none of the rows.
    two = {"b": dataset(store, new)}
    two["a"] = dataset(store, old) if old else two["b"].schema.empty_table()
    names = list(two["b"].schema.names)
    shared = [name for name in names if name in two["a"].schema.names]
    keys = [*PLACE, *(each for each in KEYS.get(table, ()) if each in shared)]
    if len(keys) == len(PLACE):
        keys = shared  # rows without a key of their own come and go as a whole
    values = [name for name in shared if name not in keys]
    connection = library("duckdb", "A history").connect(":memory:")
    try:
        for name, rows in two.items():
            connection.register(name, rows)
        for setting in sql._LOCKED:
            connection.execute(setting)
        return _rows(
            connection.sql(_query(keys, values, names)).to_arrow_table(), keys, values, names
        )
    finally:
        connection.close()


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
