"""Changes of vaults: their name, size and settings, and when their backups expire."""

from __future__ import annotations

import json
import re
import sqlite3
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.inventory.disks import megabytes
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.fields import BindRules, Name, Threshold
from cbr_notebook.simulator.protocol.request_context import RequestContext
from cbr_notebook.simulator.protocol.routes import Route
from cbr_notebook.simulator.tasks import tasks
from cbr_notebook.simulator.vaults import vaults
from cbr_notebook.simulator.vaults.vault_creation import Consistency
from cbr_notebook.simulator.vaults.vault_documents import document

_SHIFT_SECONDS = 5
_ZONE = re.compile(r"^UTC([+-])(\d{2}):(\d{2})$")


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


class ExpirationReq(msgspec.Struct):
    """The body of "Updating the Expiration Time of Backups"."""

    expect_expiration_date: str
    time_zone: str


def _update(context: RequestContext) -> dict[str, Any]:
    engine, row, change = context.engine, vaults.of_call(context), context.body.vault
    if row["status"] not in ("available", "lock"):
        raise ApiError("6110")
    columns: dict[str, Any] = {
        name: value
        for name in ("name", "auto_bind", "smn_notify", "threshold")
        if (value := getattr(change, name)) is not UNSET
    }
    if change.billing is not UNSET:
        columns |= _change_billing(engine, row, change.billing)
    if change.locked is not UNSET:
        if row["locked"] and not change.locked:
            raise ApiError(
                "9900", "vault not support to modify locked attribute from true to false"
            )
        columns["locked"] = change.locked
    if change.auto_expand is not UNSET:
        if change.auto_expand and row["charging_mode"] == "pre_paid":
            raise ApiError("6110")
        columns["auto_expand"] = change.auto_expand
    if change.bind_rules is not UNSET:
        for tag in change.bind_rules.tags:
            tag.checked()
        columns["bind_rules"] = json.dumps(msgspec.to_builtins(change.bind_rules))
    engine.state.update("vault", row["id"], updated_at=engine.now(), **columns)
    return {"vault": document(engine, vaults.find(engine, row["project_id"], row["id"]))}


def _change_billing(engine: Engine, row: sqlite3.Row, change: BillingUpdate) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if change.size is not UNSET:
        if not 1 <= change.size <= vaults.LARGEST:
            raise ApiError("6101")
        if megabytes(row["used_blocks"]) > change.size * 1024:
            raise ApiError("6101")
        if row["status"] == "lock":
            raise ApiError("6112")
        if row["charging_mode"] == "pre_paid":
            raise ApiError("6110")
        columns["size_gb"] = change.size
    if change.consistent_level is not UNSET:
        level = change.consistent_level
        if row["consistent_level"] == "app_consistent" and level == "crash_consistent":
            raise ApiError("9900")
        if level == "app_consistent" and row["object_type"] != "server":
            raise ApiError("6126")
        columns["consistent_level"] = level
    return columns


def _batch_update(context: RequestContext) -> dict[str, Any]:
    engine, change = context.engine, context.body.vault
    columns = {
        name: value
        for name in ("smn_notify", "threshold")
        if (value := getattr(change, name)) is not UNSET
    }
    if not columns:
        raise ApiError("9900")
    rows = engine.state.all(
        "SELECT id FROM vault WHERE project_id = ? AND status IN ('available', 'lock') "
        "ORDER BY created_at, id",
        context.caller.project_id,
    )
    for row in rows:
        engine.state.update("vault", row["id"], updated_at=engine.now(), **columns)
    return {"updated_vaults_id": [row["id"] for row in rows]}


# -- when backups expire -----------------------------------------------------------------------


def _end_of_day(day: date, zone: str) -> int:
    """Return the moment at which a day ends in a zone such as ``UTC+08:00``."""
    match = _ZONE.match(zone)
    if match is None:
        raise ApiError("9900")
    sign, hours, minutes = match.groups()
    shift = timedelta(hours=int(hours), minutes=int(minutes))
    if shift > timedelta(hours=14) or int(minutes) > 59:
        raise ApiError("9900")
    local = timezone(-shift if sign == "-" else shift)
    midnight = datetime.combine(day + timedelta(days=1), time(), local)
    return clock.from_datetime(midnight.astimezone(UTC))


def _expiring(engine: Engine, vault: sqlite3.Row, moment: int) -> list[sqlite3.Row]:
    """Return the backups whose expiry moves; in a locked vault it only ever moves later."""
    return engine.state.all(
        "SELECT id FROM backup WHERE vault_id = ? AND parent_id IS NULL "
        "AND status IN ('available', 'protecting', 'restoring') AND expired_at IS NOT NULL "
        "AND expired_at != ? AND (? = 0 OR expired_at < ?) ORDER BY created_at, id",
        vault["id"],
        moment,
        vault["locked"],
        moment,
    )


def _update_expiration(context: RequestContext) -> dict[str, Any]:
    engine, vault = context.engine, vaults.of_call(context)
    try:
        day = date.fromisoformat(context.body.expect_expiration_date[:10])
        moment = _end_of_day(day, context.body.time_zone)
    except (ValueError, OverflowError):
        raise ApiError("9900") from None
    if moment <= engine.now():
        raise ApiError("9900")
    if vault["status"] != "available":
        raise ApiError("6112")
    moving = _expiring(engine, vault, moment)
    for row in moving:
        engine.state.run(
            "UPDATE backup SET expired_at = ?1, updated_at = ?2 WHERE id = ?3 OR parent_id = ?3",
            moment,
            engine.now(),
            row["id"],
        )
    if moving:
        engine.scheduler.at(clock.next_hour(moment), "clean_up", vault["id"])
    task_id = tasks.begin(
        engine,
        "update_expiration_time",
        project_id=vault["project_id"],
        seconds=_SHIFT_SECONDS,
        finish="expiration_updated",
        subject=vault["id"],
        request_id=f"req-{context.request_id}",
        extra={
            "update_expiration_time": {
                "affected_backups_count": len(moving),
                "expiration_day": day.isoformat(),
            }
        },
        vault_id=vault["id"],
        vault_name=vault["name"],
        provider_id=vault["provider_id"],
    )
    return {
        "affected_backups_count": len(moving),
        "new_expiration_day": day.isoformat(),
        "operation_log_id": task_id,
    }


def _expiration_updated(engine: Engine, task_id: str, _: dict[str, Any]) -> None:
    tasks.succeed(engine, task_id)


ROUTES = (
    Route(
        "batch_update_vault",
        "PUT",
        f"{vaults.PATH}/batch-update",
        _batch_update,
        body=VaultBatchUpdateReq,
        group="Vault",
    ),
    Route("update_vault", "PUT", vaults.VAULT_PATH, _update, body=VaultUpdateReq, group="Vault"),
    Route(
        "update_expiration_time",
        "PUT",
        f"{vaults.VAULT_PATH}/update-backup-expiration-time",
        _update_expiration,
        body=ExpirationReq,
        group="Vault",
    ),
)
EVENTS = {"expiration_updated": _expiration_updated}
