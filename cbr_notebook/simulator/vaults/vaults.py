"""Vaults: found, listed, and counted. Making and changing them is next door."""

from __future__ import annotations

from typing import Any

from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.inventory.disks import BLOCK, GIB, megabytes
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.conditions import Conditions
from cbr_notebook.simulator.protocol.request_context import RequestContext, identifier
from cbr_notebook.simulator.protocol.routes import Routes
from cbr_notebook.simulator.tasks.task_rows import VaultColumns
from cbr_notebook.simulator.vaults.vault_documents import document, documents
from cbr_notebook.simulator.vaults.vault_rows import VaultRow

SMALLEST, LARGEST = 10, 10_485_760
"""How large a vault may be when it is created, in GB."""
NEWEST_FIRST = "created_at DESC, id DESC"
"""The order of lists."""


PATH = "/v3/{project_id}/vaults"
VAULT_PATH = PATH + "/{vault_id}"
_LIST_QUERY = (
    "limit", "name", "offset", "cloud_type", "protect_type", "object_type",
    "enterprise_project_id", "id", "policy_id", "status", "resource_ids",
)  # fmt: skip
_EXTERNAL_QUERY = (
    "external_project_id", "limit", "offset", "protect_type", "region_id", "objcet_type",
    "cloud_type", "vault_id",
)  # fmt: skip
ROUTES = Routes("Vault")


def find(engine: Engine, project_id: str, vault_id: str) -> VaultRow:
    """Return a vault of a project; 6105 when there is none."""
    row = by_id(engine, vault_id)
    if row is None or row.project_id != project_id:
        raise ApiError("6105")
    return row


def by_id(engine: Engine, vault_id: str) -> VaultRow | None:
    """Return a vault of any project; ``None`` when there is none."""
    return engine.state.one_of(VaultRow, "SELECT * FROM vault WHERE id = ?", vault_id)


def name_of(engine: Engine, vault_id: str) -> str | None:
    """Return a vault's name; ``None`` when there is no such vault."""
    vault = by_id(engine, vault_id)
    return None if vault is None else vault.name


def told_by_tasks(vault: VaultRow) -> VaultColumns:
    """Return what a task in a vault tells of it."""
    return {"vault_id": vault.id, "vault_name": vault.name, "provider_id": vault.provider_id}


def of_resource(engine: Engine, resource_id: str) -> VaultRow | None:
    """Return the vault that a resource is in, or ``None``."""
    return engine.state.one_of(
        VaultRow,
        "SELECT vault.* FROM vault_resource JOIN vault ON vault.id = vault_id "
        "WHERE resource_id = ?",
        resource_id,
    )


def of_call(context: RequestContext) -> VaultRow:
    """Return the vault that a request's path names; 9900 or 6105 when there is none."""
    return find(context.engine, context.caller.project_id, identifier(context, "vault_id"))


def is_full(row: VaultRow) -> bool:
    """Say whether no backup may begin in the vault."""
    return bool(megabytes(row.used_blocks) >= row.size_gb * 1024)


