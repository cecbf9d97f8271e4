"""Work beside the kernel's main thread, which can be told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cbr_notebook.session import Session


class Work:
    """A thread that carries something out; it stops at its next pause when it is told to."""

    def __init__(self, what: str, run: Callable[[Work], object]) -> None:
        """Begin; ``run`` gets the work, to ask whether it has been ``stopped`` and to pause."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=run, args=(self,), name=f"cbr {what}", daemon=True)
        self._thread.start()

    @property
    def stopped(self) -> bool:
        """Whether it was told to stop."""
        return self._stop.is_set()

    @property
    def running(self) -> bool:
        """Whether its thread lives."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Tell it to stop; does not wait for it."""
        self._stop.set()

    def join(self, timeout: float | None = None) -> None:
        """Wait until it has ended; interrupting the kernel ends only this waiting."""
        if self._thread is not threading.current_thread():
            self._thread.join(timeout)

    def pause(self, session: Session, seconds: float) -> bool:
        """Wait; says whether to go on. On a simulated cloud time jumps instead."""
        if session.simulated:
            session._sleep(seconds)
            return not self.stopped
        return self.rest(seconds)

    def rest(self, seconds: float) -> bool:
        """Wait by this computer's clock, also on a simulated cloud; says whether to go on."""
        return not self._stop.wait(seconds)
