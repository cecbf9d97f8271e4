"""What is known about a restore before it is asked for: the ground that the checks stand on.

Nothing here asks the service; :mod:`cbr_notebook.runbook.plan.survey` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

NOT_TOLD = "unknown"
"""The status of what the service gives none of; a server's own "UNKNOWN" is in capitals."""


class Unread(StrEnum):
    """What could not be asked, or was not; the checks that need it say "unknown"."""

    METADATA = "metadata of the backup"
    DISKS = "disks"
    VAULT = "vault"
    TASKS = "tasks"
    BACKUPS = "backups"
    POLICIES = "policies"
    RESTORES = "earlier restores"
    NAMESAKES = "other resources of the name"
    OTHER_RESTORES = "restores of others"


_COMPARABLE = 2.0
"""Restores all of one size tell of sizes up to this many times larger or smaller."""


@dataclass(frozen=True, slots=True)
class DiskBackup:
    """One backed-up disk of a backup."""

    backup_id: str
    disk_id: str
    disk_name: str
    size_gb: int
    system_disk: bool | None
    encrypted: bool | None = None


@dataclass(frozen=True, slots=True)
class BackupFacts:
    """The backup to restore from."""

    id: str
    name: str
    status: str
    image_type: str
    created_at: datetime
    project_id: str
    vault_id: str
    resource_id: str
    resource_name: str
    resource_type: str
    size_gb: int
    architecture: str | None
    os_type: str | None
    disks: tuple[DiskBackup, ...]
    """For a disk or file system backup: the backup itself."""
    updated_at: datetime | None = None
    """When it last changed, where the service tells."""


@dataclass(frozen=True, slots=True)
class DiskFacts:
    """One disk as it is now."""

    id: str
    name: str
    size_gb: int
    """0: the service does not tell."""
    status: str
    device: str | None = None
    system_disk: bool | None = None
    server_id: str | None = None
    updated_at: datetime | None = None
    """When it was last written, where the service tells."""
    disaster_recovery: bool | None = None
    refused: str | None = None
    """The code by which the service does not protect this disk, if it says so."""
    scsi: bool | None = None


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """The server, disk or file system that would be overwritten, as it is now."""

    id: str
    name: str
    type: str
    status: str
    size_gb: int
    architecture: str | None = None
    os_type: str | None = None
    disaster_recovery: bool | None = None
    disks: tuple[DiskFacts, ...] = ()
    """A server's disks; of a disk or file system, itself."""
    sub_status: str | None = None
    """What a file system is busy with, if it is."""


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """A task that is not finished."""

    id: str
    operation_type: str
    status: str
    resource_id: str
    resource_name: str


@dataclass(frozen=True, slots=True)
class RestoreFacts:
    """A restore of the target that the service knows of."""

    id: str
    backup_id: str | None
    status: str
    created_at: datetime | None


