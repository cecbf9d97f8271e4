"""The list of backups: filters, order, pages; as fast for a million as for a thousand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cbr_notebook.simulator.backups import replication_records
from cbr_notebook.simulator.backups.backup_rows import BackupRow
from cbr_notebook.simulator.backups.backups import by_id, document
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.inventory.disks import BLOCK, GIB
from cbr_notebook.simulator.inventory.resources import RESOURCE_TYPES
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.conditions import Conditions
from cbr_notebook.simulator.protocol.request_context import RequestContext
from cbr_notebook.simulator.protocol.routes import Routes

STATUSES = (
    "available", "protecting", "deleting", "restoring", "error",
    "waiting_protect", "waiting_delete", "waiting_restore",
)  # fmt: skip
_SORT_KEYS = {
    "created_at": "created_at",
    "updated_at": "updated_at",
    "name": "name",
    "status": "status",
    "protected_at": "coalesce(protected_at, 0)",
    "id": "id",
}
_EXACT = {
    "checkpoint_id": "restore_point_id",
    "image_type": "image_type",
    "name": "name",
    "parent_id": "parent_id",
    "resource_az": "resource_az",
    "resource_id": "resource_id",
    "resource_name": "resource_name",
    "vault_id": "vault_id",
}
QUERY = (
    "checkpoint_id", "dec", "end_time", "image_type", "limit", "marker", "name", "offset",
    "resource_az", "resource_id", "resource_name", "resource_type", "sort", "start_time",
    "status", "vault_id", "enterprise_project_id", "own_type", "member_status", "parent_id",
    "used_percent", "show_replication", "incremental",
)  # fmt: skip

Value = str | int | float | bytes | None
Order = tuple[tuple[str, str], ...]
"""Keys with their directions."""

_MILESTONE = 10_000
"""Rows between two remembered places of a list."""


ROUTES = Routes("Backup")


def _conditions(context: RequestContext) -> Conditions:
    """Return which backups a request asks for; 9900 when a parameter is not allowed."""
    query, wanted = context.query, _of_owner(context)
    if not query.text("parent_id"):
        wanted.add("parent_id IS NULL")
    query.choice("image_type", "backup", "replication")
    wanted.add_equal(**{column: query.text(name) for name, column in _EXACT.items()})
    wanted.add_equal(resource_type=query.choice("resource_type", *RESOURCE_TYPES))
    statuses = query.texts("status")
    if any(status not in STATUSES for status in statuses):
        raise ApiError("9900")
    wanted.add_among("status IN ({})", statuses)
    wanted.add_times(query)
    wanted.add_equal(incremental=query.boolean("incremental"))
    wanted.add_enterprise_project(query)
    percent = query.integer("used_percent", low=1, high=100)
    if percent is not None:
        full = "SELECT id FROM vault WHERE used_blocks * 100 >= size_gb * ? * ?"
        wanted.add(f"vault_id IN ({full})", GIB // BLOCK, percent)
    query.boolean("dec")
    return wanted


def _of_owner(context: RequestContext) -> Conditions:
    """Return whose backups a request asks for: the project's own, or those shared with it."""
    query, project_id = context.query, context.caller.project_id
    own_type = query.choice("own_type", "private", "shared", "all_granted") or "private"
    member_status = query.choice("member_status", "pending", "accepted", "rejected")
    shared = Conditions("dest_project_id = ?", project_id)
    shared.add_equal(status=member_status)
    is_shared = f"id IN (SELECT backup_id FROM member WHERE {shared.text})"
    if own_type == "private":
        return Conditions("project_id = ?", project_id)
    if own_type == "shared":
        return Conditions(is_shared, *shared.values)
    return Conditions(f"(project_id = ? OR {is_shared})", project_id, *shared.values)


def _order(text: str | None) -> Order:
    """Read a sort parameter: keys with directions, newest first when there is none."""
    if text is None:
        return (("created_at", "DESC"), ("id", "DESC"))
    if len(text) > 255:
        raise ApiError("9900")
    order = []
    for part in text.split(","):
        key, _, direction = part.strip().partition(":")
        if key not in _SORT_KEYS or direction not in ("", "asc", "desc"):
            raise ApiError("9900")
        order.append((key, (direction or "desc").upper()))
    if all(key != "id" for key, _ in order):
        order.append(("id", order[-1][1]))
    return tuple(order)


