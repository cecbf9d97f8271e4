"""The operations on vaults."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from cbr_notebook.api import checks
from cbr_notebook.api.paging import all_items
from cbr_notebook.api.records import Page, Vault
from cbr_notebook.api.transport import Transport
from cbr_notebook.errors import InvalidRequest

OBJECT_TYPES = ("server", "disk", "turbo", "workspace", "vmware", "rds", "file")
STATUSES = ("available", "lock", "frozen", "deleting", "error")
_PATH = "/v3/{project_id}/vaults"

ObjectType = Literal["server", "disk", "turbo", "workspace", "vmware", "rds", "file"]


class VaultPage(Page, frozen=True):
    """A page of vaults."""

    vaults: list[Vault] = []


class ResourceItem(msgspec.Struct, omit_defaults=True):
    """A resource to put into a vault.

    Attributes:
        id: the resource's ID.
        type: such as ``OS::Nova::Server``.
        name: its name, for the list of the vault.
        extra_info: which disks of a server are backed up: ``{"exclude_volumes": [ids]}`` or
            ``{"include_volumes": [{"id": id}]}``.
    """

    id: str
    type: str
    name: str | None = None
    extra_info: dict[str, Any] | None = None


class _Answer(msgspec.Struct):
    vault: Vault


class _Added(msgspec.Struct):
    add_resource_ids: list[str] = []


class _Removed(msgspec.Struct):
    remove_resource_ids: list[str] = []


class _Applied(msgspec.Struct):
    vault_id: str
    policy_id: str | None = None


class _ApplyAnswer(msgspec.Struct):
    associate_policy: _Applied


class _BillingCreate(msgspec.Struct):
    cloud_type: str
    consistent_level: str
    object_type: str
    protect_type: str
    size: int
    charging_mode: str | UnsetType = UNSET


class _VaultCreate(msgspec.Struct):
    billing: _BillingCreate
    name: str
    resources: list[ResourceItem]
    description: str | UnsetType = UNSET
    backup_policy_id: str | UnsetType = UNSET
    tags: list[dict[str, str]] | UnsetType = UNSET
    auto_expand: bool | UnsetType = UNSET
    auto_bind: bool | UnsetType = UNSET
    bind_rules: dict[str, Any] | UnsetType = UNSET
    threshold: int | UnsetType = UNSET
    backup_name_prefix: str | UnsetType = UNSET
    enterprise_project_id: str | UnsetType = UNSET


class _BillingUpdate(msgspec.Struct):
    size: int | UnsetType = UNSET
    consistent_level: str | UnsetType = UNSET


class _VaultUpdate(msgspec.Struct):
    name: str | UnsetType = UNSET
    billing: _BillingUpdate | UnsetType = UNSET
    auto_bind: bool | UnsetType = UNSET
    bind_rules: dict[str, Any] | UnsetType = UNSET
    auto_expand: bool | UnsetType = UNSET
    smn_notify: bool | UnsetType = UNSET
    threshold: int | UnsetType = UNSET
    locked: bool | UnsetType = UNSET


def _or_unset(value: Any) -> Any:
    return UNSET if value is None else value


class Vaults:
    """Vaults: containers of backups with a capacity."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

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
        """Give a page of vaults, newest first.

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
            "limit": checks.within(limit, 1, 1000, "limit"),
            "offset": checks.within(offset, 0, 2**31, "offset"),
            "name": name,
            "id": id,
            "status": checks.one_of(status, STATUSES, "status"),
            "object_type": checks.one_of(object_type, OBJECT_TYPES, "object_type"),
            "protect_type": checks.one_of(protect_type, ("backup", "replication"), "protect_type"),
            "cloud_type": checks.one_of(cloud_type, ("public", "hybrid"), "cloud_type"),
            "policy_id": policy_id,
            "resource_ids": ",".join(resource_ids) if resource_ids else None,
            "enterprise_project_id": enterprise_project_id,
        }
        return self._transport.get(_PATH, VaultPage, query)

    def list_all(self, *, page_size: int = 1000, **filters: Any) -> Iterator[Vault]:
        """Give all vaults, page by page; filters as for :meth:`list`.

        API: Vault, "Querying the Vault List" (GET /v3/{project_id}/vaults).
        """

        def fetch(offset: int, limit: int) -> tuple[Any, int | None]:
            page = self.list(limit=limit, offset=offset, **filters)
            return page.vaults, page.count

        return all_items(fetch, page_size)

    def show(self, vault_id: str) -> Vault:
        """Give a vault.

        Raises:
            NotFound: there is none of this ID (BackupService.6105).

        API: Vault, "Querying a Specified Vault" (GET /v3/{project_id}/vaults/{vault_id}).
        """
        return self._transport.get(f"{_PATH}/{vault_id}", _Answer).vault

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
        bind_rules: dict[str, str] | None = None,
        threshold: int | None = None,
        backup_name_prefix: str | None = None,
        enterprise_project_id: str | None = None,
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
            bind_rules: key and value of up to five tags.
            threshold: percent of use at which the account is told.
            backup_name_prefix: put before names of automatic backups.
            enterprise_project_id: the enterprise project; ``"0"`` is the default one.

        Returns:
            The new vault.

        Raises:
            InvalidRequest: a value is out of range (BackupService.6101, .9900).
            Conflict: a resource is in a vault already (BackupService.6103).
            QuotaExceeded: no more vaults or resources (BackupService.6133, .6100).

        API: Vault, "Creating a Vault" (POST /v3/{project_id}/vaults).
        """
        rules = [{"key": key, "value": value} for key, value in (bind_rules or {}).items()]
        wanted = _VaultCreate(
            billing=_BillingCreate(
                cloud_type, consistent_level, object_type, protect_type, checks.size_gb(size)
            ),
            name=checks.name(name),
            resources=list(resources),
            description=_or_unset(checks.text(description, 64, "description")),
            backup_policy_id=_or_unset(backup_policy_id),
            tags=[{"key": k, "value": v} for k, v in tags.items()] if tags else UNSET,
            auto_expand=_or_unset(auto_expand),
            auto_bind=_or_unset(auto_bind),
            bind_rules={"tags": rules} if bind_rules is not None else UNSET,
            threshold=_or_unset(checks.within(threshold, 1, 100, "threshold")),
            backup_name_prefix=_or_unset(backup_name_prefix),
            enterprise_project_id=_or_unset(enterprise_project_id),
        )
        return self._transport.send("POST", _PATH, {"vault": wanted}, _Answer).vault

    def update(
        self,
        vault_id: str,
        *,
        name: str | None = None,
        size: int | None = None,
        consistent_level: Literal["app_consistent"] | None = None,
        auto_expand: bool | None = None,
        auto_bind: bool | None = None,
        bind_rules: dict[str, str] | None = None,
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
            bind_rules: key and value of up to five tags; ``{}`` clears them.
            smn_notify: tell the account when the threshold is passed.
            threshold: percent of use.
            locked: protect backups from deletion; cannot be undone.

        Raises:
            NotFound: there is none of this ID (BackupService.6105).
            InvalidRequest: a value is out of range (BackupService.6101).
            Conflict: its status does not allow it (BackupService.6110, .6112).

        API: Vault, "Modifying a Vault" (PUT /v3/{project_id}/vaults/{vault_id}).
        """
        rules = [{"key": key, "value": value} for key, value in (bind_rules or {}).items()]
        billing: _BillingUpdate | UnsetType = UNSET
        if size is not None or consistent_level is not None:
            billing = _BillingUpdate(
                size=UNSET if size is None else checks.size_gb(size, 1),
                consistent_level=_or_unset(consistent_level),
            )
        change = _VaultUpdate(
            name=UNSET if name is None else checks.name(name),
            billing=billing,
            auto_bind=_or_unset(auto_bind),
            bind_rules={"tags": rules} if bind_rules is not None else UNSET,
            auto_expand=_or_unset(auto_expand),
            smn_notify=_or_unset(smn_notify),
            threshold=_or_unset(checks.within(threshold, 1, 100, "threshold")),
            locked=_or_unset(locked),
        )
        if change == _VaultUpdate():
            raise InvalidRequest("Nothing is to be changed.", advice="Name what shall change.")
        return self._transport.send("PUT", f"{_PATH}/{vault_id}", {"vault": change}, _Answer).vault

    def delete(self, vault_id: str) -> None:
        """Delete a vault with all its backups; it goes on after the answer.

        Raises:
            NotFound: there is none of this ID (BackupService.6105).
            Conflict: it is paid in advance, busy, or an image depends on it
                (BackupService.6111, .6112, .6203, .6204).

        API: Vault, "Deleting a Vault" (DELETE /v3/{project_id}/vaults/{vault_id}).
        """
        self._transport.send("DELETE", f"{_PATH}/{vault_id}", None, type(None))

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
        checks.within(len(resources), 1, 256, "number of resources")
        path = f"{_PATH}/{vault_id}/addresources"
        answer = self._transport.send("POST", path, {"resources": list(resources)}, _Added)
        return answer.add_resource_ids

    def remove_resources(self, vault_id: str, resource_ids: Sequence[str]) -> Sequence[str]:
        """Take resources out of a vault, which deletes their backups in it.

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
        checks.within(len(resource_ids), 1, 256, "number of resources")
        path = f"{_PATH}/{vault_id}/removeresources"
        answer = self._transport.send("POST", path, {"resource_ids": list(resource_ids)}, _Removed)
        return answer.remove_resource_ids

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
        self._transport.send("POST", f"{_PATH}/{vault_id}/associatepolicy", body, _ApplyAnswer)

    def remove_policy(self, vault_id: str, policy_id: str) -> None:
        """Take a policy off a vault; its backups stay.

        Raises:
            NotFound: no such vault or policy, or not applied
                (BackupService.6105, .6000, .6002).

        API: Vault, "Removing a Policy from a Vault" (POST …/vaults/{vault_id}/dissociatepolicy).
        """
        path = f"{_PATH}/{vault_id}/dissociatepolicy"
        self._transport.send("POST", path, {"policy_id": policy_id}, dict[str, Any])
