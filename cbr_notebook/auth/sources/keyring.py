"""Secrets from the system's keyring, where a source leaves them out."""

from __future__ import annotations

from cbr_notebook.auth.credentials import Credentials
from cbr_notebook.auth.secret import Secret

SERVICE = "cbr-notebook"
"""Under this name secrets lie in the keyring: ``keyring set cbr-notebook <account>``."""


def secret_of(account: str) -> Secret | None:
    """Return the secret that the keyring keeps for an account; ``None`` without one.

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


def completed(found: Credentials) -> Credentials:
    """Return the credentials with the secret that the keyring keeps for their identity."""
    if found.complete or found.keyring_account is None:
        return found
    secret = secret_of(found.keyring_account)
    return found if secret is None else found.with_secret(secret, "from the keyring")
