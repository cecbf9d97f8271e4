"""Lists that change while they are read: whole, in order, each row once, or an error."""

from __future__ import annotations

import gc
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cbr_notebook import errors
from cbr_notebook.api.paging import pager as paging
from cbr_notebook.api.paging.pager import items, read_all


@dataclass(frozen=True)
class Row:
    id: str


@pytest.fixture(autouse=True)
def _every_worker_is_worthwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "_OWN_SHARE", 1e-9)


class Listing:
    """A list, newest first, which something happens to between its pages."""

    def __init__(self, size: int, *, largest_page: int = 1000, tells_count: bool = True) -> None:
        self.rows = [Row(str(number)) for number in reversed(range(size))]
        self.born = size
        self.all_through = {row.id for row in self.rows}
        self.largest_page = largest_page
        self.tells_count = tells_count
        self.requests: list[tuple[int, int]] = []
        self.meanwhile: Callable[[], None] = lambda: None
        self.lock = threading.Lock()

    def create(self) -> None:
        self.rows.insert(0, Row(str(self.born)))
        self.born += 1

    def delete(self, place: int) -> None:
        if self.rows:
            self.all_through.discard(self.rows.pop(place % len(self.rows)).id)

    def fetch(self, offset: int, limit: int) -> tuple[Sequence[Row], int | None]:
        with self.lock:
            self.requests.append((offset, limit))
            page = self.rows[offset : offset + min(limit, self.largest_page)]
            count = len(self.rows) if self.tells_count else None
            self.meanwhile()
            return page, count


