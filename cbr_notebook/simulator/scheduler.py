"""What is going to happen: events kept in the state, carried out in order of their time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cbr_notebook.simulator.engine import Engine

Handler = Callable[["Engine", str, dict[str, Any]], None]
"""Carries out one event: given the engine, the event's subject and its arguments."""

_NEVER = 1 << 62


class Scheduler:
    """Keeps events and carries them out; nothing in the cloud happens in any other way."""

    def __init__(self, engine: Engine, handlers: Mapping[str, Handler]) -> None:
        self._engine = engine
        self._handlers = handlers
        self._next: int | None = None

    def at(self, moment: int, kind: str, subject: str, **arguments: Any) -> None:
        """Plan an event; the same kind, subject and moment twice are one event.

        Args:
            moment: when, in microseconds since 1970.
            kind: the name of a registered handler.
            subject: what it is about, usually an ID.
            arguments: further facts, as JSON.
        """
        if kind not in self._handlers:
            raise KeyError(f"no handler for events of kind {kind!r}")
        self._engine.state.run(
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
        self._engine.state.run("DELETE FROM event WHERE kind = ? AND subject = ?", kind, subject)

    def next_due(self) -> int:
        """Give the moment of the next event; far in the future when there is none."""
        if self._next is None:
            due = self._engine.state.value("SELECT min(due_at) FROM event")
            self._next = _NEVER if due is None else int(due)
        return self._next

    def forget_cache(self) -> None:
        """Read the next event anew: a transaction was rolled back."""
        self._next = None

    def run_until(self, moment: int) -> None:
        """Carry out all events up to a moment, in order; each sees its own time as now."""
        engine = self._engine
        while self.next_due() <= moment:
            row = engine.state.one(
                "SELECT id, due_at, kind, subject, arguments FROM event ORDER BY due_at, id LIMIT 1"
            )
            self._next = None
            if row is None:
                return
            engine.state.run("DELETE FROM event WHERE id = ?", row["id"])
            engine.clock.reached = max(engine.clock.reached, row["due_at"])
            self._handlers[row["kind"]](engine, row["subject"], json.loads(row["arguments"]))
