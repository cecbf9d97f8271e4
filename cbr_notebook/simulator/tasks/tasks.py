"""Tasks: the record of everything that runs on after its request was answered."""

from __future__ import annotations

import json
from typing import Any, Unpack

from cbr_notebook import catalogue
from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.conditions import Conditions
from cbr_notebook.simulator.protocol.request_context import RequestContext
from cbr_notebook.simulator.protocol.routes import Routes
from cbr_notebook.simulator.tasks.task_rows import TaskColumns, TaskRow

WAITING_SECONDS = 2
"""How long a task waits until it runs."""


_QUERY = (
    "end_time", "limit", "offset", "operation_type", "provider_id", "resource_id",
    "resource_name", "start_time", "status", "vault_id", "vault_name", "enterprise_project_id",
)  # fmt: skip
ROUTES = Routes("Task")


def begin(
    engine: Engine,
    operation_type: str,
    *,
    project_id: str,
    seconds: float,
    finish: str,
    subject: str,
    request_id: str | None = None,
    extra: dict[str, Any] | None = None,
    **columns: Unpack[TaskColumns],
) -> str:
    """Record a task and plan its end.

    Args:
        engine: the cloud's engine.
        operation_type: as on the wire: ``backup``, ``restore``, ``delete``, …
        project_id: the project that sees the task.
        seconds: how long it will take.
        finish: the kind of the event that ends it; its subject is the task's ID.
        subject: the ID of what it works on, such as a backup.
        request_id: of the request that caused it; tasks of policies get one of their own.
        extra: the member of ``extra_info`` that belongs to the operation type.
        columns: what it is about, as far as it is about such a thing.

    Returns:
        The task's ID.
    """
    now = engine.now()
    task_id = engine.state.new_id("task")
    due = now + int(seconds * clock.MICROSECONDS)
    engine.state.insert(
        "task",
        id=task_id,
        project_id=project_id,
        operation_type=operation_type,
        status="waiting",
        created_at=now,
        started_at=now,
        due_at=due,
        updated_at=now,
        request_id=f"req-{request_id or engine.state.new_id('request')}",
        extra_info=json.dumps(extra or {}),
        subject_id=subject,
        enterprise_project_id=engine.state.value(
            "SELECT enterprise_project_id FROM vault WHERE id = ?", columns.get("vault_id")
        )
        or "0",
        **columns,
    )
    engine.scheduler.at(now + WAITING_SECONDS * clock.MICROSECONDS, "task_runs", task_id)
    engine.scheduler.at(due, finish, task_id)
    return task_id


def find(engine: Engine, task_id: str) -> TaskRow:
    """Return a task that is known to exist."""
    row = engine.state.one_of(TaskRow, "SELECT * FROM task WHERE id = ?", task_id)
    assert row is not None, task_id
    return row


def succeed(engine: Engine, task_id: str, **extra: Any) -> None:
    """End a task well; ``extra`` is merged into what its ``extra_info`` says."""
    _end(engine, task_id, "success", "", "", extra)


def take_back(engine: Engine, task_id: str, finish: str) -> None:
    """Delete a task that has not ended; what it has done already stays done.

    Args:
        engine: the cloud's engine.
        task_id: the task.
        finish: the kind of the event that ends it.
    """
    engine.scheduler.cancel(finish, task_id)
    engine.scheduler.cancel("task_runs", task_id)
    engine.state.run("DELETE FROM task WHERE id = ?", task_id)


def fail(engine: Engine, task_id: str, code: str, message: str | None = None, **extra: Any) -> None:
    """End a task badly, with the code that says why; ``extra`` is merged into its details."""
    full = code if "." in code else f"BackupService.{code}"
    entry = catalogue.lookup(full)
    _end(engine, task_id, "failed", full, message or (entry.message if entry else ""), extra)


def _end(
    engine: Engine, task_id: str, status: str, code: str, message: str, extra: dict[str, Any]
) -> None:
    known = json.loads(find(engine, task_id).extra_info)
    for key, value in extra.items():
        known[key] = {**known.get(key, {}), **value}
    engine.state.update(
        "task",
        task_id,
        status=status,
        ended_at=engine.now(),
        updated_at=engine.now(),
        error_code=code,
        error_message=message,
        extra_info=json.dumps(known),
    )
    engine.scheduler.cancel("task_runs", task_id)


