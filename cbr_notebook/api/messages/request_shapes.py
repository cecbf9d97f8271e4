"""The documented shape of each request's body, so that what is wrong is named before it is sent.

The service answers all that it cannot take with one code, which names nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cbr_notebook.api.messages.constants import OBJECT_TYPES
from cbr_notebook.api.messages.shapes import Flag, Many, Members, Number, Shape, Text
from cbr_notebook.api.messages.statuses import MEMBER_ACCEPTED, MEMBER_PENDING, MEMBER_REJECTED
from cbr_notebook.errors import InvalidRequest

_FLAG, _ANY_TEXT, _WHOLE = Flag(), Text(), Number()
_ID = Text(1, 255)
_IDS = Many(_ID)
_NAME = Text(
    1, 64, "[\u4e00-\u9fa5\uf900-\ufa2da-zA-Z0-9_-]*", "only letters, digits, _ and -"
)  # fmt: skip
_DESCRIPTION = Text(0, 255, "[^<>]*", "without < and >")
_REGION = Text(0, 255, "[a-zA-Z0-9._-]*", "only letters, digits, dots, _ and -")
_CODE = Text(1, 64, "[a-zA-Z0-9_-]*", "only letters, digits, _ and -")
_TIME_ZONE = Text(1, 9, r"UTC[+-]\d\d:[0-5]\d", "such as UTC+01:00")
_DAY = Text(1, 64)
_OPERATION = Text(words=("backup", "replication"))
_SHARE = Number(1, 100)
_TAG = Members({"key": Text(1, 127), "value": Text(0, 255)}, needed=("key",))
_WHOLE_TAG = Members(_TAG.members, needed=("key", "value"))
_TAGS = Many(_TAG)
_TAG_RULES = Members({"tags": Many(_WHOLE_TAG, 0, 5)})
_TAG_VALUES = Many(
    Members({"key": _ANY_TEXT, "values": Many(_ANY_TEXT, 0, 10)}, needed=("key", "values")), 0, 10
)

_MATCH = Members({"key": _ANY_TEXT, "value": _ANY_TEXT}, needed=("key", "value"))
_DISKS = Members({
    "exclude_volumes": _IDS,
    "include_volumes": Many(Members({"id": _ID, "os_version": _ANY_TEXT}, needed=("id",))),
})  # fmt: skip
_RESOURCE = Members(
    {"id": _ID, "type": Text(1), "name": Text(0, 255), "extra_info": _DISKS}, needed=("id", "type")
)

_PERIODS = Number(0, 100)
_DEFINITION = Members({
    "max_backups": Number(-1, 99999),
    "retention_duration_days": Number(-1, 99999),
    "day_backups": _PERIODS,
    "week_backups": _PERIODS,
    "month_backups": _PERIODS,
    "year_backups": _PERIODS,
    "full_backup_interval": Number(-1, 100),
    "timezone": _TIME_ZONE,
    "destination_region": _REGION,
    "destination_project_id": _ID,
    "enable_acceleration": _FLAG,
    "cross_account_urn": _ANY_TEXT,
    "advanced_retention_rules": Members({
        f"{period}_retention_rules": Members({
            "days_of_week": Many(_ANY_TEXT),
            "retention_type": _ANY_TEXT,
            "retention_weeks": Many(_ANY_TEXT),
            "retention_months": Many(_ANY_TEXT),
            "days_of_month": Many(_WHOLE),
            "retention_duration_periods": _WHOLE,
        })
        for period in ("weekly", "monthly", "yearly")
    }),
})  # fmt: skip
_TRIGGER = Members(
    {
        "properties": Members(
            {"pattern": Many(_ANY_TEXT, 1, 24), "start_window_minutes": _WHOLE},
            needed=("pattern",),
        )
    },
    needed=("properties",),
)
_POLICY: Mapping[str, Shape] = {
    "name": _NAME,
    "enabled": _FLAG,
    "operation_definition": _DEFINITION,
    "operation_type": _OPERATION,
    "trigger": _TRIGGER,
}
_ORGANIZATION_POLICY: Mapping[str, Shape] = {
    "name": Text(1, 64),
    "description": Text(0, 255),
    "operation_type": _OPERATION,
    "policy_name": Text(1, 64),
    "policy_enabled": _FLAG,
    "policy_operation_definition": _DEFINITION,
    "policy_trigger": _TRIGGER,
    "effective_scope": Text(0, 255),
}

_BILLING: Mapping[str, Shape] = {
    "cloud_type": Text(words=("public", "hybrid")),
    "consistent_level": Text(words=("app_consistent", "crash_consistent")),
    "object_type": Text(words=OBJECT_TYPES),
    "protect_type": _OPERATION,
    "size": Number(10, 10_485_760),
    "charging_mode": Text(words=("post_paid", "pre_paid")),
    "period_type": Text(words=("year", "month")),
    "period_num": Number(1, 9),
    "is_auto_renew": _FLAG,
    "is_auto_pay": _FLAG,
    "console_url": Text(1, 255),
    "is_multi_az": _FLAG,
}
_KIND = ("consistent_level", "object_type", "protect_type", "size")
_VAULT: Mapping[str, Shape] = {
    "name": _NAME,
    "description": Text(0, 64, "[^<>]*", "without < and >"),
    "resources": Many(_RESOURCE, 0, 255),
    "backup_policy_id": _ID,
    "tags": Many(_WHOLE_TAG, 1, 20),
    "enterprise_project_id": _ANY_TEXT,
    "auto_bind": _FLAG,
    "bind_rules": _TAG_RULES,
    "auto_expand": _FLAG,
    "threshold": _SHARE,
    "smn_notify": _FLAG,
    "backup_name_prefix": Text(0, 32),
    "locked": _FLAG,
    "availability_zone": Text(1, 32),
    "demand_billing": _FLAG,
    "sys_lock_source_service": _ANY_TEXT,
}
_CHANGED_VAULT = {
    **_VAULT,
    "billing": Members({**_BILLING, "size": Number(1, 10_485_760)}),
}
_ORDERS = Number(1, 1000)
_ORDERED: Mapping[str, Shape] = {
    "parameters": Members({
        "combined_order": Members({
            "combined_order_id": _ANY_TEXT,
            "combined_order_ecs_num": _ORDERS,
            "combined_order_num": _ORDERS,
        })
    }),
    "cross_account": _FLAG,
    "data_encryption": Members({"cmkid": _ANY_TEXT, "encrypted_algorithm": _ANY_TEXT}),
}  # fmt: skip
_PAYMENT: Mapping[str, Shape] = {
    "is_double_az": _FLAG,
    "promotion_info": _ANY_TEXT,
    "purchase_mode": _ANY_TEXT,
    "order_id": _ANY_TEXT,
}
_DESTINATION: Mapping[str, Shape] = {
    "destination_project_id": _ID,
    "destination_region": _REGION,
    "destination_vault_id": _ID,
    "enable_acceleration": _FLAG,
    "cross_account_urn": _ANY_TEXT,
}
_PRODUCTS = (
    "vault.backup.server.normal", "vault.backup.turbo.normal", "vault.backup.database.normal",
    "vault.backup.volume.normal", "vault.backup.rds.normal", "vault.replication.server.normal",
    "vault.hybrid.server.normal",
)  # fmt: skip


def _in(name: str, members: Mapping[str, Shape], *needed: str) -> Members:
    return Members({name: Members(members, needed)}, (name,))


SHAPES: Mapping[str, Shape] = {
    "add_agent_path": Members(
        {
            "add_path": Many(Text(1), 1),
            "exclude_path": Many(
                Members({"path_name": _ANY_TEXT, "exclude_path_name": Many(_ANY_TEXT)})
            ),
        },
        ("add_path",),
    ),
    "add_member": Members({"members": Many(_ID, 1, 10), "domains": _IDS}),
    "add_vault_resource": Members({"resources": Many(_RESOURCE, 1, 256)}, ("resources",)),
    "associate_vault_policy": Members({"policy_id": _ID, "destination_vault_id": _ID}),
    "disassociate_vault_policy": Members({"policy_id": _ID}, ("policy_id",)),
    "batch_create_and_delete_vault_tags": Members(
        {"tags": _TAGS, "sys_tags": Many(_WHOLE_TAG), "action": Text(words=("create", "delete"))},
        ("action",),
    ),
    "batch_update_vault": _in("vault", {"smn_notify": _FLAG, "threshold": _SHARE}),
    "change_order": Members(
        {
            "resource_id": _ID,
            "cloud_service_console_url": Text(1, 512),
            "is_auto_pay": _FLAG,
            "promotion_info": _ANY_TEXT,
            "product_info": Members(
                {
                    "product_id": _CODE,
                    "resource_size": _BILLING["size"],
                    "resource_size_measure_id": _WHOLE,
                    "resource_spec_code": Text(words=_PRODUCTS),
                },
                ("product_id", "resource_size", "resource_spec_code"),
            ),
        },
        ("product_info", "resource_id"),
    ),
    "change_vault_charge_mode": Members(
        {
            "charging_mode": Text(8, 16, _CODE.pattern, _CODE.meaning),
            "period_type": _BILLING["period_type"],
            "period_num": _BILLING["period_num"],
            "is_auto_renew": _FLAG,
            "is_auto_pay": _FLAG,
            "console_url": Text(1, 255),
            "vault_ids": Many(_ID, 1, 60),
        },
        ("charging_mode", "period_type", "period_num", "is_auto_renew", "is_auto_pay", "vault_ids"),
    ),
    "check_agent": Members(
        {
            "agent_status": Many(
                Members(
                    {"resource_id": _ID, "resource_type": Text(1), "resource_name": _ANY_TEXT},
                    ("resource_id", "resource_type"),
                )
            )
        },
        ("agent_status",),
    ),
    "copy_backup": _in(
        "replicate", {**_DESTINATION, "name": _NAME, "description": _DESCRIPTION},
        "destination_project_id", "destination_region", "destination_vault_id",
    ),
    "copy_checkpoint": _in(
        "replicate", {**_DESTINATION, "vault_id": _ID, "auto_trigger": _FLAG},
        "destination_project_id", "destination_region", "destination_vault_id", "vault_id",
    ),
    "create_checkpoint": _in(
        "checkpoint",
        {
            "vault_id": _ID,
            "parameters": Members({
                "auto_trigger": _FLAG,
                "incremental": _FLAG,
                "name": _NAME,
                "description": _DESCRIPTION,
                "resources": _IDS,
                "resource_details": Many(_RESOURCE, 0, 256),
                "policy_id": _ID,
                "retention_duration_days": _WHOLE,
            }),
        },
        "vault_id",
    ),
    "create_organization_policy": _in(
        "policy", _ORGANIZATION_POLICY, "name", "operation_type", "policy_name", "policy_enabled",
        "policy_operation_definition", "policy_trigger",
    ),
    "update_organization_policy": _in("policy", _ORGANIZATION_POLICY),
    "create_policy": _in(
        "policy", _POLICY, "name", "operation_definition", "operation_type", "trigger"
    ),
    "update_policy": _in("policy", _POLICY),
    "create_vault": _in(
        "vault", {**_VAULT, "billing": Members(_BILLING, _KIND)}, "name", "billing", "resources"
    ),
    "create_post_paid_vault": _in(
        "vault",
        {
            **_VAULT,
            **_ORDERED,
            "billing": Members(
                {**_BILLING, **_PAYMENT}, (*_KIND, "charging_mode", "period_type", "period_num")
            ),
        },
        "billing", "resources",
    ),
    "update_vault": _in("vault", _CHANGED_VAULT),
    "create_vault_tags": _in("tag", _WHOLE_TAG.members, "key", "value"),
    "import_backup": Members(
        {
            "sync": Many(
                Members(
                    {
                        "backup_id": _ID, "backup_name": _NAME, "bucket_name": Text(1),
                        "image_path": Text(1), "resource_id": _ID, "resource_name": _ANY_TEXT,
                        "resource_type": Text(1), "created_at": Number(0, 2**31 - 1),
                    },
                    (
                        "backup_id", "backup_name", "bucket_name", "image_path", "resource_id",
                        "resource_name", "resource_type", "created_at",
                    ),
                ),
                1,
                50,
            )
        },
        ("sync",),
    ),
    "import_checkpoint": _in(
        "sync", {"auto_trigger": _FLAG, "vault_id": _ID}, "auto_trigger", "vault_id"
    ),
    "migrate_domain": Members(
        {"all_regions": _FLAG, "reservation": Number(0, 1, whole=False)},
        ("all_regions", "reservation"),
    ),
    "migrate_vault_resource": Members(
        {"destination_vault_id": _ID, "resource_ids": Many(_ID, 1)},
        ("destination_vault_id", "resource_ids"),
    ),
    "register_agent": _in(
        "agent",
        {
            "agent_id": _ID, "host_name": Text(1), "host_ip": Text(1), "host_os": Text(1),
            "host_nickname": _ANY_TEXT, "agent_type": _ANY_TEXT,
            "agent_version": Text(5, 11, r"(\d{1,3}\.){2}\d{1,3}", "such as 1.0.0"),
        },
        "agent_id", "host_name", "host_ip", "host_os",
    ),
    "remove_agent_path": Members({"remove_path": Many(Text(1), 1)}, ("remove_path",)),
    "remove_vault_resource": Members({"resource_ids": Many(_ID, 1, 256)}, ("resource_ids",)),
    "restore_backup": _in(
        "restore",
        {
            "mappings": Many(
                Members({"backup_id": _ID, "volume_id": _ID}, ("backup_id", "volume_id"))
            ),
            "power_on": _FLAG, "server_id": _ID, "volume_id": _ID, "resource_id": _ID,
            "details": Members({"destination_path": Text(1, 255)}, ("destination_path",)),
        },
    ),
    "set_vault_resource": Members(
        {"resource_ids": Many(_ID, 1), "action": Text(words=("suspend", "unsuspend"))},
        ("resource_ids", "action"),
    ),
    "show_vault_resource_instances": Members(
        {
            "action": Text(words=("filter", "count")),
            "without_any_tag": _FLAG,
            "tags": _TAG_VALUES, "tags_any": _TAG_VALUES, "not_tags": _TAG_VALUES,
            "not_tags_any": _TAG_VALUES, "sys_tags": _TAG_VALUES,
            "matches": Many(_MATCH, 0, 1),
            "limit": Text(1, 4, r"\d+", "a number"), "offset": Text(1, 10, r"\d+", "a number"),
            "cloud_type": _BILLING["cloud_type"], "object_type": _BILLING["object_type"],
        },
        ("action",),
    ),
    "update_agent": _in("agent", {"status": Text(words=("uninstall",))}, "status"),
    "update_backup": Members({"backup": Members({"name": _NAME})}),
    "update_expiration_time": Members(
        {"expect_expiration_date": _DAY, "time_zone": _TIME_ZONE},
        ("expect_expiration_date", "time_zone"),
    ),
    "update_member_status": Members(
        {"status": Text(words=(MEMBER_ACCEPTED, MEMBER_PENDING, MEMBER_REJECTED)), "vault_id": _ID},
        ("status",),
    ),
    "update_order": Members(
        {
            "resourceId": _ID,
            "cloudServiceConsoleURL": Text(1, 512),
            "promotion_info": _ANY_TEXT,
            "productInfo": Members(
                {
                    "productId": _CODE, "resourceSize": _BILLING["size"],
                    "resourceSizeMeasureId": _WHOLE, "resourceSpecCode": Text(1),
                },
                ("productId", "resourceSize", "resourceSpecCode"),
            ),
        },
        ("productInfo", "resourceId"),
    ),
}  # fmt: skip
"""The body of each operation that has one, by the service's name of the operation."""


def check_body(operation: str, body: Any) -> None:
    """Refuse a body that the service would refuse; the first value that is wrong is named.

    Args:
        operation: the service's name of the operation.
        body: what is about to be sent, as JSON reads it.

    Raises:
        InvalidRequest: a value is missing, of another type, out of range, too long, or not one of
            those that are documented.
    """
    shape = SHAPES.get(operation)
    if shape is None:
        return
    for fault in shape.faults(body, ""):
        field = fault.path.rpartition(".")[2].partition("[")[0]
        what = "is missing" if fault.value is None else f"is {fault.shown}"
        raise InvalidRequest(
            f"{fault.path} {what}, which the service does not take.",
            advice=f"It must be {fault.wanted}. Nothing was sent.",
            field=field or None,
            code="BackupService.9900",
        )
