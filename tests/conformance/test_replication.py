"""The vendor's client on replication between regions, restores and synchronization."""

from __future__ import annotations

import pytest

from tests.conformance.sdk_client import NOBODY, SdkClient


@pytest.fixture
def elsewhere(sdk: SdkClient) -> SdkClient:
    return sdk.elsewhere("eu-west-1")


@pytest.fixture
def replicas(elsewhere: SdkClient) -> str:
    return elsewhere.create_vault("replicas", protect_type="replication")


@pytest.fixture
def vault_id(sdk: SdkClient) -> str:
    server = sdk.cloud.create_server("web-01")
    server.disk("vda").write_file("/etc/motd", b"hello")
    vault = sdk.create_vault("films")
    items = [{"id": server.id, "type": "OS::Nova::Server"}]
    sdk("add_vault_resource", vault_id=vault, body={"resources": items})
    sdk("create_checkpoint", body={"checkpoint": {"vault_id": vault}})
    sdk.wait()
    return vault


@pytest.fixture
def backup_id(sdk: SdkClient, vault_id: str) -> str:
    return str(sdk("list_backups").backups[0].id)


def where(elsewhere: SdkClient, replicas: str, **changes: object) -> dict[str, object]:
    return {
        "destination_project_id": elsewhere.project_id,
        "destination_region": "eu-west-1",
        "destination_vault_id": replicas,
        **changes,
    }


def test_copy_backup_makes_a_replica_with_all_it_holds(
    sdk: SdkClient, elsewhere: SdkClient, replicas: str, backup_id: str
) -> None:
    body = {"replicate": where(elsewhere, replicas, name="copy")}
    assert sdk("copy_backup", backup_id=backup_id, body=body).replication.replication_record_id
    sdk.wait()
    found = elsewhere("list_backups", show_replication=True).backups
    assert [(each.name, each.image_type) for each in found] == [("copy", "replication")]
    assert [r.status for r in found[0].replication_records] == ["success"]
    mine = sdk("list_backups", show_replication=True).backups[0]
    assert mine.replication_records[0].destination_backup_id == found[0].id
    used = [
        each("show_vault", vault_id=vault).vault.billing.used
        for each, vault in ((elsewhere, replicas), (sdk, mine.vault_id))
    ]
    assert used[0] == used[1] > 0
    task = sdk("list_op_logs", operation_type="replication").operation_logs[0]
    assert (task.status, task.extra_info.replication.destination_backup_id) == (
        "success",
        found[0].id,
    )


def test_a_replica_is_neither_restored_nor_replicated(
    sdk: SdkClient, elsewhere: SdkClient, replicas: str, backup_id: str
) -> None:
    sdk("copy_backup", backup_id=backup_id, body={"replicate": where(elsewhere, replicas)})
    with sdk.refuses("1009", 500):
        sdk("copy_backup", backup_id=backup_id, body={"replicate": where(elsewhere, replicas)})
    sdk.wait()
    replica = elsewhere("list_backups").backups[0]
    body = {"restore": {"server_id": NOBODY, "mappings": []}}
    with elsewhere.refuses("2004"):
        elsewhere("restore_backup", backup_id=replica.id, body=body)
    back = where(sdk, sdk.create_vault("back", protect_type="replication"))
    with elsewhere.refuses("1002", 500):
        elsewhere(
            "copy_backup",
            backup_id=replica.id,
            body={"replicate": back | {"destination_region": "eu-west-0"}},
        )


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        ({"destination_region": "mars"}, "1005", 500),
        ({"destination_region": "eu-west-0"}, "1005", 500),
        ({"destination_project_id": "0" * 32}, "1011", 400),
        ({"destination_vault_id": NOBODY}, "6120", 400),
    ],
)
def test_copy_backup_is_refused(
    sdk: SdkClient,
    elsewhere: SdkClient,
    replicas: str,
    backup_id: str,
    change: dict[str, object],
    code: str,
    status: int,
) -> None:
    with sdk.refuses(code, status):
        body = {"replicate": where(elsewhere, replicas, **change)}
        sdk("copy_backup", backup_id=backup_id, body=body)


