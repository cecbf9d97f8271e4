"""How often a request is sent, and how long it waits before it is sent again."""

from __future__ import annotations

import time

from cbr_notebook.auth.throttling import WORTH_A_LINE_S
from cbr_notebook.errors import CBRError

_ATTEMPTS, _LONGEST_PAUSE = 5, 60.0
_SLOW, _SLOW_ATTEMPTS = 0.9, 2
"""What share of its time makes an attempt slow, and after how many of them it is enough."""


class Repeatable(Exception):
    """An answer after which the request is sent again; carries the error to raise in the end."""

    def __init__(self, error: CBRError, pause: float | None = None, window: bool = False) -> None:
        super().__init__(str(error))
        error.passing = True
        self.error = error
        self.pause = pause
        self.window = window
        """Whether the service said how long it turns requests away."""

    def is_long(self, pause: float) -> bool:
        """Return whether a pause is one that the service asked for, and so long that it is told."""
        return self.window and pause >= WORTH_A_LINE_S


class Attempts:
    """How often a request was sent, how long it waited in between, and how slow it was."""

    def __init__(self, patience: float, timeout: float) -> None:
        self._patience = patience
        self._slow = _SLOW * timeout
        self._number = self._slow_ones = 0
        self._waited = self._began = 0.0

    def begin(self) -> None:
        """Note that the request is sent now."""
        self._number += 1
        self._began = time.monotonic()

    def pause_after(self, problem: Repeatable) -> float | None:
        """Return the seconds until the next attempt; ``None`` if there is to be none."""
        self._slow_ones += time.monotonic() - self._began > self._slow
        pause = problem.pause or 2.0 ** (self._number - 1)
        if problem.is_long(pause):
            goes_on = self._waited + pause <= self._patience
        else:
            goes_on = self._number < _ATTEMPTS and self._slow_ones < _SLOW_ATTEMPTS
            pause = min(pause, _LONGEST_PAUSE)
        self._waited += pause
        return pause if goes_on else None
