"""Several restores under way, carried out side by side by one thread that never waits for two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cbr_notebook.errors import CBRError, Conflict, TaskFailed, WaitTimeout
from cbr_notebook.runbook.journal import run_state
from cbr_notebook.runbook.journal.journal import Entry, Journal
from cbr_notebook.runbook.journal.report import signing_key, write_report
from cbr_notebook.runbook.run.run import RestoreRun
from cbr_notebook.runbook.run.submit import stop, submit_steps
from cbr_notebook.runbook.run.watch import watch
from cbr_notebook.runbook.verify.verification import verify
from cbr_notebook.session import Session
from cbr_notebook.text.dtypes import TEXT

if TYPE_CHECKING:
    import pandas as pd


@dataclass(slots=True)
class _Active:
    """A run under way: what it does next, and when."""

    run: RestoreRun
    steps: Iterator[float]
    due: datetime


class GroupRun:
    """A group of restores under way or past."""

    def __init__(self, session: Session, journal: Journal, runs: Sequence[RestoreRun]) -> None:
        self.session = session
        self.journal = journal
        self.runs = tuple(runs)

    def __repr__(self) -> str:
        states = ", ".join(f"{run.target['name']} {run.state}" for run in self.runs)
        return f"<GroupRun {self.run_id}: {states}>"

    @property
    def run_id(self) -> str:
        """The name of the group, for ``session.resume_restore``."""
        return self.journal.path.stem

    @property
    def state(self) -> str:
        """``success``, ``failed``, or ``running`` while something is left to do."""
        if not all(run.ended for run in self.runs):
            return run_state.RUNNING
        return run_state.SUCCESS if all(map(_well, self.runs)) else run_state.FAILED

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state != run_state.RUNNING

    @property
    def frame(self) -> pd.DataFrame:
        """One row a target: ``target``, ``run_id``, ``state``, ``after`` (text)."""
        import pandas as pd

        rows = [
            (run.target["name"], run.run_id, run.state, ", ".join(self._noted(run)["after"]))
            for run in self.runs
        ]
        return pd.DataFrame(rows, columns=["target", "run_id", "state", "after"], dtype=TEXT)

    def note(self, kind: str, **facts: Any) -> Entry:
        """Write to the group's journal."""
        return self.journal.append(self.session.now, kind, **facts)

    @property
    def problems(self) -> list[str]:
        """Why members did not succeed, in words; empty if all did."""
        return [_why(run) for run in self.runs if not _well(run)]

    def wait(self) -> GroupRun:
        """Wait for all of it.

        Raises:
            TaskFailed: one or more did not succeed; the message says which and why.
        """
        if not self.ended:
            self.carry_out()
        if problems := self.problems:
            raise TaskFailed(
                f"{len(problems)} of {len(self.runs)} restores did not succeed. "
                + " ".join(problems),
                advice="group.frame shows each; group.report(path) has the evidence.",
            )
        return self

    def cancel(self) -> str:
        """Stop what has not begun; what runs cannot be stopped.

        Returns:
            What became of each target, in words: see :meth:`RestoreRun.cancel`.
        """
        said = []
        for run in self.runs:
            run.journal.reload()
            try:
                said.append(run.cancel())
            except Conflict as problem:
                said.append(problem.message)
        return "\n".join(said)

    def report(self, path: str | Path) -> Path:
        """Write the evidence on all of it to one file; see :meth:`RestoreRun.report`."""
        journals = [self.journal, *(run.journal for run in self.runs)]
        return write_report(journals, Path(path), signing_key(self.session))

    def carry_out(self) -> GroupRun:
        """Do all that is left to do.

        Raises:
            WaitTimeout: you interrupted; the restores that run go on.
        """
        try:
            with ExitStack() as held:
                held.enter_context(self.journal.held())
                for run in self.runs:
                    held.enter_context(run.journal.held())
                self._carry_out()
        except KeyboardInterrupt:
            raise WaitTimeout(
                "You stopped waiting; restores that run go on, others are not begun.",
                advice=f"Take it up again: session.resume_restore({self.run_id!r}).",
            ) from None
        return self

    def _carry_out(self) -> None:
        facts = self.journal.entries[0].facts
        waiting = [run for run in self.runs if not _done(run)]
        active: list[_Active] = []
        left = {run.run_id for run in self.runs if run.ended and not _well(run)}
        while waiting or active:
            if left and facts["on_failure"] == "stop":
                unasked = [run for run in waiting if run.state == run_state.NOT_ASKED]
                self._leave_out(unasked, "another restore of the group failed")
                waiting = [run for run in waiting if run not in unasked]
            for run in list(waiting):
                missing = [each for each in self._before(run) if each.run_id in left]
                if missing:
                    waiting.remove(run)
                    names = ", ".join(each.target["name"] for each in missing)
                    self._leave_out([run], f"it comes after {names}, which failed")
                    left.add(run.run_id)
                elif len(active) < facts["parallel"] and all(map(_done_well, self._before(run))):
                    waiting.remove(run)
                    self.note("member_begun", run_id=run.run_id, target=run.target["name"])
                    active.append(_Active(run, _all_steps(run), self.session.now))
            if not active:
                continue
            first = min(active, key=lambda each: each.due)
            pause = (first.due - self.session.now).total_seconds()
            if pause > 0:
                self.session.poller.sleep(pause)
            if not self._advance(first):
                active.remove(first)
                if not _well(first.run):
                    left.add(first.run.run_id)

    def _advance(self, active: _Active) -> bool:
        """Run a run's next step; return whether there are more."""
        run = active.run
        try:
            with run.recording():
                pause = next(active.steps, None)
        except CBRError as problem:
            self.note(
                "member_failed",
                run_id=run.run_id,
                target=run.target["name"],
                reason=problem.message,
                code=problem.code,
                request_id=problem.request_id,
            )
            return False
        if pause is None:
            self.note("member_ended", run_id=run.run_id, target=run.target["name"], well=_well(run))
            return False
        active.due = self.session.now + timedelta(seconds=pause)
        return True

    def _leave_out(self, runs: Sequence[RestoreRun], reason: str) -> None:
        for run in runs:
            if run.state == run_state.NOT_ASKED:
                stop(run, f"Not begun: {reason}.")
            self.note(
                "member_left_out", run_id=run.run_id, target=run.target["name"], reason=reason
            )

    def _noted(self, run: RestoreRun) -> dict[str, Any]:
        """Return what the journal says of a member."""
        members: list[dict[str, Any]] = self.journal.entries[0].facts["members"]
        return next(each for each in members if each["run_id"] == run.run_id)

    def _before(self, run: RestoreRun) -> list[RestoreRun]:
        mine = self._noted(run)
        if "after_ids" in mine:
            return [each for each in self.runs if each.target["id"] in mine["after_ids"]]
        return [each for each in self.runs if each.target["name"] in mine["after"]]


def _all_steps(run: RestoreRun) -> Iterator[float]:
    if not run.ended:
        yield from submit_steps(run, taken_up=run.taken_up)
        yield from watch(run)
    if run.state == run_state.SUCCESS:
        verify(run)


def _done(run: RestoreRun) -> bool:
    """Return whether a run needs no more steps: it ended badly, or well and was verified."""
    return run.ended and (
        run.state != run_state.SUCCESS or run.journal.last("verified") is not None
    )


def _well(run: RestoreRun) -> bool:
    """Return whether a run brought its target back, by the service, and no verification failed."""
    return run.state == run_state.SUCCESS and run.verification != "failed"


def _done_well(run: RestoreRun) -> bool:
    return _done(run) and _well(run)


def _why(run: RestoreRun) -> str:
    if run.error is not None:
        return run.error.message
    if run.state == run_state.SUCCESS:
        return f"{run.title} ended, but its verification found something wrong."
    return f"{run.title} has not ended ({run.state})."
