"""Orders: pre-paid vaults are ordered, expanded and paid."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.inventory.disks import megabytes
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.fields import Name
from cbr_notebook.simulator.protocol.request_context import RequestContext
from cbr_notebook.simulator.protocol.routes import Routes
from cbr_notebook.simulator.vaults import order_records, vault_creation, vaults
from cbr_notebook.simulator.vaults.order_records import Order
from cbr_notebook.simulator.vaults.vault_creation import Address
from cbr_notebook.simulator.vaults.vault_documents import spec_code
from cbr_notebook.simulator.vaults.vault_rows import VaultRow

_GIGABYTES = 17
"""The number by which orders name the unit GB."""

Code = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-zA-Z0-9_\-]*$")]
Size = Annotated[int, Meta(ge=vaults.SMALLEST, le=vaults.LARGEST)]
LongAddress = Annotated[str, Meta(min_length=1, max_length=512)]


_PATH = "/v3/{project_id}/orders"
ROUTES = Routes("Order")


class VaultOrder(vault_creation.VaultCreate, kw_only=True):
    """A pre-paid vault; without a name the service gives it one."""

    name: Name | None = None  # type: ignore[assignment]


class VaultOrderReq(msgspec.Struct):
    """The body of "Creating a Pre-paid Vault"."""

    vault: VaultOrder


class Product(msgspec.Struct):
    """What an expansion buys."""

    product_id: Code
    resource_size: Size
    resource_spec_code: str
    resource_size_measure_id: int = _GIGABYTES


class OrderChangeReq(msgspec.Struct):
    """The body of "Changing an Order": a pre-paid vault shall be larger."""

    product_info: Product
    resource_id: str
    cloud_service_console_url: LongAddress | None = None
    is_auto_pay: bool = False
    promotion_info: str | None = None


class UpdatedProduct(msgspec.Struct, rename="camel"):
    """What an order that is not yet paid shall buy instead."""

    product_id: Code
    resource_size: Size
    resource_spec_code: str
    resource_size_measure_id: int = _GIGABYTES


class OrderUpdateReq(msgspec.Struct):
    """The body of "Updating an Order"."""

    product_info: UpdatedProduct = msgspec.field(name="productInfo")
    resource_id: str = msgspec.field(name="resourceId")
    cloud_service_console_url: LongAddress | None = msgspec.field(
        default=None, name="cloudServiceConsoleURL"
    )
    promotion_info: str | None = None


class ChargeModeReq(msgspec.Struct):
    """The body of "Changing the Charging Mode"."""

    charging_mode: Literal["pre_paid"]
    period_type: Literal["month", "year"]
    period_num: Annotated[int, Meta(ge=1, le=9)]
    is_auto_renew: bool
    is_auto_pay: bool
    vault_ids: Annotated[list[str], Meta(min_length=1, max_length=60)]
    console_url: Address | None = None


def pay(engine: Engine, order_id: str) -> list[str]:
    """Pay an order: what was ordered happens now. Return the IDs of its vaults.

    Paying again changes nothing.

    Raises:
        ApiError: there is no such order (6109), or what was ordered cannot be any more;
            the order then stays unpaid.
    """
    order = order_records.find(engine, order_id)
    if not order.paid:
        _carry_out(engine, order)
    return order.vault_ids


def _carry_out(engine: Engine, order: Order) -> None:
    if order.purpose == "create":
        vault_creation.carry_out(engine, order)
        return
    for vault_id in order.vault_ids:
        columns: dict[str, Any] = {"status": "available", "updated_at": engine.now()}
        if order.purpose == "expand":
            columns |= {"size_gb": order.wanted["size"], "product_id": order.wanted["product_id"]}
        else:
            columns |= {
                "charging_mode": "pre_paid",
                "order_id": order.id,
                "product_id": order_records.PRODUCT,
                "auto_expand": False,
            }
        engine.state.update("vault", vault_id, **columns)
    order_records.mark_paid(engine, order)


@ROUTES.add("POST", f"{vaults.PATH}/order", body=VaultOrderReq)
def _create_post_paid_vault(context: RequestContext) -> dict[str, Any]:
    wanted: VaultOrder = context.body.vault
    if wanted.billing.charging_mode != "pre_paid":
        raise ApiError("9900")
    if wanted.name is None:
        wanted.name = f"vault-{context.engine.state.new_hex('vault name', 4)}"
    return vault_creation.order_vault(context, wanted)


def _answer(order: Order, code: int | str = 0) -> dict[str, Any]:
    return {"orderId": order.id, "retCode": code, "retMsg": "success"}


def _lock(engine: Engine, vault: VaultRow) -> None:
    """Keep a vault from other changes of its size until its order is paid."""
    vaults.set_status(engine, vault.id, "lock")


def _check_size(vault: VaultRow, product: Product | UpdatedProduct) -> None:
    if product.resource_spec_code != spec_code(vault):
        raise ApiError("9900")
    if megabytes(vault.used_blocks) > product.resource_size * 1024:
        raise ApiError("6101")
    if product.resource_size <= vault.size_gb:
        raise ApiError("6107")


@ROUTES.add("POST", f"{_PATH}/change", body=OrderChangeReq)
def _change_order(context: RequestContext) -> dict[str, Any]:
    engine, product = context.engine, context.body.product_info
    vault = vaults.find(engine, context.caller.project_id, context.body.resource_id)
    if product.resource_size_measure_id != _GIGABYTES:
        raise ApiError("9900")
    if vault.charging_mode != "pre_paid":
        raise ApiError("6109")
    if order_records.unpaid_of(engine, vault.project_id, vault.id):
        raise ApiError("6123")
    if vault.status != "available":
        raise ApiError("6112")
    _check_size(vault, product)
    order = order_records.place(
        engine,
        context.caller,
        "expand",
        vault_ids=[vault.id],
        wanted={"size": product.resource_size, "product_id": product.product_id},
    )
    _lock(engine, vault)
    if context.body.is_auto_pay:
        _carry_out(engine, order)
    return _answer(order)


@ROUTES.add("PUT", _PATH + "/{order_id}", body=OrderUpdateReq)
def _update_order(context: RequestContext) -> dict[str, Any]:
    engine, product = context.engine, context.body.product_info
    order = order_records.find(engine, context.path["order_id"], context.caller.project_id)
    if context.body.resource_id not in order.vault_ids:
        raise ApiError("6105")
    if order.paid or order.purpose == "change_mode":
        raise ApiError("6109")
    if product.resource_size_measure_id != _GIGABYTES:
        raise ApiError("9900")
    if order.purpose == "create":
        order.wanted["billing"]["size"] = product.resource_size
    else:
        _check_size(vaults.find(engine, order.project_id, context.body.resource_id), product)
        order.wanted = {"size": product.resource_size, "product_id": product.product_id}
    order_records.keep(engine, order)
    return _answer(order, "0")


@ROUTES.add("POST", f"{vaults.PATH}/change-charge-mode", body=ChargeModeReq)
def _change_vault_charge_mode(context: RequestContext) -> dict[str, Any]:
    engine, body = context.engine, context.body
    if body.period_type == "year" and body.period_num > 5:
        raise ApiError("9900")
    chosen = [
        vaults.find(engine, context.caller.project_id, vault_id)
        for vault_id in dict.fromkeys(body.vault_ids)
    ]
    for vault in chosen:
        if vault.charging_mode == "pre_paid":
            raise ApiError("6110")
        if vault.status != "available":
            raise ApiError("6112")
    order = order_records.place(
        engine,
        context.caller,
        "change_mode",
        vault_ids=[vault.id for vault in chosen],
        wanted={"period_type": body.period_type, "period_num": body.period_num},
    )
    for vault in chosen:
        _lock(engine, vault)
    if body.is_auto_pay:
        _carry_out(engine, order)
    return _answer(order)
