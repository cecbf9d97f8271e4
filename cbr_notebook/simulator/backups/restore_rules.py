"""What may be restored to where: every rule of the service, and the code that names it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cbr_notebook.simulator.backups import backups
from cbr_notebook.simulator.backups.backup_rows import BackupRow
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.inventory import resources
from cbr_notebook.simulator.inventory.inventory_rows import DiskRow, ServerRow
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.tasks import tasks
from cbr_notebook.simulator.vaults import vaults


@dataclass(frozen=True, slots=True)
class Restore:
    """A restore that keeps all rules: what is written from where."""

    backup: BackupRow
    target: ServerRow | DiskRow
    pairs: Sequence[tuple[BackupRow, DiskRow]]
    """Backups of disks, with the disks that they overwrite."""

    @property
    def size_gb(self) -> int:
        """What is written, in GB."""
        return sum(int(source.resource_size_gb) for source, _ in self.pairs)


def check_backup(engine: Engine, backup: BackupRow, project_id: str) -> None:
    """Refuse a backup from which nothing can be restored now."""
    if backup.project_id != project_id:
        raise ApiError("2003")
    if backup.image_type == "replication":
        raise ApiError("2004")
    if backup.status == "restoring":
        raise ApiError("2010")
    if backup.status != "available":
        raise ApiError("2005")
    vault = vaults.by_id(engine, backup.vault_id)
    if vault is None or vault.status not in ("available", "lock"):
        raise ApiError("6202")


def to_server(
    engine: Engine, backup: BackupRow, server_id: str, mappings: Mapping[str, str]
) -> Restore:
    """Check the restore of a server; ``mappings`` go from disk backups to disks."""
    row = resources.find_server(engine, server_id, backup.project_id)
    if row is None:
        raise ApiError("7100")
    if backup.resource_type == resources.SERVER and row.type == resources.BARE_METAL:
        raise ApiError("2006")
    if backup.resource_type == resources.BARE_METAL and row.type == resources.SERVER:
        raise ApiError("2014")
    if backup.resource_type != row.type:
        raise ApiError("7115")
    if server_id != backup.resource_id:
        raise ApiError("2003")
    _check_server(backup, row)
    _check_idle(engine, server_id)
    sources = {child.id: child for child in backups.children(engine, backup.id)}
    disks = {each.disk.id: each.disk for each in resources.disks_of(engine, server_id)}
    if not mappings or any(source not in sources for source in mappings):
        raise ApiError("9900")
    pairs = []
    for source_id, disk_id in mappings.items():
        if disk_id not in disks:
            raise ApiError("2012" if resources.find_disk(engine, disk_id) else "7000")
        pairs.append((sources[source_id], disks[disk_id]))
    for source, disk in pairs:
        _check_disk(source, disk, allowed=("in-use", "available"))
    return Restore(backup, row, pairs)


def _check_server(backup: BackupRow, row: ServerRow) -> None:
    if resources.properties(row).get("dr_site"):
        raise ApiError("7117")
    if row.status in ("DELETED", "SOFT_DELETED"):
        raise ApiError("2007")
    if row.status not in ("ACTIVE", "SHUTOFF"):
        raise ApiError("2008")
    then = json.loads(backup.properties)
    if then.get("architecture", row.architecture) != row.architecture:
        raise ApiError("2015")
    if then.get("os_type", row.os_type) != row.os_type:
        raise ApiError("7114")


def to_disk(engine: Engine, backup: BackupRow, disk_id: str) -> Restore:
    """Check the restore of a single disk, which must be detached."""
    if backup.resource_type != resources.DISK or backup.parent_id is not None:
        raise ApiError("7115")
    row = resources.find_disk(engine, disk_id, backup.project_id)
    if row is None or row.type != resources.DISK:
        raise ApiError("7000")
    _check_idle(engine, disk_id)
    _check_disk(backup, row, allowed=("available",))
    return Restore(backup, row, [(backup, row)])


def to_file_system(engine: Engine, backup: BackupRow, resource_id: str) -> Restore:
    """Check the restore of a file system, which goes back only to itself."""
    if backup.resource_type != resources.FILE_SYSTEM or resource_id != backup.resource_id:
        raise ApiError("7510")
    row = resources.find_disk(engine, resource_id)
    if row is None:
        raise ApiError("7500")
    _check_idle(engine, resource_id)
    traits = resources.properties(row)
    if traits.get("restore_refused"):
        raise ApiError(str(traits["restore_refused"]))
    if row.size_gb < backup.resource_size_gb:
        raise ApiError("7507")
    if row.status != "available":
        raise ApiError("7511")
    return Restore(backup, row, [(backup, row)])


def _check_idle(engine: Engine, resource_id: str) -> None:
    """Refuse while the target is being backed up or restored."""
    if tasks.running(engine, ("backup",), resource_id=resource_id):
        raise ApiError("2002")
    if tasks.running(engine, ("restore",), resource_id=resource_id):
        raise ApiError("2010")


def _check_disk(source: BackupRow, disk: DiskRow, *, allowed: tuple[str, ...]) -> None:
    if source.chain is None:
        raise ApiError("2005")
    traits = resources.properties(disk)
    if traits.get("dr_site"):
        raise ApiError("7008")
    if traits.get("unsupported"):
        raise ApiError("7004")
    if traits.get("scsi") or traits.get("dess"):
        raise ApiError("2009")
    if disk.status not in allowed:
        raise ApiError("2011")
    if disk.bootable and not json.loads(source.extend_info).get("bootable"):
        raise ApiError("2013")
    if disk.size_gb < source.resource_size_gb:
        raise ApiError("2001")
