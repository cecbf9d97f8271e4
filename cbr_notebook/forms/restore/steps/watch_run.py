"""The last step: how far the restore is, how it ended, what was verified, and the evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import ipywidgets as widgets

from cbr_notebook.errors import CBRError, Conflict
from cbr_notebook.forms.kit import markup
from cbr_notebook.forms.kit.field import Field
from cbr_notebook.forms.kit.form import Form
from cbr_notebook.forms.kit.threads.worker import Worker
from cbr_notebook.forms.restore import run_view
from cbr_notebook.forms.restore.pending_runs import PendingRuns
from cbr_notebook.forms.restore.plan_view import in_form
from cbr_notebook.forms.restore.rail import Steps
from cbr_notebook.forms.restore.steps.step import SERVER, WATCH, Step
from cbr_notebook.forms.restore.way_back import WayBack
from cbr_notebook.runbook.journal import run_state
from cbr_notebook.runbook.journal.record import Progress
from cbr_notebook.runbook.run.submit import Stopped

if TYPE_CHECKING:
    from cbr_notebook.runbook.run.run import RestoreRun
    from cbr_notebook.runbook.verify.verification import Verification


class WatchRun(Step):
    """Watches a restore to its end, verifies it, and says how to go on when it breaks off."""

    title = "Watch and verify"
    steps: Steps
    """The rail; set once it is there."""

    def __init__(self, form: Form, pending: PendingRuns) -> None:
        super().__init__(form)
        self._pending = pending
        pending.take_up = self._take_up

    def build(self) -> Sequence[Field]:
        """Create the panels."""
        self.run_id: str | None = None
        """Of the restore that is watched, or was last."""
        self._run_title = ""
        self._with_safety = self._cancelling = self._rolled_back = False
        self._failed = ""
        """How the run came to a bad end, in a word, if it did."""
        self._found: Verification | None = None
        """What the newest verification of the run found."""
        self._progress: Progress | None = None
        self._before_end: Progress | None = None
        """How far the run was before it ended."""
        self._bars = self.form.panel("progress", look="cbr-bars")
        self._told = self.form.panel("told", saved=True, live="status")
        """What the present step is: unlike the bars, it changes only with the step."""
        return ()

    def widgets(self) -> Sequence[widgets.Widget]:
        """List the panels."""
        return self._bars, self._told

    # -- the course --------------------------------------------------------------------------------

    def begin(self, title: str, *, safety_backup: bool) -> None:
        """Open this step, from which there is no way back while the restore runs."""
        self._run_title, self._with_safety, self._cancelling = title, safety_backup, False
        self._failed, self._rolled_back, self._before_end = "", False, None
        self._found = None
        self.tell(None)
        self.steps.set_chosen(WATCH, "")
        self.steps.lock(WATCH)

    def let_go(self, step: int) -> None:
        """Open the way back, because nothing runs."""
        self.steps.unlock(step)
        self.form.guarded(self._pending.show)

    def tell(self, progress: Progress | None) -> None:
        """Show how far the run is."""
        self._progress = progress
        if progress is not None:
            if progress.step != "ended":
                self._before_end = progress
            self.run_id = progress.run_id
            self._with_safety = self._with_safety or progress.step == run_view.FIRST_STEP
        self._draw_course()

    def follow(self, run: RestoreRun, worker: Worker | None) -> None:
        """Watch the run to its end, verify it, and offer the evidence."""
        self.run_id, self._run_title = run.run_id, run.title
        if run.state == run_state.RUNNING:
            # So it is, also if the service cannot be asked how far.
            self.tell(Progress(run.run_id, "restoring", 0, f"{run.title}: it is running."))
        if worker is None:
            try:
                run.wait()
            except CBRError:
                if not run.ended:
                    raise
        else:
            self.form.panels.result.html = markup.button("stop", "Stop watching")
            for pause in run.poll():
                if not worker.pause(self.session, pause):
                    said = run_view.unwatched(run.run_id, run.task_id)
                    self.form.panels.result.html = said
                    return
        self._pending.show()
        self._end(run)
        self._verify(run)
        if run.error is not None:
            raise run.error

    def failed(self, problem: BaseException) -> bool:
        """Say what went wrong and how the restore stands; return whether it was said."""
        panels = self.form.panels
        try:
            state = self._state()
        except Exception as unread:
            self._tell_trouble(problem, f"{self._run_title}: nobody knows how far it is")
            record = "The record of the restore cannot be read"
            panels.error.html += markup.error_card(unread, record, in_form=in_form)
            return True
        if state in (run_state.FAILED, run_state.STOPPED) and self._progress is not None:
            self._failed = "cancelled" if isinstance(problem, Stopped) else "failed"
            self._draw_course()
        if isinstance(problem, Stopped):
            panels.result.html = run_view.cancelled(problem, self.run_id)
            self.steps.focus_rail()
        elif state in run_state.UNFINISHED and isinstance(problem, CBRError):
            # Whoever could stop watching before has nothing to stop any more.
            panels.result.html = ""
            run_id = str(self.run_id)
            self._pending.tell_below(run_id, run_view.broken_off(problem, run_id, str(state)))
        elif state is not None and self.form.result is not None:
            title = f"{self._run_title}: done, but verifying failed"
            failed = self.form.result.error is not None
            self._tell_trouble(problem, self._run_title if failed else title)
        else:
            return False
        return True

    def clear(self) -> None:
        """Begin with another restore."""
        self._pending.clear()
        self._bars.html = self._told.html = ""
        self.form.result = self.run_id = self._progress = None
        self.steps.unlock(SERVER)

    def handle(self, act: str, of: str) -> bool:
        """Handle what can be done with a run."""
        run: RestoreRun | None = self.form.result
        if act == "cancel_now":
            self._cancel(of)
        elif act == "cancel_run":
            self._beside("Cancelling…", lambda: self._give_up(of))
        elif act == "verify" and run is not None:
            self._beside("Verifying…", lambda: self._verify(run))
        elif act == "report" and run is not None:
            self._send_report(run, of)
        elif act == "way_back" and run is not None:
            back = WayBack(run, lambda: self.form.guarded(lambda: self._went_back(run)))
            self.form.open_below("restore", roll_back=back)
        else:
            return False
        return True

    # -- how it works ------------------------------------------------------------------------------

    def _tell_trouble(self, problem: BaseException, title: str) -> None:
        self.form.panels.error.html = markup.error_card(problem, title, in_form=in_form)

    def _end(self, run: RestoreRun) -> None:
        """Show how the run has ended, in each of its steps and in the rail."""
        self._failed = "failed" if run.error is not None else ""
        if self._failed:
            self.steps.set_chosen(WATCH, f"Failed: {run.title}")
        self._draw_course()

    def _went_back(self, run: RestoreRun) -> None:
        """Show that another run went back on this one, if it did."""
        if run is not self.form.result or self.form.busy:
            return
        run.journal.reload()
        self._rolled_back = run.journal.last("rolled_back") is not None
        if self._rolled_back:
            self.steps.set_chosen(WATCH, f"Rolled back: {run.title}")
            self.form.panels.error.html = ""  # it says of the target what is so no more
        self._draw_course()
        self.form.panels.result.html = run_view.ended(run, self._found)

    def _draw_course(self) -> None:
        with self.form.machine.lock:
            self._bars.html = run_view.under_way(
                self._run_title,
                self._before_end if self._failed else self._progress,
                failed=self._failed,
                safety_backup=self._with_safety,
                cancelling=self._cancelling,
                rolled_back=self._rolled_back,
            )
            self._told.html = run_view.told(self._progress, cancelling=self._cancelling)

    def _verify(self, run: RestoreRun) -> None:
        """Verify what was restored; what can be done next is offered once that has ended."""
        found, panel = None, self.form.panels.result
        panel.html = run_view.ended(run, None, verifying=True)
        try:
            if run.state in run_state.CARRIED_OUT:
                found = run.verify(manifest=self.form.fields["manifest"].value or None)
        finally:
            self._found = found
            panel.html = run_view.ended(run, found)

    def _state(self) -> str | None:
        """Return how far the run is that this form began or took up; ``None`` if it did not."""
        if self.run_id is None:
            return None
        return self._state_of(self.run_id)

    def _state_of(self, run_id: str) -> str | None:
        found = self.session.restores()
        mine = found[found["run_id"] == run_id]["state"]
        return None if mine.empty else str(mine.iloc[0])

    def _take_up(self, run_id: str, title: str | None, name: str) -> None:
        """Resume a run that this form or another one has begun.

        Args:
            run_id: of the run.
            title: what it does, if that is known.
            name: of the target, as somebody has typed it.
        """

        def resume(worker: Worker) -> None:
            mine = self.form.result is not None and self.form.result.run_id == run_id
            self.run_id = run_id
            self.begin(title or self._run_title, safety_backup=False)
            try:
                self.form.result = self.session.resume_restore(
                    run_id, confirm=name or None, on_progress=self.tell
                )
            except BaseException:
                if not mine:
                    self.let_go(SERVER)
                raise
            self._pending.show()
            self.form.watch_result(worker)

        if self.form.run(resume):
            self.steps.focus_rail()  # the button that was pressed is gone

    def _beside(self, label: str, step: Callable[[], None]) -> None:
        """Run a step beside the main thread, unless the form is busy."""
        if self.form.run(lambda _: step(), label=label):
            self.steps.focus_rail()  # the button that was pressed is gone

    def _give_up(self, run_id: str) -> None:
        """Cancel a run that nobody carries out."""
        try:
            said = self.session.cancel_restore(run_id)
            self.form.panels.result.html = run_view.given_up(said, self._state_of(run_id))
        except CBRError as problem:
            self.form.error = problem
            self._tell_trouble(problem, "It could not be cancelled")
        self.form.guarded(self._pending.show)

    def _cancel(self, run_id: str) -> None:
        """Ask a run to stop before it overwrites anything; whoever carries it out ends it."""
        self._cancelling = True
        self._draw_course()
        try:
            self.session.cancel_restore(run_id)
        except Exception as problem:
            self._cancelling = False
            self._draw_course()
            late = isinstance(problem, Conflict)
            title = "Too late to cancel" if late else "It could not be cancelled"
            self._tell_trouble(problem, title)

    def _send_report(self, run: RestoreRun, suffix: str) -> None:
        """Send the report to the browser, which saves it; it is in no saved notebook."""
        with TemporaryDirectory() as folder:
            path: Path = run.report(Path(folder) / f"{run.run_id}.{suffix}")
            self.form.panels.result.send_file(path.name, path.read_text(encoding="utf-8"))