def running(
    engine: Engine,
    operation_types: tuple[str, ...],
    *,
    vault_id: str | None = None,
    policy_id: str | None = None,
    resource_id: str | None = None,
) -> list[TaskRow]:
    """Return the unfinished tasks of some types about all that is named."""
    about = {"vault_id": vault_id, "policy_id": policy_id, "resource_id": resource_id}
    named = {column: value for column, value in about.items() if value is not None}
    types = ", ".join("?" * len(operation_types))
    where = "".join(f" AND {column} = ?" for column in named)
    return engine.state.all_of(
        TaskRow,
        f"SELECT * FROM task WHERE status IN ('waiting', 'running') "
        f"AND operation_type IN ({types}){where}",
        *operation_types,
        *named.values(),
    )


def busy(engine: Engine, resource_id: str) -> bool:
    """Return whether any task on a resource has not ended yet."""
    return engine.state.has(
        "SELECT 1 FROM task WHERE resource_id = ? AND status IN ('waiting', 'running')", resource_id
    )


def _runs(engine: Engine, task_id: str, _: dict[str, Any]) -> None:
    engine.state.run(
        "UPDATE task SET status = 'running', updated_at = ? WHERE id = ? AND status = 'waiting'",
        engine.now(),
        task_id,
    )


EVENTS = {"task_runs": _runs}


def document(row: TaskRow, now: int) -> dict[str, Any]:
    """Return a task as the service's document of it; its progress follows from the clock."""
    if row.status in ("success", "failed", "skipped", "timeout"):
        progress = 100
    else:
        share = (now - row.started_at) / max(1, row.due_at - row.started_at)
        progress = 0 if row.status == "waiting" else min(99, int(share * 100))
    extra: dict[str, Any] = {
        "common": {"progress": progress, "request_id": row.request_id, "task_id": row.id},
        "resource": {
            "id": row.resource_id or "",
            "name": row.resource_name or "",
            "type": row.resource_type or "",
            "extra_info": None,
        },
    }
    extra.update(json.loads(row.extra_info))
    return {
        "checkpoint_id": row.restore_point_id,
        "created_at": clock.to_api_time(row.created_at),
        "ended_at": clock.to_api_time(row.ended_at),
        "error_info": {"code": row.error_code, "message": row.error_message},
        "extra_info": extra,
        "id": row.id,
        "operation_type": row.operation_type,
        "policy_id": row.policy_id,
        "project_id": row.project_id,
        "provider_id": row.provider_id,
        "started_at": clock.to_api_time(row.started_at),
        "status": row.status,
        "updated_at": clock.to_api_time(row.updated_at),
        "vault_id": row.vault_id,
        "vault_name": row.vault_name,
    }


_TYPES = (
    "backup",
    "copy",
    "replication",
    "delete",
    "restore",
    "vault_delete",
    "remove_resource",
    "sync",
)
_STATUSES = ("success", "skipped", "failed", "running", "timeout", "waiting")


@ROUTES.add("GET", "/v3/{project_id}/operation-logs", query=_QUERY)
def _list_op_logs(context: RequestContext) -> dict[str, Any]:
    query, engine = context.query, context.engine
    wanted = Conditions("project_id = ?", context.caller.project_id)
    for name in ("vault_id", "vault_name", "resource_id", "resource_name", "provider_id"):
        wanted.add_equal(**{name: query.text(name)})
    wanted.add_equal(
        operation_type=query.choice("operation_type", *_TYPES),
        status=query.choice("status", *_STATUSES),
    )
    wanted.add_enterprise_project(query)
    wanted.add_times(query)
    if lag := engine.options["task_list_lag_seconds"]:
        wanted.add("created_at <= ?", engine.now() - lag * clock.MICROSECONDS)
    page = query.page()
    rows = wanted.rows(engine, TaskRow, "task", "created_at DESC, id DESC", page)
    documents = [document(row, engine.now()) for row in rows]
    return page.answer("operation_logs", documents, wanted.count(engine, "task"))


@ROUTES.add("GET", "/v3/{project_id}/operation-logs/{operation_log_id}")
def _show_op_log(context: RequestContext) -> dict[str, Any]:
    row = context.engine.state.one_of(
        TaskRow,
        "SELECT * FROM task WHERE id = ? AND project_id = ?",
        context.path["operation_log_id"],
        context.caller.project_id,
    )
    if row is None:
        raise ApiError("6500")
    return {"operation_log": document(row, context.engine.now())}
