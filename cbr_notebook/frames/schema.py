"""How a list of records becomes a DataFrame: one schema a resource."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

Kind = Literal["text", "time", "integer", "flag", "category"]

_DTYPES = {
    "text": "str",
    "time": "datetime64[us, UTC]",
    "integer": "Int64",
    "flag": "boolean",
    "category": "category",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, what it holds, and where that comes from.

    Attributes:
        name: the service's member name, nested ones joined by ``_``.
        kind: decides the dtype.
        source: the member, nested ones joined by a dot.
        description: what it means.
        unit: of numbers.
        values: the documented values of a category; others survive.
        read: instead of ``source``: how to get the value from a record.
    """

    name: str
    kind: Kind
    source: str
    description: str
    unit: str = ""
    values: tuple[str, ...] = ()
    read: Callable[[Any], Any] | None = None

    @property
    def dtype(self) -> str:
        """The dtype, as pandas writes it."""
        return _DTYPES[self.kind]

    def series(self, records: Sequence[Any]) -> pd.Series[Any]:
        """Give the column for some records."""
        get = self.read or _getter(self.source)
        values = [get(record) for record in records]
        if self.kind == "time":
            times = pd.Series(values, dtype=object, name=self.name)
            parsed = pd.to_datetime(times, utc=True, format="ISO8601")
            return parsed.astype("datetime64[us, UTC]")
        if self.kind == "category":
            seen = {value for value in values if value is not None}
            unknown = sorted(seen - set(self.values))
            dtype = pd.CategoricalDtype([*self.values, *unknown])
            return pd.Series(values, dtype=dtype, name=self.name)
        return pd.Series(values, dtype=self.dtype, name=self.name)


def _getter(source: str) -> Callable[[Any], Any]:
    first, *rest = source.split(".")

    def get(record: Any) -> Any:
        value = getattr(record, first)
        for name in rest:
            if value is None:
                return None
            value = getattr(value, name)
        return value

    return get


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of a DataFrame, in order.

    Attributes:
        name: of the resource, in the plural.
        columns: what there is.
        index_note: what one row is.
    """

    name: str
    row: str
    columns: tuple[Column, ...] = field(repr=False)

    def frame(self, records: Sequence[Any]) -> pd.DataFrame:
        """Give a DataFrame of records: the same columns and dtypes also when there are none."""
        return pd.DataFrame({column.name: column.series(records) for column in self.columns})

    def describe(self) -> pd.DataFrame:
        """Give the schema itself as a DataFrame: column, dtype, unit, source, description."""
        return pd.DataFrame(
            {
                "column": [column.name for column in self.columns],
                "dtype": [column.dtype for column in self.columns],
                "unit": [column.unit for column in self.columns],
                "source": [column.source for column in self.columns],
                "description": [column.description for column in self.columns],
            },
            dtype="str",
        )
