"""The operations on backups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from cbr_notebook.api.groups import Group
from cbr_notebook.api.http.transport import QueryValue
from cbr_notebook.api.messages import validate
from cbr_notebook.api.messages.constants import NATIVE_SERVER, RESOURCE_TYPES
from cbr_notebook.api.messages.records import Backup, Page, Record
from cbr_notebook.api.messages.statuses import BACKUP_STATUSES, MEMBER_STATUSES
from cbr_notebook.api.paging.pager import items, paged
from cbr_notebook.text.arguments import texts

SORT_KEYS = ("created_at", "updated_at", "name", "status", "protected_at", "id")
PATH = "/v3/{project_id}/backups"
_WORDS = {
    "resource_type": RESOURCE_TYPES,
    "image_type": ("backup", "replication"),
    "own_type": ("private", "shared", "all_granted"),
    "member_status": MEMBER_STATUSES,
}
_RANGES = {"limit": (1, 1000), "offset": (0, 2**31), "used_percent": (1, 100)}


class BackupPage(Page, frozen=True, kw_only=True):
    """A page of backups."""

    backups: list[Backup]


class _Answer(msgspec.Struct):
    backup: Backup


class Replication(Record, frozen=True):
    """The replication of a backup into another region."""

    backup_id: str | None = None
    replication_record_id: str | None = None
    provider_id: str | None = None
    project_id: str | None = None
    source_region: str | None = None
    destination_vault_id: str | None = None
    destination_project_id: str | None = None
    destination_region: str | None = None


class SyncItem(msgspec.Struct):
    """A backup that was made outside the cloud.

    Attributes:
        backup_id: its ID.
        backup_name: 1 to 64 letters, digits, ``_`` and ``-``.
        bucket_name: the bucket that holds it.
        image_path: where in the bucket.
        resource_id: what was backed up.
        resource_name: its name.
        created_at: when, in seconds since 1970.
        resource_type: what it is.
    """

    backup_id: str
    backup_name: str
    bucket_name: str
    image_path: str
    resource_id: str
    resource_name: str
    created_at: int
    resource_type: str = NATIVE_SERVER


class SyncedBackup(Record, frozen=True):
    """A backup that is being read in, and the task that does it."""

    backup_id: str | None = None
    operation_log_id: str | None = None


class _ReplicateAnswer(msgspec.Struct):
    replication: Replication


class _SyncAnswer(msgspec.Struct):
    sync: list[SyncedBackup] = []


class _RestoreAnswer(msgspec.Struct):
    job_id: str | None = None


def list_query(filters: Mapping[str, Any]) -> dict[str, QueryValue]:
    """Return the filters of the list of backups as query parameters; they are checked.

    Args:
        filters: the parameters of :meth:`Backups.list`, by name.

    Raises:
        InvalidRequest: a value is not one that the service knows.
    """
    asked = dict(filters)
    for each in texts(asked.get("status") or (), "status"):
        validate.one_of(each, BACKUP_STATUSES, "status")
    for part in (validate.text(asked.get("sort"), 255, "sort") or "created_at").split(","):
        key, _, direction = part.partition(":")
        validate.one_of(key, SORT_KEYS, "sort")
        validate.one_of(direction or None, ("asc", "desc"), "direction of sort")
    for name, words in _WORDS.items():
        validate.one_of(asked.get(name), words, name)
    for name, (least, most) in _RANGES.items():
        asked[name] = validate.within(asked.get(name), least, most, name)
    return asked


def _decoded(value: Any) -> Any:
    """Read the JSON that the service hides in a text, or in each text of a list."""
    if isinstance(value, list):
        return [_decoded(each) for each in value]
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return msgspec.json.decode(value)
        except msgspec.DecodeError:
            return value  # cut short by the service: better its text than nothing
    return value


class Backups(Group):
    """Backups of servers, disks and file systems."""

    def list(
        self,
        *,
        limit: int | None = None,
        offset: int | None = None,
        marker: str | None = None,
        sort: str | None = None,
        name: str | None = None,
        status: str | Sequence[str] | None = None,
        vault_id: str | None = None,
        checkpoint_id: str | None = None,
        resource_id: str | None = None,
        resource_name: str | None = None,
        resource_type: str | None = None,
        resource_az: str | None = None,
        image_type: str | None = None,
        start_time: str | None = None,
        end_time: str | None = None,
        parent_id: str | None = None,
        own_type: str | None = None,
        member_status: str | None = None,
        used_percent: int | None = None,
        incremental: bool | None = None,
        show_replication: bool | None = None,
        enterprise_project_id: str | None = None,
        dec: bool | None = None,
    ) -> BackupPage:
        """Return a page of backups, newest first; backups of a server's disks are not listed.

        Args:
            limit: rows in the page, 1 to 1000.
            offset: rows to skip.
            marker: the last ID of the page before.
            sort: such as ``created_at:asc,name:desc``.
            name: the exact name.
            status: ``available``, ``error``, ``protecting``, …: one or several.
            vault_id: only of this vault.
            checkpoint_id: only of this restore point.
            resource_id: only of this resource.
            resource_name: only of the resource of this name.
            resource_type: such as ``OS::Nova::Server``.
            resource_az: only of resources in this availability zone.
            image_type: ``backup`` or ``replication``.
            start_time: not made before this (``2020-08-17T00:00:00Z``).
            end_time: not made after this.
            parent_id: of a server's backup: the backups of its disks.
            own_type: ``private``, ``shared`` or ``all_granted``.
            member_status: of shared ones: ``pending``, ``accepted`` or ``rejected``.
            used_percent: only of vaults that are as full as this, in percent.
            incremental: only incremental ones, or only full ones.
            show_replication: with the records of their replications.
            enterprise_project_id: only of this enterprise project.
            dec: only those in a dedicated cloud.

        Raises:
            InvalidRequest: a filter has a value that the service does not know.

        API: Backup, "Querying All Backups" (GET /v3/{project_id}/backups).
        """
        filters = {name: value for name, value in locals().items() if name != "self"}
        return self._transport.get(PATH, BackupPage, list_query(filters))

    def list_all(self, *, page_size: int = 1000, **filters: Any) -> Iterator[Backup]:
        """Return all backups, page by page; filters as for :meth:`list`.

        API: Backup, "Querying All Backups" (GET /v3/{project_id}/backups).
        """
        ask = paged(partial(self.list, **filters), "backups")
        return items(ask, page_size=page_size)

    def show(self, backup_id: str) -> Backup:
        """Return a backup, with the backups of its disks as ``children``.

        Raises:
            NotFound: there is none of this ID (BackupService.6200).

        API: Backup, "Querying a Specified Backup" (GET /v3/{project_id}/backups/{backup_id}).
        """
        return self._transport.get(f"{PATH}/{backup_id}", _Answer).backup

    def update(self, backup_id: str, *, name: str) -> Backup:
        """Rename a backup.

        Raises:
            NotFound: there is none of this ID (BackupService.6200).

        API: Backup, "Modifying a Backup" (PUT /v3/{project_id}/backups/{backup_id}).
        """
        body = {"backup": {"name": validate.name(name)}}
        return self._transport.send(
            "PUT", f"{PATH}/{backup_id}", body, _Answer, read_back=True
        ).backup

    def delete(self, backup_id: str) -> None:
        """Delete a backup; it goes on after the answer.

        Raises:
            NotFound: there is none of this ID (BackupService.6200).
            Conflict: it is busy, an image depends on it, or its vault is locked
                (BackupService.6201, .6203, .6204, .6216, .6220).

        API: Backup, "Deleting a Backup" (DELETE /v3/{project_id}/backups/{backup_id}).
        """
        self._transport.send("DELETE", f"{PATH}/{backup_id}", None, type(None))

    def metadata(self, backup_id: str) -> dict[str, Any]:
        """Return what was recorded of the server when it was backed up.

        Returns:
            Members by name, each decoded from the JSON text that the service gives.

        Raises:
            NotFound: there is none of this ID (BackupService.6200).
            Conflict: it is not available (BackupService.6206).

        API: Backup, "Querying the Backup Metadata" (GET …/backups/{backup_id}/metadata).
        """
        raw = self._transport.get(f"{PATH}/{backup_id}/metadata", dict[str, Any])
        return {name: _decoded(value) for name, value in raw.items()}

    def restore(
        self,
        backup_id: str,
        *,
        server_id: str | None = None,
        volume_id: str | None = None,
        resource_id: str | None = None,
        mappings: Mapping[str, str] | None = None,
        power_on: bool = True,
        destination_path: str | None = None,
    ) -> str | None:
        """Overwrite a server, disk or file system with a backup. This cannot be undone.

        Args:
            backup_id: the backup of the server, disk or file system.
            server_id: the server to overwrite, with ``mappings``.
            volume_id: the disk to overwrite.
            resource_id: the file system to overwrite.
            mappings: for a server: from the ID of each disk's backup to the ID of the disk.
            power_on: start the server afterwards.
            destination_path: where to put restored files.

        Returns:
            The ID of the task, where the service tells it.

        Raises:
            NotFound: no such backup or target (BackupService.6200, .7100, .7000).
            Conflict: something is not in a state for it (BackupService.2002 to .2012, .6202).
            InvalidRequest: backup and target do not fit (BackupService.2001 to .2015).

        API: Backup, "Restoring Data Using a Backup" (POST …/backups/{backup_id}/restore).
        """
        restore: dict[str, Any] = {"power_on": power_on}
        for key, value in (
            ("server_id", server_id), ("volume_id", volume_id), ("resource_id", resource_id),
        ):  # fmt: skip
            if value is not None:
                restore[key] = value
        if mappings is not None:
            restore["mappings"] = [
                {"backup_id": disk_backup, "volume_id": disk}
                for disk_backup, disk in mappings.items()
            ]
        if destination_path is not None:
            restore["details"] = {"destination_path": destination_path}
        path = f"{PATH}/{backup_id}/restore"
        content = self._transport.send_for_text("POST", path, {"restore": restore}, once=True)
        if not content.strip():
            return None
        try:
            return msgspec.json.decode(content, type=_RestoreAnswer).job_id
        except msgspec.DecodeError:
            return None  # it was acknowledged, in words of another version of the service

    def replicate(
        self,
        backup_id: str,
        *,
        destination_project_id: str,
        destination_region: str,
        destination_vault_id: str,
        name: str | None = None,
        description: str | None = None,
        enable_acceleration: bool | None = None,
    ) -> Replication:
        """Replicate a server's backup into another region; it goes on after the answer.

        Args:
            backup_id: the backup.
            destination_project_id: the project there.
            destination_region: the other region.
            destination_vault_id: a replication vault there.
            name: of the replica.
            description: of the replica; at most 255 characters, without < and >.
            enable_acceleration: use the faster, dearer way.

        Returns:
            The record of the replication.

        Raises:
            NotFound: there is no such backup (BackupService.6200).
            Conflict: the backup is not available, or is there already
                (BackupService.1001, .1009).
            InvalidRequest: not a backup to replicate, or no vault for it
                (BackupService.1002, .1003, .1004, .1005, .6119, .6120, .6128).
            QuotaExceeded: the other vault has no room (BackupService.6129).

        API: Backup, "Replicating a Backup" (POST …/backups/{backup_id}/replicate).
        """
        body: dict[str, Any] = {
            "destination_project_id": validate.id_of(
                destination_project_id, "destination_project_id"
            ),
            "destination_region": validate.id_of(destination_region, "destination_region"),
            "destination_vault_id": validate.id_of(destination_vault_id, "destination_vault_id"),
        }
        if name is not None:
            body["name"] = validate.name(name)
        if description is not None:
            body["description"] = validate.text(description, 255, "description")
        if enable_acceleration is not None:
            body["enable_acceleration"] = enable_acceleration
        path = f"{PATH}/{backup_id}/replicate"
        answer = self._transport.send("POST", path, {"replicate": body}, _ReplicateAnswer)
        return answer.replication

    def sync(self, items: Sequence[SyncItem]) -> Sequence[SyncedBackup]:
        """Read in backups that were made outside the cloud; it goes on after the answer.

        Args:
            items: 1 to 50 of them.

        Returns:
            The task of each.

        Raises:
            InvalidRequest: a value is not allowed (BackupService.9900).

        API: Backup, "Synchronizing Backups" (POST /v3/{project_id}/backups/sync).
        """
        validate.listed(items, "items", most=50)
        for item in items:
            validate.name(item.backup_name, "backup_name")
        body = {"sync": list(items)}
        return self._transport.send("POST", f"{PATH}/sync", body, _SyncAnswer).sync
