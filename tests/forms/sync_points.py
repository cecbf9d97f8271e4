"""Holds a thread up where another one could come between, so that what happens then is certain."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

_LONG = 20.0


class Gate:
    """Holds up the first who comes, until it is opened."""

    def __init__(self) -> None:
        self._came, self._opened = threading.Event(), threading.Event()

    def before(self, do: Callable[..., Any]) -> Callable[..., Any]:
        """Give the same function, with the gate before it."""

        def held_up(*given: Any, **more: Any) -> Any:
            self._pass()
            return do(*given, **more)

        return held_up

    def after(self, do: Callable[..., Any]) -> Callable[..., Any]:
        """Give the same function, with the gate behind it."""

        def held_up(*given: Any, **more: Any) -> Any:
            found = do(*given, **more)
            self._pass()
            return found

        return held_up

    def _pass(self) -> None:
        first = not self._came.is_set()
        self._came.set()
        if first:
            assert self._opened.wait(_LONG)

    def wait(self) -> None:
        """Wait until somebody is held up."""
        assert self._came.wait(_LONG)

    def open(self) -> None:
        """Let them go on."""
        self._opened.set()


def before(monkeypatch: pytest.MonkeyPatch, of: Any, name: str) -> Gate:
    """Put a gate before a method."""
    gate = Gate()
    monkeypatch.setattr(of, name, gate.before(getattr(of, name)))
    return gate


def after(monkeypatch: pytest.MonkeyPatch, of: Any, name: str) -> Gate:
    """Put a gate behind a method."""
    gate = Gate()
    monkeypatch.setattr(of, name, gate.after(getattr(of, name)))
    return gate
