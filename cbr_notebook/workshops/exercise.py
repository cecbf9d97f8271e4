"""What an exercise is made of: a story, a start, a check of the cloud's state, and hints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cbr_notebook.entry import Session

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


def nothing_to_prepare(session: Session) -> Facts:
    """Return the moment at which the exercise began; the cloud stays as it is."""
    return {"began": session.now.isoformat()}
