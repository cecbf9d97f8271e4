"""Who is behind a request: found out by its headers, before its body is read."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Mapping
from typing import Any

import falcon

from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.iam import accounts, lifetimes, signatures
from cbr_notebook.simulator.iam.account_rows import AccessKeyRow, TokenRow
from cbr_notebook.simulator.iam.iam_error import IamError, too_large, unauthorized
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.request_context import Caller

LARGEST_BODY = 12 * 1024 * 1024
_HEX_ID = re.compile(r"^[0-9a-f]{32}$")
_NO_PROJECT = {"unauthorized": {"code": "401", "message": "Malformed request url"}}
_BLOCKED_FOR_S = 300
"""By the cloud's clock or the host's, whichever is first: the cloud's may stand still."""
_MOST_BAD_SIGNATURES = 5


def digest(token: str) -> bytes:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def read_body(request: falcon.Request, largest: int = LARGEST_BODY) -> bytes:
    """Return a request's body.

    Raises:
        ApiError: it has more bytes than it may have; 413.
    """
    if (request.content_length or 0) > largest:
        raise too_large()
    body: bytes = request.bounded_stream.read(largest + 1)
    if len(body) > largest:
        raise too_large()
    return body


class Authenticator:
    """Finds out who is behind a request; keeps the tokens it has seen in memory."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._callers: dict[tuple[str, str], tuple[Caller, int]] = {}
        self._bad_signatures: dict[str, list[tuple[int, float]]] = {}
        """When, by key: the cloud's moment, and the host's in seconds."""

    def forget(self) -> None:
        """Forget everybody: the cloud has another state now."""
        self._callers.clear()
        self._bad_signatures.clear()

    def give_keys(self, keys: Mapping[str, str]) -> None:
        """Replace the names and secrets of the cloud's first user by others."""
        with self._engine.lock:
            accounts.give_keys(self._engine.state, keys)
            self.forget()

    def knows(self, secret: str) -> bool:
        """Say whether a token or an access key is one of this cloud."""
        state = self._engine.state
        with self._engine.lock:
            return bool(
                state.value("SELECT 1 FROM access_key WHERE access = ?", secret)
                or state.value("SELECT 1 FROM token WHERE digest = ?", digest(secret))
            )

    def accepts(self, claim: Any) -> bool:
        """Say whether a sign-in by password, as its body names the user, would succeed."""
        try:
            with self._engine.lock:
                return accounts.user_by_password(self._engine.state, claim) is not None
        except (KeyError, TypeError, AttributeError):
            return False

    def recognizes(self, environ: Mapping[str, Any]) -> bool:
        """Say whether a request's headers name somebody, so that its body is worth reading."""
        token = environ.get("HTTP_X_AUTH_TOKEN")
        with self._engine.lock:
            self._engine.run_due_events()
            if token:
                return self.token_row(token) is not None
            try:
                self._signing_key(
                    environ.get("HTTP_AUTHORIZATION", ""), environ.get("HTTP_X_SDK_DATE", "")
                )
            except ApiError:
                return False
            return True

    def caller(self, request: falcon.Request, path: Mapping[str, str]) -> tuple[Caller, bytes]:
        """Return the caller of a request, and its body, or refuse it.

        Args:
            request: its body is read once it is known who sends it.
            path: the parameters in its path.

        Raises:
            ApiError: nobody may do this as whom the request names.
            IamError: there is no such project.
        """
        token = request.get_header("X-Auth-Token")
        project_id = path.get("project_id") or request.get_header("X-Project-Id") or ""
        if token:
            known = self._callers.get((token, project_id))
            if known is not None and not lifetimes.is_over(token, known[1], self._engine.now()):
                return known[0], read_body(request)
            caller = self._by_token(token, project_id, bool(path.get("project_id")))
            return caller, read_body(request)
        if (request.get_header("Authorization") or "").startswith(signatures.ALGORITHM):
            user_id, body = self._by_signature(request)
            return self._in_project(user_id, project_id), body
        raise unauthorized("x-auth-token not found")

    def token_row(self, token: str) -> TokenRow | None:
        """Return the row of a token that is valid now, or ``None``."""
        row = self._engine.state.one_of(
            TokenRow, "SELECT * FROM token WHERE digest = ?", digest(token)
        )
        if row is None or lifetimes.is_over(token, row.expires_at, self._engine.now()):
            return None
        return row

    def _by_token(self, token: str, project_id: str, in_path: bool) -> Caller:
        row = self._engine.state.one_of(
            TokenRow, "SELECT * FROM token WHERE digest = ?", digest(token)
        )
        if row is None:
            raise unauthorized("decrypt token fail")
        if lifetimes.is_over(token, row.expires_at, self._engine.now()):
            ended = lifetimes.told(token, row.issued_at, row.expires_at).expires_at
            raise unauthorized(f"token expires, expires_at:{ended}")
        wanted = project_id if in_path else (row.project_id or "")
        caller = self._in_project(row.user_id, wanted)
        if in_path and row.project_id != project_id:
            raise ApiError("8600")
        self._callers[token, project_id] = caller, row.expires_at
        return caller

    def _in_project(self, user_id: str, project_id: str) -> Caller:
        user = accounts.user_by_id(self._engine.state, user_id)
        if user is None:
            raise unauthorized("the user is disabled")
        names = (user_id, user.name, user.domain_id, user.domain_name)
        if not project_id:
            return Caller(*names, "", "")
        project = accounts.find_project(self._engine.state, project_id)
        if project is None or not _HEX_ID.match(project_id):
            raise IamError(401, _NO_PROJECT)
        if project.domain_id != user.domain_id or not project.enabled:
            raise ApiError("8600")
        return Caller(*names, project_id, project.region)

    def _signing_key(self, authorization: str, date: str) -> tuple[signatures.Claim, AccessKeyRow]:
        """Return what a signature claims, and the row of its key, or refuse it."""
        engine = self._engine
        claim = signatures.read_claim(authorization)
        if claim is None:
            raise unauthorized("verify aksk signature fail")
        if len(self._recently_bad(claim)) > _MOST_BAD_SIGNATURES:
            raise unauthorized("AK access failed to reach the limit,forbidden")
        key = engine.state.one_of(
            AccessKeyRow, "SELECT * FROM access_key WHERE access = ? AND enabled = 1", claim.access
        )
        if key is None:
            raise unauthorized(f"ak {claim.access} not exist")
        if not signatures.is_timely(date, engine.now()):
            raise unauthorized("signature expired")
        return claim, key

    def _recently_bad(self, claim: signatures.Claim) -> list[tuple[int, float]]:
        now, here = self._engine.now(), time.monotonic()
        return [
            (at, host_at)
            for at, host_at in self._bad_signatures.get(claim.access, ())
            if now - at < _BLOCKED_FOR_S * clock.MICROSECONDS and here - host_at < _BLOCKED_FOR_S
        ]

    def _by_signature(self, request: falcon.Request) -> tuple[str, bytes]:
        now = self._engine.now()
        claim, key = self._signing_key(
            request.get_header("Authorization") or "", request.get_header("X-Sdk-Date") or ""
        )
        body = read_body(request)
        expected = signatures.sign(
            claim,
            key.secret,
            method=request.method,
            path=request.path,
            query=request.query_string,
            headers=request.headers,
            body=body,
        )
        if not hmac.compare_digest(expected, claim.signature):
            self._bad_signatures[claim.access] = [
                *self._recently_bad(claim),
                (now, time.monotonic()),
            ]
            raise unauthorized("verify aksk signature fail")
        security_token = key.security_token
        if security_token is not None:
            given = request.get_header("X-Security-Token") or ""
            if not hmac.compare_digest(given.encode(), security_token.encode()):
                raise unauthorized("security token verify failed")
            ends = key.expires_at
            if ends is not None and lifetimes.is_over(security_token, ends, now):
                raise unauthorized("security token expires")
        return str(key.user_id), body
