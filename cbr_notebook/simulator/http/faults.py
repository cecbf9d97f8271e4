"""Trouble on request: error codes, gateway errors, delays, and connections that break."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus

import msgspec

from cbr_notebook import catalogue
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.routes import Response


class ConnectionCut(Exception):
    """The connection ends without an answer; the transport and the server carry it out."""


@dataclass(slots=True)
class Fault:
    """One kind of trouble for an operation, some number of times."""

    operation: str
    what: str | int
    times: int
    delay: float
    retry_after: float | None
    every: int = 1
    """Which requests fail: each, each second one, …"""
    reason: str = ""
    """By which it is taken away again."""
    met: int = 0
    """How many requests it has met."""


class Faults:
    """The troubles that are waiting for requests to come."""

    def __init__(self, sleep: Callable[[float], None] | None = None) -> None:
        """Create an empty list.

        Args:
            sleep: how a delay passes: a jump of the clock in process; real time if left out.
        """
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()
        self.sleep = time.sleep if sleep is None else sleep
        self.changed: Callable[[], None] = lambda: None
        """Is called when what :meth:`dump` returns has changed; not under the lock of this."""

    def add(
        self,
        operation: str,
        what: str | int | None = None,
        *,
        times: int = 1,
        delay: float = 0.0,
        retry_after: float | None = None,
        every: int = 1,
        reason: str = "",
    ) -> None:
        """Add a failure for the next requests of an operation.

        Args:
            operation: an operation's ID such as ``create_checkpoint``, or ``*`` for any.
            what: an error code, an HTTP status, ``"cut before"``, ``"cut after"`` (the work is
                done, the answer is lost), ``"html"``, ``"truncated"``; ``None`` for a delay
                only.
            times: for how many requests.
            delay: seconds that the answer takes longer.
            retry_after: seconds for a ``Retry-After`` header, with a status.
            every: 2 lets every second request fail, and so on.
            reason: a word by which :meth:`clear` takes it away again.

        Raises:
            ValueError: there is no such code.
        """
        known = ("cut before", "cut after", "html", "truncated", "")
        if isinstance(what, str) and what not in known and catalogue.lookup(what) is None:
            raise ValueError(f"no documented error code {what!r}")
        added = Fault(operation, what or "", times, delay, retry_after, every, reason)
        with self._lock:
            self._waiting.append(added)
        self._note([added])

    def clear(self, reason: str | None = None) -> None:
        """Remove all failures, or those that were added for this reason."""
        with self._lock:
            before = self._waiting
            self._waiting = [
                fault for fault in before if reason is not None and fault.reason != reason
            ]
        self._note(before if reason is None else [])

    def dump(self) -> str:
        """Return the failures that were added without a reason, for :meth:`load`; or nothing.

        Those with a reason are added again by whoever has it.
        """
        with self._lock:
            kept = [fault for fault in self._waiting if not fault.reason]
            return msgspec.json.encode(kept).decode() if kept else ""

    def load(self, dumped: str) -> None:
        """Add the failures that :meth:`dump` returned."""
        if dumped:
            with self._lock:
                self._waiting += msgspec.json.decode(dumped, type=list[Fault])

    def take(self, operation: str) -> Fault | None:
        """Return the trouble that waits for this operation, and count it."""
        if not self._waiting:
            return None
        with self._lock:
            taken, counted = self._take(operation)
        self._note(counted)
        return taken

    def _take(self, operation: str) -> tuple[Fault | None, list[Fault]]:
        """Return the trouble that waits, and all that have counted the request."""
        counted = []
        for fault in self._waiting:
            if fault.operation in (operation, "*"):
                counted.append(fault)
                fault.met += 1
                if fault.met % fault.every:
                    continue
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
                return fault, counted
        return None, counted

    def _note(self, changed: Iterable[Fault]) -> None:
        if any(not fault.reason for fault in changed):
            self.changed()


_GATEWAY: dict[int, tuple[str, str]] = {
    400: ("APIGW.0201", "Bad request"),
    401: (
        "APIGW.0301",
        "Incorrect IAM authentication information: decrypt token fail",
    ),
    404: (
        "APIGW.0101",
        "The API does not exist or has not been published in the environment",
    ),
    413: ("APIGW.0201", "Request entity too large"),
    429: (
        "APIGW.0308",
        "The throttling threshold has been reached: policy user over ratelimit",
    ),
}
"""Code and message of the gateway, by status. Of others, such as 403 and 503, only the status is
documented: they come without a code, for a wrong one would mislead whoever reads it."""


def _phrase(status: int) -> str:
    """Return the words of HTTP for a status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"HTTP {status}"


def instead_of_work(fault: Fault, request_id: str) -> Response | None:
    """Return the answer that a fault puts in the work's place; ``None``: the work is done.

    Raises:
        ApiError: the fault is an error code.
        ConnectionCut: the connection breaks before the work.
    """
    if fault.what == "cut before":
        raise ConnectionCut
    if fault.what == "html":
        page = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
        return Response(502, page, {"Content-Type": "text/html"})
    if isinstance(fault.what, int):
        headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
        code, message = _GATEWAY.get(fault.what, (None, _phrase(fault.what)))
        document = {"error_msg": message, "request_id": request_id}
        if code is not None:
            document["error_code"] = code
        return Response(fault.what, document, headers)
    if fault.what in ("", "cut after", "truncated"):
        return None
    raise ApiError(fault.what)