def read(
    listing: Listing, *, limit: int | None = None, page_size: int = 10, workers: int = 1
) -> list[str]:
    seen: list[str] = []
    read_all(
        listing.fetch,
        lambda rows: seen.extend(row.id for row in rows),
        limit=limit,
        page_size=page_size,
        workers=workers,
        progress=False,
    )
    return seen


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("tells_count", [True, False])
@pytest.mark.parametrize("size", [0, 1, 2, 9, 10, 11, 19, 20, 28, 29, 100])
def test_a_quiet_list_is_read_in_order(size: int, tells_count: bool, workers: int) -> None:
    listing = Listing(size, tells_count=tells_count)
    assert read(listing, workers=workers) == [row.id for row in listing.rows]
    assert len(listing.requests) <= 1 + -(-size // 9)


@pytest.mark.parametrize("limit", [1, 2, 9, 10, 11, 25, 99, 100, 1000])
def test_a_limit_is_kept_and_asks_for_no_more_pages_than_it_needs(limit: int) -> None:
    listing = Listing(100)
    assert read(listing, limit=limit) == [row.id for row in listing.rows[:limit]]
    assert len(listing.requests) <= 1 + limit // 9


def test_a_short_list_costs_one_request() -> None:
    listing = Listing(7)
    read(listing, workers=4)
    assert listing.requests == [(0, 10)]


def test_the_services_own_largest_page_is_respected() -> None:
    listing = Listing(100, largest_page=5)
    assert len(read(listing)) == 100


@settings(max_examples=200, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    size=st.integers(0, 120),
    workers=st.sampled_from([1, 3]),
    often=st.floats(0, 1),
)
def test_whatever_existed_all_through_is_there_exactly_once(
    seed: int, size: int, workers: int, often: float
) -> None:
    listing = Listing(size)
    chance = random.Random(seed)

    def meanwhile() -> None:
        while chance.random() < often * 0.8:
            if chance.random() < 0.5:
                listing.create()
            else:
                listing.delete(chance.randrange(1000))

    listing.meanwhile = meanwhile
    try:
        seen = read(listing, workers=workers)
    except errors.Conflict:
        return  # an honest error; the next test shows that it is rare
    assert len(seen) == len(set(seen))
    assert listing.all_through <= set(seen)


def test_a_page_from_before_its_neighbour_brings_no_row_twice() -> None:
    """It was asked for at once with the others: three rows stood before ``a`` then, and ``y``."""
    now = [Row(name) for name in "abxzwvuts"]
    earlier = {4: [Row("b"), Row("x"), Row("y")]}
    seen: list[str] = []
    read_all(
        lambda offset, limit: (earlier.pop(offset, now[offset : offset + limit]), len(now)),
        lambda rows: seen.extend(row.id for row in rows),
        page_size=3,
        progress=False,
    )
    assert "".join(seen) == "abxzwyvuts"


@pytest.mark.parametrize("change", ["create", "delete first", "delete last", "one of each"])
def test_one_change_a_page_is_no_reason_for_an_error(change: str) -> None:
    listing = Listing(200)

    def meanwhile() -> None:
        if change in ("create", "one of each"):
            listing.create()
        if change != "create":
            listing.delete(-1 if change == "delete last" else 0)

    listing.meanwhile = meanwhile
    seen = read(listing)
    assert len(seen) == len(set(seen))
    assert listing.all_through <= set(seen)


def test_a_gap_that_the_count_does_not_show_is_filled() -> None:
    listing = Listing(40)

    def once() -> None:
        listing.delete(0)
        listing.delete(0)
        listing.rows += [Row("late"), Row("later")]  # the count stays
        listing.meanwhile = lambda: None

    listing.meanwhile = once
    assert listing.all_through <= set(read(listing))


def test_a_list_that_is_emptied_meanwhile_ends() -> None:
    listing = Listing(40)

    def once() -> None:
        listing.rows.clear()

    listing.meanwhile = once
    assert len(read(listing)) == 10


def test_a_list_that_never_keeps_still_is_an_error() -> None:
    listing = Listing(400)

    def turn_over() -> None:
        listing.rows = [Row(f"{row.id}'") for row in listing.rows]

    listing.meanwhile = turn_over
    with pytest.raises(errors.Conflict, match="changes faster"):
        read(listing)


@pytest.mark.parametrize("problem", [errors.ServiceError("out of order"), KeyboardInterrupt()])
def test_a_page_that_fails_leaves_no_threads(
    problem: BaseException,
) -> None:
    listing = Listing(1000)

    def fetch(offset: int, limit: int) -> tuple[Sequence[Row], int | None]:
        if offset > 300:
            raise problem
        return listing.fetch(offset, limit)

    with pytest.raises(type(problem)):
        read_all(fetch, lambda rows: None, page_size=10, workers=4, progress=False)
    assert not [each for each in threading.enumerate() if each.name.startswith("cbr-pages")]


def test_an_interrupt_while_rows_are_taken_leaves_no_threads() -> None:
    listing = Listing(1000)
    taken: list[int] = []

    def take(rows: Sequence[Row]) -> None:
        taken.append(len(rows))
        if len(taken) == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_all(listing.fetch, take, page_size=10, workers=4, progress=False)
    assert not [each for each in threading.enumerate() if each.name.startswith("cbr-pages")]
    assert gc.isenabled()
    assert len(listing.requests) < 30


def test_pages_are_asked_for_side_by_side_but_not_all_at_once() -> None:
    listing = Listing(1000)
    running, most = 0, 0
    lock = threading.Lock()
    together = threading.Barrier(4, timeout=5)

    def fetch(offset: int, limit: int) -> tuple[Sequence[Row], int | None]:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        if 0 < offset <= 36:
            together.wait()  # the first four pages after the first are under way together
        try:
            return listing.fetch(offset, limit)
        finally:
            with lock:
                running -= 1

    read_all(fetch, lambda rows: None, page_size=10, workers=4, progress=False)
    assert most == 4


def test_a_bar_appears_with_the_third_page(capsys: pytest.CaptureFixture[str]) -> None:
    for size, shown in ((19, False), (60, True)):
        listing = Listing(size)
        read_all(listing.fetch, lambda rows: None, page_size=10)
        assert ("Pages" in capsys.readouterr().err) == shown


def test_beside_the_main_thread_there_is_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    listing = Listing(60)
    thread = threading.Thread(
        target=read_all, args=(listing.fetch, lambda rows: None), kwargs={"page_size": 10}
    )
    thread.start()
    thread.join()
    assert len(listing.requests) > 2
    assert capsys.readouterr().err == ""


def test_more_requests_at_once_where_answers_take_longer() -> None:
    paging._OWN_SHARE = 0.01  # the fixture puts it back
    assert [paging._worthwhile(8, each) for each in (0.001, 0.008, 0.03, 0.2)] == [1, 1, 3, 8]
    assert paging._worthwhile(1, 5) == 1


# -- answers that contradict each other -----------------------------------------------------------


class Strange:
    """A service that answers about pages in a way of its own."""

    def __init__(self, rows: int, answer: Callable[..., tuple[list[Row], int | None]]) -> None:
        self.rows = [Row(str(number)) for number in range(rows)]
        self.answer = answer
        self.requests = 0

    def fetch(self, offset: int, limit: int) -> tuple[Sequence[Row], int | None]:
        self.requests += 1
        return self.answer(self.rows, offset, limit)


def _page_number(rows: list[Row], offset: int, limit: int) -> tuple[list[Row], int | None]:
    begin = offset // limit * limit
    return rows[begin : begin + limit], len(rows)


def _reversed_pages(rows: list[Row], offset: int, limit: int) -> tuple[list[Row], int | None]:
    end = len(rows) - offset
    return rows[max(0, end - limit) : end], len(rows)


def _repeated_once(rows: list[Row], offset: int, limit: int) -> tuple[list[Row], int | None]:
    begin = 0 if offset == limit - 1 else offset
    return rows[begin : begin + limit], len(rows)


def _gap(rows: list[Row], offset: int, limit: int) -> tuple[list[Row], int | None]:
    empty = 15 < offset + limit <= 28
    return [] if empty else rows[offset : offset + limit], len(rows)


STRANGE: dict[str, Callable[..., tuple[list[Row], int | None]]] = {
    "the offset is ignored": lambda rows, offset, limit: (rows[:limit], len(rows)),
    "the offset is ignored and no count told": lambda rows, offset, limit: (rows[:limit], None),
    "offset and limit are ignored": lambda rows, offset, limit: (rows, len(rows)),
    "one row a page": lambda rows, offset, limit: (rows[offset : offset + 1], len(rows)),
    "one row a page, no count": lambda rows, offset, limit: (rows[offset : offset + 1], None),
    "smaller pages, no count": lambda rows, offset, limit: (
        rows[offset : offset + min(7, limit)], None,
    ),
    "pages by number": _page_number,
    "reversed pages": _reversed_pages,
    "each page reversed": lambda rows, offset, limit: (
        rows[offset : offset + limit][::-1], len(rows),
    ),
    "a page comes twice": _repeated_once,
    "round and round": lambda rows, offset, limit: (
        [rows[each % len(rows)] for each in range(offset, offset + limit)], None,
    ),
    "a gap in the middle": _gap,
    "nothing but a count": lambda rows, offset, limit: ([], len(rows)),
    "the first page, then a count": lambda rows, offset, limit: (
        rows[:limit] if offset == 0 else [], len(rows),
    ),
    "a count of the page": lambda rows, offset, limit: (
        rows[offset : offset + limit], len(rows[offset : offset + limit]),
    ),
    "count 0": lambda rows, offset, limit: (rows[offset : offset + limit], 0),
    "a negative count": lambda rows, offset, limit: (rows[offset : offset + limit], -5),
    "a lower count": lambda rows, offset, limit: (rows[offset : offset + limit], len(rows) // 2),
    "a higher count": lambda rows, offset, limit: (rows[offset : offset + limit], len(rows) + 3),
    "a huge count": lambda rows, offset, limit: (rows[offset : offset + limit], 10**18),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::cbr_notebook.errors.AnswerWarning")
@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("size", [1, 25, 60])
@pytest.mark.parametrize("how", STRANGE)
def test_a_strange_list_is_whole_or_an_error_soon(how: str, size: int, workers: int) -> None:
    service = Strange(size, STRANGE[how])
    seen: list[str] = []
    try:
        read_all(
            service.fetch, lambda rows: seen.extend(row.id for row in rows),
            page_size=10, workers=workers, progress=False,
        )  # fmt: skip
    except (errors.ServiceError, errors.Conflict):
        assert size > 1 or how in (
            "nothing but a count",
            "the offset is ignored and no count told",
            "round and round",
        )
    else:
        assert sorted(seen) == sorted(row.id for row in service.rows)
    assert service.requests <= 40 + 3 * size


@pytest.mark.parametrize(
    "how",
    ["offset and limit are ignored", "one row a page", "one row a page, no count",
     "smaller pages, no count", "count 0", "a lower count", "a higher count", "a page comes twice"],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::cbr_notebook.errors.AnswerWarning")
def test_what_can_be_read_whole_is(how: str) -> None:
    service = Strange(60, STRANGE[how])
    assert [row.id for row in items(service.fetch, page_size=10)] == [
        row.id for row in service.rows
    ]


def test_a_count_above_the_rows_is_told_once_an_empty_page_proves_the_end() -> None:
    service = Strange(25, STRANGE["a higher count"])
    with pytest.warns(errors.AnswerWarning, match="counts 28 rows, but has 25"):
        assert len(list(items(service.fetch, page_size=10))) == 25
    assert service.requests <= 8


@pytest.mark.parametrize("largest", [50, 100, 500])
def test_one_page_of_the_usual_length_and_nothing_behind_it_broke_off(largest: int) -> None:
    service = Strange(2500, lambda rows, offset, _: ([] if offset else rows[:largest], len(rows)))
    with pytest.raises(errors.ServiceError, match=f"counts 2500 rows, but gives {largest}"):
        list(items(service.fetch))
    assert service.requests < 10


@pytest.mark.parametrize("number", [1, 3, 47])
def test_a_count_as_another_operator_documents_it_is_no_error(number: int) -> None:
    service = Strange(number, lambda rows, offset, limit: (rows[offset : offset + limit], 60))
    with pytest.warns(errors.AnswerWarning, match=f"counts 60 rows, but has {number}"):
        assert len(list(items(service.fetch))) == number


def test_a_row_that_comes_again_many_pages_later_is_an_error() -> None:
    listing = Listing(400)
    listing.rows[390] = listing.rows[3]
    with pytest.raises(errors.Conflict, match="twice"):
        read(listing)


def test_rows_without_an_id_are_all_kept() -> None:
    rows = [Row(""), Row("a"), Row(""), Row("b")]
    assert list(items(lambda offset, limit: (rows[offset:], 4))) == rows
