"""Whether the environment wants a second person's yes to every restore."""

from __future__ import annotations

import os

from cbr_notebook.errors import Conflict, InvalidRequest

TWO_PEOPLE = "two people"
_REQUIRED = "CBR_APPROVAL"


def is_required_here() -> bool:
    """Return whether ``CBR_APPROVAL`` asks for a second person.

    Raises:
        InvalidRequest: it asks for something that there is not: misspelt, it would ask for nothing.
    """
    wanted = os.environ.get(_REQUIRED, "").strip()
    if wanted not in ("", TWO_PEOPLE):
        raise InvalidRequest(
            f"{_REQUIRED} is {wanted!r}, and there is no such approval. Nothing was begun.",
            advice=f"Set it to {TWO_PEOPLE!r}, or unset it.",
            field="approval",
        )
    return wanted == TWO_PEOPLE


def refuse_alone() -> None:
    """Refuse to restore by oneself where a second person's yes is required.

    Raises:
        Conflict: it is.
    """
    if is_required_here():
        raise Conflict(
            f"Restores need the yes of a second person here ({_REQUIRED}), and session.restore "
            "has none. Nothing was begun.",
            advice="Plan it with session.plan_restore(backup), and let the plan be approved: "
            "plan.export(path).",
        )
