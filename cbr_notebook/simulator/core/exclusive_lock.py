"""A lock under which Ctrl-C waits until what is being done has been done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType

_LOOK_AGAIN_S = 0.1
"""Seconds after which a thread that waits for the lock looks whether it is to give up."""


class ExclusiveLock:
    """Held by one thread at a time, any number of times over.

    Python raises KeyboardInterrupt between any two instructions of the main thread, also after
    a transaction has begun and before the place that would end it. While the main thread holds
    this lock, the signal is noted instead, and carried out when the lock is free again, or at a
    :meth:`checkpoint`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner = 0
        self._depth = 0
        self._handler: Callable[[int, FrameType | None], object] | None = None
        """What the signal does otherwise; only while the main thread holds it off."""
        self._interrupted = False

    def __enter__(self) -> None:
        me = threading.get_ident()
        if self._owner == me:
            self._depth += 1
            return
        if me == threading.main_thread().ident:
            self._hold_off()
        while not self._lock.acquire(timeout=_LOOK_AGAIN_S):
            if self._interrupted and me == threading.main_thread().ident:
                self._let_in()
        self._owner = me
        self._depth = 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if self._depth:
            return
        mine = self._owner == threading.main_thread().ident
        self._owner = 0
        self._lock.release()
        if mine:
            self._let_in()

    @property
    def held(self) -> bool:
        """Whether the thread that asks holds it."""
        return self._owner == threading.get_ident()

    def checkpoint(self) -> None:
        """Handle a signal that has come meanwhile: what is being done can be undone here.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed.
        """
        if self._interrupted and self._handler is not None:
            self._interrupted = False
            self._handler(signal.SIGINT, None)

    def _hold_off(self) -> None:
        handler = signal.getsignal(signal.SIGINT)
        if callable(handler):
            self._interrupted = False
            self._handler = handler
            signal.signal(signal.SIGINT, self._note)

    def _note(self, *_: object) -> None:
        self._interrupted = True

    def _let_in(self) -> None:
        """Put the signal's own handler back, and call it if the signal has come."""
        handler, self._handler = self._handler, None
        if handler is None:
            return
        signal.signal(signal.SIGINT, handler)
        if self._interrupted:
            self._interrupted = False
            handler(signal.SIGINT, None)
