"""Asking the service for everything a plan must know; nothing here changes anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from cbr_notebook.api.messages.constants import DISK, FILE_SYSTEM, UNFINISHED, ResourceKind
from cbr_notebook.api.messages.records import Backup, Protectable, TaskRecord
from cbr_notebook.errors import CBRError, InvalidRequest, NotFound, NotOffered
from cbr_notebook.runbook.plan.facts import (
    NOT_TOLD,
    BackupFacts,
    Facts,
    TargetFacts,
    TaskFacts,
)
from cbr_notebook.runbook.plan.record_facts import (
    disk_backup,
    resource_facts,
    resource_id_of,
    resource_name_of,
    restore_facts,
    safety_vault,
)
from cbr_notebook.schedule.runs import runs
from cbr_notebook.session import Session
from cbr_notebook.session.references import ResourceRef, is_id
from cbr_notebook.text.timeparse import parse_api_time

_KINDS: dict[str, ResourceKind] = {DISK: "disk", FILE_SYSTEM: "turbo"}
_TASKS_LOOKED_AT = 50
_RESTORES_COMPARED = 5
_RESTORES_LOOKED_AT = 100


def survey(
    session: Session,
    backup: ResourceRef,
    target: ResourceRef = None,
    disks: Mapping[str, str] | None = None,
    *,
    power_on: bool | None = None,
    outlook: bool = True,
) -> Facts:
    """Gather the facts of a restore.

    Args:
        session: whom to ask.
        backup: which backup.
        target: what would be overwritten; what was backed up if left out.
        disks: for a server: from the ID of a disk's backup to the ID of the disk, where not
            all disks, or other ones, are meant.
        power_on: start the server afterwards; if left out, only if it is running now.
        outlook: ask also how long it may take and which policy runs next, which tell a person
            when to begin, and nothing of whether it may be done.

    Raises:
        NotFound: there is no such backup, or no target of this name.
        InvalidRequest: a name fits several, or ``disks`` cannot be meant: it names what is no
            disk of the backup, one disk twice, or none at all.
    """
    unreadable: list[str] = []
    found = session.find_backup(backup)
    kind = _kind(found)
    resource = _target(session, found, target, kind)
    goal = None if resource is None else _target_facts(session, resource, kind, unreadable)
    source = _backup_facts(session, found, unreadable)
    if disks is not None:
        _validate_disks(disks, source, kind)
    vault_status, vault_name = _vault(session, found, unreadable)
    goal_id = goal.id if goal else source.resource_id
    run_at, policy_name, policies_known = (
        _next_run(session, found.vault_id, unreadable) if outlook else (None, None, False)
    )
    restores = _restores(session, goal_id, unreadable)
    running_now = goal is None or goal.status.upper() != "SHUTOFF"
    return Facts(
        asked_at=session.now,
        project_id=session.identity.project_id,
        backup=source,
        mappings=_mappings(source, goal, disks, kind),
        target=goal,
        vault_status=vault_status,
        vault_name=vault_name,
        running=_running(session, goal_id, unreadable),
        newer_backups=_newer(session, goal_id, source, unreadable),
        next_policy_run=run_at,
        policy_name=policy_name,
        policies_known=policies_known,
        past_restores=_past_restores(session, source, restores, unreadable) if outlook else (),
        power_on=running_now if power_on is None else power_on,
        power_named=power_on is not None,
        restores=tuple(map(restore_facts, restores)),
        namesakes=_namesakes(session, goal, kind, unreadable),
        safety_vault=safety_vault(resource),
        disks_named=disks is not None,
        unreadable=tuple(unreadable),
    )


def target_now(
    session: Session, backup: ResourceRef, target: ResourceRef = None
) -> tuple[TargetFacts | None, str]:
    """Return how a target stands, without all else that a plan has to know.

    Args:
        session: whom to ask.
        backup: which backup it was restored from.
        target: what was overwritten; what was backed up if left out.

    Returns:
        The target, ``None`` if it exists no more; and the backup's status. Which of its disks
        the service does not protect is not asked.

    Raises:
        NotFound: there is no such backup, or no target of this name.
    """
    found = session.find_backup(backup)
    resource = _target(session, found, target, _kind(found))
    facts = None if resource is None else resource_facts(resource, _kind(found), {})
    return facts, found.status or NOT_TOLD


def _kind(backup: Backup) -> ResourceKind:
    return _KINDS.get(backup.resource_type or "", "server")


def _target(
    session: Session, backup: Backup, wanted: ResourceRef, kind: ResourceKind
) -> Protectable | None:
    """Return the target as it is now; ``None`` if what was backed up is there no more."""
    if wanted is None:
        resource_id = backup.resource_id or ""
    elif isinstance(wanted, str) and is_id(wanted):
        resource_id = wanted
    else:
        resource_id = session.find_resource(wanted, kind).id
    try:
        return session.client.protectables.show(kind, resource_id)
    except NotFound as problem:
        if isinstance(problem, NotOffered):
            raise  # which says nothing of the target
        if wanted is None:
            return None
        # It may be a name that looks like an ID; if not, the error says what there is.
        return session.client.protectables.show(kind, session.find_resource(wanted, kind).id)


def _backup_facts(session: Session, backup: Backup, unreadable: list[str]) -> BackupFacts:
    children = backup.children or []
    parts = children or [backup]
    info = backup.extend_info
    recorded = _recorded(session, backup, unreadable)
    return BackupFacts(
        id=backup.id,
        name=backup.name or backup.id,
        status=backup.status or NOT_TOLD,
        image_type=backup.image_type or "backup",
        created_at=parse_api_time(backup.created_at) or session.now,
        project_id=backup.project_id or session.identity.project_id,
        vault_id=backup.vault_id or "",
        resource_id=backup.resource_id or "",
        resource_name=backup.resource_name or backup.resource_id or "",
        resource_type=backup.resource_type or "",
        size_gb=backup.resource_size or 0,
        architecture=(info.architecture if info else None) or recorded.get("architecture"),
        os_type=recorded.get("os_type"),
        disks=tuple(disk_backup(each) for each in parts),
        updated_at=parse_api_time(backup.updated_at),
    )


def _recorded(session: Session, backup: Backup, unreadable: list[str]) -> dict[str, Any]:
    """Return what was recorded of a server when it was backed up."""
    if backup.resource_type in (DISK, FILE_SYSTEM) or backup.status != "available":
        return {}
    try:
        server = session.client.backups.metadata(backup.id).get("server")
    except CBRError:
        unreadable.append("metadata of the backup")
        return {}
    if not isinstance(server, dict):
        return {}
    more = server.get("metadata")
    return {**(more if isinstance(more, dict) else {}), **server}


def _target_facts(
    session: Session, resource: Protectable, kind: ResourceKind, unreadable: list[str]
) -> TargetFacts:
    refused = _refused_disks(session, resource.id, unreadable) if kind == "server" else {}
    return resource_facts(resource, kind, refused)


def _refused_disks(session: Session, server_id: str, unreadable: list[str]) -> dict[str, str]:
    """Return the code by which the service does not protect a disk, for those of a server."""
    try:
        rows = list(session.client.protectables.list_all("disk", server_id=server_id))
    except CBRError:
        unreadable.append("disks")
        return {}
    return {
        row.id: row.protectable.code
        for row in rows
        if row.protectable and row.protectable.result is False and row.protectable.code
    }


def _validate_disks(disks: Mapping[str, str], backup: BackupFacts, kind: ResourceKind) -> None:
    """Refuse disks that cannot be meant; left out in silence, they would stay as they are."""
    if kind != "server":
        raise InvalidRequest(
            f"{backup.name} is the backup of a single resource; it has no disks to choose from.",
            advice="Leave disks out, and name another target if you mean one.",
            field="disks",
        )
    known = {part.backup_id: part.disk_name for part in backup.disks}
    choice = ", ".join(f"{key!r} ({name})" for key, name in known.items())
    strange = [key for key in disks if key not in known]
    if strange or not disks:
        what = f"{', '.join(map(repr, strange))} is" if strange else "disks names"
        raise InvalidRequest(
            f"{what} no backup of a disk in {backup.name}.",
            advice=f"Its backups of disks are: {choice}.",
            field="disks",
        )
    if len(set(disks.values())) < len(disks):
        raise InvalidRequest(
            "Two backups would be written to one disk.",
            advice="Name each disk once.",
            field="disks",
        )


def _mappings(
    backup: BackupFacts,
    target: TargetFacts | None,
    disks: Mapping[str, str] | None,
    kind: ResourceKind,
) -> tuple[tuple[str, str], ...]:
    """Return the pairs of disk backup and disk: the person's, or each disk to itself."""
    if target is None:
        return ()
    if kind != "server":
        return ((backup.id, target.id),)
    if disks is not None:
        return tuple(disks.items())
    present = {disk.id for disk in target.disks}
    return tuple((part.backup_id, part.disk_id) for part in backup.disks if part.disk_id in present)


