"""The resources of vaults: which may join, and how. Moving and removing are next door."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.inventory import resources
from cbr_notebook.simulator.inventory.inventory_rows import AttachedDisk
from cbr_notebook.simulator.inventory.resources import OBJECT_TYPES, RESOURCE_TYPES, Resource
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.fields import ResourceItem
from cbr_notebook.simulator.protocol.request_context import RequestContext
from cbr_notebook.simulator.protocol.routes import Routes
from cbr_notebook.simulator.vaults import vaults
from cbr_notebook.simulator.vaults.vault_rows import VaultResourceRow, VaultRow

ROUTES = Routes("Vault")


class AddResourcesReq(msgspec.Struct):
    """The body of "Associating Resources"."""

    resources: Annotated[list[ResourceItem], Meta(min_length=1, max_length=256)]


class SetResourcesReq(msgspec.Struct):
    """The body of "Setting the Automatic Backup of Resources"."""

    resource_ids: list[str]
    action: Literal["suspend", "unsuspend"]


def rows(engine: Engine, vault_id: str) -> list[VaultResourceRow]:
    """Return the resources of a vault, in the order in which they were added."""
    return engine.state.all_of(
        VaultResourceRow,
        "SELECT * FROM vault_resource WHERE vault_id = ? ORDER BY position",
        vault_id,
    )


def chosen_disks(engine: Engine, server_id: str, extra_info: dict[str, Any]) -> list[AttachedDisk]:
    """Return the disks of a server that a vault backs up."""
    disks = resources.disks_of(engine, server_id)
    excluded = set(extra_info.get("exclude_volumes", ()))
    included = {each["id"] for each in extra_info.get("include_volumes", ())}
    return [
        each
        for each in disks
        if each.disk.id not in excluded and (not included or each.disk.id in included)
    ]


def set_protect_status(engine: Engine, resource_id: str, status: str) -> None:
    """Show what is happening to a resource in its vault."""
    engine.state.run(
        "UPDATE vault_resource SET protect_status = ? WHERE resource_id = ? "
        "AND protect_status != 'removing'",
        status,
        resource_id,
    )


def move(engine: Engine, resource_id: str, destination_vault_id: str) -> None:
    """Put a resource at the end of another vault."""
    engine.state.run(
        "UPDATE vault_resource SET vault_id = ?1, position = 1 + "
        "(SELECT coalesce(max(position), 0) FROM vault_resource WHERE vault_id = ?1) "
        "WHERE resource_id = ?2",
        destination_vault_id,
        resource_id,
    )


def remove(engine: Engine, resource_id: str) -> None:
    """Remove a resource from its vault."""
    engine.state.run("DELETE FROM vault_resource WHERE resource_id = ?", resource_id)


def keep(engine: Engine, resource_id: str) -> None:
    """Show that a resource which was being removed stays in its vault after all."""
    engine.state.run(
        "UPDATE vault_resource SET protect_status = 'error' WHERE resource_id = ?", resource_id
    )


def add(engine: Engine, vault: VaultRow, items: Sequence[ResourceItem]) -> list[str]:
    """Add resources to a vault, all or none; return their IDs."""
    if vault.status not in ("available", "lock"):
        raise ApiError("6108")
    if vault.protect_type == "replication" or vault.cloud_type == "hybrid":
        raise ApiError("6108")
    if len({item.id for item in items}) < len(items):
        raise ApiError("6104")
    present = {row.resource_id: row for row in rows(engine, vault.id)}
    new = {item.id for item in items} - present.keys()
    if len(present) + len(new) > engine.options["resources_per_vault"]:
        raise ApiError("6100")
    for item in items:
        resource = _acceptable(engine, vault, item)
        if item.id in present:
            if present[item.id].protect_status == "removing":
                raise ApiError("6134")
            engine.state.run(
                "UPDATE vault_resource SET extra_info = ? WHERE vault_id = ? AND resource_id = ?",
                json.dumps(item.choice()),
                vault.id,
                item.id,
            )
            continue
        place(engine, vault.id, resource, item.choice())
    return [item.id for item in items]


def place(engine: Engine, vault_id: str, resource: Resource, choice: dict[str, Any]) -> None:
    """Insert a resource into a vault; the caller has checked that it fits."""
    engine.state.insert(
        "vault_resource",
        vault_id=vault_id,
        resource_id=resource.id,
        type=resource.type,
        name=resource.name,
        size_gb=resource.size_gb,
        extra_info=json.dumps(choice),
        added_at=engine.now(),
        position=1
        + (
            engine.state.value(
                "SELECT max(position) FROM vault_resource WHERE vault_id = ?", vault_id
            )
            or 0
        ),
    )


def _acceptable(engine: Engine, vault: VaultRow, item: ResourceItem) -> Resource:
    if item.type not in OBJECT_TYPES.get(vault.object_type, ()):
        raise ApiError("6102" if item.type in RESOURCE_TYPES else "6116")
    try:
        resource = resources.find_resource(engine, vault.project_id, item.id, item.type)
    except ApiError as error:
        raise ApiError("6302", f"{error.message.rstrip('.')}: {item.id}.") from None
    elsewhere = engine.state.has(
        "SELECT 1 FROM vault_resource WHERE resource_id = ? AND vault_id != ?",
        item.id,
        vault.id,
    )
    if elsewhere:
        raise ApiError("6103")
    if resources.properties(resource.row).get("legacy"):
        raise ApiError("6205")
    if vault.object_type == "server":
        _check_server(engine, vault, resource, item)
    elif vault.object_type == "disk":
        if resource.status not in ("available", "in-use"):
            raise ApiError("7003")
    elif resource.status != "available":
        raise ApiError("7502")
    return resource


def _check_server(engine: Engine, vault: VaultRow, resource: Resource, item: ResourceItem) -> None:
    if resource.status not in ("ACTIVE", "SHUTOFF"):
        raise ApiError("7101")
    disks = resources.disks_of(engine, resource.id)
    if not disks:
        raise ApiError("7108")
    if not chosen_disks(engine, resource.id, item.choice()):
        raise ApiError("9900")
    for disk, _, _ in disks:
        other = engine.state.has(
            "SELECT 1 FROM attachment a JOIN vault_resource r ON r.resource_id = a.server_id "
            "WHERE a.disk_id = ? AND a.server_id != ? AND r.vault_id != ?",
            disk.id,
            resource.id,
            vault.id,
        )
        if other:
            raise ApiError("6137")


@ROUTES.add("POST", f"{vaults.VAULT_PATH}/addresources", body=AddResourcesReq)
def _add_vault_resource(context: RequestContext) -> dict[str, Any]:
    vault = vaults.of_call(context)
    return {"add_resource_ids": add(context.engine, vault, context.body.resources)}


def of_vault(engine: Engine, vault_id: str, resource_ids: Sequence[str]) -> list[VaultResourceRow]:
    """Return the named resources of a vault, each once.

    Raises:
        ApiError: none is named (9900), one is not there (6135), or is just leaving (6134).
    """
    found = {row.resource_id: row for row in rows(engine, vault_id)}
    chosen = list(dict.fromkeys(resource_ids))
    if not chosen:
        raise ApiError("9900")
    if any(each not in found for each in chosen):
        raise ApiError("6135")
    if any(found[each].protect_status == "removing" for each in chosen):
        raise ApiError("6134")
    return [found[each] for each in chosen]


def set_auto_protect(engine: Engine, resource_id: str, *, on: bool) -> None:
    """Set whether a vault's policy backs up a resource."""
    engine.state.run(
        "UPDATE vault_resource SET auto_protect = ? WHERE resource_id = ?", on, resource_id
    )


@ROUTES.add("PUT", f"{vaults.VAULT_PATH}/set-resources", body=SetResourcesReq)
def _set_vault_resource(context: RequestContext) -> dict[str, Any]:
    vault = vaults.of_call(context)
    if vault.status not in ("available", "lock"):
        raise ApiError("6112")
    for row in of_vault(context.engine, vault.id, context.body.resource_ids):
        set_auto_protect(context.engine, row.resource_id, on=context.body.action == "unsuspend")
    return {"set_resource_ids": context.body.resource_ids}
