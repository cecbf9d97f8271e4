"""What a page says, heard in the order in which it was said.

The kernel of JupyterLab has several threads for widgets and the main one, and brings a message by
the one that has drawn its widget last: so a click may overtake what was typed just before it, in
another widget. The page says with each message which one of its own it is, and it is heard then.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Hear = Callable[[], None]

_PATIENCE = 5.0
"""Seconds to wait for a message that was said before one that is there."""


@dataclass(slots=True)
class _Speaker:
    """One form on one page."""

    next: int = 1
    early: dict[int, tuple[Hear, Hear]] = field(default_factory=dict)
    """What has arrived before its turn: how to hear it then, and how after a gap."""
    due: deque[Hear] = field(default_factory=deque)
    heard_now: bool = False


class InTurn:
    """Hears messages in turn, never two of a speaker's at once."""

    def __init__(self, patience: float = _PATIENCE) -> None:
        """Begin with nobody.

        Args:
            patience: seconds to wait for a message before those after it are heard without it;
                then it is heard when it comes.
        """
        self._patience = patience
        self._lock = threading.Lock()
        self._speakers: defaultdict[str, _Speaker] = defaultdict(_Speaker)

    def hear(self, message: dict[str, Any], hear: Hear, after_gap: Hear | None = None) -> None:
        """Hear a message, once all that was said before it has been heard.

        Args:
            message: says its ``speaker`` and its ``turn``, from 1; without them it is heard
                at once, as what a program says.
            hear: what to do then; in this thread, or in that of the message that was missing.
            after_gap: what to do instead if that never arrives.
        """
        speaker, turn = message.get("speaker"), message.get("turn")
        if not isinstance(speaker, str) or not isinstance(turn, int):
            hear()
            return
        with self._lock:
            said = self._speakers[speaker]
            if turn < said.next:
                said.due.append(hear)
            else:
                said.early[turn] = hear, after_gap or hear
        self._hear_due(said)
        with self._lock:
            if said.early and not said.heard_now:
                missing = said.next
                wait = threading.Timer(self._patience, lambda: self.give_up(speaker, missing))
                wait.daemon = True
                wait.start()

    def give_up(self, speaker: str, missing: int) -> None:
        """Wait no longer for a message: hear what came after it as after a gap."""
        with self._lock:
            said = self._speakers[speaker]
            if said.next != missing or not said.early:
                return
            for turn in sorted(said.early):
                said.due.append(said.early.pop(turn)[1])
                said.next = turn + 1
        self._hear_due(said)

    def _hear_due(self, said: _Speaker) -> None:
        with self._lock:
            if said.heard_now:
                return
            said.heard_now = True
        trouble: list[BaseException] = []
        while True:
            try:
                step = self._next(said)
                if step is None:
                    break
                step()
            except BaseException as problem:
                trouble.append(problem)
        if trouble:
            raise trouble[0]

    def _next(self, said: _Speaker) -> Hear | None:
        with self._lock:
            while said.next in said.early:
                said.due.append(said.early.pop(said.next)[0])
                said.next += 1
            if said.due:
                return said.due.popleft()
            said.heard_now = False
            return None