def _after(order: Order, row: Mapping[str, Any]) -> tuple[str, list[Value]]:
    """Return the condition for rows that come after a row in an order."""
    keys = [_SORT_KEYS[key] for key, _ in order]
    values = [row[key] or 0 if key == "protected_at" else row[key] for key, _ in order]
    directions = {direction for _, direction in order}
    if len(directions) == 1:
        # Compared as a whole, so that an index leads straight to the place.
        comparison = "<" if directions == {"DESC"} else ">"
        marks = ", ".join("?" * len(keys))
        return f"({', '.join(keys)}) {comparison} ({marks})", values
    either, compared = [], []
    for step, (_, direction) in enumerate(order):
        comparison = "<" if direction == "DESC" else ">"
        terms = [f"{earlier} = ?" for earlier in keys[:step]] + [f"{keys[step]} {comparison} ?"]
        either.append(f"({' AND '.join(terms)})")
        compared += values[: step + 1]
    return f"({' OR '.join(either)})", compared


@dataclass(frozen=True, slots=True)
class _Selection:
    """Which backups, in which order."""

    where: str
    values: tuple[Value, ...]
    order: Order

    def ids(self, engine: Engine, limit: int, offset: int) -> list[dict[str, Any]]:
        """Return the keys of some rows, from the index alone where there is one."""
        columns = ", ".join(key for key, _ in self.order)
        by = ", ".join(f"{_SORT_KEYS[key]} {direction}" for key, direction in self.order)
        rows = engine.state.all(
            f"SELECT {columns} FROM backup WHERE {self.where} ORDER BY {by} LIMIT ? OFFSET ?",
            *self.values,
            limit,
            offset,
        )
        return [dict(row) for row in rows]

    def after(self, row: Mapping[str, Any]) -> _Selection:
        """Return what comes after a row."""
        condition, values = _after(self.order, row)
        return _Selection(f"{self.where} AND {condition}", (*self.values, *values), self.order)

    def count(self, engine: Engine) -> int:
        """Count the rows; the number is kept until something changes."""
        count: int = engine.remember(
            ("count backups", self),
            lambda: engine.state.value(
                f"SELECT count(*) FROM backup WHERE {self.where}", *self.values
            ),
        )
        return count

    def page(self, engine: Engine, limit: int, offset: int) -> list[dict[str, Any]]:
        """Return the keys of a page; one far down begins at the last milestone before it."""
        milestone = offset // _MILESTONE
        beyond = self._milestone(engine, milestone)
        if beyond is None:
            return []
        return beyond.ids(engine, limit, offset - milestone * _MILESTONE)

    def _milestone(self, engine: Engine, number: int) -> _Selection | None:
        """Return what comes after so many milestones; ``None`` when there are fewer rows.

        The milestones that were passed are kept until something changes.
        """
        found: list[_Selection] = engine.remember(("milestones", self), lambda: [self])
        while len(found) <= number:
            last = found[-1].ids(engine, 1, _MILESTONE - 1)
            if not last:
                return None
            found.append(self.after(last[0]))
        return found[number]


def _rows(engine: Engine, ids: list[str]) -> list[BackupRow]:
    """Return whole rows in the order of their IDs."""
    marks = ", ".join("?" * len(ids))
    found = {
        row.id: row
        for row in engine.state.all_of(
            BackupRow, f"SELECT * FROM backup WHERE id IN ({marks})", *ids
        )
    }
    return [found[each] for each in ids]


@ROUTES.add("GET", "/v3/{project_id}/backups", query=QUERY)
def _list_backups(context: RequestContext) -> dict[str, Any]:
    query, engine = context.query, context.engine
    wanted = _conditions(context)
    order = _order(query.text("sort"))
    page = query.page()
    show_replication = query.boolean("show_replication") or False
    selection = _Selection(wanted.text, tuple(wanted.values), order)
    count = selection.count(engine)
    if page.marker:
        last = by_id(engine, page.marker)
        if last is None:
            raise ApiError("9900")
        selection = selection.after(last._asdict())
    beyond = page.offset >= count
    keys = [] if beyond else selection.page(engine, page.limit, page.offset)
    rows = _rows(engine, [key["id"] for key in keys])
    records = replication_records.of(engine, [row.id for row in rows]) if show_replication else {}
    documents = [document(row, None, records.get(row.id)) for row in rows]
    return page.answer("backups", documents, count)
