"""From records to columns: page by page, one DataFrame at the end.

Records are let go after each page, so a hundred thousand rows never exist as objects at once.
With PyArrow (the extra ``arrow``) columns are Arrow's, which is faster and smaller; without it
the same table is made, with the same dtypes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from operator import attrgetter
from typing import Any

import msgspec
import pandas as pd

from cbr_notebook.frames.column import Column

_ROOM = "arrow_columns" if find_spec("pyarrow") else "plain_columns"
columns_of: Any = import_module(f"cbr_notebook.frames.building.{_ROOM}")


class Builder:
    """Builds a DataFrame from records, a page at a time."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._chunks: dict[str, list[Any]] = {column.name: [] for column in columns}
        direct = [column.source.split(".")[0] for column in columns if column.read is None]
        self._members = {name: attrgetter(name) for name in direct}

    def add(self, records: Sequence[Any]) -> None:
        """Add some records."""
        if not records:
            return
        members = self._members_of(records)
        for column in self._columns:
            if column.read is not None:
                values: Sequence[Any] = [column.read(record) for record in records]
            else:
                first, *rest = column.source.split(".")
                values = members[first]
                for name in rest:
                    inner = attrgetter(name)
                    values = (
                        [None if each is None else inner(each) for each in values]
                        if None in values
                        else list(map(inner, values))
                    )
            if column.kind == "mapping":
                self._chunks[column.name] += values  # as it is: a dictionary a cell
                continue
            part = columns_of.part(column, values, lambda: _names(records))
            self._chunks[column.name].append(part)

    def _members_of(self, records: Sequence[Any]) -> Mapping[str, Sequence[Any]]:
        """Return the values of each member that a column reads."""
        first = records[0]
        if isinstance(first, msgspec.Struct):
            # Three times as fast as a member at a time.
            values = zip(*map(msgspec.structs.astuple, records), strict=True)
            return dict(zip(first.__struct_fields__, values, strict=True))
        return {name: list(map(get, records)) for name, get in self._members.items()}

    def frame(self) -> pd.DataFrame:
        """Return the DataFrame, and let the records' columns go."""
        series = {}
        for column in self._columns:
            if column.kind == "mapping":
                series[column.name] = pd.Series(self._chunks.pop(column.name), dtype=object)
                continue
            series[column.name] = columns_of.series(column, self._chunks.pop(column.name))
        return pd.DataFrame(series, copy=False)


def _names(records: Sequence[Any]) -> list[str]:
    """Return how messages call records: by name, ID or place."""
    return [
        str(getattr(each, "name", None) or getattr(each, "id", None) or f"row {place + 1}")
        for place, each in enumerate(records)
    ]
