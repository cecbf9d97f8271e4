"""Finding the task of a restore: by its ID, its request's ID, or as the only new one.

Never by time: the service's clock is not ours, and two restores may begin in one second.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass

from cbr_notebook.api.messages.records import TaskRecord
from cbr_notebook.errors import CBRError, NotFound
from cbr_notebook.runbook.journal import ledger, run_state
from cbr_notebook.runbook.journal.record import RunRecord
from cbr_notebook.runbook.run.outcomes import OutageTolerance
from cbr_notebook.session import Session

LOOKUP_TIMEOUT_S = 600.0
"""Seconds to look for the task of a restore before saying that nobody knows."""

TRUST_LIST_AFTER_S = 3600.0
"""Seconds after which a list without the task is trusted, if nothing else speaks against it."""

MAX_PAUSE_S = 60.0
"""The longest pause between two looks, in seconds."""

_ENOUGH = 100
"""New tasks come first in the list, so that older ones than these need not be known."""


@dataclass(frozen=True, slots=True)
class Found:
    """A task, and how it was recognised."""

    task: TaskRecord
    how: str


def restores_of(session: Session, resource_id: str) -> Sequence[TaskRecord]:
    """Return the newest restores of a server, disk or file system, newest first."""
    page = session.client.tasks.list(
        operation_type="restore", resource_id=resource_id, limit=_ENOUGH
    )
    return page.operation_logs


def recognise(
    tasks: Sequence[TaskRecord],
    *,
    known: Collection[str],
    backup_id: str,
    job_id: str | None = None,
    request_id: str | None = None,
) -> Found | None:
    """Return the task that a request caused.

    Args:
        tasks: the restores of the target, newest first.
        known: the IDs of those that there were before the request.
        backup_id: the backup that was asked for.
        job_id: the ID in the answer, if it was heard and held one.
        request_id: the ID of the request, if its answer was heard.
    """
    for task in tasks:
        if job_id is not None and task.id == job_id:
            return Found(task, "by the ID in the answer")
        asked_by = _request_id(task)
        if request_id and asked_by and request_id in asked_by:
            return Found(task, "by the ID of the request")
    fresh = [
        task for task in tasks if task.id not in known and _backup_id(task) in (None, backup_id)
    ]
    if not fresh:
        return None
    # A target has one restore at a time, so the first new one is the one that was let in.
    how = "as the only new one" if len(fresh) == 1 else f"as the first of {len(fresh)} new ones"
    return Found(fresh[-1], how)


def _backup_id(task: TaskRecord) -> str | None:
    restore = task.extra_info.restore if task.extra_info else None
    return (restore.backup_id or None) if restore else None


def _request_id(task: TaskRecord) -> str | None:
    common = task.extra_info.common if task.extra_info else None
    return common.request_id if common else None


def look_for_task(run: RunRecord, limit_s: float) -> Generator[float, None, bool]:
    """Find the run's task, and note it; yields the seconds until the next look.

    Args:
        run: a run that has asked for its restore.
        limit_s: seconds after the request to look on for.

    Returns:
        Whether it was found in time.

    Raises:
        ConnectionFailed: the service has not been answering for half an hour.
    """
    intended = run.intended
    assert intended is not None
    elapsed = run.stopwatch(intended)
    tolerance = OutageTolerance(run, elapsed)

    def look(_: float) -> bool | None:
        # The list is always asked: what was seen before the request would not show its task.
        found = None
        try:
            found = find_task(run)
            tolerance.answered()
        except CBRError as problem:
            tolerance.failed(problem)
            if run.state == run_state.RUNNING:
                return False  # taken on: whoever watches it goes on looking
        if found is not None:
            run.note("task_found", task_id=found.task.id, how=found.how)
            return True
        if not tolerance.silent and elapsed() >= limit_s:
            return False
        run.report_progress(
            "looking for the task",
            min(99, int(100 * elapsed() / limit_s)),
            "Looking for the restore in the service's task list.",
        )
        return None

    return (yield from run.session.poller.poll(look, elapsed, longest=MAX_PAUSE_S))


def find_task(run: RunRecord) -> Found | None:
    """Look for the run's task once: by its ID where that was heard, else in the list."""
    assert run.intended is not None
    known = run.intended.facts["known"]
    job_id, request_id = answer_of(run)
    if job_id is not None:
        try:
            return Found(run.session.client.tasks.show(job_id), "by the ID in the answer")
        except NotFound:
            pass  # the service may be late to show it
    return recognise(
        restores_of(run.session, run.target["id"]),
        known={*known, *tasks_of_other_runs(run)},
        backup_id=run.backup["id"],
        job_id=job_id,
        request_id=request_id,
    )


def answer_of(run: RunRecord) -> tuple[str | None, str | None]:
    """Return the job's and the request's ID, as far as the answer was heard."""
    job_id = request_id = None
    for entry in run.journal.entries:
        if entry.kind == "restore_intended":
            job_id = request_id = None
        elif entry.kind == "restore_answered":
            job_id = entry.facts["job_id"]
        elif entry.kind == "request" and _is_answered_restore(entry.facts):
            request_id = entry.facts["request_id"]
    return job_id, request_id


def tasks_of_other_runs(run: RunRecord) -> set[str]:
    """Return the tasks of all other runs in the folder, which a list that lags may not show."""
    known = set()
    for journal in ledger.readable(run.folder, but=run.journal.path):
        if _is_copy(journal.entries[0].facts, run):
            continue
        for entry in journal.entries:
            if entry.kind == "task_found":
                known.add(str(entry.facts["task_id"]))
            elif entry.kind == "restore_answered" and entry.facts["job_id"]:
                known.add(str(entry.facts["job_id"]))
    return known


def _is_copy(begun: dict[str, object], run: RunRecord) -> bool:
    """Return whether a journal is a copy of the run's own, under another name."""
    return begun.get("run_id") == run.begun.get("run_id")


def _is_answered_restore(facts: dict[str, object]) -> bool:
    return (
        facts["method"] == "POST"
        and str(facts["path"]).endswith("/restore")
        and 200 <= int(str(facts["status"])) < 300
    )
