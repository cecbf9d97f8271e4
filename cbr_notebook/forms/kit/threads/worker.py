"""Workers: threads beside the kernel's main thread that can be told to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cbr_notebook.runbook.guided_session import GuidedSession


class Worker:
    """A thread that runs a function; it stops at its next pause when it is told to."""

    def __init__(self, name: str, run: Callable[[Worker], object]) -> None:
        """Start the thread.

        Args:
            name: of the thread, after ``cbr``.
            run: is called with the worker, to ask whether it was ``stopped`` and to pause.
        """
        self.name = name
        self._stop = threading.Event()
        self._thread = threading.Thread(target=run, args=(self,), name=f"cbr {name}", daemon=True)
        self._thread.start()

    @property
    def stopped(self) -> bool:
        """Whether it was told to stop."""
        return self._stop.is_set()

    @property
    def running(self) -> bool:
        """Whether its thread runs."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Ask it to stop; does not wait for it."""
        self._stop.set()

    def join(self, timeout: float | None = None) -> None:
        """Wait until it has ended; interrupting the kernel ends only this waiting.

        Args:
            timeout: seconds to wait at most.
        """
        if self._thread is not threading.current_thread():
            self._thread.join(timeout)

    def pause(self, session: GuidedSession, seconds: float) -> bool:
        """Wait; on a simulated cloud its time jumps instead. Return whether to go on."""
        if session.simulated:
            session.poller.sleep(seconds)
            return not self.stopped
        return self.rest(seconds)

    def rest(self, seconds: float) -> bool:
        """Wait by this computer's clock, also on a simulated cloud. Return whether to go on."""
        return not self._stop.wait(seconds)


def pause_for(worker: Worker | None, session: GuidedSession, seconds: float) -> bool:
    """Wait between two looks at what runs on; return whether to go on.

    Args:
        worker: the one that waits; ``None`` in the main thread, where only an interrupt ends it.
        session: whose clock counts.
        seconds: how long.
    """
    if worker is not None:
        return worker.pause(session, seconds)
    session.poller.sleep(seconds)
    return True


class Workers:
    """The workers of a form; once they are closed, a new one is told to stop at once."""

    def __init__(self, name: str) -> None:
        """Begin without a worker.

        Args:
            name: of the form, for the names of the threads.
        """
        self._name = name
        self._lock = threading.RLock()
        self._workers: list[Worker] = []
        self._closed = False

    def start(self, what: str, run: Callable[[Worker], object]) -> Worker:
        """Start a worker; ``what`` it does is part of its thread's name."""
        with self._lock:
            worker = Worker(f"{self._name} {what}", run)
            self._workers = [*self.running(), worker]
            if self._closed:
                worker.stop()
        return worker

    def running(self) -> list[Worker]:
        """List those that run."""
        return [each for each in self._workers if each.running]

    def stop(self, *, but: Worker | None = None) -> None:
        """Ask all but one to stop."""
        for each in list(self._workers):
            if each is not but:
                each.stop()

    def close(self) -> None:
        """Ask all to stop, also those that are started from now on."""
        with self._lock:
            self._closed = True
        self.stop()

    def wait_until_idle(self, timeout: float) -> bool:
        """Wait until none runs, also none that another one has started.

        Args:
            timeout: seconds to wait at most.

        Returns:
            Whether none runs.
        """
        end = time.monotonic() + timeout
        while running := self.running():
            running[0].join(max(0.0, end - time.monotonic()))
            if time.monotonic() >= end:
                return not self.running()
        return True
