"""The last resort: asking the person for a secret, in a terminal, without showing it."""

from __future__ import annotations

import getpass
import sys

from cbr_notebook.auth.credentials import Credentials
from cbr_notebook.auth.secret import Secret


def can_ask() -> bool:
    """Return whether somebody sits at a terminal; a notebook keeps what is typed, so it is none."""
    return "ipykernel" not in sys.modules and sys.stdin is not None and sys.stdin.isatty()


def ask_for(what: str, whose: str) -> Secret | None:
    """Ask for a secret; return ``None`` if nothing is typed.

    Args:
        what: the secret in words, such as "Secret key".
        whose: the identity that it belongs to.
    """
    try:
        typed = getpass.getpass(f"{what} of {whose}: ")
    except (EOFError, KeyboardInterrupt):
        return None
    return Secret(typed) if typed else None


def completed(found: Credentials) -> Credentials:
    """Return the credentials with the secret that the person types, where one can be asked."""
    if found.complete or found.whose is None or not can_ask():
        return found
    what = "Secret key" if found.access_key else "Password"
    secret = ask_for(what, found.whose)
    return found if secret is None else found.with_secret(secret, "typed in")
