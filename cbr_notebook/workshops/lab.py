"""A learner's way through a workshop: start, check, hint, reset, progress, certificate."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
import pandas as pd

from cbr_notebook.entry import Session
from cbr_notebook.errors import CBRError, InvalidRequest
from cbr_notebook.simulator.classroom.remote import RemoteCloud
from cbr_notebook.simulator.classroom.seat_progress import LONGEST_SEEN, LONGEST_TITLE, MOST_SEEN
from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.text.dtypes import TEXT, utc_times
from cbr_notebook.workshops import certificate
from cbr_notebook.workshops.exercise import (
    Exercise,
    Finding,
    begin,
    look,
    validate_exercises,
)

_begun: WeakKeyDictionary[Cloud, tuple[Path, int]] = WeakKeyDictionary()
"""Which exercise was begun last on each cloud of this process: a lab's file, and a number."""


class Standing(msgspec.Struct, kw_only=True):
    """How far a learner is with one exercise."""

    facts: dict[str, Any] = {}
    checks: int = 0
    hints: int = 0
    started_at: str | None = None
    solved_at: str | None = None


class Notes(msgspec.Struct, kw_only=True):
    """What is kept of a learner's way, by the number of the exercise."""

    current: int | None = None
    standings: dict[int, Standing] = {}


@dataclass(frozen=True, slots=True)
class Briefing:
    """What a learner is told at the start of an exercise."""

    number: int
    title: str
    story: str

    def __str__(self) -> str:
        return f"{self.number}. {self.title}\n\n{self.story}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<h3>{self.number}. {html.escape(self.title)}</h3><p>{html.escape(self.story)}</p>"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check observed; true if all of it is as it should be."""

    number: int
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether the exercise is solved."""
        return bool(self.findings) and all(each.passed for each in self.findings)

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        head = f"Exercise {self.number}: {'solved' if self.passed else 'not yet'}"
        lines = [f"  {'ok' if each.passed else 'not yet'}: {each.seen}" for each in self.findings]
        return "\n".join([head, *lines])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<li>{'ok' if each.passed else '<b>not yet</b>'}: {html.escape(each.seen)}</li>"
            for each in self.findings
        )
        word = "solved" if self.passed else "not yet"
        return f"<p role='status'>Exercise {self.number}: <b>{word}</b></p><ul>{rows}</ul>"


