"""Changes of vaults: their name, size and settings."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.inventory.disks import megabytes
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.fields import BindRules, Name, Threshold
from cbr_notebook.simulator.protocol.request_context import RequestContext
from cbr_notebook.simulator.protocol.routes import Routes
from cbr_notebook.simulator.vaults import vaults
from cbr_notebook.simulator.vaults.vault_creation import Consistency
from cbr_notebook.simulator.vaults.vault_documents import document
from cbr_notebook.simulator.vaults.vault_rows import VaultRow

ROUTES = Routes("Vault")


class BillingUpdate(msgspec.Struct):
    """What changes in what is bought."""

    size: int | UnsetType = UNSET
    consistent_level: Consistency | UnsetType = UNSET


class VaultUpdate(msgspec.Struct):
    """The members of a vault that change."""

    name: Name | UnsetType = UNSET
    billing: BillingUpdate | UnsetType = UNSET
    auto_bind: bool | UnsetType = UNSET
    bind_rules: BindRules | UnsetType = UNSET
    auto_expand: bool | UnsetType = UNSET
    smn_notify: bool | UnsetType = UNSET
    threshold: Threshold | UnsetType = UNSET
    locked: bool | UnsetType = UNSET


class VaultUpdateReq(msgspec.Struct):
    """The body of "Modifying a Vault"."""

    vault: VaultUpdate


class VaultBatchUpdate(msgspec.Struct):
    """What can be changed in all vaults at once."""

    smn_notify: bool | UnsetType = UNSET
    threshold: Threshold | UnsetType = UNSET


class VaultBatchUpdateReq(msgspec.Struct):
    """The body of "Batch Modifying Vaults"."""

    vault: VaultBatchUpdate


@ROUTES.add("PUT", vaults.VAULT_PATH, body=VaultUpdateReq)
def _update_vault(context: RequestContext) -> dict[str, Any]:
    engine, row, change = context.engine, vaults.of_call(context), context.body.vault
    if row.status not in ("available", "lock"):
        raise ApiError("6110")
    columns: dict[str, Any] = {
        name: value
        for name in ("name", "auto_bind", "smn_notify", "threshold")
        if (value := getattr(change, name)) is not UNSET
    }
    if change.billing is not UNSET:
        columns |= _change_billing(engine, row, change.billing)
    if change.locked is not UNSET:
        if row.locked and not change.locked:
            raise ApiError(
                "9900", "vault not support to modify locked attribute from true to false"
            )
        columns["locked"] = change.locked
    if change.auto_expand is not UNSET:
        if change.auto_expand and row.charging_mode == "pre_paid":
            raise ApiError("6110")
        columns["auto_expand"] = change.auto_expand
    if change.bind_rules is not UNSET:
        for tag in change.bind_rules.tags:
            tag.checked()
        columns["bind_rules"] = json.dumps(msgspec.to_builtins(change.bind_rules))
    engine.state.update("vault", row.id, updated_at=engine.now(), **columns)
    return {"vault": document(engine, vaults.find(engine, row.project_id, row.id))}


def _change_billing(engine: Engine, row: VaultRow, change: BillingUpdate) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if change.size is not UNSET:
        if not 1 <= change.size <= vaults.LARGEST:
            raise ApiError("6101")
        if megabytes(row.used_blocks) > change.size * 1024:
            raise ApiError("6101")
        if row.status == "lock":
            raise ApiError("6112")
        if row.charging_mode == "pre_paid":
            raise ApiError("6110")
        columns["size_gb"] = change.size
    if change.consistent_level is not UNSET:
        level = change.consistent_level
        if row.consistent_level == "app_consistent" and level == "crash_consistent":
            raise ApiError("9900")
        if level == "app_consistent" and row.object_type != "server":
            raise ApiError("6126")
        columns["consistent_level"] = level
    return columns


@ROUTES.add("PUT", f"{vaults.PATH}/batch-update", body=VaultBatchUpdateReq)
def _batch_update_vault(context: RequestContext) -> dict[str, Any]:
    engine, change = context.engine, context.body.vault
    columns = {
        name: value
        for name in ("smn_notify", "threshold")
        if (value := getattr(change, name)) is not UNSET
    }
    if not columns:
        raise ApiError("9900")
    ids = engine.state.column(
        "SELECT id FROM vault WHERE project_id = ? AND status IN ('available', 'lock') "
        "ORDER BY created_at, id",
        context.caller.project_id,
    )
    for vault_id in ids:
        engine.state.update("vault", vault_id, updated_at=engine.now(), **columns)
    return {"updated_vaults_id": ids}
