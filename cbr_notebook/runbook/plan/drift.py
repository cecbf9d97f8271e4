"""How things stand now, held against what a plan was made from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from cbr_notebook.api.messages.constants import DISK, FILE_SYSTEM
from cbr_notebook.api.messages.statuses import BACKUP_RESTORING, RESTORING
from cbr_notebook.runbook.journal.record import RunRecord
from cbr_notebook.runbook.plan.checked_plan import CheckedPlan, check_restore
from cbr_notebook.runbook.plan.checks import Check
from cbr_notebook.runbook.plan.facts import Facts, TargetFacts
from cbr_notebook.runbook.plan.verdict import URGENCY

_ABOUT_TO_CHANGE = ("safety backup", "policy run", "vault room")
"""Checks whose outcome changes by the safety backup itself, or by the clock."""


@dataclass(frozen=True, slots=True)
class Drift:
    """What has become of a plan."""

    plan: CheckedPlan
    """As it would be now."""
    failed: tuple[Check, ...]
    moved: tuple[str, ...]
    """What is not as it was, in words; empty: nothing."""


def request_of(plan: CheckedPlan) -> dict[str, Any]:
    """Return the arguments with which the client asks for the restore."""
    facts = plan.facts
    assert facts.target is not None
    request: dict[str, Any] = {"backup_id": facts.backup.id, "power_on": facts.power_on}
    if facts.target.type == DISK:
        return request | {"volume_id": facts.target.id}
    if facts.target.type == FILE_SYSTEM:
        return request | {"resource_id": facts.target.id}
    pairs = {old.backup_id: disk.id for old, disk in facts.overwritten}
    return request | {"server_id": facts.target.id, "mappings": pairs}


def planned_again(run: RunRecord) -> CheckedPlan:
    """Plan a run's restore once more, from how things are now, without an outlook.

    Raises:
        NotFound: the backup, or a target other than what was backed up, exists no more.
    """
    request = run.request
    return check_restore(
        run.session,
        run.backup["id"],
        other_target(run),
        disks=request.get("mappings"),
        power_on=request["power_on"],
        outlook=False,
    )


def other_target(run: RunRecord) -> str | None:
    """Return the ID of a run's target where it is not what was backed up."""
    original = run.begun["plan"]["backup"]["resource_id"]
    return None if run.target["id"] == original else str(run.target["id"])


def facts_at_plan(run: RunRecord) -> Facts:
    """Return the facts that a run was confirmed on, from its journal."""
    return msgspec.convert(run.begun["plan"], Facts)


def drift_since_plan(run: RunRecord, *, own_backups: Collection[str] = ()) -> Drift:
    """Look whether a run may still be asked for.

    Args:
        run: the run.
        own_backups: the names of backups that the run made itself.
    """
    checks = [(each["name"], each["outcome"]) for each in run.begun["plan"]["checks"]]
    # The run's own safety backup may still be made; it is waited for, and all is looked at again.
    makes = own_backups and run.journal.last("safety_backup_made") is None
    expected = ("being backed up",) if makes else ()
    return drift_between(facts_at_plan(run), checks, planned_again(run), own_backups, expected)


def drift_between(
    before: Facts,
    checks: Sequence[tuple[str, str]],
    plan: CheckedPlan,
    own_backups: Collection[str] = (),
    expected: Collection[str] = (),
) -> Drift:
    """Hold a plan as it would be now against the facts and checks of an earlier one.

    Args:
        before: what the plan was made from.
        checks: names and outcomes of its checks.
        plan: the same plan, as it would be now.
        own_backups: the names of backups that the run made itself.
        expected: the names of checks that may fail for now, by what the run does itself.
    """
    verdicts = [check for check in plan.verdicts if check.name not in expected]
    failed = tuple(check for check in verdicts if check.outcome == "fail")
    moved = list(_differences(before, plan.facts, own_backups))
    then = dict(checks)
    moved += [
        f"{check.name}: {check.seen}"
        for check in verdicts
        if check.name not in _ABOUT_TO_CHANGE
        and URGENCY.index(check.outcome) > URGENCY.index(then.get(check.name, "fail"))
        and check.outcome != "unknown"
    ]
    return Drift(plan, failed, tuple(moved))


def _differences(before: Facts, now: Facts, own_backups: Collection[str]) -> Iterator[str]:
    known = {each.id for each in before.restores}
    for restore in now.restores:
        if restore.id not in known:
            at = _moment(restore.created_at)
            began = f"begun by somebody since (task {restore.id}, at {at})"
            yield f"A restore of it was {began}: {restore.status}."
    told = {name for name, _ in before.newer_backups} | set(own_backups)
    newer = [f"{name} of {_moment(at)}" for name, at in now.newer_backups if name not in told]
    if newer:
        yield f"Newer backups of it were made: {', '.join(newer)}."
    if before.backup.status != now.backup.status:
        yield f"The backup was {before.backup.status} and is {now.backup.status}."
    if before.vault_status != now.vault_status and now.vault_status is not None:
        yield f"The vault was {before.vault_status} and is {now.vault_status}."
    if before.target is not None and now.target is not None:
        yield from _target_differences(before.target, now.target)
    if before.mappings != now.mappings:
        yield "Other disks would be overwritten than were shown."


def _target_differences(before: TargetFacts, now: TargetFacts) -> Iterator[str]:
    for what, then, there in (
        ("name", before.name, now.name),
        ("status", before.status, now.status),
        ("architecture", before.architecture, now.architecture),
        ("operating system", before.os_type, now.os_type),
    ):
        if then != there:
            yield f"Its {what} was {then} and is {there}."
    old, new = ({disk.id: disk for disk in each.disks} for each in (before, now))
    for disk in before.disks:
        if disk.id not in new:
            yield f"The disk {disk.name} is gone."
        elif new[disk.id].size_gb != disk.size_gb:
            yield f"The disk {disk.name} had {disk.size_gb} GB and has {new[disk.id].size_gb} GB."
    for disk in now.disks:
        if disk.id not in old:
            yield f"The disk {disk.name} was added."


def shows_restore(facts: Facts) -> bool:
    """Return whether the backup or any disk concerned shows that a restore is going on."""
    disks = facts.target.disks if facts.target else ()
    return (
        BACKUP_RESTORING in facts.backup.status.lower()
        or any(RESTORING in disk.status.lower() for disk in disks)
        or any(task.operation_type == "restore" for task in facts.running)
    )


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "at an unknown time"