def test_copy_backup_is_refused_into_a_backup_vault(
    sdk: SdkClient, elsewhere: SdkClient, backup_id: str
) -> None:
    with sdk.refuses("6119"):
        body = {"replicate": where(elsewhere, elsewhere.create_vault("plain"))}
        sdk("copy_backup", backup_id=backup_id, body=body)


def test_copy_checkpoint_takes_all_of_a_vault_once(
    sdk: SdkClient, elsewhere: SdkClient, replicas: str, vault_id: str
) -> None:
    body = {"replicate": {"vault_id": vault_id, **where(elsewhere, replicas)}}
    assert len(sdk("copy_checkpoint", body=body).replication.backups) == 1
    with sdk.refuses("6130"):
        sdk("copy_checkpoint", body=body)
    sdk.wait()
    with sdk.refuses("0001"):
        sdk("copy_checkpoint", body=body)


def test_a_replication_policy_copies_by_itself(
    sdk: SdkClient, elsewhere: SdkClient, replicas: str, vault_id: str
) -> None:
    policy = {
        "name": "offsite",
        "operation_type": "replication",
        "operation_definition": {
            "retention_duration_days": 7,
            "destination_region": "eu-west-1",
            "destination_project_id": elsewhere.project_id,
        },
        "trigger": {"properties": {"pattern": ["FREQ=DAILY;INTERVAL=1;BYHOUR=5;BYMINUTE=00"]}},
    }
    made = sdk("create_policy", body={"policy": policy}).policy.id
    body = {"policy_id": made, "destination_vault_id": replicas}
    sdk("associate_vault_policy", vault_id=vault_id, body=body)
    sdk.cloud.advance(days=1)
    assert elsewhere("list_backups").count == 1
    sdk.cloud.advance(days=8)
    assert elsewhere("list_backups").count == 0 or elsewhere("list_backups").backups[0].expired_at


def test_restore_backup(sdk: SdkClient, backup_id: str) -> None:
    backup = sdk("show_backup", backup_id=backup_id).backup
    server = sdk.cloud.server("web-01")
    server.disk("vda").write_file("/etc/motd", b"changed")
    mappings = [{"backup_id": c.id, "volume_id": c.resource_id} for c in backup.children]
    body = {"restore": {"server_id": server.id, "mappings": mappings, "power_on": True}}
    sdk("restore_backup", backup_id=backup_id, body=body)
    with sdk.refuses("2010"):
        sdk("restore_backup", backup_id=backup_id, body=body)
    sdk.wait()
    assert server.disk("vda").read_file("/etc/motd") == b"hello"


def test_import_backup_and_checkpoint(sdk: SdkClient) -> None:
    item = {
        "backup_id": "5d822633-2bbf-4af8-a16e-5ab1c7705235",
        "backup_name": "from-home",
        "bucket_name": "bucket",
        "image_path": "/images/1",
        "resource_id": "eccbcfdd-f843-4bbb-b2c0-a5ce861f9376",
        "resource_name": "old-server",
        "created_at": 1_548_310_686,
    }
    with sdk.refuses("7300"):
        sdk("import_backup", body={"sync": [item]})
    hybrid = sdk.create_vault("hybrid", cloud_type="hybrid")
    answer = sdk("import_backup", body={"sync": [item]}).sync[0]
    sdk.wait()
    assert sdk("show_op_log", operation_log_id=answer.operation_log_id).operation_log.status == (
        "success"
    )
    assert sdk("show_backup", backup_id=item["backup_id"]).backup.vault_id == hybrid
    body = {"sync": {"auto_trigger": False, "vault_id": hybrid}}
    sdk("import_checkpoint", body=body)
    with sdk.refuses("7302"):
        sdk("import_checkpoint", body=body)
    with sdk.refuses("7300"):
        plain = {"sync": {"auto_trigger": False, "vault_id": sdk.create_vault("plain")}}
        sdk("import_checkpoint", body=plain)
