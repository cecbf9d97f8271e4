"""Asking for an answer in one thread, and reading it in another.

What waits for the network can be done by several threads at once; what computes cannot, and eight
pages that are read at once need eight times the memory. So a thread of its own asks, and leaves
the answer unread; whoever needs it asks again, with the answer at hand.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Unread(Exception):
    """An answer that came, in place of what would be read from it."""

    def __init__(self, content: bytes) -> None:
        super().__init__("not read yet")
        self.content = content


class _Thread(threading.local):
    leaves_unread = False
    content: bytes | None = None


_thread = _Thread()


def ask_only(ask: Callable[[], T]) -> T | Unread:
    """Ask in this thread, and return the first answer unread; what needs no request, as it is.

    Raises:
        CBRError: no answer could be had.
    """
    _thread.leaves_unread = True
    try:
        return ask()
    except Unread as found:
        return found.with_traceback(None)  # its frames hold what was read from the network
    finally:
        _thread.leaves_unread = False


def read(unread: Unread, ask: Callable[[], T]) -> T:
    """Ask once more, with the first answer at hand: no request is sent for it."""
    _thread.content = unread.content
    try:
        return ask()
    finally:
        _thread.content = None


def take() -> bytes | None:
    """Return the answer that is at hand, once; ``None`` if there is none."""
    content, _thread.content = _thread.content, None
    return content


def arrived(content: bytes) -> bytes:
    """Return an answer that came, or leave it unread where that is wanted.

    Raises:
        Unread: this thread only asks.
    """
    if _thread.leaves_unread:
        raise Unread(content)
    return content
