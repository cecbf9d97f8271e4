"""Signing in with a name and a password: tokens, kept and renewed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from datetime import datetime
from typing import Any

import httpx

from cbr_notebook.auth.secret import Secret
from cbr_notebook.auth.token_cache import TokenCache
from cbr_notebook.errors import AuthenticationError, error_for

_RENEW_BEFORE = 300.0
"""Seconds before its end at which a token is renewed."""


class TokenAuth(httpx.Auth):
    """Adds a token to each request; gets one when there is none, and anew when it ends.

    A token's lifetime is counted on the client's own clock from the moment it arrived, since
    the service's clock may be another. A 401 is answered by one new token.
    """

    requires_response_body = True

    def __init__(
        self,
        *,
        iam_endpoint: str,
        user_name: str,
        password: Secret,
        domain_name: str,
        project_id: str | None = None,
        project_name: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        cache: TokenCache | None = None,
    ) -> None:
        """Take what it needs to sign in.

        Args:
            iam_endpoint: the address of IAM.
            user_name: the IAM user.
            password: the password.
            domain_name: the account.
            project_id: the project that the token is for, or
            project_name: its name; the region's name usually is one.
            clock: counts seconds; with a cache, since 1970.
            cache: keeps the token on disk, for the next process.
        """
        self._url = f"{iam_endpoint.rstrip('/')}/v3/auth/tokens"
        self._user_name = user_name
        self._password = password
        self._domain_name = domain_name
        self._project = {"id": project_id} if project_id else {"name": project_name}
        self._clock = clock
        self._lock = threading.Lock()
        self._cache = cache
        self._token: Secret | None = None
        self._renew_at = 0.0
        if cache is not None and (kept := cache.load()) is not None:
            self._token, self._renew_at = kept
        self.project_id = project_id
        """The project that the token is for, known once there is a token."""

    def __repr__(self) -> str:
        return f"TokenAuth(user_name={self._user_name!r}, password=***)"

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the token is renewed; ``None`` before there is one."""
        return None if self._token is None else max(0.0, self._renew_at - self._clock())

    def forget(self) -> None:
        """Forget the token, here and on disk."""
        with self._lock:
            self._token = None
            if self._cache is not None:
                self._cache.delete()

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request with a token, getting one first if need be."""
        used = yield from self._valid_token(None)
        request.headers["X-Auth-Token"] = used.reveal()
        response = yield request
        if response.status_code == 401 and not _is_not_found(response):
            used = yield from self._valid_token(used)
            request.headers["X-Auth-Token"] = used.reveal()
            yield request

    def _valid_token(
        self, refused: Secret | None
    ) -> Generator[httpx.Request, httpx.Response, Secret]:
        """Give a token that should be valid; of many threads, one asks and the others wait."""
        with self._lock:
            current = self._token
            if current is not None and current is not refused and self._clock() < self._renew_at:
                return current
            response = yield self._request()
            response.read()
            self._take(response)
            assert self._token is not None
            return self._token

    def _request(self) -> httpx.Request:
        identity: dict[str, Any] = {
            "methods": ["password"],
            "password": {
                "user": {
                    "name": self._user_name,
                    "password": self._password.reveal(),
                    "domain": {"name": self._domain_name},
                }
            },
        }
        body = {"auth": {"identity": identity, "scope": {"project": self._project}}}
        return httpx.Request("POST", f"{self._url}?nocatalog=true", json=body)

    def _take(self, response: httpx.Response) -> None:
        token = response.headers.get("X-Subject-Token")
        if response.status_code != 201 or not token:
            raise _sign_in_error(response)
        try:
            document = response.json()["token"]
            lifetime = (
                datetime.fromisoformat(document["expires_at"])
                - datetime.fromisoformat(document["issued_at"])
            ).total_seconds()
            self.project_id = document.get("project", {}).get("id") or self.project_id
        except (ValueError, KeyError, TypeError, AttributeError):
            lifetime = 3600.0
        self._token = Secret(token)
        self._renew_at = self._clock() + lifetime - min(_RENEW_BEFORE, lifetime / 2)
        if self._cache is not None:
            self._cache.save(self._token, self._renew_at)


class ReadyTokenAuth(httpx.Auth):
    """Adds a token that the caller already has; it cannot be renewed."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def __repr__(self) -> str:
        return "ReadyTokenAuth(***)"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request with the token."""
        request.headers["X-Auth-Token"] = self._token.reveal()
        yield request


class SignedOut(httpx.Auth):
    """Refuses every request, since the person has signed out."""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Raise, before anything is sent."""
        raise AuthenticationError(
            "This session is signed out.",
            advice="Open another one: session = cbr.connect(…).",
        )
        yield request  # makes this a generator, as httpx wants it


def _is_not_found(response: httpx.Response) -> bool:
    """Say whether a 401 means an unknown ID, as the service's middleware answers it."""
    response.read()
    return b'"unauthorized"' in response.content


def _sign_in_error(response: httpx.Response) -> Exception:
    message = None
    try:
        error = response.json().get("error", {})
        message = error.get("message")
    except (ValueError, AttributeError):
        pass
    request_id = response.headers.get("X-IAM-Trace-Id") or response.headers.get("X-Request-Id")
    if response.status_code in (400, 401, 403, 404):
        return AuthenticationError(
            message or f"Signing in failed: IAM answered HTTP {response.status_code}.",
            advice="Check the user, the password, the account (domain) and the project. "
            "The password was not stored anywhere.",
            http_status=response.status_code,
            request_id=request_id,
        )
    return error_for(None, message, response.status_code, request_id)
