"""The operations on vaults."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from cbr_notebook.api.groups.tags import TagRules, checked, tag_pairs
from cbr_notebook.api.groups.vault_resources import PATH, VaultResources
from cbr_notebook.api.messages import validate
from cbr_notebook.api.messages.constants import OBJECT_TYPES, ObjectType
from cbr_notebook.api.messages.records import Vault
from cbr_notebook.api.messages.statuses import VAULT_STATUSES
from cbr_notebook.api.messages.vault_bodies import (
    BillingCreate,
    BillingUpdate,
    ChangedIds,
    ResourceItem,
    ShiftedExpiry,
    VaultAnswer,
    VaultApplyAnswer,
    VaultCreate,
    VaultPage,
    VaultSummary,
    VaultUpdate,
    or_unset,
)
from cbr_notebook.api.paging.pager import items, paged
from cbr_notebook.errors import InvalidRequest


class Vaults(VaultResources):
    """Vaults: containers of backups with a capacity."""

    def list(
        self,
        *,
        limit: int | None = None,
        offset: int | None = None,
        name: str | None = None,
        id: Sequence[str] | None = None,  # noqa: A002 the service's name
        status: str | None = None,
        object_type: str | None = None,
        protect_type: str | None = None,
        cloud_type: str | None = None,
        policy_id: str | None = None,
        resource_ids: Sequence[str] | None = None,
        enterprise_project_id: str | None = None,
    ) -> VaultPage:
        """Return a page of vaults, newest first.

        Args:
            limit: rows in the page, 1 to 1000.
            offset: rows to skip.
            name: part of the name.
            id: only these.
            status: one of ``available``, ``lock``, ``frozen``, ``deleting``, ``error``.
            object_type: ``server``, ``disk``, ``turbo``, …
            protect_type: ``backup`` or ``replication``.
            cloud_type: ``public`` or ``hybrid``.
            policy_id: only vaults with this policy.
            resource_ids: only vaults with any of these resources.
            enterprise_project_id: only vaults of this enterprise project.

        Raises:
            InvalidRequest: a value is out of range.

        API: Vault, "Querying the Vault List" (GET /v3/{project_id}/vaults).
        """
        query = {
            "limit": validate.within(limit, 1, 1000, "limit"),
            "offset": validate.within(offset, 0, 2**31, "offset"),
            "name": name,
            "id": id,
            "status": validate.one_of(status, VAULT_STATUSES, "status"),
            "object_type": validate.one_of(object_type, OBJECT_TYPES, "object_type"),
            "protect_type": validate.one_of(
                protect_type, ("backup", "replication"), "protect_type"
            ),
            "cloud_type": validate.one_of(cloud_type, ("public", "hybrid"), "cloud_type"),
            "policy_id": policy_id,
            "resource_ids": ",".join(resource_ids) if resource_ids else None,
            "enterprise_project_id": enterprise_project_id,
        }
        return self._transport.get(PATH, VaultPage, query)

    def list_all(self, *, page_size: int = 1000, **filters: Any) -> Iterator[Vault]:
        """Return all vaults, page by page; filters as for :meth:`list`.

        API: Vault, "Querying the Vault List" (GET /v3/{project_id}/vaults).
        """
        ask = paged(partial(self.list, **filters), "vaults")
        return items(ask, page_size=page_size)

    def show(self, vault_id: str) -> Vault:
        """Return a vault.

        Raises:
            NotFound: there is none of this ID (BackupService.6105).

        API: Vault, "Querying a Specified Vault" (GET /v3/{project_id}/vaults/{vault_id}).
        """
        return self._transport.get(f"{PATH}/{vault_id}", VaultAnswer).vault

    def create(
        self,
        name: str,
        *,
        size: int,
        object_type: ObjectType = "server",
        protect_type: Literal["backup", "replication"] = "backup",
        consistent_level: Literal["crash_consistent", "app_consistent"] = "crash_consistent",
        cloud_type: Literal["public", "hybrid"] = "public",
        resources: Sequence[ResourceItem] = (),
        description: str | None = None,
        backup_policy_id: str | None = None,
        tags: dict[str, str] | None = None,
        auto_expand: bool | None = None,
        auto_bind: bool | None = None,
        bind_rules: TagRules | None = None,
        threshold: int | None = None,
        backup_name_prefix: str | None = None,
        enterprise_project_id: str | None = None,
        smn_notify: bool | None = None,
        locked: bool | None = None,
        availability_zone: str | None = None,
        is_multi_az: bool | None = None,
    ) -> Vault:
        """Create a vault that is paid per use.

        Args:
            name: 1 to 64 letters, digits, ``_`` and ``-``.
            size: capacity in GB, 10 to 10485760.
            object_type: what it protects.
            protect_type: ``backup``, or ``replication`` for replicas from elsewhere.
            consistent_level: ``app_consistent`` for servers with an agent.
            cloud_type: ``public``, or ``hybrid`` for backups from one's own data centre.
            resources: what to protect from the beginning.
            description: at most 64 characters, without < and >.
            backup_policy_id: a policy to apply at once.
            tags: at most ten.
            auto_expand: grow by a quarter when full.
            auto_bind: take in resources with the tags of ``bind_rules`` by itself.
            bind_rules: up to five tags, any of which will do: by key a value or several, or
                pairs of key and value.
            threshold: percent of use at which the account is told, with
            smn_notify: if it is told.
            backup_name_prefix: put before names of automatic backups.
            enterprise_project_id: the enterprise project; ``"0"`` is the default one.
            locked: keep what policies make until it expires; this cannot be taken back.
            availability_zone: where it lies.
            is_multi_az: keep the data in several zones.

        Returns:
            The new vault.

        Raises:
            InvalidRequest: a value is out of range (BackupService.6101, .9900).
            Conflict: a resource is in a vault already (BackupService.6103).
            QuotaExceeded: no more vaults or resources (BackupService.6133, .6100).

        API: Vault, "Creating a Vault" (POST /v3/{project_id}/vaults).
        """
        rules = [{"key": k, "value": v} for k, v in tag_pairs(bind_rules)]
        gb = validate.size_gb(size)
        billing = BillingCreate(cloud_type, consistent_level, object_type, protect_type, gb)
        billing.is_multi_az = or_unset(is_multi_az)
        wanted = VaultCreate(
            billing=billing,
            name=validate.name(name),
            resources=list(resources),
            description=or_unset(validate.text(description, 64, "description")),
            backup_policy_id=or_unset(backup_policy_id),
            tags=[{"key": k, "value": v} for k, v in map(checked, tags, tags.values())]
            if tags
            else UNSET,
            auto_expand=or_unset(auto_expand),
            auto_bind=or_unset(auto_bind),
            bind_rules={"tags": rules} if bind_rules is not None else UNSET,
            threshold=or_unset(validate.within(threshold, 1, 100, "threshold")),
            backup_name_prefix=or_unset(backup_name_prefix),
            enterprise_project_id=or_unset(enterprise_project_id),
            smn_notify=or_unset(smn_notify),
            locked=or_unset(locked),
            availability_zone=or_unset(availability_zone),
        )
        return self._transport.send("POST", PATH, {"vault": wanted}, VaultAnswer).vault

    def update(
        self,
        vault_id: str,
        *,
        name: str | None = None,
        size: int | None = None,
        consistent_level: Literal["app_consistent"] | None = None,
        auto_expand: bool | None = None,
        auto_bind: bool | None = None,
        bind_rules: TagRules | None = None,
        smn_notify: bool | None = None,
        threshold: int | None = None,
        locked: bool | None = None,
    ) -> Vault:
        """Change a vault; what is left out stays.

        Args:
            vault_id: the vault.
            name: a new name.
            size: a new capacity in GB, not below what is used.
            consistent_level: from crash to application consistency, not back.
            auto_expand: grow by a quarter when full.
            auto_bind: take in tagged resources by itself.
            bind_rules: up to five tags, any of which will do: by key a value or several, or
                pairs of key and value; ``{}`` clears them.
            smn_notify: tell the account when the threshold is passed.
            threshold: percent of use.
            locked: protect backups from deletion; cannot be undone.

        Raises:
            NotFound: there is none of this ID (BackupService.6105).
            InvalidRequest: a value is out of range (BackupService.6101).
            Conflict: its status does not allow it (BackupService.6110, .6112).

        API: Vault, "Modifying a Vault" (PUT /v3/{project_id}/vaults/{vault_id}).
        """
        rules = [{"key": k, "value": v} for k, v in tag_pairs(bind_rules)]
        billing: BillingUpdate | UnsetType = UNSET
        if size is not None or consistent_level is not None:
            billing = BillingUpdate(
                size=UNSET if size is None else validate.size_gb(size, 1),
                consistent_level=or_unset(consistent_level),
            )
        change = VaultUpdate(
            name=UNSET if name is None else validate.name(name),
            billing=billing,
            auto_bind=or_unset(auto_bind),
            bind_rules={"tags": rules} if bind_rules is not None else UNSET,
            auto_expand=or_unset(auto_expand),
            smn_notify=or_unset(smn_notify),
            threshold=or_unset(validate.within(threshold, 1, 100, "threshold")),
            locked=or_unset(locked),
        )
        if change == VaultUpdate():
            raise InvalidRequest("Nothing is to be changed.", advice="Name what shall change.")
        return self._transport.send(
            "PUT", f"{PATH}/{vault_id}", {"vault": change}, VaultAnswer, read_back=True
        ).vault

    def delete(self, vault_id: str) -> None:
        """Delete a vault with all its backups; it goes on after the answer.

        Raises:
            NotFound: there is none of this ID (BackupService.6105).
            Conflict: it is paid in advance, busy, or an image depends on it
                (BackupService.6111, .6112, .6203, .6204).

        API: Vault, "Deleting a Vault" (DELETE /v3/{project_id}/vaults/{vault_id}).
        """
        self._transport.send("DELETE", f"{PATH}/{vault_id}", None, type(None))

    def apply_policy(
        self, vault_id: str, policy_id: str, *, destination_vault_id: str | None = None
    ) -> None:
        """Apply a policy to a vault, in place of another of its type.

        Args:
            vault_id: the vault.
            policy_id: the policy.
            destination_vault_id: where replicas go; mandatory for a replication policy.

        Raises:
            NotFound: no such vault or policy (BackupService.6105, .6000).
            InvalidRequest: they do not fit each other (BackupService.6127).

        API: Vault, "Applying a Policy to a Vault" (POST …/vaults/{vault_id}/associatepolicy).
        """
        body = {"policy_id": policy_id}
        if destination_vault_id:
            body["destination_vault_id"] = destination_vault_id
        self._transport.send("POST", f"{PATH}/{vault_id}/associatepolicy", body, VaultApplyAnswer)

    def remove_policy(self, vault_id: str, policy_id: str) -> None:
        """Remove a policy from a vault; its backups stay.

        Raises:
            NotFound: no such vault or policy, or not applied
                (BackupService.6105, .6000, .6002).

        API: Vault, "Removing a Policy from a Vault" (POST …/vaults/{vault_id}/dissociatepolicy).
        """
        path = f"{PATH}/{vault_id}/dissociatepolicy"
        self._transport.send("POST", path, {"policy_id": policy_id}, dict[str, Any])

    def batch_update(
        self, *, smn_notify: bool | None = None, threshold: int | None = None
    ) -> Sequence[str]:
        """Change when the account is told about the use of all its vaults.

        Args:
            smn_notify: tell the account when the threshold is passed.
            threshold: percent of use, 1 to 100.

        Returns:
            The IDs of the vaults changed.

        Raises:
            InvalidRequest: a value is out of range (BackupService.9900).

        API: Vault, "Batch Modifying Vaults" (PUT /v3/{project_id}/vaults/batch-update).
        """
        validate.within(threshold, 1, 100, "threshold")
        given = {"smn_notify": smn_notify, "threshold": threshold}
        change = {name: value for name, value in given.items() if value is not None}
        if not change:
            raise InvalidRequest("Nothing is to be changed.", advice="Name what shall change.")
        path = f"{PATH}/batch-update"
        return self._transport.send("PUT", path, {"vault": change}, ChangedIds).updated_vaults_id

    def list_external(
        self,
        *,
        region_id: str,
        external_project_id: str,
        limit: int | None = None,
        offset: int | None = None,
        protect_type: str | None = None,
        object_type: str | None = None,
        cloud_type: str | None = None,
        vault_id: str | None = None,
    ) -> VaultPage:
        """Return a page of the vaults of another region's project, to replicate into.

        Args:
            region_id: the other region.
            external_project_id: the project there.
            limit: rows in the page, 1 to 1000.
            offset: rows to skip.
            protect_type: ``backup`` or ``replication``.
            object_type: ``server``, ``disk``, …
            cloud_type: ``public`` or ``hybrid``.
            vault_id: only this one.

        Raises:
            InvalidRequest: a value is missing or out of range (BackupService.9900).

        API: Vault, "Querying the Vaults of Another Region" (GET …/vaults/external).
        """
        query = {
            "region_id": validate.id_of(region_id, "region_id"),
            "external_project_id": validate.id_of(external_project_id, "external_project_id"),
            "limit": validate.within(limit, 1, 1000, "limit"),
            "offset": validate.within(offset, 0, 2**31, "offset"),
            "protect_type": validate.one_of(
                protect_type, ("backup", "replication"), "protect_type"
            ),
            "objcet_type": validate.one_of(object_type, OBJECT_TYPES, "object_type"),  # sic
            "cloud_type": validate.one_of(cloud_type, ("public", "hybrid"), "cloud_type"),
            "vault_id": vault_id,
        }
        return self._transport.get(f"{PATH}/external", VaultPage, query)

    def summary(self) -> VaultSummary:
        """Return the capacity (GB) and the use (MB) of all vaults together.

        API: Vault, "Querying the Vault Summary" (GET /v3/{project_id}/vaults/summary).
        """
        return self._transport.get(f"{PATH}/summary", VaultSummary)

    def update_expiration_time(
        self, vault_id: str, *, expect_expiration_date: str, time_zone: str
    ) -> ShiftedExpiry:
        """Change the day until which a vault's backups live.

        Args:
            vault_id: the vault.
            expect_expiration_date: the day, such as ``2020-09-30``.
            time_zone: in which the day is meant, such as ``UTC+01:00``.

        Returns:
            How many backups are concerned, and the task that changes them.

        Raises:
            NotFound: there is no such vault (BackupService.6105).
            InvalidRequest: the day cannot be read or is over (BackupService.9900).

        API: Vault, "Updating the Expiration Time of Backups"
        (PUT …/vaults/{vault_id}/update-backup-expiration-time).
        """
        day = validate.id_of(expect_expiration_date, "expect_expiration_date")
        body = {
            "expect_expiration_date": day,
            "time_zone": validate.time_zone(time_zone, "time_zone"),
        }
        path = f"{PATH}/{vault_id}/update-backup-expiration-time"
        return self._transport.send("PUT", path, body, ShiftedExpiry)
