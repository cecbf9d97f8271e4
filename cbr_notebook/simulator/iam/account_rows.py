"""Accounts, users and projects as their tables hold them; other rooms get these."""

from __future__ import annotations

from typing import NamedTuple


class DomainRow(NamedTuple):
    """A row of ``domain``, an account."""

    id: str
    name: str


class ProjectRow(NamedTuple):
    """A row of ``project``."""

    id: str
    domain_id: str
    name: str
    region: str
    parent_id: str
    description: str
    enabled: int


class AccessKeyRow(NamedTuple):
    """A row of ``access_key``; ``expires_at`` in microseconds since 1970."""

    access: str
    secret: str
    user_id: str
    security_token: str | None
    expires_at: int | None
    enabled: int

    def __repr__(self) -> str:
        return f"AccessKeyRow({self.access})"


class TokenRow(NamedTuple):
    """A row of ``token``: what is kept of a token; times in microseconds."""

    digest: bytes
    user_id: str
    project_id: str | None
    domain_id: str
    issued_at: int
    expires_at: int

    def __repr__(self) -> str:
        return f"TokenRow(of user {self.user_id})"


class User(NamedTuple):
    """A user with the account's name."""

    id: str
    domain_id: str
    name: str
    password_salt: bytes
    password_hash: bytes
    domain_name: str

    def __repr__(self) -> str:
        return f"User({self.id}, {self.name})"
