"""Watching a restore: how far it is, how it ends, and the way on when watching breaks off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from cbr_notebook.errors import CBRError, Conflict
from cbr_notebook.forms import run_view
from cbr_notebook.forms.kit import field, markup
from cbr_notebook.forms.kit.field import Field
from cbr_notebook.forms.kit.steps import Steps
from cbr_notebook.forms.kit.worker import Worker
from cbr_notebook.forms.planning import Planning
from cbr_notebook.runbook.journal.record import Progress
from cbr_notebook.runbook.run.submit import Stopped

if TYPE_CHECKING:
    import pandas as pd

    from cbr_notebook.runbook.run.run import RestoreRun

SERVER, BACKUP, CHECK, CONFIRM, WATCH = range(5)
"""The steps of the form, by their number."""
_OPEN = ("not asked", "asked", "running")


class Watching(Planning):
    """The part of a form that watches a restore, takes it up again, and gives the evidence."""

    _steps: Steps
    _unfinished: pd.DataFrame

    def _build(self) -> Sequence[Field]:
        self._run_id: str | None = None
        """Of the restore that is watched, or was last."""
        self._title = ""
        self._with_safety = self._cancelling = False
        self._progress: Progress | None = None
        self._pending = self._region(name="pending", live="status")
        self._course = self._region(name="progress", look="cbr-bars")
        self._told = self._region(name="told", live="status")
        """What the present step is: unlike the bars, it changes only with the step."""
        self._again_name = field.text("again_name", "Name of what goes on", hidden=True)
        return super()._build()

    def _load(self) -> None:
        self._show_pending()
        super()._load()

    # -- the course -------------------------------------------------------------------------------

    def _begin_to_watch(self, title: str, *, safety_backup: bool) -> None:
        """Go to the last step, from which there is no way back while the restore runs."""
        self._title, self._with_safety, self._cancelling = title, safety_backup, False
        self._tell_course(None)
        self._steps.lock(WATCH)

    def _let_go(self, step: int) -> None:
        """Open the way back, because nothing runs."""
        self._steps.unlock(step)
        self._guarded(self._show_pending)

    def _tell_course(self, progress: Progress | None) -> None:
        self._progress = progress
        if progress is not None:
            self._run_id = progress.run_id
            self._with_safety = self._with_safety or progress.step == run_view.FIRST_STEP
        self._draw_course()

    def _draw_course(self) -> None:
        with self._drawing:
            self._course.html = run_view.under_way(
                self._title,
                self._progress,
                safety_backup=self._with_safety,
                cancelling=self._cancelling,
            )
            self._told.html = run_view.told(self._progress, cancelling=self._cancelling)

    def _follow(self, result: RestoreRun, work: Worker | None) -> None:
        """Watch the run to its end, verify it, and offer the evidence."""
        self._run_id, self._title = result.run_id, result.title
        if result.state == "running":
            # So it is, also if the service cannot be asked how far.
            self._tell_course(
                Progress(result.run_id, "restoring", 0, f"{result.title}: it is running.")
            )
        if work is None:
            try:
                result.wait()
            except CBRError:
                if not result.ended:
                    raise
        else:
            self._said.html = markup.button("stop", "Stop watching")
            for pause in result.looks():
                if not work.pause(self.session, pause):
                    self._said.html = run_view.unwatched(result.run_id, result.task_id)
                    return
        self._show_pending()
        self._verify(result)
        if result.error is not None:
            raise result.error

    def _verify(self, run: RestoreRun) -> None:
        """Verify what was restored; what can be done next is offered once that has ended."""
        found = None
        self._said.html = run_view.ended(run, None, verifying=True)
        try:
            if run.state in ("success", "failed"):
                found = run.verify(manifest=self._fields["manifest"].value or None)
        finally:
            self._said.html = run_view.ended(run, found)

    def _tell(self, problem: BaseException) -> None:
        try:
            state = self._state()
        except Exception as unread:
            self._wrong.html = markup.error_card(
                problem, f"{self._title}: nobody knows how far it is"
            ) + markup.error_card(unread, "The record of the restore cannot be read")
            return
        if isinstance(problem, Stopped):
            self._said.html = run_view.cancelled(problem, self._run_id)
            self._steps.focus_rail()
        elif state in _OPEN and isinstance(problem, CBRError):
            # Whoever could stop watching before has nothing to stop any more.
            self._said.html = ""
            self._wrong.html = run_view.broken_off(problem, str(self._run_id), state)
        elif state is not None and self.result is not None:
            title = f"{self._title}: done, but verifying failed"
            failed = self.result.error is not None
            self._wrong.html = markup.error_card(problem, self._title if failed else title)
        else:
            super()._tell(problem)

    def _tell_out_of_sight(self, problem: Exception) -> None:
        self._tell(problem)

    def _state(self) -> str | None:
        """Give how far the run is that this form began or took up; ``None`` if it did not."""
        if self._run_id is None:
            return None
        found = self.session.restores()
        mine = found[found["run_id"] == self._run_id]
        return None if mine.empty else str(mine.iloc[0]["state"])

    # -- runs of before ---------------------------------------------------------------------------

    def _show_pending(self) -> None:
        """Offer the restores that have not ended first."""
        found = self.session.restores()
        mine = self.result.run_id if self.result is not None else None
        found = found[found["state"].isin(_OPEN) & (found["run_id"] != mine)]
        self._unfinished = found.set_index("run_id")
        self._pending.html = run_view.unfinished(found)
        asks = found[found["state"] != "running"]
        self._again_name.hidden = asks.empty
        self._again_name.required = not asks.empty

    def _take_up(self, run_id: str) -> None:
        """Go on with a run that this form or another one has begun."""
        name, title = self._again_name.value.strip(), self._title
        if run_id in self._unfinished.index:
            row = self._unfinished.loc[run_id]
            title = f"Restore {row['target_name']} from {row['backup_name']}"
            if run_id == self._run_id:
                name = name or self._fields["confirm"].value  # for it, this was typed just now
            if row["state"] != "running" and name != row["target_name"]:
                self._again_name.problem = f"Type {row['target_name']} to go on with it."
                self._again_name.focus()
                return
        self._again_name.problem = ""
        if not self._begin():
            return

        def resume(work: Worker) -> None:
            def step() -> None:
                mine = self.result is not None and self.result.run_id == run_id
                self._run_id = run_id
                self._begin_to_watch(title, safety_backup=False)
                try:
                    self.result = self.session.resume_restore(
                        run_id, confirm=name or None, on_progress=self._tell_course
                    )
                except BaseException:
                    if not mine:
                        self._let_go(SERVER)
                    raise
                self._show_pending()
                self._see_through(work)

            self._carry_out(step)

        self._go(resume)

    def _beside(self, label: str, step: Callable[[], None]) -> None:
        """Take a step beside the main thread, unless the form is at something already."""
        if self._begin():
            self._button.label = label
            self._go(lambda _: self._carry_out(step))
            self._steps.focus_rail()  # the button that was pressed is gone

    def _give_up(self, run_id: str) -> None:
        """Cancel a run that nobody carries out."""
        try:
            said = self.session.cancel_restore(run_id)
            self._said.html = markup.card("Cancelled", tone="good", text=said)
        except CBRError as problem:
            self.error = problem
            self._wrong.html = markup.error_card(problem, "It could not be cancelled")
        self._guarded(self._show_pending)

    def _cancel(self, run_id: str) -> None:
        """Let a run stop before it overwrites anything; whoever carries it out ends it."""
        self._cancelling = True
        self._draw_course()
        try:
            self.session.cancel_restore(run_id)
        except Exception as problem:
            self._cancelling = False
            self._draw_course()
            late = isinstance(problem, Conflict)
            self._wrong.html = markup.error_card(
                problem, "Too late to cancel" if late else "It could not be cancelled"
            )

    def again(self) -> None:
        """Begin with another restore."""
        self._pending.html = self._course.html = self._told.html = ""
        self.result = self._run_id = self._progress = None
        self._steps.unlock(SERVER)
        super().again()
        self._reload()

    def _act_on(self, act: str, of: str) -> None:
        if act == "stop":
            self.stop()
        elif act == "take_up":
            self._take_up(of)
            if self._busy:
                self._steps.focus_rail()  # the button that was pressed is gone
        elif act == "cancel_now":
            self._cancel(of)
        elif act == "cancel_run":
            self._beside("Cancelling…", lambda: self._give_up(of))
        elif act == "verify":
            if (run := self.result) is not None:
                self._beside("Verifying…", lambda: self._verify(run))
        elif act == "report":
            self._hand_report(of)
        elif act == "again":
            if not self._busy:
                self.again()
                self._steps.focus_rail()
        else:
            super()._act_on(act, of)

    def _hand_report(self, suffix: str) -> None:
        """Give the report to the browser, which saves it; it is in no saved notebook."""
        with TemporaryDirectory() as folder:
            path: Path = self.result.report(Path(folder) / f"{self.result.run_id}.{suffix}")
            self._said.send_file(path.name, path.read_text(encoding="utf-8"))
