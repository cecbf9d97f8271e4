"""Tokens: issued for a password or another token, and described."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.iam import accounts, lifetimes
from cbr_notebook.simulator.iam.account_rows import ProjectRow, TokenRow, User
from cbr_notebook.simulator.iam.authenticator import Authenticator, digest
from cbr_notebook.simulator.iam.iam_error import iam_error, invalid_body
from cbr_notebook.simulator.iam.lifetimes import Lifetime
from cbr_notebook.simulator.protocol.nulls import without_nulls

TOKEN_LIFETIME = 24 * 3600 * clock.MICROSECONDS


@dataclass(frozen=True, slots=True)
class Door:
    """By which way a client came: what its links lead to, and whose clock it has."""

    base_url: str
    served: bool


def issue(
    authenticator: Authenticator, engine: Engine, body: bytes, door: Door, *, catalog: bool
) -> tuple[str, dict[str, Any]]:
    """Issue a token for a password or another token; return it and its document.

    Args:
        authenticator: knows the other token.
        engine: of the cloud, at work.
        body: the request's.
        door: where the client came in.
        catalog: whether the document holds the catalogue.

    Raises:
        IamError: the body is malformed, or nobody is who it says.
    """
    try:
        auth = without_nulls(msgspec.json.decode(body))["auth"]
        identity = auth["identity"]
        methods = identity["methods"]
        user = _user_behind(authenticator, engine, methods, identity)
        project, domain_id = _scope(engine, user, auth.get("scope") or {})
    except (msgspec.DecodeError, RecursionError, LookupError, TypeError, AttributeError):
        raise invalid_body() from None
    now = engine.now()
    lifetime = lifetimes.begin(now, TOKEN_LIFETIME, served=door.served)
    new_secret = accounts.secret_source(engine, served=door.served)
    token = f"MII{lifetime.mark}" + "".join(new_secret("token", 32) for _ in range(8))
    engine.state.insert(
        "token",
        digest=digest(token),
        user_id=user.id,
        project_id=project.id if project else None,
        domain_id=domain_id,
        issued_at=now,
        expires_at=now + TOKEN_LIFETIME,
    )
    return token, _document(user, project, lifetime, door, methods=methods, catalog=catalog)


def describe(
    engine: Engine, token: str, row: TokenRow, door: Door, *, catalog: bool
) -> dict[str, Any]:
    """Return the document of a token that was issued before.

    Args:
        engine: of the cloud.
        token: the token.
        row: its row.
        door: where the client came in.
        catalog: whether the document holds the catalogue.
    """
    user = accounts.user_by_id(engine.state, row.user_id)
    if user is None:
        raise iam_error(404, "X-Subject-Token is invalid in the request", "Not Found")
    project = accounts.find_project(engine.state, row.project_id)
    lifetime = lifetimes.told(token, row.issued_at, row.expires_at)
    return _document(user, project, lifetime, door, methods=["password"], catalog=catalog)


def services(region: str, project_id: str, base_url: str) -> list[dict[str, Any]]:
    """Return the catalogue: where the cloud's services are, for a client that came by a host."""
    places = (
        ("cbr", "cbr", f"{base_url}/v3/{project_id}"),
        ("iam", "iam", f"{base_url}/v3"),
        ("identity", "keystone", f"{base_url}/v3"),
    )
    return [
        {
            "type": kind,
            "name": name,
            "id": hashlib.md5(f"{region}/{kind}".encode(), usedforsecurity=False).hexdigest(),
            "endpoints": [
                {
                    "id": hashlib.md5(url.encode(), usedforsecurity=False).hexdigest(),
                    "interface": "public",
                    "region": region,
                    "region_id": region,
                    "url": url,
                }
            ],
        }
        for kind, name, url in places
    ]


def _document(
    user: User,
    project: ProjectRow | None,
    lifetime: Lifetime,
    door: Door,
    *,
    methods: list[str],
    catalog: bool,
) -> dict[str, Any]:
    domain = {"id": user.domain_id, "name": user.domain_name}
    document: dict[str, Any] = {
        "catalog": services(project.region, project.id, door.base_url)
        if catalog and project
        else [],
        "expires_at": lifetime.expires_at,
        "issued_at": lifetime.issued_at,
        "methods": methods,
        "roles": [{"id": "0", "name": "te_admin"}, {"id": "0", "name": "secu_admin"}],
        "user": {
            "id": user.id,
            "name": user.name,
            "password_expires_at": "",
            "domain": domain,
        },
    }
    if project is not None:
        document["project"] = {"id": project.id, "name": project.name, "domain": domain}
    else:
        document["domain"] = domain
    return {"token": document}


def _user_behind(
    authenticator: Authenticator, engine: Engine, methods: list[str], identity: dict[str, Any]
) -> User:
    if methods == ["token"]:
        row = authenticator.token_row(str(identity["token"]["id"]))
        user = None if row is None else accounts.user_by_id(engine.state, row.user_id)
        if user is None:
            raise iam_error(401, "The X-Auth-Token is invalid!", "Unauthorized")
        return user
    if methods[0] != "password":
        raise KeyError("methods")
    user = accounts.user_by_password(engine.state, identity["password"]["user"])
    if user is None:
        raise iam_error(401, "The username or password is wrong.", "Unauthorized")
    return user


def _scope(engine: Engine, user: User, scope: Any) -> tuple[ProjectRow | None, str]:
    if "project" in scope:
        wanted = scope["project"]
        project = engine.state.one_of(
            ProjectRow,
            "SELECT * FROM project WHERE domain_id = ? AND (id = ? OR name = ?)",
            user.domain_id,
            str(wanted.get("id")),
            str(wanted.get("name")),
        )
        if project is None:
            raise iam_error(401, "The project does not exist or is not yours.", "Unauthorized")
        return project, user.domain_id
    if "domain" in scope:
        wanted = scope["domain"]
        if user.domain_id != wanted.get("id") and user.domain_name != wanted.get("name"):
            raise iam_error(403, "You have no right to do this action", "Forbidden")
    return None, user.domain_id


def end_all(engine: Engine) -> list[tuple[str, int]]:
    """End all tokens before their time; return their digests (hexadecimal) and former ends."""
    ends = [
        (digest.hex(), int(expires_at))
        for digest, expires_at in engine.state.all("SELECT digest, expires_at FROM token")
    ]
    engine.state.run("UPDATE token SET expires_at = 0")
    return ends


def set_ends(engine: Engine, ends: Iterable[tuple[str, int]]) -> None:
    """Set when tokens end: pairs of a digest (hexadecimal) and microseconds since 1970."""
    for token, moment in ends:
        engine.state.run(
            "UPDATE token SET expires_at = ? WHERE digest = ?", moment, bytes.fromhex(token)
        )
