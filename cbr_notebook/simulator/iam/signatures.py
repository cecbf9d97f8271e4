"""Signatures of requests by access key: read, computed again, and compared.

The cloud's own reading of SDK-HMAC-SHA256; the client has another.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, unquote_plus

ALGORITHM = "SDK-HMAC-SHA256"
SKEW_SECONDS = 15 * 60
_UNSIGNED = "UNSIGNED-PAYLOAD"
"""What a client states in place of the body's hash if it signs the headers only."""

_CLAIM = re.compile(
    rf"^{ALGORITHM} Access=(?P<access>[^,]+), *SignedHeaders=(?P<headers>[^,]+), *"
    r"Signature=(?P<signature>[0-9a-f]{64})$"
)


@dataclass(frozen=True, slots=True)
class Claim:
    """What an Authorization header claims."""

    access: str
    headers: tuple[str, ...]
    signature: str


def read_claim(authorization: str) -> Claim | None:
    """Read an Authorization header; ``None`` when it is not of this kind."""
    found = _CLAIM.match(authorization.strip())
    if found is None:
        return None
    return Claim(found["access"], tuple(found["headers"].split(";")), found["signature"])


def is_timely(date: str, simulated_now: int) -> bool:
    """Say whether a signature's date is near enough.

    The cloud's gateway has the host's clock, as the clients have; simulated time counts too,
    for clients that live in it.
    """
    try:
        moment = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return False
    return any(abs(moment - now) <= SKEW_SECONDS for now in (time.time(), simulated_now / 1e6))


def sign(
    claim: Claim,
    secret: str,
    *,
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes,
) -> str:
    """Compute the signature that a request should carry.

    Args:
        claim: names the signed headers.
        secret: the secret of the access key.
        method: the HTTP method.
        path: the path, percent-decoded.
        query: the query string as it came.
        headers: all headers, their names in upper case.
        body: the body.
    """
    given = {
        name.lower(): value.encode("latin-1").decode("utf-8", "replace")
        for name, value in headers.items()
    }
    if not path.endswith("/"):
        path += "/"
    unsigned = given.get("x-sdk-content-sha256") == _UNSIGNED
    body_hash = _UNSIGNED if unsigned else hashlib.sha256(body).hexdigest()
    canonical = "\n".join(
        (
            method.upper(),
            quote(path, safe="/~"),
            _canonical_query(query),
            "".join(f"{name}:{given.get(name, '').strip()}\n" for name in claim.headers),
            ";".join(claim.headers),
            body_hash,
        )
    )
    to_sign = "\n".join(
        (
            ALGORITHM,
            given.get("x-sdk-date", ""),
            hashlib.sha256(canonical.encode()).hexdigest(),
        )
    )
    return hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()


def _canonical_query(query: str) -> str:
    pairs = []
    for part in query.split("&"):
        if part:
            key, _, value = part.partition("=")
            pairs.append((unquote_plus(key), unquote_plus(value)))
    return "&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in sorted(pairs))
