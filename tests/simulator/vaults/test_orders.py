"""Pre-paid vaults: ordered, paid, expanded; nothing is there before it is paid."""

from __future__ import annotations

from typing import Any

import pytest

from cbr_notebook.errors import CBRError
from tests.simulator.http_client import Client, Refused

YEAR = {"charging_mode": "pre_paid", "period_type": "year", "period_num": 1}


def wanted(**billing: Any) -> dict[str, Any]:
    base = {
        "consistent_level": "crash_consistent",
        "object_type": "server",
        "protect_type": "backup",
        "size": 100,
    }
    return {"vault": {"name": "paid", "billing": {**base, **YEAR, **billing}, "resources": []}}


def order(ask: Client, **billing: Any) -> tuple[str, str]:
    """Order a vault; return the IDs of the order and of the vault that it promises."""
    (made,) = ask("POST", "vaults", wanted(**billing))["orders"]
    return made["orderId"], made["resourceId"]


def pay(ask: Client, order_id: str) -> list[str]:
    return ask.cloud.pay(order_id)


@pytest.fixture
def paid(ask: Client) -> str:
    order_id, vault_id = order(ask)
    pay(ask, order_id)
    return vault_id


def expand(ask: Client, vault_id: str, size: int, *, code: str = "server", **more: Any) -> Any:
    product = {
        "product_id": "00301-231147-0--0",
        "resource_size": size,
        "resource_spec_code": f"vault.backup.{code}.normal",
    }
    body = {"resource_id": vault_id, "product_info": product, **more}
    return ask("POST", "orders/change", body)


def test_a_pre_paid_vault_is_there_once_its_order_is_paid(ask: Client) -> None:
    answer = ask("POST", "vaults", wanted())
    assert (answer["retCode"], answer["errText"], answer["error_code"]) == (0, "success", "0")
    (made,) = answer["orders"]
    assert made["subscribeResult"] == 1
    assert ask("GET", "vaults")["count"] == 0
    assert pay(ask, made["orderId"]) == [made["resourceId"]]
    billing = ask.vault(made["resourceId"])["billing"]
    assert (billing["charging_mode"], billing["order_id"]) == ("pre_paid", made["orderId"])
    assert billing["product_id"]


def test_an_order_is_carried_out_once(ask: Client) -> None:
    order_id, vault_id = order(ask)
    assert pay(ask, order_id) == pay(ask, order_id) == [vault_id]
    assert ask("GET", "vaults")["count"] == 1


def test_an_order_that_pays_itself_makes_the_vault_at_once(ask: Client) -> None:
    _, vault_id = order(ask, is_auto_pay=True)
    assert ask.vault(vault_id)["name"] == "paid"


@pytest.mark.parametrize(
    "billing",
    [
        {"period_type": None},
        {"period_num": None},
        {"period_num": 0},
        {"period_num": 6},
        {"period_type": "month", "period_num": 10},
        {"period_type": "week"},
    ],
)
def test_a_period_outside_the_limits_is_refused(ask: Client, billing: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="9900"):
        order(ask, **billing)


def test_what_cannot_be_made_cannot_be_ordered(ask: Client) -> None:
    with pytest.raises(Refused, match="6101"):
        order(ask, size=1)
    body = wanted()
    body["vault"]["auto_expand"] = True
    with pytest.raises(Refused, match="9900"):
        ask("POST", "vaults", body)


def test_an_unknown_order_cannot_be_paid(ask: Client) -> None:
    with pytest.raises(CBRError, match="bill does not exist"):
        pay(ask, "CS0")


def test_an_order_that_can_no_longer_be_carried_out_stays_unpaid(ask: Client) -> None:
    order_id, _ = order(ask)
    ask.cloud.options["vaults"] = 0
    with pytest.raises(CBRError, match="maximum number of vaults"):
        pay(ask, order_id)
    ask.cloud.options["vaults"] = 1
    pay(ask, order_id)
    assert ask("GET", "vaults")["count"] == 1


def test_a_vault_is_also_ordered_at_the_orders_own_address(ask: Client) -> None:
    body = wanted()
    del body["vault"]["name"]
    (made,) = ask("POST", "vaults/order", body)["orders"]
    pay(ask, made["orderId"])
    assert ask.vault(made["resourceId"])["name"].startswith("vault-")
    body["vault"]["billing"]["charging_mode"] = "post_paid"
    with pytest.raises(Refused, match="9900"):
        ask("POST", "vaults/order", body)


def test_a_pre_paid_vault_is_not_deleted_nor_resized_nor_expanded_by_itself(
    ask: Client, paid: str
) -> None:
    with pytest.raises(Refused, match="6111"):
        ask("DELETE", f"vaults/{paid}")
    for change in ({"billing": {"size": 200}}, {"auto_expand": True}):
        with pytest.raises(Refused, match="6110"):
            ask("PUT", f"vaults/{paid}", {"vault": change})
    assert ask("PUT", f"vaults/{paid}", {"vault": {"name": "new"}})["vault"]["name"] == "new"


