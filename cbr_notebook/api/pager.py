"""Long lists, whole and right, while others create and delete.

Pages overlap by one row: a page continues the one before only where a row of both says so. The
service's order is by things that never change, so between two such rows nothing that existed all
the while can be missing or be there twice. Where rows were removed the pages drift apart; then
what lies between is asked again, and if the list changes faster than that, it is an error.
"""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, Protocol, TypeVar

from cbr_notebook.errors import Conflict


class HasId(Protocol):
    """A row with an ID."""

    @property
    def id(self) -> str:
        """The ID."""


T = TypeVar("T", bound=HasId)
Fetch = Callable[[int, int], tuple[Sequence[T], int | None]]
"""Given offset and limit: the rows, and how many there are in all, where it is told."""

LARGEST_PAGE = 1000
_OWN_SHARE = 0.007
"""Seconds, roughly, that this computer itself works on a page."""
_DETOURS = (-0.5, 0.5, -1, 1, -1.5, 1.5, -2, 2, -3, 3, -4, 4, -6, 6)
"""Where to look, in pages from the expected place, when two pages do not meet."""
_OVERLAP = 16
"""How many pages back a row can have been delivered that a page brings again."""


@dataclass(frozen=True, slots=True)
class _Page(Generic[T]):
    offset: int
    asked: int
    rows: Sequence[T]
    count: int | None

    @property
    def end(self) -> int:
        return self.offset + len(self.rows)

    @property
    def is_last(self) -> bool:
        if not self.rows:
            return True
        if self.count is None:
            return len(self.rows) < self.asked
        return self.end >= self.count


def read_all(
    fetch: Fetch[T],
    take: Callable[[Sequence[T]], None],
    *,
    limit: int | None = None,
    page_size: int = LARGEST_PAGE,
    workers: int = 1,
    progress: bool = True,
) -> None:
    """Read a list page by page.

    Args:
        fetch: asks for a page; called from several threads if there are several workers.
        take: is given the rows, in order, each row once; called in this thread only.
        limit: rows in all; all if left out.
        page_size: rows to ask for at once.
        workers: requests under way at the same time, at most.
        progress: show a bar from the third page on.

    Raises:
        Conflict: the list changes faster than it can be read.
        CBRError: a page could not be had; the threads have ended by then.
    """
    with ExitStack() as stack:
        stack.enter_context(_young_collection_only())
        bar = stack.enter_context(_Bar(shown=progress))
        left, delivered = _Counter(limit), _Delivered()

        def deliver(rows: Sequence[T]) -> None:
            take(left.cut(delivered.without(rows)))

        size = page_size if limit is None else max(2, min(page_size, limit))
        began = time.perf_counter()
        page = _ask(fetch, 0, size)
        workers = _worthwhile(workers, time.perf_counter() - began)
        deliver(page.rows)
        if page.count is not None and len(page.rows) >= 2:
            size = min(size, len(page.rows))  # the service's own largest page
        planned = _offsets(page, size, limit)
        bar.expect(1 + len(planned))
        pages = stack.enter_context(_in_order(fetch, planned, size, workers))
        for following in pages:
            if page.is_last or left.enough:
                return
            page = _continue(fetch, page, following, deliver)
            gc.collect(1)
            bar.step()
        while not (page.is_last or left.enough):
            following = _ask(fetch, max(0, page.end - 1), max(2, size))
            page = _continue(fetch, page, following, deliver)


def _worthwhile(workers: int, first_page: float) -> int:
    """Give how many requests at once pay off, by the seconds that one took.

    They share the waiting. What a page costs this computer they cannot share, so with a service
    next door they would only be in each other's way.
    """
    return max(1, min(workers, round(first_page / _OWN_SHARE)))


def _ask(fetch: Fetch[T], offset: int, size: int) -> _Page[T]:
    rows, count = fetch(offset, size)
    return _Page(offset, size, rows, count)


def _offsets(first: _Page[Any], size: int, limit: int | None) -> range:
    """Give where pages begin that overlap by one row; none if the number of rows is unknown."""
    if first.count is None or first.is_last or size < 2:
        return range(0)
    wanted = first.count if limit is None else min(limit, first.count)
    return range(size - 1, wanted - 1, size - 1)


