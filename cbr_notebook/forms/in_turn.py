"""What a page says, heard in the order in which it was said.

The kernel of JupyterLab has several threads for widgets and the main one, and brings a message by
the one that has drawn its widget last: so a click may overtake what was typed just before it, in
another widget. The page says with each message which one of its own it is, and it is heard then.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any

Hear = Callable[[], None]


class _Speaker:
    """One form on one page."""

    def __init__(self) -> None:
        self.next = 1
        self.early: dict[int, Hear] = {}
        self.heard_now = False


class InTurn:
    """Hears messages in turn, never two of a speaker's at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._speakers: defaultdict[str, _Speaker] = defaultdict(_Speaker)

    def hear(self, message: dict[str, Any], hear: Hear) -> None:
        """Hear a message, once all that was said before it has been heard.

        Args:
            message: says its ``speaker`` and its ``turn``, from 1; without them it is heard
                at once, as what a program says.
            hear: what to do then; in this thread, or in that of the message that was missing.
        """
        speaker, turn = message.get("speaker"), message.get("turn")
        if not isinstance(speaker, str) or not isinstance(turn, int):
            hear()
            return
        with self._lock:
            said = self._speakers[speaker]
            said.early[turn] = hear
            if said.heard_now:
                return
            said.heard_now = True
        self._hear_all(said)

    def _hear_all(self, said: _Speaker) -> None:
        trouble: list[BaseException] = []
        while step := self._next(said):
            try:
                step()
            except BaseException as problem:
                trouble.append(problem)
        if trouble:
            raise trouble[0]

    def _next(self, said: _Speaker) -> Hear | None:
        with self._lock:
            step = said.early.pop(said.next, None)
            if step is None:
                said.heard_now = False
            else:
                said.next += 1
            return step
