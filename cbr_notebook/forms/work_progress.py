"""Running work as a person sees it: a bar a resource, then the outcome, its cause and remedy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cbr_notebook import catalogue
from cbr_notebook.api.messages.records import SkippedResource, TaskRecord
from cbr_notebook.api.messages.statuses import (
    ENDED,
    TASK_FAILED,
    TASK_RUNNING,
    TASK_SKIPPED,
    TASK_SUCCESS,
    TASK_TIMEOUT,
    TASK_WAITING,
    UNSUCCESSFUL,
)
from cbr_notebook.forms.kit.markup import Tone, bar, bullets, escaped

WORDS = {
    TASK_WAITING: "waiting",
    TASK_RUNNING: "running",
    TASK_SUCCESS: "done",
    TASK_FAILED: "failed",
    TASK_TIMEOUT: "took too long",
    TASK_SKIPPED: "skipped",
}
_TONES: dict[str, Tone] = {
    TASK_SUCCESS: "good", TASK_FAILED: "wrong", TASK_TIMEOUT: "wrong", TASK_SKIPPED: "warn",
}  # fmt: skip


def name_of(task: TaskRecord) -> str:
    """Return what a task works on, by name."""
    resource = task.extra_info.resource if task.extra_info else None
    return (resource.name if resource else None) or task.vault_name or task.id


def percent(task: TaskRecord) -> int:
    """Return how far a task is."""
    if task.status in ENDED:
        return 100
    common = task.extra_info.common if task.extra_info else None
    return (common.progress if common else 0) or 0


def status(task: TaskRecord) -> str:
    """Return the status of a task, in words and colour."""
    said = task.status or TASK_WAITING
    return f'<span class="{_TONES.get(said, "")}">{escaped(WORDS.get(said, said))}</span>'


def cause(task: TaskRecord) -> str:
    """Return why a task failed, and what to do: opens on a click."""
    error = task.error_info
    if task.status not in UNSUCCESSFUL and not (error and error.code):
        return ""
    code = error.code if error else None
    entry = catalogue.lookup(code) if code else None
    common = task.extra_info.common if task.extra_info else None
    facts = [
        ("Cause", (error.message if error else None) or "The service does not say."),
        ("What to do", entry.advice if entry else "Pass the request ID to the operator."),
        ("Code", code),
        ("Request ID", common.request_id if common else None),
        ("Task ID", task.id),
    ]
    rows = "".join(
        f"<dt>{escaped(name)}</dt><dd>{escaped(value)}</dd>" for name, value in facts if value
    )
    return (
        f'<details data-key="{escaped(task.id)}"><summary>Why, and what to do</summary>'
        f'<div class="cbr-card wrong"><dl>{rows}</dl></div></details>'
    )


def bars(tasks: Iterable[TaskRecord], waiting: Sequence[str] = ()) -> str:
    """Return a bar a task, and one for each resource whose task is not there yet."""
    rows = [(name_of(each), percent(each), status(each), cause(each)) for each in tasks]
    rows += [(name, 0, "waiting", "") for name in waiting]
    return "".join(
        f'<div class="cbr-progress"><p><b>{escaped(name)}</b> {said}</p>'
        f"{bar(done, name)}{why}</div>"
        for name, done, said, why in rows
    )


def skipped(left_out: Iterable[SkippedResource]) -> str:
    """Return which resources were left out, and why."""
    items = [
        f"<b>{escaped(each.name or each.id)}</b>: {escaped(each.reason or 'no reason given')} "
        f'<span class="cbr-facts">{escaped(each.code or "")}</span>'
        for each in left_out
    ]
    return f"<p>Left out:</p>{bullets(items)}" if items else ""