def _continue(
    fetch: Fetch[T],
    before: _Page[T],
    page: _Page[T],
    deliver: Callable[[Sequence[T]], None],
) -> _Page[T]:
    """Deliver what a page adds to the one before, asking for what lies between if need be."""
    added = _added(before, page)
    if added is not None:
        deliver(added)
        return page
    size = max(2, page.asked)
    for detour in _DETOURS:
        offset = max(0, before.end - 1 + int(detour * size))
        between = _ask(fetch, offset, size)
        if offset == 0 and not between.rows:
            return between  # everything was removed meanwhile
        added = _added(before, between)
        if added is None:
            continue
        deliver(added)
        added = _added(between, page)
        if added is None:
            # The pages planned beyond will be joined to this one in the same way.
            return between
        deliver(added)
        return page
    raise Conflict(
        "The list changes faster than it can be read: two of its pages do not meet.",
        advice="Ask again when less is going on, or for less: with since, until or a vault.",
    )


def _added(before: _Page[T], page: _Page[T]) -> Sequence[T] | None:
    """Give the rows of a page behind the last one that the page before has, too.

    ``None`` if the pages do not meet, or if the page ends before the one before it does: then
    it leads no further.
    """
    if before.rows and page.rows and page.rows[0].id == before.rows[-1].id:
        return page.rows[1:]
    known = {row.id for row in before.rows}
    for place in range(len(page.rows) - 1, -1, -1):
        if page.rows[place].id in known:
            ahead = page.rows[place + 1 :]
            leads_on = ahead or page.is_last or page.rows[place].id == before.rows[-1].id
            return ahead if leads_on else None
    return None


class _Delivered:
    """Knows the rows of the last pages, further back than pages ever overlap.

    A page that was asked for before its neighbour may end with rows that are deleted by then,
    and so before the neighbour does; the page after it brings the neighbour's rows once more.
    """

    def __init__(self) -> None:
        self._pages: deque[set[str]] = deque(maxlen=_OVERLAP)

    def without(self, rows: Sequence[T]) -> Sequence[T]:
        """Leave out the rows that were delivered already, and remember the others."""
        ids = {row.id for row in rows}
        again = {known for page in self._pages for known in ids & page}
        self._pages.append(ids)
        return [row for row in rows if row.id not in again] if again else rows


class _Counter:
    """Counts rows down to a limit."""

    def __init__(self, limit: int | None) -> None:
        self._left = limit

    @property
    def enough(self) -> bool:
        return self._left == 0

    def cut(self, rows: Sequence[T]) -> Sequence[T]:
        if self._left is None:
            return rows
        rows = rows[: self._left]
        self._left -= len(rows)
        return rows


@contextmanager
def _in_order(
    fetch: Fetch[T], offsets: Sequence[int], size: int, workers: int
) -> Iterator[Iterator[_Page[T]]]:
    """Give pages in order, several asked for at once; no thread is left behind."""
    if workers == 1 or len(offsets) < 2:
        yield (_ask(fetch, offset, size) for offset in offsets)
        return
    stopped = threading.Event()

    def ask(offset: int) -> _Page[T]:
        return _Page(offset, size, (), None) if stopped.is_set() else _ask(fetch, offset, size)

    pool = ThreadPoolExecutor(workers, thread_name_prefix="cbr-pages")
    under_way: deque[Future[_Page[T]]] = deque()

    def pages() -> Iterator[_Page[T]]:
        waiting = iter(offsets)
        for offset in islice(waiting, workers):
            under_way.append(pool.submit(ask, offset))
        while under_way:
            page = under_way.popleft().result()
            under_way.extend(pool.submit(ask, offset) for offset in islice(waiting, 1))
            yield page

    try:
        yield pages()
    finally:
        stopped.set()
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _young_collection_only() -> Iterator[None]:
    """Look for garbage only among what pages leave behind.

    Going through everything that a notebook holds, again and again while pages come in, takes
    as long as reading them.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Bar:
    """A progress bar that appears with the third page and leaves nothing behind.

    It is for whoever waits for a cell: what a form asks beside the main thread shows none.
    """

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown and threading.current_thread() is threading.main_thread()
        self._pages = 0
        self._done = 1
        self._bar: Any = None

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *problem: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def expect(self, pages: int) -> None:
        """Say how many pages there will be."""
        self._pages = pages

    def step(self) -> None:
        """Count a page."""
        self._done += 1
        if not self._shown or self._done < 3:
            return
        if self._bar is None:
            from tqdm import tqdm

            tqdm.monitor_interval = 0
            self._bar = tqdm(
                total=self._pages, desc="Pages", file=sys.stderr, leave=False, initial=2
            )
        self._bar.update(1)