def _vault(
    session: Session, backup: Backup, unreadable: list[str]
) -> tuple[str | None, str | None]:
    try:
        vault = session.client.vaults.show(backup.vault_id or "")
    except CBRError:
        unreadable.append("vault")
        return None, None
    return (vault.billing.status if vault.billing else None), vault.name


def _running(session: Session, resource_id: str, unreadable: list[str]) -> tuple[TaskFacts, ...]:
    """Return what goes on with a resource, from its newest tasks."""
    try:
        newest = session.client.tasks.list(resource_id=resource_id, limit=_TASKS_LOOKED_AT)
        tasks = [task for task in newest.operation_logs if task.status in UNFINISHED]
    except CBRError:
        unreadable.append("tasks")
        return ()
    return tuple(
        TaskFacts(
            task.id,
            task.operation_type or "",
            task.status or "",
            resource_id,
            resource_name_of(task) or resource_id,
        )
        for task in tasks
    )


def _newer(
    session: Session, resource_id: str, backup: BackupFacts, unreadable: list[str]
) -> tuple[tuple[str, datetime], ...]:
    try:
        rows = list(session.client.backups.list_all(resource_id=resource_id, status="available"))
    except CBRError:
        unreadable.append("backups")
        return ()
    newer = [
        (row.name or row.id, made)
        for row in rows
        if row.image_type != "replication"
        and (made := parse_api_time(row.created_at)) is not None
        and made > backup.created_at
    ]
    return tuple(sorted(newer, key=lambda each: each[1], reverse=True))


