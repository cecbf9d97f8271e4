"""A restore in the hand: wait for it, cancel what has not begun, verify it, report on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar

from cbr_notebook.errors import (
    CBRError,
    Conflict,
    ContentDiffers,
    NotVerified,
    TargetMissed,
    TaskFailed,
)
from cbr_notebook.runbook.journal import run_state
from cbr_notebook.runbook.journal.evidence import Achieved, Evidence
from cbr_notebook.runbook.journal.record import OnProgress, RunRecord
from cbr_notebook.runbook.journal.report import signing_key, write_report
from cbr_notebook.runbook.plan.checked_plan import CheckedPlan
from cbr_notebook.runbook.run.restore_options import RestoreOptions
from cbr_notebook.runbook.run.safety import SafetyBackup
from cbr_notebook.runbook.run.submit import recall_submission, stop, submit_steps
from cbr_notebook.runbook.run.watch import look, recorded_steps, run_steps, watch
from cbr_notebook.runbook.run.way_back import plan_way_back
from cbr_notebook.runbook.verify.checksum_manifest import Checksum
from cbr_notebook.runbook.verify.contract import RecoveryContract
from cbr_notebook.runbook.verify.verification import Verification, verify
from cbr_notebook.session.operations.approval_required import TWO_PEOPLE
from cbr_notebook.tasks.task import check_timeout
from cbr_notebook.text.card import facts_html


class RestoreRun(RunRecord):
    """One restore under way or past: wait for it, verify it, report on it."""

    carry_out: ClassVar[Callable[..., RestoreRun]]
    """Carries a plan out; set by the module above, which makes runs."""
    taken_up = False
    """Whether another process began it, which has ended since."""

    def __repr__(self) -> str:
        return f"<RestoreRun {self.run_id}: {self.title}, {self.state}>"

    def _repr_html_(self) -> str:
        facts = {
            "Restore": self.title,
            "State": self.state,
            "Run": self.run_id,
            "Begun": f"{self.began_at:%Y-%m-%d %H:%M:%S} UTC",
            "Task": self.task_id or "not known yet",
        }
        return facts_html("", facts.items())

    @property
    def error(self) -> CBRError | None:
        """Why it did not succeed; ``None`` while nothing has gone wrong."""
        entry = self.journal.last("task_ended", "stopped", "given_up")
        if entry is None or self.state == run_state.SUCCESS:
            return None
        facts = entry.facts
        if entry.kind != "task_ended":
            known = "has no known end" if entry.kind == "given_up" else "was not carried out"
            return Conflict(f"{self.title} {known}. {facts['reason']}", code=facts.get("code"))
        return TaskFailed(
            f"{self.title} failed: {(facts['error_message'] or facts['status']).rstrip('.')}.",
            code=facts["error_code"],
            advice="The target may be half written: do not start it before a restore succeeds. "
            "session.failures() says more.",
        )

    @property
    def recovery_time(self) -> Achieved:
        """From the incident until all was well again, against the target ``rto``."""
        return Evidence(self.journal.entries).recovery_time

    @property
    def recovery_point(self) -> Achieved:
        """How much work before the incident was lost, against the target ``rpo``."""
        return Evidence(self.journal.entries).recovery_point

    @property
    def verification(self) -> str:
        """What the verifications come to: see ``Verification.outcome``; ``none`` before any."""
        return Evidence(self.journal.entries).verification

    def refresh(self) -> RestoreRun:
        """Look at the service once, unless it has ended.

        Raises:
            Conflict: another process carries it out; its journal is read anew all the same.

        API: Task, "Querying a Specified Task".
        """
        self.journal.reload()
        if not self.ended and self.state == run_state.RUNNING:
            with self.journal.held(), self.recording():
                look(self)
        return self

    def wait(self, timeout: float | None = None) -> RestoreRun:
        """Wait for the end, with a progress bar unless something else is told of the progress.

        Args:
            timeout: the longest time to wait, in seconds; without limit if left out.

        Returns:
            This run, ended well.

        Raises:
            TaskFailed: the restore failed; the message says why.
            WaitTimeout: the time is over, or you interrupted; the restore goes on.
            Conflict: it was stopped before the service was asked, or something moved.
            InvalidRequest: ``timeout`` is no number of seconds.

        API: Task, "Querying a Specified Task".
        """
        check_timeout(timeout)
        if not self.ended:
            elapsed = self.stopwatch()
            if self.state != run_state.RUNNING:
                run_steps(self, submit_steps(self, taken_up=self.taken_up), timeout, elapsed)
            run_steps(self, watch(self), timeout, elapsed)
        if self.error is not None:
            raise self.error
        return self

    def poll(self) -> Iterator[float]:
        """Poll it to its end look by look, for whoever waits in a way of their own.

        While this is gone through, nobody else carries the run out.

        Yields:
            The seconds until the next look.

        Raises:
            Conflict: another process is at it.
            CBRError: the service has not been answering for half an hour; the run goes on.

        API: Task, "Querying a Specified Task".
        """
        with self.journal.held():
            steps = watch(self)
            if self.state in (run_state.NOT_ASKED, run_state.ASKED):
                steps = chain(submit_steps(self, taken_up=self.taken_up), steps)
            yield from recorded_steps(self, steps)

    def cancel(self) -> str:
        """Stop the restore, if it has not begun.

        One that was running is looked at first: it may have ended since.

        Returns:
            What was stopped, in words.

        Raises:
            Conflict: the service is restoring; it cannot be stopped.

        API: Task, "Querying a Specified Task".
        """
        if self.state == run_state.RUNNING:
            with suppress(CBRError):  # what cannot be seen was running when last seen
                RestoreRun(self.session, self.journal).refresh()
        if self.ended:
            return f"{self.title} has ended already ({self.state}); nothing was stopped."
        if self.state == run_state.RUNNING:
            raise Conflict(
                f"{self.title} was running when last seen, and the service cannot stop a restore.",
                advice="Wait for its end with run.wait(). A server that was stopped midway "
                "would not start; if it must be, restore again afterwards.",
            )
        self.ask_to_stop()
        with ExitStack() as held:
            try:
                held.enter_context(self.journal.held())
            except Conflict:
                self.journal.reload()
                return self._asked_to_stop()
            if self.state == run_state.NOT_ASKED and self.taken_up:
                recall_submission(self)
            if self.state == run_state.NOT_ASKED:
                stop(self, "Cancelled before the service was asked.")
                return f"{self.title} is cancelled; the service was not asked to restore."
            if self.state == run_state.ASKED:
                self.note("given_up", reason="Given up by the user; it is not known whether the "
                          "service carried it out.")  # fmt: skip
                return (
                    f"{self.title} is given up. Whether the service carried it out is not known: "
                    "look at session.tasks()."
                )
        return self.cancel()  # the service has taken it on meanwhile

    def _asked_to_stop(self) -> str:
        """Return what it means that whoever carries this out is asked to stop."""
        if self.state == run_state.NOT_ASKED:
            return (
                f"{self.title} is being prepared elsewhere and stops before the service is "
                "asked, unless that has just happened."
            )
        if self.state == run_state.ASKED:
            return (
                f"{self.title} is being carried out elsewhere, and the service may have taken it "
                "on. It is not asked again."
            )
        return self.cancel()

    def roll_back(
        self,
        confirm: str | None = None,
        *,
        acknowledge: str | Sequence[str] = (),
        safety_backup: SafetyBackup = True,
        on_progress: OnProgress | None = None,
        approval: str | Path | None = None,
        plan: CheckedPlan | None = None,
    ) -> RestoreRun:
        """Restore the safety backup: back to the state before this restore. A run of its own.

        Args:
            confirm: the target's name.
            acknowledge: the names of the checks whose warnings are accepted.
            safety_backup: back up the present state first, once more; ``"partial"``: as for
                :meth:`RestorePlan.execute`.
            on_progress: is told how far it is.
            approval: as of ``plan.execute``, the file of a plan that a second person approved:
                of the safety backup onto the target, by ``session.plan_restore``.
            plan: such a plan, where one was looked at; made anew if left out.

        Returns:
            The run that goes back; its ``wait()`` waits for the end. This run's journal tells
            that it was begun, and once it has succeeded that it was ``rolled_back``.

        Raises:
            InvalidRequest: this run has not ended, or made no safety backup.
            ConfirmationNeeded: ``confirm`` is not the target's name.
            Conflict: a check fails; the message says which.

        API: Backup, "Restoring Data Using a Backup".
        """
        planned = plan_way_back(self, plan)
        if approval == TWO_PEOPLE:
            planned, approval = replace(planned, approval=TWO_PEOPLE), None
        options = RestoreOptions.of(
            self.session.now, acknowledge, safety_backup=safety_backup, approval=approval
        )
        return self.carry_out(planned, confirm, options, self.folder, on_progress, undoes=self)

    def verify(
        self,
        checks: Mapping[str, Callable[[Any], Any]] | Iterable[Callable[[Any], Any]] = (),
        *,
        manifest: str | Path | Mapping[str, Any] | None = None,
        checksum: Checksum | None = None,
        contract: RecoveryContract | None = None,
    ) -> Verification:
        """Look whether the restore did what it should.

        Args:
            checks: functions of the session that return ``True`` or ``False``, or raise an
                exception; nothing (0, an empty list) is a failure, too. Anything else, such as
                a text or a row, or nobody to ask, is ``unknown``.
            manifest: the files that there should be with their checksums, as
                ``session.take_manifest`` gave it at backup time, or the JSON file of it.
            checksum: gives the SHA-256 of a file of the target, by disk and path; on the
                simulated cloud its own disks are read if left out.
            contract: whose probes are looked at (``cbr.recovery_contract(path)``); the one that
                the restore was confirmed with if left out.

        Returns:
            The findings, with those of earlier verifications that failed and have not passed
            since. ``outcome`` is ``verified`` (content was looked at, and all of it matched),
            ``partly`` (not all of it could be looked at), ``failed``, or ``unknown`` (no content
            was looked at, such as without ``checks`` and ``manifest``); true only if verified.

        Raises:
            InvalidRequest: the restore has not ended, or the manifest cannot be read,
                or the contract has no member of the target's name.
        """
        with self.journal.held(), self.recording():
            return verify(self, checks, manifest=manifest, checksum=checksum, contract=contract)

    def ensure_proven(self) -> None:
        """Raise what keeps the restore from being proven, if anything does.

        Raises:
            ContentDiffers: a verification failed.
            NotVerified: the content was not looked at, or not all of it.
            TargetMissed: a target is set, and was missed or cannot be told.
        """
        if self.verification == "failed":
            raise ContentDiffers(
                f"{self.title}: restored, but not as it should be.",
                advice="Read in the report what failed, before anybody uses it.",
            )
        if self.verification != "verified":
            raise NotVerified(
                f"{self.title}: restored, but not verified: its content was not looked at as a "
                "whole.",
                advice="Compare it with a manifest, or by checks of your own.",
            )
        for name, achieved in self._achieved().items():
            if achieved.target is not None and not achieved.met:
                raise TargetMissed(
                    f"{self.title}: restored and verified, but a target was missed. "
                    f"{name}: {achieved}.",
                    advice="Recovery time: make backups smaller or restore by disk. Recovery "
                    "point: let the policy run more often.",
                )

    def _achieved(self) -> dict[str, Achieved]:
        return {"Recovery time": self.recovery_time, "Recovery point": self.recovery_point}

    def report(self, path: str | Path) -> Path:
        """Write the evidence to a file that stands alone, signed with the key of who writes it.

        Args:
            path: ends in ``.html``, ``.md`` or ``.json``.

        Returns:
            The path. ``cbr.verify_report(path)`` says whether the file was edited since, and
            who signed it; that of a simulated cloud is signed with a key that everybody has.

        Raises:
            InvalidRequest: another suffix, or the signing key cannot be read.
        """
        return write_report([self.journal], Path(path), signing_key(self.session))
