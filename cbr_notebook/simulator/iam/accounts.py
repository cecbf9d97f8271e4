"""Accounts: domains, projects, users and access keys, as they are created."""

from __future__ import annotations

import hashlib

from cbr_notebook.simulator.core.engine import Engine


def hash_password(password: str, salt: bytes) -> bytes:
    """Return what is kept instead of a password."""
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 1000)


def create_domain(engine: Engine, name: str, domain_id: str | None = None) -> str:
    """Create an account; return its ID."""
    domain_id = domain_id or engine.state.new_hex("domain")
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
        password_hash=hash_password(password, salt),
    )
    return user_id


def create_access_key(
    engine: Engine,
    user_id: str,
    *,
    security_token: str | None = None,
    expires_at: int | None = None,
) -> tuple[str, str]:
    """Create an access key, temporary if it has a security token; give access and secret."""
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
