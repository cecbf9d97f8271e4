"""Watching a restore to its end, cheaply, through whatever trouble the way there has."""

from __future__ import annotations

from collections.abc import Iterator

from cbr_notebook.api.records import TaskRecord
from cbr_notebook.errors import CBRError, WaitTimeout
from cbr_notebook.runbook.journal.record import RunRecord
from cbr_notebook.runbook.run.bars import progress_bars
from cbr_notebook.runbook.run.outcomes import is_transient
from cbr_notebook.runbook.run.submit import LOOKUP_TIMEOUT_S, submit_steps
from cbr_notebook.tasks.poller import pause_after

MAX_OUTAGE_S = 1800.0
"""Seconds of unbroken trouble after which watching is given up; the run goes on."""
_ENDED = ("success", "failed", "skipped", "timeout")


def watch(run: RunRecord) -> Iterator[float]:
    """Wait for the end of a restore; yields the seconds until the next look.

    Looks grow rarer the longer the restore lasts, also when another process began it. A look
    that fails is made again; only long trouble is passed on.

    Raises:
        CBRError: the service has not been answering for half an hour.
    """
    elapsed = run.stopwatch(run.intended)
    trouble_since: float | None = None
    while not run.ended:
        try:
            look(run)
            trouble_since = None
        except CBRError as problem:
            if not is_transient(problem):
                raise
            if trouble_since is None:
                run.note("trouble", message=problem.message, request_id=problem.request_id)
                trouble_since = elapsed()
            if elapsed() - trouble_since >= MAX_OUTAGE_S:
                raise
        if not run.ended:
            if run.task_id is None and elapsed() > LOOKUP_TIMEOUT_S + MAX_OUTAGE_S:
                raise WaitTimeout(
                    f"The service has taken {run.title} on, but its task does not appear.",
                    advice=f"Look at {run.target['name']} itself, and again later: "
                    f"session.resume_restore({run.run_id!r}).",
                )
            yield pause_after(elapsed())


def look(run: RunRecord) -> None:
    """Look at the run's task once, and note its end; or look for the task."""
    if run.task_id is None:
        # Taken on, but not in the list in good time: one look at the list.
        for _ in submit_steps(run):
            return
        if run.task_id is None:
            return
    task = run.session.client.tasks.show(str(run.task_id))
    status = task.status or ""
    if status not in _ENDED:
        run.report_progress("restoring", _percent(task), f"{run.title}: {status or 'running'}.")
        return
    error = task.error_info
    run.note(
        "task_ended",
        status=status,
        task_id=task.id,
        created_at=task.created_at,
        started_at=task.started_at,
        ended_at=task.ended_at,
        error_code=(error.code if error else None) or None,
        error_message=(error.message if error else None) or None,
    )
    run.report_progress("ended", 100, f"{run.title}: {status}.")


def run_steps(run: RunRecord, steps: Iterator[float], timeout: float | None = None) -> None:
    """Carry out steps, waiting between them as long as they ask for.

    Raises:
        WaitTimeout: the time is over, or the user interrupted; the run goes on.
        CBRError: as the steps.
    """
    elapsed = run.stopwatch()
    try:
        with run.journal.held(), progress_bars(run):
            while True:
                with run.recording():
                    pause = next(steps, None)
                if pause is None:
                    return
                if timeout is not None:
                    left = timeout - elapsed()
                    if left <= 0:
                        raise _still_running(run, f"has not ended in {timeout:g} s")
                    pause = min(pause, left)
                run.session.poller.sleep(pause)
    except KeyboardInterrupt:
        raise _still_running(run, "goes on; you stopped waiting") from None


def _still_running(run: RunRecord, what: str) -> CBRError:
    return WaitTimeout(
        f"{run.title} {what}.",
        advice=f"Nothing is lost. Take it up again: session.resume_restore({run.run_id!r}).",
    )


def _percent(task: TaskRecord) -> int:
    common = task.extra_info.common if task.extra_info else None
    return (common.progress if common else 0) or 0
