"""The SQL that tells each difference of two small tables as a row of texts."""

# ruff: noqa: S608 the names are those of columns, quoted, on tables of our own

from __future__ import annotations

from collections.abc import Sequence

from cbr_notebook.frames.fleet import PLACE

_PLACE = ", ".join(PLACE)
_HEAD = f"{_PLACE}, _change AS change, _id AS id, _name AS name"


def change_query(keys: Sequence[str], values: Sequence[str], label: str | None) -> str:
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
        columns.append(f"{_text('a', value)} AS _a{order}, {_text('b', value)} AS _b{order}")
        parts.append(
            f"SELECT {_HEAD}, {_literal(value)}, coalesce(_a{order}, ''), coalesce(_b{order}, ''), "
            f"{order} FROM pairs "
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
