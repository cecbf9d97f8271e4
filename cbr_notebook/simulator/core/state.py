"""The memory of a simulated cloud: one SQLite database, in memory or in a file."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from cbr_notebook.errors import CBRError
from cbr_notebook.simulator.core import database_schema

type_of_cell = str | int | float | bytes | None

_FILE_TROUBLE = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
}
"""SQLite's codes for what the disk or the file is to blame for."""

ORIGIN = "origin"
"""The fact that says what a cloud began as: an estate, or a file."""


R = TypeVar("R", bound=NamedTuple)
"""A class of rows: its fields are the columns of what is asked for, in their order."""


class StateFileError(CBRError):
    """A state file cannot be used; it was left as it is."""


_blank_lock = threading.Lock()


@cache
def _blank() -> sqlite3.Connection:
    """Return a database with all tables and no rows: to copy it is faster than to make them."""
    db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    _bring_forward(db)
    return db


def _version_of(db: sqlite3.Connection) -> int:
    """Return the version of the tables; 0 if there are none."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _bring_forward(db: sqlite3.Connection) -> None:
    """Make the tables of a new database, or bring an older one forward; wholly, or not at all."""
    db.execute("BEGIN IMMEDIATE")
    version = _version_of(db)
    steps = (
        [database_schema.UPGRADES[each] for each in range(version, database_schema.VERSION)]
        if version
        else [database_schema.TABLES]
    )
    for statement in ";".join(steps).split(";"):
        if statement.strip():
            db.execute(statement)
    if (
        version != database_schema.VERSION
    ):  # else there is nothing to write, and no disk to wait for
        db.execute(f"PRAGMA user_version = {database_schema.VERSION}")
    db.execute("COMMIT")


class State:
    """Everything that the cloud knows, read and changed by SQL.

    One connection serves all threads, under the engine's lock. A change is durable when
    the transaction that holds it has ended: with a file, it then survives a killed process.
    """

    def __init__(self, path: str | Path | None = None, *, sound: bool = False) -> None:
        """Open a database, and make its tables if it is new.

        Args:
            path: the state file; ``None`` keeps everything in memory.
            sound: whether the file is known to be whole, and one of this version.

        Raises:
            StateFileError: the file is damaged, newer than this version, not a state file,
                or in use by another cloud.
        """
        self.path = Path(path) if path is not None else None
        self._depth = 0
        self._seed: Any = None
        self._reserved: set[str] | None = None
        """The kinds for which values may be reserved; more than there are does no harm."""
        try:
            self._db = self._open(sound)
        except (sqlite3.DatabaseError, OSError) as problem:
            raise StateFileError(
                f"The state file {self.path} cannot be opened: {problem}.",
                advice="Is another cloud using it, or the disk full? Close that, make room, or "
                "choose another file. The file was not changed.",
            ) from problem

    def _open(self, sound: bool) -> sqlite3.Connection:
        if self.path is not None and not _is_taken(self.path):
            self.path.touch(mode=0o600)  # access keys are in it
        elif self.path is not None and not sound:
            _inspect(self.path)
        db = sqlite3.connect(
            self.path.absolute() if self.path is not None else ":memory:",
            check_same_thread=False,
            isolation_level=None,
            cached_statements=512,
            timeout=1.0,
        )
        db.row_factory = sqlite3.Row
        try:
            self._prepare(db)
        except BaseException:  # Ctrl-C, too: else the file stays locked as long as this process
            db.close()
            raise
        return db

    def _prepare(self, db: sqlite3.Connection) -> None:
        """Set a database up, and bring an older one forward; wholly, or not at all."""
        if self.path is not None:
            db.execute("PRAGMA locking_mode = EXCLUSIVE")
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA cache_size = -65536")
        if self.path is None and not _version_of(db):
            with _blank_lock:
                _blank().backup(db)
        else:
            _bring_forward(db)

    # -- reading and writing ---------------------------------------------------------

    def _execute(self, sql: str, values: tuple[type_of_cell, ...] = ()) -> sqlite3.Cursor:
        try:
            return self._db.execute(sql, values)
        except sqlite3.DatabaseError as problem:
            raise self._failure(problem) from problem

    def _failure(self, problem: sqlite3.DatabaseError) -> Exception:
        """Return the error of this package for a file that cannot be read or written."""
        if getattr(problem, "sqlite_errorcode", 0) & 0xFF not in _FILE_TROUBLE:
            return problem
        return StateFileError(
            f"The state {self.path or 'in memory'} cannot be used: {problem}.",
            advice="Make room on the disk, or copy the file elsewhere; what was being changed "
            "was not changed.",
        )

    def all(self, sql: str, *values: type_of_cell) -> list[sqlite3.Row]:
        """Return all rows of a query."""
        try:
            return self._db.execute(sql, values).fetchall()
        except sqlite3.DatabaseError as problem:
            raise self._failure(problem) from problem

    def one_of(self, kind: type[R], sql: str, *values: type_of_cell) -> R | None:
        """Return the first row of a query as a row of a class, or ``None``."""
        row = self._execute(sql, values).fetchone()
        return None if row is None else kind._make(row)

    def all_of(self, kind: type[R], sql: str, *values: type_of_cell) -> list[R]:
        """Return all rows of a query as rows of a class; its fields are the query's columns."""
        try:
            return list(map(kind._make, self._db.execute(sql, values)))
        except sqlite3.DatabaseError as problem:
            raise self._failure(problem) from problem

    def value(self, sql: str, *values: type_of_cell) -> Any:
        """Return the first cell of the first row of a query, or ``None``."""
        row = self._execute(sql, values).fetchone()
        return None if row is None else row[0]

    def number(self, sql: str, *values: type_of_cell) -> int:
        """Return the first cell of the first row of a query, which is a whole number."""
        return int(self.value(sql, *values))

    def has(self, sql: str, *values: type_of_cell) -> bool:
        """Say whether a query has any row."""
        return self._execute(sql, values).fetchone() is not None

    def column(self, sql: str, *values: type_of_cell) -> list[Any]:
        """Return the first cell of each row of a query."""
        return [row[0] for row in self.all(sql, *values)]

    def run(self, sql: str, *values: type_of_cell) -> int:
        """Carry out a change; return the number of rows that it touched."""
        return self._execute(sql, values).rowcount

    def run_many(self, sql: str, rows: Iterable[tuple[type_of_cell, ...]]) -> None:
        """Carry out one change for each row of values."""
        try:
            self._db.executemany(sql, rows)
        except sqlite3.DatabaseError as problem:
            raise self._failure(problem) from problem

    def insert(self, table: str, **columns: type_of_cell) -> None:
        """Add a row to a table, columns by name."""
        names = ", ".join(columns)
        marks = ", ".join("?" * len(columns))
        self._execute(
            f"INSERT INTO {table} ({names}) VALUES ({marks})",
            tuple(columns.values()),
        )

    def update(self, table: str, key: str, **columns: type_of_cell) -> None:
        """Change columns, by name, of the row whose ``id`` is ``key``."""
        names = ", ".join(f"{name} = ?" for name in columns)
        self._execute(
            f"UPDATE {table} SET {names} WHERE id = ?",
            (*columns.values(), key),
        )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all changes of the block, or none; may be nested."""
        if self._depth:
            yield
            return
        self._execute("BEGIN IMMEDIATE")
        self._depth = 1
        try:
            yield
            self._execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # SQLite ends it by itself when the disk is full
                self._db.execute("ROLLBACK")
            raise
        finally:
            self._depth = 0

    # -- small facts, and identifiers -------------------------------------------------

    def meta(self, key: str, default: Any = None) -> Any:
        """Return one of the cloud's own facts (seed, clock, switches)."""
        value = self.value("SELECT value FROM meta WHERE key = ?", key)
        return default if value is None else value

    def set_meta(self, key: str, value: type_of_cell) -> None:
        """Remember one of the cloud's own facts."""
        self._execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))

    def forget_meta(self, prefix: str) -> None:
        """Remember no longer those of the cloud's own facts whose key begins like this."""
        self._execute("DELETE FROM meta WHERE key LIKE ? || '%'", (prefix,))

    def take_reserved(self, kind: str) -> Any:
        """Remove and return the next value that an estate has reserved for a kind, or ``None``."""
        if self._reserved is None:
            self._reserved = set(self.column("SELECT kind FROM reserved"))
        if kind not in self._reserved:
            return None
        return self.value(
            "DELETE FROM reserved WHERE kind = ?1 AND position = "
            "(SELECT min(position) FROM reserved WHERE kind = ?1) RETURNING value",
            kind,
        )

    def reserve(self, kind: str, *values: type_of_cell) -> None:
        """Reserve values that the next things of a kind shall get, in this order."""
        self._reserved = None
        start = self.value("SELECT count(*) FROM reserved WHERE kind = ?", kind)
        self.run_many(
            "INSERT INTO reserved (kind, position, value) VALUES (?, ?, ?)",
            ((kind, start + step, value) for step, value in enumerate(values)),
        )

    @property
    def seed(self) -> Any:
        """What the cloud's identifiers follow from."""
        if self._seed is None:
            self._seed = self.meta("seed")
        return self._seed

    def random_bytes(self, purpose: str) -> bytes:
        """Draw sixteen bytes that depend on nothing but the seed and the draws before."""
        count = self.value(
            "UPDATE meta SET value = value + 1 WHERE key = 'draws' RETURNING value",
        )
        return hashlib.blake2b(f"{self.seed}/{purpose}/{count}".encode(), digest_size=16).digest()

    def new_id(self, kind: str) -> str:
        """Return a new lower-case UUID with dashes for a thing of this kind."""
        reserved = self.take_reserved(kind)
        return str(reserved) if reserved else str(UUID(bytes=self.random_bytes(kind), version=4))

    def new_hex(self, kind: str, digits: int = 32) -> str:
        """Return a new identifier of lower-case hexadecimal digits."""
        reserved = self.take_reserved(kind)
        return str(reserved) if reserved else self.random_bytes(kind).hex()[:digits]

    # -- files --------------------------------------------------------------------------

    def save_as(self, path: str | Path) -> None:
        """Write a copy of the whole state to a new file.

        Raises:
            StateFileError: the file exists already, or cannot be written.
        """
        if _is_taken(Path(path)):
            raise StateFileError(
                f"{path} exists already.", advice="Choose a new name; nothing was written."
            )
        try:
            self._db.execute("VACUUM INTO ?", (str(Path(path).absolute()),))
        except sqlite3.DatabaseError as problem:
            with contextlib.suppress(OSError):
                Path(path).unlink()  # of what was new, only a part could be written
            raise StateFileError(f"{path} cannot be written: {problem}.") from problem

    def load(self, source: sqlite3.Connection) -> None:
        """Replace everything by what another database holds, wholly or not at all.

        Args:
            source: a database of this version's tables, or of an older one's.

        Raises:
            StateFileError: it cannot be read, or this state cannot be written.
        """
        try:
            source.backup(self._db)
            self._prepare(self._db)
        except sqlite3.DatabaseError as problem:
            raise StateFileError(f"The state cannot be copied: {problem}.") from problem
        self._seed = None
        self._reserved = None

    def load_file(self, path: Path) -> None:
        """Replace everything by what a state file holds; the file is only read.

        Raises:
            StateFileError: it is damaged, newer than this version, not a state file, or a
                cloud is writing to it.
        """
        if not _is_taken(path) or not path.is_file() or not path.stat().st_size:
            raise StateFileError(
                f"There is no cloud in {path}.", advice="Name a file that cloud.snapshot() wrote."
            )
        if _has_log(path):
            raise StateFileError(
                f"The state file {path} is in use, or its cloud was not closed.",
                advice=f"Take a copy of that cloud: cloud.snapshot({str(path) + '.copy'!r}).",
            )
        _inspect(path)
        address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(address, uri=True)) as source:
            self.load(source)

    def copy_to(self, other: State) -> None:
        """Replace everything in another state by what is in this one."""
        other.load(self._db)

    def save_into(self, target: sqlite3.Connection) -> None:
        """Copy everything into another database, which holds nothing else afterwards."""
        self._db.backup(target)

    def fingerprint(self) -> str:
        """Return a SHA-256 over all rows of all tables, apart from what the cloud began as."""
        whole = hashlib.sha256()
        tables = self.all("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        for (table,) in tables:
            keys = self.all(
                "SELECT name FROM pragma_table_info(?) WHERE pk ORDER BY pk", str(table)
            )
            order = ", ".join(name for (name,) in keys)
            whole.update(f"{table}\n".encode())
            for row in self._db.execute(f"SELECT * FROM {table} ORDER BY {order}"):
                if table != "meta" or row["key"] != ORIGIN:
                    whole.update(repr(tuple(row)).encode())
        return whole.hexdigest()

    def close(self) -> None:
        """Close the database."""
        self._db.close()


def _is_taken(path: Path) -> bool:
    """Say whether there is anything by this name.

    Raises:
        StateFileError: it cannot be the name of a file.
    """
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    except (OSError, ValueError) as problem:
        raise StateFileError(f"{str(path)!r} cannot be used: {problem}.") from None
    return True


def _has_log(path: Path) -> bool:
    """Say whether a part of a state stands in SQLite's log beside it."""
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0


def _inspect(path: Path) -> None:
    """Refuse a file that is not a sound state of a known version, without writing to it.

    Args:
        path: the file. An empty one is a state that is yet to begin.

    Raises:
        StateFileError: it is damaged, newer, or something else.
        OSError: it cannot be read.
    """
    if not path.is_file():
        raise StateFileError(f"{path} is not a file.", advice="Choose another name for the state.")
    with path.open("rb") as file:
        start = file.read(len(_FIRST_BYTES))
    if not start:
        return
    advice = "Choose another file, or start a new cloud. The file was not changed."
    if start != _FIRST_BYTES:  # SQLite itself takes a file of a few bytes for an empty one
        raise StateFileError(f"{path} is not a state file.", advice=advice)
    address = f"{path.resolve().as_uri()}?mode=ro{'' if _has_log(path) else '&immutable=1'}"
    try:
        with closing(sqlite3.connect(address, uri=True)) as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            owner = db.execute("PRAGMA application_id").fetchone()[0]
            tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
            sound = db.execute("PRAGMA quick_check(1)").fetchone()[0]
            if path.stat().st_size % db.execute("PRAGMA page_size").fetchone()[0]:
                sound = "its end is missing"
    except sqlite3.OperationalError as problem:
        raise StateFileError(
            f"{path} cannot be opened: {problem}.",
            advice="Is another cloud using it? Close that, or choose another file.",
        ) from problem
    except sqlite3.DatabaseError as problem:
        raise StateFileError(
            f"{path} is not a usable state file: {problem}.", advice=advice
        ) from problem
    if sound != "ok":
        raise StateFileError(f"The state file {path} is damaged: {sound}.", advice=advice)
    if owner or bool(tables) != bool(version) or (tables and not tables >= _OUR_TABLES):
        raise StateFileError(f"{path} is a database, but not of a cloud.", advice=advice)
    if not 0 <= version <= database_schema.VERSION:
        raise StateFileError(
            f"The state file {path} has version {version}; this package knows up to "
            f"version {database_schema.VERSION}.",
            advice="Update cbr-notebook, or choose another file. The file was not changed.",
        )
    if version == database_schema.VERSION and (lost := _lost_parts(address)):
        raise StateFileError(f"The state file {path} is damaged: {lost}.", advice=advice)


def _lost_parts(address: str) -> str:
    """Return in words what a state of this version lacks; nothing if it is whole."""
    columns = "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c"
    with closing(sqlite3.connect(":memory:")) as new, closing(_read_only(address)) as kept:
        new.executescript(database_schema.TABLES)
        lost = set(new.execute(columns)) - set(kept.execute(columns))
        if lost:
            return f"it lacks the column {'.'.join(min(lost))}"
        clock = kept.execute("SELECT value FROM meta WHERE key = 'now'").fetchone()
        if clock is None:  # one that was just being made holds nothing at all
            return "it lacks its clock" if kept.execute("SELECT 1 FROM project").fetchone() else ""
        return "" if isinstance(clock[0], int) else "its clock shows no time"


def _read_only(address: str) -> sqlite3.Connection:
    return sqlite3.connect(address, uri=True)


_FIRST_BYTES = b"SQLite format 3\0"
_OUR_TABLES = {"meta", "reserved", "event", "project", "block", "vault", "backup", "task"}
"""Some of the tables that every version has."""
