"""The vendor's client on vaults: every operation, its success and its refusal."""

from __future__ import annotations

import pytest
from huaweicloudsdkcbr.v1 import (
    BillingCreate,
    ResourceCreate,
    Tag,
    VaultCreate,
    VaultCreateReq,
)

from tests.judge.judging import Judge

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def server(judge: Judge) -> str:
    return judge.cloud.create_server("web-01", disks=(("vda", 40), ("vdb", 10))).id


@pytest.fixture
def vault_id(judge: Judge, server: str) -> str:
    """A vault with one server, backed up once."""
    made = judge.create_vault("films")
    add(judge, made, server)
    body = {"checkpoint": {"vault_id": made, "parameters": {"name": "first"}}}
    judge("create_checkpoint", body=body)
    judge.wait()
    return made


def add(judge: Judge, vault_id: str, *servers: str) -> list[str]:
    body = {"resources": [{"id": each, "type": "OS::Nova::Server"} for each in servers]}
    answer = judge("add_vault_resource", vault_id=vault_id, body=body)
    return list(answer.add_resource_ids)


def create_policy(judge: Judge, operation_type: str = "backup", **definition: object) -> str:
    policy = {
        "name": "nightly",
        "operation_type": operation_type,
        "operation_definition": {"retention_duration_days": 7, **definition},
        "trigger": {"properties": {"pattern": ["FREQ=DAILY;BYHOUR=1;BYMINUTE=00"]}},
    }
    return str(judge("create_policy", body={"policy": policy}).policy.id)


def test_create_vault(judge: Judge, server: str) -> None:
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
    vault = judge("create_vault", body=body).vault
    assert (vault.name, vault.billing.size, vault.billing.allocated) == ("films", 100, 50)
    assert [each.id for each in vault.resources] == [server]
    body.vault.billing.size = 5
    with judge.refuses("6101"):
        judge("create_vault", body=body)


def test_create_vault_as_documented(documented_judge: Judge) -> None:
    vault_id = documented_judge.create_vault("my_vault")
    assert vault_id == "ea7b8717-2543-478a-a92d-3ca7ee448f67"
    server = "e8cc6bfd-d324-4b88-9109-9fb0ba70676f"
    assert add(documented_judge, vault_id, server) == [server]


def test_list_vault(judge: Judge, vault_id: str, server: str) -> None:
    judge.create_vault("other")
    answer = judge("list_vault", name="film", resource_ids=server, limit=10, offset=0)
    assert ([vault.id for vault in answer.vaults], answer.count) == ([vault_id], 1)
    assert judge("list_vault", id=[vault_id]).count == 1
    with judge.refuses("9900"):
        judge("list_vault", limit=1001)


def test_show_vault(judge: Judge, vault_id: str) -> None:
    vault = judge("show_vault", vault_id=vault_id).vault
    assert vault.billing.status == "available"
    assert vault.resources[0].backup_count == 1
    with judge.refuses("6105", 404):
        judge("show_vault", vault_id=NOBODY)


def test_update_vault(judge: Judge, vault_id: str) -> None:
    body = {"vault": {"name": "reels", "billing": {"size": 300}}}
    vault = judge("update_vault", vault_id=vault_id, body=body).vault
    assert (vault.name, vault.billing.size) == ("reels", 300)
    with judge.refuses("6105", 404):
        judge("update_vault", vault_id=NOBODY, body=body)


def test_delete_vault(judge: Judge, vault_id: str) -> None:
    assert judge("delete_vault", vault_id=vault_id).status_code == 204
    with judge.refuses("6112"):
        judge("delete_vault", vault_id=vault_id)
    judge.wait()
    with judge.refuses("6105", 404):
        judge("delete_vault", vault_id=vault_id)
    (task,) = judge("list_op_logs", operation_type="vault_delete").operation_logs
    assert task.extra_info.vault_delete.total_count == 1


def test_add_vault_resource(judge: Judge, vault_id: str) -> None:
    second = judge.cloud.create_server("web-02").id
    assert add(judge, vault_id, second) == [second]
    other = judge.create_vault("other")
    with judge.refuses("6103"):
        add(judge, other, second)
    with judge.refuses("6302", 404):
        add(judge, other, NOBODY)


def test_remove_vault_resource(judge: Judge, vault_id: str, server: str) -> None:
    body = {"resource_ids": [server]}
    answer = judge("remove_vault_resource", vault_id=vault_id, body=body)
    assert answer.remove_resource_ids == [server]
    with judge.refuses("6134"):
        judge("remove_vault_resource", vault_id=vault_id, body=body)
    judge.wait()
    assert judge("show_vault", vault_id=vault_id).vault.resources == []
    with judge.refuses("6135"):
        judge("remove_vault_resource", vault_id=vault_id, body=body)
    (task,) = judge("list_op_logs", operation_type="remove_resource").operation_logs
    assert task.extra_info.remove_resources.resources[0].id == server


def test_migrate_vault_resource(judge: Judge, vault_id: str, server: str) -> None:
    destination = judge.create_vault("destination")
    body = {"destination_vault_id": destination, "resource_ids": [server]}
    answer = judge("migrate_vault_resource", vault_id=vault_id, body=body)
    assert answer.migrated_resources == [server]
    assert judge("show_vault", vault_id=destination).vault.resources[0].backup_count == 1
    with judge.refuses("6135"):
        judge("migrate_vault_resource", vault_id=vault_id, body=body)


