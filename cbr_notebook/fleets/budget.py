"""One budget of requests for an account at a host: shared by all threads, fair to all projects.

Nobody knows beforehand what a gateway allows. A budget lets a number of requests go at the same
time, learns limit and window when one is turned away (429), and from then on sends no request too
many. Whoever waits comes in turn, project by project.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

PARALLEL = 8
"""Requests of an account that are under way at the same time, at most."""
_LOOK_S = 0.2
"""Seconds after which a thread that waits looks whether it is still wanted."""
_MOST_KNOWN = 100_000
"""Requests whose time is kept."""


class Stopped(Exception):
    """The question that a request belongs to is not wanted any more."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests in so many seconds."""

    limit: int
    window_s: float


@dataclass(eq=False, slots=True)
class _Ticket:
    """A request that waits for its turn."""

    project: str
    granted: threading.Event = field(default_factory=threading.Event)


class Budget:
    """What an account may ask at a host; see the module."""

    def __init__(
        self,
        *,
        parallel: int = PARALLEL,
        rate: Rate | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        """Keep what is known beforehand.

        Args:
            parallel: requests under way at the same time, at most.
            rate: what the account may ask, if somebody knows it.
            clock: tells the time in seconds.
            sleep: waits some seconds; if left out, really, and in short steps.
        """
        self.rate = rate
        self.parallel = parallel
        self._clock = clock
        self._sleep = sleep or (lambda seconds: time.sleep(min(seconds, _LOOK_S)))
        self._lock = threading.Lock()
        self._waiting: dict[str, deque[_Ticket]] = {}
        self._turns: dict[str, int] = {}
        """How often each project's turn has come, since anybody last waited for nothing."""
        self._running = 0
        self._ended: deque[float] = deque(maxlen=_MOST_KNOWN)
        self._until = 0.0
        self._asleep = False

    def enter(self, project: str, stopped: Callable[[], bool]) -> None:
        """Wait until a request of a project may be sent.

        Args:
            project: whose turn it takes.
            stopped: says whether the request is not wanted any more.

        Raises:
            Stopped: it is not.
        """
        ticket = _Ticket(project)
        with self._lock:
            self._waiting.setdefault(project, deque()).append(ticket)
            self._grant()
        while not ticket.granted.is_set():
            if stopped():
                with self._lock:
                    self._withdraw(ticket)
                raise Stopped
            pause = self._take_watch()
            if pause is None:
                ticket.granted.wait(_LOOK_S)
                continue
            try:
                self._sleep(pause)
            finally:
                with self._lock:
                    self._asleep = False
                    self._grant()

    def leave(self) -> None:
        """Note that a request has ended."""
        with self._lock:
            self._running -= 1
            self._ended.append(self._clock())
            self._grant()
            if not self._running and not self._waiting:
                self._turns.clear()

    def refused(self, asked: float | None, window: float | None, limit: int | None) -> None:
        """Learn from a request that was turned away; see :class:`auth.throttling.RateLimiter`."""
        with self._lock:
            now = self._clock()
            if limit and window:
                self.rate = Rate(limit, window)
            pause = asked or 0.0
            if not pause and window and not self._is_spent(now):
                pause = window  # somebody else asks as the same account
            self._until = max(self._until, now + pause)

    def left(self) -> float:
        """Return the seconds until a request may be sent; 0 if one may be sent now."""
        with self._lock:
            return self._pause(self._clock()) or 0.0

    # -- with the lock held -----------------------------------------------------------------------

    def _grant(self) -> None:
        """Grant requests to those whose turn it is, as many as may go."""
        while self._waiting and self._running < self.parallel:
            if self._pause(self._clock()) != 0.0:
                return
            project = min(self._waiting, key=lambda each: self._turns.get(each, 0))
            ticket = self._waiting[project][0]
            self._withdraw(ticket)
            self._turns[project] = self._turns.get(project, 0) + 1
            self._running += 1
            ticket.granted.set()

    def _withdraw(self, ticket: _Ticket) -> None:
        queue = self._waiting.get(ticket.project)
        if queue is None or ticket not in queue:  # it was granted meanwhile
            if ticket.granted.is_set():
                self._running -= 1
                self._grant()
            return
        queue.remove(ticket)
        if not queue:
            del self._waiting[ticket.project]

    def _is_spent(self, now: float) -> bool:
        rate = self.rate
        return rate is not None and self._within(rate, now) >= rate.limit

    def _within(self, rate: Rate, now: float) -> int:
        """Return the requests that count: under way, or ended within the window."""
        while self._ended and self._ended[0] <= now - rate.window_s:
            self._ended.popleft()
        return self._running + len(self._ended)

    def _pause(self, now: float) -> float | None:
        """Return the seconds until one more may go; ``None``: when one of those under way ends."""
        pause = max(0.0, self._until - now)
        if self._is_spent(now):
            assert self.rate is not None
            if not self._ended:
                return None
            pause = max(pause, self._ended[0] + self.rate.window_s - now)
        return pause

    def _take_watch(self) -> float | None:
        """Return the seconds that this thread sleeps for all; ``None`` if another does, or need."""
        with self._lock:
            self._grant()
            pause = self._pause(self._clock()) if not self._asleep else None
            if pause:
                self._asleep = True
            return pause or None


class BudgetLimiter:
    """The limiter of a project's requests for one question."""

    def __init__(self, budget: Budget, project: str) -> None:
        """Keep whose budget it is, and the project that has turns."""
        self._budget = budget
        self._project = project
        self._stopped = False
        self._lock = threading.Lock()
        self.requests = 0
        """Requests that were sent."""

    def stop(self) -> None:
        """Refuse all further requests."""
        self._stopped = True

    def close(self) -> None:
        """Do nothing: there is nothing to give back."""

    def enter(self) -> None:
        """Wait until a request may be sent."""
        self._budget.enter(self._project, lambda: self._stopped)
        if self._stopped:
            self._budget.leave()
            raise Stopped

    def leave(self) -> None:
        """Note that its answer came, or none."""
        with self._lock:
            self.requests += 1
        self._budget.leave()

    def refused(self, asked: float | None, window: float | None, limit: int | None) -> None:
        """Learn from a request that was turned away."""
        self._budget.refused(asked, window, limit)
