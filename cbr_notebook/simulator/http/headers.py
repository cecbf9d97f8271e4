"""What every answer of the cloud carries in its headers."""

from __future__ import annotations

import hashlib
from email.utils import formatdate
from typing import Any

import falcon

from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.iam.iam_operations import CLOUD, IamResource

CLOUD_TIME = "X-Cloud-Time"
"""The cloud's own moment, and how many of its seconds pass in a second of the host: a client that
reads it can live in the cloud's time without asking for it."""

_FIXED = {
    "Server": "api-gateway",
    "Strict-Transport-Security": "max-age=31536000; includeSubdomains;",
    "X-Content-Type-Options": "nosniff",
    "X-Download-Options": "noopen",
    "X-Frame-Options": "SAMEORIGIN",
    "X-XSS-Protection": "1; mode=block;",
}


class AddHeaders:
    """Falcon middleware that adds the headers."""

    def process_response(
        self,
        request: falcon.Request,
        response: falcon.Response,
        resource: Any,
        req_succeeded: bool,
    ) -> None:
        """Add the headers to an answer, whether the request succeeded or not."""
        headers: Headers = request.env[CLOUD].headers
        headers.add(request, response, of_iam=isinstance(resource, IamResource))


class Headers:
    """The headers of one cloud."""

    def __init__(self, engine: Engine) -> None:
        """Create them from the engine, whose clock and count of requests they tell."""
        self._engine = engine
        self._told: tuple[tuple[int, float], dict[str, str]] = ((-1, 0.0), {})
        """The clock's moment and speed, and how the headers tell them: it often stands still."""

    def add(self, request: falcon.Request, response: falcon.Response, *, of_iam: bool) -> None:
        """Add the headers to an answer; one of IAM carries a trace ID, too."""
        response.set_headers(_FIXED)
        request_id = request_id_of(request, self._engine)
        response.set_header("X-Request-Id", request_id)
        if of_iam:
            response.set_header("X-IAM-Trace-Id", f"token_null_null_{request_id}")
        response.set_headers(self._times())

    def _times(self) -> dict[str, str]:
        told = self._told  # read and replaced as one: other threads do the same
        now, speed = moment = (self._engine.clock.now(), self._engine.clock.speed)
        if told[0] != moment:
            date = formatdate(now // clock.MICROSECONDS, usegmt=True)
            time = f"{clock.to_api_time(now)}Z; speed={speed:g}"
            self._told = told = (moment, {"Date": date, CLOUD_TIME: time})
        return told[1]


def cloud_time(engine: Engine) -> str:
    """Return the value of the header that tells the cloud's time."""
    return f"{clock.to_api_time(engine.clock.now())}Z; speed={engine.clock.speed:g}"


def request_id_of(request: falcon.Request, engine: Engine) -> str:
    """Return a request's ID: it depends on the seed and the number of requests before."""
    known: str | None = request.context.get("request_id")
    if known is None:
        with engine.lock:
            text = f"{engine.state.seed}/{engine.next_request()}"
        known = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        request.context["request_id"] = known
    return known
