"""Vaults: created, found, listed, changed. Their resources are next door."""

from __future__ import annotations

import json
import sqlite3
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from cbr_notebook.simulator import orders, policies, vault_resources
from cbr_notebook.simulator.disks import megabytes
from cbr_notebook.simulator.engine import Engine
from cbr_notebook.simulator.requests import (
    BindRules,
    Gigabytes,
    Name,
    ResourceItem,
    ShortText,
    Tag,
    Threshold,
)
from cbr_notebook.simulator.routing import Call, Refusal, Route, identifier
from cbr_notebook.simulator.vault_documents import PROVIDERS, document, documents

ObjectType = Literal["server", "disk", "turbo", "workspace", "vmware", "rds", "file"]
Consistency = Literal["crash_consistent", "app_consistent"]


class BillingCreate(msgspec.Struct):
    """What is bought with a vault."""

    consistent_level: Consistency
    object_type: ObjectType
    protect_type: Literal["backup", "replication"]
    size: int
    cloud_type: Literal["public", "hybrid"] = "public"
    charging_mode: Literal["post_paid", "pre_paid"] = "post_paid"
    period_type: Literal["year", "month"] | None = None
    period_num: int | None = None
    is_auto_renew: bool = False
    is_auto_pay: bool = False
    console_url: str | None = None
    is_multi_az: bool = False


class VaultCreate(msgspec.Struct):
    """A new vault."""

    name: Name
    billing: BillingCreate
    resources: Annotated[list[ResourceItem], Meta(max_length=255)]
    description: ShortText | None = None
    backup_policy_id: str | None = None
    tags: list[Tag] | None = None
    enterprise_project_id: str | None = None
    auto_bind: bool = False
    bind_rules: BindRules | None = None
    auto_expand: bool = False
    threshold: Threshold = 80
    smn_notify: bool = True
    backup_name_prefix: Annotated[str, Meta(max_length=32)] = ""
    demand_billing: bool = False
    sys_lock_source_service: Literal["", "SMB"] = ""
    locked: bool = False
    availability_zone: Annotated[str, Meta(min_length=1, max_length=32)] | None = None


class VaultCreateReq(msgspec.Struct):
    """The body of "Creating a Vault"."""

    vault: VaultCreate


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


def find(engine: Engine, project_id: str, vault_id: str) -> sqlite3.Row:
    """Give a vault of a project; 6105 when there is none."""
    row = engine.state.one(
        "SELECT * FROM vault WHERE id = ? AND project_id = ?", vault_id, project_id
    )
    if row is None:
        raise Refusal("6105")
    return row


