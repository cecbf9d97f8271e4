"""Watching a restore to its end, cheaply, through whatever trouble the way there has."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator

from cbr_notebook.api.messages.records import TaskRecord
from cbr_notebook.api.messages.statuses import ENDED, TASK_RUNNING
from cbr_notebook.errors import CBRError, JournalFailed, NotFound, WaitTimeout
from cbr_notebook.runbook.journal.record import RunRecord
from cbr_notebook.runbook.run.bars import progress_bars
from cbr_notebook.runbook.run.outcomes import OutageTolerance
from cbr_notebook.runbook.run.restore_task import LOOKUP_TIMEOUT_S, MAX_PAUSE_S, find_task
from cbr_notebook.runbook.run.way_back import note_way_back
from cbr_notebook.tasks.poller import MAX_OUTAGE_S


def watch(run: RunRecord) -> Iterator[float]:
    """Wait for the end of a restore; yields the seconds until the next look.

    Looks grow rarer the longer the restore lasts, also when another process began it, but are
    never more than a minute apart. A look that fails is made again; only long trouble is
    passed on.

    Raises:
        ConnectionFailed: the service has not been answering for half an hour.
        WaitTimeout: the service took the restore on, but does not show its task.
    """
    elapsed = run.stopwatch(run.intended)
    tolerance = OutageTolerance(run, elapsed)

    def look_through(within: float) -> bool | None:
        try:
            look(run, within)
            tolerance.answered()
        except CBRError as problem:
            tolerance.failed(problem)
        if run.ended:
            return True
        if run.task_id is None and elapsed() > LOOKUP_TIMEOUT_S + MAX_OUTAGE_S:
            raise WaitTimeout(
                f"The service has taken {run.title} on, but its task does not appear.",
                advice=f"Look at {run.target['name']} itself, and again later: "
                f"session.resume_restore({run.run_id!r}).",
            )
        return None

    if not run.ended:
        yield from run.session.poller.poll(look_through, elapsed, longest=MAX_PAUSE_S)


def look(run: RunRecord, within: float = 0.0) -> None:
    """Look at the run's task once, and note its end; or look for the task.

    Args:
        run: whose task.
        within: how old, in seconds, what somebody else has seen of it may be.

    Raises:
        JournalFailed: the task that the journal names is not a restore of the target.
        CBRError: the service cannot be asked.
    """
    if run.task_id is None:
        # Taken on, but not in the list in good time: one look at the list.
        found = find_task(run)
        if found is None:
            return
        run.note("task_found", task_id=found.task.id, how=found.how)
    try:
        task = _task(run, str(run.task_id), within)
    except NotFound:
        found = find_task(run)  # where the ID in the answer is not that of the task
        if found is None or found.task.id == run.task_id:
            raise
        run.note("task_found", task_id=found.task.id, how=found.how)
        task = found.task
    _refuse_strange_task(run, task)
    status = task.status or ""
    if status not in ENDED:
        run.report_progress("restoring", _percent(task), f"{run.title}: {status or TASK_RUNNING}.")
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
    note_way_back(run)
    run.report_progress("ended", 100, f"{run.title}: {status}.")


def _task(run: RunRecord, task_id: str, within: float) -> TaskRecord:
    """Return a task, as somebody has just seen it or as the service shows it now."""
    session = run.session
    known = (task_id,) if within else ()
    return session.poller.tasks(known, lambda: (session.client.tasks.show(task_id),), within)[0]


def _refuse_strange_task(run: RunRecord, task: TaskRecord) -> None:
    """Refuse a task of something else, such as one that a journal was made to name."""
    info = task.extra_info
    target = info.resource.id if info and info.resource else None
    kind = task.operation_type
    if kind not in (None, "", "restore") or target not in (None, "", run.target["id"]):
        raise JournalFailed(
            f"The task {task.id} that the journal names is not a restore of {run.target['name']}.",
            advice="The journal was edited: look at session.tasks() and at the target itself.",
        )


def recorded_steps(run: RunRecord, steps: Iterator[float]) -> Generator[float, None, None]:
    """Carry out steps with their requests in the journal; yields the pauses between them."""
    while True:
        with run.recording():
            pause = next(steps, None)
        if pause is None:
            return
        yield pause


def run_steps(
    run: RunRecord,
    steps: Iterator[float],
    timeout: float | None = None,
    elapsed: Callable[[], float] | None = None,
) -> None:
    """Carry out steps, waiting between them as long as they ask for.

    Args:
        run: whose steps.
        steps: yield the seconds to wait.
        timeout: the longest time to wait, in seconds.
        elapsed: tells the seconds waited already; counted from now if left out.

    Raises:
        WaitTimeout: the time is over, or the user interrupted; the run goes on.
        CBRError: as the steps.
    """
    elapsed = elapsed or run.stopwatch()
    try:
        with run.journal.held(), progress_bars(run):
            for pause in recorded_steps(run, steps):
                if timeout is not None:
                    left = timeout - elapsed()
                    if left <= 0:
                        raise _still_running(run, f"{run.title} has not ended in {timeout:g} s")
                    pause = min(pause, left)
                run.session.poller.sleep(pause)
    except JournalFailed as problem:
        if run.state_in_words() in problem.message:
            raise
        raise JournalFailed(
            f"{problem.message} {run.state_in_words()}", advice=problem.advice
        ) from None
    except KeyboardInterrupt:
        raise _still_running(run, "You stopped waiting") from None


def _still_running(run: RunRecord, why: str) -> CBRError:
    return WaitTimeout(
        f"{why}. {run.state_in_words()}",
        advice=f"Take it up again: session.resume_restore({run.run_id!r}).",
    )


def _percent(task: TaskRecord) -> int:
    common = task.extra_info.common if task.extra_info else None
    return (common.progress if common else 0) or 0
