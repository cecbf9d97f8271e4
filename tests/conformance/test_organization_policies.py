"""The vendor's client on organization policies."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.sdk_client import NOBODY, SdkClient


def wanted(**more: Any) -> dict[str, Any]:
    policy = {
        "name": "organization-policies_create_test",
        "description": "",
        "operation_type": "backup",
        "policy_name": "policy_create_test",
        "policy_enabled": False,
        "policy_operation_definition": {"retention_duration_days": 30, "timezone": "UTC+08:00"},
        "policy_trigger": {
            "properties": {"pattern": ["FREQ=DAILY;INTERVAL=1;BYHOUR=14;BYMINUTE=00"]}
        },
    }
    return {"policy": policy | more}


@pytest.fixture
def policy_id(sdk: SdkClient) -> str:
    made = str(sdk("create_organization_policy", body=wanted()).policy.id)
    sdk.wait(60)
    return made


def test_create_organization_policy(sdk: SdkClient) -> None:
    made = sdk("create_organization_policy", body=wanted()).policy
    assert (made.status, made.policy_name) == ("syncing", "policy_create_test")
    assert made.domain_id == sdk.cloud.credentials.domain_id
    assert made.policy_operation_definition.retention_duration_days == 30
    with sdk.refuses("6117"):
        sdk("create_organization_policy", body=wanted(operation_type="copy"))
    with sdk.refuses("9900"):
        sdk("create_organization_policy", body=wanted(policy_name="not a name"))


def test_list_organization_policies(sdk: SdkClient, policy_id: str) -> None:
    listed = sdk("list_organization_policies", operation_type="backup", limit=10, offset=0)
    assert (listed.count, listed.limit, listed.offset) == (1, 10, 0)
    assert [each.id for each in listed.policies] == [policy_id]
    with sdk.refuses("9900"):
        sdk("list_organization_policies", operation_type="copy")


def test_show_organization_policy(sdk: SdkClient, policy_id: str) -> None:
    shown = sdk("show_organization_policy", organization_policy_id=policy_id).policy
    assert shown.status == "available"
    with sdk.refuses("6000", 404):
        sdk("show_organization_policy", organization_policy_id=NOBODY)


def test_update_organization_policy(sdk: SdkClient, policy_id: str) -> None:
    operation = "update_organization_policy"
    body = {"policy": {"name": "new name", "policy_enabled": True}}
    changed = sdk(operation, organization_policy_id=policy_id, body=body).policy
    assert (changed.name, changed.policy_enabled, changed.status) == ("new name", True, "syncing")
    with sdk.refuses("6000", 404):
        sdk(operation, organization_policy_id=NOBODY, body=body)


def test_list_organization_policy_detail(sdk: SdkClient, policy_id: str) -> None:
    operation = "list_organization_policy_detail"
    listed = sdk(operation, organization_policy_id=policy_id)
    assert listed.count == 3
    assert {each.status for each in listed.policies} == {"available"}
    mine = next(each for each in listed.policies if each.project_id == sdk.project_id)
    assert sdk("show_policy", policy_id=mine.policy_id).policy.name == "policy_create_test"
    with sdk.refuses("6000", 404):
        sdk(operation, organization_policy_id=NOBODY)


def test_delete_organization_policy(sdk: SdkClient, policy_id: str) -> None:
    operation = "delete_organization_policy"
    assert sdk(operation, organization_policy_id=policy_id).status_code == 204
    assert sdk("list_policies").count == 0
    with sdk.refuses("6000", 404):
        sdk(operation, organization_policy_id=policy_id)
