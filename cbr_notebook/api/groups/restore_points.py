"""The operations on restore points."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import UNSET, UnsetType

from cbr_notebook.api.groups import Group
from cbr_notebook.api.messages import validate
from cbr_notebook.api.messages.records import Record, RestorePoint
from cbr_notebook.api.messages.vault_bodies import ResourceItem
from cbr_notebook.errors import InvalidRequest

_PATH = "/v3/{project_id}/checkpoints"


class _Answer(msgspec.Struct):
    checkpoint: RestorePoint


class StartedReplica(Record, frozen=True):
    """The replication of one backup of a vault."""

    backup_id: str | None = None
    replication_record_id: str | None = None


class VaultReplication(Record, frozen=True):
    """The replication of a vault's backups into another region."""

    backups: list[StartedReplica] | None = None
    vault_id: str | None = None
    provider_id: str | None = None
    project_id: str | None = None
    source_region: str | None = None
    destination_vault_id: str | None = None
    destination_project_id: str | None = None
    destination_region: str | None = None


class VaultSync(Record, frozen=True):
    """The synchronization of a hybrid cloud vault, as a task."""

    operation_log_id: str | None = None
    vault_id: str | None = None


class _ReplicateAnswer(msgspec.Struct):
    replication: VaultReplication


class _SyncAnswer(msgspec.Struct):
    sync: VaultSync


class _Parameters(msgspec.Struct):
    auto_trigger: bool
    incremental: bool
    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    resources: list[str] | UnsetType = UNSET
    resource_details: list[ResourceItem] | UnsetType = UNSET
    policy_id: str | UnsetType = UNSET
    retention_duration_days: int | UnsetType = UNSET


class RestorePoints(Group):
    """Restore points: backups of a vault's resources, made together."""

    def create(
        self,
        vault_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        incremental: bool = True,
        resources: Sequence[str] | None = None,
        resource_details: Sequence[ResourceItem] | None = None,
        retention_days: int | None = None,
        policy_id: str | None = None,
        auto_trigger: bool = False,
    ) -> RestorePoint:
        """Back up some or all resources of a vault; it goes on after the answer.

        Args:
            vault_id: the vault.
            name: of the backups; with several resources they are numbered.
            description: at most 255 characters, without < and >.
            incremental: store only what changed since the last backup, where there is one.
            resources: IDs of resources in the vault; all if left out.
            resource_details: instead of ``resources``: resources with the disks to back up.
            retention_days: delete the backups after so many days, 1 to 36500; never if left out.
            policy_id: the policy that keeps the backups, as if it had made them.
            auto_trigger: whether a schedule asks, not a person.

        Returns:
            The restore point; its vault tells what was skipped, and why.

        Raises:
            InvalidRequest: a value is not allowed; nothing was sent (BackupService.9900).
            NotFound: no such vault, or a resource is not in it (BackupService.6105, .6135).
            Conflict: nothing can be backed up now (BackupService.0001, .6113, .6125, .2010).
            QuotaExceeded: the vault is full (BackupService.6114).

        API: Restore point, "Creating a Restore Point" (POST /v3/{project_id}/checkpoints).
        """
        if resources is not None and resource_details is not None:
            raise InvalidRequest("Give resources or resource_details, not both.")
        parameters = _Parameters(
            auto_trigger=auto_trigger,
            incremental=incremental,
            name=UNSET if name is None else validate.name(name),
            description=validate.text(description, 255, "description") or UNSET,
            resources=UNSET if resources is None else list(resources),
            resource_details=UNSET if resource_details is None else list(resource_details),
            policy_id=UNSET if policy_id is None else validate.id_of(policy_id, "policy_id"),
            retention_duration_days=UNSET
            if retention_days is None
            else validate.within(retention_days, 1, 36500, "retention_days") or UNSET,
        )
        body = {"checkpoint": {"vault_id": vault_id, "parameters": parameters}}
        return self._transport.send("POST", _PATH, body, _Answer).checkpoint

    def show(self, restore_point_id: str) -> RestorePoint:
        """Return a restore point; some regions leave its vault and name out.

        Raises:
            NotFound: there is none of this ID (BackupService.6217).

        API: Restore point, "Querying a Restore Point" (GET …/checkpoints/{checkpoint_id}).
        """
        return self._transport.get(f"{_PATH}/{restore_point_id}", _Answer).checkpoint

    def replicate(
        self,
        vault_id: str,
        *,
        destination_project_id: str,
        destination_region: str,
        destination_vault_id: str,
        auto_trigger: bool = False,
        enable_acceleration: bool = False,
    ) -> VaultReplication:
        """Replicate what a vault holds and the other region lacks; it goes on after the answer.

        Args:
            vault_id: the vault with the backups.
            destination_project_id: the project there.
            destination_region: the other region.
            destination_vault_id: a replication vault there.
            auto_trigger: whether a schedule asks, not a person.
            enable_acceleration: use the faster, dearer way.

        Returns:
            The backups that are replicated, and the records of it.

        Raises:
            InvalidRequest: nothing is left to replicate, or the vaults do not fit
                (BackupService.0001, .6119, .6120, .6128).
            NotFound: there is no such vault (BackupService.6105).
            QuotaExceeded: the other vault has no room (BackupService.6129).

        API: Restore point, "Replicating a Restore Point" (POST …/checkpoints/replicate).
        """
        body = {
            "vault_id": validate.id_of(vault_id, "vault_id"),
            "destination_project_id": validate.id_of(
                destination_project_id, "destination_project_id"
            ),
            "destination_region": validate.id_of(destination_region, "destination_region"),
            "destination_vault_id": validate.id_of(destination_vault_id, "destination_vault_id"),
            "auto_trigger": auto_trigger,
            "enable_acceleration": enable_acceleration,
        }
        path = f"{_PATH}/replicate"
        answer = self._transport.send("POST", path, {"replicate": body}, _ReplicateAnswer)
        return answer.replication

    def sync(self, vault_id: str, *, auto_trigger: bool = False) -> VaultSync:
        """Read in what was backed up outside the cloud; it goes on after the answer.

        Args:
            vault_id: a hybrid cloud vault.
            auto_trigger: whether a schedule asks, not a person.

        Returns:
            The task.

        Raises:
            InvalidRequest: not a hybrid cloud vault (BackupService.7300).
            Conflict: it is being synchronized already (BackupService.7302).
            NotFound: there is no such vault (BackupService.6105).

        API: Restore point, "Synchronizing a Restore Point" (POST …/checkpoints/sync).
        """
        body = {
            "sync": {"vault_id": validate.id_of(vault_id, "vault_id"), "auto_trigger": auto_trigger}
        }
        return self._transport.send("POST", f"{_PATH}/sync", body, _SyncAnswer).sync
