"""Which rows of two states of a project may differ, without reading more than that takes.

Most of a table is as it was the day before. Columns whose bytes are the same in both files are
not read; of the others the numbers of their dictionaries are compared, not their texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cbr_notebook.histories.files import needed, readable
from cbr_notebook.histories.store import Store

_Places = np.ndarray[Any, np.dtype[np.int64]]
_KEY = "id"
_SEVERAL = object()
"""Stands for the values of a column that has more than one, or of which nothing is told."""
_HAVE_NAN = ("FLOAT", "DOUBLE")
"""Types whose statistics leave out what is no number."""


class _File:
    """A file of the lake, of which single columns are read; or no rows, where there is none."""

    def __init__(self, content: bytes | None, schema: pa.Schema) -> None:
        self._schema = schema
        self._content = content or b""
        self._parquet: pq.ParquetFile | None = None
        self._names: frozenset[str] = frozenset()
        if content is not None:
            texts = [each.name for each in schema if each.name != _KEY and _is_text(each.type)]
            self._parquet = pq.ParquetFile(
                pa.BufferReader(content), read_dictionary=texts, pre_buffer=False
            )
            self._names = frozenset(self._parquet.schema_arrow.names)

    def read(self, names: list[str]) -> dict[str, pa.Array]:
        """Return columns; texts stay numbers of a dictionary. What the file has not is missing."""
        if self._parquet is None:
            return {name: pa.array([], self._schema.field(name).type) for name in names}
        there = [name for name in names if name in self._names]
        read = self._parquet.read(columns=there, use_threads=False)
        found = {}
        for name in names:
            kind = self._schema.field(name).type
            if name not in self._names:
                found[name] = pa.nulls(read.num_rows, kind)
                continue
            column = _in_one_piece(read[name])
            is_known = pa.types.is_dictionary(column.type) or column.type == kind
            found[name] = column if is_known else column.cast(kind)
        return found

    def is_written_as(self, other: _File) -> bool:
        """Return whether the columns of two files have the same types, also within the files."""
        if self._parquet is None or other._parquet is None:
            return False
        return bool(self._parquet.metadata.schema.equals(other._parquet.metadata.schema))

    def contents(self) -> dict[str, list[bytes]]:
        """Return the bytes of each column, as they stand in the file."""
        found: dict[str, list[bytes]] = {}
        for part in self._parts():
            begin = part.data_page_offset
            if part.has_dictionary_page and part.dictionary_page_offset:
                begin = min(begin, part.dictionary_page_offset)
            content = self._content[begin : begin + part.total_compressed_size]
            found.setdefault(part.path_in_schema.partition(".")[0], []).append(content)
        return found

    def single_values(self) -> dict[str, set[Any]]:
        """Return the value of each column that has the same one in all rows, as far as is told."""
        found: dict[str, set[Any]] = {}
        for part in self._parts():
            told = part.statistics
            is_same = (
                told is not None
                and told.has_min_max
                and told.null_count == 0
                and part.physical_type not in _HAVE_NAN
                and told.min == told.max
            )
            found.setdefault(part.path_in_schema, set()).add(told.min if is_same else _SEVERAL)
        return {
            name: values
            for name, values in found.items()
            if len(values) == 1 and _SEVERAL not in values
        }

    def _parts(self) -> Iterator[Any]:
        if self._parquet is None:
            return
        about = self._parquet.metadata
        for group in range(about.num_row_groups):
            of_group = about.row_group(group)
            for place in range(about.num_columns):
                yield of_group.column(place)


def differing(
    store: Store,
    files: tuple[str | None, str | None],
    schema: pa.Schema,
    values: list[str],
    shown: str | None,
) -> tuple[pa.Table, pa.Table]:
    """Return the rows of two states that are in one only, or may differ in a value.

    Their key is the ID. Both tables lack columns that are the same in all rows, and the place.

    Args:
        store: of the lake.
        files: of the earlier and the later state; none where there are no rows.
        schema: of both.
        values: the columns that are compared.
        shown: a column that the answer needs, whether it differs or not.
    """
    one, other = (_opened(store, file, schema) for file in files)
    same = _same_columns(one, other) - {shown}
    names = [_KEY, *(name for name in values if name not in same)]
    earlier, later = one.read(names), other.read(names)
    keep = _rows_to_keep(earlier, later, names[1:])
    return _table(earlier, keep[0], schema), _table(later, keep[1], schema)


def _opened(store: Store, file: str | None, schema: pa.Schema) -> _File:
    if file is None:
        return _File(None, schema)
    with readable(store, [file]):
        return _File(needed(store, file), schema)


def _same_columns(one: _File, other: _File) -> set[str | None]:
    """Return columns in which no row of the one state differs from its row in the other."""
    if not one.is_written_as(other):
        return set()
    before, after = one.contents(), other.contents()
    if before[_KEY] == after[_KEY]:
        return {name for name in before if before[name] == after[name]}
    first, last = one.single_values(), other.single_values()
    return {name for name in first if first[name] == last.get(name)}


def _rows_to_keep(
    one: dict[str, pa.Array], other: dict[str, pa.Array], values: list[str]
) -> tuple[pa.Array, pa.Array]:
    """Return of both tables the places of rows that are in one only, or differ in a value."""
    if one[_KEY].equals(other[_KEY]):
        differs = np.zeros(len(one[_KEY]), bool)
        for name in values:
            differs |= _unequal(one[name], other[name], None, None)
        places = pa.array(differs.nonzero()[0])
        return places, places
    found = pc.index_in(other[_KEY], value_set=one[_KEY])
    both = found.is_valid().to_numpy(zero_copy_only=False)
    now = both.nonzero()[0]
    then = found.drop_null().to_numpy()
    differs = np.zeros(len(now), bool)
    for name in values:
        differs |= _unequal(one[name], other[name], then, now)
    gone = np.ones(len(one[_KEY]), bool)
    gone[then[~differs]] = False
    both[now[differs]] = False
    return pa.array(gone.nonzero()[0]), pa.array((~both).nonzero()[0])


def _unequal(
    one: pa.Array, other: pa.Array, then: _Places | None, now: _Places | None
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
    if _has_only_numbers(one) and _has_only_numbers(other):
        before, after = (each.to_numpy(zero_copy_only=False) for each in (one, other))
        if then is not None:
            before, after = before[then], after[now]
        return np.asarray(before != after, bool)
    if then is not None:
        one, other = one.take(pa.array(then)), other.take(pa.array(now))
    if one.equals(other):
        return np.zeros(len(one), bool)
    if pa.types.is_nested(one.type):
        pairs = zip(one.to_pylist(), other.to_pylist(), strict=True)
        return np.fromiter((a != b for a, b in pairs), bool, len(one))
    both = pc.fill_null(pc.not_equal(one, other), False)
    differs = pc.or_(both, pc.xor(pc.is_null(one), pc.is_null(other)))
    return np.asarray(differs.to_numpy(zero_copy_only=False), bool)


def _numbered(one: pa.Array, other: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return the numbers of the texts in both columns, by the dictionary of the later one.

    A text that the later one has not gets a number that is none of its own.
    """
    if one.dictionary.equals(other.dictionary):
        return one.indices, other.indices
    numbers = pc.fill_null(pc.index_in(one.dictionary, value_set=other.dictionary), -1)
    return numbers.take(one.indices), other.indices.cast(pa.int32())


def _has_only_numbers(column: pa.Array) -> bool:
    """Return whether NumPy compares a column by itself: numbers or times, and none is missing."""
    return column.null_count == 0 and bool(pa.types.is_primitive(column.type))


def _in_one_piece(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 1:
        return column.chunk(0)
    return column.unify_dictionaries().combine_chunks()


def _table(columns: dict[str, pa.Array], keep: pa.Array, schema: pa.Schema) -> pa.Table:
    """Return some rows of columns, with the types of a schema."""
    kept = {name: _plain(column.take(keep)) for name, column in columns.items()}
    return pa.table({name: column.cast(schema.field(name).type) for name, column in kept.items()})


def _plain(column: pa.Array) -> pa.Array:
    kind = column.type
    return column.cast(kind.value_type) if pa.types.is_dictionary(kind) else column


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
