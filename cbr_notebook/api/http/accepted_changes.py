"""One verdict for an act that takes several requests: what was carried out before it failed."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from cbr_notebook.api.http.response_errors import LOOK_FIRST
from cbr_notebook.errors import CBRError

P = ParamSpec("P")
T = TypeVar("T")


class _Thread(threading.local):
    changes: int = 0


_thread = _Thread()


def note_change() -> None:
    """Note that the service has carried out a change that this thread asked for."""
    _thread.changes += 1


def act(function: Callable[P, T]) -> Callable[P, T]:
    """Return a function whose errors say so where a part of it has been carried out.

    The error of a later request, such as of the one that looks at the result, knows nothing of
    the change before it.

    Args:
        function: changes something, by one request or several.
    """

    @functools.wraps(function)
    def with_verdict(*arguments: P.args, **named: P.kwargs) -> T:
        before = _thread.changes
        try:
            return function(*arguments, **named)
        except CBRError as problem:
            if _thread.changes > before and not problem.may_have_happened:
                problem.may_have_happened = True
                problem.advice = f"The service had accepted a change before. {LOOK_FIRST}"
            raise

    return with_verdict
