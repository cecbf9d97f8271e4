"""The vendor's client on orders of pre-paid vaults."""

from __future__ import annotations

from typing import Any

import pytest
from huaweicloudsdkcbr.v1 import CbcProductInfoUpdate, CbcUpdate

from tests.judge.judging import Judge

NOBODY = "00000000-0000-4000-8000-000000000000"
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


def pay(judge: Judge, order_id: str) -> None:
    judge.cloud.pay(order_id)


@pytest.fixture
def paid(judge: Judge) -> str:
    (order,) = judge("create_vault", body=vault()).orders
    pay(judge, order.order_id)
    return str(order.resource_id)


def test_create_vault_pre_paid(judge: Judge, paid: str) -> None:
    billing = judge("show_vault", vault_id=paid).vault.billing
    assert billing.charging_mode == "pre_paid"
    assert billing.order_id.startswith("CS")
    with judge.refuses("9900"):
        judge("create_vault", body=vault(period_num=6))
    with judge.refuses("6111"):
        judge("delete_vault", vault_id=paid)


def test_create_post_paid_vault(judge: Judge) -> None:
    answer = judge("create_post_paid_vault", body=vault())
    (order,) = answer.orders
    assert (answer.ret_code, answer.err_text, order.subscribe_result) == (0, "success", 1)
    with judge.refuses("6105", 404):
        judge("show_vault", vault_id=order.resource_id)
    pay(judge, order.order_id)
    judge("show_vault", vault_id=order.resource_id)
    with judge.refuses("9900"):
        judge("create_post_paid_vault", body=vault(charging_mode="post_paid"))


def change(judge: Judge, vault_id: str, size: int) -> Any:
    product = {
        "product_id": "00301-231147-0--0",
        "resource_size": size,
        "resource_size_measure_id": 17,
        "resource_spec_code": "vault.backup.server.normal",
    }
    return judge("change_order", body={"resource_id": vault_id, "product_info": product})


def test_change_order(judge: Judge, paid: str) -> None:
    order = change(judge, paid, 200)
    assert order.ret_msg == "success"
    with judge.refuses("6123"):
        change(judge, paid, 300)
    pay(judge, order.order_id)
    assert judge("show_vault", vault_id=paid).vault.billing.size == 200
    with judge.refuses("6107"):
        change(judge, paid, 150)


def test_update_order(judge: Judge, paid: str) -> None:
    order = change(judge, paid, 200)
    product = {
        "product_id": "00301-231147-0--0",
        "resource_size": 400,
        "resource_spec_code": "vault.backup.server.normal",
    }
    body = CbcUpdate(resource_id=paid, product_info=CbcProductInfoUpdate(**product))
    assert judge("update_order", order_id=order.order_id, body=body).ret_code == "0"
    pay(judge, order.order_id)
    assert judge("show_vault", vault_id=paid).vault.billing.size == 400
    with judge.refuses("6109"):
        judge("update_order", order_id="CS0", body=body)


def test_change_vault_charge_mode(judge: Judge) -> None:
    vault_id = judge.create_vault("by_use")
    body = {**YEAR, "is_auto_renew": False, "is_auto_pay": False, "vault_ids": [vault_id]}
    order = judge("change_vault_charge_mode", body=body)
    pay(judge, order.order_id)
    assert judge("show_vault", vault_id=vault_id).vault.billing.charging_mode == "pre_paid"
    with judge.refuses("6110"):
        judge("change_vault_charge_mode", body=body)
