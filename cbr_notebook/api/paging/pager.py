"""The one pager: lists of any length, whole and in order, or an error soon.

Pages overlap by one row: a page continues the one before only where a row of both says so. The
service's order is by things that never change, so between two such rows nothing that existed all
the while can be missing or be there twice. Where rows were removed the pages drift apart; then
what lies between is asked again, and if the list changes faster than that, it is an error.

Nothing that the service says of itself is believed without a row that shows it. A page must bring
something new, else the offset was ignored or a page repeated, and that is an error. A ``count``
below the rows does not end the list. A ``count`` above them is followed until an empty page
proves that there is no more. Then it depends on where the list ended. After a page that was full,
or as long as pages usually are, it broke off: an error. Within a page the service itself ended it,
and its ``count`` is too high, as some operators' are: all rows, and a warning with both numbers.
So the number of requests is proportional to the rows, whatever the answers are.
"""

from __future__ import annotations

import gc
import itertools
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from contextvars import ContextVar
from operator import attrgetter
from typing import Any, Generic, TypeVar

from cbr_notebook.api.paging.delivered_rows import OVERLAP, Counter, Delivered
from cbr_notebook.api.paging.prefetch import Fetch, Page, pages_in_order
from cbr_notebook.errors import Conflict, ServiceError
from cbr_notebook.text.notes import tell

T = TypeVar("T")

LARGEST_PAGE = 1000
_USUAL_PAGES = (50, 100, 200, 250, 500, 1000)
"""How long pages are where a gateway has a largest one of its own."""
_OWN_SHARE = 0.01
"""Seconds, roughly, that this computer itself works on a page."""
_DETOURS = (-0.5, 0.5, -1, 1, -1.5, 1.5, -2, 2, -3, 3, -4, 4, -6, 6)
"""Where to look, in pages from the expected place, when two pages do not meet."""
_SPARE_REQUESTS, _REQUESTS_A_PAGE = 48, 6
"""How many requests a list may cost: so many, and so many more for each page of rows."""
_TOLD: ContextVar[Callable[[int, int], None] | None] = ContextVar("told_of_pages", default=None)
_LAST_OFFSET = 2**31 - 1
"""The service takes no larger one."""


def items(
    fetch: Fetch[T],
    *,
    page_size: int = LARGEST_PAGE,
    key: Callable[[T], Any] = attrgetter("id"),
) -> Iterator[T]:
    """Return the rows of a list one by one; pages are asked for as far as they are needed.

    Args:
        fetch: asks for a page, given offset and limit.
        page_size: rows to ask for at once.
        key: returns what tells a row from all others.

    Raises:
        Conflict: the list changes faster than it can be read.
        ServiceError: the pages contradict each other.
    """
    for rows in pages(fetch, page_size=page_size, key=key):
        yield from rows


def pages(
    fetch: Fetch[T],
    *,
    page_size: int = LARGEST_PAGE,
    key: Callable[[T], Any] = attrgetter("id"),
) -> Iterator[Sequence[T]]:
    """Return the rows of a list page by page; otherwise as :func:`items`."""
    return _Reader(fetch, page_size=page_size, limit=None, key=key).pages()


