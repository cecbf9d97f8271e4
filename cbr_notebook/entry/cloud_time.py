"""The time of a service: a simulated cloud that is served tells its own, and is followed."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import httpx

from cbr_notebook.auth.endpoints import is_loopback

HEADER = "X-Cloud-Time"
"""The cloud's moment and, after ``speed=``, its seconds in a second of this computer."""
_PROBE_TIMEOUT_S = 5.0


class CloudTime:
    """A clock that shows what the service's newest answer said, or else this computer's time."""

    def __init__(self, http: httpx.Client, probe: str | None = None) -> None:
        """Read the time in every answer that a client receives.

        Args:
            http: the client.
            probe: an address to ask if the time is wanted before any answer came; ``None``
                asks nobody.
        """
        self._http = http
        self._probe = probe
        self._told: tuple[datetime, float, float] | None = None
        http.event_hooks["response"] = [*http.event_hooks["response"], self._read]

    def __call__(self) -> datetime:
        """Return the service's present moment, in UTC."""
        if self._told is None and self._probe is not None:
            address, self._probe = self._probe, None
            with suppress(httpx.HTTPError):
                self._http.get(address, auth=None, timeout=_PROBE_TIMEOUT_S)
        if self._told is None:
            return datetime.now(UTC)
        moment, speed, seen = self._told
        return moment + timedelta(seconds=(time.monotonic() - seen) * speed)

    def _read(self, response: httpx.Response) -> None:
        told = response.headers.get(HEADER)
        if told is None:
            return
        text, _, speed = told.partition("; speed=")
        with suppress(ValueError):
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is not None:
                self._told = moment, float(speed), time.monotonic()


def follow(http: httpx.Client, endpoint: str) -> Callable[[], datetime]:
    """Return the clock of a service.

    Args:
        http: the client that asks it.
        endpoint: its address. A service on this computer, which may well be a simulated cloud,
            is asked for its time before it is asked anything else; a real one never is.
    """
    is_here = httpx.URL(endpoint).scheme == "http" and is_loopback(endpoint)
    return CloudTime(http, f"{endpoint.rstrip('/')}/" if is_here else None)
