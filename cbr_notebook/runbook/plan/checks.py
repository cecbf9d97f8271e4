"""The service's restore rules, checked before anything is asked of it.

Each check is a small function from :class:`Facts` to what was seen. The service would refuse
with the code that the check prevents, or worse, would not refuse.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cbr_notebook.api.messages.constants import DISK, FILE_SYSTEM, SERVER_TYPES
from cbr_notebook.api.messages.statuses import (
    BACKUP_AVAILABLE,
    BACKUP_BEING_MADE,
    FILE_SYSTEM_READY,
    SERVER_ACTIVE,
    SERVER_GONE,
    SERVER_IN_USE,
    VAULT_ALLOWS_RESTORE,
)
from cbr_notebook.runbook.plan.disk_checks import (
    added_disks,
    disk_size,
    disk_status,
    disk_type,
    missing_disks,
    system_disk,
)
from cbr_notebook.runbook.plan.facts import NOT_TOLD, Facts, Unread
from cbr_notebook.runbook.plan.safety_checks import (
    VAULT_ROOM,
    policy_run,
    safety_backup,
    vault_room,
)
from cbr_notebook.runbook.plan.verdict import (
    FAIL,
    LOOK_AGAIN,
    NO_TARGET,
    PASS,
    UNKNOWN,
    WARN,
    Outcome,
    Verdict,
)


@dataclass(frozen=True, slots=True)
class Check:
    """One rule and how it came out."""

    name: str
    outcome: Outcome
    seen: str
    why: str
    prevents: str
    """The error codes that the service would answer with, or nothing."""
    to_do: str


_REBUILD_SERVER = (
    "Build it anew, step by step: 1. in Image Management, create a full-server image from the "
    "backup (POST /v1/cloudimages/wholeimages/action with name, backup_id and "
    "whole_image_type CBR); 2. in Elastic Cloud Server, create a server from that image "
    "(POST /v1/{project_id}/cloudservers with imageRef) in the network of the old one; 3. give it "
    "the old addresses; 4. put it into a vault: session.add_resources(vault, server)."
)
_HOW_TO_REBUILD = {
    DISK: "Build it anew, step by step: 1. in Elastic Volume Service, create a disk from the "
    "backup (POST /v2/{project_id}/cloudvolumes with backup_id), in the availability zone of its "
    "server; 2. attach it; 3. put it into a vault: session.add_resources(vault, disk).",
    FILE_SYSTEM: "Build it anew: in the file system's console, create a file system from the "
    "backup; then mount it, and put it into a vault.",
}


def _backup_status(facts: Facts) -> Verdict:
    status = facts.backup.status
    if status == BACKUP_AVAILABLE:
        return PASS, "The backup is available.", ""
    if status == NOT_TOLD:
        return UNKNOWN, "The service does not tell the backup's status.", LOOK_AGAIN
    if status in BACKUP_BEING_MADE:
        return FAIL, f"The backup is still being made ({status}).", "Wait until it is available."
    return FAIL, f"The backup is {status}.", "Choose another backup."


def _replica(facts: Facts) -> Verdict:
    if facts.backup.image_type == "replication":
        return (
            FAIL,
            "This is a replica from another region.",
            "Choose the original backup, or create a server from the replica's image.",
        )
    return PASS, "The backup is an original.", ""


def _shared(facts: Facts) -> Verdict:
    if facts.backup.project_id != facts.project_id:
        return (
            FAIL,
            f"The backup was shared by project {facts.backup.project_id}.",
            "A shared backup belongs to a server of another project. "
            "Create a server from it instead.",
        )
    return PASS, "The backup belongs to this project.", ""


def _vault_status(facts: Facts) -> Verdict:
    if facts.vault_status is None:
        return UNKNOWN, "The vault could not be read.", "Check by hand that it is available."
    if facts.vault_status in VAULT_ALLOWS_RESTORE:
        return PASS, f"Vault {facts.vault_name} is {facts.vault_status}.", ""
    return (
        FAIL,
        f"Vault {facts.vault_name} is {facts.vault_status}.",
        "A frozen vault has an unpaid bill; settle it, then check again.",
    )


def _target_exists(facts: Facts) -> Verdict:
    if facts.target is None:
        return (
            FAIL,
            f"{facts.backup.resource_name} does not exist any more.",
            _HOW_TO_REBUILD.get(facts.backup.resource_type, _REBUILD_SERVER),
        )
    return PASS, f"{facts.target.name} exists.", ""


def _same_target(facts: Facts) -> Verdict:
    if facts.target is None:
        return UNKNOWN, "There is no target to compare.", ""
    backup, target = facts.backup, facts.target
    if backup.resource_type == DISK:
        if target.id == backup.resource_id:
            return PASS, "The target is the disk that was backed up.", ""
        return (
            WARN,
            f"The target {target.name} is another disk than {backup.resource_name}.",
            "Go on only if that is what you want.",
        )
    if target.id == backup.resource_id:
        seen = f"The target is what was backed up, {backup.resource_name}."
        if facts.namesakes:
            more = ", ".join(facts.namesakes)
            seen += f" It is {target.id}; others bear the name, too: {more}."
        return PASS, seen, ""
    return (
        FAIL,
        f"The backup is of {backup.resource_name}, the target is {target.name}.",
        "Choose a backup of the target, or the original target.",
    )


def _server_status(facts: Facts) -> Verdict:
    target = facts.target
    if target is None:
        return NO_TARGET
    if target.type not in SERVER_TYPES:
        return PASS, "No server is concerned.", ""
    if target.status == NOT_TOLD:
        return UNKNOWN, "The service does not tell the server's status.", LOOK_AGAIN
    status = target.status.upper()
    if status in SERVER_IN_USE:
        what = "will be stopped first" if status == SERVER_ACTIVE else "is stopped already"
        what += ", and will be started afterwards" if facts.power_on else ", and stays stopped"
        return PASS, f"The server is {status} and {what}.", ""
    if status in SERVER_GONE:
        return FAIL, f"The server is {status}.", "A terminated server cannot be restored."
    return (
        FAIL,
        f"The server is {status}.",
        "Bring it to Running or Stopped in the server console, then check again.",
    )


def _architecture(facts: Facts) -> Verdict:
    return _same_trait("architecture", facts)


def _operating_system(facts: Facts) -> Verdict:
    return _same_trait("os_type", facts)


def _same_trait(trait: str, facts: Facts) -> Verdict:
    target = facts.target
    words = {"architecture": "architecture", "os_type": "operating system"}[trait]
    if target is None:
        return NO_TARGET
    if target.type not in SERVER_TYPES:
        return PASS, "No server is concerned.", ""
    then, now = getattr(facts.backup, trait), getattr(target, trait)
    if not then or not now:
        return UNKNOWN, f"The service does not tell the {words} of both.", ""
    if then.lower() == now.lower():
        return PASS, f"Both are {now}.", ""
    return (
        FAIL,
        f"The backup has the {words} {then}, the server now {now}.",
        "The server was rebuilt. Create a new server from the backup's image.",
    )


def _server_type(facts: Facts) -> Verdict:
    if facts.target is None:
        return UNKNOWN, "There is no target to compare.", ""
    if facts.backup.resource_type == facts.target.type:
        return PASS, "Backup and target are of one type.", ""
    return (
        FAIL,
        f"The backup is of {facts.backup.resource_type}, the target is {facts.target.type}.",
        "Choose a target of the same type.",
    )


def _being_backed_up(facts: Facts) -> Verdict:
    return _no_task(facts, ("backup", "copy", "replication"), "backed up")


def _being_restored(facts: Facts) -> Verdict:
    return _no_task(facts, ("restore",), "restored")


def _no_task(facts: Facts, types: tuple[str, ...], doing: str) -> Verdict:
    if Unread.TASKS in facts.unreadable:
        return UNKNOWN, "The tasks could not be read.", ""
    busy = [task for task in facts.running if task.operation_type in types]
    if busy:
        return (
            FAIL,
            f"The target is being {doing} (task {busy[0].id}).",
            f'Wait for it: session.task("{busy[0].id}").wait(); then check again.',
        )
    return PASS, f"The target is not being {doing}.", ""


def _disaster_recovery(facts: Facts) -> Verdict:
    if facts.target is None:
        return NO_TARGET
    marks = [facts.target.disaster_recovery, *(d.disaster_recovery for _, d in facts.overwritten)]
    if any(marks):
        return (
            FAIL,
            "The target belongs to a disaster recovery site.",
            "Restore at the production site, or end the protection first.",
        )
    if any(mark is None for mark in marks):
        return (
            UNKNOWN,
            "The service does not tell whether the target is at a disaster recovery site.",
            "If you use storage disaster recovery, check by hand.",
        )
    return PASS, "The target is at a production site.", ""


def _file_system(facts: Facts) -> Verdict:
    target = facts.target
    if target is None:
        return NO_TARGET
    if target.type != FILE_SYSTEM:
        return PASS, "No file system is concerned.", ""
    if target.size_gb and target.size_gb < facts.backup.size_gb:
        return (
            FAIL,
            f"The file system has {target.size_gb} GB, when backed up {facts.backup.size_gb} GB.",
            "Expand it to at least the size of the backup.",
        )
    if target.status != NOT_TOLD and target.status.lower() not in FILE_SYSTEM_READY:
        return FAIL, f"The file system is {target.status}.", "Wait until it is available."
    if target.sub_status:
        return FAIL, f"The file system is busy: {target.sub_status}.", "Wait until that has ended."
    if target.status == NOT_TOLD or not target.size_gb or not facts.backup.size_gb:
        return UNKNOWN, "The service does not tell the file system's status and sizes.", LOOK_AGAIN
    return PASS, "The file system is available.", ""


def _preparation(facts: Facts) -> Verdict:
    if facts.target is None:
        return NO_TARGET
    if facts.target.type != FILE_SYSTEM:
        return PASS, "No file system is concerned.", ""
    return (
        UNKNOWN,
        "Whether the file system can be prepared shows only when the restore begins.",
        "If it fails, session.failures() says at which step; nothing was written before it.",
    )


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    prevents: str
    why: str
    judge: Callable[[Facts], Verdict]


RULES: tuple[_Rule, ...] = (
    _Rule("backup status", "2005", "Only a complete backup can be restored.", _backup_status),
    _Rule("replica", "2004", "Replicas only serve to create new servers.", _replica),
    _Rule("shared backup", "2003", "A shared backup has no server here.", _shared),
    _Rule("vault status", "6202", "The vault must be in order to be read.", _vault_status),
    _Rule("target exists", "7100, 7000, 7500", "What is gone cannot be written.", _target_exists),
    _Rule("same target", "2003, 7510", "The wrong target loses its data.", _same_target),
    _Rule("server type", "2006, 2014, 7115", "Types do not fit each other.", _server_type),
    _Rule("server status", "2007, 2008", "The service must be able to stop it.", _server_status),
    _Rule("disk status", "2011", "A disk in use cannot be overwritten.", disk_status),
    _Rule("disk size", "2001", "The backup must fit on the disk.", disk_size),
    _Rule("system disk", "2013", "A server does not start from a data disk.", system_disk),
    _Rule("disk type", "2009, 7004", "Some kinds cannot be written.", disk_type),
    _Rule("missing disks", "2012, 7000", "Only existing disks are written.", missing_disks),
    _Rule("added disks", "", "A server whose disks are of two moments may not work.", added_disks),
    _Rule("architecture", "2015", "Programs of one do not run on another.", _architecture),
    _Rule("operating system", "7114", "Drivers and boot loaders differ.", _operating_system),
    _Rule("being backed up", "2002", "Both would touch the same disks.", _being_backed_up),
    _Rule("being restored", "2010", "One restore at a time on a target.", _being_restored),
    _Rule("disaster recovery", "7008, 7117", "Replication would undo it.", _disaster_recovery),
    _Rule("file system", "7507, 7511", "It must be idle to be written.", _file_system),
    _Rule("preparation", "7508, 7509", "It is frozen before it is written.", _preparation),
    _Rule("policy run", "", "A scheduled backup may collide with the restore.", policy_run),
    _Rule(VAULT_ROOM, "6114", "Without room there is no safety backup.", vault_room),
    _Rule("safety backup", "", "A restore cannot be undone.", safety_backup),
)
"""Every rule, in the order in which a person would look."""


def check_all(facts: Facts) -> tuple[Check, ...]:
    """Hold the facts against every rule."""
    checks = []
    for rule in RULES:
        outcome, seen, to_do = rule.judge(facts)
        codes = ", ".join(f"BackupService.{c.strip()}" for c in rule.prevents.split(",") if c)
        checks.append(Check(rule.name, outcome, seen, rule.why, codes, to_do))
    return tuple(checks)
