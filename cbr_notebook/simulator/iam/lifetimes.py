"""How long tokens and temporary keys live: by the cloud's clock, or by the host's.

A client over the network has the host's clock. What it is given ends by that clock, so that a
cloud whose days are minutes does not send it back to sign in again and again; the end stands in
the secret itself, which cannot be forged.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from cbr_notebook.simulator.core import clock

SERVED = "cbr.served"
"""In a WSGI environ: the request came over the network, from a client with the host's clock."""

_BY_HOST = re.compile(r"^(?:MII)?H([0-9a-f]{14})")


@dataclass(frozen=True, slots=True)
class Lifetime:
    """From when until when something is good, in microseconds since 1970, as a client is told."""

    begins: int
    ends: int
    mark: str = ""
    """What the secret has to begin with."""

    @property
    def issued_at(self) -> str:
        """The beginning, as IAM writes it."""
        return f"{clock.to_api_time(self.begins)}Z"

    @property
    def expires_at(self) -> str:
        """The end, as IAM writes it."""
        return f"{clock.to_api_time(self.ends)}Z"


def begin(now: int, duration: int, *, served: bool) -> Lifetime:
    """Return the lifetime of something that is issued now.

    Args:
        now: the cloud's moment.
        duration: in microseconds.
        served: whether its owner has the host's clock.
    """
    if not served:
        return Lifetime(now, now + duration)
    begins = int(time.time() * clock.MICROSECONDS)
    return Lifetime(begins, begins + duration, f"H{begins + duration:014x}")


def told(secret: str, begins: int, ends: int) -> Lifetime:
    """Return the lifetime of something issued before, as its owner was told.

    Args:
        secret: the token, or what else was issued.
        begins: when it was issued, by the cloud's clock.
        ends: when it ends, by the cloud's clock.
    """
    by_host = _BY_HOST.match(secret)
    if by_host is None:
        return Lifetime(begins, ends)
    host_ends = int(by_host[1], 16)
    return Lifetime(host_ends - (ends - begins), host_ends)


def is_over(secret: str, ends: int, now: int) -> bool:
    """Say whether something is past its end: by the cloud's clock and, if it has one, the host's.

    Args:
        secret: the token, or what else was issued.
        ends: when it ends, by the cloud's clock; 0 if it was ended before its time.
        now: the cloud's moment.
    """
    if ends > now:
        return False
    by_host = _BY_HOST.match(secret) if ends else None
    return by_host is None or int(by_host[1], 16) <= time.time() * clock.MICROSECONDS
