"""Moving resources from a vault to another, with all their backups there."""

from __future__ import annotations

from typing import Any

import msgspec

from cbr_notebook.simulator.backups import backups
from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.inventory.disks import Disks, megabytes
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.request_context import RequestContext
from cbr_notebook.simulator.protocol.routes import Routes
from cbr_notebook.simulator.tasks import tasks
from cbr_notebook.simulator.vaults import vault_resources, vaults
from cbr_notebook.simulator.vaults.vault_rows import VaultRow

_SAME = ("object_type", "protect_type", "consistent_level", "cloud_type")
"""In what two vaults must agree."""


ROUTES = Routes("Vault")


class MigrateResourcesReq(msgspec.Struct):
    """The body of "Migrating Resources"."""

    destination_vault_id: str
    resource_ids: list[str]


@ROUTES.add("POST", f"{vaults.VAULT_PATH}/migrateresources", body=MigrateResourcesReq)
def _migrate_vault_resource(context: RequestContext) -> dict[str, Any]:
    engine, vault, body = context.engine, vaults.of_call(context), context.body
    try:
        destination = vaults.find(engine, context.caller.project_id, body.destination_vault_id)
    except ApiError:
        raise ApiError("6120") from None
    moving = vault_resources.of_vault(engine, vault.id, body.resource_ids)
    _check_vaults(vault, destination)
    ids = [row.resource_id for row in moving]
    for resource_id in ids:
        if tasks.busy(engine, resource_id):
            raise ApiError("6203")
    present = len(vault_resources.rows(engine, destination.id))
    if present + len(ids) > engine.options["resources_per_vault"]:
        raise ApiError("6100")
    blocks = sum(_stored(engine, vault.id, resource_id) for resource_id in ids)
    if megabytes(destination.used_blocks + blocks) > destination.size_gb * 1024:
        raise ApiError("6129")
    for resource_id in ids:
        _move(engine, vault.id, destination.id, resource_id)
    vaults.add_used(engine, vault.id, -blocks)
    vaults.add_used(engine, destination.id, blocks)
    return {"migrated_resources": ids}


def _check_vaults(vault: VaultRow, destination: VaultRow) -> None:
    if vault.id == destination.id:
        raise ApiError("9900")
    if any(getattr(vault, name) != getattr(destination, name) for name in _SAME):
        raise ApiError("6102")
    for each in (vault, destination):
        if each.status not in ("available", "lock"):
            raise ApiError("6112")
    if vault.locked:
        raise ApiError("6110")


def _stored(engine: Engine, vault_id: str, resource_id: str) -> int:
    """Count the blocks that the backups of a resource take in a vault."""
    return engine.state.number(
        "SELECT coalesce(sum(stored_blocks), 0) FROM backup "
        "WHERE vault_id = ? AND resource_id = ? AND parent_id IS NULL",
        vault_id,
        resource_id,
    )


def _move(engine: Engine, source: str, destination: str, resource_id: str) -> None:
    state = engine.state
    vault_resources.move(engine, resource_id, destination)
    moved = backups.in_vault(engine, source, resource_id)
    for row in moved:
        state.run(
            "UPDATE backup SET vault_id = ?1 WHERE id = ?2 OR parent_id = ?2",
            destination,
            row.id,
        )
        # The next backup of a disk continues its chain, so the chain moves along.
        Disks(engine).move_chains(row.id, destination)
        if row.expired_at is not None:
            engine.scheduler.at(clock.next_hour(row.expired_at), "clean_up", destination)
    for point in {row.restore_point_id for row in moved}:
        state.run(
            "UPDATE restore_point SET vault_id = ?1 WHERE id = ?2 AND NOT EXISTS "
            "(SELECT 1 FROM backup WHERE restore_point_id = ?2 AND vault_id != ?1)",
            destination,
            point,
        )
