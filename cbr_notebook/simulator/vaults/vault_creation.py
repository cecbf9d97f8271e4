"""New vaults: what may be asked for, and how they come to be."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.policies import policies
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.fields import (
    BindRules,
    Name,
    ResourceItem,
    ShortText,
    Tag,
    Threshold,
)
from cbr_notebook.simulator.protocol.request_context import RequestContext
from cbr_notebook.simulator.protocol.routes import Routes
from cbr_notebook.simulator.vaults import order_records, vault_resources, vaults
from cbr_notebook.simulator.vaults.vault_documents import PROVIDERS, document
from cbr_notebook.simulator.vaults.vault_rows import VaultRow

ObjectType = Literal["server", "disk", "turbo", "workspace", "vmware", "rds", "file"]
Consistency = Literal["crash_consistent", "app_consistent"]
Address = Annotated[str, Meta(min_length=1, max_length=255)]

_LONGEST_PERIOD = {"month": 9, "year": 5}


ROUTES = Routes("Vault")


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
    console_url: Address | None = None
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


def check(engine: Engine, project_id: str, wanted: VaultCreate) -> list[Tag]:
    """Refuse a vault that may not be; return its tags without surrounding spaces."""
    state, options = engine.state, engine.options
    _check_billing(wanted.billing)
    prepaid = wanted.billing.charging_mode == "pre_paid"
    if (wanted.auto_expand and prepaid) or (wanted.demand_billing and not prepaid):
        raise ApiError("9900")
    for tag in wanted.bind_rules.tags if wanted.bind_rules else ():
        tag.checked()
    tags = _checked_tags(wanted.tags, options["tags_per_vault"])
    if options["unique_vault_names"] and state.has(
        "SELECT 1 FROM vault WHERE project_id = ? AND name = ?", project_id, wanted.name
    ):
        raise ApiError("6106")
    present = state.value("SELECT count(*) FROM vault WHERE project_id = ?", project_id)
    if present >= options["vaults"]:
        raise ApiError("6133")
    return tags


def _check_billing(billing: BillingCreate) -> None:
    if not vaults.SMALLEST <= billing.size <= vaults.LARGEST:
        raise ApiError("6101")
    if billing.consistent_level == "app_consistent" and billing.object_type != "server":
        raise ApiError("6126")
    if billing.protect_type == "replication" and billing.object_type != "server":
        raise ApiError("6122")
    if billing.charging_mode == "pre_paid":
        longest = _LONGEST_PERIOD.get(billing.period_type or "", 0)
        if not 1 <= (billing.period_num or 0) <= longest:
            raise ApiError("9900")


def _checked_tags(tags: list[Tag] | None, most: int) -> list[Tag]:
    if tags is None:
        return []
    checked = [tag.checked() for tag in tags]
    if not checked or len({tag.key for tag in checked}) < len(checked):
        raise ApiError("9900")
    if len(checked) > most:
        raise ApiError("6600")
    return checked


_AS_ASKED = (
    "name", "description", "auto_bind", "auto_expand", "smn_notify", "threshold",
    "backup_name_prefix", "demand_billing", "locked", "availability_zone",
    "sys_lock_source_service",
)  # fmt: skip
_AS_BILLED = (
    "object_type", "protect_type", "consistent_level", "cloud_type", "charging_mode", "is_multi_az",
)  # fmt: skip
"""The columns of a vault that are members of its request."""


def create(
    engine: Engine,
    *,
    project_id: str,
    user_id: str,
    wanted: VaultCreate,
    vault_id: str | None = None,
    order_id: str | None = None,
    product_id: str | None = None,
) -> VaultRow:
    """Create a vault with its resources, tags and policy; return its row.

    Args:
        engine: the cloud's engine.
        project_id: where the vault shall be.
        user_id: who makes it.
        wanted: what it shall be like.
        vault_id: its ID, if an order has promised one.
        order_id: the paid order of a pre-paid vault.
        product_id: what was ordered.

    Raises:
        ApiError: no vault was made; the code says why.
    """
    tags = check(engine, project_id, wanted)
    state, billing, now = engine.state, wanted.billing, engine.now()
    vault_id = vault_id or state.new_id("vault")
    state.insert(
        "vault",
        id=vault_id,
        project_id=project_id,
        provider_id=PROVIDERS[billing.object_type],
        created_at=now,
        updated_at=now,
        user_id=user_id,
        enterprise_project_id=wanted.enterprise_project_id or "0",
        size_gb=billing.size,
        order_id=order_id,
        product_id=product_id,
        bind_rules=json.dumps(msgspec.to_builtins(wanted.bind_rules) if wanted.bind_rules else {}),
        **{name: getattr(wanted, name) for name in _AS_ASKED},
        **{name: getattr(billing, name) for name in _AS_BILLED},
    )
    for position, tag in enumerate(tags):
        state.insert(
            "vault_tag", vault_id=vault_id, key=tag.key, value=tag.value, position=position
        )
    row = vaults.find(engine, project_id, vault_id)
    if wanted.resources:
        vault_resources.add(engine, row, wanted.resources)
    if wanted.backup_policy_id:
        policy = policies.find(engine, project_id, wanted.backup_policy_id)
        policies.apply(engine, row, policy, None)
    return row


@ROUTES.add("POST", vaults.PATH, body=VaultCreateReq)
def _create_vault(context: RequestContext) -> dict[str, Any]:
    engine, caller, wanted = context.engine, context.caller, context.body.vault
    if wanted.billing.charging_mode == "pre_paid":
        return order_vault(context, wanted)
    row = create(engine, project_id=caller.project_id, user_id=caller.user_id, wanted=wanted)
    return {"vault": document(engine, row)}


def order_vault(context: RequestContext, wanted: VaultCreate) -> dict[str, Any]:
    """Order a pre-paid vault: it comes to be when the order is paid."""
    check(context.engine, context.caller.project_id, wanted)
    order = order_records.place(
        context.engine,
        context.caller,
        "create",
        vault_ids=[context.engine.state.new_id("vault")],
        wanted=msgspec.to_builtins(wanted),
    )
    if wanted.billing.is_auto_pay:
        carry_out(context.engine, order)
    return order_records.answer(order)


def carry_out(engine: Engine, order: order_records.Order) -> None:
    """Create the vault of an order that is paid."""
    create(
        engine,
        project_id=order.project_id,
        user_id=order.user_id,
        wanted=msgspec.convert(order.wanted, VaultCreate),
        vault_id=order.vault_ids[0],
        order_id=order.id,
        product_id=order_records.PRODUCT,
    )
    order_records.mark_paid(engine, order)
