"""Exercises that check themselves, on a simulated cloud."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import platformdirs

from cbr_notebook.entry import Session, simulate
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.workshops.basics import BASICS
from cbr_notebook.workshops.certificate import Verdict
from cbr_notebook.workshops.certificate import verify as verify_certificate
from cbr_notebook.workshops.exercise import Exercise, Facts, Finding
from cbr_notebook.workshops.lab import Briefing, Lab, Outcome
from cbr_notebook.workshops.restore_night import RESTORE_NIGHT

__all__ = [
    "WORKSHOPS",
    "Briefing",
    "Exercise",
    "Facts",
    "Finding",
    "Lab",
    "Outcome",
    "Verdict",
    "verify_certificate",
    "workshop",
]

WORKSHOPS: dict[str, tuple[Exercise, ...]] = {
    "basics": BASICS,
    "restore night": RESTORE_NIGHT,
}
"""The exercises that come with the package, by the name of their workshop."""


def workshop(
    name: str = "basics",
    *,
    session: Session | None = None,
    exercises: Sequence[Exercise] | None = None,
    folder: str | Path | None = None,
) -> Lab:
    """Open a workshop: exercises that check themselves.

    Args:
        name: ``basics``, ``restore night``, or the name of one of your own, with
        exercises: its exercises, in their order.
        session: at the learner's cloud, such as ``cbr.connect(join="…")``; a simulated cloud in
            this process if left out. The exercises change it at will.
        folder: keeps how far you are; the user's own place for data if left out.

    Raises:
        InvalidRequest: there is no such workshop, or the session is on a real service.

    Example:
        >>> lab = cbr.workshop("basics")
        >>> len(lab.progress())
        10
    """
    if exercises is None:
        if name not in WORKSHOPS:
            raise InvalidRequest(
                f"There is no workshop {name!r}.", advice=f"There are: {', '.join(WORKSHOPS)}."
            )
        exercises = WORKSHOPS[name]
    place = Path(folder) if folder is not None else platformdirs.user_data_path("cbr-notebook")
    return Lab(name, exercises, simulate() if session is None else session, place / "workshops")
