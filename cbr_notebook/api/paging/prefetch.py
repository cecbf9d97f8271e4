"""Pages of a list in order, several asked for at once."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Generic, TypeVar

from cbr_notebook.api.http import background_decoding

T = TypeVar("T")

Fetch = Callable[[int, int], tuple[Sequence[T], int | None]]
"""Given offset and limit: the rows, and how many there are in all, where it is told."""

_MOST_UNREAD = 4
"""Pages that came and wait to be read, from which on no more are asked for."""


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
    ask: Callable[[int, int], Page[T]],
    read: Callable[[int, int], Page[T]],
    offsets: Sequence[int],
    size: int,
    workers: int,
) -> Iterator[Iterator[Page[T]]]:
    """Return pages in order, several asked for at once; no thread is left behind.

    The threads wait for the answers, which are read in the caller's thread.

    Args:
        ask: asks for a page, given offset and size; called from several threads.
        read: the same for an answer that is at hand, so that it is not counted twice.
        offsets: where the pages begin.
        size: rows to ask for at once.
        workers: requests under way at the same time, at most.
    """
    if workers == 1 or len(offsets) < 2:
        yield (ask(offset, size) for offset in offsets)
        return
    stopped = threading.Event()

    def unless_stopped(offset: int) -> Page[T] | background_decoding.Unread:
        if stopped.is_set():
            return Page(offset, size, (), None)
        return background_decoding.ask_only(partial(ask, offset, size))

    pool = ThreadPoolExecutor(workers, thread_name_prefix="cbr-pages")
    under_way: deque[tuple[int, Future[Page[T] | background_decoding.Unread]]] = deque()

    def pages() -> Iterator[Page[T]]:
        waiting = iter(offsets)

        def begin() -> None:
            """Ask for more, unless pages come faster than they are read."""
            unread = sum(each.done() for _, each in under_way)
            room = 0 if unread >= _MOST_UNREAD else workers - len(under_way)
            for offset in islice(waiting, room):
                # In this thread's context: signing in anew waits at the same limiter.
                answer = pool.submit(copy_context().run, unless_stopped, offset)
                under_way.append((offset, answer))

        begin()
        while under_way:
            offset, answer = under_way.popleft()
            found = answer.result()
            del answer  # it would hold the bytes while the page is read
            begin()
            if isinstance(found, background_decoding.Unread):
                found = background_decoding.read(found, partial(read, offset, size))
            yield found

    try:
        yield pages()
    finally:
        stopped.set()
        pool.shutdown(wait=True, cancel_futures=True)
