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


Where = tuple[str, str, str]
"""Profile, region and project."""


class Problems:
    """What failed and was not answered since, one a project and question."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str, str], Problem] = {}

    def __len__(self) -> int:
        return len(self._known)

    def note(self, problems: Iterable[Problem]) -> None:
        """Keep problems; each takes the place of the one before."""
        for each in problems:
            self._known[(*each[:3], each.question)] = each

    def forget(self, where: Where, question: str) -> None:
        """Forget a problem: the question was answered, or is asked anew."""
        self._known.pop((*where, question), None)

    def replace(
        self, where: Where, begin: str, said: Iterable[Said], question: str | None = None
    ) -> None:
        """Keep what a project did not answer of a larger question, and forget what it answered.

        Args:
            where: profile, region and project.
            begin: what stands before the parts, such as ``sync``.
            said: of each part without an answer, why.
            question: only this part; all if left out.
        """
        for known in [key for key in self._known if key[:3] == where]:
            part = known[3].removeprefix(begin)
            if part != known[3] and question in (None, part):
                del self._known[known]
        self.note(Problem(*where, *each._replace(question=begin + each.question)) for each in said)

    def table(self) -> pd.DataFrame:
        """Return one row a problem, by place and question."""
        return PROBLEMS.frame([self._known[key] for key in sorted(self._known)])
