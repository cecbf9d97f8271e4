"""Going through a list page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")
Fetch = Callable[[int, int], tuple[list[T], int | None]]
"""Given offset and limit: the page's items, and the number of all, where it is told."""


def all_items(fetch: Fetch[T], page_size: int) -> Iterator[T]:
    """Give all items of a list, one page after the other.

    Pages shorter than asked for do not end the list before its count is reached; an empty
    one does.
    """
    offset = 0
    while True:
        items, count = fetch(offset, page_size)
        yield from items
        offset += len(items)
        if not items or (count is not None and offset >= count):
            return
        if count is None and len(items) < page_size:
            return
