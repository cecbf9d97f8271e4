"""What one may not read, or an operator does not have, is said, and the rest is told without it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TypeVar

from cbr_notebook.errors import AnswerWarning, NotFound, PermissionDenied

T = TypeVar("T")


def if_permitted(what: str, ask: Callable[[], T]) -> T | None:
    """Return what is asked for; ``None``, with a warning, where one may not or cannot read it.

    Not every operator of the service has every operation: its absence is a 404 of the gateway.
    """
    try:
        return ask()
    except (PermissionDenied, NotFound) as problem:
        warnings.warn(
            f"{what} could not be seen, and what follows from them is missing: {problem.message} "
            f"{problem.advice or ''}".rstrip(),
            AnswerWarning,
            stacklevel=4,
        )
    return None
