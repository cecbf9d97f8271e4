"""The operations on what is in a vault: resources come, go, move, and pause."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from cbr_notebook.api.groups import Group
from cbr_notebook.api.messages import validate
from cbr_notebook.api.messages.vault_bodies import ChangedIds, ResourceItem

PATH = "/v3/{project_id}/vaults"


class VaultResources(Group):
    """Servers, disks and file systems in vaults."""

    def add_resources(self, vault_id: str, resources: Sequence[ResourceItem]) -> Sequence[str]:
        """Put resources into a vault, all or none.

        Args:
            vault_id: the vault.
            resources: 1 to 256 of them.

        Returns:
            Their IDs.

        Raises:
            NotFound: no such vault or resource (BackupService.6105, .6302).
            Conflict: one is in another vault (BackupService.6103).
            InvalidRequest: one is of the wrong type, or named twice (BackupService.6102, .6104).

        API: Vault, "Associating Resources" (POST …/vaults/{vault_id}/addresources).
        """
        validate.listed(resources, "resources", most=256)
        path = f"{PATH}/{vault_id}/addresources"
        answer = self._transport.send("POST", path, {"resources": list(resources)}, ChangedIds)
        return answer.add_resource_ids

    def remove_resources(self, vault_id: str, resource_ids: Sequence[str]) -> Sequence[str]:
        """Remove resources from a vault, which deletes their backups in it.

        Args:
            vault_id: the vault.
            resource_ids: 1 to 256 of them.

        Returns:
            Their IDs; the removal goes on after the answer.

        Raises:
            NotFound: no such vault, or not in it (BackupService.6105, .6135).
            Conflict: one is busy, or leaving already (BackupService.6203, .6134).

        API: Vault, "Dissociating Resources" (POST …/vaults/{vault_id}/removeresources).
        """
        validate.listed(resource_ids, "resource_ids", most=256)
        path = f"{PATH}/{vault_id}/removeresources"
        answer = self._transport.send(
            "POST", path, {"resource_ids": list(resource_ids)}, ChangedIds
        )
        return answer.remove_resource_ids

    def migrate_resources(
        self, vault_id: str, resource_ids: Sequence[str], *, destination_vault_id: str
    ) -> Sequence[str]:
        """Move resources with their backups into another vault of the same type.

        Args:
            vault_id: the vault that they leave.
            resource_ids: 1 to 256 of them.
            destination_vault_id: the vault that takes them.

        Returns:
            Their IDs.

        Raises:
            NotFound: no such vault, or not in it (BackupService.6105, .6135).
            Conflict: a vault or a resource is busy (BackupService.6112, .6203).
            QuotaExceeded: the other vault has no room (BackupService.6129).

        API: Vault, "Migrating Resources" (POST …/vaults/{vault_id}/migrateresources).
        """
        validate.listed(resource_ids, "resource_ids", most=256)
        body = {
            "destination_vault_id": validate.id_of(destination_vault_id, "destination_vault_id"),
            "resource_ids": list(resource_ids),
        }
        path = f"{PATH}/{vault_id}/migrateresources"
        return self._transport.send("POST", path, body, ChangedIds).migrated_resources

    def set_resources(
        self,
        vault_id: str,
        resource_ids: Sequence[str],
        *,
        action: Literal["suspend", "unsuspend"],
    ) -> Sequence[str]:
        """Leave resources out of automatic backups, or take them in again.

        Args:
            vault_id: the vault.
            resource_ids: at least one of its resources.
            action: ``suspend`` or ``unsuspend``.

        Returns:
            Their IDs.

        Raises:
            NotFound: there is no such vault (BackupService.6105).
            Conflict: one is leaving the vault (BackupService.6134).
            InvalidRequest: one is not in the vault (BackupService.6135).

        API: Vault, "Setting Vault Resources" (PUT …/vaults/{vault_id}/set-resources).
        """
        body = {
            "resource_ids": validate.at_least_one(resource_ids, "resource_ids"),
            "action": validate.one_of(action, ("suspend", "unsuspend"), "action"),
        }
        path = f"{PATH}/{vault_id}/set-resources"
        return self._transport.send("PUT", path, body, ChangedIds).set_resource_ids
