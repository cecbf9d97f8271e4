"""The states of a form, and the named transitions between them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any

Values = Mapping[str, Any]


class FormState(Enum):
    """What a form is doing; drawn in ``docs/architecture.md``."""

    LOADING = "loading"
    """Asks the service what its fields offer, or a program is filling it in."""
    EDITING = "editing"
    """Can be filled in and sent."""
    SUBMITTING = "submitting"
    """Does what its button does; nothing can be filled in."""
    WATCHING = "watching"
    """It was done; shows what comes of it until that has ended."""
    DONE = "done"
    """What is filled in was done, so there is nothing to send."""
    CLOSED = "closed"
    """Taken off the page; begins nothing any more."""


_REST = (FormState.LOADING, FormState.EDITING, FormState.DONE)
_BUSY = (FormState.SUBMITTING, FormState.WATCHING)

TRANSITIONS: Mapping[str, tuple[tuple[FormState, FormState], ...]] = MappingProxyType(
    {
        "load": ((FormState.EDITING, FormState.LOADING), (FormState.DONE, FormState.LOADING)),
        "loaded": ((FormState.LOADING, FormState.EDITING), (FormState.LOADING, FormState.DONE)),
        "edit": ((FormState.EDITING, FormState.DONE), (FormState.DONE, FormState.EDITING)),
        "acquire": tuple((each, FormState.SUBMITTING) for each in _REST),
        "watch": ((FormState.SUBMITTING, FormState.WATCHING),),
        "release": tuple((busy, rest) for busy in _BUSY for rest in _REST),
        "close": tuple((each, FormState.CLOSED) for each in (*_REST, *_BUSY)),
    }
)
"""From which state to which each transition leads."""


class StateMachine:
    """The state of one form; its one lock decides who may act.

    ``edit`` needs no call: whether what is filled in was done is found out when the state is
    asked for, so that nobody sees an old answer.
    """

    def __init__(self, values: Callable[[], Values], *, repeatable: bool = False) -> None:
        """Begin with nothing filled in.

        Args:
            values: returns what is filled in now.
            repeatable: whether the same may be done again and again, as in a list that one can
                always look at again.
        """
        self.lock = threading.RLock()
        self._values = values
        self._repeatable = repeatable
        self._state = FormState.EDITING
        self._pending: set[str] = set()
        self._done_with: Values | None = None

    @property
    def state(self) -> FormState:
        """The present state."""
        with self.lock:
            if self._state in _REST:
                self._rest("edit")
            return self._state

    @property
    def busy(self) -> bool:
        """Whether it acts, or watches what it did."""
        return self._state in _BUSY

    @property
    def closed(self) -> bool:
        """Whether it is off the page."""
        return self._state is FormState.CLOSED

    def is_done(self) -> bool:
        """Return whether what is filled in was done, so that there is nothing more to do."""
        done = self._done_with
        return not self._repeatable and done is not None and done == self._values()

    def load(self) -> None:
        """Note that what fields offer is being asked for."""
        self._wait_for("options")

    def loaded(self) -> None:
        """Note that what fields offer is known, or could not be asked for."""
        self._go_on("options")

    def fill(self) -> bool:
        """Acquire the right to fill in several values, so that nothing is sent half filled in.

        Returns:
            Whether it was taken: not while it is busy, or somebody else fills it in.
        """
        with self.lock:
            if self.busy or "values" in self._pending:
                return False
            self._wait_for("values")
            return True

    def filled(self) -> None:
        """End :meth:`fill`."""
        self._go_on("values")

    def acquire(self, values: Values | None = None) -> bool:
        """Acquire the only right to act.

        Args:
            values: what was found to be right; if it has changed since, or was done since, the
                right is not given.

        Returns:
            Whether it was taken.
        """
        with self.lock:
            if self.busy or self.closed or "values" in self._pending:
                return False
            if values is not None and (self._values() != values or self.is_done()):
                return False
            self._move("acquire", FormState.SUBMITTING)
            return True

    def watch(self, values: Values | None = None) -> None:
        """Change from acting to watching what comes of it.

        Args:
            values: what was done; left out if it is what was done before.
        """
        with self.lock:
            if values is not None:
                self._done_with = values
            if self._state is FormState.SUBMITTING:
                self._move("watch", FormState.WATCHING)

    def release(self) -> None:
        """Allow others to act again."""
        with self.lock:
            if self.busy:
                self._rest("release")

    def repeat(self) -> None:
        """Forget what was done, so that it may be done once more."""
        with self.lock:
            self._done_with = None

    def close(self) -> None:
        """Begin nothing any more."""
        with self.lock:
            if not self.closed:
                self._move("close", FormState.CLOSED)

    def _wait_for(self, what: str) -> None:
        with self.lock:
            self._pending.add(what)
            if self._state in _REST:
                self._rest("load")

    def _go_on(self, what: str) -> None:
        with self.lock:
            self._pending.discard(what)
            if self._state is FormState.LOADING:
                self._rest("loaded")

    def _rest(self, transition: str) -> None:
        """Move to the state in which nobody acts."""
        at_rest = FormState.DONE if self.is_done() else FormState.EDITING
        to = FormState.LOADING if self._pending else at_rest
        if to is not self._state:
            self._move(transition, to)

    def _move(self, transition: str, to: FormState) -> None:
        if (self._state, to) not in TRANSITIONS[transition]:
            raise AssertionError(f"{transition} does not lead from {self._state} to {to}")
        self._state = to
