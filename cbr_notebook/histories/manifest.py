"""Which files make up the lake: one list, switched as a whole, without renaming anything.

Each sync ends by writing a manifest under a new name, with a number and a checksum. One that was
not written to its end does not count. A manifest names those that it includes; where two syncs end
at once, neither includes the other, and whoever reads next puts both together.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime
from typing import Any, NamedTuple

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.histories.store import Store

FOLDER = "manifest"
_FORMAT = 1
_KEPT = 4
"""Manifests that stay, though a newer one includes them: somebody may be reading."""
_ATTEMPTS = 5
CARRIED = ("resources", "records")
"""Tables that a sync may take from the one before; what was read then stands in ``whole_at``."""


class Entry(NamedTuple):
    """One table of one project on one day, and the file that holds it.

    Attributes:
        table: its name.
        profile, region, project: where it is from.
        day: of the state, as ``2026-11-20``.
        file: the file, below the lake.
        rows: how many.
        digest: of the file's content.
        shape: of its columns.
        synced_at: when it was read, in UTC.
        whole_at: when all of it was read last, in UTC.
    """

    table: str
    profile: str
    region: str
    project: str
    day: str
    file: str
    rows: int
    digest: str
    shape: str
    synced_at: str
    whole_at: str

    @property
    def carried_over(self) -> bool:
        """Whether all of it was taken as it had been read before; see :mod:`carried`."""
        return self.table in CARRIED and moment(self.whole_at) < moment(self.synced_at)

    @property
    def place(self) -> tuple[str, str, str]:
        """Where it is from."""
        return self.profile, self.region, self.project


Key = tuple[str, str, str, str, str]


def carried_over(entries: Iterable[Entry]) -> dict[str, str]:
    """Return when tables were read that were carried over, by project; none if none was."""
    return {"/".join(each.place): each.whole_at for each in entries if each.carried_over}


class Manifest:
    """The entries of a lake, as they stand."""

    def __init__(self, entries: Iterable[Entry], included: set[str], number: int) -> None:
        """Keep what was read; :func:`read` reads it."""
        self._entries = {_key(each): each for each in entries}
        self.included = included
        self.number = number

    def __iter__(self) -> Any:
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def days(self) -> list[str]:
        """Return the days of which there is anything, in order."""
        return sorted({each.day for each in self})

    def tables(self) -> list[str]:
        """Return the tables of which there is anything, by name."""
        return sorted({each.table for each in self})

    def places(self, day: str = "9999") -> set[tuple[str, str, str]]:
        """Return the projects of which there is anything, up to and with a day."""
        return {each.place for each in self if each.day <= day}

    def at(self, table: str, day: str | date | None = None) -> list[Entry]:
        """Return the newest state of a table of each project, up to and with a day.

        Args:
            table: its name.
            day: the last day that counts; all if left out.
        """
        last = "9999" if day is None else str(day)
        newest: dict[tuple[str, str, str], Entry] = {}
        for each in self:
            if each.table != table or each.day > last:
                continue
            known = newest.get(each.place)
            if known is None or known.day < each.day:
                newest[each.place] = each
        return [newest[place] for place in sorted(newest)]

    def replaced(self, entries: Iterable[Entry]) -> list[Entry]:
        """Return all entries, with some that take the place of those of the same day."""
        merged = dict(self._entries)
        for each in entries:
            known = merged.get(_key(each))
            if known is None or known.synced_at <= each.synced_at:  # of one moment: the last
                merged[_key(each)] = each
        return list(merged.values())


def read(store: Store) -> Manifest:
    """Return the lake's entries; none where nothing was synced yet.

    Raises:
        InvalidRequest: a newer version of this package wrote it.
    """
    for _ in range(_ATTEMPTS):
        found = _read(store)
        if found is not None:
            return found
    raise InvalidRequest(
        f"The lake {store.address!r} changes faster than it can be read.",
        advice="Several syncs run at once; try again.",
    )


def commit(store: Store, entries: Iterable[Entry]) -> Manifest:
    """Add entries to the lake: from this moment on they count, all of them."""
    known = read(store)
    return _write(store, known, known.replaced(entries))


def rewrite(store: Store, entries: Iterable[Entry]) -> Manifest:
    """Replace all entries of the lake by some of them."""
    return _write(store, read(store), list(entries))


def _read(store: Store) -> Manifest | None:
    """Put together the manifests that no other one includes; ``None`` if one went meanwhile."""
    names = store.names(FOLDER)
    entries: dict[Key, Entry] = {}
    included: set[str] = set()
    number = 0
    for name in reversed(names):
        if name in included:
            continue
        content = store.read(name)
        if content is None:
            return None
        document = _document(content, store)
        if document is None:
            continue
        for row in document["entries"]:
            _take_newer(entries, Entry(*row))
        included |= {name, *document["includes"]}
        number = max(number, document["number"])
    return Manifest(entries.values(), included & set(names), number)


def _write(store: Store, known: Manifest, entries: list[Entry]) -> Manifest:
    number = known.number + 1
    name = f"{FOLDER}/{number:012d}-{secrets.token_hex(4)}.json"
    document = {
        "format": _FORMAT,
        "number": number,
        "includes": sorted(known.included),
        "entries": sorted(entries),
    }
    body = json.dumps(document, separators=(",", ":")).encode()
    store.write(name, hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
    with suppress(InvalidRequest):  # where nothing may be deleted they stay, and do no harm
        for old in sorted(known.included)[:-_KEPT]:
            store.delete(old)
    return Manifest(entries, {name, *known.included}, number)


def _document(content: bytes, store: Store) -> dict[str, Any] | None:
    """Return a manifest, if it was written to its end."""
    checksum, _, body = content.partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != checksum:
        return None
    document: dict[str, Any] = json.loads(body)
    if document["format"] > _FORMAT:
        raise InvalidRequest(
            f"A newer version of cbr-notebook wrote the lake {store.address!r}.",
            advice="Install that version: pip install -U cbr-notebook.",
        )
    return document


def _key(entry: Entry) -> Key:
    return entry.table, *entry.place, entry.day


def _take_newer(entries: dict[Key, Entry], entry: Entry) -> None:
    known = entries.get(_key(entry))
    if known is None or (known.synced_at, known.file) < (entry.synced_at, entry.file):
        entries[_key(entry)] = entry


def moment(text: str) -> datetime:
    """Return a moment that an entry names."""
    return datetime.fromisoformat(text)
