"""Prove exercises: each untouched start fails its check, and each way through it passes."""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cbr_notebook.entry import Session, simulate
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.workshops.exercise import Exercise
from cbr_notebook.workshops.lab import Lab

Workshops = Mapping[str, Sequence[Exercise]]
"""Exercises, by the name of their workshop."""
Ways = Mapping[str, Mapping[str, Sequence[Callable[[Session], None]]]]
"""Solutions, by what the way is called (``by form``) and the name of the workshop."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was seen of one exercise."""

    workshop: str
    number: int
    title: str
    untouched: bool
    """Whether the check of an untouched start failed, as it must."""
    solved: tuple[str, ...]
    """Of each way: nothing if it passed, else what was seen."""

    @property
    def good(self) -> bool:
        """Whether everything is as it should be."""
        return self.untouched and not any(self.solved)

    @property
    def words(self) -> str:
        """What was seen, in a line."""
        return ", ".join(self.row[3:])

    @property
    def row(self) -> tuple[str, ...]:
        """A row of a table; see :func:`heads`."""
        start = "fails" if self.untouched else "PASSES"
        ways = (f"FAILS: {each}" if each else "passes" for each in self.solved)
        return (self.workshop, str(self.number), self.title, start, *ways)


def heads(ways: Ways) -> tuple[str, ...]:
    """Return the heads of a table of proofs."""
    return ("workshop", "exercise", "title", "untouched", *ways)


def prove(workshops: Workshops, ways: Ways) -> Iterator[Proof]:
    """Try all exercises on a simulated cloud, one after the other.

    Raises:
        InvalidRequest: there is no exercise, or a way has solutions for another number of them.
    """
    if not workshops:
        raise InvalidRequest("There is no workshop, so nothing would be proven.")
    for way, solutions in ways.items():
        for name, exercises in workshops.items():
            if len(solutions.get(name, ())) != len(exercises):
                raise InvalidRequest(
                    f"{way!r} has {len(solutions.get(name, ()))} solutions for the "
                    f"{len(exercises)} exercises of {name!r}."
                )
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory()))
        session = simulate(state=folder / "cloud.state")  # journals of restores lie beside it
        ends.enter_context(closing(session.cloud))
        for name, exercises in workshops.items():
            lab = Lab(name, exercises, session, folder)
            for number, exercise in enumerate(exercises, 1):
                lab.start(number)
                untouched = not lab.check()
                solved = tuple(
                    _try(lab, number, solutions[name][number - 1]) for solutions in ways.values()
                )
                yield Proof(name, number, exercise.title, untouched, solved)


def _try(lab: Lab, number: int, solution: Callable[[Session], None]) -> str:
    lab.start(number)
    try:
        solution(lab.session)
    except Exception as problem:  # of whoever wrote the solution; the others are tried, too
        return f"{type(problem).__name__}: {str(problem).splitlines()[0] if str(problem) else ''}"
    outcome = lab.check()
    return "; ".join(each.seen for each in outcome.findings if not each.passed)


def named(module: str, name: str) -> dict[str, Any]:
    """Return the dictionary that a module calls by a name.

    Raises:
        InvalidRequest: there is no such module, it has no such name, or that is no dictionary.
    """
    sys.path.insert(0, os.getcwd())  # as python -m does
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as problem:
        raise InvalidRequest(
            f"There is no {name} in {module}: {problem}.",
            advice="It is a module that Python can import from this folder.",
        ) from None
    finally:
        sys.path.pop(0)
    if not isinstance(found, dict):
        raise InvalidRequest(f"{name} in {module} is no dictionary, but {type(found).__name__}.")
    return found
