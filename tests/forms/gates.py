"""Holds a thread up where another one could come between, so that what happens then is certain."""

from __future__ import annotations

import threading
from typing import Any

import pytest


class Gate:
    """Holds the first call of something up until it is opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, of: Any, name: str) -> None:
        self._came, self._opened = threading.Event(), threading.Event()
        do = getattr(of, name)

        def held_up(*given: Any, **more: Any) -> Any:
            if not self._came.is_set():
                self._came.set()
                assert self._opened.wait(20)
            return do(*given, **more)

        monkeypatch.setattr(of, name, held_up)

    def wait(self) -> None:
        """Wait until somebody is held up."""
        assert self._came.wait(20)

    def open(self) -> None:
        """Let it go on."""
        self._opened.set()
