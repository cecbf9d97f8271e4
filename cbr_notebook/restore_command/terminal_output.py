"""What a restore shows in a terminal while it goes on, and what it says when it is interrupted."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import threading
from collections.abc import Iterable

from cbr_notebook.entry.session import Session
from cbr_notebook.errors import CBRError
from cbr_notebook.runbook.group.group_run import GroupRun
from cbr_notebook.runbook.group.resume import find
from cbr_notebook.runbook.journal import run_state
from cbr_notebook.runbook.journal.record import Progress
from cbr_notebook.runbook.run.run import RestoreRun

_UNTOUCHED = ("not asked", "stopped")


class Shown:
    """Prints the run's ID first, then how far each step is."""

    def __init__(self, options: argparse.Namespace) -> None:
        """Keep the options of the command; nothing is printed yet."""
        self._options = options
        self._at: dict[str, tuple[str, int]] = {}
        self.session: Session | None = None
        """The account, once it is open."""
        self.run_id: str | None = None
        """The run or group that is carried out, once it has begun."""

    @property
    def mark(self) -> str:
        """What stands before each line of a simulated restore."""
        return "(simulated) " if self.session is not None and self.session.simulated else ""

    def take_up(self, run_id: str) -> None:
        """Remember a run that was begun earlier."""
        self.run_id = run_id

    def __call__(self, progress: Progress) -> None:
        """Print a line where a step is new, or a quarter further."""
        if self.run_id is None:
            self.run_id = progress.run_id
            print(f"Run: {progress.run_id} ({self._resume()})", flush=True)
        at = (progress.step, progress.percent // 25)
        if at != self._at.get(progress.run_id):
            self._at[progress.run_id] = at
            print(f"  {self.mark}{progress.message} {progress.percent} %", flush=True)

    @property
    def runs(self) -> list[RestoreRun]:
        """The runs that were begun, as their journals tell them."""
        if self.session is None or self.run_id is None:
            return []
        found = find(self.session, self.run_id, getattr(self._options, "folder", None))
        return list(found.runs) if isinstance(found, GroupRun) else [found]

    @property
    def asked(self) -> bool:
        """Whether the service may have been asked to restore; also where nobody can tell."""
        try:
            return any(run.state not in _UNTOUCHED for run in self.runs)
        except CBRError:
            return True

    def say_what_goes_on(self) -> None:
        """Print one line on what goes on after an interruption, and how to take it up."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C would lose the line
        print(f"cbr-notebook: interrupted. {' '.join(self._standing())}", file=sys.stderr,
              flush=True)  # fmt: skip

    def _standing(self) -> Iterable[str]:
        if self.run_id is None:
            yield "The service was asked to change nothing."
            return
        try:
            runs = self.runs
        except CBRError as problem:
            yield f"How run {self.run_id} stands cannot be read: {problem.message}"
            runs = []
        for run in runs:
            yield run.state_in_words()
            if run.state == run_state.NOT_ASKED:
                yield from _safety_backup(run)
            if run.state == run_state.SUCCESS and run.verification != "verified":
                yield "It is not verified."
        if getattr(self._options, "simulate", False):
            yield "It was simulated, and ends with this command."
            return
        open_ones = [run.confirm_with for run in runs if run.state == run_state.NOT_ASKED]
        yield f"To take it up: {self._resume(open_ones)}"

    def _resume(self, confirm: Iterable[str] = ()) -> str:
        words = ["cbr-notebook", "resume", str(self.run_id)]
        for name in ("profile", "folder"):
            if value := getattr(self._options, name, None):
                words += [f"--{name}", str(value)]
        for name in confirm:
            words += ["--confirm", name]
        return shlex.join(words)


def _safety_backup(run: RestoreRun) -> Iterable[str]:
    """Return what is known of the safety backup of a run whose restore was not asked for."""
    newest = run.journal.last(*(f"safety_backup_{each}" for each in ("intended", "asked", "made")))
    match newest.kind if newest else None:
        case "safety_backup_intended":
            yield "Whether its safety backup was asked for is not known; if so, it goes on."
        case "safety_backup_asked":
            yield "Its safety backup was asked for, and goes on."
        case "safety_backup_made":
            yield "Its safety backup was made, and stays."
