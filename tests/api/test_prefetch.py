"""Pages that several threads ask for: read in the caller's thread, in order, few unread at once."""

from __future__ import annotations

import threading

import pytest

from cbr_notebook.api.http import background_decoding
from cbr_notebook.api.paging.prefetch import Page, pages_in_order


class Service:
    """Answers at once; says in which thread it was asked, and in which it was read."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.read_in: set[str] = set()

    def ask(self, offset: int, size: int) -> Page[int]:
        content = background_decoding.take()
        if content is None:
            self.asked.append(offset)
            content = background_decoding.arrived(str(offset).encode())
        self.read_in.add(threading.current_thread().name)
        return Page(offset, size, [int(content)], None)


def test_every_page_is_asked_for_once_and_read_where_it_is_needed() -> None:
    service = Service()
    with pages_in_order(service.ask, service.ask, range(0, 400, 10), 10, workers=8) as pages:
        found = [page.rows[0] for page in pages]
    assert found == list(range(0, 400, 10))
    assert sorted(service.asked) == found
    assert service.read_in == {threading.current_thread().name}


def test_pages_that_come_faster_than_they_are_read_do_not_pile_up() -> None:
    service = Service()
    with pages_in_order(service.ask, service.ask, range(1000), 10, workers=8) as pages:
        for _ in zip(range(20), pages, strict=False):
            pass
        assert len(service.asked) <= 20 + 8 + 2


def test_an_error_comes_where_its_page_would() -> None:
    def ask(offset: int, size: int) -> Page[int]:
        if offset == 3 and background_decoding.take() is None:
            raise ValueError("no page")
        return Page(offset, size, [offset], None)

    with pages_in_order(ask, ask, range(9), 1, workers=4) as pages:
        assert [next(pages).rows[0] for _ in range(3)] == [0, 1, 2]
        with pytest.raises(ValueError, match="no page"):
            next(pages)
