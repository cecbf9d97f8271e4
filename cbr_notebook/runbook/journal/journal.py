"""The journal of a restore: an append-only file that survives a killed process.

One line of JSON an entry, flushed to the disk before the next step is taken. Each entry
carries the hash of the one before it, so that a changed, missing or reordered entry shows.
A line that was cut off by a crash was never acted on, and is set aside when the journal is
opened again.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from cbr_notebook.errors import Conflict, InvalidRequest, JournalFailed

_FIRST = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: when, what, with which facts."""

    number: int
    at: str
    """When, in UTC, by the session's clock (ISO 8601)."""
    kind: str
    facts: dict[str, Any]
    previous: str
    """The hash of the entry before, or zeros."""
    hash: str

    @property
    def moment(self) -> datetime:
        """When, in UTC."""
        return datetime.fromisoformat(self.at)

    def as_dict(self) -> dict[str, Any]:
        """Return the entry as it stands in the file and in reports."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


def _hash(number: int, at: str, kind: str, facts: dict[str, Any], previous: str) -> str:
    text = json.dumps([number, at, kind, facts, previous], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def read_entries(documents: Iterable[dict[str, Any]]) -> list[Entry]:
    """Turn entries as they stand in a file or a report into objects, unchecked.

    Raises:
        InvalidRequest: something is not an entry of a journal.
    """
    try:
        return [Entry(**document) for document in documents]
    except TypeError as problem:
        raise InvalidRequest(
            "This is not a journal of a restore.", advice="Was the file edited, or cut off?"
        ) from problem


def broken_link(entries: Iterable[Entry]) -> int | None:
    """Return the number of the first entry that is not as it was written, or ``None``."""
    previous, expected = _FIRST, 1
    for entry in entries:
        intact = (
            entry.number == expected
            and entry.previous == previous
            and entry.hash == _hash(entry.number, entry.at, entry.kind, entry.facts, entry.previous)
        )
        if not intact:
            return expected
        previous, expected = entry.hash, expected + 1
    return None


class Journal:
    """The journal of one run, in a file of its own.

    Only one process may write it at a time; the lock goes when the process does, however it
    ends.
    """

    def __init__(self, path: Path) -> None:
        """Open a journal, new or old, for reading; see :meth:`held` for writing.

        Args:
            path: the file; its folder must exist.

        Raises:
            InvalidRequest: the file is not a journal, or was edited.
            JournalFailed: the file cannot be read.
        """
        self.path = path
        self.entries: list[Entry] = []
        self.torn = False
        """Whether a last line was found that a crash had cut off; it counts for nothing."""
        self._between_processes = FileLock(path.with_suffix(".lock"), timeout=0, thread_local=False)
        self._between_threads = threading.RLock()
        self._depth = 0
        self._sound_bytes = 0
        self.reload()

    @property
    def file_id(self) -> int | None:
        """What tells the file from a copy of it; ``None`` where there is no file yet."""
        try:
            return self.path.stat().st_ino
        except OSError:
            return None

    def reload(self) -> None:
        """Read what other processes have written meanwhile."""
        documents: list[dict[str, Any]] = []
        self._sound_bytes = 0
        self.torn = False
        lines = self._read().splitlines(keepends=True)
        for number, line in enumerate(lines, 1):
            document = _read_line(line)
            if document is None:
                if number < len(lines):
                    raise self._edited(number)
                self.torn = True
                break
            documents.append(document)
            self._sound_bytes += len(line)
        self.entries = read_entries(documents)
        broken = broken_link(self.entries)
        if broken is not None:
            raise self._edited(broken)

    def _read(self) -> bytes:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            if self.entries:
                raise self._failed("is gone") from None
            return b""
        except OSError as problem:
            raise self._failed(f"cannot be read: {problem.strerror}") from None

    def _failed(self, what: str) -> JournalFailed:
        return JournalFailed(
            f"The journal {self.path} {what}.",
            advice="Make room, or give back the right to write, in the folder of the journals; "
            "session.tasks() shows what the service does.",
        )

    def _edited(self, number: int) -> InvalidRequest:
        return InvalidRequest(
            f"The journal {self.path} was changed after it was written: "
            f"entry {number} does not fit the ones before it.",
            advice="Take the run up by hand: session.tasks() shows what the service did.",
        )

    @contextmanager
    def held(self) -> Iterator[None]:
        """Lock the journal for one writer while this lasts; what others wrote before has been read.

        Raises:
            Conflict: another thread or process is the writer.
        """
        if not self._between_threads.acquire(blocking=False):
            raise _busy()
        try:
            if self._depth == 0:
                self._begin_to_write()
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self._between_processes.release()
        finally:
            self._between_threads.release()

    def _begin_to_write(self) -> None:
        try:
            self._between_processes.acquire()
        except Timeout:
            raise _busy() from None
        except OSError as problem:
            raise self._failed(f"cannot be locked: {problem.strerror}") from None
        try:
            self.reload()
            if self.torn:
                self._cut_off_torn_line()
        except BaseException:
            self._between_processes.release()
            raise

    def append(self, at: datetime, kind: str, **facts: Any) -> Entry:
        """Add an entry; when this returns, it is on the disk.

        Args:
            at: when it happened.
            kind: what happened, such as ``restore_asked``.
            facts: anything JSON can hold; never a secret.

        Raises:
            JournalFailed: the file cannot be written, is gone, or was changed meanwhile.
        """
        assert self._depth, "only who holds the journal writes it"
        if self.torn:
            self.torn = False
            self.append(at, "cut_line_dropped")
        number = len(self.entries) + 1
        previous = self.entries[-1].hash if self.entries else _FIRST
        facts = json.loads(json.dumps(facts, default=str))
        moment = at.isoformat()
        entry = Entry(
            number, moment, kind, facts, previous, _hash(number, moment, kind, facts, previous)
        )
        line = json.dumps(entry.as_dict(), ensure_ascii=False) + "\n"
        self._write(line.encode())
        self.entries.append(entry)
        return entry

    def _write(self, line: bytes) -> None:
        """Add a line durably, to the file as this process knows it and to no other."""
        new = not self.path.exists()
        flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0)
        if not self.entries:
            flags |= os.O_CREAT
        try:
            handle = os.open(self.path, flags, 0o600)
        except FileNotFoundError:
            raise self._failed("is gone; it was deleted while the restore was under way") from None
        except OSError as problem:
            raise self._failed(f"cannot be written: {problem.strerror}") from None
        with os.fdopen(handle, "ab", buffering=0) as file:
            if os.fstat(file.fileno()).st_size != self._sound_bytes:
                raise self._failed("was changed by something else while it was being written")
            try:
                written = file.write(line)
                os.fsync(file.fileno())
            except OSError as problem:
                raise self._failed(f"cannot be written: {problem.strerror}") from None
            if written != len(line):
                raise self._failed("cannot be written: no space is left")
        self._sound_bytes += len(line)
        if new:
            _sync_folder(self.path.parent)

    def _cut_off_torn_line(self) -> None:
        try:
            with self.path.open("r+b") as file:
                file.truncate(self._sound_bytes)
                os.fsync(file.fileno())
        except OSError as problem:
            raise self._failed(f"cannot be written: {problem.strerror}") from None

    def last(self, *kinds: str) -> Entry | None:
        """Return the newest entry of some kinds."""
        return next((entry for entry in reversed(self.entries) if entry.kind in kinds), None)


def _busy() -> Conflict:
    return Conflict(
        "Another notebook, process or thread is carrying out this restore.",
        advice="Watch it there, or end it there and then resume here.",
    )


def _read_line(line: bytes) -> dict[str, Any] | None:
    """Return what a line says; ``None`` if it was cut off."""
    if not line.endswith(b"\n"):
        return None
    try:
        document = json.loads(line)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _sync_folder(folder: Path) -> None:
    """Make a new file's name durable too, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
