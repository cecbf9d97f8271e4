"""The list of backups: filters, order, pages; as fast for a million as for a thousand."""

from __future__ import annotations

from typing import Any

from cbr_notebook.simulator import clock, replication_records
from cbr_notebook.simulator.backups import document
from cbr_notebook.simulator.disks import BLOCK, GIB
from cbr_notebook.simulator.routing import Call, Refusal, Route

STATUSES = (
    "available", "protecting", "deleting", "restoring", "error",
    "waiting_protect", "waiting_delete", "waiting_restore",
)  # fmt: skip
RESOURCE_TYPES = (
    "OS::Nova::Server",
    "OS::Cinder::Volume",
    "OS::Ironic::BareMetalServer",
    "OS::Native::Server",
    "OS::Sfs::Turbo",
    "OS::Workspace::DesktopV2",
)
_SORT_KEYS = ("created_at", "updated_at", "name", "status", "protected_at", "id")
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


def _conditions(call: Call) -> tuple[list[str], list[Value]]:
    query, project_id = call.query, call.caller.project_id
    where: list[str] = []
    values: list[Value] = []

    def narrow(condition: str, *more: Value) -> None:
        where.append(condition)
        values.extend(more)

    own_type = query.choice("own_type", "private", "shared", "all_granted") or "private"
    member_status = query.choice("member_status", "pending", "accepted", "rejected")
    shared = "id IN (SELECT backup_id FROM member WHERE dest_project_id = ?"
    more: list[Value] = [project_id]
    if member_status:
        shared += " AND status = ?"
        more.append(member_status)
    shared += ")"
    if own_type == "private":
        narrow("project_id = ?", project_id)
    elif own_type == "shared":
        narrow(shared, *more)
    else:
        narrow(f"(project_id = ? OR {shared})", project_id, *more)
    if not query.text("parent_id"):
        narrow("parent_id IS NULL")
    query.choice("image_type", "backup", "replication")
    for name, column in _EXACT.items():
        if text := query.text(name):
            narrow(f"{column} = ?", text)
    if kind := query.choice("resource_type", *RESOURCE_TYPES):
        narrow("resource_type = ?", kind)
    if statuses := query.texts("status"):
        if any(status not in STATUSES for status in statuses):
            raise Refusal("9900")
        narrow(f"status IN ({', '.join('?' * len(statuses))})", *statuses)
    for name, comparison in (("start_time", ">="), ("end_time", "<=")):
        if text := query.text(name):
            try:
                narrow(f"created_at {comparison} ?", clock.parse(text))
            except ValueError:
                raise Refusal("9900") from None
    incremental = query.boolean("incremental")
    if incremental is not None:
        narrow("incremental = ?", incremental)
    if (enterprise := query.text("enterprise_project_id")) and enterprise != "all_granted_eps":
        narrow("enterprise_project_id = ?", enterprise)
    percent = query.integer("used_percent", low=1, high=100)
    if percent is not None:
        narrow(
            "vault_id IN (SELECT id FROM vault WHERE used_blocks * 100 >= size_gb * ? * ?)",
            GIB // BLOCK,
            percent,
        )
    query.boolean("dec")
    return where, values


def _order(text: str | None) -> list[tuple[str, str]]:
    """Read a sort parameter: keys with directions, newest first when there is none."""
    if text is None:
        return [("created_at", "DESC"), ("id", "DESC")]
    if len(text) > 255:
        raise Refusal("9900")
    order = []
    for part in text.split(","):
        key, _, direction = part.strip().partition(":")
        if key not in _SORT_KEYS or direction not in ("", "asc", "desc"):
            raise Refusal("9900")
        order.append((key, (direction or "desc").upper()))
    if all(key != "id" for key, _ in order):
        order.append(("id", order[-1][1]))
    return order


def _after(order: list[tuple[str, str]], row: Any) -> tuple[str, list[Value]]:
    """Give the condition for rows that come after a row in an order."""
    either, values = [], []
    for step, (key, direction) in enumerate(order):
        comparison = "<" if direction == "DESC" else ">"
        terms = [f"{earlier} IS ?" for earlier, _ in order[:step]] + [f"{key} {comparison} ?"]
        either.append(f"({' AND '.join(terms)})")
        values += [row[earlier] for earlier, _ in order[:step]] + [row[key]]
    return f"({' OR '.join(either)})", values


def _list(call: Call) -> dict[str, Any]:
    query, engine = call.query, call.engine
    where, values = _conditions(call)
    order = _order(query.text("sort"))
    limit = query.integer("limit", low=1, high=1000, default=1000)
    offset = query.integer("offset", low=0, default=0)
    show_replication = query.boolean("show_replication") or False
    condition, counted = " AND ".join(where), tuple(values)
    count = engine.remember(
        ("count backups", condition, counted),
        lambda: engine.state.value(
            f"SELECT count(*) FROM backup WHERE {condition}",
            *counted,
        ),
    )
    if marker := query.text("marker"):
        row = engine.state.one("SELECT * FROM backup WHERE id = ?", marker)
        if row is None:
            raise Refusal("9900")
        beyond, more = _after(order, row)
        where.append(beyond)
        values += more
    by = ", ".join(f"{key} {direction}" for key, direction in order)
    # The IDs first, from the index alone: rows that are skipped are never read.
    rows = engine.state.all(
        "SELECT backup.* FROM backup JOIN (SELECT id AS chosen FROM backup "
        f"WHERE {' AND '.join(where)} ORDER BY {by} LIMIT ? OFFSET ?) "
        f"ON id = chosen ORDER BY {by}",
        *values,
        limit,
        offset,
    )
    records = (
        replication_records.of(engine, [row["id"] for row in rows]) if show_replication else {}
    )
    return {
        "backups": [document(row, None, records.get(row["id"])) for row in rows],
        "count": count,
        "offset": offset,
        "limit": limit,
    }


ROUTES = (
    Route(
        "list_backups",
        "GET",
        "/v3/{project_id}/backups",
        _list,
        group="Backup",
        query=QUERY,
    ),
)
