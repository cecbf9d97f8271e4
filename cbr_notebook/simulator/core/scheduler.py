"""What is going to happen: events kept in the state, carried out in order of their time."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from cbr_notebook.simulator.core.clock import Clock
from cbr_notebook.simulator.core.state import State

CarryOut = Callable[[str, str, dict[str, Any]], None]
"""Carries out one event: given its kind, its subject and its arguments."""

_NEVER = 1 << 62


class _Event(NamedTuple):
    """What is carried out at a moment."""

    id: int
    due_at: int
    """In microseconds since 1970."""
    kind: str
    subject: str
    arguments: str
    """JSON."""


class Scheduler:
    """Keeps events and carries them out; nothing in the cloud happens in any other way."""

    def __init__(
        self, state: State, clock: Clock, kinds: Collection[str], carry_out: CarryOut
    ) -> None:
        """Create it on what keeps the events, the clock that they move, and who carries them out.

        Args:
            state: keeps the events.
            clock: stands at an event's own time while it is carried out.
            kinds: the kinds of event that there are.
            carry_out: does what an event says.
        """
        self._state = state
        self._clock = clock
        self._kinds = kinds
        self._carry_out = carry_out
        self._next: int | None = None

    def at(self, moment: int, kind: str, subject: str, **arguments: Any) -> None:
        """Plan an event; the same kind, subject and moment twice are one event.

        Args:
            moment: when, in microseconds since 1970.
            kind: one of the kinds that there are.
            subject: what it is about, usually an ID.
            arguments: further facts, as JSON.
        """
        if kind not in self._kinds:
            raise KeyError(f"no handler for events of kind {kind!r}")
        self._state.run(
            "INSERT OR IGNORE INTO event (due_at, kind, subject, arguments) VALUES (?, ?, ?, ?)",
            moment,
            kind,
            subject,
            json.dumps(arguments),
        )
        if self._next is not None:
            self._next = min(self._next, moment)

    def cancel(self, kind: str, subject: str) -> None:
        """Forget all events of a kind about a subject."""
        self._state.run("DELETE FROM event WHERE kind = ? AND subject = ?", kind, subject)

    def next_due(self) -> int:
        """Return the moment of the next event; far in the future when there is none."""
        if self._next is None:
            due = self._state.value("SELECT min(due_at) FROM event")
            self._next = _NEVER if due is None else int(due)
        return self._next

    def forget_cache(self) -> None:
        """Read the next event anew: a transaction was rolled back."""
        self._next = None

    def run_until(self, moment: int) -> None:
        """Carry out all events up to a moment, in order; each sees its own time as now."""
        while self.next_due() <= moment:
            event = self._state.one_of(
                _Event,
                "SELECT id, due_at, kind, subject, arguments FROM event WHERE due_at <= ? "
                "ORDER BY due_at, id LIMIT 1",
                moment,
            )
            self._next = None
            if event is None:  # the event that was next has been cancelled
                return
            self._state.run("DELETE FROM event WHERE id = ?", event.id)
            self._clock.current = max(self._clock.current, event.due_at)
            self._carry_out(event.kind, event.subject, json.loads(event.arguments))
