"""Accounts, projects, users and their keys."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.core.state import ORIGIN, State
from cbr_notebook.simulator.iam.account_rows import DomainRow, ProjectRow, User

SecretSource = Callable[[str, int], str]
"""Makes a secret for a purpose, of that many hexadecimal digits."""

_USER = (
    "SELECT user.id, domain_id, user.name, password_salt, password_hash, domain.name "
    "FROM user JOIN domain ON domain.id = domain_id WHERE enabled = 1 AND "
)


def _hash_password(password: str, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", password.encode("utf-8", "surrogatepass"), salt, 1000)


def create_domain(engine: Engine, name: str) -> str:
    """Create an account; return its ID."""
    domain_id = engine.state.new_hex("domain")
    engine.state.insert("domain", id=domain_id, name=name)
    return domain_id


def create_project(
    engine: Engine, domain_id: str, name: str, region: str, project_id: str | None = None
) -> str:
    """Create a project in a region; return its ID."""
    project_id = project_id or engine.state.new_hex("project")
    engine.state.insert(
        "project", id=project_id, domain_id=domain_id, name=name, region=region, parent_id=domain_id
    )
    return project_id


def create_user(
    engine: Engine, domain_id: str, name: str, password: str, user_id: str | None = None
) -> str:
    """Create a user who may use all projects of the account; return the ID."""
    user_id = user_id or engine.state.new_hex("user")
    salt = engine.state.random_bytes("salt")
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
    new_secret: SecretSource | None = None,
) -> tuple[str, str]:
    """Create an access key, temporary if it has a security token; return access and secret."""
    new_secret = new_secret or engine.state.new_hex
    access = new_secret("access", 20).upper()
    secret = (new_secret("secret", 32) + new_secret("secret", 32))[:40]
    engine.state.insert(
        "access_key",
        access=access,
        secret=secret,
        user_id=user_id,
        security_token=security_token,
        expires_at=expires_at,
    )
    return access, secret


def secret_source(engine: Engine, *, served: bool) -> SecretSource:
    """Return what makes secrets: by the seed, so that all can be done again, or unguessable.

    Args:
        engine: of the cloud.
        served: whether others can reach the cloud, who may know its seed.
    """
    if not served:
        return engine.state.new_hex
    return lambda purpose, digits: secrets.token_hex((digits + 1) // 2)[:digits]


def give_keys(state: State, keys: Mapping[str, str]) -> None:
    """Replace the names and secrets of the first user by others; nobody else keeps any.

    Args:
        state: of a cloud with an account; the same keys give the same state, and are kept when
            the cloud goes back to its start.
        keys: ``domain_name``, ``user_name``, ``password``, ``access_key``, ``secret_key``.
    """
    account = json.loads(state.meta("account"))
    salt = hashlib.sha256(keys["secret_key"].encode()).digest()[:16]
    with state.transaction():
        user_id = state.value(
            "SELECT id FROM user WHERE domain_id = ? AND name = ?",
            account["domain_id"],
            account["user_name"],
        )
        assert user_id is not None
        state.update("domain", account["domain_id"], name=keys["domain_name"])
        state.run("DELETE FROM token")
        state.run("DELETE FROM access_key")
        state.forget_meta("user/")
        state.run("UPDATE user SET enabled = 0 WHERE id <> ?", user_id)
        state.update(
            "user",
            user_id,
            name=keys["user_name"],
            password_salt=salt,
            password_hash=_hash_password(keys["password"], salt),
        )
        state.insert(
            "access_key",
            access=keys["access_key"],
            secret=keys["secret_key"],
            user_id=user_id,
        )
        state.set_meta("account", json.dumps(account | dict(keys)))
        origin = json.loads(state.meta(ORIGIN, "null"))
        if origin is not None:
            state.set_meta(ORIGIN, json.dumps(origin | {"keys": dict(keys)}))


def find_domain(state: State, domain_id: str) -> DomainRow | None:
    """Return an account, or ``None``."""
    return state.one_of(DomainRow, "SELECT * FROM domain WHERE id = ?", domain_id)


def domain_named(state: State, name: str) -> DomainRow | None:
    """Return the account of a name, or ``None``."""
    return state.one_of(DomainRow, "SELECT * FROM domain WHERE name = ?", name)


def find_project(state: State, project_id: str | None) -> ProjectRow | None:
    """Return a project of any account, or ``None``."""
    return state.one_of(ProjectRow, "SELECT * FROM project WHERE id = ?", project_id)


def project_named(state: State, wanted: str) -> ProjectRow | None:
    """Return the project of this ID or name, of any account, or ``None``."""
    return state.one_of(ProjectRow, "SELECT * FROM project WHERE id = ?1 OR name = ?1", wanted)


def projects(state: State) -> list[ProjectRow]:
    """Return all projects of all accounts."""
    return state.all_of(ProjectRow, "SELECT * FROM project")


def projects_of(state: State, domain_id: str) -> list[ProjectRow]:
    """Return the projects of an account, by name."""
    return state.all_of(
        ProjectRow, "SELECT * FROM project WHERE domain_id = ? ORDER BY name, id", domain_id
    )


def project_document(row: ProjectRow, base_url: str = "") -> dict[str, Any]:
    """Return a project as IAM's document of it, with links that begin like this."""
    return {
        "is_domain": False,
        "description": row.description,
        "links": {"self": f"{base_url}/v3/projects/{row.id}"},
        "enabled": bool(row.enabled),
        "id": row.id,
        "parent_id": row.parent_id,
        "domain_id": row.domain_id,
        "name": row.name,
    }


def regions(state: State) -> list[str]:
    """Return the names of the cloud's regions."""
    return state.column("SELECT DISTINCT region FROM project ORDER BY region")


def user_by_id(state: State, user_id: str) -> User | None:
    """Return a user who may sign in, or ``None``."""
    return state.one_of(User, _USER + "user.id = ?", user_id)


def user_by_password(state: State, claim: Any) -> User | None:
    """Return the user whose password is right, or ``None``.

    Args:
        state: of the cloud.
        claim: the member ``password.user`` of a sign-in.

    Raises:
        KeyError, TypeError, AttributeError: the claim lacks something, or is of another shape.
    """
    if "id" in claim:
        user = state.one_of(User, _USER + "user.id = ?", str(claim["id"]))
    else:
        domain = claim["domain"]
        user = state.one_of(
            User,
            _USER + "user.name = ? AND (domain.name = ? OR domain.id = ?)",
            str(claim["name"]),
            _text(domain.get("name")),
            _text(domain.get("id")),
        )
    salt = user.password_salt if user is not None else b"nobody"
    found = _hash_password(str(claim["password"]), salt)
    if user is None or not hmac.compare_digest(found, user.password_hash):
        return None
    return user


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
