"""Signing in with a token: had from IAM, kept and renewed; or one that the caller has."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Generator

import httpx

from cbr_notebook.auth.credentials import Credentials
from cbr_notebook.auth.iam import Iam
from cbr_notebook.auth.iam_messages import Token
from cbr_notebook.auth.secret import Secret
from cbr_notebook.auth.token_cache import TokenCache
from cbr_notebook.errors import AuthenticationError, NotFound, PermissionDenied

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
        iam: Iam,
        who: Credentials,
        *,
        clock: Callable[[], float] = time.monotonic,
        cache: TokenCache | None = None,
    ) -> None:
        """Create an authentication by token; it signs in with the first request.

        Args:
            iam: where tokens come from.
            who: the user, with project or region.
            clock: counts seconds; with a cache, since 1970.
            cache: keeps the token on disk, for the next process.
        """
        self._iam = iam
        self._who = who
        self._clock = clock
        self._lock = threading.Lock()
        self._cache = cache
        self._token: Secret | None = None
        self._renew_at = 0.0
        if cache is not None and (kept := cache.load()) is not None:
            self._token, self._renew_at = kept
        self.project_id = who.project_id
        """The project that the token is for, known once there is a token."""

    def __repr__(self) -> str:
        return f"TokenAuth({self._who.whose!r}, at {self._iam.address!r})"

    def forget(self) -> None:
        """Forget the token, here and on disk."""
        with self._lock:
            self._token = None
            if self._cache is not None:
                self._cache.delete()

    def sign_in(self, *, catalog: bool = True) -> Token:
        """Get a token now, unless one is kept, and return what IAM says about it.

        Args:
            catalog: whether the catalogue of addresses is wanted, too.

        Raises:
            CBRError: IAM does not accept the user, or cannot be asked.
        """
        with self._lock:
            if self._token is not None and self._clock() < self._renew_at:
                with contextlib.suppress(AuthenticationError, NotFound, PermissionDenied):
                    return self._iam.read(self._token)
            return self._renewed(catalog=catalog)

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request with a token, getting one first if need be."""
        used = self._valid_token(None)
        request.headers["X-Auth-Token"] = used.reveal()
        response = yield request
        if request.extensions.get("cbr_send_once"):
            return  # such as a restore: whoever sent it asks the service what became of it
        if response.status_code == 401 and not _is_not_found(response):
            request.headers["X-Auth-Token"] = self._valid_token(used).reveal()
            yield request

    def _valid_token(self, refused: Secret | None) -> Secret:
        """Return a token that should be valid; of many threads, one asks and the others wait."""
        with self._lock:
            current = self._token
            if current is not None and current is not refused and self._clock() < self._renew_at:
                return current
            return self._renewed(catalog=False).value

    def _renewed(self, *, catalog: bool) -> Token:
        token = self._iam.issue(self._who, catalog=catalog)
        self.project_id = token.project_id or self.project_id
        self._token = token.value
        self._renew_at = self._clock() + token.lifetime - min(_RENEW_BEFORE, token.lifetime / 2)
        if self._cache is not None:
            self._cache.save(self._token, self._renew_at)
        return token


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
        """Raise that the session is signed out, before anything is sent."""
        raise AuthenticationError(
            "This session is signed out.",
            advice="Open another one: session = cbr.connect(…).",
        )
        yield request  # makes this a generator, as httpx wants it


def _is_not_found(response: httpx.Response) -> bool:
    """Return whether a 401 means an unknown ID, as the service's middleware answers it."""
    response.read()
    return b'"unauthorized"' in response.content
