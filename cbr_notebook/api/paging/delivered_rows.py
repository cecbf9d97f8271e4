"""Which rows of a list were delivered already, and how many are still wanted."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from cbr_notebook.errors import Conflict, ServiceError

T = TypeVar("T")

OVERLAP = 16
"""How many pages back a row can have been delivered that a page brings again."""
_FIRST_CHECK = 16_000
"""After how many rows all of them are compared first."""
_MOST_ROWS = 5_000_000
"""More rows than any account has."""


class Delivered(Generic[T]):
    """The rows that were delivered: those of the last pages by key, all by their hashes.

    A page that was asked for before its neighbour may end with rows that are deleted by then,
    and so before the neighbour does; the page after it brings the neighbour's rows once more.
    """

    def __init__(self, key: Callable[[T], Any]) -> None:
        self._key = key
        self._pages: deque[set[Any]] = deque()
        self._recent: set[Any] = set()
        """The keys of all of them."""
        self._hashes = array("q")
        self._next_check = _FIRST_CHECK
        self.number = 0
        """How many rows were delivered."""

    def without(self, rows: Sequence[T]) -> Sequence[T]:
        """Return rows without those that were delivered already, and remember the others.

        Raises:
            Conflict: a row comes again that was delivered many pages ago.
        """
        keys: Sequence[Any] = list(map(self._key, rows))
        ids = set(keys)
        again = ids & self._recent
        if again or len(ids) < len(keys) or None in ids or "" in ids:
            rows, keys = _without(rows, keys, again)
            ids.difference_update((None, ""))
            for page in self._pages:  # each key is remembered with the last page that had it
                page -= again
        self._remember(ids)
        self._hashes.extend(map(hash, keys))
        self.number += len(rows)
        if len(self._hashes) >= self._next_check:
            self._next_check = 2 * len(self._hashes)
            self.check()
        return rows

    def knows_any(self, rows: Sequence[T]) -> bool:
        """Say whether one of these rows was delivered in the last pages."""
        return any(self._key(row) in self._recent for row in rows)

    def _remember(self, ids: set[Any]) -> None:
        """Keep the keys of a page, and forget those of the oldest one."""
        if len(self._pages) == OVERLAP:
            self._recent -= self._pages.popleft()
        self._pages.append(ids)
        self._recent |= ids

    def check(self) -> None:
        """Make sure that no row was delivered twice, and that there is an end of them.

        Raises:
            Conflict: one was.
            ServiceError: there are more rows than any account has.
        """
        import numpy as np  # a set of them would take ten times the memory

        hashes = np.sort(np.frombuffer(self._hashes, dtype=np.int64))
        if (hashes[1:] == hashes[:-1]).any():
            raise Conflict(
                "The service gave some rows twice: its order changed while the list was read.",
                advice="Ask again, or for less: with since, until or a vault.",
            )
        if self.number > _MOST_ROWS:
            raise ServiceError(
                f"The service's list has no end: {self.number} rows came.",
                advice="Ask for less: with since, until, a vault or a limit.",
            )


def _without(
    rows: Sequence[T], keys: Sequence[Any], known: set[Any]
) -> tuple[Sequence[T], Sequence[Any]]:
    """Return the rows with a new key or none at all, and the keys that are any."""
    seen = set(known)
    kept: list[T] = []
    theirs: list[Any] = []
    for row, key in zip(rows, keys, strict=True):
        if key in (None, ""):
            kept.append(row)
        elif key not in seen:
            seen.add(key)
            kept.append(row)
            theirs.append(key)
    return kept, theirs


class Counter:
    """Counts rows down to a limit."""

    def __init__(self, limit: int | None) -> None:
        self._left = limit

    @property
    def enough(self) -> bool:
        """Whether no more rows are wanted."""
        return self._left == 0

    def cut(self, rows: Sequence[T]) -> Sequence[T]:
        """Return as many of these rows as are still wanted."""
        if self._left is None:
            return rows
        rows = rows[: self._left]
        self._left -= len(rows)
        return rows
