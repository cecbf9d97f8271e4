"""What is to be backed up, which resources of a vault can be, and who is left out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.inventory import resources
from cbr_notebook.simulator.inventory.inventory_rows import DiskRow
from cbr_notebook.simulator.inventory.resources import DISK, FILE_SYSTEM, Resource
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.vaults import vault_resources, vaults
from cbr_notebook.simulator.vaults.vault_rows import VaultResourceRow, VaultRow


@dataclass(frozen=True, slots=True)
class Order:
    """What shall be backed up, by whom and for how long."""

    resource_ids: Sequence[str] | None = None
    """``None``: all resources of the vault."""
    choices: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The choice of disks for some resources, instead of what the vault says."""
    name: str | None = None
    description: str | None = None
    incremental: bool = True
    automatic: bool = False
    policy_id: str | None = None
    retention_days: int = -1
    expires_at: int | None = None
    request_id: str | None = None


def check_vault(vault: VaultRow) -> None:
    """Refuse when no backup may begin in a vault."""
    if vault.protect_type == "replication":
        raise ApiError("6124")
    if vault.cloud_type == "hybrid":
        raise ApiError("6124")
    if vault.status != "available":
        raise ApiError("6113")
    if vaults.is_full(vault):
        raise ApiError("6114")


def choose(
    engine: Engine, vault: VaultRow, order: Order
) -> tuple[list[tuple[Resource, VaultResourceRow]], list[dict[str, Any]]]:
    """Return the resources to back up with their entries in the vault, and those left out."""
    entries = vault_resources.rows(engine, vault.id)
    everything = order.resource_ids is None
    if not everything:
        by_id = {row.resource_id: row for row in entries}
        missing = [each for each in order.resource_ids or () if each not in by_id]
        if missing or not order.resource_ids:
            raise ApiError("6135") if missing else ApiError("0001")
        entries = [by_id[each] for each in dict.fromkeys(order.resource_ids or ())]
    elif order.automatic:
        entries = [row for row in entries if row.auto_protect]
    chosen: list[tuple[Resource, VaultResourceRow]] = []
    skipped: list[dict[str, Any]] = []
    problem: ApiError | None = None
    for entry in entries:
        try:
            chosen.append((ready(engine, vault, entry, order), entry))
        except ApiError as error:
            problem = error
            skipped.append(
                {
                    "id": entry.resource_id,
                    "type": entry.type,
                    "name": entry.name,
                    "code": error.code,
                    "reason": error.message,
                }
            )
    if not chosen:
        if problem is not None and len(skipped) == 1 and not everything:
            raise problem
        if skipped and all(each["code"].endswith("6125") for each in skipped):
            raise ApiError("6125")
        raise ApiError("0001")
    return chosen, skipped


def ready(engine: Engine, vault: VaultRow, entry: VaultResourceRow, order: Order) -> Resource:
    """Return a resource that can be backed up now; refuse one that cannot."""
    if entry.protect_status == "restoring":
        raise ApiError("2010")
    if entry.protect_status == "removing":
        raise ApiError("6134")
    if entry.protect_status == "protecting":
        raise ApiError("6125")
    try:
        resource = resources.find_resource(engine, vault.project_id, entry.resource_id)
    except ApiError:
        gone = {DISK: "7000", FILE_SYSTEM: "7500"}.get(entry.type, "7100")
        raise ApiError(gone) from None
    traits = resources.properties(resource.row)
    if traits.get("frozen"):
        raise ApiError("6215")
    if traits.get("databases_busy"):
        raise ApiError("7200")
    if resource.type in resources.OBJECT_TYPES["server"]:
        _check_server(engine, vault, resource, choice_of(entry, order))
    elif isinstance(resource.row, DiskRow) and resource.type == DISK:
        _check_disk(resource.row)
    else:
        if traits.get("sub_status"):
            raise ApiError("7503")
        if resource.status != "available":
            raise ApiError("7502")
    return resource


def choice_of(entry: VaultResourceRow, order: Order) -> dict[str, Any]:
    """Return the choice of disks for a resource: the order's, or the vault's."""
    kept: dict[str, Any] = json.loads(entry.extra_info)
    return order.choices.get(entry.resource_id, kept)


def _check_server(
    engine: Engine, vault: VaultRow, resource: Resource, choice: dict[str, Any]
) -> None:
    traits = resources.properties(resource.row)
    if resource.status not in ("ACTIVE", "SHUTOFF"):
        raise ApiError("7101")
    if vault.consistent_level == "app_consistent" and resource.status != "ACTIVE":
        raise ApiError("7102")
    if traits.get("unsupported"):
        raise ApiError("7103")
    disks = [each.disk for each in vault_resources.chosen_disks(engine, resource.id, choice)]
    if not disks:
        raise ApiError("7108")
    shared = [disk for disk in disks if disk.shareable]
    if len(shared) > 10:
        raise ApiError("7107")
    kinds = [resources.properties(disk) for disk in disks]
    if any(kind.get("scsi") for kind in kinds):
        raise ApiError("7104")
    if any(kind.get("dess") for kind in kinds):
        raise ApiError("7111")
    if any(kind.get("local") for kind in kinds):
        raise ApiError("7113")
    if len({kind.get("backend") for kind in kinds}) > 1:
        raise ApiError("7105")
    if any(disk.status not in ("available", "in-use") for disk in disks):
        raise ApiError("7003")


def _check_disk(row: DiskRow) -> None:
    traits = resources.properties(row)
    for trait, code in (
        ("dess", "7001"), ("scsi", "7002"), ("unsupported", "7004"), ("old", "7007"),
        ("lazyload", "7009"),
    ):  # fmt: skip
        if traits.get(trait):
            raise ApiError(code)
    if row.shareable:
        raise ApiError("7106")
    if row.status not in ("available", "in-use"):
        raise ApiError("7003")
