"""The safety backup: the target's present state, kept before it is overwritten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal

from cbr_notebook.api.messages.constants import KIND_OF, SERVER_TYPES
from cbr_notebook.api.messages.records import TaskRecord
from cbr_notebook.api.messages.statuses import TASK_SUCCESS
from cbr_notebook.api.messages.validate import within
from cbr_notebook.api.messages.vault_bodies import ResourceItem
from cbr_notebook.errors import (
    CBRError,
    Conflict,
    ConnectionFailed,
    InvalidRequest,
    NotFound,
    TaskFailed,
)
from cbr_notebook.runbook.journal.record import RunRecord
from cbr_notebook.runbook.plan.facts import Facts
from cbr_notebook.runbook.run.outcomes import never_began
from cbr_notebook.runbook.run.restore_task import MAX_PAUSE_S, TRUST_LIST_AFTER_S
from cbr_notebook.tasks.task import Task
from cbr_notebook.tasks.task_lookup import tasks_of_point

SAFETY_KEEP_DAYS = 14
"""After how many days a safety backup is deleted unless somebody says otherwise."""
_LOOK_FOR = 60.0
"""Seconds to look for a backup whose request was not answered."""
_LOOK_EVERY = 5.0
"""The longest pause between two such looks, in seconds."""


PARTIAL: Final = "partial"
"""A safety backup of the disks that can come back; the others have grown since the backup."""
SafetyBackup = bool | Literal["partial"]
"""Whether the present state is backed up first, or only what of it can come back."""


def validate_keep_days(keep_days: int | None, safety_backup: SafetyBackup) -> None:
    """Refuse a time to keep the safety backup that cannot be meant.

    Raises:
        InvalidRequest: it is out of range, or there will be no safety backup.
    """
    if keep_days is None:
        return
    if not safety_backup:
        raise InvalidRequest(
            "Without a safety backup there is nothing to keep.",
            advice="Leave safety_keep_days out, or say safety_backup=True.",
            field="safety_keep_days",
        )
    within(keep_days, 1, 36500, "safety_keep_days")


def left_out(facts: Facts, safety_backup: SafetyBackup) -> list[str]:
    """Return the IDs of the disks that a safety backup leaves out.

    Raises:
        InvalidRequest: a part is wanted where all of it can come back.
        Conflict: a part is wanted where nothing can come back.
    """
    if safety_backup != PARTIAL:
        return []
    target = facts.target
    assert target is not None
    if not facts.grown:
        raise InvalidRequest(
            f"No disk of {target.name} has grown: all of its present state can come back.",
            advice="Say safety_backup=True.",
            field="safety_backup",
        )
    if not can_be_partial(facts):
        raise Conflict(
            f"Nothing of the present state of {target.name} could come back: each disk that would "
            "be overwritten has grown since the backup. Nothing was begun.",
            advice="Copy off what you need, and go on without: execute(…, safety_backup=False, "
            'acknowledge=["safety backup"]).',
        )
    return sorted(disk.id for disk in facts.grown)


def can_be_partial(facts: Facts) -> bool:
    """Return whether some of the target's disks have grown since the backup, and others not."""
    target, grown = facts.target, {disk.id for disk in facts.grown}
    if target is None or target.type not in SERVER_TYPES or not grown:
        return False
    return not grown >= {disk.id for disk in target.disks}


def back_up_first(run: RunRecord) -> Iterator[float]:
    """Make the safety backup and wait for it; yields the seconds until the next look.

    The backup bears the run's name, so that one that was asked for before a crash is found
    again and not made twice.

    Raises:
        TaskFailed: the backup failed; the target was not touched.
        NotFound: the target is in no vault, so that it cannot be backed up.
        CBRError: the service refuses.
    """
    if run.journal.last("safety_backup_made"):
        return
    if run.journal.last("safety_backup_asked") is None:
        yield from _start(run)
    yield from _wait(run)


def _start(run: RunRecord) -> Iterator[float]:
    intended = run.journal.last("safety_backup_intended")
    if intended is not None:
        found = _by_name(run, intended.facts["name"])
        if found is not None:
            run.note("safety_backup_asked", restore_point_id=found, how="found by its name")
            return
    name = f"before-{run.run_id}"[-64:].lstrip("-_")
    vault_id = _vault_id(run)
    run.report_progress("safety backup", 0, f"Backing up {run.target['name']} first.")
    run.note("safety_backup_intended", vault_id=vault_id, name=name)
    try:
        point = run.session.client.restore_points.create(
            vault_id,
            name=name,
            **_what(run),
            description=f"safety backup before a restore: run {run.run_id}"[:255],
            retention_days=run.begun.get("safety_keep_days"),
        )
    except CBRError as problem:
        if never_began(problem):
            raise
        yield from _look_for(run, name, problem)
    else:
        run.note("safety_backup_asked", restore_point_id=point.id, how="answered")


