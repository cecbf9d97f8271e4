"""Classes that are served, and sessions at their seats."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook.simulator.classroom.serving import ServedClass, serve_seats
from cbr_notebook.simulator.cloud import Cloud


@contextmanager
def running(served: ServedClass) -> Iterator[ServedClass]:
    """Serve a class on a thread of its own."""
    thread = threading.Thread(target=served.server.serve)
    thread.start()
    try:
        yield served
    finally:
        served.server.stop()
        thread.join(20)


@pytest.fixture
def serve() -> Iterator[Callable[..., ServedClass]]:
    """Serve a class of an estate; all classes are closed after the test."""
    with ExitStack() as stack:

        def start(seats: int | None = 2, estate: Any = "demo", **more: Any) -> ServedClass:
            return stack.enter_context(running(serve_seats(Cloud.open(estate), seats, **more)))

        yield start


@pytest.fixture
def classroom(serve: Callable[..., ServedClass]) -> ServedClass:
    """Two seats, over TLS."""
    return serve(2, tls=True)


@pytest.fixture
def seats(classroom: ServedClass) -> list[cbr.Session]:
    """A session at each of two seats."""
    return [cbr.connect(join=seat["join"]) for seat in classroom.ready["seats"]]
