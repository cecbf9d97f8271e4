"""A run as its journal tells it: which restore, how far it is, what is known of its task."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from cbr_notebook.api.http.transport import RequestRecord
from cbr_notebook.errors import JournalFailed
from cbr_notebook.runbook.journal import run_state
from cbr_notebook.runbook.journal.journal import Entry, Journal
from cbr_notebook.runbook.journal.recording import recorded
from cbr_notebook.runbook.journal.run_state import ENDED, State, state_of
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
        self.confirmed_anew = False
        """Whether the person who took the run up confirmed it."""
        self.journal_trouble = False
        """Whether a request could not be written to the journal."""
        self.undoes: RunRecord | None = None
        """The run that this one goes back on, where it is at hand."""

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
    def confirm_with(self) -> str:
        """What a person types to confirm: the target's name, or its ID where others bear it."""
        return str(self.begun.get("confirm_with") or self.target["name"])

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
        return self.journal.entries[0].moment

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
        """Ask whoever carries it out to stop before the service is asked."""
        self._stop_mark.touch()

    @property
    def _stop_mark(self) -> Path:
        return self.journal.path.with_suffix(".stop")

    def stopwatch(self, since: Entry | None = None) -> Callable[[], float]:
        """Return what tells the seconds since an entry was written, and at least since now.

        Computers' clocks differ and are set back: time that passes here counts anyway.
        """
        last = self.session.now
        passed = 0.0
        if since is not None:
            passed = max(0.0, (last - since.moment).total_seconds())

        def elapsed() -> float:
            nonlocal last, passed
            now = self.session.now
            passed += max(0.0, (now - last).total_seconds())
            last = now
            return passed

        return elapsed

    def note(self, kind: str, **facts: Any) -> Entry:
        """Write to the journal.

        Raises:
            JournalFailed: it cannot be written; the message says how the restore stands.
        """
        try:
            return self.journal.append(self.session.now, kind, **facts)
        except JournalFailed as problem:
            raise JournalFailed(
                f"{problem.message} {self.state_in_words()}",
                advice=problem.advice,
            ) from None

    def state_in_words(self) -> str:
        """Return in words what is known of the restore at this moment, for messages."""
        name = self.target["name"] if self.journal.entries else "The target"
        match self.state if self.journal.entries else run_state.NOT_ASKED:
            case run_state.NOT_ASKED:
                return f"The service was not asked to restore {name}."
            case run_state.ASKED:
                return f"Whether the service restores {name} is not known."
            case run_state.RUNNING:
                return f"{name} was being restored when last seen; the restore goes on."
            case state:
                return f"The restore of {name} has ended: {state}."

    def report_progress(self, step: Any, percent: int, message: str) -> None:
        """Report progress to whoever watches."""
        if self.on_progress is not None:
            self.on_progress(Progress(self.run_id, step, percent, message))

    def recording(self) -> AbstractContextManager[None]:
        """Write every request of this thread to the journal while this lasts."""
        return recorded(self.session.client.transport, self._note_request)

    def _note_request(self, request: RequestRecord) -> None:
        # An answer that has arrived must be acted on; the next step finds the journal's trouble.
        try:
            self.note(
                "request",
                sent_at=request.at,
                method=request.method,
                path=request.path,
                status=request.status,
                request_id=request.request_id,
            )
        except JournalFailed:
            self.journal_trouble = True
