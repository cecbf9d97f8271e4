"""Secrets from the system's keyring, where a profile leaves them out."""

from __future__ import annotations

from cbr_notebook.auth.secret import Secret

SERVICE = "cbr-notebook"
"""Under this name secrets lie in the keyring: ``keyring set cbr-notebook <account>``."""


def account_of(
    access_key: str | None, user_name: str | None, domain_name: str | None
) -> str | None:
    """Give the keyring's account for an identity: the access key, or ``user@domain``."""
    if access_key:
        return access_key
    return f"{user_name}@{domain_name}" if user_name and domain_name else None


def secret_of(account: str) -> Secret | None:
    """Give the secret that the keyring keeps for an account; ``None`` without one.

    Also ``None`` where there is no keyring: the package ``keyring`` is optional, and a server
    without a desktop has none behind it.
    """
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        found = keyring.get_password(SERVICE, account)
    except KeyringError:
        return None
    return Secret(found) if found else None
