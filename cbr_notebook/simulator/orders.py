"""Orders of vaults that are paid by the month or year: placed here, paid elsewhere."""

from __future__ import annotations

import json
from typing import Any

from cbr_notebook.simulator.engine import Engine
from cbr_notebook.simulator.routing import Caller


def place(engine: Engine, caller: Caller, wanted: dict[str, Any]) -> dict[str, Any]:
    """Keep an order for a vault until it is paid; give the service's answer.

    Args:
        engine: the cloud's engine.
        caller: who orders.
        wanted: the vault as it was asked for.
    """
    order_id = f"CS{engine.state.new_hex('order', 12).upper()}"
    engine.state.insert(
        "record",
        kind="order",
        id=order_id,
        owner=caller.project_id,
        created_at=engine.now(),
        document=json.dumps({"user_id": caller.user_id, "vault": wanted, "paid": False}),
    )
    return {
        "orders": [
            {
                "cloudServiceId": "hws.service.type.cbr",
                "orderId": order_id,
                "subscribeResult": 0,
                "resourceId": None,
            }
        ],
        "retCode": 0,
        "errText": None,
        "error_code": None,
    }
