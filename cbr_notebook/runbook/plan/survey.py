"""Asking the service for everything a plan must know; nothing here changes anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from cbr_notebook.api.messages.constants import DISK, FILE_SYSTEM, ResourceKind
from cbr_notebook.api.messages.records import Backup, Protectable, TaskRecord
from cbr_notebook.api.messages.statuses import (
    BACKUP_AVAILABLE,
    SERVER_STOPPED,
    TASK_SUCCESS,
    UNFINISHED,
)
from cbr_notebook.errors import CBRError, InvalidRequest, NotFound, NotOffered
from cbr_notebook.runbook.plan.facts import (
    NOT_TOLD,
    BackupFacts,
    Facts,
    TargetFacts,
    TaskFacts,
    Unread,
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
    found = session.find_backup(backup)
    kind = _kind(found)
    resource = _target(session, found, target, kind)
    asked = _Questions(session)
    goal = None if resource is None else asked.target(resource, kind)
    source = asked.backup(found)
    if disks is not None:
        _validate_disks(disks, source, kind)
    vault_status, vault_name = asked.vault(found)
    goal_id = goal.id if goal else source.resource_id
    run_at = policy_name = None
    if outlook:
        run_at, policy_name = asked.next_run(found.vault_id)
    else:
        asked.unreadable.append(Unread.POLICIES)
    restores = asked.restores(goal_id)
    running_now = goal is None or goal.status.upper() != SERVER_STOPPED
    return Facts(
        asked_at=session.now,
        project_id=session.identity.project_id,
        backup=source,
        mappings=_mappings(source, goal, disks, kind),
        target=goal,
        vault_status=vault_status,
        vault_name=vault_name,
        running=asked.running(goal_id),
        newer_backups=asked.newer_backups(goal_id, source),
        next_policy_run=run_at,
        policy_name=policy_name,
        past_restores=asked.past_restores(source, restores) if outlook else (),
        power_on=running_now if power_on is None else power_on,
        power_named=power_on is not None,
        restores=tuple(map(restore_facts, restores)),
        namesakes=() if goal is None else asked.namesakes(goal, kind),
        safety_vault=safety_vault(resource),
        disks_named=disks is not None,
        unreadable=tuple(asked.unreadable),
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


class _Questions:
    """Asks for what a plan can do without, and notes what could not be asked."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client = session.client
        self.unreadable: list[Unread] = []

    @contextmanager
    def _noting(self, what: Unread) -> Iterator[None]:
        """Note what could not be asked, and go on after the block."""
        try:
            yield
        except CBRError:
            self.unreadable.append(what)

    def backup(self, backup: Backup) -> BackupFacts:
        """Return what is known of a backup."""
        info = backup.extend_info
        recorded = self._recorded(backup)
        return BackupFacts(
            id=backup.id,
            name=backup.name or backup.id,
            status=backup.status or NOT_TOLD,
            image_type=backup.image_type or "backup",
            created_at=parse_api_time(backup.created_at) or self._session.now,
            project_id=backup.project_id or self._session.identity.project_id,
            vault_id=backup.vault_id or "",
            resource_id=backup.resource_id or "",
            resource_name=backup.resource_name or backup.resource_id or "",
            resource_type=backup.resource_type or "",
            size_gb=backup.resource_size or 0,
            architecture=(info.architecture if info else None) or recorded.get("architecture"),
            os_type=recorded.get("os_type"),
            disks=tuple(map(disk_backup, backup.children or [backup])),
            updated_at=parse_api_time(backup.updated_at),
        )

    def _recorded(self, backup: Backup) -> dict[str, Any]:
        """Return what was recorded of a server when it was backed up."""
        server = None
        if backup.resource_type not in (DISK, FILE_SYSTEM) and backup.status == BACKUP_AVAILABLE:
            with self._noting(Unread.METADATA):
                server = self._client.backups.metadata(backup.id).get("server")
        if not isinstance(server, dict):
            return {}
        more = server.get("metadata")
        return {**(more if isinstance(more, dict) else {}), **server}

    def target(self, resource: Protectable, kind: ResourceKind) -> TargetFacts:
        """Return how a target stands, and by which codes its disks are not protected."""
        disks: list[Protectable] = []
        if kind == "server":
            with self._noting(Unread.DISKS):
                disks = list(self._client.protectables.list_all("disk", server_id=resource.id))
        refused = {
            disk.id: disk.protectable.code
            for disk in disks
            if disk.protectable and disk.protectable.result is False and disk.protectable.code
        }
        return resource_facts(resource, kind, refused)

    def vault(self, backup: Backup) -> tuple[str | None, str | None]:
        """Return the status of a backup's vault, and its name."""
        with self._noting(Unread.VAULT):
            vault = self._client.vaults.show(backup.vault_id or "")
            return (vault.billing.status if vault.billing else None), vault.name
        return None, None

    def running(self, resource_id: str) -> tuple[TaskFacts, ...]:
        """Return what goes on with a resource, from its newest tasks."""
        with self._noting(Unread.TASKS):
            newest = self._client.tasks.list(resource_id=resource_id, limit=_TASKS_LOOKED_AT)
            return tuple(
                TaskFacts(
                    task.id,
                    task.operation_type or "",
                    task.status or "",
                    resource_id,
                    resource_name_of(task) or resource_id,
                )
                for task in newest.operation_logs
                if task.status in UNFINISHED
            )
        return ()

    def newer_backups(
        self, resource_id: str, backup: BackupFacts
    ) -> tuple[tuple[str, datetime], ...]:
        """Return name and time of usable backups that were made after one, newest first."""
        rows: list[Backup] = []
        with self._noting(Unread.BACKUPS):
            listed = self._client.backups.list_all(resource_id=resource_id, status=BACKUP_AVAILABLE)
            rows = list(listed)
        newer = [
            (row.name or row.id, made)
            for row in rows
            if row.image_type != "replication"
            and (made := parse_api_time(row.created_at)) is not None
            and made > backup.created_at
        ]
        return tuple(sorted(newer, key=lambda each: each[1], reverse=True))

    def next_run(self, vault_id: str | None) -> tuple[datetime | None, str | None]:
        """Return when a policy of the vault runs next, and its name."""
        with self._noting(Unread.POLICIES):
            policies = self._client.policies.list(vault_id=vault_id).policies
            now = self._session.now
            coming = [
                (moments[0], policy.name)
                for policy in policies
                if policy.enabled and (moments := runs(policy, now, now + timedelta(days=7)))
            ]
            moment, name = min(coming, default=(None, None), key=lambda each: each[0])
            return moment, name
        return None, None

    def restores(self, resource_id: str) -> Sequence[TaskRecord]:
        """Return the newest restores of the target, newest first."""
        with self._noting(Unread.RESTORES):
            return self._client.tasks.list(
                operation_type="restore", resource_id=resource_id, limit=_RESTORES_LOOKED_AT
            ).operation_logs
        return ()

    def namesakes(self, goal: TargetFacts, kind: ResourceKind) -> tuple[str, ...]:
        """Return the IDs of other resources of the target's kind that bear its name."""
        with self._noting(Unread.NAMESAKES):
            found = list(self._client.protectables.list_all(kind, name=goal.name))
            return tuple(each.id for each in found if each.name == goal.name and each.id != goal.id)
        return ()

    def past_restores(
        self, backup: BackupFacts, restores: Sequence[TaskRecord]
    ) -> tuple[tuple[int, float], ...]:
        """Return size and duration of the latest restores: of the same resource, else of others."""
        tasks: Sequence[TaskRecord] = [
            task
            for task in restores
            if task.status == TASK_SUCCESS and resource_id_of(task) == backup.resource_id
        ]
        if not tasks:
            with self._noting(Unread.OTHER_RESTORES):
                tasks = self._client.tasks.list(
                    operation_type="restore", status=TASK_SUCCESS, limit=_TASKS_LOOKED_AT
                ).operation_logs
        sizes: dict[str, int | None] = {backup.id: backup.size_gb}
        past = []
        for task in tasks[:_RESTORES_COMPARED]:
            begun, ended = parse_api_time(task.started_at), parse_api_time(task.ended_at)
            restore = task.extra_info.restore if task.extra_info else None
            restored = restore.backup_id if restore else None
            if begun is None or ended is None or restored is None:
                continue
            if restored not in sizes:
                sizes[restored] = self._size(restored)
            if size := sizes[restored]:
                past.append((size, (ended - begun).total_seconds()))
        return tuple(past)

    def _size(self, backup_id: str) -> int | None:
        """Return the size in GB of what a backup is of; ``None`` if the backup is gone."""
        with suppress(CBRError):
            return self._client.backups.show(backup_id).resource_size
        return None