class Lab:
    """One learner's workshop, on one simulated cloud."""

    def __init__(
        self, name: str, exercises: Sequence[Exercise], session: Session, folder: Path
    ) -> None:
        """Open the workshop; see :func:`cbr_notebook.workshops`.

        Args:
            name: of the workshop.
            exercises: in their order.
            session: on the learner's cloud, which the exercises change at will.
            folder: keeps the learner's way.
        """
        if not session.simulated:
            raise InvalidRequest(
                "A workshop deletes servers and turns the clock: it needs a simulated cloud.",
                advice="Leave session out, or take one of cbr.simulate() or cbr.connect(join=…).",
                field="session",
            )
        validate_exercises(name, exercises)
        self.name = name
        self.session = session
        self._exercises = tuple(exercises)
        self._folder = folder
        self._file = folder / f"{name.replace(' ', '-')}{_seat_of(session)}.json"
        self._notes = self._read()
        self._seen: list[str] = []

    def __repr__(self) -> str:
        solved = sum(each.solved_at is not None for each in self._notes.standings.values())
        return f"<Lab {self.name!r}: {solved} of {len(self._exercises)} exercises solved>"

    def start(self, number: int) -> Briefing:
        """Begin an exercise: the cloud becomes what it begins with, whatever was in it.

        Args:
            number: from 1.

        Raises:
            InvalidRequest: there is no such exercise.
        """
        exercise = self._exercise(number)
        self.session.cloud.reset()
        standing = self._notes.standings.setdefault(number, Standing())
        standing.facts = begin(exercise, self.session)
        standing.started_at = standing.started_at or _now()
        self._notes.current = number
        _begun[self.session.cloud] = (self._file, number)
        self._write()
        self._tell(())
        return Briefing(number, exercise.title, exercise.story)

    def reset(self) -> Briefing:
        """Begin the present exercise again."""
        return self.start(self._current())

    def check(self) -> Outcome:
        """Look at the cloud and say whether the present exercise is solved.

        Raises:
            InvalidRequest: no exercise was begun on this cloud.
        """
        number = self._current()
        self._ensure_begun(number)
        standing = self._notes.standings[number]
        findings = look(self._exercise(number), self.session, standing.facts)
        outcome = Outcome(number, findings)
        standing.checks += 1
        if outcome.passed:
            standing.solved_at = standing.solved_at or _now()
        self._write()
        self._tell(each.seen for each in outcome.findings if not each.passed)
        return outcome

    def hint(self) -> str:
        """Return the next of three hints; the last one again once all were given."""
        number = self._current()
        standing = self._notes.standings[number]
        hints = self._exercise(number).hints
        standing.hints = min(standing.hints + 1, len(hints))
        self._write()
        self._tell(None)
        return hints[standing.hints - 1]

    def progress(self) -> pd.DataFrame:
        """Return how far you are.

        Returns:
            One row an exercise: ``exercise`` (int64), ``title``, ``state`` (``not started``,
            ``started`` or ``solved``), ``checks``, ``hints`` (int64), ``solved_at`` (UTC).
        """
        numbers = range(1, len(self._exercises) + 1)
        standings = [self._notes.standings.get(number, Standing()) for number in numbers]
        solved = [each.solved_at and datetime.fromisoformat(each.solved_at) for each in standings]
        return pd.DataFrame(
            {
                "exercise": numbers,
                "title": pd.Series([each.title for each in self._exercises], dtype=TEXT),
                "state": pd.Series([_state(each) for each in standings], dtype=TEXT),
                "checks": [each.checks for each in standings],
                "hints": [each.hints for each in standings],
                "solved_at": utc_times(each or None for each in solved),
            }
        )

    def certificate(self, path: str | Path, *, learner: str | None = None) -> Path:
        """Create an HTML page that says what was solved, signed so that it can be verified.

        Args:
            path: of the new file.
            learner: the name on it; the session's user if left out.

        Returns:
            The path.

        Raises:
            InvalidRequest: nothing was solved yet, or the file exists or cannot be written.
        """
        solved: Mapping[str, str] = {
            f"{number}. {each.title}": str(self._notes.standings[number].solved_at)
            for number, each in enumerate(self._exercises, 1)
            if number in self._notes.standings and self._notes.standings[number].solved_at
        }
        if not solved:
            raise InvalidRequest("No exercise is solved yet: there is nothing to certify.")
        return certificate.write(
            Path(path),
            workshop=self.name,
            learner=learner or self.session.identity.who,
            solved=solved,
            exercises=len(self._exercises),
            folder=self._folder,
        )

    def _tell(self, seen: Iterable[str] | None) -> None:
        """Report to the board of a class, if this is a seat in one; a lost message stops nobody.

        Args:
            seen: what the check saw that is not yet right; ``None`` if there was no new check.
        """
        if seen is not None:
            self._seen = list(seen)
        tell = getattr(self.session.cloud, "tell_progress", None)
        if tell is None:
            return
        number = self._current()
        standing = self._notes.standings[number]
        message = {
            "workshop": self.name[:LONGEST_TITLE],
            "exercise": number,
            "title": self._exercise(number).title[:LONGEST_TITLE],
            "state": _state(standing),
            "solved": sum(each.solved_at is not None for each in self._notes.standings.values()),
            "exercises": len(self._exercises),
            "checks": standing.checks,
            "hints": standing.hints,
            "seen": [each[:LONGEST_SEEN] for each in self._seen[:MOST_SEEN]],
        }
        with suppress(CBRError):
            tell(message)

    def _ensure_begun(self, number: int) -> None:
        """Refuse a cloud on which something else was begun, or nothing: it would say nothing."""
        cloud, wanted = self.session.cloud, (self._file, number)
        outlives_kernel = isinstance(cloud, RemoteCloud) or cloud.state_file is not None
        if _begun.get(cloud, wanted if outlives_kernel else None) == wanted:
            return
        raise InvalidRequest(
            f"Exercise {number} was not begun on this cloud, or another exercise was since: a "
            "cloud in a notebook ends with its kernel.",
            advice="Begin it again: lab.reset(). What was solved before stays solved.",
        )

    def _exercise(self, number: int) -> Exercise:
        if type(number) is not int or not 1 <= number <= len(self._exercises):
            raise InvalidRequest(
                f"There is no exercise {number}.",
                advice=f"{self.name} has exercises 1 to {len(self._exercises)}.",
                field="number",
            )
        return self._exercises[number - 1]

    def _current(self) -> int:
        if self._notes.current is None:
            raise InvalidRequest("No exercise was started.", advice="Begin: lab.start(1).")
        return self._notes.current

    def _read(self) -> Notes:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=Notes)
        except FileNotFoundError:
            return Notes()
        except (OSError, msgspec.DecodeError) as problem:
            raise InvalidRequest(
                f"The progress in {self._file} cannot be read: {problem}.",
                advice="Name another folder, or move the file away. It was not changed.",
            ) from None

    def _write(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            begun = self._file.with_suffix(".new")
            begun.write_bytes(msgspec.json.encode(self._notes))
            begun.replace(self._file)
        except OSError as problem:
            raise InvalidRequest(
                f"The progress cannot be written to {self._file}: {problem}."
            ) from None


def _seat_of(session: Session) -> str:
    """Return what tells a seat of a class from all others in the name of a file; else nothing."""
    if not isinstance(session.cloud, RemoteCloud):
        return ""
    key = session.cloud.credentials.access_key
    return f"-{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def _state(standing: Standing) -> str:
    if standing.solved_at is not None:
        return "solved"
    return "not started" if standing.started_at is None else "started"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
