"""The requests of a run, told apart from those that others send over the same session."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cbr_notebook.api.http.transport import RequestRecord, Transport

_lock = threading.Lock()


@contextmanager
def recorded(transport: Transport, write: Callable[[RequestRecord], object]) -> Iterator[None]:
    """Call a function with every request that this thread sends, while this lasts.

    Requests of other threads, such as a form that refreshes itself, are not this run's.
    Whoever listened before goes on hearing everything.
    """
    mine = threading.get_ident()

    with _lock:
        before = transport.on_request

        def listen(record: RequestRecord) -> None:
            if before is not None:
                before(record)
            if listening and threading.get_ident() == mine:
                write(record)

        listening = True
        transport.on_request = listen
    try:
        yield
    finally:
        with _lock:
            # If another thread has begun to listen on top of this one, this link stays in its
            # chain, silent.
            listening = False
            if transport.on_request is listen:
                transport.on_request = before
