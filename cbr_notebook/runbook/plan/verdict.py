"""How a check comes out, and what several checks say alike."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """How a check came out."""

    PASS = "pass"  # noqa: S105 not a password
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


Verdict = tuple[Outcome, str, str]
"""Outcome, what was seen, and what to do (empty when all is well)."""

PASS, WARN, FAIL, UNKNOWN = Outcome.PASS, Outcome.WARN, Outcome.FAIL, Outcome.UNKNOWN
URGENCY: tuple[str, ...] = (PASS, UNKNOWN, WARN, FAIL)
"""Outcomes by how much they ask of a person, least first."""

NO_TARGET: Verdict = (UNKNOWN, "There is no target to look at.", "")
NO_DISK: Verdict = (UNKNOWN, "There is no disk to look at.", "")

LOOK_AGAIN = "Look at it in the console, then check again."
