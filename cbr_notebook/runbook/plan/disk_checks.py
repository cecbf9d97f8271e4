"""The checks of the disks that a restore would overwrite, or leave."""

from __future__ import annotations

from cbr_notebook.api.messages.constants import DISK, FILE_SYSTEM, SERVER_TYPES
from cbr_notebook.api.messages.statuses import DISK_AVAILABLE, DISK_IN_USE
from cbr_notebook.runbook.plan.facts import NOT_TOLD, Facts, Unread
from cbr_notebook.runbook.plan.verdict import (
    FAIL,
    LOOK_AGAIN,
    NO_DISK,
    NO_TARGET,
    PASS,
    UNKNOWN,
    WARN,
    Verdict,
)


def disk_status(facts: Facts) -> Verdict:
    """Check whether the disks may be overwritten now."""
    target = facts.target
    if target is None:
        return NO_TARGET
    if target.type == FILE_SYSTEM:
        return PASS, "No disk is concerned.", ""
    if not facts.overwritten:
        return NO_DISK
    wanted = (DISK_AVAILABLE,) if target.type == DISK else (DISK_IN_USE, DISK_AVAILABLE)
    wrong = [disk for _, disk in facts.overwritten if disk.status not in (*wanted, NOT_TOLD)]
    silent = [disk.name for _, disk in facts.overwritten if disk.status == NOT_TOLD]
    if silent and not wrong:
        return UNKNOWN, f"The service does not tell the status of {', '.join(silent)}.", LOOK_AGAIN
    if not wrong:
        return PASS, f"All disks are {' or '.join(wanted)}.", ""
    seen = ", ".join(f"{disk.name} is {disk.status}" for disk in wrong)
    if target.type == DISK and wrong[0].status == DISK_IN_USE:
        return FAIL, seen + ".", "Detach the disk from its server, then check again."
    return FAIL, seen + ".", "Wait until its present operation ends, then check again."


def disk_size(facts: Facts) -> Verdict:
    """Check whether the backup fits on the disks, and what shrinks."""
    if not facts.overwritten:
        return NO_DISK
    told = [(old, now) for old, now in facts.overwritten if old.size_gb and now.size_gb]
    small = [(old, now) for old, now in told if now.size_gb < old.size_gb]
    if small:
        seen = "; ".join(
            f"{now.name} has {now.size_gb} GB, its backup {old.size_gb} GB" for old, now in small
        )
        return FAIL, seen + ".", "Expand the disk to at least the size of the backup."
    grown = [(old, now) for old, now in told if now.size_gb > old.size_gb]
    if grown:
        seen = "; ".join(
            f"{now.name} goes back from {now.size_gb} GB to {old.size_gb} GB" for old, now in grown
        )
        return (
            WARN,
            f"{seen}. There is no way back to a grown disk: a backup of the present state would "
            "not fit on the smaller disk.",
            "What was written since the expansion is lost. Copy off what you need, or expand the "
            'disk again before you go back. execute(…, safety_backup="partial") backs up only the '
            "disks that can come back, so that the way back of those is not refused.",
        )
    if len(told) < len(facts.overwritten):
        return UNKNOWN, "The service does not tell the size of every disk.", LOOK_AGAIN
    return PASS, "Every disk has the size that it had.", ""


def system_disk(facts: Facts) -> Verdict:
    """Check whether a data disk would overwrite the system disk."""
    pairs = facts.overwritten
    if not pairs:
        return NO_DISK
    wrong = [(old, now) for old, now in pairs if old.system_disk is False and now.system_disk]
    if wrong:
        old, now = wrong[0]
        return (
            FAIL,
            f"The data disk {old.disk_name} would overwrite the system disk {now.name}.",
            "Map the backup of a data disk to a data disk.",
        )
    if any(old.system_disk is None or now.system_disk is None for old, now in pairs):
        return UNKNOWN, "The service does not say which disk is the system disk.", ""
    return PASS, "System and data disks match.", ""


def missing_disks(facts: Facts) -> Verdict:
    """Check whether the target still has every backed-up disk."""
    missing = facts.impossible
    if facts.target is None:
        return UNKNOWN, "There is no target to compare.", ""
    if not facts.overwritten:
        return FAIL, "None of the backed-up disks exists any more.", "Choose another target."
    if missing and facts.disks_named:
        names = ", ".join(disk.disk_name for disk in missing)
        return (
            FAIL,
            f"A disk that you named for {names} is not attached to {facts.target.name}.",
            "Attach it, or leave it out of disks={…}.",
        )
    if missing:
        names = ", ".join(disk.disk_name for disk in missing)
        return (
            WARN,
            f"Backed up, but gone from the target: {names}.",
            "They are left out. Create new disks from their backups if you need them.",
        )
    return PASS, "Every backed-up disk is still there.", ""


def added_disks(facts: Facts) -> Verdict:
    """Check whether disks stay that are newer than the backup."""
    target = facts.target
    if target is None:
        return NO_TARGET
    added = "" if facts.disks_named else ", ".join(disk.name for disk in facts.untouched)
    if added and target.type in SERVER_TYPES:
        return (
            WARN,
            f"Not in the backup, and stays as it is now: {added}. The server will hold two "
            "moments: older disks beside newer ones.",
            "Go on only if what is on them fits together, or choose a backup that holds all disks.",
        )
    return PASS, "No disk stays newer than the others unasked.", ""


def disk_type(facts: Facts) -> Verdict:
    """Check whether the disks are of a kind that can be restored."""
    if Unread.DISKS in facts.unreadable:
        return UNKNOWN, "The disks could not be read one by one.", ""
    disks = [disk for _, disk in facts.overwritten]
    if not disks:
        return NO_DISK
    wrong = [disk for disk in disks if disk.scsi or disk.refused]
    if wrong:
        kinds = ", ".join(
            f"{disk.name} is {'a SCSI disk' if disk.scsi else f'refused ({disk.refused})'}"
            for disk in wrong
        )
        return FAIL, f"{kinds}.", "Disks of this kind cannot be restored; leave them out."
    return PASS, "The service refuses none of the disks for its kind.", ""
