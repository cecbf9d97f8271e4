"""Progress bars for whoever waits without watching otherwise: one a step that takes long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cbr_notebook.runbook.journal.record import Progress, RunRecord
from cbr_notebook.tasks.progress_bar import ProgressBar


class _Bars:
    """Shows the present step's bar."""

    def __init__(self, run: RunRecord) -> None:
        name = run.target["name"]
        self._titles = {
            "safety backup": f"Backing up {name} first",
            "looking for the task": f"Looking for the restore of {name}",
            "restoring": f"Restoring {name}",
        }
        self._step = ""
        self._bar: ProgressBar | None = None

    def __call__(self, progress: Progress) -> None:
        if progress.step == "ended" and self._bar is not None and self._step == "restoring":
            self._bar.show(100)
        if progress.step != self._step:
            self.close()
            self._step = progress.step
            title = self._titles.get(progress.step)
            self._bar = ProgressBar(title) if title else None
        if self._bar is not None:
            self._bar.show(progress.percent)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


@contextmanager
def progress_bars(run: RunRecord) -> Iterator[None]:
    """Show bars while this lasts, unless the run tells its progress to someone else."""
    if run.on_progress is not None:
        yield
        return
    bars = _Bars(run)
    run.on_progress = bars
    try:
        yield
    finally:
        run.on_progress = None
        bars.close()
