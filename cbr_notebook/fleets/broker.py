"""One budget of requests for all processes of this computer: workers ask here before they send.

The process that has the fleet keeps the budgets. It listens at an address of this computer, which
only who has the key can use, and grants each request of a worker as if a thread of its own had
asked. When it closes, or ends, workers send nothing more.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import AuthenticationError
from multiprocessing.connection import (
    Client,
    Connection,
    Listener,
    answer_challenge,
    deliver_challenge,
)
from typing import Self

from cbr_notebook.fleets.budget import Budget, Stopped

_ENTER, _GRANTED, _LEAVE = b"enter", b"granted", b"leave"
_KEY_BYTES = 32
_BACKLOG = 128
_LONGEST_WAIT_S = 30.0
"""Until one who listens has said a first word."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a worker asks: on this computer, and of no use after the question.

    Attributes:
        where: a socket or pipe.
        key: what shows that one may ask.
    """

    where: str
    key: bytes = field(repr=False)

    def connect(self) -> Connection:
        """Return a connection.

        Raises:
            OSError: there is no such broker on this computer, or it does not answer.
        """
        caller = Client(self.where)
        try:
            if not caller.poll(_LONGEST_WAIT_S):
                raise OSError(f"{self.where} does not answer.")
            answer_challenge(caller, self.key)
            deliver_challenge(caller, self.key)
        except (EOFError, AuthenticationError) as problem:
            caller.close()
            raise OSError(str(problem)) from problem
        except OSError:
            caller.close()
            raise
        return caller


class Broker:
    """Grants requests of other processes, while it is open."""

    def __init__(self, budget_of: Callable[[str], Budget]) -> None:
        """Begin to listen.

        Args:
            budget_of: returns the budget of a name.

        Raises:
            OSError: this computer does not let it listen.
        """
        key = secrets.token_bytes(_KEY_BYTES)
        self._budget_of = budget_of
        self._listener = Listener(backlog=_BACKLOG)
        self.address = Address(str(self._listener.address), key)
        self._closed = False
        self._lock = threading.Lock()
        self.requests = 0
        """Requests that were sent."""
        self._thread = threading.Thread(target=self._accept, name="cbr-broker", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Grant nothing more."""
        if self._closed:
            return
        self._closed = True
        with suppress(OSError):
            Client(self.address.where).close()  # whoever waits for callers sees that it is over
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        with self._listener:
            while not self._closed:
                try:
                    caller = self._listener.accept()
                except OSError:
                    continue  # somebody who has gone
                # Who has the key is asked beside: a silent caller makes nobody wait.
                threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller: Connection) -> None:
        """Serve a connection, on which a worker has one request at a time."""
        budget: Budget | None = None
        inside = False
        with caller, suppress(OSError, EOFError, AuthenticationError, Stopped):
            deliver_challenge(caller, self.address.key)
            answer_challenge(caller, self.address.key)
            try:
                name, project = json.loads(caller.recv_bytes())
                budget = self._budget_of(name)
                while not self._closed:
                    said = caller.recv_bytes()
                    if said == _ENTER:
                        budget.enter(project, lambda: self._closed)
                        inside = True
                        if not self._closed:
                            caller.send_bytes(_GRANTED)
                    elif said == _LEAVE:
                        budget.leave()
                        inside = False
                        with self._lock:
                            self.requests += 1
                    else:
                        budget.refused(*json.loads(said))
            finally:
                if inside and budget is not None:
                    budget.leave()  # nobody knows whether it was sent: it counts


class BrokerLimiter:
    """The limiter of a project's requests in another process than the fleet's."""

    def __init__(self, address: Address, budget: str, project: str) -> None:
        """Connect.

        Args:
            address: of the broker.
            budget: the name of the budget.
            project: that has turns.

        Raises:
            OSError: there is no such broker on this computer.
        """
        self._address = address
        self._allowance = json.dumps([budget, project]).encode()
        self._lock = threading.Lock()
        self._granted: list[Connection] = []
        self.requests = 0
        """Requests that were sent."""
        self._idle = [self._connect()]

    def enter(self) -> None:
        """Wait until a request may be sent.

        Raises:
            Stopped: the question is not wanted any more.
        """
        with self._lock:
            caller = self._idle.pop() if self._idle else None
        try:
            caller = caller or self._connect()
            caller.send_bytes(_ENTER)
            caller.recv_bytes()
        except (OSError, EOFError):
            raise Stopped from None
        with self._lock:
            self._granted.append(caller)

    def leave(self) -> None:
        """Note that its answer came, or none."""
        with self._lock:
            caller = self._granted.pop()
            self.requests += 1
        with suppress(OSError):  # the broker has gone, and nothing is sent after this
            caller.send_bytes(_LEAVE)
        with self._lock:
            self._idle.append(caller)

    def refused(self, asked: float | None, window: float | None, limit: int | None) -> None:
        """Pass on what is learned from a request that was turned away."""
        with self._lock, suppress(OSError):
            for caller in (*self._granted, *self._idle)[:1]:
                caller.send_bytes(json.dumps([asked, window, limit]).encode())

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            for caller in (*self._granted, *self._idle):
                caller.close()
            self._idle, self._granted = [], []

    def _connect(self) -> Connection:
        caller = self._address.connect()
        caller.send_bytes(self._allowance)
        return caller
