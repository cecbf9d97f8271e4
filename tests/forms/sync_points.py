"""Points at which a test holds a thread up, so that what comes between is certain.

They sit at public boundaries: a method of the session or of its client, the clock of its
simulated cloud, a trait of a widget.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from cbr_notebook import Session

_LONG = 20.0


class SyncPoint:
    """Holds up the first who comes, until it is opened."""

    def __init__(self) -> None:
        self._came, self._opened = threading.Event(), threading.Event()

    def before(self, do: Callable[..., Any]) -> Callable[..., Any]:
        """Return the same function, with the gate before it."""

        def held_up(*given: Any, **more: Any) -> Any:
            self._pass()
            return do(*given, **more)

        return held_up

    def after(self, do: Callable[..., Any]) -> Callable[..., Any]:
        """Return the same function, with the gate behind it."""

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
        """Release those that wait."""
        self._opened.set()


def before(monkeypatch: pytest.MonkeyPatch, of: Any, name: str) -> SyncPoint:
    """Put a gate before a method."""
    gate = SyncPoint()
    monkeypatch.setattr(of, name, gate.before(getattr(of, name)))
    return gate


def after(monkeypatch: pytest.MonkeyPatch, of: Any, name: str) -> SyncPoint:
    """Put a gate behind a method."""
    gate = SyncPoint()
    monkeypatch.setattr(of, name, gate.after(getattr(of, name)))
    return gate


def at_pause(
    monkeypatch: pytest.MonkeyPatch,
    session: Session,
    do: Callable[[], None] | None = None,
    *,
    once: Callable[[], bool] = lambda: True,
) -> None:
    """Do something when the client of a simulated cloud waits the next time, then let it wait.

    Args:
        monkeypatch: undoes it.
        session: whose waiting is meant.
        do: what is done; left out: somebody interrupts the kernel.
        once: says whether the time has come.
    """
    advance = session.cloud.advance

    def first(**duration: float) -> Any:
        if once():
            monkeypatch.setattr(session.cloud, "advance", advance)
            if do is None:
                raise KeyboardInterrupt
            do()
        return advance(**duration)

    monkeypatch.setattr(session.cloud, "advance", first)


def when(widget: Any, trait: str, value: Any, do: Callable[[], None]) -> None:
    """Do something at once when a trait of a widget becomes a value, the first time."""

    def changed(change: Any) -> None:
        if change["new"] == value:
            widget.unobserve(changed, trait)
            do()

    widget.observe(changed, trait)


def running(name: str) -> list[threading.Thread]:
    """Return the threads of forms that run and are named like this, such as ``tasks watches``."""
    return [each for each in threading.enumerate() if each.name == f"cbr {name}"]


def join(name: str) -> None:
    """Wait until no thread of a form that is named like this runs."""
    for each in running(name):
        each.join(_LONG)
        assert not each.is_alive()


def beside(step: Callable[[], object]) -> threading.Thread:
    """Run a step in another thread."""
    thread = threading.Thread(target=step)
    thread.start()
    return thread