def paged(ask: Callable[..., Any], rows: str, count: str = "count") -> Fetch[Any]:
    """Return what asks for a page of a list, given offset and limit.

    Args:
        ask: asks for a page, with ``offset`` and ``limit`` by their names.
        rows: the member of the answer that holds the rows.
        count: the member that says how many there are in all.
    """
    read = attrgetter(rows, count)
    return lambda offset, limit: read(ask(offset=offset, limit=limit))


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
        ServiceError: the pages contradict each other.
        CBRError: a page could not be had; the threads have ended by then.
    """
    with ExitStack() as stack:
        stack.enter_context(_young_collection_only())
        bar = stack.enter_context(_Bar(shown=progress))
        reader = _Reader(fetch, page_size=page_size, limit=limit, workers=workers)
        pages = stack.enter_context(closing(reader.pages()))
        for rows in pages:
            if rows:
                take(rows)
                gc.collect(1)
                bar.step(reader.expected_pages)


@contextmanager
def told_of_pages(tell: Callable[[int, int], None]) -> Iterator[None]:
    """Call a function with how far a list is, while this thread reads it within the block.

    Args:
        tell: is given the pages that were read, and those that are expected in all; from the
            third page on.
    """
    token = _TOLD.set(tell)
    try:
        yield
    finally:
        _TOLD.reset(token)


class _Reader(Generic[T]):
    """Reads one list once."""

    def __init__(
        self,
        fetch: Fetch[T],
        *,
        page_size: int,
        limit: int | None,
        workers: int = 1,
        key: Callable[[T], Any] = attrgetter("id"),
    ) -> None:
        self._fetch = fetch
        self._limit = limit
        self._wanted = self._size = max(2, page_size if limit is None else min(page_size, limit))
        self._workers = workers
        self._key = key
        self._left = Counter(limit)
        self._delivered: Delivered[T] = Delivered(key)
        self._requests = itertools.count(1)
        self._asked = 0
        self._largest = 1
        self._progressed = 0
        """Pages that brought rows."""
        self.expected_pages = 1
        """How many pages there will be, as far as the first one tells."""

    def pages(self) -> Generator[Sequence[T], None, None]:
        """Return the new rows of each page, in order."""
        yield from self._pages()
        if self._progressed > OVERLAP:
            self._delivered.check()

    def _pages(self) -> Iterator[Sequence[T]]:
        began = time.perf_counter()
        page = self._ask(0, self._size)
        workers = _worthwhile(self._workers, time.perf_counter() - began)
        if not page.rows:
            page = self._first_once_more(page)
        yield self._new(page.rows)
        if page.count is not None and page.count > page.end and len(page.rows) >= 2:
            self._size = min(self._size, len(page.rows))  # the service's own largest page
        planned = self._offsets(page)
        self.expected_pages += len(planned)
        with pages_in_order(self._ask, self._page, planned, self._size, workers) as prefetched:
            for following in prefetched:
                if self._left.enough or self._is_last(page):
                    return
                if not following.rows:
                    break  # the count promised more, or rows were removed: go step by step
                for part in self._joined(page, following):
                    yield self._new(part.added)
                    page = part.page
        while not (self._left.enough or self._is_last(page)):
            before = page
            if len(page.rows) > 1 or page.asked == 1:
                following = self._ask(max(0, page.end - 1), self._size)
                found = following if following.rows else self._behind(page, following)
                if found is None:
                    return
                for part in self._joined(page, found):
                    yield self._new(part.added)
                    page = part.page
            if page.rows and self._key_of_last(page) == self._key_of_last(before):
                beyond = self._beyond(page)
                if beyond is None:
                    return
                # Pages of one row cannot overlap; of all others, what lies between is looked for.
                alone = [_Part(beyond, beyond.rows)]
                for part in alone if self._largest == 1 else self._joined(page, beyond):
                    yield self._new(part.added)
                    page = part.page

    def _ask(self, offset: int, size: int) -> Page[T]:
        self._asked = next(self._requests)
        if self._asked > _SPARE_REQUESTS + self._progressed * _REQUESTS_A_PAGE + self._workers:
            raise Conflict(
                f"The list changes faster than it can be read: {self._asked} requests brought "
                f"{self._delivered.number} rows.",
                advice="Ask again when less is going on, or for less: with since, until or a "
                "vault. If it stays so, something between you and the service changes its "
                "answers, such as a proxy.",
            )
        return self._page(offset, size)

    def _page(self, offset: int, size: int) -> Page[T]:
        rows, count = self._fetch(offset, size)
        return Page(offset, size, rows, count)

    def _new(self, rows: Sequence[T]) -> Sequence[T]:
        """Return the rows that were not delivered yet, as far as they are wanted."""
        new = self._delivered.without(rows)
        if new:
            self._progressed += 1
            self._largest = max(self._largest, len(new))
        return self._left.cut(new)

    def _offsets(self, first: Page[T]) -> range:
        """Return where pages begin that overlap by one row; none if the count is unknown."""
        if first.count is None or first.end >= first.count or self._size < 2 or not first.rows:
            return range(0)
        wanted = first.count if self._limit is None else min(self._limit, first.count)
        return range(self._size - 1, wanted - 1, self._size - 1)

    def _is_last(self, page: Page[T]) -> bool:
        """Say whether a page is surely the last one; if not, the next one is asked for."""
        if not page.rows:
            return True
        if page.offset == 0 and len(page.rows) > page.asked and page.count == page.end:
            return True  # the limit was ignored: these are all
        if len(page.rows) >= min(page.asked, self._size):
            return False  # a full page may have another one behind it, whatever the count says
        if page.count is None or page.count < page.end:
            return self._progressed > 1 and len(page.rows) < self._largest
        return page.end == page.count

    def _first_once_more(self, page: Page[T]) -> Page[T]:
        """Look again where the first page is empty, though the service counts rows."""
        if not page.count:
            return page
        again = self._ask(0, self._size)
        if again.rows or not again.count:
            return again
        raise _contradiction(again.count, 0)

    def _behind(self, page: Page[T], empty: Page[T]) -> Page[T] | None:
        """Return what continues a page behind which there was nothing; ``None`` at the end."""
        if empty.count is None or empty.count < page.end:
            return empty  # rows were removed meanwhile: what is left moved towards the front
        again = self._ask(empty.offset, self._size)
        if again.rows:
            return again
        if again.count is None or again.count < page.end:
            return again
        self._prove_the_end(page, again.count)
        return None

    def _beyond(self, page: Page[T]) -> Page[T] | None:
        """Return what lies behind a page that added nothing; ``None`` at the end."""
        short = len(page.rows) < self._largest
        if (page.count is None or page.count < page.end) and short:
            return None
        if page.count == page.end and self._largest > 1:
            return None
        beyond = self._ask(page.end, self._size)
        if not beyond.rows:
            if beyond.count is not None and beyond.count > page.end:
                self._prove_the_end(page, beyond.count)
            return None
        if self._delivered.knows_any(beyond.rows):
            raise _repeats()
        return beyond

    def _prove_the_end(self, page: Page[T], count: int) -> None:
        """Make sure that nothing is behind the last row, though the service counts more rows.

        Raises:
            ServiceError: there is something, or the list breaks off with a full page.
        """
        number = self._delivered.number
        if number >= count:
            return
        several = self._progressed > 1 or number >= self._wanted
        breaks_off = several and self._size > 2 and (number - 1) % (self._size - 1) == 0
        breaks_off |= self._progressed == 1 and number in _USUAL_PAGES
        if breaks_off or (page.end < count - 1 <= _LAST_OFFSET and self._ask(count - 1, 1).rows):
            raise _contradiction(count, number)
        tell(
            f"The service counts {count} rows, but has {number} to show: this is all that can be "
            "had.",
            stacklevel=2,
        )

    def _joined(self, before: Page[T], page: Page[T]) -> Iterator[_Part[T]]:
        """Return what a page adds to the one before, asking for what lies between if need be."""
        added = self._added(before, page)
        if added is not None:
            yield _Part(page, added)
            return
        same = int(self._same_rows(before, page))
        for detour in _DETOURS:
            offset = max(0, before.end - 1 + int(detour * self._size))
            between = self._ask(offset, self._size)
            if offset == 0 and not between.rows:
                yield _Part(between, ())  # everything was removed meanwhile
                return
            if offset != before.offset and self._same_rows(before, between):
                same += 1
                if same > 1:
                    raise _repeats()
            added = self._added(before, between)
            if added is None:
                continue
            yield _Part(between, added)
            added = self._added(between, page)
            # Else the pages planned beyond will be joined to that one in the same way.
            if added is not None:
                yield _Part(page, added)
            return
        raise Conflict(
            "The list changes faster than it can be read: two of its pages do not meet.",
            advice="Ask again when less is going on, or for less: with since, until or a vault.",
        )

    def _added(self, before: Page[T], page: Page[T]) -> Sequence[T] | None:
        """Return the rows of a page behind the last one that the page before has, too.

        ``None`` if the pages do not meet, or if the page ends before the one before it does, or
        with it although there is room for more: then it leads no further.
        """
        if not (before.rows and page.rows):
            return None
        last = self._key_of_last(before)
        if last and self._key(page.rows[0]) == last:
            return page.rows[1:]
        known = {self._key(row) for row in before.rows} - {None, ""}
        for place in range(len(page.rows) - 1, -1, -1):
            if self._key(page.rows[place]) in known:
                ahead = page.rows[place + 1 :]
                if ahead:
                    return ahead
                full = len(page.rows) >= min(page.asked, self._size)
                is_end = page.count is None or page.end >= page.count
                return ahead if is_end and not full else None
        return None

    def _same_rows(self, one: Page[T], other: Page[T]) -> bool:
        return len(one.rows) > 1 and list(map(self._key, one.rows)) == list(
            map(self._key, other.rows)
        )

    def _key_of_last(self, page: Page[T]) -> Any:
        return self._key(page.rows[-1]) if page.rows else None


class _Part(Generic[T]):
    """A page, and what it adds to the pages before it."""

    __slots__ = ("added", "page")

    def __init__(self, page: Page[T], added: Sequence[T]) -> None:
        self.page = page
        self.added = added


def _repeats() -> ServiceError:
    return ServiceError(
        "The service gives the same rows again where others were asked for: its list cannot be "
        "read beyond the first of them.",
        advice="Something between you and the service drops the offset, such as a proxy. Ask for "
        "less, so that one page is enough: with since, until, a vault or a limit.",
    )


def _contradiction(count: int, number: int) -> ServiceError:
    return ServiceError(
        f"The service counts {count} rows, but gives {number}, and then an empty page.",
        advice="Ask again; if it stays so, ask for less: with since, until, a vault or a limit.",
    )


def _worthwhile(workers: int, first_page: float) -> int:
    """Return how many requests at once pay off, by the seconds that one took.

    They share the waiting. What a page costs this computer they cannot share, so with a service
    next door they would only be in each other's way.
    """
    return max(1, min(workers, round(first_page / _OWN_SHARE)))


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

    It is for whoever waits for a cell: what a form asks beside the main thread shows none, and is
    told to the form.
    """

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown and threading.current_thread() is threading.main_thread()
        self._done = 0
        self._bar: Any = None

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *problem: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def step(self, pages: int) -> None:
        """Count a page, of so many."""
        self._done += 1
        if self._done < 3:
            return
        if (tell := _TOLD.get()) is not None:
            tell(self._done, pages)
        if not self._shown:
            return
        if self._bar is None:
            from tqdm import tqdm

            tqdm.monitor_interval = 0
            self._bar = tqdm(total=pages, desc="Pages", file=sys.stderr, leave=False, initial=2)
        self._bar.update(1)