# -- expanding ----------------------------------------------------------------------------------


def test_an_expansion_locks_the_vault_until_it_is_paid(ask: Client, paid: str) -> None:
    answer = expand(ask, paid, 300)
    assert (answer["retCode"], answer["retMsg"]) == (0, "success")
    billing = ask.vault(paid)["billing"]
    assert (billing["size"], billing["status"]) == (100, "lock")
    with pytest.raises(Refused, match="6123"):
        expand(ask, paid, 400)
    with pytest.raises(Refused, match="6112"):
        ask("PUT", f"vaults/{paid}", {"vault": {"billing": {"size": 400}}})
    ask.add(paid, ask.cloud.create_server("web-01").id)
    pay(ask, answer["orderId"])
    billing = ask.vault(paid)["billing"]
    assert (billing["size"], billing["status"]) == (300, "available")


def test_an_expansion_that_pays_itself_is_done_at_once(ask: Client, paid: str) -> None:
    expand(ask, paid, 300, is_auto_pay=True)
    assert ask.vault(paid)["billing"]["size"] == 300


def test_what_is_no_expansion_is_refused(ask: Client, paid: str) -> None:
    with pytest.raises(Refused, match="6107"):
        expand(ask, paid, 100)
    with pytest.raises(Refused, match="9900"):
        expand(ask, paid, 300, code="volume")
    with pytest.raises(Refused, match="9900"):
        expand(ask, paid, 9)
    with pytest.raises(Refused, match="6105"):
        expand(ask, "00000000-0000-4000-8000-000000000000", 300)
    with pytest.raises(Refused, match="6109"):
        expand(ask, ask.create_vault("by_use"), 300)


def update(ask: Client, order_id: str, vault_id: str, size: int) -> Any:
    product = {
        "productId": "00301-231147-0--0",
        "resourceSize": size,
        "resourceSpecCode": "vault.backup.server.normal",
    }
    body = {"resourceId": vault_id, "productInfo": product}
    return ask("PUT", f"orders/{order_id}", body)


def test_an_unpaid_order_can_be_changed(ask: Client) -> None:
    order_id, vault_id = order(ask)
    answer = update(ask, order_id, vault_id, 150)
    assert answer == {"orderId": order_id, "retCode": "0", "retMsg": "success"}
    pay(ask, order_id)
    assert ask.vault(vault_id)["billing"]["size"] == 150
    bigger = expand(ask, vault_id, 300)["orderId"]
    update(ask, bigger, vault_id, 400)
    pay(ask, bigger)
    assert ask.vault(vault_id)["billing"]["size"] == 400


def test_a_paid_or_unknown_order_cannot_be_changed(ask: Client) -> None:
    order_id, vault_id = order(ask)
    with pytest.raises(Refused, match="6109"):
        update(ask, "CS0", vault_id, 150)
    with pytest.raises(Refused, match="6105"):
        update(ask, order_id, "00000000-0000-4000-8000-000000000000", 150)
    with pytest.raises(Refused, match="6109"):
        update(Client(ask.cloud, project="eu-west-1"), order_id, vault_id, 150)
    pay(ask, order_id)
    with pytest.raises(Refused, match="6109"):
        update(ask, order_id, vault_id, 150)


# -- from paying by use to paying ahead -----------------------------------------------------------


def switch(ask: Client, *vault_ids: str, **more: Any) -> Any:
    body = {**YEAR, "is_auto_renew": False, "is_auto_pay": False, "vault_ids": list(vault_ids)}
    return ask("POST", "vaults/change-charge-mode", body | more)


def test_vaults_can_be_switched_to_paying_ahead(ask: Client) -> None:
    vaults = [ask.create_vault("a", auto_expand=True), ask.create_vault("b")]
    answer = switch(ask, *vaults)
    assert {ask.vault(each)["billing"]["status"] for each in vaults} == {"lock"}
    assert pay(ask, answer["orderId"]) == vaults
    for each in vaults:
        vault = ask.vault(each)
        assert vault["billing"]["charging_mode"] == "pre_paid"
        assert vault["billing"]["status"] == "available"
        assert vault["auto_expand"] is False
    with pytest.raises(Refused, match="6110"):
        switch(ask, vaults[0])


def test_a_switch_needs_known_vaults_and_a_period(ask: Client) -> None:
    vault_id = ask.create_vault()
    with pytest.raises(Refused, match="6105"):
        switch(ask, vault_id, "00000000-0000-4000-8000-000000000000")
    for more in ({"period_num": 6}, {"charging_mode": "post_paid"}, {"is_auto_pay": "yes"}):
        with pytest.raises(Refused, match="9900"):
            switch(ask, vault_id, **more)
    with pytest.raises(Refused, match="9900"):
        switch(ask)
    ask("DELETE", f"vaults/{vault_id}")
    with pytest.raises(Refused, match="6112"):
        switch(ask, vault_id)
