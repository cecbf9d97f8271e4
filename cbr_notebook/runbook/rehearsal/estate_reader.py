"""Reading an estate as far as its service tells it; only asks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from statistics import mean
from typing import Any, Literal

import msgspec

from cbr_notebook.api.messages.constants import DISK, SERVER_TYPES
from cbr_notebook.api.messages.records import Backup, Policy, Protectable, TaskRecord, Vault
from cbr_notebook.api.messages.statuses import (
    BACKUP_AVAILABLE,
    DISK_AVAILABLE,
    DISK_IN_USE,
    TASK_SUCCESS,
    VAULT_AVAILABLE,
)
from cbr_notebook.errors import CBRError
from cbr_notebook.frames.resources import tags_of
from cbr_notebook.runbook.plan.facts import NOT_TOLD
from cbr_notebook.runbook.plan.record_facts import resource_facts
from cbr_notebook.session import Session
from cbr_notebook.simulator.backups.seeding.recorded_backups import ToldBackup, ToldDisk
from cbr_notebook.simulator.estates.twin_estate import (
    DiskTold,
    EstateTold,
    PolicyTold,
    ServerTold,
    VaultTold,
)
from cbr_notebook.text.timeparse import parse_api_time, to_api_time

MOST_BACKUPS = 60
"""Backups of one resource that are read into a twin, the newest."""
MOST_ASKED = 200
"""Of how many servers the newest backup is asked for its disks."""
_TASKS_SINCE = timedelta(days=30)
_MOST_TASKS = 5000
_COMPARED = 5
_NEVER_KNOWN = (
    ("bytes", "The service tells no content: whether a restored system works is not rehearsed."),
    ("agents", "Application-consistent backups need agents in the servers; the twin has none."),
    ("what is written tonight", "A backup takes there what backups of the resource took so far."),
    ("disks of older backups", "They are taken for the disks that the server has now."),
    ("other people", "What others do in the account after the twin was made is not in it."),
    ("the service's own speed", "Where no task of the kind is known, the twin has its own pace."),
)


class EstateReader:
    """Reads one project, and notes what could not be read."""

    def __init__(self, session: Session) -> None:
        """Begin with a session; nothing is asked yet."""
        self._session = session
        self._unknown: list[tuple[str, str]] = list(_NEVER_KNOWN)

    def read(
        self, restore_seconds: Mapping[str, float] | None = None, backup_ids: Iterable[str] = ()
    ) -> EstateTold:
        """Return all that the service tells of the project.

        Args:
            restore_seconds: how long restores of resources are expected to take, by their ID.
            backup_ids: backups whose disks must be known; others are asked for their disks if
                they are the newest good one of a server.
        """
        client = self._session.client
        now = self._session.now
        vaults = self._listed("vaults", client.vaults.list_all)
        policies = self._listed("policies", lambda: client.policies.list().policies)
        backups = self._listed("backups", client.backups.list_all)
        durations = self._durations(now)
        for resource_id, seconds in (restore_seconds or {}).items():
            durations[resource_id, "restore"] = [seconds]
        takes = _usual_sizes(vaults)
        servers = self._servers(durations, takes)
        attached = {disk.id for server in servers for disk in server.disks}
        disks = [
            *self._disks("disk", attached, durations, takes),
            *self._disks("turbo", attached, durations, takes),
        ]
        self._note_unrehearsed(vaults, policies)
        return EstateTold(
            project_id=self._session.identity.project_id,
            now=int(now.timestamp() * 1_000_000),
            servers=tuple(servers),
            disks=tuple(disks),
            policies=tuple(
                PolicyTold(
                    each.id,
                    each.name or each.id,
                    each.operation_type or "backup",
                    bool(each.enabled),
                    _patterns(each.trigger),
                    _plain(each.operation_definition),
                )
                for each in policies
            ),
            vaults=tuple(_vault(each, policies) for each in vaults),
            backups=tuple(self._backups(backups, servers, takes, set(backup_ids))),
            unknown=tuple(self._unknown),
        )

    def _note_unrehearsed(self, vaults: list[Vault], policies: list[Policy]) -> None:
        """Note what is told, and is not carried out on a twin."""
        names = {vault.id: vault.name or vault.id for vault in vaults}
        for policy in policies:
            if policy.operation_type != "replication":
                continue
            for each in policy.associated_vaults or ():
                name = names.get(each.vault_id or "", each.vault_id)
                what = f"replication of vault {name}"
                why = "It goes to another region, which is not read; it does not run on the twin."
                self._unknown.append((what, why))
        for vault in vaults:
            if vault.billing.charging_mode == "pre_paid":
                why = "The service tells neither its period nor what is left to be paid."
                self._unknown.append((f"order of vault {vault.name or vault.id}", why))

    @contextmanager
    def _noting(self, what: str) -> Iterator[None]:
        """Note what could not be read, and go on after the block."""
        try:
            yield
        except CBRError as problem:
            self._unknown.append((what, f"They could not be read: {problem.message}"))

    def _listed(self, what: str, rows: Callable[[], Iterable[Any]]) -> list[Any]:
        with self._noting(what):
            return list(rows())
        return []

    def _servers(
        self, durations: Mapping[tuple[str, str], list[float]], takes: Mapping[str, int]
    ) -> list[ServerTold]:
        protectables = self._session.client.protectables
        rows: list[Protectable] = self._listed("servers", partial(protectables.list_all, "server"))
        found = []
        for row in rows:
            facts = resource_facts(row, "server", {})
            disks = tuple(
                DiskTold(
                    disk.id,
                    disk.name,
                    disk.size_gb,
                    _disk_status(disk.status, DISK_IN_USE),
                    device=disk.device,
                    system_disk=disk.system_disk is True or (at == 0 and disk.system_disk is None),
                    traits={"scsi": True} if disk.scsi else {},
                )
                for at, disk in enumerate(facts.disks)
            )
            found.append(
                ServerTold(
                    facts.id,
                    facts.name,
                    facts.type or SERVER_TYPES[0],
                    facts.status.upper(),
                    disks,
                    facts.architecture,
                    facts.os_type,
                    tags=dict(tags_of(row)),
                    traits=_traits(facts.id, durations, takes),
                )
            )
        return found

    def _disks(
        self,
        kind: Literal["disk", "turbo"],
        attached: set[str],
        durations: Mapping[tuple[str, str], list[float]],
        takes: Mapping[str, int],
    ) -> list[DiskTold]:
        what = "disks" if kind == "disk" else "file systems"
        protectables = self._session.client.protectables
        rows: list[Protectable] = self._listed(what, partial(protectables.list_all, kind))
        return [
            DiskTold(
                row.id,
                row.name or row.id,
                row.size or 0,
                _disk_status(row.status, DISK_AVAILABLE),
                type=row.type or DISK,
                tags=dict(tags_of(row)),
                traits=_traits(row.id, durations, takes),
            )
            for row in rows
            if row.id not in attached
        ]

    def _backups(
        self,
        rows: list[Backup],
        servers: list[ServerTold],
        takes: Mapping[str, int],
        backup_ids: set[str],
    ) -> Iterable[ToldBackup]:
        disks = {server.id: server.disks for server in servers}
        rows = sorted(rows, key=lambda each: each.created_at or "", reverse=True)
        taken: Counter[str] = Counter()
        asked: set[str] = set()
        left_out = 0
        for row in rows:
            resource_id = row.resource_id or ""
            if taken[resource_id] >= MOST_BACKUPS or not (row.created_at and row.vault_id):
                left_out += 1
                continue
            taken[resource_id] += 1
            is_server = row.resource_type in SERVER_TYPES
            newest = row.status == BACKUP_AVAILABLE and resource_id not in asked
            if is_server and (row.id in backup_ids or (newest and len(asked) < MOST_ASKED)):
                asked.add(resource_id)
                row = self._with_disks(row)
            held = _backed_up(row, disks.get(resource_id, ())) if is_server else ()
            yield _backup(row, held, takes.get(resource_id, 0))
        if left_out:
            self._unknown.append(
                ("older backups", f"{left_out} are not in the twin; vaults count their room.")
            )

    def _with_disks(self, row: Backup) -> Backup:
        with self._noting(f"disks of {row.name or row.id}"):
            return self._session.client.backups.show(row.id)
        return row

    def _durations(self, now: datetime) -> dict[tuple[str, str], list[float]]:
        """Return the seconds of the newest good tasks, by resource and kind."""
        found: dict[tuple[str, str], list[float]] = defaultdict(list)
        since = to_api_time(now - _TASKS_SINCE)
        with self._noting("tasks"):
            for at, task in enumerate(
                self._session.client.tasks.list_all(status=TASK_SUCCESS, start_time=since)
            ):
                if at >= _MOST_TASKS:
                    break
                resource_id, seconds = _ran(task)
                kind = (resource_id, task.operation_type or "")
                if resource_id and seconds and len(found[kind]) < _COMPARED:
                    found[kind].append(seconds)
        return found


def _ran(task: TaskRecord) -> tuple[str, float]:
    began, ended = parse_api_time(task.started_at), parse_api_time(task.ended_at)
    resource = task.extra_info.resource if task.extra_info else None
    if began is None or ended is None or resource is None or resource.id is None:
        return "", 0.0
    return resource.id, max(0.0, (ended - began).total_seconds())


def _traits(
    resource_id: str,
    durations: Mapping[tuple[str, str], list[float]],
    takes: Mapping[str, int],
) -> dict[str, Any]:
    traits: dict[str, Any] = {}
    for kind in ("backup", "restore"):
        if known := durations.get((resource_id, kind)):
            traits[f"{kind}_seconds"] = mean(known)
    if resource_id in takes:
        traits["unseen_mb"] = takes[resource_id]
    return traits


def _usual_sizes(vaults: Iterable[Vault]) -> dict[str, int]:
    """Return the MB that a backup of each resource takes on average."""
    return {
        each.id: round(each.backup_size / each.backup_count)
        for vault in vaults
        for each in vault.resources or ()
        if each.backup_size and each.backup_count
    }


def _backup(row: Backup, disks: tuple[ToldDisk, ...], takes_mb: int) -> ToldBackup:
    info = row.extend_info
    return ToldBackup(
        id=row.id,
        name=row.name or row.id,
        vault_id=row.vault_id or "",
        status=row.status or BACKUP_AVAILABLE,
        resource_id=row.resource_id or "",
        resource_name=row.resource_name or row.resource_id or "",
        resource_type=row.resource_type or SERVER_TYPES[0],
        size_gb=row.resource_size or 0,
        created_at=_time(row.created_at) or "",
        disks=disks,
        restore_point_id=row.checkpoint_id,
        updated_at=_time(row.updated_at),
        expired_at=_time(row.expired_at),
        description=row.description or "",
        image_type=row.image_type or "backup",
        automatic=bool(info and info.auto_trigger),
        incremental=bool(row.incremental),
        architecture=info.architecture if info else None,
        stored_mb=takes_mb,
    )


def _backed_up(row: Backup, present: tuple[DiskTold, ...]) -> tuple[ToldDisk, ...]:
    if row.children:
        return tuple(
            ToldDisk(
                each.id,
                each.resource_id or "",
                each.resource_name or each.id,
                each.resource_size or 0,
                bool(each.extend_info and (each.extend_info.system_disk
                                           or each.extend_info.bootable)),
            )
            for each in row.children
        )  # fmt: skip
    return tuple(
        ToldDisk(f"{row.id}-{disk.id}", disk.id, disk.name, disk.size_gb, disk.system_disk)
        for disk in present
    )


def _vault(row: Vault, policies: Iterable[Any]) -> VaultTold:
    billing = row.billing
    return VaultTold(
        row.id,
        row.name or row.id,
        billing.size or 0,
        billing.used or 0,
        billing.status or VAULT_AVAILABLE,
        billing.object_type or "server",
        billing.protect_type or "backup",
        billing.consistent_level or "crash_consistent",
        tuple(each.id for each in row.resources or ()),
        tuple(
            policy.id
            for policy in policies
            if policy.operation_type == "backup"
            and any(each.vault_id == row.id for each in policy.associated_vaults or ())
        ),
        bool(row.auto_expand),
        {tag.key: tag.value or "" for tag in row.tags or ()},
        {
            each.id: dict(each.extra_info)
            for each in row.resources or ()
            if isinstance(each.extra_info, Mapping) and each.extra_info
        },
        bool(row.locked),
        billing.charging_mode or "post_paid",
        billing.order_id,
    )


def _patterns(trigger: Any) -> list[str]:
    properties = trigger.properties if trigger else None
    return list(properties.pattern or ()) if properties else []


def _plain(definition: Any) -> dict[str, Any]:
    if definition is None:
        return {}
    names = (
        "max_backups", "retention_duration_days", "day_backups", "week_backups",
        "month_backups", "year_backups", "timezone", "full_backup_interval",
        "destination_region", "destination_project_id",
    )  # fmt: skip
    found = {name: getattr(definition, name, None) for name in names}
    return {name: value for name, value in found.items() if value not in (None, msgspec.UNSET)}


def _disk_status(status: str | None, usual: str) -> str:
    return status if status and status != NOT_TOLD else usual


def _time(text: str | None) -> str | None:
    moment = parse_api_time(text)
    return None if moment is None else moment.isoformat()
