"""Tokens: issued for a password or for another token."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import msgspec

from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.iam.accounts import hash_password
from cbr_notebook.simulator.iam.authenticator import Authenticator
from cbr_notebook.simulator.iam.iam_error import iam_error

TOKEN_LIFETIME = 24 * 3600 * clock.MICROSECONDS


def issue_token(
    authenticator: Authenticator, engine: Engine, body: bytes, nocatalog: bool
) -> tuple[str, Any]:
    """Issue a token for a password or another token; give it and its document."""
    try:
        auth = msgspec.json.decode(body)["auth"]
        methods = auth["identity"]["methods"]
        identity = auth["identity"]
        user = _user_behind(authenticator, engine, methods, identity)
        scope = auth.get("scope") or {}
        project, domain_id = _scope(engine, user, scope)
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
        raise iam_error(400, "The request body is invalid", "Bad Request") from None
    now = engine.now()
    token = "MII" + "".join(engine.state.random_bytes("token").hex() for _ in range(8))
    engine.state.insert(
        "token",
        digest=hashlib.sha256(token.encode()).digest(),
        user_id=user["id"],
        project_id=project["id"] if project else None,
        domain_id=domain_id,
        issued_at=now,
        expires_at=now + TOKEN_LIFETIME,
    )
    domain = {"id": user["domain_id"], "name": user["domain_name"]}
    document: dict[str, Any] = {
        "catalog": [] if nocatalog or not project else _catalog(project["region"], project["id"]),
        "expires_at": f"{clock.to_api_time(now + TOKEN_LIFETIME)}Z",
        "issued_at": f"{clock.to_api_time(now)}Z",
        "methods": methods,
        "roles": [{"id": "0", "name": "te_admin"}, {"id": "0", "name": "secu_admin"}],
        "user": {
            "id": user["id"],
            "name": user["name"],
            "password_expires_at": "",
            "domain": domain,
        },
    }
    if project:
        document["project"] = {"id": project["id"], "name": project["name"], "domain": domain}
    else:
        document["domain"] = domain
    return token, {"token": document}


def _catalog(region: str, project_id: str) -> list[dict[str, Any]]:
    return [
        {
            "type": "cbr",
            "name": "cbr",
            "id": hashlib.md5(region.encode(), usedforsecurity=False).hexdigest(),
            "endpoints": [
                {
                    "id": project_id,
                    "interface": "public",
                    "region": region,
                    "region_id": region,
                    "url": f"https://cbr.{region}.myhuaweicloud.com/v3/{project_id}",
                }
            ],
        }
    ]


_USER = (
    "SELECT user.*, domain.name AS domain_name FROM user JOIN domain ON domain.id = domain_id "
    "WHERE enabled = 1 AND "
)


def _user_behind(
    authenticator: Authenticator, engine: Engine, methods: list[str], identity: dict[str, Any]
) -> Any:
    if methods == ["token"]:
        row = authenticator.token_row(identity["token"]["id"])
        if row is None:
            raise iam_error(401, "The X-Auth-Token is invalid!", "Unauthorized")
        return engine.state.one(_USER + "user.id = ?", row["user_id"])
    if methods[0] != "password":
        raise KeyError("methods")
    claim = identity["password"]["user"]
    if "id" in claim:
        user = engine.state.one(_USER + "user.id = ?", claim["id"])
    else:
        user = engine.state.one(
            _USER + "user.name = ? AND (domain.name = ? OR domain.id = ?)",
            claim["name"],
            claim["domain"].get("name"),
            claim["domain"].get("id"),
        )
    salt = user["password_salt"] if user is not None else b"nobody"
    found = hash_password(str(claim["password"]), salt)
    if user is None or not hmac.compare_digest(found, user["password_hash"]):
        raise iam_error(401, "The username or password is wrong.", "Unauthorized")
    return user


def _scope(engine: Engine, user: Any, scope: dict[str, Any]) -> tuple[Any, str]:
    if "project" in scope:
        wanted = scope["project"]
        project = engine.state.one(
            "SELECT * FROM project WHERE domain_id = ? AND (id = ? OR name = ?)",
            user["domain_id"],
            wanted.get("id"),
            wanted.get("name"),
        )
        if project is None:
            raise iam_error(401, "The project does not exist or is not yours.", "Unauthorized")
        return project, user["domain_id"]
    if "domain" in scope:
        wanted = scope["domain"]
        if user["domain_id"] != wanted.get("id") and user["domain_name"] != wanted.get("name"):
            raise iam_error(403, "You have no right to do this action", "Forbidden")
    return None, user["domain_id"]
