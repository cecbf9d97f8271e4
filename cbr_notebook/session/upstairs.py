"""The rooms above that a session opens when they are first asked for: pictures, forms, runbook.

A session stands below them and must not import them, and importing the package must not load
Matplotlib or widgets. So they are named here and loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cbr_notebook.session.session import Session


def opened(room: str, session: Session) -> Any:
    """Open a room above for a session.

    Args:
        room: ``module:Class`` inside this package, such as ``plots:Plots``; the class is made
            with the session as its only argument.
        session: the session that opens it.
    """
    module, _, name = room.partition(":")
    return getattr(import_module(f"cbr_notebook.{module}"), name)(session)
