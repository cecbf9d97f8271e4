"""Loads what fields offer: questions to the service, asked beside the main thread, in order."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

from cbr_notebook.forms.kit.threads.worker import Worker

Ask = Callable[[], Callable[[], None]]
"""Asks the service and returns what fills the fields with the answer."""
Start = Callable[[str, Callable[[Worker], object]], Worker]


class OptionLoader:
    """The questions of a form, answered one after the other.

    A question that comes again before it was answered takes the place of the one before. What
    could not be answered is an error until it is asked again and answered.
    """

    def __init__(
        self,
        start: Start,
        loaded: Callable[[], None],
        *,
        began: Callable[[], None] = lambda: None,
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        """Begin without a question.

        Args:
            start: starts a worker, such as a form's own.
            loaded: is called whenever all there was to ask was answered, or has failed.
            began: is called, under the loader's lock, when there is something to ask.
            ended: is called, under the loader's lock, when there is nothing more to ask.
        """
        self._start = start
        self._began = began
        self._ended = ended
        self._loaded = loaded
        self._lock = threading.RLock()
        self._waiting: dict[str, Ask] = {}
        self._failed: dict[str, tuple[Ask, Exception]] = {}
        self._asked: defaultdict[str, int] = defaultdict(int)
        """How often was asked about each: an answer to an earlier question is void."""
        self.worker: Worker | None = None
        """Answers what waits, while something does."""
        self._thread = threading.local()
        self.idle = threading.Event()
        """Set while there is nothing to wait for."""
        self.idle.set()
        self._shown = threading.Event()
        """Set while there is nothing to wait for, and ``loaded`` was called for the last answer."""
        self._shown.set()

    @property
    def error(self) -> Exception | None:
        """Why something could not be answered; ``None`` if all was."""
        return next((problem for _, problem in self._failed.values()), None)

    def ask(self, about: str, ask: Ask) -> None:
        """Ask beside the main thread; in a thread that is :attr:`inline`, here and now.

        Args:
            about: the subject; asking anew about the same makes the question before void.
            ask: asks, and returns what fills the fields; that is left out once it is void.

        Raises:
            CBRError: inline, the service could not answer.
        """
        if self.inline:
            self._answer(about, ask, lambda: True)
            return
        with self._lock:
            self._waiting.pop(about, None)
            self._waiting[about] = ask
            self._asked[about] += 1
            self.idle.clear()
            self._shown.clear()
            self._began()
            if self.worker is None:
                self.worker = self._start("asks", self._work_off)

    def wait(self) -> None:
        """Wait until there is nothing to wait for, and what was answered is shown."""
        self._shown.wait()

    def retry(self) -> None:
        """Ask anew what could not be answered."""
        for about, (ask, _) in list(self._failed.items()):
            self.ask(about, ask)

    def forget(self, about: str) -> None:
        """Drop a question that is not of interest any more, and its error."""
        with self._lock:
            self._waiting.pop(about, None)
            self._failed.pop(about, None)
            self._asked[about] += 1

    @property
    def inline(self) -> bool:
        """Whether this thread follows, one by one, what it changes."""
        return getattr(self._thread, "inline", False)

    @contextmanager
    def inlined(self) -> Iterator[None]:
        """Handle what this thread changes within this thread, before it goes on."""
        before = self.inline
        self._thread.inline = True
        try:
            yield
        finally:
            self._thread.inline = before

    def _work_off(self, worker: Worker) -> None:
        while True:
            with self._lock:
                if worker.stopped or not self._waiting:
                    self._waiting.clear()
                    self.worker = None
                    self._ended()
                    self.idle.set()
                    break
                about = next(iter(self._waiting))
                ask = self._waiting.pop(about)
                number = self._asked[about]
            with suppress(Exception):  # remembered as an error
                self._answer(about, ask, partial(self._wanted, worker, about, number))
        try:
            if not worker.stopped:
                self._loaded()
        finally:
            with self._lock:
                if self.idle.is_set():
                    self._shown.set()

    def _wanted(self, worker: Worker, about: str, number: int) -> bool:
        return not worker.stopped and self._asked[about] == number

    def _answer(self, about: str, ask: Ask, wanted: Callable[[], bool]) -> None:
        try:
            with self.inlined():
                fill = ask()
                if wanted():
                    fill()
        except Exception as problem:
            if wanted():
                self._failed[about] = ask, problem
            raise
        if wanted():
            self._failed.pop(about, None)
