"""What a DataFrame of a resource has: one schema each, and a row type that reads only that."""

from __future__ import annotations

import types
import typing
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import msgspec
import pandas as pd

from cbr_notebook.frames.building.builder import Builder
from cbr_notebook.frames.column import Column
from cbr_notebook.text.dtypes import TEXT


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of a DataFrame, in order.

    Attributes:
        name: of the resource, in the plural.
        row: what one row is.
        columns: what there is.
    """

    name: str
    row: str
    columns: tuple[Column, ...] = field(repr=False)

    def builder(self) -> Builder:
        """Return what makes a DataFrame from pages of records."""
        return Builder(self.columns)

    def frame(self, records: Sequence[Any]) -> pd.DataFrame:
        """Return a DataFrame of records: the same columns and dtypes also when there are none."""
        builder = self.builder()
        builder.add(records)
        return builder.frame()

    def row_type(self, record: type[msgspec.Struct]) -> type[msgspec.Struct]:
        """Return a struct with only those members of a record that the columns need.

        Decoding it is several times as fast as decoding the whole record.
        """
        paths = tuple(
            (column.source.split(".")[0],) if column.read else tuple(column.source.split("."))
            for column in self.columns
        )
        return _pruned(record, paths)

    def describe(self) -> pd.DataFrame:
        """Return the schema itself as a DataFrame: column, dtype, unit, source, description."""
        return pd.DataFrame(
            {
                "column": [column.name for column in self.columns],
                "dtype": [column.dtype for column in self.columns],
                "unit": [column.unit for column in self.columns],
                "source": [column.source for column in self.columns],
                "description": [column.description for column in self.columns],
            },
            dtype=TEXT,
        )


@cache
def _pruned(
    record: type[msgspec.Struct], paths: tuple[tuple[str, ...], ...]
) -> type[msgspec.Struct]:
    known = {each.name: each for each in msgspec.structs.fields(record)}
    fields: list[tuple[str, Any, Any]] = []
    for name in dict.fromkeys(path[0] for path in paths):
        member = known[name]
        below = tuple(path[1:] for path in paths if path[0] == name)
        kind: Any = member.type
        nested = _struct_in(kind)
        if nested is not None and all(below):
            kind = _pruned(nested, below) | None
        fields.append((name, kind) if member.required else (name, kind, None))  # type: ignore[arg-type]
    return msgspec.defstruct(f"{record.__name__}Row", fields, gc=False, frozen=True, kw_only=True)


def _struct_in(kind: Any) -> type[msgspec.Struct] | None:
    """Return the struct of ``Struct`` or ``Struct | None``."""
    union = typing.get_origin(kind) in (typing.Union, types.UnionType)
    for each in typing.get_args(kind) if union else (kind,):
        if isinstance(each, type) and issubclass(each, msgspec.Struct):
            return each
    return None
