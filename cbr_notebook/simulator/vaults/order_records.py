"""What was ordered and not yet, or already, paid: kept until someone pays."""

from __future__ import annotations

import json
from typing import Any, Literal

import msgspec

from cbr_notebook.simulator.core import kept_documents
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.core.kept_documents import Record
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.request_context import Caller

PRODUCT = "00301-231147-0--0"
"""The product that every pre-paid vault of the simulated cloud is."""

_KIND = "order"


class Order(msgspec.Struct):
    """An order for one or more vaults."""

    id: str
    project_id: str
    user_id: str
    purpose: Literal["create", "expand", "change_mode"]
    vault_ids: list[str]
    wanted: dict[str, Any]
    """The new vault; or its new ``size`` in GB."""
    paid: bool = False


def place(
    engine: Engine,
    caller: Caller,
    purpose: Literal["create", "expand", "change_mode"],
    *,
    vault_ids: list[str],
    wanted: dict[str, Any],
) -> Order:
    """Keep a new order; return it."""
    order = Order(
        id=f"CS{engine.state.new_hex('order', 14).upper()}",
        project_id=caller.project_id,
        user_id=caller.user_id,
        purpose=purpose,
        vault_ids=vault_ids,
        wanted=wanted,
    )
    kept_documents.put(
        engine.state, Record(_KIND, order.id, order.project_id, engine.now(), _write(order))
    )
    return order


def _write(order: Order) -> str:
    return json.dumps(msgspec.to_builtins(order))


def find(engine: Engine, order_id: str, project_id: str | None = None) -> Order:
    """Return an order, of one project if that is named; 6109 when there is none."""
    record = kept_documents.find(engine.state, _KIND, order_id, project_id)
    if record is None:
        raise ApiError("6109")
    return msgspec.json.decode(record.document, type=Order)


def unpaid_of(engine: Engine, project_id: str, vault_id: str) -> Order | None:
    """Return the order that waits to be paid for a vault."""
    for record in kept_documents.of_owner(engine.state, _KIND, project_id):
        order = msgspec.json.decode(record.document, type=Order)
        if vault_id in order.vault_ids and not order.paid:
            return order
    return None


def keep(engine: Engine, order: Order) -> None:
    """Store what has changed in an order."""
    kept_documents.change(engine.state, _KIND, order.id, _write(order))


def mark_paid(engine: Engine, order: Order) -> None:
    """Note that an order is paid and carried out."""
    order.paid = True
    keep(engine, order)


def answer(order: Order) -> dict[str, Any]:
    """Return the service's answer to an order of a new vault."""
    return {
        "orders": [
            {
                "cloudServiceId": "cbr",
                "orderId": order.id,
                "subscribeResult": 1,
                "resourceId": vault_id,
            }
            for vault_id in order.vault_ids
        ],
        "retCode": 0,
        "errText": "success",
        "error_code": "0",
    }
