"""Columns as Arrow has them: built a page at a time, kept in files, read again."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cbr_notebook.frames.building.cells import converted, moment, warn_of_lost
from cbr_notebook.frames.column import Column
from cbr_notebook.text.dtypes import TEXT

_TIME = pa.timestamp("us")
_FIRST = pa.scalar(datetime.min, _TIME)
_ARROW: dict[str, pa.DataType] = {
    "text": pa.large_string(),
    "time": _TIME,
    "integer": pa.int64(),
    "number": pa.float64(),
    "flag": pa.bool_(),
    "category": pa.dictionary(pa.int32(), pa.string()),
}

_TEXT: Any = pd.StringDtype("pyarrow", na_value=np.nan)
"""What pandas 3 calls ``str``."""


def part(column: Column, values: Sequence[Any], names: Callable[[], Sequence[Any]]) -> Any:
    """Return the cells of a page; what cannot be read is missing, and told.

    Args:
        column: which one.
        values: as they came.
        names: returns how messages call the rows.
    """
    try:
        if column.kind == "time":
            return _plain_times(pa.array(values, pa.string()))
        if column.kind == "category":
            return pa.array(values, pa.string()).dictionary_encode()
        return pa.array(values, _ARROW[column.kind])
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return _array_with_care(column, values, names)


def _array_with_care(
    column: Column, values: Sequence[Any], names: Callable[[], Sequence[Any]]
) -> Any:
    """Read values one by one that are not written as usual; what cannot be read is missing."""
    if column.kind == "time":
        read = _times(values)
    elif column.kind == "category":
        read = pa.array(converted(column, values), pa.string()).dictionary_encode()
    else:
        read = pa.array(converted(column, values), _ARROW[column.kind])
    warn_of_lost(column, values, _missing(read), names)
    return read


def _missing(array: Any) -> list[int]:
    """Return the places where a column has nothing."""
    if not array.null_count:
        return []
    found: list[int] = array.is_null().to_numpy(zero_copy_only=False).nonzero()[0].tolist()
    return found


def _plain_times(texts: Any) -> Any:
    """Return times without a zone.

    Raises:
        ArrowInvalid: one is written otherwise, or is before the year 1, which Python has not.
    """
    times = texts.cast(_TIME)
    earliest = pc.min(times)
    if earliest.is_valid and earliest.value < _FIRST.value:
        raise pa.ArrowInvalid("a year before 1")
    return times


def _times(values: Sequence[Any]) -> Any:
    """Return times with a space, with a zone, or of a date alone, in UTC.

    Those of usual form are read a column at a time; of the others, each by itself.
    """
    texts = pa.array([each if isinstance(each, str) else None for each in values], pa.string())
    zulu = pc.if_else(pc.ends_with(texts, "Z"), pc.utf8_slice_codeunits(texts, 0, -1), texts)
    # Most often nothing else is unusual; the patterns below take several times as long.
    with contextlib.suppress(pa.ArrowInvalid):
        return _plain_times(zulu)
    texts = pc.utf8_trim_whitespace(texts)
    texts = pc.replace_substring_regex(texts, _NANOSECONDS, r"\1")
    read = pa.nulls(len(texts), _TIME)
    for form, kind in ((_WITHOUT_ZONE, _TIME), (_WITH_ZONE, pa.timestamp("us", "UTC"))):
        fitting = pc.if_else(pc.match_substring_regex(texts, form), texts, pa.scalar(None))
        # A day that no calendar has: then each of them by itself.
        with contextlib.suppress(pa.ArrowInvalid):
            read = pc.coalesce(read, fitting.cast(pa.string()).cast(kind).cast(_TIME))
    alone = {place: moment(values[place]) for place in _missing(read)}
    if any(moment is not None for moment in alone.values()):
        others = pa.array([alone.get(place) for place in range(len(values))], _TIME)
        read = pc.coalesce(read, others)
    return read


# Years before 1000 and after 8999 are looked at one by one: their moment may be none in UTC.
_MINUTE = r"^[1-8]\d{3}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?"
_WITHOUT_ZONE = rf"{_MINUTE}$|^[1-8]\d{{3}}-\d\d-\d\d$"
_WITH_ZONE = rf"{_MINUTE}(?:Z|[+-]\d\d(?::?\d\d)?)$"
_NANOSECONDS = r"(:\d\d\.\d{6})\d{1,3}"


def series(column: Column, parts: Sequence[Any]) -> pd.Series[Any]:
    """Return the column of a DataFrame, made of the cells of its pages."""
    return _series(column, pa.chunked_array(parts, _ARROW[column.kind]))


def _series(column: Column, chunks: Any) -> pd.Series[Any]:
    if column.kind == "text":
        # Left in its pieces: putting them together would need all texts twice for a moment.
        return pd.Series(_TEXT.__from_arrow__(chunks))
    if column.kind == "time":
        return pd.Series(chunks.to_numpy().astype("datetime64[us]")).dt.tz_localize("UTC")
    if column.kind == "category":
        return pd.Series(_categorical(column, chunks.unify_dictionaries().combine_chunks()))
    array = chunks.combine_chunks()
    missing = array.is_null().to_numpy(zero_copy_only=False)
    filler = False if column.kind == "flag" else 0
    numbers = array.fill_null(filler).to_numpy(zero_copy_only=False)
    # Written anew: what Arrow gives cannot be changed, and a DataFrame's columns can.
    if column.kind == "flag":
        return pd.Series(pd.arrays.BooleanArray(numbers.copy(), missing.copy()))
    if column.kind == "number":
        return pd.Series(pd.arrays.FloatingArray(numbers.copy(), missing.copy()))
    return pd.Series(pd.arrays.IntegerArray(numbers.copy(), missing.copy()))


def _categorical(column: Column, array: Any) -> pd.Categorical[Any]:
    """Return a category with all documented values, and behind them those that nobody told of."""
    seen = array.dictionary.to_pylist()
    unknown = sorted(set(seen) - set(column.values))
    categories = [*column.values, *unknown]
    place = {value: number for number, value in enumerate(categories)}
    # The last place is for missing values, whose code is -1.
    renumbered = np.array([*(place[value] for value in seen), -1], dtype=np.int32)
    codes = array.indices.fill_null(len(seen)).to_numpy(zero_copy_only=False)
    return pd.Categorical.from_codes(
        renumbered[codes], dtype=pd.CategoricalDtype(pd.Index(categories, dtype=TEXT))
    )


def arrow_table(frame: pd.DataFrame) -> pa.Table:
    """Return a table as Arrow and Parquet hold it: mappings, such as tags, are maps of texts.

    Left to itself pandas makes each key a member that all rows have, and cannot write a table
    without any key at all.
    """
    maps = [
        name
        for name in frame.columns
        if frame[name].dtype == object
        and any(isinstance(cell, dict) for cell in frame[name])
        and all(map(_is_mapping, frame[name]))
    ]
    table = pa.Table.from_pandas(frame.drop(columns=maps), preserve_index=False)
    for place, name in enumerate(frame.columns):
        if name in maps:
            cells = pa.array(map(_as_items, frame[name]), pa.map_(pa.string(), pa.string()))
            table = table.add_column(place, name, cells)
    return table


def from_arrow(
    columns: Sequence[Column], table: pa.Table | None, *, front: Sequence[str] = ()
) -> pd.DataFrame:
    """Return a table that was kept as Arrow or Parquet, with the dtypes of its schema.

    A column that the table has not is missing in all rows; one that the schema has not, stays.

    Args:
        columns: of the schema.
        table: what was kept; none gives no rows.
        front: texts that stand in front.
    """
    rows = 0 if table is None else table.num_rows
    kept = {} if table is None else dict(zip(table.column_names, table.columns, strict=True))
    found: dict[str, Any] = {}
    for name in front:
        texts = kept.pop(name, pa.chunked_array([pa.nulls(rows, pa.string())]))
        found[name] = _series(Column(name, "text", name, ""), texts.cast(pa.large_string()))
    for column in columns:
        cells = kept.pop(column.name, None)
        if column.kind == "mapping":
            items = [None] * rows if cells is None else cells.to_pylist()
            found[column.name] = pd.Series(
                [None if each is None else dict(each) for each in items], dtype=object
            )
            continue
        kind = _ARROW[column.kind]
        if cells is None:
            cells = pa.chunked_array([pa.nulls(rows, kind)], kind)
        elif column.kind == "category":
            cells = cells.cast(pa.string()).dictionary_encode().cast(kind)
        found[column.name] = _series(column, cells.cast(kind))
    found |= {name: cells.to_pandas() for name, cells in kept.items()}
    return pd.DataFrame(found, copy=False)


def _is_mapping(cell: Any) -> bool:
    return cell is None or (
        isinstance(cell, dict) and all(isinstance(each, str) for each in cell.values())
    )


def _as_items(cell: dict[str, str] | None) -> list[tuple[str, str]] | None:
    return None if cell is None else list(cell.items())
