"""The vendor's client on orders of pre-paid vaults."""

from __future__ import annotations

from typing import Any

import pytest
from huaweicloudsdkcbr.v1 import CbcProductInfoUpdate, CbcUpdate

from tests.conformance.sdk_client import SdkClient

YEAR = {"charging_mode": "pre_paid", "period_type": "year", "period_num": 1}


def vault(**billing: Any) -> dict[str, Any]:
    wanted = {
        "consistent_level": "crash_consistent",
        "object_type": "server",
        "protect_type": "backup",
        "size": 100,
        **YEAR,
        **billing,
    }
    return {"vault": {"name": "paid", "billing": wanted, "resources": []}}


def pay(sdk: SdkClient, order_id: str) -> None:
    sdk.cloud.pay(order_id)


@pytest.fixture
def paid(sdk: SdkClient) -> str:
    (order,) = sdk("create_vault", body=vault()).orders
    pay(sdk, order.order_id)
    return str(order.resource_id)


def test_create_vault_pre_paid(sdk: SdkClient, paid: str) -> None:
    billing = sdk("show_vault", vault_id=paid).vault.billing
    assert billing.charging_mode == "pre_paid"
    assert billing.order_id.startswith("CS")
    with sdk.refuses("9900"):
        sdk("create_vault", body=vault(period_num=6))
    with sdk.refuses("6111"):
        sdk("delete_vault", vault_id=paid)


def test_create_post_paid_vault(sdk: SdkClient) -> None:
    answer = sdk("create_post_paid_vault", body=vault())
    (order,) = answer.orders
    assert (answer.ret_code, answer.err_text, order.subscribe_result) == (0, "success", 1)
    with sdk.refuses("6105", 404):
        sdk("show_vault", vault_id=order.resource_id)
    pay(sdk, order.order_id)
    sdk("show_vault", vault_id=order.resource_id)
    with sdk.refuses("9900"):
        sdk("create_post_paid_vault", body=vault(charging_mode="post_paid"))


def change(sdk: SdkClient, vault_id: str, size: int) -> Any:
    product = {
        "product_id": "00301-231147-0--0",
        "resource_size": size,
        "resource_size_measure_id": 17,
        "resource_spec_code": "vault.backup.server.normal",
    }
    return sdk("change_order", body={"resource_id": vault_id, "product_info": product})


def test_change_order(sdk: SdkClient, paid: str) -> None:
    order = change(sdk, paid, 200)
    assert order.ret_msg == "success"
    with sdk.refuses("6123"):
        change(sdk, paid, 300)
    pay(sdk, order.order_id)
    assert sdk("show_vault", vault_id=paid).vault.billing.size == 200
    with sdk.refuses("6107"):
        change(sdk, paid, 150)


def test_update_order(sdk: SdkClient, paid: str) -> None:
    order = change(sdk, paid, 200)
    product = {
        "product_id": "00301-231147-0--0",
        "resource_size": 400,
        "resource_spec_code": "vault.backup.server.normal",
    }
    body = CbcUpdate(resource_id=paid, product_info=CbcProductInfoUpdate(**product))
    assert sdk("update_order", order_id=order.order_id, body=body).ret_code == "0"
    pay(sdk, order.order_id)
    assert sdk("show_vault", vault_id=paid).vault.billing.size == 400
    with sdk.refuses("6109"):
        sdk("update_order", order_id="CS0", body=body)


def test_change_vault_charge_mode(sdk: SdkClient) -> None:
    vault_id = sdk.create_vault("by_use")
    body = {**YEAR, "is_auto_renew": False, "is_auto_pay": False, "vault_ids": [vault_id]}
    order = sdk("change_vault_charge_mode", body=body)
    pay(sdk, order.order_id)
    assert sdk("show_vault", vault_id=vault_id).vault.billing.charging_mode == "pre_paid"
    with sdk.refuses("6110"):
        sdk("change_vault_charge_mode", body=body)
