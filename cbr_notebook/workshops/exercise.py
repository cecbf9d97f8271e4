"""What an exercise is made of: a story, a start, a check of the cloud's state, and hints."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from cbr_notebook.entry import Session
from cbr_notebook.errors import InvalidRequest, NotFound

Facts = dict[str, Any]
"""What a start leaves for its check: plain values that JSON can hold."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check looked at."""

    passed: bool
    seen: str
    """What was observed in the cloud, in words; never the call that would change it."""


@dataclass(frozen=True, slots=True)
class Exercise:
    """One exercise of a workshop.

    The check looks at the cloud only: whether a learner used a form, a method or ``%cbr``
    makes no difference. An untouched start must fail it.
    """

    title: str
    story: str
    """What happened, and what is wanted; one or two paragraphs."""
    start: Callable[[Session], Facts]
    """Prepares the cloud, which is as its estate was built; returns what the check needs."""
    check: Callable[[Session, Facts], Sequence[Finding]]
    """Looks at the cloud; all findings have to pass."""
    hints: tuple[str, str, str]
    """From a nudge to nearly the answer."""


def validate_exercises(name: str, exercises: Sequence[Exercise]) -> None:
    """Refuse what cannot be a workshop.

    Args:
        name: of the workshop; a file is named after it.
        exercises: in their order.

    Raises:
        InvalidRequest: the name cannot be one, or an exercise lacks something.
    """
    if not re.fullmatch(r"\w[\w -]*", name):
        raise InvalidRequest(
            f"{name!r} cannot be the name of a workshop.",
            advice="Write it with letters, digits, spaces, - and _.",
            field="name",
        )
    if not exercises:
        raise InvalidRequest(f"{name!r} has no exercises.", field="exercises")
    for number, each in enumerate(exercises, 1):
        if not isinstance(each, Exercise):
            raise InvalidRequest(
                f"Number {number} of {name!r} is {type(each).__name__}, not Exercise.",
                field="exercises",
            )
        if not each.hints or isinstance(each.hints, str):
            raise InvalidRequest(
                f"Exercise {number} of {name!r} has no hints.",
                advice="Give three texts, from a nudge to nearly the answer.",
                field="exercises",
            )


def begin(exercise: Exercise, session: Session) -> Facts:
    """Prepare the cloud; return what the check needs, as it will be after a restart.

    Raises:
        InvalidRequest: JSON cannot hold it.
    """
    facts = exercise.start(session)
    try:
        return msgspec.json.decode(msgspec.json.encode(facts or {}), type=Facts)
    except (TypeError, msgspec.MsgspecError) as problem:
        raise InvalidRequest(
            f"The start of {exercise.title!r} returns what cannot be kept: {problem}.",
            advice="Return a dict of texts, numbers and lists, such as names and IDs.",
        ) from None


def look(exercise: Exercise, session: Session, facts: Facts) -> tuple[Finding, ...]:
    """Return what the check sees; that something is gone is seen, too.

    Raises:
        InvalidRequest: the check looks at nothing.
    """
    try:
        findings = exercise.check(session, facts)
    except NotFound as problem:
        gone = f"What the exercise is about is gone: {problem.message} It can be begun again."
        return (Finding(False, gone),)
    if not findings or not all(isinstance(each, Finding) for each in findings):
        raise InvalidRequest(
            f"The check of {exercise.title!r} does not say what it saw.",
            advice="Return a list with at least one Finding(passed, seen).",
        )
    return tuple(findings)


def nothing_to_prepare(session: Session) -> Facts:
    """Return the moment at which the exercise began; the cloud stays as it is."""
    return {"began": session.now.isoformat()}