def _what(run: RunRecord) -> dict[str, Any]:
    """Return what is backed up: the target, or those of its disks that can come back."""
    target, out = run.target, run.begun.get("safety_leaves_out")
    if not out:
        return {"resources": [target["id"]]}
    choice = {"exclude_volumes": list(out)}
    return {"resource_details": [ResourceItem(target["id"], target["type"], extra_info=choice)]}


def _look_for(run: RunRecord, name: str, problem: CBRError) -> Iterator[float]:
    elapsed = run.stopwatch()

    def look(_: float) -> str | None:
        found = _by_name(run, name)
        if found is None and elapsed() >= _LOOK_FOR:
            raise problem
        return found

    found = yield from run.session.poller.poll(look, elapsed, longest=_LOOK_EVERY)
    run.note("safety_backup_asked", restore_point_id=found, how="found by its name")


def _by_name(run: RunRecord, name: str) -> str | None:
    """Return the ID of the restore point that a safety backup belongs to."""
    page = run.session.client.backups.list(name=name, resource_id=run.target["id"], limit=10)
    return next((backup.checkpoint_id for backup in page.backups if backup.name == name), None)


def not_in_a_vault(name: str) -> NotFound:
    """Return the error for a target whose present state cannot be backed up."""
    return NotFound(
        f"{name} is in no vault, so its present state cannot be backed up.",
        advice="Put it into a vault: session.add_resources(vault, resources); or go on "
        'without: execute(…, safety_backup=False, acknowledge=["safety backup"]).',
    )


def _vault_id(run: RunRecord) -> str:
    kind = KIND_OF.get(run.target["type"], "server")
    found = run.session.find_resource(run.target["id"], kind)
    vault = found.protectable.vault if found.protectable else None
    if vault is None:
        raise not_in_a_vault(run.target["name"])
    return vault.id


def _wait(run: RunRecord) -> Iterator[float]:
    asked = run.journal.last("safety_backup_asked")
    intended = run.journal.last("safety_backup_intended")
    assert asked is not None and intended is not None
    name, point_id = run.target["name"], asked.facts["restore_point_id"]
    where = {"vault_id": intended.facts["vault_id"], "resource_id": run.target["id"]}

    def find() -> Sequence[TaskRecord]:
        return tasks_of_point(run.session.client, point_id, **where)[:1]

    work = Task(run.session.poller, f"Backing up {name}", find)
    elapsed = run.stopwatch(asked)
    for pause in work.poll(elapsed, longest=MAX_PAUSE_S):
        if not work.records and elapsed() >= TRUST_LIST_AFTER_S:
            raise ConnectionFailed(
                f"The service has taken the safety backup of {name} on, but its task has not "
                f"appeared in {TRUST_LIST_AFTER_S / 60:.0f} minutes. {run.state_in_words()}",
                advice=f"Look again later: session.resume_restore({run.run_id!r}).",
            )
        run.report_progress("safety backup", work.progress, f"Backing up {name} first.")
        yield pause
    (task,) = work.records
    if task.status != TASK_SUCCESS:
        error = task.error_info
        raise TaskFailed(
            f"The safety backup of {name} failed: "
            f"{((error.message if error else None) or task.status or '').rstrip('.')}. "
            "Nothing was restored.",
            code=(error.code if error else None) or None,
            advice="Find out why; or plan anew and go on without it: execute(…, "
            'safety_backup=False, acknowledge=["safety backup"]).',
        )
    made = task.extra_info.backup if task.extra_info else None
    backup_id = made.backup_id if made else None
    run.note(
        "safety_backup_made",
        task_id=task.id,
        backup_id=backup_id,
        name=intended.facts["name"],
        **_disks_in(run, backup_id),
    )
    run.report_progress("safety backup", 100, f"{name} is backed up.")


def _disks_in(run: RunRecord, backup_id: str | None) -> dict[str, list[str]]:
    """Return the disks that a partial safety backup holds, as the service tells them."""
    if not run.begun.get("safety_leaves_out"):
        return {}
    if backup_id is None:
        return {"disks": []}
    children = run.session.client.backups.show(backup_id).children or ()
    return {"disks": [each.resource_name or each.resource_id or each.id for each in children]}