def test_set_vault_resource(judge: Judge, vault_id: str, server: str) -> None:
    body = {"resource_ids": [server], "action": "suspend"}
    assert judge("set_vault_resource", vault_id=vault_id, body=body).set_resource_ids == [server]
    assert judge("show_vault", vault_id=vault_id).vault.resources[0].auto_protect is False
    body = {"resource_ids": [NOBODY], "action": "suspend"}
    with judge.refuses("6135"):
        judge("set_vault_resource", vault_id=vault_id, body=body)


def test_batch_update_vault(judge: Judge, vault_id: str) -> None:
    answer = judge("batch_update_vault", body={"vault": {"threshold": 60}})
    assert answer.updated_vaults_id == [vault_id]
    with judge.refuses("9900"):
        judge("batch_update_vault", body={"vault": {"threshold": 101}})


def test_list_external_vault(judge: Judge) -> None:
    there = judge.elsewhere("eu-west-1")
    target = there.create_vault("target", protect_type="replication")
    place = {"external_project_id": there.project_id, "region_id": "eu-west-1"}
    answer = judge("list_external_vault", **place, objcet_type="server")
    assert [vault.id for vault in answer.vaults] == [target]
    assert judge("list_external_vault", **place, objcet_type="disk").count == 0
    with judge.refuses("9900"):
        judge("list_external_vault", **place, limit=0)


def test_show_summary(judge: Judge, vault_id: str) -> None:
    judge.create_vault("other", size=50)
    assert judge("show_summary").size == 250


def test_update_expiration_time(judge: Judge, vault_id: str) -> None:
    parameters = {"retention_duration_days": 7}
    judge(
        "create_checkpoint", body={"checkpoint": {"vault_id": vault_id, "parameters": parameters}}
    )
    judge.wait()
    body = {"expect_expiration_date": "2020-10-01", "time_zone": "UTC+00:00"}
    answer = judge("update_expiration_time", vault_id=vault_id, body=body)
    assert (answer.affected_backups_count, answer.new_expiration_day) == (1, "2020-10-01")
    judge.wait()
    task = judge("show_op_log", operation_log_id=answer.operation_log_id).operation_log
    assert task.status == "success"
    body["expect_expiration_date"] = "2019-10-01"
    with judge.refuses("9900"):
        judge("update_expiration_time", vault_id=vault_id, body=body)


def test_associate_vault_policy(judge: Judge, vault_id: str) -> None:
    first, second = create_policy(judge), create_policy(judge)
    for policy in (first, second):
        body = {"policy_id": policy}
        bound = judge("associate_vault_policy", vault_id=vault_id, body=body).associate_policy
        assert (bound.vault_id, bound.policy_id) == (vault_id, policy)
    assert judge("show_policy", policy_id=first).policy.associated_vaults == []
    (bound,) = judge("show_policy", policy_id=second).policy.associated_vaults
    assert bound.vault_id == vault_id
    with judge.refuses("6000", 404):
        judge("associate_vault_policy", vault_id=vault_id, body={"policy_id": NOBODY})
    with judge.refuses("9900"):
        judge("associate_vault_policy", vault_id=vault_id, body={})
    hybrid = judge.create_vault("hybrid", cloud_type="hybrid")
    with judge.refuses("6136"):
        judge("associate_vault_policy", vault_id=hybrid, body={"policy_id": first})


def test_associate_a_replication_policy(judge: Judge, vault_id: str) -> None:
    there = judge.elsewhere("eu-west-1")
    target = there.create_vault("target", protect_type="replication")
    plain = there.create_vault("plain")
    policy = create_policy(
        judge,
        "replication",
        destination_project_id=there.project_id,
        destination_region="eu-west-1",
    )
    body = {"policy_id": policy, "destination_vault_id": target}
    bound = judge("associate_vault_policy", vault_id=vault_id, body=body).associate_policy
    assert bound.destination_vault_id == target
    for destination, code in ((None, "9900"), (NOBODY, "6120"), (plain, "6119")):
        body = {"policy_id": policy, "destination_vault_id": destination}
        with judge.refuses(code):
            judge("associate_vault_policy", vault_id=vault_id, body=body)
    with judge.refuses("6127"):
        copies = judge.create_vault("copies", protect_type="replication")
        body = {"policy_id": create_policy(judge)}
        judge("associate_vault_policy", vault_id=copies, body=body)


def test_disassociate_vault_policy(judge: Judge, vault_id: str) -> None:
    body = {"policy_id": create_policy(judge)}
    judge("associate_vault_policy", vault_id=vault_id, body=body)
    answer = judge("disassociate_vault_policy", vault_id=vault_id, body=body)
    assert answer.dissociate_policy.vault_id == vault_id
    with judge.refuses("6002", 404):
        judge("disassociate_vault_policy", vault_id=vault_id, body=body)
    with judge.refuses("6000", 404):
        judge("disassociate_vault_policy", vault_id=vault_id, body={"policy_id": NOBODY})
