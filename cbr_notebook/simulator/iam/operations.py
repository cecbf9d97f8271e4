"""IAM's own operations, as resources of the application."""

from __future__ import annotations

from typing import Any

import falcon
import msgspec

from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.iam.accounts import create_access_key
from cbr_notebook.simulator.iam.authenticator import Authenticator
from cbr_notebook.simulator.iam.iam_error import IamError, iam_error
from cbr_notebook.simulator.iam.tokens import issue_token


class TokensResource:
    """POST /v3/auth/tokens."""

    def __init__(self, engine: Engine, authenticator: Authenticator) -> None:
        self._engine, self._authenticator = engine, authenticator

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        """Answer the request."""
        body = request.bounded_stream.read()
        engine = self._engine
        with engine.lock:
            engine.run_due_events()
            try:
                with engine.work():
                    token, document = issue_token(
                        self._authenticator,
                        engine,
                        body,
                        nocatalog=request.get_param("nocatalog") == "true",
                    )
            except IamError as error:
                response.status = error.status
                response.media = error.document
                return
        response.status = 201
        response.set_header("X-Subject-Token", token)
        response.media = document


class ProjectsResource:
    """GET /v3/projects."""

    def __init__(self, engine: Engine, authenticator: Authenticator) -> None:
        self._engine, self._authenticator = engine, authenticator

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        """Answer the request."""
        engine = self._engine
        with engine.lock:
            engine.run_due_events()
            caller = self._authenticator.caller(request, b"", {})
            name = request.get_param("name")
            rows = engine.state.all(
                "SELECT * FROM project WHERE domain_id = ? AND (?2 IS NULL OR name = ?2) "
                "ORDER BY name",
                caller.domain_id,
                name,
            )
        base = f"{request.scheme}://{request.netloc}/v3/projects"
        response.media = {
            "links": {"self": base, "next": None, "previous": None},
            "projects": [
                {
                    "is_domain": False,
                    "description": row["description"],
                    "links": {"self": f"{base}/{row['id']}"},
                    "enabled": bool(row["enabled"]),
                    "id": row["id"],
                    "parent_id": row["parent_id"],
                    "domain_id": row["domain_id"],
                    "name": row["name"],
                }
                for row in rows
            ],
        }


class SecurityTokensResource:
    """POST /v3.0/OS-CREDENTIAL/securitytokens: temporary access keys."""

    def __init__(self, engine: Engine, authenticator: Authenticator) -> None:
        self._engine, self._authenticator = engine, authenticator

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        """Answer the request."""
        body = request.bounded_stream.read()
        engine = self._engine
        with engine.lock, engine.work():
            caller = self._authenticator.caller(request, body, {})
            try:
                identity = msgspec.json.decode(body)["auth"]["identity"]
                seconds = int(identity.get("token", {}).get("duration_seconds", 900))
            except (msgspec.DecodeError, KeyError, TypeError, ValueError):
                raise iam_error(400, "The request body is invalid", "Bad Request") from None
            if not 900 <= seconds <= 86400:
                raise iam_error(400, "The request body is invalid", "Bad Request")
            expires_at = engine.now() + seconds * clock.MICROSECONDS
            security_token = engine.state.new_hex("security_token") * 4
            access, secret = create_access_key(
                engine, caller.user_id, security_token=security_token, expires_at=expires_at
            )
        response.status = 201
        response.media = {
            "credential": {
                "access": access,
                "secret": secret,
                "securitytoken": security_token,
                "expires_at": f"{clock.to_api_time(expires_at)}Z",
            }
        }


def add_routes(wsgi: falcon.App[Any, Any], engine: Engine, authenticator: Authenticator) -> None:
    """Add IAM's operations to the application."""
    for path, resource in (
        ("/v3/auth/tokens", TokensResource),
        ("/v3/projects", ProjectsResource),
        ("/v3.0/OS-CREDENTIAL/securitytokens", SecurityTokensResource),
    ):
        wsgi.add_route(path, resource(engine, authenticator))
