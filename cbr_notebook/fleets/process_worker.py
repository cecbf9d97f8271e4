"""What another process does for a fleet: it signs in itself, asks, and hands back a table.

A description travels, never a secret: the name of a profile, or arguments without secrets, and
the place. A worker keeps the sessions that it has opened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any

from cbr_notebook.auth.throttling import signing_in_through
from cbr_notebook.errors import InvalidRequest, UnknownTag
from cbr_notebook.fleets.broker import Address, BrokerLimiter
from cbr_notebook.fleets.budget import Budget, BudgetLimiter, Rate, Stopped
from cbr_notebook.fleets.fleet_places import Found, Place
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
        broker: where requests are granted, if the worker is on the same computer.
        parallel: requests at the same time, on another one.
        share: this project's part of what the account may ask, on another one, if that is known.
    """

    name: str
    arguments: Mapping[str, Any]
    place: Place
    region: str
    iam: str
    broker: Address | None
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
    with (
        closing(_limiter(description, place.service)) as limiter,
        closing(_limiter(description, place.iam)) as of_iam,
    ):
        return ask_session(
            lambda: _session(description),
            limiter,
            of_iam,
            place,
            question,
            lambda session: getattr(session, question)(*given, **named),
        )


def describe(
    found: Found, place: Place, budget: Budget, mates: int, broker: Address | None
) -> Description:
    """Return what another process needs to ask a project.

    Args:
        found: its profile.
        place: the project.
        budget: what its account may ask.
        mates: how many projects of the fleet have the same account, this one among them.
        broker: where requests are granted on this computer.

    Raises:
        InvalidRequest: the profile holds a secret, or an open session.
    """
    profile = found.profile
    if not profile.travels():
        raise InvalidRequest(
            f"The profile {place.profile!r} cannot be used in other processes: it holds a "
            "secret, or an open session, and neither travels.",
            advice="Write it into the profile file and name it, or leave executor= out.",
            field="executor",
        )
    assert found.first is not None
    share, rate = None, budget.rate
    if rate is not None:
        share = Rate(max(1, rate.limit // mates), rate.window_s)
    identity = found.first.identity
    return Description(
        profile.name, profile.arguments, place, identity.region, identity.iam_endpoint, broker,
        budget.parallel, share,
    )  # fmt: skip


def _limiter(description: Description, name: str) -> BudgetLimiter | BrokerLimiter:
    """Return where requests wait: at the fleet's broker, or on another computer, here."""
    place = description.place
    if description.broker is not None:
        with suppress(OSError):
            return BrokerLimiter(description.broker, name, place.path)
    share = description.share if name == place.service else None
    key = name if share is None else place.path
    budget = _budgets.setdefault(key, Budget(parallel=description.parallel, rate=share))
    return BudgetLimiter(budget, place.path)


def ask_session(
    open_session: Callable[[], Any],
    limiter: BudgetLimiter | BrokerLimiter,
    sign_in: BudgetLimiter | BrokerLimiter,
    place: Place,
    question: str,
    do: Callable[[Any], Any],
) -> Answer:
    """Ask the session of a project, through a limiter; what fails is in the answer.

    Args:
        open_session: returns the session.
        limiter: where its requests wait.
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
            return Answer(place, do(through(session, limiter)), requests=limiter.requests)
    except UnknownTag as problem:  # another project may have it
        table, problem.table = problem.table, None
        return Answer(place, table, requests=limiter.requests, unknown=problem)
    except Stopped:
        said = Said(question, "", "It was interrupted before it answered.", "Ask again.", "")
    except Exception as problem:  # of one project: the others go on
        said = problem_of(doing, problem)
        error = problem if isinstance(problem, InvalidRequest) and not problem.code else None
    return Answer(place, None, Problem(*place.where, *said), limiter.requests, error)


def _session(description: Description) -> Any:
    place = description.place
    key = (place.path, place.project_id)
    if key not in _sessions:
        profile = Profile(description.name, description.arguments)
        _sessions[key] = open_place(profile, None, place, description.region, description.iam)
    return _sessions[key]
