"""What one may not read, or an operator does not have, is said, and the rest is told without it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from cbr_notebook.errors import CBRError, NotFound, PermissionDenied
from cbr_notebook.text.notes import tell

T = TypeVar("T")


def if_permitted(what: str, ask: Callable[[], T], denied: dict[str, str] | None = None) -> T | None:
    """Return what is asked for; ``None``, with a warning, where one may not or cannot read it.

    Not every operator of the service has every operation: its absence is a 404 of the gateway.

    Args:
        what: what is asked for, in words.
        ask: asks for it.
        denied: where the service's words are kept, by what could not be read.
    """
    try:
        return ask()
    except (PermissionDenied, NotFound) as problem:
        if denied is not None:
            denied[what] = problem.message
        _tell(what, problem)
    return None


def those_permitted(asks: Mapping[str, Callable[[], T]]) -> dict[str, T]:
    """Return those of several lists that one may read, with a warning of each of the others.

    Args:
        asks: what asks for each, by its name in words.

    Raises:
        PermissionDenied: one may read none of them.
        NotFound: the operator has none of them.
    """
    found: dict[str, T] = {}
    denied: dict[str, PermissionDenied | NotFound] = {}
    for what, ask in asks.items():
        try:
            found[what] = ask()
        except (PermissionDenied, NotFound) as problem:
            denied[what] = problem
    for what, refused in denied.items():
        if not found:
            raise refused
        _tell(what, refused)
    return found


def _tell(what: str, problem: CBRError) -> None:
    tell(
        f"{what} could not be seen, and what follows from them is missing: {problem.message} "
        f"{problem.advice or ''}".rstrip(),
        stacklevel=5,
    )