def fill_up(engine: Engine, vault_id: str) -> int:
    """Fill a vault: its size becomes what it stores, of which there is at least a GB.

    Returns:
        The blocks that count as stored without being so.
    """
    used = engine.state.number("SELECT used_blocks FROM vault WHERE id = ?", vault_id)
    shown = max(used, GIB // BLOCK)
    engine.state.update(
        "vault",
        vault_id,
        size_gb=max(1, megabytes(shown) // 1024),
        auto_expand=0,
        used_blocks=shown,
    )
    return shown - used


def undo_fill_up(engine: Engine, vault_id: str, added: int, size_gb: int, auto_expand: int) -> None:
    """Undo the filling of a vault; one that somebody enlarged meanwhile stays large.

    Args:
        engine: the cloud's engine.
        vault_id: the vault.
        added: the blocks that :func:`fill_up` returned.
        size_gb: its size before, in GB.
        auto_expand: whether it expanded by itself before.
    """
    engine.state.run(
        "UPDATE vault SET used_blocks = used_blocks - ?, auto_expand = ?, "
        "size_gb = max(size_gb, ?) WHERE id = ?",
        added,
        auto_expand,
        size_gb,
        vault_id,
    )


def add_used(engine: Engine, vault_id: str, blocks: int) -> None:
    """Count blocks that were stored (or freed, if negative) in a vault.

    A vault that may expand and is full then grows by a quarter, until it is not full.
    """
    engine.state.run(
        "UPDATE vault SET used_blocks = used_blocks + ? WHERE id = ?", blocks, vault_id
    )
    row = by_id(engine, vault_id)
    if row is None or not row.auto_expand or blocks <= 0:
        return
    size = row.size_gb
    while megabytes(row.used_blocks) >= size * 1024 and size < LARGEST:
        size = min(LARGEST, -(-size * 5 // 4))
    if size != row.size_gb:
        engine.state.update("vault", vault_id, size_gb=size, updated_at=engine.now())


def set_payment(engine: Engine, vault_id: str, charging_mode: str, order_id: str | None) -> None:
    """Write how a vault is paid, where it was ordered elsewhere."""
    engine.state.run(
        "UPDATE vault SET charging_mode = ?, order_id = ? WHERE id = ?",
        charging_mode,
        order_id,
        vault_id,
    )


def set_status(engine: Engine, vault_id: str, status: str) -> None:
    """Put a vault in a status, as a change of the vault."""
    engine.state.update("vault", vault_id, status=status, updated_at=engine.now())


def freeze(engine: Engine, vault_id: str, status: str) -> bool:
    """Put a vault in a status from outside; return whether there is such a vault."""
    changed = engine.state.run("UPDATE vault SET status = ? WHERE id = ?", status, vault_id)
    return changed > 0


def resize(engine: Engine, vault_id: str, size_gb: int) -> None:
    """Set the size of a vault, whatever is in it."""
    engine.state.update("vault", vault_id, size_gb=size_gb)


def delete(engine: Engine, vault_id: str) -> None:
    """Delete a vault with its tags and its lists of resources and policies."""
    engine.state.run("DELETE FROM vault WHERE id = ?", vault_id)


def _page(context: RequestContext, wanted: Conditions) -> dict[str, Any]:
    """Return a page of the vaults that fulfil some conditions, the newest first."""
    engine, page = context.engine, context.query.page()
    rows = wanted.rows(engine, VaultRow, "vault", NEWEST_FIRST, page)
    return page.answer("vaults", documents(engine, rows), wanted.count(engine, "vault"))


@ROUTES.add("GET", PATH, query=_LIST_QUERY)
def _list_vault(context: RequestContext) -> dict[str, Any]:
    query, wanted = context.query, Conditions("project_id = ?", context.caller.project_id)
    if name := query.text("name"):
        wanted.add("instr(name, ?) > 0", name)
    wanted.add_among("id IN ({})", query.texts("id"))
    wanted.add_equal(
        cloud_type=query.choice("cloud_type", "public", "hybrid"),
        protect_type=query.choice("protect_type", "backup", "replication"),
        object_type=query.text("object_type"),
        status=query.text("status"),
    )
    wanted.add_enterprise_project(query)
    if policy := query.text("policy_id"):
        wanted.add("id IN (SELECT vault_id FROM vault_policy WHERE policy_id = ?)", policy)
    if resources := query.text("resource_ids"):
        wanted.add_among(
            "id IN (SELECT vault_id FROM vault_resource WHERE resource_id IN ({}))",
            [each.strip() for each in resources.split(",")],
        )
    return _page(context, wanted)


@ROUTES.add("GET", f"{PATH}/external", query=_EXTERNAL_QUERY)
def _list_external_vault(context: RequestContext) -> dict[str, Any]:
    query = context.query
    project, region = query.text("external_project_id"), query.text("region_id")
    if not project or not region:
        raise ApiError("9900")
    known = context.engine.state.has(
        "SELECT 1 FROM project WHERE id = ? AND region = ? AND domain_id = ?",
        project,
        region,
        context.caller.domain_id,
    )
    if not known:
        raise ApiError("8600")
    wanted = Conditions("project_id = ?", project)
    wanted.add_equal(
        protect_type=query.choice("protect_type", "backup", "replication"),
        object_type=query.text("objcet_type"),  # the service's own slip of the pen
        cloud_type=query.choice("cloud_type", "public", "hybrid"),
        id=query.text("vault_id"),
    )
    return _page(context, wanted)


@ROUTES.add("GET", VAULT_PATH)
def _show_vault(context: RequestContext) -> dict[str, Any]:
    return {"vault": document(context.engine, of_call(context))}


@ROUTES.add("GET", f"{PATH}/summary")
def _show_summary(context: RequestContext) -> dict[str, Any]:
    ((size, used),) = context.engine.state.all(
        "SELECT coalesce(sum(size_gb), 0), coalesce(sum(used_blocks), 0) "
        "FROM vault WHERE project_id = ?",
        context.caller.project_id,
    )
    return {"size": size, "used_size": megabytes(used)}
