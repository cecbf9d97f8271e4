"""Which rows of two states of a project may differ, without reading more than that takes.

Most of a table is as it was the day before. Columns whose bytes are the same in both files are
not read; of the others the numbers of their dictionaries are compared, not their texts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cbr_notebook.histories.files import needed
from cbr_notebook.histories.store import Store

_KEY = "id"


class _File:
    """A file of the lake, of which single columns are read; or no rows, where there is none."""

    def __init__(self, content: bytes | None, schema: pa.Schema) -> None:
        self._schema = schema
        self._content = content
        self._parquet: pq.ParquetFile | None = None
        if content is not None:
            texts = [each.name for each in schema if each.name != _KEY and _is_text(each.type)]
            self._parquet = pq.ParquetFile(
                pa.BufferReader(content), read_dictionary=texts, pre_buffer=False
            )

    def read(self, names: list[str]) -> dict[str, pa.ChunkedArray]:
        """Return columns; texts stay numbers of a dictionary. What the file has not is missing."""
        if self._parquet is None:
            return {name: pa.chunked_array([], self._schema.field(name).type) for name in names}
        there = [name for name in names if name in self._parquet.schema_arrow.names]
        read = self._parquet.read(columns=there, use_threads=False)
        found = {}
        for name in names:
            kind = self._schema.field(name).type
            if name not in there:
                found[name] = pa.chunked_array([pa.nulls(read.num_rows, kind)])
            elif pa.types.is_dictionary(read[name].type) or read[name].type == kind:
                found[name] = read[name]
            else:
                found[name] = read[name].cast(kind)
        return found

    def parts(self) -> dict[str, list[bytes]]:
        """Return the bytes of each column, as they stand in the file."""
        found: dict[str, list[bytes]] = {}
        if self._parquet is None or self._content is None:
            return found
        about = self._parquet.metadata
        for group in range(about.num_row_groups):
            for place in range(about.num_columns):
                part = about.row_group(group).column(place)
                begin = part.data_page_offset
                if part.has_dictionary_page and part.dictionary_page_offset:
                    begin = min(begin, part.dictionary_page_offset)
                content = self._content[begin : begin + part.total_compressed_size]
                found.setdefault(part.path_in_schema.partition(".")[0], []).append(content)
        return found

    def has_the_types_of(self, other: _File) -> bool:
        """Return whether the columns of two files are written in the same way."""
        if self._parquet is None or other._parquet is None:
            return False
        one, two = self._parquet.metadata, other._parquet.metadata
        return bool(one.num_rows == two.num_rows and one.schema.equals(two.schema))


def differing(
    store: Store,
    files: tuple[str | None, str | None],
    schema: pa.Schema,
    values: list[str],
    shown: list[str],
) -> tuple[pa.Table, pa.Table]:
    """Return the rows of two states that are in one only, or may differ in a value.

    Their key is the ID. A value that is the same in all rows is missing in both tables.

    Args:
        store: of the lake.
        files: of the earlier and the later state; none where there are no rows.
        schema: of both.
        values: the columns that are compared.
        shown: further columns that the answer needs, whether they differ or not.
    """
    one, other = (_File(None if file is None else needed(store, file), schema) for file in files)
    same: set[str] = set()
    if one.has_the_types_of(other):
        before, after = one.parts(), other.parts()
        if before[_KEY] == after[_KEY]:
            same = {name for name in before if before[name] == after.get(name)} - set(shown)
    names = list(dict.fromkeys([_KEY, *shown, *(each for each in values if each not in same)]))
    earlier, later = one.read(names), other.read(names)
    compared = [name for name in values if name in earlier]
    keep = _rows_to_keep(earlier, later, compared)
    return _table(earlier, keep[0], schema), _table(later, keep[1], schema)


def _rows_to_keep(
    one: dict[str, pa.ChunkedArray], other: dict[str, pa.ChunkedArray], values: list[str]
) -> tuple[pa.Array, pa.Array]:
    """Return of both tables the places of rows that are in one only, or differ in a value."""
    if one[_KEY].equals(other[_KEY]):
        differs = np.zeros(len(one[_KEY]), bool)
        for name in values:
            differs |= _unequal(one[name], other[name], None, None)
        places = pa.array(differs.nonzero()[0])
        return places, places
    found = pc.index_in(other[_KEY], value_set=one[_KEY]).combine_chunks()
    both = found.is_valid().to_numpy(zero_copy_only=False)
    now = pa.array(both.nonzero()[0])
    then = found.drop_null()
    differs = np.zeros(len(now), bool)
    for name in values:
        differs |= _unequal(one[name], other[name], then, now)
    gone = np.ones(len(one[_KEY]), bool)
    gone[then.to_numpy()[~differs]] = False
    both[now.to_numpy()[differs]] = False
    return pa.array(gone.nonzero()[0]), pa.array((~both).nonzero()[0])


def _unequal(
    one: pa.ChunkedArray, other: pa.ChunkedArray, then: pa.Array | None, now: pa.Array | None
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return where two columns differ; nothing is equal to nothing.

    Args:
        one: the column of the earlier state.
        other: of the later one.
        then: the places of the rows in the earlier state; all in order if left out.
        now: of the same rows in the later one.
    """
    if pa.types.is_dictionary(one.type) and pa.types.is_dictionary(other.type):
        one, other = _numbered(one, other)
    elif pa.types.is_dictionary(one.type) or pa.types.is_dictionary(other.type):
        one, other = _plain(one), _plain(other)
    if then is not None:
        one, other = one.take(then), other.take(now)
    if one.equals(other):
        return np.zeros(len(one), bool)
    if pa.types.is_nested(one.type):
        pairs = zip(one.to_pylist(), other.to_pylist(), strict=True)
        return np.fromiter((a != b for a, b in pairs), bool, len(one))
    both = pc.fill_null(pc.not_equal(one, other), False)
    found: np.ndarray[Any, np.dtype[np.bool_]] = pc.or_(
        both, pc.xor(pc.is_null(one), pc.is_null(other))
    ).to_numpy()
    return found


def _numbered(
    one: pa.ChunkedArray, other: pa.ChunkedArray
) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """Return the numbers of the texts in both columns, by the dictionary of the later one.

    A text that the later one has not gets a number that is none of its own.
    """
    old, new = (each.unify_dictionaries().combine_chunks() for each in (one, other))
    if old.dictionary.equals(new.dictionary):
        return pa.chunked_array([old.indices]), pa.chunked_array([new.indices])
    numbers = pc.fill_null(pc.index_in(old.dictionary, value_set=new.dictionary), -1)
    return (
        pa.chunked_array([numbers.take(old.indices)], pa.int32()),
        pa.chunked_array([new.indices.cast(pa.int32())]),
    )


def _table(columns: dict[str, pa.ChunkedArray], keep: pa.Array, schema: pa.Schema) -> pa.Table:
    """Return some rows of columns; columns that were not read are missing."""
    kept = {name: _plain(column.take(keep)) for name, column in columns.items()}
    rows = len(kept[_KEY])
    return pa.table(
        [
            kept[each.name].cast(each.type) if each.name in kept else pa.nulls(rows, each.type)
            for each in schema
        ],
        schema=schema,
    )


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    return column.cast(kind.value_type) if pa.types.is_dictionary(kind) else column


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
