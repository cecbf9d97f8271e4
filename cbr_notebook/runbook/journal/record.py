"""A run as its journal tells it: which restore, how far it is, what is known of its task."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from cbr_notebook.runbook.journal.journal import Entry, Journal
from cbr_notebook.runbook.journal.recording import recorded
from cbr_notebook.runbook.journal.state import ENDED, State, state_of
from cbr_notebook.session import Session


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is, for whoever watches."""

    run_id: str
    step: Literal["safety backup", "checks", "asking", "looking for the task", "restoring", "ended"]
    percent: int
    """Of this step."""
    message: str


OnProgress = Callable[[Progress], None]


class RunRecord:
    """One restore: the session that carries it out, and the journal that remembers it."""

    def __init__(
        self, session: Session, journal: Journal, on_progress: OnProgress | None = None
    ) -> None:
        self.session = session
        self.journal = journal
        self.on_progress = on_progress

    @property
    def run_id(self) -> str:
        """The name of the run, for ``session.resume_restore``."""
        return self.journal.path.stem

    @property
    def folder(self) -> Path:
        """Where the journal is."""
        return self.journal.path.parent

    @property
    def begun(self) -> dict[str, Any]:
        """The facts of the first entry: who, what, by which plan, confirmed how."""
        return self.journal.entries[0].facts

    @property
    def target(self) -> dict[str, Any]:
        """What is overwritten: ``id``, ``name``, ``type``."""
        target: dict[str, Any] = self.begun["target"]
        return target

    @property
    def backup(self) -> dict[str, Any]:
        """What it is overwritten with: ``id``, ``name``, ``created_at``."""
        backup: dict[str, Any] = self.begun["backup"]
        return backup

    @property
    def request(self) -> dict[str, Any]:
        """The arguments of the one request that matters."""
        request: dict[str, Any] = self.begun["request"]
        return request

    @property
    def title(self) -> str:
        """The restore in words."""
        return f"Restore {self.target['name']} from {self.backup['name']}"

    @property
    def state(self) -> State:
        """How far the run is, by its journal."""
        return state_of(self.journal.entries)

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ENDED

    @property
    def began_at(self) -> datetime:
        """When it was confirmed, in UTC."""
        return datetime.fromisoformat(self.journal.entries[0].at)

    @property
    def task_id(self) -> str | None:
        """The ID of the service's task, once known."""
        entry = self.journal.last("task_found")
        return None if entry is None else str(entry.facts["task_id"])

    @property
    def intended(self) -> Entry | None:
        """The entry written just before the service was asked for the last time."""
        return self.journal.last("restore_intended")

    @property
    def wants_to_stop(self) -> bool:
        """Whether someone, in any process, asked it to stop before it begins."""
        return self._stop_mark.exists()

    def ask_to_stop(self) -> None:
        """Let whoever carries it out stop before the service is asked."""
        self._stop_mark.touch()

    @property
    def _stop_mark(self) -> Path:
        return self.journal.path.with_suffix(".stop")

    def stopwatch(self, since: Entry | None = None) -> Callable[[], float]:
        """Return what tells the seconds since an entry was written, and at least since now.

        Computers' clocks differ and are set back: time that passes here counts anyway.
        """
        start = self.session.now
        begin = start if since is None else min(start, datetime.fromisoformat(since.at))
        return lambda: (self.session.now - begin).total_seconds()

    def note(self, kind: str, **facts: Any) -> Entry:
        """Write to the journal."""
        return self.journal.append(self.session.now, kind, **facts)

    def report_progress(self, step: Any, percent: int, message: str) -> None:
        """Let whoever watches know."""
        if self.on_progress is not None:
            self.on_progress(Progress(self.run_id, step, percent, message))

    def recording(self) -> AbstractContextManager[None]:
        """Write every request of this thread to the journal while this lasts."""
        return recorded(
            self.session.client.transport,
            lambda request: self.note(
                "request",
                sent_at=request.at,
                method=request.method,
                path=request.path,
                status=request.status,
                request_id=request.request_id,
            ),
        )
