"""What is to be said of an answer beside its rows: by a warning, and beside the table itself."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from contextvars import ContextVar
from typing import ParamSpec, TypeVar

from cbr_notebook.errors import AnswerWarning

P = ParamSpec("P")
T = TypeVar("T")

_notes: ContextVar[list[str] | None] = ContextVar("notes_of_an_answer", default=None)


def tell(text: str, *, stacklevel: int = 1) -> None:
    """Warn of something, and note it beside the answer that this thread is making.

    Args:
        text: what is to be said, in one or two sentences.
        stacklevel: whose line the warning names, as for :func:`warnings.warn`.
    """
    note(text)
    warnings.warn(text, AnswerWarning, stacklevel=stacklevel + 1)


def note(text: str) -> None:
    """Note something beside the answer that this thread is making, if it makes one."""
    notes = _notes.get()
    if notes is not None and text not in notes:
        notes.append(text)


def noted(question: Callable[P, T]) -> Callable[P, T]:
    """Return a question whose table has in ``attrs["notes"]`` what was told while it was made.

    Args:
        question: returns a DataFrame; whatever else it returns is left as it is.
    """

    @functools.wraps(question)
    def with_notes(*arguments: P.args, **named: P.kwargs) -> T:
        notes: list[str] = []
        token = _notes.set(notes)
        try:
            answer = question(*arguments, **named)
        finally:
            _notes.reset(token)
            for each in notes:
                note(each)
        attrs = getattr(answer, "attrs", None)
        if notes and isinstance(attrs, dict):
            attrs["notes"] = notes
        return answer

    return with_notes
