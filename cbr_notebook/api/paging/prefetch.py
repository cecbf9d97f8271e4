"""Pages of a list in order, several asked for at once."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

T = TypeVar("T")

Fetch = Callable[[int, int], tuple[Sequence[T], int | None]]
"""Given offset and limit: the rows, and how many there are in all, where it is told."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page as it came.

    Attributes:
        offset: the rows before it that were skipped.
        asked: how many rows were asked for.
        rows: what came.
        count: how many rows there are in all, where the service tells it.
    """

    offset: int
    asked: int
    rows: Sequence[T]
    count: int | None

    @property
    def end(self) -> int:
        """The offset behind its last row."""
        return self.offset + len(self.rows)


@contextmanager
def pages_in_order(
    ask: Callable[[int, int], Page[T]], offsets: Sequence[int], size: int, workers: int
) -> Iterator[Iterator[Page[T]]]:
    """Return pages in order, several asked for at once; no thread is left behind.

    Args:
        ask: asks for a page, given offset and size; called from several threads.
        offsets: where the pages begin.
        size: rows to ask for at once.
        workers: requests under way at the same time, at most.
    """
    if workers == 1 or len(offsets) < 2:
        yield (ask(offset, size) for offset in offsets)
        return
    stopped = threading.Event()

    def unless_stopped(offset: int) -> Page[T]:
        return Page(offset, size, (), None) if stopped.is_set() else ask(offset, size)

    pool = ThreadPoolExecutor(workers, thread_name_prefix="cbr-pages")
    under_way: deque[Future[Page[T]]] = deque()

    def pages() -> Iterator[Page[T]]:
        waiting = iter(offsets)
        for offset in islice(waiting, workers):
            under_way.append(pool.submit(unless_stopped, offset))
        while under_way:
            page = under_way.popleft().result()
            under_way.extend(pool.submit(unless_stopped, offset) for offset in islice(waiting, 1))
            yield page

    try:
        yield pages()
    finally:
        stopped.set()
        pool.shutdown(wait=True, cancel_futures=True)
