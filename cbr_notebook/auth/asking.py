"""The last resort: asking the person for a secret, in a terminal, without showing it."""

from __future__ import annotations

import getpass
import sys

from cbr_notebook.auth.secret import Secret


def can_ask() -> bool:
    """Say whether somebody sits at a terminal; a notebook keeps what is typed, so it is none."""
    return "ipykernel" not in sys.modules and sys.stdin is not None and sys.stdin.isatty()


def ask_for(what: str, whose: str) -> Secret | None:
    """Ask for a secret; ``None`` if nothing is typed.

    Args:
        what: the secret in words, such as "Secret key".
        whose: the identity that it belongs to.
    """
    try:
        typed = getpass.getpass(f"{what} of {whose}: ")
    except (EOFError, KeyboardInterrupt):
        return None
    return Secret(typed) if typed else None
