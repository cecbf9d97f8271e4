"""How far each seat of a class is, as its learner's notebook tells."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec

FILE = "progress.json"
LONGEST_TITLE = 200
LONGEST_SEEN = 500
MOST_SEEN = 20
_Title = Annotated[str, msgspec.Meta(max_length=LONGEST_TITLE)]
_Seen = Annotated[str, msgspec.Meta(max_length=LONGEST_SEEN)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class Progress(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How far one learner is with one workshop; bounded, for the board asks for it each second."""

    workshop: _Title
    exercise: _Count
    title: _Title
    state: Literal["not started", "started", "solved"]
    solved: _Count
    """How many exercises are solved."""
    exercises: _Count
    """How many there are."""
    checks: _Count
    """Checks of the present exercise."""
    hints: _Count
    """Hints used in the present exercise."""
    seen: Annotated[list[_Seen], msgspec.Meta(max_length=MOST_SEEN)] = []
    """What the newest check saw that is not as it should be."""


class Told(msgspec.Struct, kw_only=True):
    """What a seat told, and when."""

    progress: Progress
    told_at: str
    stuck_since: str | None
    """Since when checks have failed; ``None`` if the newest one passed or there was none."""


class ProgressBoard:
    """What all seats told, the newest of each; kept in a folder, if there is one with room."""

    def __init__(self, folder: Path | None = None) -> None:
        """Read what a folder keeps; one that cannot be read counts as empty."""
        self._file = None if folder is None else folder / FILE
        self._lock = threading.Lock()
        self._told: dict[str, Told] = {}
        if self._file is not None and self._file.exists():
            try:
                self._told = msgspec.json.decode(self._file.read_bytes(), type=dict[str, Told])
            except (OSError, msgspec.DecodeError):
                self._told = {}  # learners tell it again with their next check

    def tell(self, seat: str, progress: Progress) -> None:
        """Note how far a seat is."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._lock:
            before = self._told.get(seat)
            stuck = None
            if progress.seen:
                same = before is not None and before.progress.exercise == progress.exercise
                stuck = (before.stuck_since if same and before else None) or now
            self._told[seat] = Told(progress=progress, told_at=now, stuck_since=stuck)
            if self._file is not None:
                with suppress(OSError):  # such as a full disk; it is written with the next word
                    begun = self._file.with_suffix(".new")
                    begun.write_bytes(msgspec.json.encode(self._told))
                    begun.replace(self._file)

    def of(self, seat: str) -> Told | None:
        """Return what a seat told last."""
        return self._told.get(seat)
