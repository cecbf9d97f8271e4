"""The reference's application cases, sent by the vendor's client, held against its samples."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conformance.sdk_client import SdkClient

PROJECT = "0605767b5780d5762fc5c0118072a564"
SERVER = "e8cc6bfd-d324-4b88-9109-9fb0ba70676f"
VAULT = "ea7b8717-2543-478a-a92d-3ca7ee448f67"

VAULT_SAMPLE: dict[str, Any] = {
    "id": VAULT,
    "name": "my_vault",
    "description": None,
    "resources": [],
    "provider_id": "0daac4c5-6707-4851-97ba-169e36266b66",
    "created_at": "2020-08-17T03:51:24.678916",
    "project_id": PROJECT,
    "enterprise_project_id": "0",
    "auto_bind": False,
    "bind_rules": {},
    "user_id": "aa2999fa5ae640f28926f8fd79188934",
    "billing": {
        "allocated": 0,
        "cloud_type": "public",
        "consistent_level": "crash_consistent",
        "frozen_scene": None,
        "charging_mode": "post_paid",
        "order_id": None,
        "product_id": None,
        "protect_type": "backup",
        "object_type": "server",
        "spec_code": "vault.backup.server.normal",
        "used": 0,
        "storage_unit": None,
        "status": "available",
        "size": 200,
    },
    "tags": [],
}
BACKUP_SAMPLE: dict[str, Any] = {
    "children": [],
    "checkpoint_id": "e6aec7a9-7b03-4c1d-8a07-5983b53c53f3",
    "created_at": "2020-08-18T06:00:45.375070",
    "description": None,
    "expired_at": None,
    "extend_info": {
        "auto_trigger": True,
        "bootable": None,
        "os_images_data": None,
        "progress": None,
        "snapshot_id": None,
        "support_lld": False,
        "supported_restore_mode": "backup",
        "system_disk": False,
        "contain_system_disk": True,
        "architecture": "x86_64",
    },
    "id": "62617971-839d-4d23-8dfd-4ca65c039bdf",
    "image_type": "backup",
    "name": "autobk_cf91_0003",
    "parent_id": None,
    "project_id": PROJECT,
    "protected_at": "2020-08-18T06:01:10.432117",
    "provider_id": "0daac4c5-6707-4851-97ba-169e36266b66",
    "resource_az": "br-iaas-odin1a",
    "resource_id": "d6bf7592-ca52-43a2-9979-e418d64b29bb",
    "resource_name": "xzl_ecs-0003-0001",
    "resource_size": 40,
    "resource_type": "OS::Nova::Server",
    "status": "available",
    "updated_at": "2020-08-18T06:06:44.928325",
    "vault_id": "1572bd27-e221-4f28-94ca-9777d232fcd7",
    "replication_records": [],
}


def document(answer: Any) -> Any:
    return json.loads(answer.raw_content)


def contains(whole: Any, part: Any, place: str = "") -> None:
    """Check that every member of the sample is in the answer, with the same value."""
    if isinstance(part, dict):
        for key, value in part.items():
            assert key in whole, f"{place}.{key} is missing"
            contains(whole[key], value, f"{place}.{key}")
    else:
        assert whole == part, f"{place} is {whole!r}, not {part!r}"


def create_vault(sdk: SdkClient) -> dict[str, Any]:
    billing = {
        "cloud_type": "public",
        "consistent_level": "crash_consistent",
        "object_type": "server",
        "protect_type": "backup",
        "size": 200,
    }
    body = {"vault": {"billing": billing, "name": "my_vault", "resources": []}}
    made: dict[str, Any] = document(sdk("create_vault", body=body))
    return made


def add_server(sdk: SdkClient) -> Any:
    item = {"id": SERVER, "type": "OS::Nova::Server", "name": "server-4690-0002"}
    return document(sdk("add_vault_resource", vault_id=VAULT, body={"resources": [item]}))


def back_up(sdk: SdkClient) -> Any:
    parameters = {
        "auto_trigger": False,
        "description": "backupauto",
        "incremental": True,
        "name": "backup_auto",
        "resources": [SERVER],
    }
    body = {"checkpoint": {"parameters": parameters, "vault_id": VAULT}}
    return document(sdk("create_checkpoint", body=body))["checkpoint"]


def test_case_1_a_vault_is_created_as_the_sample_shows(documented_sdk: SdkClient) -> None:
    contains(create_vault(documented_sdk)["vault"], VAULT_SAMPLE)


def test_case_1_the_server_is_added(documented_sdk: SdkClient) -> None:
    create_vault(documented_sdk)
    assert add_server(documented_sdk) == {"add_resource_ids": [SERVER]}


def test_case_1_a_restore_point_is_made_and_becomes_available(documented_sdk: SdkClient) -> None:
    create_vault(documented_sdk)
    add_server(documented_sdk)
    made = back_up(documented_sdk)
    contains(
        made,
        {
            "id": "d9ce6924-d753-4132-bd16-a9f8838ea7d2",
            "project_id": PROJECT,
            "status": "protecting",
            "extra_info": {
                "name": "backup_auto",
                "description": "backupauto",
                "retention_duration": -1,
            },
        },
    )
    contains(made["vault"], {"id": VAULT, "name": "my_vault", "skipped_resources": []})
    contains(
        made["vault"]["resources"][0],
        {
            "id": SERVER,
            "type": "OS::Nova::Server",
            "extra_info": "{}",
            "resource_size": "40",
            "backup_size": "0",
            "backup_count": "0",
            "protect_status": "available",
        },
    )
    documented_sdk.wait()
    shown = document(documented_sdk("show_checkpoint", checkpoint_id=made["id"]))["checkpoint"]
    contains(shown, {"id": made["id"], "project_id": PROJECT, "status": "available"})


@pytest.mark.parametrize("member", ["vault", "extra_info"])
def test_case_1_a_switch_gives_the_sample_with_its_nulls(
    documented_sdk: SdkClient, member: str
) -> None:
    documented_sdk.cloud.options["bare_restore_points"] = 1
    create_vault(documented_sdk)
    add_server(documented_sdk)
    made = back_up(documented_sdk)
    shown = document(documented_sdk("show_checkpoint", checkpoint_id=made["id"]))["checkpoint"]
    assert shown[member] is None


def test_case_2_a_policy_is_created_and_applied(documented_sdk: SdkClient) -> None:
    create_vault(documented_sdk)
    pattern = ["FREQ=WEEKLY;BYDAY=SU,MO,TU,WE,TH,FR,SA;BYHOUR=23;BYMINUTE=00"]
    policy = {
        "name": "dh_test_policy",
        "operation_type": "backup",
        "operation_definition": {"retention_duration_days": 30},
        "enabled": True,
        "trigger": {"properties": {"pattern": pattern}},
    }
    made = document(documented_sdk("create_policy", body={"policy": policy}))["policy"]
    start_time = made["trigger"]["properties"].pop("start_time")
    assert len(start_time) == len("2020-08-17 08:39:44")
    assert made == {
        "id": "30d7cf2d-14fc-415b-b7da-858b37f47250",
        "name": "dh_test_policy",
        "operation_type": "backup",
        "operation_definition": {"retention_duration_days": 30},
        "enabled": True,
        "trigger": {
            "id": "7954175b-ef2c-432c-b936-f6c83df7a593",
            "name": "default",
            "type": "time",
            "properties": {"pattern": pattern},
        },
        "associated_vaults": None,
    }
    body = {"policy_id": made["id"]}
    answer = documented_sdk("associate_vault_policy", vault_id=VAULT, body=body)
    assert document(answer) == {"associate_policy": {"vault_id": VAULT, "policy_id": made["id"]}}


def test_case_3_a_page_of_a_hundred_backups_of_1663(documented_sdk: SdkClient) -> None:
    page = document(documented_sdk("list_backups", limit=100, offset=0))
    assert len(page["backups"]) == 100
    assert page["count"] == 1663
    newest, shown = page["backups"][:2]
    contains(shown, BACKUP_SAMPLE)
    servers = documented_sdk("list_backups", resource_type="OS::Nova::Server", limit=5, offset=0)
    assert document(servers)["backups"][0] == newest
    assert document(servers)["count"] == 1663


def test_case_3_five_backups_of_servers(documented_sdk: SdkClient) -> None:
    page = document(
        documented_sdk("list_backups", resource_type="OS::Nova::Server", limit=5, offset=0)
    )
    assert len(page["backups"]) == 5
    newest = page["backups"][0]
    assert newest["id"] == "c892ed58-3a18-47c2-9e31-a1d543dc490a"
    assert newest["extend_info"]["app_consistency"] == {
        "app_consistency": "0",
        "app_consistency_status": "0",
        "app_consistency_error_code": "0",
        "app_consistency_error_message": "",
    }
