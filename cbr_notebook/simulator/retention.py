"""Which backups a policy no longer keeps, and their removal at the full hour."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from cbr_notebook.simulator import backups, clock, policies
from cbr_notebook.simulator.engine import Engine

_FAILED_KEPT = 10
_FAILED_DAYS = 30
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def _zone_shift(zone: str | None) -> timedelta:
    """Give how far a zone such as ``UTC+08:00`` is ahead of UTC."""
    if not zone:
        return timedelta()
    sign = -1 if zone[3] == "-" else 1
    hours, minutes = zone[4:].split(":")
    return sign * timedelta(hours=int(hours), minutes=int(minutes))


_PERIODS: dict[str, Callable[[datetime], object]] = {
    "day_backups": lambda at: at.date(),
    "week_backups": lambda at: at.isocalendar()[:2],
    "month_backups": lambda at: (at.year, at.month),
    "year_backups": lambda at: at.year,
}


def long_term(definition: dict[str, Any], made: Iterable[tuple[str, int]]) -> set[str]:
    """Give the backups that the rules by day, week, month and year keep.

    Each keeps the newest backup of each of the last so many periods that have one, in the
    policy's time zone.

    Args:
        definition: of the policy.
        made: ID and time of each backup.
    """
    shift = _zone_shift(definition.get("timezone"))
    local = sorted(
        ((clock.to_datetime(at) + shift, backup_id) for backup_id, at in made), reverse=True
    )
    kept: set[str] = set()
    for name, period in _PERIODS.items():
        seen: list[object] = []
        for at, backup_id in local:
            if period(at) not in seen:
                if len(seen) == (definition.get(name) or 0):
                    break
                seen.append(period(at))
                kept.add(backup_id)
    return kept | _advanced(definition, local)


def _advanced(definition: dict[str, Any], local: list[tuple[datetime, str]]) -> set[str]:
    """Give the backups that advanced rules keep: of the chosen days, for so many periods."""
    rules = definition.get("advanced_retention_rules") or {}
    if not local:
        return set()
    newest = local[0][0]
    kept: set[str] = set()
    for name, days in (
        ("weekly_retention_rules", 7),
        ("monthly_retention_rules", 31),
        ("yearly_retention_rules", 366),
    ):
        rule = rules.get(name)
        periods = (rule or {}).get("retention_duration_periods", -1)
        if not rule or periods < 1:
            continue
        for at, backup_id in local:
            if newest - at <= timedelta(days=days * periods) and _fits(rule, at):
                kept.add(backup_id)
    return kept


def _fits(rule: dict[str, Any], at: datetime) -> bool:
    """Say whether a rule chooses the day of a backup."""
    if (months := rule.get("retention_months")) and _MONTHS[at.month - 1] not in {
        str(month).upper()[:3] for month in months
    }:
        return False
    if (days := rule.get("days_of_week")) and _DAYS[at.weekday()] not in {
        str(day).upper()[:2] for day in days
    }:
        return False
    if weeks := rule.get("retention_weeks"):
        last = (at + timedelta(days=7)).month != at.month
        names = {"FIRST", "SECOND", "THIRD", "FOURTH", "LAST"} & {str(w).upper() for w in weeks}
        mine = {("FIRST", "SECOND", "THIRD", "FOURTH", "FIFTH")[(at.day - 1) // 7]}
        if last:
            mine.add("LAST")
        if not mine & names:
            return False
    if month_days := rule.get("days_of_month"):
        last_day = (at + timedelta(days=1)).month != at.month
        return at.day in month_days or (last_day and -1 in month_days)
    return True


def _surplus(engine: Engine, rows: list[sqlite3.Row], definition: dict[str, Any]) -> list[str]:
    """Give the backups of one resource that the policy's count no longer keeps."""
    most = definition.get("max_backups", -1)
    kept_long = long_term(definition, [(row["id"], row["created_at"]) for row in rows])
    if most is None or most < 1:
        return []
    counted = [
        row
        for row in rows
        if row["id"] not in kept_long
        and not engine.state.one("SELECT 1 FROM image WHERE backup_id = ?", row["id"])
    ]
    return [row["id"] for row in counted[most:]]


def _clean_up(engine: Engine, vault_id: str, _: dict[str, Any]) -> None:
    policy = policies.applied(engine, vault_id, "backup")
    definition = json.loads(policy["definition"]) if policy is not None else {}
    by_resource: dict[str, list[sqlite3.Row]] = {}
    for row in engine.state.all(
        "SELECT * FROM backup WHERE vault_id = ? AND parent_id IS NULL AND automatic = 1 "
        "AND status = 'available' ORDER BY created_at DESC, id DESC",
        vault_id,
    ):
        by_resource.setdefault(row["resource_id"], []).append(row)
    goes: set[str] = set()
    for rows in by_resource.values():
        goes.update(_surplus(engine, rows, definition))
        kept = long_term(definition, [(row["id"], row["created_at"]) for row in rows])
        goes.update(
            row["id"]
            for row in rows
            if row["expired_at"] is not None
            and row["expired_at"] <= engine.now()
            and row["id"] not in kept
        )
    goes.update(
        row["id"]
        for row in engine.state.all(
            "SELECT id FROM backup WHERE vault_id = ? AND parent_id IS NULL AND automatic = 0 "
            "AND status = 'available' AND expired_at <= ?",
            vault_id,
            engine.now(),
        )
    )
    goes.update(_old_failures(engine, vault_id))
    for backup_id in sorted(goes):
        _expire(engine, backup_id)


def _old_failures(engine: Engine, vault_id: str) -> list[str]:
    """Give failed backups of policies beyond the ten newest, or older than a month."""
    failed = engine.state.all(
        "SELECT id, created_at FROM backup WHERE vault_id = ? AND parent_id IS NULL "
        "AND automatic = 1 AND status = 'error' ORDER BY created_at DESC, id DESC",
        vault_id,
    )
    oldest = engine.now() - _FAILED_DAYS * 24 * 3600 * clock.MICROSECONDS
    return [
        row["id"]
        for number, row in enumerate(failed)
        if number >= _FAILED_KEPT or row["created_at"] < oldest
    ]


def _expire(engine: Engine, backup_id: str) -> None:
    row = engine.state.one("SELECT * FROM backup WHERE id = ?", backup_id)
    assert row is not None
    if engine.state.one("SELECT 1 FROM image WHERE backup_id = ?", backup_id):
        return
    locked = engine.state.value("SELECT locked FROM vault WHERE id = ?", row["vault_id"])
    if locked and row["automatic"] and (row["expired_at"] or 1 << 62) > engine.now():
        return
    backups.erase(engine, row)


EVENTS = {"clean_up": _clean_up}
