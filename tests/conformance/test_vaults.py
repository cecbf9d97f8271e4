"""The vendor's client on vaults: every operation, its success and its refusal."""

from __future__ import annotations

from typing import Any

import pytest
from huaweicloudsdkcbr.v1 import (
    BillingCreate,
    ResourceCreate,
    Tag,
    VaultCreate,
    VaultCreateReq,
)

from tests.conformance.sdk_client import NOBODY, SdkClient


@pytest.fixture
def vault_id(sdk: SdkClient, server: str) -> str:
    """A vault with one server, backed up once."""
    made = sdk.create_vault("films")
    add(sdk, made, server)
    body = {"checkpoint": {"vault_id": made, "parameters": {"name": "first"}}}
    sdk("create_checkpoint", body=body)
    sdk.wait()
    return made


def add(sdk: SdkClient, vault_id: str, *servers: str) -> list[str]:
    body = {"resources": [{"id": each, "type": "OS::Nova::Server"} for each in servers]}
    answer = sdk("add_vault_resource", vault_id=vault_id, body=body)
    return list(answer.add_resource_ids)


def create_policy(sdk: SdkClient, operation_type: str = "backup", **definition: object) -> str:
    policy = {
        "name": "nightly",
        "operation_type": operation_type,
        "operation_definition": {"retention_duration_days": 7, **definition},
        "trigger": {"properties": {"pattern": ["FREQ=DAILY;BYHOUR=1;BYMINUTE=00"]}},
    }
    return str(sdk("create_policy", body={"policy": policy}).policy.id)


def test_create_vault(sdk: SdkClient, server: str) -> None:
    body = VaultCreateReq(
        vault=VaultCreate(
            name="films",
            description="kept for the studio",
            billing=BillingCreate(
                consistent_level="crash_consistent",
                object_type="server",
                protect_type="backup",
                size=100,
            ),
            resources=[ResourceCreate(id=server, type="OS::Nova::Server")],
            tags=[Tag(key="team", value="studio")],
        )
    )
    vault = sdk("create_vault", body=body).vault
    assert (vault.name, vault.billing.size, vault.billing.allocated) == ("films", 100, 50)
    assert [each.id for each in vault.resources] == [server]
    body.vault.billing.size = 5
    with sdk.refuses("6101"):
        sdk("create_vault", body=body)


def test_create_vault_as_documented(documented_sdk: SdkClient) -> None:
    vault_id = documented_sdk.create_vault("my_vault")
    assert vault_id == "ea7b8717-2543-478a-a92d-3ca7ee448f67"
    server = "e8cc6bfd-d324-4b88-9109-9fb0ba70676f"
    assert add(documented_sdk, vault_id, server) == [server]


def test_list_vault(sdk: SdkClient, vault_id: str, server: str) -> None:
    sdk.create_vault("other")
    answer = sdk("list_vault", name="film", resource_ids=server, limit=10, offset=0)
    assert ([vault.id for vault in answer.vaults], answer.count) == ([vault_id], 1)
    assert sdk("list_vault", id=[vault_id]).count == 1
    with sdk.refuses("9900"):
        sdk("list_vault", limit=1001)


def test_show_vault(sdk: SdkClient, vault_id: str) -> None:
    vault = sdk("show_vault", vault_id=vault_id).vault
    assert vault.billing.status == "available"
    assert vault.resources[0].backup_count == 1
    with sdk.refuses("6105", 404):
        sdk("show_vault", vault_id=NOBODY)


def test_update_vault(sdk: SdkClient, vault_id: str) -> None:
    body = {"vault": {"name": "reels", "billing": {"size": 300}}}
    vault = sdk("update_vault", vault_id=vault_id, body=body).vault
    assert (vault.name, vault.billing.size) == ("reels", 300)
    with sdk.refuses("6105", 404):
        sdk("update_vault", vault_id=NOBODY, body=body)


def test_delete_vault(sdk: SdkClient, vault_id: str) -> None:
    assert sdk("delete_vault", vault_id=vault_id).status_code == 204
    with sdk.refuses("6112"):
        sdk("delete_vault", vault_id=vault_id)
    sdk.wait()
    with sdk.refuses("6105", 404):
        sdk("delete_vault", vault_id=vault_id)
    (task,) = sdk("list_op_logs", operation_type="vault_delete").operation_logs
    assert task.extra_info.vault_delete.total_count == 1


def test_add_vault_resource(sdk: SdkClient, vault_id: str) -> None:
    second = sdk.cloud.create_server("web-02").id
    assert add(sdk, vault_id, second) == [second]
    other = sdk.create_vault("other")
    with sdk.refuses("6103"):
        add(sdk, other, second)
    with sdk.refuses("6302", 404):
        add(sdk, other, NOBODY)


def test_remove_vault_resource(sdk: SdkClient, vault_id: str, server: str) -> None:
    body = {"resource_ids": [server]}
    answer = sdk("remove_vault_resource", vault_id=vault_id, body=body)
    assert answer.remove_resource_ids == [server]
    with sdk.refuses("6134"):
        sdk("remove_vault_resource", vault_id=vault_id, body=body)
    sdk.wait()
    assert sdk("show_vault", vault_id=vault_id).vault.resources == []
    with sdk.refuses("6135"):
        sdk("remove_vault_resource", vault_id=vault_id, body=body)
    (task,) = sdk("list_op_logs", operation_type="remove_resource").operation_logs
    assert task.extra_info.remove_resources.resources[0].id == server


