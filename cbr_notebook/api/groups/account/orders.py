"""The operations on orders: vaults that are paid in advance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from cbr_notebook.api.groups import Group
from cbr_notebook.api.messages import validate
from cbr_notebook.api.messages.records import Record
from cbr_notebook.api.messages.vault_bodies import ResourceItem, or_unset
from cbr_notebook.errors import InvalidRequest

_LONGEST = {"month": 9, "year": 5}
_PATH = "/v3/{project_id}/orders"


class OrderResult(Record, frozen=True, rename="camel"):
    """One order for a vault."""

    order_id: str | None = None
    subscribe_result: int | str | None = None
    resource_id: str | None = None
    cloud_service_id: str | None = None


class VaultOrders(Record, frozen=True):
    """The orders for a vault: it exists once they are paid."""

    orders: list[OrderResult] | None = None
    return_code: int | str | None = msgspec.field(default=None, name="retCode")
    error_text: str | None = msgspec.field(default=None, name="errText")
    error_code: str | None = None


class Order(Record, frozen=True):
    """What became of an order; ``return_code`` 0 is success."""

    order_id: str | None = msgspec.field(default=None, name="orderId")
    return_code: int | str | None = msgspec.field(default=None, name="retCode")
    return_message: str | None = msgspec.field(default=None, name="retMsg")


class _Billing(msgspec.Struct):
    consistent_level: str
    object_type: str
    protect_type: str
    size: int
    period_type: str
    period_num: int
    charging_mode: str = "pre_paid"
    cloud_type: str | UnsetType = UNSET
    is_auto_renew: bool | UnsetType = UNSET
    is_auto_pay: bool | UnsetType = UNSET
    console_url: str | UnsetType = UNSET


class _Vault(msgspec.Struct):
    name: str
    billing: _Billing
    resources: list[ResourceItem]
    description: str | UnsetType = UNSET
    backup_policy_id: str | UnsetType = UNSET
    tags: list[dict[str, str]] | UnsetType = UNSET
    enterprise_project_id: str | UnsetType = UNSET


class _Product(msgspec.Struct):
    product_id: str
    resource_size: int
    resource_spec_code: str


class _CamelProduct(msgspec.Struct, rename="camel"):  # of a base, members would keep their names
    product_id: str
    resource_size: int
    resource_spec_code: str


class _Change(msgspec.Struct):
    product_info: _Product
    resource_id: str
    is_auto_pay: bool | UnsetType = UNSET
    cloud_service_console_url: str | UnsetType = UNSET


class _Update(msgspec.Struct):
    product_info: _CamelProduct = msgspec.field(name="productInfo")
    resource_id: str = msgspec.field(name="resourceId")
    console_url: str | UnsetType = msgspec.field(default=UNSET, name="cloudServiceConsoleURL")


def _period(period_type: str, period_num: int) -> None:
    if period_type not in _LONGEST:
        raise InvalidRequest(
            f"period_type {period_type!r} is not known.",
            advice="Choose month or year.",
            field="period_type",
        )
    validate.within(period_num, 1, _LONGEST[period_type], "period_num")


class Orders(Group):
    """Vaults that are paid in advance."""

    def create_vault(
        self,
        name: str,
        *,
        size: int,
        period_type: Literal["month", "year"],
        period_num: int,
        object_type: str = "server",
        protect_type: Literal["backup", "replication"] = "backup",
        consistent_level: Literal["crash_consistent", "app_consistent"] = "crash_consistent",
        cloud_type: Literal["public", "hybrid"] | None = None,
        resources: Sequence[ResourceItem] = (),
        description: str | None = None,
        backup_policy_id: str | None = None,
        tags: dict[str, str] | None = None,
        enterprise_project_id: str | None = None,
        is_auto_renew: bool | None = None,
        is_auto_pay: bool | None = None,
        console_url: str | None = None,
    ) -> VaultOrders:
        """Order a vault that is paid in advance; it exists once the order is paid.

        Args:
            name: 1 to 64 letters, digits, ``_`` and ``-``.
            size: capacity in GB, 10 to 10485760.
            period_type: pay for months or years.
            period_num: how many: 1 to 9 months, 1 to 5 years.
            object_type: what it protects.
            protect_type: ``backup`` or ``replication``.
            consistent_level: ``app_consistent`` for servers with an agent.
            cloud_type: ``public`` or ``hybrid``.
            resources: what to protect from the beginning.
            description: at most 64 characters, without < and >.
            backup_policy_id: a policy to apply at once.
            tags: at most ten.
            enterprise_project_id: the enterprise project.
            is_auto_renew: go on when the period ends.
            is_auto_pay: pay the order at once.
            console_url: where the console leads after payment.

        Raises:
            InvalidRequest: a value is out of range (BackupService.6101, .9900).
            Conflict: a resource is in a vault already (BackupService.6103).

        API: Order, "Creating a Vault by Order" (POST /v3/{project_id}/vaults/order).
        """
        _period(period_type, period_num)
        vault = _Vault(
            name=validate.name(name),
            billing=_Billing(
                consistent_level,
                object_type,
                protect_type,
                validate.size_gb(size),
                period_type,
                period_num,
                cloud_type=or_unset(cloud_type),
                is_auto_renew=or_unset(is_auto_renew),
                is_auto_pay=or_unset(is_auto_pay),
                console_url=or_unset(console_url),
            ),
            resources=list(resources),
            description=or_unset(validate.text(description, 64, "description")),
            backup_policy_id=or_unset(backup_policy_id),
            tags=[{"key": k, "value": v} for k, v in tags.items()] if tags else UNSET,
            enterprise_project_id=or_unset(enterprise_project_id),
        )
        path = "/v3/{project_id}/vaults/order"
        return self._transport.send("POST", path, {"vault": vault}, VaultOrders)

    def change(
        self,
        resource_id: str,
        *,
        product_id: str,
        size: int,
        spec_code: str,
        is_auto_pay: bool | None = None,
        console_url: str | None = None,
    ) -> Order:
        """Order another capacity for a vault that is paid in advance.

        Args:
            resource_id: the vault.
            product_id: the product of the new capacity.
            size: the new capacity in GB, 10 to 10485760.
            spec_code: such as ``vault.backup.server.normal``.
            is_auto_pay: pay the order at once.
            console_url: where the console leads after payment.

        Raises:
            NotFound: there is no such vault (BackupService.6105).
            InvalidRequest: a value is out of range (BackupService.6101, .9900).

        API: Order, "Changing an Order" (POST /v3/{project_id}/orders/change).
        """
        body = _Change(
            _Product(product_id, validate.size_gb(size), spec_code),
            resource_id,
            or_unset(is_auto_pay),
            or_unset(console_url),
        )
        return self._transport.send("POST", f"{_PATH}/change", body, Order)

    def update(
        self,
        order_id: str,
        *,
        resource_id: str,
        product_id: str,
        size: int,
        spec_code: str,
        console_url: str | None = None,
    ) -> Order:
        """Change an order that is not yet paid.

        Args:
            order_id: the order.
            resource_id: the vault.
            product_id: the product of the new capacity.
            size: the new capacity in GB, 10 to 10485760.
            spec_code: such as ``vault.backup.server.normal``.
            console_url: where the console leads after payment.

        Raises:
            NotFound: there is no such order.
            InvalidRequest: a value is out of range (BackupService.6101, .9900).

        API: Order, "Updating an Order" (PUT /v3/{project_id}/orders/{order_id}).
        """
        body = _Update(
            _CamelProduct(product_id, validate.size_gb(size), spec_code),
            resource_id,
            or_unset(console_url),
        )
        return self._transport.send("PUT", f"{_PATH}/{order_id}", body, Order)

    def change_charge_mode(
        self,
        vault_ids: Sequence[str],
        *,
        period_type: Literal["month", "year"],
        period_num: int,
        is_auto_renew: bool = False,
        is_auto_pay: bool = False,
        console_url: str | None = None,
    ) -> Order:
        """Pay vaults in advance from now on, instead of per use.

        Args:
            vault_ids: 1 to 60 vaults that are paid per use.
            period_type: pay for months or years.
            period_num: how many: 1 to 9 months, 1 to 5 years.
            is_auto_renew: go on when the period ends.
            is_auto_pay: pay the order at once.
            console_url: where the console leads after payment.

        Raises:
            NotFound: there is no such vault (BackupService.6105).
            Conflict: its status does not allow it (BackupService.6112).

        API: Order, "Changing the Charging Mode" (POST …/vaults/change-charge-mode).
        """
        _period(period_type, period_num)
        validate.listed(vault_ids, "vault_ids", most=60)
        body: dict[str, Any] = {
            "charging_mode": "pre_paid",
            "period_type": period_type,
            "period_num": period_num,
            "is_auto_renew": is_auto_renew,
            "is_auto_pay": is_auto_pay,
            "vault_ids": list(vault_ids),
        }
        if console_url is not None:
            body["console_url"] = console_url
        path = "/v3/{project_id}/vaults/change-charge-mode"
        return self._transport.send("POST", path, body, Order)
