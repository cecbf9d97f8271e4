"""Tables as Parquet files of the lake, and back; also those of an earlier version."""

from __future__ import annotations

import hashlib
import io
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.frames import SCHEMAS
from cbr_notebook.frames.building.arrow_columns import arrow_table, from_arrow
from cbr_notebook.frames.fleet import PLACE
from cbr_notebook.histories.manifest import Entry
from cbr_notebook.histories.store import Store

DATA = "data"
_BESIDE = b"cbr-notebook"
_KEPT_BESIDE = ("outcomes", "simulated")
"""What stands beside a table, and is kept with it."""
KEYS: Mapping[str, tuple[str, ...]] = {
    "vaults": ("id",),
    "policies": ("id",),
    "policy_rules": ("policy_id", "rule"),
    "resources": ("id",),
    "vault_resources": ("vault_id", "id"),
    "backups": ("id",),
    "tasks": ("id",),
    "records": ("kind", "id"),
}
"""What makes a row of a table the same row on another day."""


def write(
    store: Store,
    table: str,
    place: tuple[str, str, str],
    frame: pd.DataFrame,
    now: datetime,
    *,
    whole_at: str,
    before: Entry | None,
) -> Entry:
    """Write a table of a project as it stands, unless it is as it was; return its entry.

    Args:
        store: of the lake.
        table: its name.
        place: profile, region and project.
        frame: as a session gives it.
        now: when it was read.
        whole_at: when all of it was read last.
        before: its newest entry.
    """
    content, shape = _content(table, place, frame)
    digest = hashlib.sha256(content).hexdigest()
    day = f"{now:%Y-%m-%d}"
    if before is not None and before.digest == digest and store.read(before.file) == content:
        file = before.file
    else:
        where = "/".join(_safe(each) for each in place)
        file = f"{DATA}/{table}/{day}/{where}/{now:%H%M%S}-{secrets.token_hex(6)}.parquet"
        store.write(file, content)
    synced_at = now.isoformat(timespec="microseconds")
    return Entry(table, *place, day, file, len(frame), digest, shape, synced_at, whole_at)


def read(store: Store, table: str, entries: Sequence[Entry]) -> pd.DataFrame:
    """Return the rows of some entries, as a session's table with its place in front."""
    with readable(store, [each.file for each in entries]):
        found = None if not entries else dataset(store, entries).to_table()
    return from_arrow(SCHEMAS[table].columns, found, front=PLACE)


def beside(store: Store, entry: Entry) -> dict[str, Any]:
    """Return what was noted beside a table when it was written; nothing in older lakes."""
    about = _schema(store, entry.file).metadata or {}
    found: dict[str, Any] = msgspec.json.decode(about.get(_BESIDE, b"{}"))
    return found


def dataset(store: Store, entries: Sequence[Entry]) -> Any:
    """Return the files of some entries as one Arrow dataset, with the columns of all versions.

    Its rows are in the order of the entries.
    """
    by_shape = {each.shape: each.file for each in entries}
    schemas = [_schema(store, file) for file in by_shape.values()]
    schema = pa.unify_schemas(
        [each.remove_metadata() for each in schemas], promote_options="permissive"
    )
    files = list(dict.fromkeys(store.place(each.file) for each in entries))
    return of_files(store, files, schema)


def of_files(store: Store, files: Sequence[str], schema: pa.Schema) -> Any:
    """Return files as one Arrow dataset, with the columns of a schema."""
    return ds.dataset(list(files), schema=schema, filesystem=store.fs, format="parquet")


def needed(store: Store, file: str) -> bytes:
    """Return the content of a file that an entry names.

    Raises:
        InvalidRequest: it is not there.
    """
    content = store.read(file)
    if content is None:
        raise _unreadable(store, f"{file} is not there")
    return content


@contextmanager
def readable(store: Store, files: Iterable[str]) -> Iterator[None]:
    """Name a file of the lake that cannot be read.

    Args:
        store: of the lake.
        files: what is read.

    Raises:
        InvalidRequest: one of them cannot be read.
    """
    trouble = ""
    try:
        yield
    except (pa.ArrowException, OSError) as problem:
        trouble = str(problem)
    if trouble:
        check(store, files)
        raise _unreadable(store, trouble)


def check(store: Store, files: Iterable[str]) -> None:
    """Read files, to find out which of them cannot be.

    Raises:
        InvalidRequest: one of them cannot be read.
    """
    for file in files:
        trouble = ""
        try:
            pq.read_table(io.BytesIO(needed(store, file)))
        except (pa.ArrowException, OSError) as problem:
            trouble = str(problem)
        if trouble:
            raise _unreadable(store, f"{file}: {trouble}")


def _unreadable(store: Store, trouble: str) -> InvalidRequest:
    said = " ".join(trouble.split()).rstrip(".")
    return InvalidRequest(
        f"A file of the lake {store.address!r} cannot be read: {said}.",
        advice="A sync reads anew what is lost of the present. A past day needs the file from a "
        "copy of the lake; other days and tables can be asked without it.",
        field="path",
    )


def _schema(store: Store, file: str) -> pa.Schema:
    with readable(store, [file]):
        return pq.read_schema(io.BytesIO(needed(store, file)))


def _content(table: str, place: tuple[str, str, str], frame: pd.DataFrame) -> tuple[bytes, str]:
    keys = [name for name in KEYS.get(table, ()) if name in frame.columns]
    ordered = frame.sort_values(keys, kind="stable", ignore_index=True) if keys else frame
    found = arrow_table(ordered)
    columns, fields = [], []
    for name, text in zip(PLACE, place, strict=True):
        columns.append(pa.array([text] * len(ordered), pa.string()))
        fields.append(pa.field(name, pa.string()))
    kinds = {column.name: column.kind for column in SCHEMAS[table].columns}
    for field, column in zip(found.schema, found.columns, strict=True):
        kind = field.type
        if pa.types.is_dictionary(kind) or pa.types.is_large_string(kind):
            kind = pa.string()
        elif kinds.get(field.name) == "mapping":
            kind = pa.map_(pa.string(), pa.string())
        columns.append(column if kind == field.type else column.cast(kind))
        fields.append(pa.field(field.name, kind))
    beside = {name: frame.attrs[name] for name in _KEPT_BESIDE if name in frame.attrs}
    about = {_BESIDE: msgspec.json.encode(beside)} if beside else None
    made = pa.table(columns, schema=pa.schema(fields, about))
    shape = hashlib.sha256(str(made.schema.remove_metadata()).encode()).hexdigest()[:16]
    return encoded(made, keys), shape


def encoded(table: pa.Table, keys: Sequence[str]) -> bytes:
    """Return a table as the content of a Parquet file.

    Args:
        table: the rows.
        keys: columns of which each row has a value of its own: a dictionary of them is of no use.
    """
    repeated = [
        each.name
        for each in table.schema
        if pa.types.is_string(each.type) and each.name not in keys
    ]
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", use_dictionary=repeated)
    return buffer.getvalue()


_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?|.*\.", re.IGNORECASE)
"""Names that Windows keeps for itself, and those whose last point it drops."""


def _safe(text: str) -> str:
    """Return a name of a folder that any store takes, different for different texts."""
    plain = "".join(each if each.isalnum() or each in "-_." else "_" for each in text)[:60]
    if plain == text and plain.strip(".") and not _RESERVED.fullmatch(text):
        return plain
    return f"{plain.replace('.', '_')}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