def add_used(engine: Engine, vault_id: str, blocks: int) -> None:
    """Count blocks that were stored or freed; a full vault that may, expands by a quarter."""
    engine.state.run(
        "UPDATE vault SET used_blocks = used_blocks + ? WHERE id = ?", blocks, vault_id
    )
    row = engine.state.one("SELECT * FROM vault WHERE id = ?", vault_id)
    if row is None or not row["auto_expand"]:
        return
    size = row["size_gb"]
    while megabytes(row["used_blocks"]) >= size * 1024 and size < 10_485_760:
        size = min(10_485_760, -(-size * 5 // 4))
    if size != row["size_gb"]:
        engine.state.update("vault", vault_id, size_gb=size, updated_at=engine.now())


def is_full(row: sqlite3.Row) -> bool:
    """Say whether no backup may begin in the vault."""
    return megabytes(row["used_blocks"]) >= row["size_gb"] * 1024


def _check_billing(billing: BillingCreate) -> None:
    if not 10 <= billing.size <= 10_485_760:
        raise Refusal("6101")
    if billing.consistent_level == "app_consistent" and billing.object_type != "server":
        raise Refusal("9900")
    if billing.protect_type == "replication" and billing.object_type == "disk":
        raise Refusal("6122")
    if billing.charging_mode == "pre_paid":
        limits = {"month": 9, "year": 5}
        limit = limits.get(billing.period_type or "")
        if limit is None or not 1 <= (billing.period_num or 0) <= limit:
            raise Refusal("9900")


def create(
    engine: Engine, *, project_id: str, user_id: str, wanted: VaultCreate, order_id: str | None = None
) -> sqlite3.Row:
    """Make a vault with its resources and tags; give its row."""
    _check_billing(wanted.billing)
    state, options = engine.state, engine.options
    if wanted.auto_expand and wanted.billing.charging_mode == "pre_paid":
        raise Refusal("9900")
    if options["unique_vault_names"] and state.one(
        "SELECT 1 FROM vault WHERE project_id = ? AND name = ?", project_id, wanted.name
    ):
        raise Refusal("6106")
    if state.value("SELECT count(*) FROM vault WHERE project_id = ?", project_id) >= options["vaults"]:
        raise Refusal("6133")
    tags = _checked_tags(wanted.tags, options["tags_per_vault"])
    if wanted.auto_bind and wanted.bind_rules is not None:
        for tag in wanted.bind_rules.tags:
            tag.checked()
    vault_id = state.new_id("vault")
    billing, now = wanted.billing, engine.now()
    state.insert(
        "vault",
        id=vault_id,
        project_id=project_id,
        name=wanted.name,
        description=wanted.description,
        provider_id=PROVIDERS[billing.object_type],
        created_at=now,
        updated_at=now,
        user_id=user_id,
        enterprise_project_id=wanted.enterprise_project_id or "0",
        size_gb=billing.size,
        object_type=billing.object_type,
        protect_type=billing.protect_type,
        consistent_level=billing.consistent_level,
        cloud_type=billing.cloud_type,
        charging_mode=billing.charging_mode,
        order_id=order_id,
        is_multi_az=billing.is_multi_az,
        auto_bind=wanted.auto_bind,
        bind_rules=json.dumps(msgspec.to_builtins(wanted.bind_rules) if wanted.bind_rules else {}),
        auto_expand=wanted.auto_expand,
        smn_notify=wanted.smn_notify,
        threshold=wanted.threshold,
        backup_name_prefix=wanted.backup_name_prefix,
        demand_billing=wanted.demand_billing,
        locked=wanted.locked,
        availability_zone=wanted.availability_zone,
        sys_lock_source_service=wanted.sys_lock_source_service,
    )
    for position, tag in enumerate(tags):
        state.insert(
            "vault_tag", vault_id=vault_id, key=tag.key, value=tag.value, position=position
        )
    row = find(engine, project_id, vault_id)
    if wanted.resources:
        vault_resources.add(engine, row, wanted.resources)
    if wanted.backup_policy_id:
        policy = policies.find(engine, project_id, wanted.backup_policy_id)
        policies.apply(engine, row, policy, None)
    return find(engine, project_id, vault_id)


def _checked_tags(tags: list[Tag] | None, most: int) -> list[Tag]:
    if tags is None:
        return []
    checked = [tag.checked() for tag in tags]
    if not checked or len({tag.key for tag in checked}) < len(checked):
        raise Refusal("9900")
    if len(checked) > most:
        raise Refusal("6600")
    return checked


def _create(call: Call) -> dict[str, Any]:
    wanted: VaultCreate = call.body.vault
    if wanted.billing.charging_mode == "pre_paid":
        _check_billing(wanted.billing)
        return orders.place(call.engine, call.caller, msgspec.to_builtins(wanted))
    row = create(
        call.engine,
        project_id=call.caller.project_id,
        user_id=call.caller.user_id,
        wanted=wanted,
    )
    return {"vault": document(call.engine, row)}


def _list(call: Call) -> dict[str, Any]:
    query, engine = call.query, call.engine
    where = ["project_id = ?"]
    values: list[str | int] = [call.caller.project_id]

    def narrow(condition: str, *more: str) -> None:
        where.append(condition)
        values.extend(more)

    if name := query.text("name"):
        narrow("instr(name, ?) > 0", name)
    if ids := query.texts("id"):
        narrow(f"id IN ({', '.join('?' * len(ids))})", *ids)
    if cloud := query.choice("cloud_type", "public", "hybrid"):
        narrow("cloud_type = ?", cloud)
    if protect := query.choice("protect_type", "backup", "replication", "hybrid"):
        narrow("protect_type = ?", protect)
    if kind := query.text("object_type"):
        narrow("object_type = ?", kind)
    if status := query.text("status"):
        narrow("status = ?", status)
    if (enterprise := query.text("enterprise_project_id")) and enterprise != "all_granted_eps":
        narrow("enterprise_project_id = ?", enterprise)
    if policy := query.text("policy_id"):
        narrow("id IN (SELECT vault_id FROM vault_policy WHERE policy_id = ?)", policy)
    if resources := query.text("resource_ids"):
        wanted = [each.strip() for each in resources.split(",") if each.strip()]
        marks = ", ".join("?" * len(wanted))
        narrow(
            f"id IN (SELECT vault_id FROM vault_resource WHERE resource_id IN ({marks}))",  # noqa: S608
            *wanted,
        )
    limit = query.integer("limit", low=1, high=1000, default=1000)
    offset = query.integer("offset", low=0, default=0)
    condition = " AND ".join(where)
    rows = engine.state.all(
        f"SELECT * FROM vault WHERE {condition} "  # noqa: S608 names are ours
        "ORDER BY created_at DESC, id DESC LIMIT ? OFFSET ?",
        *values,
        limit,
        offset,
    )
    count = engine.state.value(f"SELECT count(*) FROM vault WHERE {condition}", *values)  # noqa: S608
    return {
        "vaults": documents(engine, rows),
        "count": count,
        "offset": offset,
        "limit": limit,
    }


def _show(call: Call) -> dict[str, Any]:
    row = find(call.engine, call.caller.project_id, identifier(call, "vault_id"))
    return {"vault": document(call.engine, row)}


def _update(call: Call) -> dict[str, Any]:
    engine = call.engine
    row = find(engine, call.caller.project_id, identifier(call, "vault_id"))
    change: VaultUpdate = call.body.vault
    if row["status"] == "lock":
        raise Refusal("6112")
    if row["status"] != "available":
        raise Refusal("6110")
    columns: dict[str, Any] = {}
    if change.billing is not UNSET:
        columns.update(_billing_change(row, change.billing))
    if change.locked is not UNSET:
        if row["locked"] and not change.locked:
            raise Refusal("9900", "vault not support to modify locked attribute from true to false")
        columns["locked"] = change.locked
    if change.auto_expand is not UNSET:
        if change.auto_expand and row["charging_mode"] == "pre_paid":
            raise Refusal("6110")
        columns["auto_expand"] = change.auto_expand
    if change.bind_rules is not UNSET:
        for tag in change.bind_rules.tags:
            tag.checked()
        columns["bind_rules"] = json.dumps(msgspec.to_builtins(change.bind_rules))
    for name in ("name", "auto_bind", "smn_notify", "threshold"):
        value = getattr(change, name)
        if value is not UNSET:
            columns[name] = value
    engine.state.update("vault", row["id"], updated_at=engine.now(), **columns)
    return {"vault": document(engine, find(engine, row["project_id"], row["id"]))}


def _billing_change(row: sqlite3.Row, change: BillingUpdate) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if change.size is not UNSET:
        if not 1 <= change.size <= 10_485_760:
            raise Refusal("6101")
        if megabytes(row["used_blocks"]) > change.size * 1024:
            raise Refusal("6101")
        if row["charging_mode"] == "pre_paid":
            raise Refusal("6123")
        columns["size_gb"] = change.size
    if change.consistent_level is not UNSET:
        level = change.consistent_level
        if row["consistent_level"] == "app_consistent" and level == "crash_consistent":
            raise Refusal("9900")
        if level == "app_consistent" and row["object_type"] != "server":
            raise Refusal("9900")
        columns["consistent_level"] = level
    return columns


def _batch_update(call: Call) -> dict[str, Any]:
    change: VaultBatchUpdate = call.body.vault
    engine = call.engine
    rows = engine.state.all("SELECT id FROM vault WHERE project_id = ?", call.caller.project_id)
    columns = {
        name: value
        for name in ("smn_notify", "threshold")
        if (value := getattr(change, name)) is not UNSET
    }
    if not columns:
        raise Refusal("9900")
    for row in rows:
        engine.state.update("vault", row["id"], updated_at=engine.now(), **columns)
    return {"updated_vaults_id": [row["id"] for row in rows]}


def _summary(call: Call) -> dict[str, Any]:
    row = call.engine.state.one(
        "SELECT coalesce(sum(size_gb), 0) AS size, coalesce(sum(used_blocks), 0) AS used "
        "FROM vault WHERE project_id = ?",
        call.caller.project_id,
    )
    assert row is not None
    return {"size": row["size"], "used_size": megabytes(row["used"])}


def _external(call: Call) -> dict[str, Any]:
    query, engine = call.query, call.engine
    project, region = query.text("external_project_id"), query.text("region_id")
    if not project or not region:
        raise Refusal("9900")
    where = ["project_id = ?"]
    values: list[str | int] = [project]
    for name, column in (
        ("protect_type", "protect_type"),
        ("objcet_type", "object_type"),  # the service's own spelling
        ("cloud_type", "cloud_type"),
        ("vault_id", "id"),
    ):
        if text := query.text(name):
            where.append(f"{column} = ?")
            values.append(text)
    limit = query.integer("limit", low=1, high=1000, default=1000)
    offset = query.integer("offset", low=0, default=0)
    owner = engine.state.one(
        "SELECT 1 FROM project WHERE id = ? AND region = ? AND domain_id = ?",
        project,
        region,
        call.caller.domain_id,
    )
    if owner is None:
        raise Refusal("8600")
    condition = " AND ".join(where)
    rows = engine.state.all(
        f"SELECT * FROM vault WHERE {condition} "  # noqa: S608 names are ours
        "ORDER BY created_at DESC, id DESC LIMIT ? OFFSET ?",
        *values,
        limit,
        offset,
    )
    count = engine.state.value(f"SELECT count(*) FROM vault WHERE {condition}", *values)  # noqa: S608
    return {"vaults": documents(engine, rows), "count": count, "offset": offset, "limit": limit}


_PATH = "/v3/{project_id}/vaults"
_LIST_QUERY = (
    "limit", "name", "offset", "cloud_type", "protect_type", "object_type",
    "enterprise_project_id", "id", "policy_id", "status", "resource_ids",
)  # fmt: skip

ROUTES = (
    Route("list_vault", "GET", _PATH, _list, group="Vault", query=_LIST_QUERY),
    Route("create_vault", "POST", _PATH, _create, body=VaultCreateReq, group="Vault"),
    Route(
        "batch_update_vault",
        "PUT",
        f"{_PATH}/batch-update",
        _batch_update,
        body=VaultBatchUpdateReq,
        group="Vault",
    ),
    Route("list_external_vault", "GET", f"{_PATH}/external", _external, group="Vault"),
    Route("show_summary", "GET", f"{_PATH}/summary", _summary, group="Vault"),
    Route("show_vault", "GET", _PATH + "/{vault_id}", _show, group="Vault"),
    Route("update_vault", "PUT", _PATH + "/{vault_id}", _update, body=VaultUpdateReq, group="Vault"),
)
