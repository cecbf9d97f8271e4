"""What is known of running work, shared by all that wait for it: forms, waits, lists."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Generator, Hashable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from cbr_notebook.api.http import time_limit
from cbr_notebook.api.messages.records import TaskRecord
from cbr_notebook.api.messages.statuses import ENDED
from cbr_notebook.errors import CBRError, ConnectionFailed

_SHORTEST_PAUSE = 5.0
_SHARE = 0.1
_REMEMBERED = 2000
MAX_OUTAGE_S = 1800.0
"""Seconds of unbroken trouble after which looking is given up; the work goes on."""

T = TypeVar("T")
_Instant = tuple[datetime, float]
"""A moment by the session's clock, and by this computer's, in seconds."""


def _pause_after(elapsed: float) -> float:
    """Return the seconds until the next look at work that has been watched for some time.

    Looks grow rarer as work gets longer: the end is noticed within 5 seconds or a tenth of
    the time that it took, and an hour costs about sixty requests.
    """
    return max(_SHORTEST_PAUSE, elapsed * _SHARE)


class TaskPoller:
    """The one poller of a session: who looks at a task also looks for all others who wait for it.

    It has no thread of its own. Whoever waits asks it at each look, and gets what somebody else
    has just seen, if that is fresh enough. So any number of forms and waits cost at most two
    requests a pause, and when nobody waits nothing is asked.

    What was seen ages by the session's clock and by this computer's, whichever went further: a
    simulated clock stands still while people look on, and jumps while programs wait.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
        show: Callable[[str], TaskRecord] | None = None,
    ) -> None:
        """Make the poller of a session.

        Args:
            clock: gives the present moment.
            sleep: waits some seconds.
            show: asks the service for a task by its ID.
        """
        self.show = show
        self.clock = clock
        self.sleep = sleep
        self._lock = threading.Lock()
        self._tasks: dict[str, tuple[_Instant, TaskRecord]] = {}
        self._answers: dict[Hashable, tuple[_Instant, tuple[TaskRecord, ...]]] = {}

    def poll(
        self,
        look: Callable[[float], T | None],
        elapsed: Callable[[], float] | None = None,
        *,
        longest: float = math.inf,
        within: float = 0.0,
    ) -> Generator[float, None, T]:
        """Look at work until it has ended; yields the seconds until the next look.

        Args:
            look: looks once; ``None`` means that the work goes on. It is given the age, in
                seconds, up to which it may take what somebody else has seen: half a pause.
            elapsed: tells the seconds since the work began; since now if left out.
            longest: the longest pause between two looks, in seconds.
            within: the age for the first look.

        Returns:
            What the last look returned.
        """
        if elapsed is None:
            start = self.clock()
            elapsed = lambda: (self.clock() - start).total_seconds()  # noqa: E731
        while (seen := look(within)) is None:
            pause = min(longest, _pause_after(elapsed()))
            yield pause
            within = pause / 2
        return seen

    def tasks(
        self, ids: Sequence[str], ask: Callable[[], Sequence[TaskRecord]], within: float
    ) -> tuple[TaskRecord, ...]:
        """Return the records of some tasks.

        Args:
            ids: the tasks, as far as they are known; none if they have yet to be found.
            ask: asks the service for them.
            within: how old, in seconds, what somebody else has seen may be. A task that has
                ended does not change any more.
        """
        with self._asking():
            now = self._now()
            known = [self._tasks[each] for each in ids if each in self._tasks]
            if ids and len(known) == len(ids) and all(
                record.status in ENDED or _age(now, seen) < within for seen, record in known
            ):  # fmt: skip
                return tuple(record for _, record in known)
            found = tuple(ask())
            self._notice(found)
            return found

    def answer(
        self, question: Hashable, ask: Callable[[], Sequence[TaskRecord]], within: float
    ) -> tuple[TaskRecord, ...]:
        """Return the answer to a question about tasks, such as which are the newest.

        Args:
            question: what is asked, so that others who ask the same are answered too.
            ask: asks the service.
            within: how old, in seconds, an answer may be.
        """
        with self._asking():
            known = self._answers.get(question)
            if known is not None and _age(self._now(), known[0]) < within:
                return known[1]
            found = tuple(ask())
            self._notice(found)
            self._answers[question] = (self._now(), found)
            return found

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Wait until nobody else asks, no longer than the limit of what this thread asks.

        Raises:
            ConnectionFailed: somebody else still asks when the time is over.
        """
        limit = time_limit.current()
        seconds = -1 if limit is None else max(0.0, min(limit.left(), threading.TIMEOUT_MAX))
        if not self._lock.acquire(timeout=seconds):
            if limit is not None:
                limit.reached = True
            raise ConnectionFailed(
                "Another question about tasks has not been answered yet.",
                advice="Nothing was changed. Ask again.",
            )
        try:
            yield
        finally:
            self._lock.release()

    def _now(self) -> _Instant:
        return self.clock(), time.monotonic()

    def _notice(self, records: Sequence[TaskRecord]) -> None:
        now = self._now()
        for record in records:
            self._tasks.pop(record.id, None)
            self._tasks[record.id] = (now, record)
        for oldest in list(self._tasks)[:-_REMEMBERED]:
            del self._tasks[oldest]


class Outage:
    """Bears looks that fail for a while, such as those that the service throttles."""

    def __init__(self, clock: Callable[[], datetime], longest: float) -> None:
        """Begin without trouble.

        Args:
            clock: gives the present moment.
            longest: how many seconds of unbroken trouble are borne.
        """
        self._clock = clock
        self._longest = longest
        self._since: datetime | None = None
        self.pause = 0.0
        """The seconds that the service asked to wait."""

    def bear(self, look: Callable[[float], T | None], within: float) -> T | None:
        """Look once; a look that fails, and may succeed in a while, is one that saw no end.

        Raises:
            CBRError: it does not pass, or the trouble lasts too long.
        """
        try:
            seen = look(within)
        except CBRError as problem:
            if not problem.passing:
                raise
            now = self._clock()
            self._since = self._since or now
            self.pause = getattr(problem, "retry_after", None) or 0.0
            if (now - self._since).total_seconds() + self.pause > self._longest:
                raise
            return None
        self._since, self.pause = None, 0.0
        return seen


def _age(now: _Instant, seen: _Instant) -> float:
    return max((now[0] - seen[0]).total_seconds(), now[1] - seen[1])
