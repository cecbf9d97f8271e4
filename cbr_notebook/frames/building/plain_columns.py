"""Columns without Arrow: the same tables, where only pandas is installed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from cbr_notebook.frames.building.cells import converted, moment, warn_of_lost
from cbr_notebook.frames.column import Column

_TEXT = pd.StringDtype("python", na_value=np.nan)
"""What pandas 3 calls ``str``."""
_PLAIN = re.compile(
    r"[1-8]\d{3}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?"
)
_TYPES = {"text": str, "category": str, "integer": int, "flag": bool}


def part(
    column: Column, values: Sequence[Any], names: Callable[[], Sequence[Any]]
) -> Sequence[Any]:
    """Return the cells of a page; what cannot be read is missing, and told.

    Args:
        column: which one.
        values: as they came.
        names: returns how messages call the rows.
    """
    if column.kind == "time":
        read: list[Any] = [_moment(value) for value in values]
    elif all(value is None or type(value) is _TYPES.get(column.kind) for value in values):
        return values
    else:
        read = converted(column, values)
    missing = [place for place, value in enumerate(read) if value is None]
    warn_of_lost(column, values, missing, names)
    return read


def series(column: Column, parts: Sequence[Sequence[Any]]) -> pd.Series[Any]:
    """Return the column of a DataFrame, made of the cells of its pages."""
    values = list(chain.from_iterable(parts))
    if column.kind == "time":
        times = np.array(values, dtype="datetime64[us]")
        return pd.Series(times).dt.tz_localize("UTC")
    if column.kind == "category":
        return pd.Series(_categorical(column, values))
    dtype: Any = {"text": _TEXT, "integer": "Int64", "number": "Float64", "flag": "boolean"}
    return pd.Series(pd.array(values, dtype=dtype[column.kind]))


def _categorical(column: Column, values: Sequence[str | None]) -> pd.Categorical[Any]:
    """Return a category with all documented values, and behind them those that nobody told of."""
    unknown = sorted({value for value in values if value is not None} - set(column.values))
    categories = pd.Index([*column.values, *unknown], dtype=_TEXT)
    cells: Any = values
    return pd.Categorical(cells, dtype=pd.CategoricalDtype(categories))


def _moment(value: Any) -> datetime | None:
    """Return a time in UTC, without its zone."""
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            return moment(value)
        return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found
    return moment(value)
