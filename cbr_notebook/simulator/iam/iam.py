"""Identity and access: users, projects, tokens, and who is behind a request."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any

import falcon
import msgspec

from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.iam import signatures
from cbr_notebook.simulator.protocol.routing import Caller, Refusal

TOKEN_LIFETIME = 24 * 3600 * clock.MICROSECONDS
LARGEST_BODY = 12 * 1024 * 1024
_HEX_ID = re.compile(r"^[0-9a-f]{32}$")
_NO_PROJECT = {"unauthorized": {"code": "401", "message": "Malformed request url"}}


class IamRefusal(Exception):
    """An error in IAM's own shape, or in the shape of the middleware before the service."""

    def __init__(self, status: int, document: dict[str, Any]) -> None:
        super().__init__(str(document))
        self.status = status
        self.document = document


def iam_error(status: int, message: str, title: str) -> IamRefusal:
    """Give an error in IAM's shape."""
    return IamRefusal(status, {"error": {"code": status, "message": message, "title": title}})


def unauthorized(tail: str) -> Refusal:
    """Give the gateway's refusal of credentials, which names what is wrong with them."""
    return Refusal("APIGW.0301", f"Incorrect IAM authentication information: {tail}", status=401)


# -- accounts -----------------------------------------------------------------------------


def _hash_password(password: str, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 1000)


def create_domain(engine: Engine, name: str, domain_id: str | None = None) -> str:
    """Make an account; give its ID."""
    domain_id = domain_id or engine.state.new_hex("domain")
    engine.state.insert("domain", id=domain_id, name=name)
    return domain_id


def create_project(
    engine: Engine, domain_id: str, name: str, region: str, project_id: str | None = None
) -> str:
    """Make a project in a region; give its ID."""
    project_id = project_id or engine.state.new_hex("project")
    engine.state.insert(
        "project", id=project_id, domain_id=domain_id, name=name, region=region, parent_id=domain_id
    )
    return project_id


def create_user(
    engine: Engine, domain_id: str, name: str, password: str, user_id: str | None = None
) -> str:
    """Make a user who may use all projects of the account; give the ID."""
    user_id = user_id or engine.state.new_hex("user")
    salt = engine.state.draw("salt")
    engine.state.insert(
        "user",
        id=user_id,
        domain_id=domain_id,
        name=name,
        password_salt=salt,
        password_hash=_hash_password(password, salt),
    )
    return user_id


def create_access_key(
    engine: Engine,
    user_id: str,
    *,
    security_token: str | None = None,
    expires_at: int | None = None,
) -> tuple[str, str]:
    """Make an access key, temporary if it has a security token; give access and secret."""
    access = engine.state.new_hex("access", 20).upper()
    secret = (engine.state.new_hex("secret") + engine.state.new_hex("secret"))[:40]
    engine.state.insert(
        "access_key",
        access=access,
        secret=secret,
        user_id=user_id,
        security_token=security_token,
        expires_at=expires_at,
    )
    return access, secret


# -- who asks -----------------------------------------------------------------------------


class Gate:
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
        """Give the caller of a request, or refuse it."""
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
        """Give the row of a token that is valid now, or ``None``."""
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
            raise unauthorized(f"token expires, expires_at:{clock.wire(row['expires_at'])}Z")
        wanted = project_id if in_path else (row["project_id"] or "")
        caller = self._in_project(row["user_id"], wanted)
        if in_path and row["project_id"] != project_id:
            raise Refusal("8600")
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
            raise IamRefusal(401, _NO_PROJECT)
        if project["domain_id"] != user["domain_id"] or not project["enabled"]:
            raise Refusal("8600")
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


# -- IAM's own operations ---------------------------------------------------------------------


def issue_token(gate: Gate, engine: Engine, body: bytes, nocatalog: bool) -> tuple[str, Any]:
    """Issue a token for a password or another token; give it and its document."""
    try:
        auth = msgspec.json.decode(body)["auth"]
        methods = auth["identity"]["methods"]
        identity = auth["identity"]
        user = _user_behind(gate, engine, methods, identity)
        scope = auth.get("scope") or {}
        project, domain_id = _scope(engine, user, scope)
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
        raise iam_error(400, "The request body is invalid", "Bad Request") from None
    now = engine.now()
    token = "MII" + "".join(engine.state.draw("token").hex() for _ in range(8))
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
        "expires_at": f"{clock.wire(now + TOKEN_LIFETIME)}Z",
        "issued_at": f"{clock.wire(now)}Z",
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


def _user_behind(gate: Gate, engine: Engine, methods: list[str], identity: dict[str, Any]) -> Any:
    if methods == ["token"]:
        row = gate.token_row(identity["token"]["id"])
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
    found = _hash_password(str(claim["password"]), salt)
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


class Tokens:
    """POST /v3/auth/tokens."""

    def __init__(self, engine: Engine, gate: Gate) -> None:
        self._engine, self._gate = engine, gate

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        """Answer the request."""
        body = request.bounded_stream.read()
        engine = self._engine
        with engine.lock:
            engine.settle()
            try:
                with engine.work():
                    token, document = issue_token(
                        self._gate,
                        engine,
                        body,
                        nocatalog=request.get_param("nocatalog") == "true",
                    )
            except IamRefusal as refusal:
                response.status = refusal.status
                response.media = refusal.document
                return
        response.status = 201
        response.set_header("X-Subject-Token", token)
        response.media = document


class Projects:
    """GET /v3/projects."""

    def __init__(self, engine: Engine, gate: Gate) -> None:
        self._engine, self._gate = engine, gate

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        """Answer the request."""
        engine = self._engine
        with engine.lock:
            engine.settle()
            caller = self._gate.caller(request, b"", {})
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


class SecurityTokens:
    """POST /v3.0/OS-CREDENTIAL/securitytokens: temporary access keys."""

    def __init__(self, engine: Engine, gate: Gate) -> None:
        self._engine, self._gate = engine, gate

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        """Answer the request."""
        body = request.bounded_stream.read()
        engine = self._engine
        with engine.lock, engine.work():
            caller = self._gate.caller(request, body, {})
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
                "expires_at": f"{clock.wire(expires_at)}Z",
            }
        }


def add_routes(wsgi: falcon.App[Any, Any], engine: Engine, gate: Gate) -> None:
    """Add IAM's operations to the application."""
    wsgi.add_route("/v3/auth/tokens", Tokens(engine, gate))
    wsgi.add_route("/v3/projects", Projects(engine, gate))
    wsgi.add_route("/v3.0/OS-CREDENTIAL/securitytokens", SecurityTokens(engine, gate))