@dataclass(frozen=True, slots=True)
class SafetyVault:
    """The vault that a backup of the present state would go to."""

    id: str
    name: str
    free_mb: int | None
    """``None``: the service does not tell."""
    usual_mb: int | None
    """What a backup of the target took on average; ``None``: not told, or none was made."""
    expands: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a plan was made from."""

    asked_at: datetime
    project_id: str
    backup: BackupFacts
    mappings: tuple[tuple[str, str], ...]
    """Pairs of the disk backup's ID and the ID of the disk that it would overwrite."""
    target: TargetFacts | None
    """``None``: the service does not know it any more."""
    vault_status: str | None
    vault_name: str | None
    running: tuple[TaskFacts, ...] = ()
    """Unfinished tasks on the target."""
    newer_backups: tuple[tuple[str, datetime], ...] = ()
    """Name and time of usable backups of the target made after the chosen one, newest first."""
    next_policy_run: datetime | None = None
    policy_name: str | None = None
    past_restores: tuple[tuple[int, float], ...] = ()
    """Size in GB and seconds of earlier restores."""
    power_on: bool = True
    disks_named: bool = False
    """Whether the person named the disks, so that none may be left out."""
    power_named: bool = True
    """Whether the person said what shall become of the server; else it stays as it is."""
    restores: tuple[RestoreFacts, ...] = ()
    """The newest restores of the target, newest first."""
    namesakes: tuple[str, ...] = ()
    """The IDs of other resources that bear the target's name."""
    safety_vault: SafetyVault | None = None
    """Where a backup of the present state would go; ``None``: the target is in no vault."""
    unreadable: tuple[Unread, ...] = ()

    @property
    def confirm_with(self) -> str:
        """What a person types to confirm: the target's name, its ID where others bear the name."""
        if self.target is None:
            return self.backup.resource_name
        return self.target.id if self.namesakes else self.target.name

    @property
    def marks(self) -> dict[str, str | None]:
        """When the service says that the backup and each disk concerned last changed."""
        told = {self.backup.id: self.backup.updated_at}
        told.update((disk.id, disk.updated_at) for _, disk in self.overwritten)
        return {key: at.isoformat() if at else None for key, at in told.items()}

    @property
    def overwritten(self) -> tuple[tuple[DiskBackup, DiskFacts], ...]:
        """Pairs of disk backup and existing disk that it would overwrite."""
        disks = {disk.id: disk for disk in self.target.disks} if self.target else {}
        backups = {disk.backup_id: disk for disk in self.backup.disks}
        return tuple(
            (backups[backup_id], disks[disk_id])
            for backup_id, disk_id in self.mappings
            if backup_id in backups and disk_id in disks
        )

    @property
    def grown(self) -> tuple[DiskFacts, ...]:
        """Disks that would be overwritten by a smaller backup: what they hold cannot come back."""
        return tuple(
            now for old, now in self.overwritten if old.size_gb and now.size_gb > old.size_gb
        )

    @property
    def untouched(self) -> tuple[DiskFacts, ...]:
        """Disks of the target that the restore leaves as they are."""
        written = {disk_id for _, disk_id in self.mappings}
        return tuple(
            disk for disk in (self.target.disks if self.target else ()) if disk.id not in written
        )

    @property
    def impossible(self) -> tuple[DiskBackup, ...]:
        """Backed-up disks for which the target has no disk any more.

        Where the person named the disks, those that were not named are no part of it.
        """
        mapped = {pair[0].backup_id for pair in self.overwritten}
        chosen = {backup_id for backup_id, _ in self.mappings}
        return tuple(
            disk
            for disk in self.backup.disks
            if disk.backup_id not in mapped and (not self.disks_named or disk.backup_id in chosen)
        )

    @property
    def elsewhere(self) -> bool:
        """Whether it overwrites something else than what was backed up: all on it is lost."""
        return self.target is not None and self.target.id != self.backup.resource_id

    @property
    def data_loss(self) -> timedelta:
        """How much newer data the restore throws away: from the backup until now."""
        return self.asked_at - self.backup.created_at

    @property
    def expected_duration(self) -> timedelta | None:
        """How long the restore is likely to take, from past ones; ``None`` if none compares.

        Past durations are fitted by a line over the size where sizes differ. Where they do not,
        their average stands for sizes that are not far from theirs.
        """
        if not self.past_restores:
            return None
        sizes = [size for size, _ in self.past_restores]
        seconds = [duration for _, duration in self.past_restores]
        mean_size = sum(sizes) / len(sizes)
        mean_seconds = sum(seconds) / len(seconds)
        spread = sum((size - mean_size) ** 2 for size in sizes)
        if not spread:
            small, large = sorted((mean_size, float(self.backup.size_gb)))
            near = large <= _COMPARABLE * small
            return timedelta(seconds=mean_seconds) if near else None
        slope = (
            sum(
                (size - mean_size) * (duration - mean_seconds)
                for size, duration in self.past_restores
            )
            / spread
        )
        guess = mean_seconds + slope * (self.backup.size_gb - mean_size)
        return timedelta(seconds=max(guess, min(seconds) / 2))
