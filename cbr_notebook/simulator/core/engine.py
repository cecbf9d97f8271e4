"""The engine of a simulated cloud: state, clock and events, under one lock."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from cbr_notebook.simulator.core.clock import Clock
from cbr_notebook.simulator.core.cloud_options import Options
from cbr_notebook.simulator.core.exclusive_lock import ExclusiveLock
from cbr_notebook.simulator.core.scheduler import Scheduler
from cbr_notebook.simulator.core.state import State

Handler = Callable[["Engine", str, dict[str, Any]], None]
"""Carries out one event: given the engine, the event's subject and its arguments."""

_TICK_SMALLEST = 40_000
_TICK_RANGE = 200_000
_MOST_REMEMBERED = 500


class Engine:
    """What all of the cloud's services share.

    Every request and every event runs inside :meth:`work`: one at a time, in a transaction,
    after all that was due has been carried out.
    """

    def __init__(
        self,
        state: State,
        handlers: Mapping[str, Handler],
        *,
        speed: float = 0.0,
    ) -> None:
        self.state = state
        self.lock = ExclusiveLock()
        self.options = Options(state, self.lock)
        self.clock = Clock(int(state.meta("now", 0)), speed)
        self.scheduler = Scheduler(
            state,
            self.clock,
            handlers.keys(),
            self._carry_out,
        )
        self._handlers = handlers
        self._remembered: dict[Hashable, Any] = {}
        self._working = False
        self._requests = int(state.meta("requests", 0))

    def now(self) -> int:
        """Return the present moment as the cloud's services see it, in microseconds.

        While an event is carried out, this is the event's own time.
        """
        return self.clock.current

    @contextmanager
    def work(self) -> Iterator[None]:
        """Hold the lock and a transaction; all of it takes effect, or none."""
        with self.lock:
            if self._working:
                yield
                return
            current = self.clock.current
            self._working = True
            try:
                with self.state.transaction():
                    self._run_events_until(self.clock.now())
                    yield
                    self._keep_counts()
            except BaseException:
                self.clock.current = current
                self.scheduler.forget_cache()
                raise
            finally:
                self._remembered.clear()
                self._working = False

    def remember(self, key: Hashable, compute: Callable[[], Any]) -> Any:
        """Return a computed value; it is kept until anything changes in the cloud."""
        if self._working:
            return compute()
        if key not in self._remembered:
            if len(self._remembered) > _MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[key] = compute()
        return self._remembered[key]

    def run_due_events(self) -> None:
        """Carry out what is due by now; costs nothing when nothing is."""
        now = self.clock.now()
        if self.scheduler.next_due() <= now:
            with self.work():
                pass
        else:
            self.clock.current = max(self.clock.current, now)

    def advance(self, microseconds: int) -> None:
        """Advance the clock: all that is due until then has happened afterwards.

        Interrupted or failing, it has not passed.
        """
        with self.lock:
            before = self.clock.base
            try:
                with self.work():
                    self._run_events_until(self.clock.move(microseconds))
            except BaseException:
                self.clock.base = before
                raise

    def tick(self) -> None:
        """Advance the clock by the part of a second that a request takes, the same by seed."""
        reserved = self.state.take_reserved("tick")
        if reserved is None:
            reserved = (
                _TICK_SMALLEST + int.from_bytes(self.state.random_bytes("tick")[:4]) % _TICK_RANGE
            )
        self._run_events_until(self.clock.move(int(reserved)))

    def next_request(self) -> int:
        """Return the number of a request that has come: the first of a cloud is 1."""
        self._requests += 1
        return self._requests

    def save_into(self, target: sqlite3.Connection) -> None:
        """Copy the whole cloud as it is at this moment into another database."""
        with self.settled() as state:
            state.save_into(target)

    @contextmanager
    def settled(self) -> Iterator[State]:
        """Hold the lock; the state in hand lacks nothing that was counted in memory."""
        with self.lock:
            self.run_due_events()
            self._keep_counts()
            yield self.state

    def start_over(self, load: Callable[[State], None]) -> None:
        """Replace the cloud's whole state, and what is remembered of it.

        Args:
            load: puts the other state in place.
        """
        with self.lock:
            load(self.state)
            self.clock.set(int(self.state.meta("now", 0)))
            self.options.read()
            self.scheduler.forget_cache()
            self._remembered.clear()
            self._requests = int(self.state.meta("requests", 0))

    def _carry_out(self, kind: str, subject: str, arguments: dict[str, Any]) -> None:
        self.lock.checkpoint()
        self._handlers[kind](self, subject, arguments)

    def _keep_counts(self) -> None:
        self.state.set_meta("now", self.clock.current)
        self.state.set_meta("requests", self._requests)

    def _run_events_until(self, moment: int) -> None:
        self.scheduler.run_until(moment)
        self.clock.current = max(self.clock.current, moment)
