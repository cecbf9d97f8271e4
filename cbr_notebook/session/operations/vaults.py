"""Create, change, fill, empty and delete vaults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from cbr_notebook.api.records import Vault
from cbr_notebook.api.vault_bodies import ResourceItem
from cbr_notebook.api.vault_kinds import ObjectType
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.session.context import Context
from cbr_notebook.session.lookup import ResourceKind, find_policy, find_resource, find_vault
from cbr_notebook.session.operations.confirmation import confirm_loss
from cbr_notebook.session.references import (
    ResourceRef,
    choose,
    display_name,
    ids_or_names,
)
from cbr_notebook.tasks.task import Task
from cbr_notebook.tasks.task_lookup import (
    removal_finder,
)


def create_vault(
    session: Context,
    name: str,
    *,
    size_gb: int,
    object_type: ObjectType = "server",
    resources: ResourceRef = (),
    policy: ResourceRef = None,
    tags: Mapping[str, str] | None = None,
    auto_expand: bool = False,
    protect_type: Literal["backup", "replication"] = "backup",
    **settings: Any,
) -> Vault:
    """Create a vault that is paid per use.

    Args:
        name: 1 to 64 letters, digits, ``_`` and ``-``.
        size_gb: capacity in GB, 10 to 10485760.
        object_type: what it protects: ``server``, ``disk``, ``turbo``.
        resources: servers, disks or file systems to put into it.
        policy: a policy to apply to it.
        tags: at most ten.
        auto_expand: grow by a quarter when full.
        protect_type: ``backup``, or ``replication`` for replicas from elsewhere.
        settings: further ones of :meth:`api.vaults.Vaults.create`.

    Returns:
        The new vault.

    Raises:
        InvalidRequest: a value is out of range; nothing was sent.
        Conflict: a resource is in another vault already.

    API: Vault, "Creating a Vault".
    """
    kind = kind_of(object_type)
    items = [resource_item(session, each, kind) for each in ids_or_names(resources, "resource")]
    return session.client.vaults.create(
        name,
        size=size_gb,
        object_type=object_type,
        protect_type=protect_type,
        resources=items,
        backup_policy_id=None if policy is None else find_policy(session, policy).id,
        tags=dict(tags) if tags else None,
        auto_expand=auto_expand or None,
        **settings,
    )


def update_vault(
    session: Context, vault: ResourceRef, *, size_gb: int | None = None, **changes: Any
) -> Vault:
    """Change a vault; what is left out stays.

    Args:
        vault: which one.
        size_gb: a new capacity in GB, not below what is used.
        changes: ``name``, ``auto_expand``, ``auto_bind``, ``bind_rules``, ``threshold``,
            ``smn_notify``, ``consistent_level``, ``locked``.

    API: Vault, "Modifying a Vault".
    """
    return session.client.vaults.update(find_vault(session, vault).id, size=size_gb, **changes)


def delete_vault(session: Context, vault: ResourceRef, *, confirm: str | None = None) -> Task:
    """Delete a vault with all its backups.

    Args:
        vault: which one.
        confirm: its name.

    Raises:
        ConfirmationNeeded: ``confirm`` is not its name; says what would be lost.
        Conflict: its state does not allow it.

    API: Vault, "Deleting a Vault".
    """
    found = find_vault(session, vault)
    confirm_loss(
        session, display_name(found), confirm, f"the vault {display_name(found)}", vault_id=found.id
    )
    find = removal_finder(session.client, "vault_delete", found.id)
    session.client.vaults.delete(found.id)
    return Task(session.poller, f"Deleting {found.name}", find)


def add_resources(session: Context, vault: ResourceRef, resources: ResourceRef) -> Sequence[str]:
    """Put servers, disks or file systems into a vault, all or none.

    Args:
        vault: which one.
        resources: IDs, names, records or rows.

    Returns:
        Their IDs.

    Raises:
        NotFound: there is no such vault or resource; the message lists what there is.
        Conflict: one is in another vault already.

    API: Vault, "Associating Resources".
    """
    found = find_vault(session, vault)
    kind = kind_of(found.billing.object_type)
    items = [resource_item(session, each, kind) for each in ids_or_names(resources, "resource")]
    return session.client.vaults.add_resources(found.id, items)


def remove_resources(
    session: Context, vault: ResourceRef, resources: ResourceRef, *, confirm: str | None = None
) -> Task:
    """Take resources out of a vault, which deletes their backups in it.

    Args:
        vault: which one.
        resources: IDs, names, records or rows of resources in it.
        confirm: the name of the vault.

    Raises:
        ConfirmationNeeded: ``confirm`` is not its name; says what would be lost.
        NotFound: a resource is not in the vault.

    API: Vault, "Dissociating Resources".
    """
    found = session.client.vaults.show(find_vault(session, vault).id)
    leaving = [
        choose(each, found.resources or [], "resource of the vault", lambda r: r.name)
        for each in ids_or_names(resources, "resource")
    ]
    names = ", ".join(map(display_name, leaving))
    ids = [each.id for each in leaving]
    confirm_loss(
        session,
        display_name(found),
        confirm,
        f"the backups of {names} in the vault {display_name(found)}",
        vault_id=found.id,
        resource_ids=ids,
    )
    find = removal_finder(session.client, "remove_resource", found.id, ids)
    session.client.vaults.remove_resources(found.id, ids)
    return Task(session.poller, f"Removing {names} from {found.name}", find)


def resource_item(session: Context, resource: str, kind: ResourceKind | None) -> ResourceItem:
    """Return what the service wants to know of a resource that is put into a vault."""
    found = find_resource(session, resource, kind)
    return ResourceItem(found.id, found.type or "", found.name)


def kind_of(object_type: str | None) -> ResourceKind | None:
    """Return the kind of resources that a vault of a type protects.

    Raises:
        InvalidRequest: they cannot be looked up.
    """
    kinds: dict[str | None, ResourceKind] = {"server": "server", "disk": "disk", "turbo": "turbo"}
    if object_type is not None and object_type not in kinds:
        raise InvalidRequest(f"Resources of vaults for {object_type} cannot be looked up here.")
    return kinds.get(object_type)
