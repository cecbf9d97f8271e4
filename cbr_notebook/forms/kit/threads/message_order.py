"""Handles the messages of a page in the order in which they were sent.

The kernel of JupyterLab has several threads for widgets and the main one, and brings a message by
the one that has drawn its widget last: so a click may overtake what was typed just before it, in
another widget. The page numbers its messages, and each is handled when its turn has come.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Handler = Callable[[], None]

_LONGEST_GAP_S = 5.0
"""Seconds to wait for a message that was sent before one that is there."""


@dataclass(slots=True)
class _Speaker:
    """One form on one page."""

    next: int = 1
    early: dict[int, tuple[Handler, Handler]] = field(default_factory=dict)
    """What came before its turn: its handler, and the one for after a gap."""
    due: deque[Handler] = field(default_factory=deque)
    handling: bool = False


class MessageSequencer:
    """Handles messages in turn, never two of a speaker's at once."""

    def __init__(self, longest_gap: float = _LONGEST_GAP_S) -> None:
        """Begin with nobody.

        Args:
            longest_gap: seconds to wait for a message before those after it are handled without
                it; if it comes later, it is handled then.
        """
        self._longest_gap = longest_gap
        self._lock = threading.Lock()
        self._speakers: defaultdict[str, _Speaker] = defaultdict(_Speaker)

    def handle(
        self, message: dict[str, Any], handler: Handler, after_gap: Handler | None = None
    ) -> None:
        """Handle a message, once all that were sent before it have been handled.

        Args:
            message: names its ``speaker`` and its ``turn``, from 1; without them it is handled
                at once, as what a program sends.
            handler: what to do then; in this thread, or in that of the message that was missing.
            after_gap: what to do instead if that never arrives.
        """
        speaker, turn = message.get("speaker"), message.get("turn")
        if not isinstance(speaker, str) or not isinstance(turn, int):
            handler()
            return
        with self._lock:
            known = self._speakers[speaker]
            if turn < known.next:
                known.due.append(handler)
            else:
                known.early[turn] = handler, after_gap or handler
        self._handle_due(known)
        with self._lock:
            if known.early and not known.handling:
                missing = known.next
                wait = threading.Timer(self._longest_gap, lambda: self.give_up(speaker, missing))
                wait.daemon = True
                wait.start()

    def give_up(self, speaker: str, missing: int) -> None:
        """Wait no longer for a message: handle what came after it as after a gap."""
        with self._lock:
            known = self._speakers[speaker]
            if known.next != missing or not known.early:
                return
            for turn in sorted(known.early):
                known.due.append(known.early.pop(turn)[1])
                known.next = turn + 1
        self._handle_due(known)

    def _handle_due(self, known: _Speaker) -> None:
        with self._lock:
            if known.handling:
                return
            known.handling = True
        problems: list[BaseException] = []
        while True:
            try:
                handler = self._next(known)
                if handler is None:
                    break
                handler()
            except BaseException as problem:
                problems.append(problem)
        if problems:
            raise problems[0]

    def _next(self, known: _Speaker) -> Handler | None:
        with self._lock:
            while known.next in known.early:
                known.due.append(known.early.pop(known.next)[0])
                known.next += 1
            if known.due:
                return known.due.popleft()
            known.handling = False
            return None
