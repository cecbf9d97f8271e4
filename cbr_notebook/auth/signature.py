"""Signing requests with an access key: SDK-HMAC-SHA256."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Generator, Iterable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote, unquote

import httpx

from cbr_notebook.auth.secret import Secret

ALGORITHM = "SDK-HMAC-SHA256"
DATE_FORMAT = "%Y%m%dT%H%M%SZ"


def _encode(text: str) -> str:
    return quote(text, safe="~")


def canonical_query(pairs: Iterable[tuple[str, str]]) -> str:
    """Return query parameters in the order and encoding that is signed."""
    return "&".join(f"{_encode(key)}={_encode(value)}" for key, value in sorted(pairs))


def canonical_request(
    method: str,
    path: str,
    pairs: Iterable[tuple[str, str]],
    headers: Mapping[str, str],
    body: bytes,
) -> tuple[str, str]:
    """Return a request as it is signed, and the list of signed headers.

    Headers whose names hold an underscore are left out, as the gateway does.

    Args:
        method: the HTTP method.
        path: the path, percent-encoded or not.
        pairs: the query parameters.
        headers: the headers to sign.
        body: the request's body.
    """
    signed = {k.lower(): v.strip() for k, v in headers.items() if "_" not in k}
    names = ";".join(sorted(signed))
    segments = "/".join(_encode(segment) for segment in unquote(path).split("/"))
    stated = signed.get("x-sdk-content-sha256") if body else None
    lines = (
        method.upper(),
        segments if segments.endswith("/") else segments + "/",
        canonical_query(pairs),
        "".join(f"{name}:{signed[name]}\n" for name in sorted(signed)),
        names,
        stated or hashlib.sha256(body).hexdigest(),
    )
    return "\n".join(lines), names


def signature_of(canonical: str, date: str, secret_key: str) -> str:
    """Return the signature of a canonical request, made at a date."""
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"{ALGORITHM}\n{date}\n{digest}"
    return hmac.new(secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()


class SignatureAuth(httpx.Auth):
    """Signs each request with an access key, permanent or temporary."""

    requires_request_body = True

    def __init__(
        self,
        access_key: str,
        secret_key: Secret,
        *,
        project_id: str | None = None,
        security_token: Secret | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Create an authentication by access keys.

        Args:
            access_key: the access key ID.
            secret_key: the secret access key.
            project_id: the project that the requests are for.
            security_token: comes with temporary keys.
            clock: gives the present moment; the gateway accepts 15 minutes of difference.
        """
        self._access_key = access_key
        self._secret_key = secret_key
        self._project_id = project_id
        self._security_token = security_token
        self._clock = clock

    def __repr__(self) -> str:
        return f"SignatureAuth(access_key={self._access_key!r}, secret_key=***)"

    def for_project(self, project_id: str) -> SignatureAuth:
        """Return the same signer for the requests of a project."""
        return SignatureAuth(
            self._access_key,
            self._secret_key,
            project_id=project_id,
            security_token=self._security_token,
            clock=self._clock,
        )

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign the request and send it."""
        self.sign(request)
        yield request

    def sign(self, request: httpx.Request) -> None:
        """Add the date, the project and the signature to a request."""
        date = self._clock().astimezone(UTC).strftime(DATE_FORMAT)
        request.headers["X-Sdk-Date"] = date
        if self._project_id:
            request.headers["X-Project-Id"] = self._project_id
        if self._security_token:
            request.headers["X-Security-Token"] = self._security_token.reveal()
        signed = {
            name: request.headers[name]
            for name in (
                "Host",
                "Content-Type",
                "X-Sdk-Date",
                "X-Project-Id",
                "X-Security-Token",
                "X-Sdk-Content-Sha256",
            )
            if name in request.headers
        }
        canonical, names = canonical_request(
            request.method,
            request.url.path,
            request.url.params.multi_items(),
            signed,
            request.content,
        )
        signature = signature_of(canonical, date, self._secret_key.reveal())
        request.headers["Authorization"] = (
            f"{ALGORITHM} Access={self._access_key}, SignedHeaders={names}, Signature={signature}"
        )
