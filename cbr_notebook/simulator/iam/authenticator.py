"""Who is behind a request: found out by token or signature."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any

import falcon

from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.iam import signatures
from cbr_notebook.simulator.iam.iam_error import IamError, unauthorized
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.request_context import Caller

_HEX_ID = re.compile(r"^[0-9a-f]{32}$")
_NO_PROJECT = {"unauthorized": {"code": "401", "message": "Malformed request url"}}


class Authenticator:
    """Finds out who is behind a request; keeps the tokens it has seen in memory."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._callers: dict[tuple[str, str], tuple[Caller, int]] = {}
        self._bad_signatures: dict[str, list[int]] = {}

    def forget(self) -> None:
        """Know nobody any more: the cloud has another state now."""
        self._callers.clear()
        self._bad_signatures.clear()

    def caller(self, request: falcon.Request, body: bytes, path: Mapping[str, str]) -> Caller:
        """Return the caller of a request, or refuse it."""
        token = request.get_header("X-Auth-Token")
        project_id = path.get("project_id") or request.get_header("X-Project-Id") or ""
        if token:
            known = self._callers.get((token, project_id))
            if known is not None and known[1] > self._engine.now():
                return known[0]
            return self._by_token(token, project_id, bool(path.get("project_id")))
        if (request.get_header("Authorization") or "").startswith(signatures.ALGORITHM):
            user_id = self._by_signature(request, body)
            return self._in_project(user_id, project_id)
        raise unauthorized("x-auth-token not found")

    def token_row(self, token: str) -> Any:
        """Return the row of a token that is valid now, or ``None``."""
        return self._engine.state.one(
            "SELECT * FROM token WHERE digest = ? AND expires_at > ?",
            hashlib.sha256(token.encode()).digest(),
            self._engine.now(),
        )

    def _by_token(self, token: str, project_id: str, in_path: bool) -> Caller:
        row = self._engine.state.one(
            "SELECT * FROM token WHERE digest = ?", hashlib.sha256(token.encode()).digest()
        )
        if row is None:
            raise unauthorized("decrypt token fail")
        if row["expires_at"] <= self._engine.now():
            raise unauthorized(f"token expires, expires_at:{clock.to_api_time(row['expires_at'])}Z")
        wanted = project_id if in_path else (row["project_id"] or "")
        caller = self._in_project(row["user_id"], wanted)
        if in_path and row["project_id"] != project_id:
            raise ApiError("8600")
        self._callers[token, project_id] = caller, row["expires_at"]
        return caller

    def _in_project(self, user_id: str, project_id: str) -> Caller:
        user = self._engine.state.one(
            "SELECT user.*, domain.name AS domain_name FROM user "
            "JOIN domain ON domain.id = domain_id WHERE user.id = ? AND enabled = 1",
            user_id,
        )
        if user is None:
            raise unauthorized("the user is disabled")
        names = (user_id, user["name"], user["domain_id"], user["domain_name"])
        if not project_id:
            return Caller(*names, "", "")
        project = self._engine.state.one("SELECT * FROM project WHERE id = ?", project_id)
        if project is None or not _HEX_ID.match(project_id):
            raise IamError(401, _NO_PROJECT)
        if project["domain_id"] != user["domain_id"] or not project["enabled"]:
            raise ApiError("8600")
        return Caller(*names, project_id, project["region"])

    def _by_signature(self, request: falcon.Request, body: bytes) -> str:
        engine = self._engine
        claim = signatures.read_claim(request.get_header("Authorization") or "")
        if claim is None:
            raise unauthorized("verify aksk signature fail")
        now = engine.now()
        recent = [at for at in self._bad_signatures.get(claim.access, ()) if now - at < 300_000_000]
        if len(recent) > 5:
            raise unauthorized("AK access failed to reach the limit,forbidden")
        key = engine.state.one(
            "SELECT * FROM access_key WHERE access = ? AND enabled = 1", claim.access
        )
        if key is None:
            raise unauthorized(f"ak {claim.access} not exist")
        if not signatures.is_timely(request.get_header("X-Sdk-Date") or "", now):
            raise unauthorized("signature expired")
        expected = signatures.sign(
            claim,
            key["secret"],
            method=request.method,
            path=request.path,
            query=request.query_string,
            headers=request.headers,
            body=body,
        )
        if not hmac.compare_digest(expected, claim.signature):
            self._bad_signatures[claim.access] = [*recent, now]
            raise unauthorized("verify aksk signature fail")
        if key["security_token"] is not None:
            given = request.get_header("X-Security-Token") or ""
            if not hmac.compare_digest(given.encode(), key["security_token"].encode()):
                raise unauthorized("security token verify failed")
            if key["expires_at"] is not None and key["expires_at"] <= now:
                raise unauthorized("security token expires")
        return str(key["user_id"])