def _next_run(
    session: Session, vault_id: str | None, unreadable: list[str]
) -> tuple[datetime | None, str | None, bool]:
    """Return when a policy of the vault runs next, and its name; whether that is known."""
    try:
        policies = session.client.policies.list(vault_id=vault_id).policies
        coming = [
            (moments[0], policy.name)
            for policy in policies
            if policy.enabled
            and (moments := runs(policy, session.now, session.now + timedelta(days=7)))
        ]
    except CBRError:
        unreadable.append("policies")
        return None, None, False
    moment, name = min(coming, default=(None, None), key=lambda each: each[0])
    return moment, name, True


def _restores(session: Session, resource_id: str, unreadable: list[str]) -> Sequence[TaskRecord]:
    """Return the newest restores of the target, newest first."""
    try:
        return session.client.tasks.list(
            operation_type="restore", resource_id=resource_id, limit=_RESTORES_LOOKED_AT
        ).operation_logs
    except CBRError:
        unreadable.append("earlier restores")
        return ()


def _namesakes(
    session: Session, goal: TargetFacts | None, kind: ResourceKind, unreadable: list[str]
) -> tuple[str, ...]:
    """Return the IDs of other resources of the target's kind that bear its name."""
    if goal is None:
        return ()
    try:
        found = list(session.client.protectables.list_all(kind, name=goal.name))
    except CBRError:
        unreadable.append("other resources of the name")
        return ()
    return tuple(each.id for each in found if each.name == goal.name and each.id != goal.id)


def _past_restores(
    session: Session,
    backup: BackupFacts,
    restores: Sequence[TaskRecord],
    unreadable: list[str],
) -> tuple[tuple[int, float], ...]:
    """Return size and duration of the latest restores: of the same resource, else of others."""
    mine = [
        task
        for task in restores
        if task.status == "success" and resource_id_of(task) == backup.resource_id
    ]
    try:
        tasks = (
            mine
            or session.client.tasks.list(
                operation_type="restore", status="success", limit=_TASKS_LOOKED_AT
            ).operation_logs
        )
    except CBRError:
        unreadable.append("restores of others")
        return ()
    sizes: dict[str, int | None] = {backup.id: backup.size_gb}
    past = []
    for task in tasks[:_RESTORES_COMPARED]:
        begun, ended = parse_api_time(task.started_at), parse_api_time(task.ended_at)
        restore = task.extra_info.restore if task.extra_info else None
        restored = restore.backup_id if restore else None
        if begun is None or ended is None or restored is None:
            continue
        if restored not in sizes:
            sizes[restored] = _size(session, restored)
        if size := sizes[restored]:
            past.append((size, (ended - begun).total_seconds()))
    return tuple(past)


def _size(session: Session, backup_id: str) -> int | None:
    """Return the size in GB of what a backup is of; ``None`` if the backup is gone."""
    try:
        return session.client.backups.show(backup_id).resource_size
    except CBRError:
        return None
