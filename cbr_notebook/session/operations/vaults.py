"""Create, change, fill, empty and delete vaults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from cbr_notebook.api.groups.vaults import Vaults
from cbr_notebook.api.messages.constants import ObjectType, ResourceKind
from cbr_notebook.api.messages.records import Vault
from cbr_notebook.api.messages.vault_bodies import ResourceItem
from cbr_notebook.errors import Conflict, InvalidRequest
from cbr_notebook.session.context import Context
from cbr_notebook.session.disk_choice import choice_with, excluded_disks
from cbr_notebook.session.filters import reject_unknown, settings_of
from cbr_notebook.session.lookup import find_policy, find_resource, find_vault
from cbr_notebook.session.operations.confirmation import confirm_lock, confirm_loss
from cbr_notebook.session.operations.dropped_settings import (
    tell_policy_not_applied,
    tell_resources_not_kept,
    tell_what_was_not_kept,
)
from cbr_notebook.session.operations.same_names import tell_vault_of_same_name
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
from cbr_notebook.text.arguments import pairs


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
    locked: bool | None = None,
    confirm: str | None = None,
    **settings: Any,
) -> Vault:
    """Create a vault that is paid per use.

    What the service does not keep of it is set afterwards, where that can be done, or told by a
    warning (``cbr.errors.AnswerWarning``).

    Args:
        name: 1 to 64 letters, digits, ``_`` and ``-``; a warning tells if another vault has it.
        size_gb: capacity in GB, 10 to 10485760.
        object_type: what it protects: ``server``, ``disk``, ``turbo``.
        resources: servers, disks or file systems to put into it.
        policy: a policy to apply to it.
        tags: at most ten.
        auto_expand: grow by a quarter when full.
        protect_type: ``backup``, or ``replication`` for replicas from elsewhere.
        locked: keep what policies make until it expires. It cannot be undone.
        confirm: the vault's name, where it shall be locked.
        settings: further ones of :meth:`api.vaults.Vaults.create`.

    Returns:
        The new vault.

    Raises:
        InvalidRequest: a value is out of range, or a setting is not known; nothing was sent.
        ConfirmationNeeded: it would be locked, and ``confirm`` is not its name.
        Conflict: a resource is in another vault already.

    API: Vault, "Creating a Vault".

    Example:
        >>> vault = session.create_vault("films", size_gb=200, resources="legacy-01")
        >>> vault.billing.size
        200
    """
    reject_unknown(settings, _CREATE_SETTINGS, "A vault", "setting")
    if locked:
        confirm_lock(name, confirm)
    kind = kind_of(object_type)
    items = [resource_item(session, each, kind) for each in _each(resources)]
    applied = None if policy is None else find_policy(session, policy)
    made = session.client.vaults.create(
        name,
        size=size_gb,
        object_type=object_type,
        protect_type=protect_type,
        resources=items,
        backup_policy_id=applied.id if applied else None,
        tags=dict(pairs(tags, "tags")) if tags else None,
        auto_expand=auto_expand or None,
        locked=locked,
        **settings,
    )
    if auto_expand and not made.auto_expand:  # some operators ignore it in this request
        made = session.client.vaults.update(made.id, auto_expand=True)
    asked = {"auto_expand": auto_expand or None, "locked": locked, **settings}
    asked |= {"tags": dict(tags) if tags else None, "size_gb": size_gb}
    made = tell_what_was_not_kept(session, made, asked)
    tell_resources_not_kept(session, made, items, {each.id for each in made.resources or ()})
    tell_policy_not_applied(session, made, applied)
    tell_vault_of_same_name(session, made)
    return made


_CREATE_SETTINGS = settings_of(Vaults.create, "name", "size", "object_type", "resources")
_CHANGES = settings_of(Vaults.update, "vault_id", "size")


def update_vault(
    session: Context,
    vault: ResourceRef,
    *,
    size_gb: int | None = None,
    locked: bool | None = None,
    confirm: str | None = None,
    **changes: Any,
) -> Vault:
    """Change a vault; what is left out stays.

    What the service does not keep is told by a warning (``cbr.errors.AnswerWarning``).

    Args:
        vault: which one.
        size_gb: a new capacity in GB, not below what is used.
        locked: keep what policies make until it expires. It cannot be undone.
        confirm: the vault's name, where it shall be locked.
        changes: ``name``, ``auto_expand``, ``auto_bind``, ``bind_rules``, ``threshold``,
            ``smn_notify``, ``consistent_level``.

    Returns:
        The vault.

    Raises:
        InvalidRequest: nothing is named, or a value or setting is not known; nothing was sent.
        ConfirmationNeeded: it would be locked, and ``confirm`` is not its name.
        Conflict: it is locked and shall not be any more: that cannot be undone.

    API: Vault, "Modifying a Vault".

    Example:
        >>> session.update_vault("vault-web", size_gb=300).billing.size
        300
    """
    reject_unknown(changes, _CHANGES, "A vault", "setting")
    found = find_vault(session, vault)
    if locked is not None:
        found = session.client.vaults.show(found.id)  # a record of before may be old
        if locked and not found.locked:
            confirm_lock(display_name(found), confirm)
        elif found.locked and not locked:
            raise Conflict(
                f"{display_name(found)} is locked; its automatic backups stay until they expire.",
                advice="Locking cannot be undone: it holds for good. Its policy may keep new "
                "backups for a shorter time.",
                field="locked",
            )
    changed = session.client.vaults.update(found.id, size=size_gb, locked=locked, **changes)
    if changes.get("name") not in (None, found.name):
        tell_vault_of_same_name(session, changed)
    return tell_what_was_not_kept(
        session, changed, {"locked": locked, "size_gb": size_gb, **changes}
    )


def delete_vault(session: Context, vault: ResourceRef, *, confirm: str | None = None) -> Task:
    """Delete a vault with all its backups.

    Args:
        vault: which one.
        confirm: its name.

    Raises:
        ConfirmationNeeded: ``confirm`` is not its name; says what would be lost.
        Conflict: its state does not allow it.

    API: Vault, "Deleting a Vault".

    Example:
        >>> session.create_vault("films", size_gb=200).name
        'films'
        >>> session.delete_vault("films", confirm="films").wait().status
        'success'
    """
    found = find_vault(session, vault)
    confirm_loss(
        session, display_name(found), confirm, f"the vault {display_name(found)}", vault_id=found.id
    )
    find = removal_finder(session.client, "vault_delete", found.id)
    session.client.vaults.delete(found.id)
    return Task(session.poller, f"Deleting {found.name}", find)


def add_resources(
    session: Context,
    vault: ResourceRef,
    resources: ResourceRef,
    *,
    include_disks: ResourceRef = (),
) -> Sequence[str]:
    """Put servers, disks or file systems into a vault, all or none.

    Args:
        vault: which one.
        resources: IDs, names, records, rows, or ``ResourceItem`` with the disks to leave out.
            A resource that is in the vault already keeps the disks that it leaves out.
        include_disks: of these servers, disks that the vault leaves out so far: from now on they
            are backed up, too.

    Returns:
        Their IDs. A resource that the service left out without a word is not among them, and a
        warning names it (``cbr.errors.AnswerWarning``).

    Raises:
        NotFound: there is no such vault or resource, or no such disk is left out; the message
            lists what there is.
        Conflict: one is in another vault already.

    API: Vault, "Associating Resources".

    Example:
        >>> len(session.add_resources("vault-web", "legacy-01"))
        1
    """
    found = find_vault(session, vault)
    kind = kind_of(found.billing.object_type)
    items = [resource_item(session, each, kind) for each in _each(resources)]
    present = {each.id: each for each in session.client.vaults.show(found.id).resources or ()}
    for item in items:
        # The answer to naming a resource again overwrites which of its disks are left out.
        if item.extra_info is None and item.id in present:
            item.extra_info = present[item.id].extra_info or None
    wanted = ids_or_names(include_disks, "disk")
    if wanted:
        servers = [find_resource(session, each.id, kind) for each in items]
        left_out = [
            disk
            for each in servers
            if each.id in present
            for disk in excluded_disks(each, present[each.id])
        ]
        ids = {choose(each, left_out, "left-out disk", lambda row: row.name).id for each in wanted}
        for item, server in zip(items, servers, strict=True):
            if server.id in present:
                item.extra_info = choice_with(server, present[server.id], ids)
    added = session.client.vaults.add_resources(found.id, items)
    return tell_resources_not_kept(session, found, items, added)


def resume_resources(session: Context, vault: ResourceRef, resources: ResourceRef) -> Sequence[str]:
    """Resume the automatic backups of resources that were suspended in their vault.

    Args:
        vault: which one.
        resources: IDs, names, records or rows of resources in it.

    Returns:
        Their IDs.

    Raises:
        NotFound: there is no such vault, or a resource is not in it.
        Conflict: one is leaving the vault, or the vault's status does not allow it.

    API: Vault, "Setting Vault Resources".

    Example:
        >>> len(session.resume_resources("vault-web", "web-01"))
        1
    """
    found = session.client.vaults.show(find_vault(session, vault).id)
    ids = [
        choose(each, found.resources or [], "resource of the vault", lambda r: r.name).id
        for each in ids_or_names(resources, "resource")
    ]
    return session.client.vaults.set_resources(found.id, ids, action="unsuspend")


def remove_resources(
    session: Context, vault: ResourceRef, resources: ResourceRef, *, confirm: str | None = None
) -> Task:
    """Remove resources from a vault, which deletes their backups in it.

    Args:
        vault: which one.
        resources: IDs, names, records or rows of resources in it.
        confirm: the name of the vault.

    Raises:
        ConfirmationNeeded: ``confirm`` is not its name; says what would be lost.
        NotFound: a resource is not in the vault.

    API: Vault, "Dissociating Resources".

    Example:
        >>> session.remove_resources("vault-web", "web-02", confirm="vault-web").wait().status
        'success'
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


def resource_item(session: Context, resource: Any, kind: ResourceKind | None) -> ResourceItem:
    """Return what the service wants to know of a resource that is put into a vault."""
    if isinstance(resource, ResourceItem):
        return ResourceItem(resource.id, resource.type, resource.name, resource.extra_info)
    found = find_resource(session, resource, kind)
    return ResourceItem(found.id, found.type or "", found.name)


def _each(resources: ResourceRef) -> list[Any]:
    """Return the resources that are meant: IDs, names, or items that say more."""
    if isinstance(resources, ResourceItem):
        return [resources]
    if isinstance(resources, list | tuple) and any(isinstance(r, ResourceItem) for r in resources):
        return [each for one in resources for each in _each(one)]
    return list(ids_or_names(resources, "resource"))


def kind_of(object_type: str | None) -> ResourceKind | None:
    """Return the kind of resources that a vault of a type protects.

    Raises:
        InvalidRequest: they cannot be looked up.
    """
    kinds: dict[str | None, ResourceKind] = {"server": "server", "disk": "disk", "turbo": "turbo"}
    if object_type is not None and object_type not in tuple(kinds):
        raise InvalidRequest(f"Resources of vaults for {object_type} cannot be looked up here.")
    return kinds.get(object_type)
