"""Questions to the service about what fields offer, asked beside the main thread, in order."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

from cbr_notebook.forms.work import Work

Ask = Callable[[], Callable[[], None]]
"""Asks the service, and gives what fills the fields with the answer."""
Start = Callable[[str, Callable[[Work], object]], Work]


class Questions:
    """The questions of a form, answered one after the other.

    A question that comes again before it was answered takes the place of the one before. What
    could not be answered is trouble until it is asked again and answered.
    """

    def __init__(self, start: Start, told: Callable[[], None]) -> None:
        """Begin without a question.

        Args:
            start: begins work beside the main thread, such as a form's own.
            told: hears whenever all there was to ask was answered, or has failed.
        """
        self._start = start
        self._told = told
        self._lock = threading.RLock()
        self._waiting: dict[str, Ask] = {}
        self._failed: dict[str, tuple[Ask, Exception]] = {}
        self._asked: defaultdict[str, int] = defaultdict(int)
        """How often was asked about each: an answer to an earlier question is void."""
        self.work: Work | None = None
        """Answers what waits, while something does."""
        self._here = threading.local()
        self.answered = threading.Event()
        """Set while there is nothing to wait for."""
        self.answered.set()

    @property
    def trouble(self) -> Exception | None:
        """Why something could not be answered; ``None`` if all was."""
        return next((problem for _, problem in self._failed.values()), None)

    def ask(self, about: str, ask: Ask) -> None:
        """Ask beside the main thread; whoever is answering asks, and waits, itself.

        Args:
            about: what it is about; asking anew about the same makes the one before void.
            ask: asks, and gives what fills the fields; that is left out once it is void.

        Raises:
            CBRError: whoever asks here and now could not be answered.
        """
        if self.answering:
            self._answer(about, ask, lambda: True)
            return
        with self._lock:
            self._waiting.pop(about, None)
            self._waiting[about] = ask
            self._asked[about] += 1
            self.answered.clear()
            if self.work is None:
                self.work = self._start("asks", self._work_off)

    def again(self) -> None:
        """Ask anew what could not be answered."""
        for about, (ask, _) in list(self._failed.items()):
            self.ask(about, ask)

    def forget(self, about: str) -> None:
        """Let go what is not of interest any more, and the trouble with it."""
        with self._lock:
            self._waiting.pop(about, None)
            self._failed.pop(about, None)
            self._asked[about] += 1

    @property
    def answering(self) -> bool:
        """Whether this thread follows, one by one, what it changes."""
        return getattr(self._here, "on", False)

    @contextmanager
    def here(self) -> Iterator[None]:
        """Let what this thread changes be followed by this thread, before it goes on."""
        before = self.answering
        self._here.on = True
        try:
            yield
        finally:
            self._here.on = before

    def _work_off(self, work: Work) -> None:
        while True:
            with self._lock:
                if work.stopped or not self._waiting:
                    self._waiting.clear()
                    self.work = None
                    self.answered.set()
                    break
                about = next(iter(self._waiting))
                ask = self._waiting.pop(about)
                number = self._asked[about]
            with suppress(Exception):  # remembered as trouble
                self._answer(about, ask, partial(self._wanted, work, about, number))
        if not work.stopped:
            self._told()

    def _wanted(self, work: Work, about: str, number: int) -> bool:
        return not work.stopped and self._asked[about] == number

    def _answer(self, about: str, ask: Ask, wanted: Callable[[], bool]) -> None:
        try:
            with self.here():
                fill = ask()
                if wanted():
                    fill()
        except Exception as problem:
            if wanted():
                self._failed[about] = ask, problem
            raise
        if wanted():
            self._failed.pop(about, None)