def test_migrate_vault_resource(sdk: SdkClient, vault_id: str, server: str) -> None:
    destination = sdk.create_vault("destination")
    body = {"destination_vault_id": destination, "resource_ids": [server]}
    answer = sdk("migrate_vault_resource", vault_id=vault_id, body=body)
    assert answer.migrated_resources == [server]
    assert sdk("show_vault", vault_id=destination).vault.resources[0].backup_count == 1
    with sdk.refuses("6135"):
        sdk("migrate_vault_resource", vault_id=vault_id, body=body)


def test_set_vault_resource(sdk: SdkClient, vault_id: str, server: str) -> None:
    body = {"resource_ids": [server], "action": "suspend"}
    assert sdk("set_vault_resource", vault_id=vault_id, body=body).set_resource_ids == [server]
    assert sdk("show_vault", vault_id=vault_id).vault.resources[0].auto_protect is False
    body = {"resource_ids": [NOBODY], "action": "suspend"}
    with sdk.refuses("6135"):
        sdk("set_vault_resource", vault_id=vault_id, body=body)


def test_batch_update_vault(sdk: SdkClient, vault_id: str) -> None:
    answer = sdk("batch_update_vault", body={"vault": {"threshold": 60}})
    assert answer.updated_vaults_id == [vault_id]
    with sdk.refuses("9900"):
        sdk("batch_update_vault", body={"vault": {"threshold": 101}})


def test_list_external_vault(sdk: SdkClient) -> None:
    there = sdk.elsewhere("eu-west-1")
    target = there.create_vault("target", protect_type="replication")
    place = {"external_project_id": there.project_id, "region_id": "eu-west-1"}
    answer = sdk("list_external_vault", **place, objcet_type="server")
    assert [vault.id for vault in answer.vaults] == [target]
    assert sdk("list_external_vault", **place, objcet_type="disk").count == 0
    with sdk.refuses("9900"):
        sdk("list_external_vault", **place, limit=0)


def test_show_summary(sdk: SdkClient, vault_id: str) -> None:
    sdk.create_vault("other", size=50)
    assert sdk("show_summary").size == 250


def test_update_expiration_time(sdk: SdkClient, vault_id: str) -> None:
    parameters = {"retention_duration_days": 7}
    sdk("create_checkpoint", body={"checkpoint": {"vault_id": vault_id, "parameters": parameters}})
    sdk.wait()
    body = {"expect_expiration_date": "2020-10-01", "time_zone": "UTC+00:00"}
    answer = sdk("update_expiration_time", vault_id=vault_id, body=body)
    assert (answer.affected_backups_count, answer.new_expiration_day) == (1, "2020-10-01")
    sdk.wait()
    task = sdk("show_op_log", operation_log_id=answer.operation_log_id).operation_log
    assert task.status == "success"
    body["expect_expiration_date"] = "2019-10-01"
    with sdk.refuses("9900"):
        sdk("update_expiration_time", vault_id=vault_id, body=body)


def test_associate_vault_policy(sdk: SdkClient, vault_id: str) -> None:
    first, second = create_policy(sdk), create_policy(sdk)
    for policy in (first, second):
        body = {"policy_id": policy}
        bound = sdk("associate_vault_policy", vault_id=vault_id, body=body).associate_policy
        assert (bound.vault_id, bound.policy_id) == (vault_id, policy)
    assert sdk("show_policy", policy_id=first).policy.associated_vaults == []
    (bound,) = sdk("show_policy", policy_id=second).policy.associated_vaults
    assert bound.vault_id == vault_id
    with sdk.refuses("6000", 404):
        sdk("associate_vault_policy", vault_id=vault_id, body={"policy_id": NOBODY})
    with sdk.refuses("9900"):
        sdk("associate_vault_policy", vault_id=vault_id, body={})
    hybrid = sdk.create_vault("hybrid", cloud_type="hybrid")
    with sdk.refuses("6136"):
        sdk("associate_vault_policy", vault_id=hybrid, body={"policy_id": first})


def test_associate_a_replication_policy(sdk: SdkClient, vault_id: str) -> None:
    there = sdk.elsewhere("eu-west-1")
    target = there.create_vault("target", protect_type="replication")
    plain = there.create_vault("plain")
    policy = create_policy(
        sdk,
        "replication",
        destination_project_id=there.project_id,
        destination_region="eu-west-1",
    )
    body: dict[str, Any] = {"policy_id": policy, "destination_vault_id": target}
    bound = sdk("associate_vault_policy", vault_id=vault_id, body=body).associate_policy
    assert bound.destination_vault_id == target
    for destination, code in ((None, "9900"), (NOBODY, "6120"), (plain, "6119")):
        body = {"policy_id": policy, "destination_vault_id": destination}
        with sdk.refuses(code):
            sdk("associate_vault_policy", vault_id=vault_id, body=body)
    with sdk.refuses("6127"):
        copies = sdk.create_vault("copies", protect_type="replication")
        body = {"policy_id": create_policy(sdk)}
        sdk("associate_vault_policy", vault_id=copies, body=body)


def test_disassociate_vault_policy(sdk: SdkClient, vault_id: str) -> None:
    body = {"policy_id": create_policy(sdk)}
    sdk("associate_vault_policy", vault_id=vault_id, body=body)
    answer = sdk("disassociate_vault_policy", vault_id=vault_id, body=body)
    assert answer.dissociate_policy.vault_id == vault_id
    with sdk.refuses("6002", 404):
        sdk("disassociate_vault_policy", vault_id=vault_id, body=body)
    with sdk.refuses("6000", 404):
        sdk("disassociate_vault_policy", vault_id=vault_id, body={"policy_id": NOBODY})
