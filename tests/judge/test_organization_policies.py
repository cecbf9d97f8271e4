"""The vendor's client on organization policies."""

from __future__ import annotations

from typing import Any

import pytest

from tests.judge.judging import Judge

NOBODY = "00000000-0000-4000-8000-000000000000"


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
def policy_id(judge: Judge) -> str:
    made = str(judge("create_organization_policy", body=wanted()).policy.id)
    judge.wait(60)
    return made


def test_create_organization_policy(judge: Judge) -> None:
    made = judge("create_organization_policy", body=wanted()).policy
    assert (made.status, made.policy_name) == ("syncing", "policy_create_test")
    assert made.domain_id == judge.cloud.credentials.domain_id
    assert made.policy_operation_definition.retention_duration_days == 30
    with judge.refuses("6117"):
        judge("create_organization_policy", body=wanted(operation_type="copy"))
    with judge.refuses("9900"):
        judge("create_organization_policy", body=wanted(policy_name="not a name"))


def test_list_organization_policies(judge: Judge, policy_id: str) -> None:
    listed = judge("list_organization_policies", operation_type="backup", limit=10, offset=0)
    assert (listed.count, listed.limit, listed.offset) == (1, 10, 0)
    assert [each.id for each in listed.policies] == [policy_id]
    with judge.refuses("9900"):
        judge("list_organization_policies", operation_type="copy")


def test_show_organization_policy(judge: Judge, policy_id: str) -> None:
    shown = judge("show_organization_policy", organization_policy_id=policy_id).policy
    assert shown.status == "available"
    with judge.refuses("6000", 404):
        judge("show_organization_policy", organization_policy_id=NOBODY)


def test_update_organization_policy(judge: Judge, policy_id: str) -> None:
    operation = "update_organization_policy"
    body = {"policy": {"name": "new name", "policy_enabled": True}}
    changed = judge(operation, organization_policy_id=policy_id, body=body).policy
    assert (changed.name, changed.policy_enabled, changed.status) == ("new name", True, "syncing")
    with judge.refuses("6000", 404):
        judge(operation, organization_policy_id=NOBODY, body=body)


def test_list_organization_policy_detail(judge: Judge, policy_id: str) -> None:
    operation = "list_organization_policy_detail"
    listed = judge(operation, organization_policy_id=policy_id)
    assert listed.count == 3
    assert {each.status for each in listed.policies} == {"available"}
    mine = next(each for each in listed.policies if each.project_id == judge.project_id)
    assert judge("show_policy", policy_id=mine.policy_id).policy.name == "policy_create_test"
    with judge.refuses("6000", 404):
        judge(operation, organization_policy_id=NOBODY)


def test_delete_organization_policy(judge: Judge, policy_id: str) -> None:
    operation = "delete_organization_policy"
    assert judge(operation, organization_policy_id=policy_id).status_code == 204
    assert judge("list_policies").count == 0
    with judge.refuses("6000", 404):
        judge(operation, organization_policy_id=policy_id)
