"""Work that runs on: watched, awaited, taken up again."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any

from cbr_notebook import catalogue
from cbr_notebook.api.http.time_limit import limited
from cbr_notebook.api.messages.records import TaskRecord
from cbr_notebook.api.messages.statuses import (
    ENDED,
    TASK_FAILED,
    TASK_RUNNING,
    TASK_SUCCESS,
    TASK_WAITING,
    UNSUCCESSFUL,
)
from cbr_notebook.errors import (
    ConnectionFailed,
    NotFound,
    RateLimited,
    ServiceError,
    TaskFailed,
    WaitTimeout,
)
from cbr_notebook.tasks.poller import MAX_OUTAGE_S, Outage, TaskPoller
from cbr_notebook.tasks.progress_bar import ProgressBar
from cbr_notebook.text.card import facts_html
from cbr_notebook.text.timeparse import check_seconds


class _OutOfTime(Exception):
    """The time to wait is over."""


def check_timeout(timeout: Any) -> None:
    """Check how long somebody wants to wait; ``None`` is without limit.

    Raises:
        InvalidRequest: it is no number of seconds.
    """
    if timeout is not None:
        check_seconds(timeout, "timeout", without="Leave it out to wait without limit.")


class Task:
    """Work that the service carries out: one task, or several that belong together."""

    def __init__(
        self,
        poller: TaskPoller,
        what: str,
        find: Callable[[], Sequence[TaskRecord]],
        *,
        expected: int = 1,
        result: Any = None,
    ) -> None:
        """Create a task of the service to wait for; sessions make these.

        Args:
            poller: of the session: waits, and shares what is seen with others.
            what: the work in words, such as "Backing up web-01".
            find: asks the service for the tasks that belong to the work.
            expected: how many tasks belong to the work.
            result: what the work makes, such as the record of a restore point.
        """
        self.what = what
        self.result = result
        self._find = find
        self._poller = poller
        self._expected = expected
        self.records: tuple[TaskRecord, ...] = ()
        """The service's tasks, as they were at the last look."""

    def __repr__(self) -> str:
        return f"<Task {self.what}: {self.status}, {self.progress} %>"

    def _repr_html_(self) -> str:
        problem = self.error
        return facts_html(
            self.what,
            [
                ("Status", self.status),
                ("Progress", f"{self.progress} %"),
                ("Problem", problem.message if problem else None),
                ("What to do", problem.advice if problem else None),
                ("ID", ", ".join(self.ids)),
            ],
        )

    @property
    def id(self) -> str | None:
        """The ID of the (first) task, for :meth:`Session.task`; known after a look."""
        return self.records[0].id if self.records else None

    @property
    def ids(self) -> list[str]:
        """The IDs of all its tasks; known after a look."""
        return [record.id for record in self.records]

    @property
    def ended(self) -> bool:
        """Whether all of it has ended, at the last look."""
        return len(self.records) >= self._expected and all(
            record.status in ENDED for record in self.records
        )

    @property
    def status(self) -> str:
        """``waiting``, ``running``, ``success``, ``partial`` or ``failed``, at the last look."""
        statuses = [record.status for record in self.records]
        if not self.ended:
            return (
                TASK_RUNNING
                if any(each not in (None, TASK_WAITING) for each in statuses)
                else TASK_WAITING
            )
        bad = sum(status in UNSUCCESSFUL for status in statuses)
        if not bad:
            return TASK_SUCCESS
        return TASK_FAILED if bad == len(statuses) else "partial"

    @property
    def progress(self) -> int:
        """How far all of it is, in percent, at the last look."""
        if self.ended:
            return 100
        done = [
            100
            if record.status in ENDED
            else (record.extra_info.common.progress or 0)
            if record.extra_info and record.extra_info.common
            else 0
            for record in self.records
        ]
        return sum(done) // max(self._expected, len(done))

    @property
    def error(self) -> TaskFailed | None:
        """What went wrong, at the last look; ``None`` while nothing has."""
        failed = [record for record in self.records if record.status in UNSUCCESSFUL]
        if not failed:
            return None
        lines = []
        for record in failed:
            resource = record.extra_info.resource if record.extra_info else None
            name = resource.name if resource else None
            message = record.error_info.message if record.error_info else None
            lines.append(f"{name or record.id}: {message or record.status}")
        first = failed[0].error_info
        code = first.code if first else None
        entry = catalogue.lookup(code) if code else None
        common = failed[0].extra_info.common if failed[0].extra_info else None
        good = len(self.records) - len(failed)
        others = f" The other {good} went well." if good else ""
        return TaskFailed(
            f"{self.what} failed. {' '.join(lines)}{others}",
            code=code or None,
            advice=entry.advice if entry else "session.failures() and session.tasks() say more.",
            request_id=common.request_id if common else None,
        )

    def refresh(self) -> Task:
        """Look at the work once."""
        self.records = self._poller.tasks((), self._ask, 0)
        return self

    def _ask(self) -> Sequence[TaskRecord]:
        """Ask the service: for the one task that still runs by its ID, else for all of them."""
        open_ones = [record for record in self.records if record.status not in ENDED]
        show = self._poller.show
        if show is None or len(self.records) < self._expected or len(open_ones) != 1:
            return self._find()
        try:
            seen = show(open_ones[0].id)
        except NotFound:  # the list knows it, and this question does not yet
            return self._find()
        return [seen if record.id == seen.id else record for record in self.records]

    def poll(
        self,
        elapsed: Callable[[], float] | None = None,
        *,
        longest: float = math.inf,
        outage: float = MAX_OUTAGE_S,
    ) -> Iterator[float]:
        """Look at the work until it has ended; yields the seconds until the next look.

        What somebody else has seen meanwhile, half a pause ago at most, is not asked again. Looks
        that the service throttles, or that nobody answers, are made again.

        Args:
            elapsed: tells the seconds since the work began; since now if left out.
            longest: the longest pause between two looks, in seconds.
            outage: the seconds of unbroken trouble that are borne.

        Raises:
            CBRError: the service cannot be asked, or has been in trouble for longer.
        """
        trouble = Outage(self._poller.clock, outage)
        look = partial(trouble.bear, self._look)
        for pause in self._poller.poll(look, elapsed, longest=longest):
            yield max(pause, trouble.pause)

    def _look(self, within: float) -> bool | None:
        """Look once; ``True`` if all of it has ended, else ``None``."""
        known = within and len(self.records) >= self._expected
        self.records = self._poller.tasks(self.ids if known else (), self._ask, within)
        return self.ended or None

    def wait(self, timeout: float | None = None, *, progress: bool = True) -> Task:
        """Wait for the end, with a progress bar.

        Args:
            timeout: the longest time to wait, in seconds; without limit if left out.
            progress: show the bar.

        Returns:
            This task, ended well.

        Raises:
            TaskFailed: some or all of it failed; the message says what and why.
            WaitTimeout: the time is over, or you interrupted the waiting; the work goes on.
            InvalidRequest: ``timeout`` is no number of seconds.
            CBRError: the service cannot be asked. Where it throttles, is busy or does not answer,
                the waiting goes on: within ``timeout``, or for half an hour if that is left out.
        """
        check_timeout(timeout)
        start = self._poller.clock()

        def left() -> float:
            elapsed = (self._poller.clock() - start).total_seconds()
            return math.inf if timeout is None else timeout - elapsed

        bar = ProgressBar(self.what) if progress else None
        try:
            with nullcontext() if timeout is None else limited(left) as limit:
                try:
                    self._watch(left, bar, MAX_OUTAGE_S if timeout is None else math.inf)
                except (RateLimited, ConnectionFailed, ServiceError):
                    if limit is None or not (limit.reached or left() <= 0):
                        raise
                    self._poller.sleep(max(0.0, left()))
                    raise self._out_of_time(timeout) from None
                except _OutOfTime:
                    raise self._out_of_time(timeout) from None
        except KeyboardInterrupt:
            raise self._still_running(f"You stopped waiting; {self.what} goes on.") from None
        finally:
            if bar:
                bar.close()
        if self.error is not None:
            raise self.error
        return self

    def _watch(self, left: Callable[[], float], bar: ProgressBar | None, outage: float) -> None:
        for pause in self.poll(outage=outage):
            if bar:
                bar.show(self.progress)
            if left() <= 0:
                raise _OutOfTime
            self._poller.sleep(min(pause, left()))
        if bar:
            bar.show(self.progress)

    def _out_of_time(self, timeout: float | None) -> WaitTimeout:
        return self._still_running(f"{self.what} has not ended in {timeout:g} s.")

    def _still_running(self, message: str) -> WaitTimeout:
        again = f'session.task("{self.id}").wait()' if self.id else "session.tasks()"
        return WaitTimeout(message, advice=f"Watch it again with {again}.")
