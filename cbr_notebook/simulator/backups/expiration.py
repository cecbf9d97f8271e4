"""When the backups in a vault expire: moved for all of them at once."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

import msgspec

from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.request_context import RequestContext
from cbr_notebook.simulator.protocol.routes import Routes
from cbr_notebook.simulator.tasks import tasks
from cbr_notebook.simulator.vaults import vaults
from cbr_notebook.simulator.vaults.vault_rows import VaultRow

_SHIFT_SECONDS = 5
_ZONE = re.compile(r"^UTC([+-])(\d{2}):(\d{2})$")


ROUTES = Routes("Vault")


class ExpirationReq(msgspec.Struct):
    """The body of "Updating the Expiration Time of Backups"."""

    expect_expiration_date: str
    time_zone: str


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


def _expiring(engine: Engine, vault: VaultRow, moment: int) -> list[str]:
    """Return the IDs of the backups whose expiry moves; in a locked vault only to later ones."""
    return engine.state.column(
        "SELECT id FROM backup WHERE vault_id = ? AND parent_id IS NULL "
        "AND status IN ('available', 'protecting', 'restoring') AND expired_at IS NOT NULL "
        "AND expired_at != ? AND (? = 0 OR expired_at < ?) ORDER BY created_at, id",
        vault.id,
        moment,
        vault.locked,
        moment,
    )


@ROUTES.add("PUT", f"{vaults.VAULT_PATH}/update-backup-expiration-time", body=ExpirationReq)
def _update_expiration_time(context: RequestContext) -> dict[str, Any]:
    engine, vault = context.engine, vaults.of_call(context)
    try:
        day = date.fromisoformat(context.body.expect_expiration_date[:10])
        moment = _end_of_day(day, context.body.time_zone)
    except (ValueError, OverflowError):
        raise ApiError("9900") from None
    if moment <= engine.now():
        raise ApiError("9900")
    if vault.status != "available":
        raise ApiError("6112")
    moving = _expiring(engine, vault, moment)
    for backup_id in moving:
        engine.state.run(
            "UPDATE backup SET expired_at = ?1, updated_at = ?2 WHERE id = ?3 OR parent_id = ?3",
            moment,
            engine.now(),
            backup_id,
        )
    if moving:
        engine.scheduler.at(clock.next_hour(moment), "clean_up", vault.id)
    task_id = tasks.begin(
        engine,
        "update_expiration_time",
        project_id=vault.project_id,
        seconds=_SHIFT_SECONDS,
        finish="expiration_updated",
        subject=vault.id,
        request_id=context.request_id,
        extra={
            "update_expiration_time": {
                "affected_backups_count": len(moving),
                "expiration_day": day.isoformat(),
            }
        },
        **vaults.told_by_tasks(vault),
    )
    return {
        "affected_backups_count": len(moving),
        "new_expiration_day": day.isoformat(),
        "operation_log_id": task_id,
    }


def _expiration_updated(engine: Engine, task_id: str, _: dict[str, Any]) -> None:
    tasks.succeed(engine, task_id)


EVENTS = {"expiration_updated": _expiration_updated}
