"""The vendor's client on policies: making, changing, applying, removing, deleting them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.sdk_client import NOBODY, SdkClient

DAILY = "FREQ=WEEKLY;BYDAY=SU,MO,TU,WE,TH,FR,SA;BYHOUR=23;BYMINUTE=00"


def wanted(**more: Any) -> dict[str, Any]:
    policy = {
        "name": "dh_test_policy",
        "operation_type": "backup",
        "operation_definition": {"retention_duration_days": 30},
        "trigger": {"properties": {"pattern": [DAILY]}},
        "enabled": True,
    }
    return {"policy": policy | more}


@pytest.fixture
def policy_id(sdk: SdkClient) -> str:
    return str(sdk("create_policy", body=wanted()).policy.id)


def test_create_policy_answers_as_documented(documented_sdk: SdkClient) -> None:
    sdk = documented_sdk
    policy = sdk("create_policy", body=wanted()).policy
    assert policy.id == "30d7cf2d-14fc-415b-b7da-858b37f47250"
    assert policy.trigger.id == "7954175b-ef2c-432c-b936-f6c83df7a593"
    assert (policy.name, policy.operation_type, policy.enabled) == (
        "dh_test_policy", "backup", True,
    )  # fmt: skip
    assert policy.operation_definition.retention_duration_days == 30
    assert (policy.trigger.name, policy.trigger.type) == ("default", "time")
    assert policy.trigger.properties.pattern == [DAILY]
    assert str(policy.trigger.properties.start_time).startswith("2020-08-17 ")
    assert policy.associated_vaults is None


def test_create_policy(sdk: SdkClient) -> None:
    definition = {
        "max_backups": 10, "day_backups": 7, "week_backups": 4, "month_backups": 6,
        "year_backups": 1, "timezone": "UTC+08:00", "full_backup_interval": 6,
        "advanced_retention_rules": {
            "weekly_retention_rules": {
                "days_of_week": ["MO"], "retention_duration_periods": 8,
            },
        },
    }  # fmt: skip
    policy = sdk("create_policy", body=wanted(operation_definition=definition)).policy
    given = policy.operation_definition
    assert (given.max_backups, given.timezone, given.full_backup_interval) == (10, "UTC+08:00", 6)
    rule = given.advanced_retention_rules.weekly_retention_rules
    assert (rule.days_of_week, rule.retention_duration_periods) == (["MO"], 8)
    with sdk.refuses("9900"):
        sdk("create_policy", body=wanted(trigger={"properties": {"pattern": ["FREQ=DAILY"]}}))
    with sdk.refuses("6117"):
        sdk("create_policy", body=wanted(operation_type="copy"))
    sdk.cloud.options["policies_per_type"] = 1
    with sdk.refuses("6001"):
        sdk("create_policy", body=wanted())


def test_list_policies(sdk: SdkClient, policy_id: str) -> None:
    listed = sdk("list_policies")
    assert (listed.count, [each.id for each in listed.policies]) == (1, [policy_id])
    assert listed.policies[0].associated_vaults == []
    vault = sdk.create_vault()
    assert sdk("list_policies", vault_id=vault).count == 0
    sdk("associate_vault_policy", vault_id=vault, body={"policy_id": policy_id})
    (only,) = sdk("list_policies", vault_id=vault, operation_type="backup").policies
    assert only.associated_vaults[0].vault_id == vault
    with sdk.refuses("9900"):
        sdk("list_policies", operation_type="copy")


def test_show_policy(sdk: SdkClient, policy_id: str) -> None:
    assert sdk("show_policy", policy_id=policy_id).policy.name == "dh_test_policy"
    with sdk.refuses("6000", 404):
        sdk("show_policy", policy_id=NOBODY)


def test_update_policy(sdk: SdkClient, policy_id: str) -> None:
    change = {"name": "other", "enabled": False, "operation_definition": {"max_backups": 1}}
    changed = sdk("update_policy", policy_id=policy_id, body={"policy": change}).policy
    assert (changed.name, changed.enabled) == ("other", False)
    assert changed.operation_definition.max_backups == 1
    assert changed.operation_definition.retention_duration_days is None
    with sdk.refuses("6000", 404):
        sdk("update_policy", policy_id=NOBODY, body={"policy": change})
    with sdk.refuses("9900"):
        bad = {"operation_definition": {"day_backups": 3}}
        sdk("update_policy", policy_id=policy_id, body={"policy": bad})


def test_delete_policy(sdk: SdkClient, policy_id: str) -> None:
    assert sdk("delete_policy", policy_id=policy_id).status_code == 204
    with sdk.refuses("6000", 404):
        sdk("delete_policy", policy_id=policy_id)


def test_associate_vault_policy(sdk: SdkClient, policy_id: str) -> None:
    vault = sdk.create_vault()
    operation = "associate_vault_policy"
    applied = sdk(operation, vault_id=vault, body={"policy_id": policy_id}).associate_policy
    assert (applied.vault_id, applied.policy_id) == (vault, policy_id)
    with sdk.refuses("6000", 404):
        sdk(operation, vault_id=vault, body={"policy_id": NOBODY})
    with sdk.refuses("6105", 404):
        sdk(operation, vault_id=NOBODY, body={"policy_id": policy_id})
    replicas = sdk.create_vault("replicas", protect_type="replication")
    with sdk.refuses("6127"):
        sdk(operation, vault_id=replicas, body={"policy_id": policy_id})


def test_disassociate_vault_policy(sdk: SdkClient, policy_id: str) -> None:
    vault, body = sdk.create_vault(), {"policy_id": policy_id}
    with sdk.refuses("6002", 404):
        sdk("disassociate_vault_policy", vault_id=vault, body=body)
    sdk("associate_vault_policy", vault_id=vault, body=body)
    gone = sdk("disassociate_vault_policy", vault_id=vault, body=body).dissociate_policy
    assert (gone.vault_id, gone.policy_id) == (vault, policy_id)


def test_a_replication_policy_goes_to_another_region(sdk: SdkClient) -> None:
    elsewhere = sdk.elsewhere("eu-west-1")
    target = {
        "destination_project_id": elsewhere.project_id,
        "destination_region": "eu-west-1",
        "retention_duration_days": 5,
    }
    body = wanted(operation_type="replication", operation_definition=target)
    policy = sdk("create_policy", body=body).policy
    assert policy.operation_definition.destination_region == "eu-west-1"
    vault = sdk.create_vault()
    replicas = elsewhere.create_vault("replicas", protect_type="replication")
    with sdk.refuses("9900"):
        sdk("associate_vault_policy", vault_id=vault, body={"policy_id": policy.id})
    both = {"policy_id": policy.id, "destination_vault_id": replicas}
    applied = sdk("associate_vault_policy", vault_id=vault, body=both).associate_policy
    assert applied.destination_vault_id == replicas
    change = {"policy": {"operation_definition": {"destination_region": "eu-west-0"}}}
    with sdk.refuses("6003"):
        sdk("update_policy", policy_id=policy.id, body=change)


def test_an_applied_policy_makes_backups_that_expire(sdk: SdkClient, policy_id: str) -> None:
    vault = sdk.create_vault()
    server = sdk.cloud.create_server("web")
    resources = [{"id": server.id, "type": "OS::Nova::Server"}]
    sdk("add_vault_resource", vault_id=vault, body={"resources": resources})
    sdk("associate_vault_policy", vault_id=vault, body={"policy_id": policy_id})
    sdk.cloud.advance(days=40)
    found = sdk("list_backups", vault_id=vault).backups
    assert len(found) == 30
    assert all(each.expired_at for each in found)
    tasks = sdk("list_op_logs", operation_type="backup").operation_logs
    assert len(tasks) == 40
    assert {each.policy_id for each in tasks} == {policy_id}
