"""How things stand now, held against what a plan was made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cbr_notebook.runbook.journal.record import RunRecord
from cbr_notebook.runbook.plan.checked import CheckedPlan, check_restore
from cbr_notebook.runbook.plan.checks import DISK_TYPE, FILE_SYSTEM_TYPE, Check

_ABOUT_TO_CHANGE = ("safety backup", "policy run")
"""Checks whose outcome changes by the safety backup itself, or by the clock."""


@dataclass(frozen=True, slots=True)
class Drift:
    """What has become of a plan."""

    failed: tuple[Check, ...]
    moved: str
    """What is not as it was, in words; empty: nothing."""


def request_of(plan: CheckedPlan) -> dict[str, Any]:
    """Return the arguments with which the client asks for the restore."""
    facts = plan.facts
    assert facts.target is not None
    request: dict[str, Any] = {"backup_id": facts.backup.id, "power_on": facts.power_on}
    if facts.target.type == DISK_TYPE:
        return request | {"volume_id": facts.target.id}
    if facts.target.type == FILE_SYSTEM_TYPE:
        return request | {"resource_id": facts.target.id}
    pairs = {old.backup_id: disk.id for old, disk in facts.overwritten}
    return request | {"server_id": facts.target.id, "mappings": pairs}


def planned_again(run: RunRecord) -> CheckedPlan:
    """Plan a run's restore once more, from how things are now.

    Raises:
        NotFound: the backup, or a target other than what was backed up, exists no more.
    """
    request = run.request
    original = run.begun["plan"]["backup"]["resource_id"]
    return check_restore(
        run.session,
        run.backup["id"],
        target=None if run.target["id"] == original else run.target["id"],
        disks=request.get("mappings"),
        power_on=request["power_on"],
    )


def drift_since_plan(run: RunRecord) -> Drift:
    """Look whether a run may still be asked for."""
    plan = planned_again(run)
    checks = plan.verdicts
    failed = tuple(check for check in checks if check.outcome == "fail")
    if plan.fingerprint() == run.begun["fingerprint"]:
        return Drift(failed, "")
    before = {check["name"]: check["seen"] for check in run.begun["plan"]["checks"]}
    changed = [
        f"{check.name}: {check.seen}"
        for check in checks
        if check.seen != before.get(check.name) and check.name not in _ABOUT_TO_CHANGE
    ]
    return Drift(failed, " ".join(changed) or "the target or its disks are not as they were.")


def being_restored(run: RunRecord) -> bool:
    """Whether the backup or any disk concerned shows that a restore is going on."""
    facts = planned_again(run).facts
    disks = facts.target.disks if facts.target else ()
    return (
        facts.backup.status != "available"
        or any("restoring" in disk.status.lower() for disk in disks)
        or any(task.operation_type == "restore" for task in facts.running)
    )
