"""The operations on restore points."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import UNSET, UnsetType

from cbr_notebook.api import checks
from cbr_notebook.api.records import RestorePoint
from cbr_notebook.api.transport import Transport

_PATH = "/v3/{project_id}/checkpoints"


class _Answer(msgspec.Struct):
    checkpoint: RestorePoint


class _Parameters(msgspec.Struct):
    auto_trigger: bool
    incremental: bool
    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    resources: list[str] | UnsetType = UNSET
    retention_duration_days: int | UnsetType = UNSET


class RestorePoints:
    """Restore points: backups of a vault's resources, made together."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        vault_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        incremental: bool = True,
        resources: Sequence[str] | None = None,
        retention_days: int | None = None,
    ) -> RestorePoint:
        """Back up some or all resources of a vault; it goes on after the answer.

        Args:
            vault_id: the vault.
            name: of the backups; with several resources they are numbered.
            description: at most 255 characters, without < and >.
            incremental: store only what changed since the last backup, where there is one.
            resources: IDs of resources in the vault; all if left out.
            retention_days: delete the backups after so many days, 1 to 36500; never if left out.

        Returns:
            The restore point; its vault tells what was skipped, and why.

        Raises:
            NotFound: no such vault, or a resource is not in it (BackupService.6105, .6135).
            Conflict: nothing can be backed up now (BackupService.0001, .6113, .6125, .2010).
            QuotaExceeded: the vault is full (BackupService.6114).

        API: Restore point, "Creating a Restore Point" (POST /v3/{project_id}/checkpoints).
        """
        parameters = _Parameters(
            auto_trigger=False,
            incremental=incremental,
            name=UNSET if name is None else checks.name(name),
            description=checks.text(description, 255, "description") or UNSET,
            resources=UNSET if resources is None else list(resources),
            retention_duration_days=UNSET
            if retention_days is None
            else checks.within(retention_days, 1, 36500, "retention_days") or UNSET,
        )
        body = {"checkpoint": {"vault_id": vault_id, "parameters": parameters}}
        return self._transport.send("POST", _PATH, body, _Answer).checkpoint

    def show(self, restore_point_id: str) -> RestorePoint:
        """Give a restore point; some regions leave its vault and name out.

        Raises:
            NotFound: there is none of this ID (BackupService.6217).

        API: Restore point, "Querying a Restore Point" (GET …/checkpoints/{checkpoint_id}).
        """
        return self._transport.get(f"{_PATH}/{restore_point_id}", _Answer).checkpoint
