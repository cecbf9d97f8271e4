"""What another process does for a fleet: it signs in itself, asks, and hands back a table.

A description travels, never a secret: the name of a profile, or arguments without secrets, and
the place. A worker keeps the sessions that it has opened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cbr_notebook.auth.throttling import signing_in_through
from cbr_notebook.errors import InvalidRequest, UnknownTag
from cbr_notebook.fleets.budget import Budget, BudgetGate, Rate, Stopped
from cbr_notebook.fleets.places import Place
from cbr_notebook.fleets.problems import Problem, Said, problem_of
from cbr_notebook.fleets.profiles import Profile
from cbr_notebook.fleets.sessions import open_place, through


@dataclass(frozen=True, slots=True)
class Description:
    """All that a worker needs to know to ask a project.

    Attributes:
        name: of the profile.
        arguments: of ``connect`` or ``simulate``, without secrets.
        place: the project.
        region: of the profile's own session.
        iam: the profile's IAM.
        parallel: requests at the same time.
        share: this project's part of what the account may ask, if that is known.
    """

    name: str
    arguments: Mapping[str, Any]
    place: Place
    region: str
    iam: str
    parallel: int
    share: Rate | None = None


@dataclass(slots=True)
class Answer:
    """What came of a question to a project."""

    place: Place
    table: Any = None
    problem: Problem | None = None
    requests: int = 0
    refusal: InvalidRequest | None = None
    """The question itself makes no sense, as far as this project can tell."""
    unknown: UnknownTag | None = None
    """Nothing in this project has a tag that is asked for; the table is the answer all the same."""


_sessions: dict[tuple[str, str], Any] = {}
_budgets: dict[str, Budget] = {}


def ask(
    description: Description, question: str, given: tuple[Any, ...], named: dict[str, Any]
) -> Answer:
    """Ask a project, in whatever process this is."""
    place = description.place
    share = description.share
    budget = _budgets.setdefault(
        place.account if share is None else place.path,
        Budget(parallel=description.parallel, rate=share),
    )
    of_iam = _budgets.setdefault(place.iam, Budget(parallel=description.parallel))
    return ask_session(
        lambda: _session(description),
        BudgetGate(budget, place.path),
        BudgetGate(of_iam, place.path),
        place,
        question,
        lambda session: getattr(session, question)(*given, **named),
    )


def ask_session(
    open_session: Callable[[], Any],
    gate: BudgetGate,
    sign_in: BudgetGate,
    place: Place,
    question: str,
    do: Callable[[Any], Any],
) -> Answer:
    """Ask the session of a project, through a gate; what fails is in the answer.

    Args:
        open_session: returns the session.
        gate: where its requests wait.
        sign_in: where those to IAM wait.
        place: the project.
        question: its name, for the problem.
        do: asks the session, and returns a table.
    """
    doing, error = "sign in", None
    try:
        with signing_in_through(sign_in):
            session = open_session()
            doing = question
            return Answer(place, do(through(session, gate)), requests=gate.requests)
    except UnknownTag as problem:  # another project may have it
        table, problem.table = problem.table, None
        return Answer(place, table, requests=gate.requests, unknown=problem)
    except Stopped:
        said = Said(question, "", "It was interrupted before it answered.", "Ask again.", "")
    except Exception as problem:  # of one project: the others go on
        said = problem_of(doing, problem)
        error = problem if isinstance(problem, InvalidRequest) and not problem.code else None
    where = (place.profile, place.region, place.project)
    return Answer(place, None, Problem(*where, *said), gate.requests, error)


def _session(description: Description) -> Any:
    place = description.place
    key = (place.path, place.project_id)
    if key not in _sessions:
        profile = Profile(description.name, description.arguments)
        _sessions[key] = open_place(profile, None, place, description.region, description.iam)
    return _sessions[key]
