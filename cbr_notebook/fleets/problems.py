"""What failed, and where: rows instead of exceptions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

from cbr_notebook.errors import CBRError, RateLimited
from cbr_notebook.frames.fleet import PROBLEMS


class Problem(NamedTuple):
    """A question that has no answer of one project, or of one profile."""

    profile: str
    region: str
    project: str
    question: str
    code: str
    message: str
    advice: str
    request_id: str

    @property
    def path(self) -> str:
        """Where it is."""
        return "/".join(each for each in self[:3] if each)


class Said(NamedTuple):
    """What a problem says, apart from where it is."""

    question: str
    code: str
    message: str
    advice: str
    request_id: str


def problem_of(question: str, error: BaseException) -> Said:
    """Return what an error says, as the columns of a problem."""
    if isinstance(error, CBRError):
        advice = error.advice or ""
        if isinstance(error, RateLimited) and error.retry_after:
            advice = f"{advice} Ask again in {error.retry_after:.0f} seconds.".strip()
        return Said(question, error.code or "", error.message, advice, error.request_id or "")
    advice = "This is no answer of the service. fleet[…] asks the project alone, with its trace."
    return Said(question, "", f"{type(error).__name__}: {error}", advice, "")


def problem_table(problems: Iterable[Problem]) -> pd.DataFrame:
    """Return problems as a table, one row each."""
    return PROBLEMS.frame(list(problems))
