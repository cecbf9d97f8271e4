"""From records to columns: page by page into Arrow arrays, one DataFrame at the end.

Records are let go after each page, so a hundred thousand rows never exist as objects at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from cbr_notebook.errors import ServiceError

if TYPE_CHECKING:
    from cbr_notebook.frames.column import Column

_TIME = pa.timestamp("us")
_ARROW: dict[str, pa.DataType] = {
    "text": pa.large_string(),
    "time": _TIME,
    "integer": pa.int64(),
    "number": pa.float64(),
    "flag": pa.bool_(),
    "category": pa.dictionary(pa.int32(), pa.string()),
}

_TEXT = pd.StringDtype("pyarrow", na_value=np.nan)
"""What pandas calls ``str``."""


class Builder:
    """Takes records, a page at a time, and gives their DataFrame."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._chunks: dict[str, list[Any]] = {column.name: [] for column in columns}
        direct = [column.source.split(".")[0] for column in columns if column.read is None]
        self._members = {name: attrgetter(name) for name in direct}

    def add(self, records: Sequence[Any]) -> None:
        """Take some records."""
        if not records:
            return
        members = {name: list(map(get, records)) for name, get in self._members.items()}
        for column in self._columns:
            if column.read is not None:
                values: Sequence[Any] = [column.read(record) for record in records]
            else:
                first, *rest = column.source.split(".")
                values = members[first]
                for name in rest:
                    inner = attrgetter(name)
                    values = [None if each is None else inner(each) for each in values]
            self._chunks[column.name].append(_array(column, values))

    def frame(self) -> pd.DataFrame:
        """Give the DataFrame, and let the records' columns go."""
        series = {}
        for column in self._columns:
            kind = _ARROW[column.kind]
            series[column.name] = _series(
                column, pa.chunked_array(self._chunks.pop(column.name), kind)
            )
        return pd.DataFrame(series, copy=False)


def _array(column: Column, values: Sequence[Any]) -> Any:
    try:
        if column.kind == "time":
            return pa.array(values, pa.string()).cast(_TIME)
        if column.kind == "category":
            return pa.array(values, pa.string()).dictionary_encode()
        return pa.array(values, _ARROW[column.kind])
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return _array_with_care(column, values)


def _array_with_care(column: Column, values: Sequence[Any]) -> Any:
    """Read values that are not written as usual: a time with a zone, a number as a text."""
    try:
        if column.kind == "time":
            times = pd.to_datetime(
                pd.Series(values, dtype=object), utc=True, format="ISO8601"
            ).astype("datetime64[us, UTC]")
            return pa.array(times.dt.tz_localize(None), _TIME)
        convert = _CONVERT[column.kind]
        converted = [None if each is None else convert(each) for each in values]
        array = pa.array(converted, pa.string() if column.kind == "category" else None)
        if column.kind == "category":
            return array.dictionary_encode()
        return array.cast(_ARROW[column.kind])
    except (ValueError, TypeError, pa.ArrowException):
        raise ServiceError(
            f"The service gives a {column.kind} in {column.source!r} that cannot be read.",
            advice="Ask for fewer rows to find the one; session.client gives it as it came.",
        ) from None


_CONVERT: dict[str, Callable[[Any], Any]] = {
    "text": str,
    "category": str,
    "integer": int,
    "number": float,
    "flag": lambda value: value in (True, "true", "True"),
}


def _series(column: Column, chunks: Any) -> pd.Series[Any]:
    if column.kind == "text":
        # Left in its pieces: putting them together would need all texts twice for a moment.
        return pd.Series(pd.arrays.ArrowStringArray(chunks, dtype=_TEXT))  # type: ignore[call-arg]
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
    """Give a category with all documented values, and behind them those that nobody told of."""
    seen = array.dictionary.to_pylist()
    unknown = sorted(set(seen) - set(column.values))
    categories = [*column.values, *unknown]
    place = {value: number for number, value in enumerate(categories)}
    # The last place is for missing values, whose code is -1.
    renumbered = np.array([*(place[value] for value in seen), -1], dtype=np.int32)
    codes = array.indices.fill_null(len(seen)).to_numpy(zero_copy_only=False)
    return pd.Categorical.from_codes(
        renumbered[codes], dtype=pd.CategoricalDtype(pd.Index(categories, dtype="str"))
    )
