"""The vendor's client on restore points, backups, tasks and what can be protected."""

from __future__ import annotations

import pytest

from tests.conformance.sdk_client import NOBODY, SdkClient


@pytest.fixture
def vault_id(sdk: SdkClient, server: str) -> str:
    """A vault with one server in it."""
    made = sdk.create_vault("films")
    body = {"resources": [{"id": server, "type": "OS::Nova::Server"}]}
    sdk("add_vault_resource", vault_id=made, body=body)
    return made


def back_up(sdk: SdkClient, vault_id: str, name: str, **parameters: object) -> str:
    body = {"checkpoint": {"vault_id": vault_id, "parameters": {"name": name, **parameters}}}
    made = sdk("create_checkpoint", body=body).checkpoint.id
    sdk.wait()
    return str(made)


def test_create_and_show_checkpoint(sdk: SdkClient, vault_id: str) -> None:
    point = back_up(sdk, vault_id, "first")
    shown = sdk("show_checkpoint", checkpoint_id=point).checkpoint
    assert shown.status == "available"
    assert [each.protect_status for each in shown.vault.resources] == ["available"]


def test_create_checkpoint_is_refused_for_a_resource_outside_the_vault(
    sdk: SdkClient, vault_id: str
) -> None:
    with sdk.refuses("6135"):
        back_up(sdk, vault_id, "first", resources=[NOBODY])


def test_create_checkpoint_is_refused_while_one_runs(sdk: SdkClient, vault_id: str) -> None:
    body = {"checkpoint": {"vault_id": vault_id}}
    sdk("create_checkpoint", body=body)
    with sdk.refuses("6125"):
        sdk("create_checkpoint", body=body)


def test_show_checkpoint_is_refused_for_an_unknown_one(sdk: SdkClient) -> None:
    with sdk.refuses("6217", 404):
        sdk("show_checkpoint", checkpoint_id=NOBODY)


def test_list_backups_with_each_filter(sdk: SdkClient, vault_id: str, server: str) -> None:
    point = back_up(sdk, vault_id, "first")
    back_up(sdk, vault_id, "second")
    for filters, names in (
        ({}, ["second", "first"]),
        ({"sort": "created_at:asc"}, ["first", "second"]),
        ({"sort": "name:desc"}, ["second", "first"]),
        ({"name": "first"}, ["first"]),
        ({"checkpoint_id": point}, ["first"]),
        ({"incremental": True}, ["second"]),
        ({"limit": 1, "offset": 1}, ["first"]),
        ({"vault_id": vault_id}, ["second", "first"]),
        ({"vault_id": NOBODY}, []),
        ({"resource_id": server}, ["second", "first"]),
        ({"resource_name": "web-01"}, ["second", "first"]),
        ({"resource_type": "OS::Cinder::Volume"}, []),
        ({"resource_az": "nowhere"}, []),
        ({"status": "available"}, ["second", "first"]),
        ({"status": "error"}, []),
        ({"image_type": "replication"}, []),
        ({"end_time": "2019-01-01T00:00:00Z"}, []),
        ({"start_time": "2020-01-01T00:00:00Z"}, ["second", "first"]),
        ({"own_type": "shared"}, []),
        ({"used_percent": "1"}, []),
        ({"enterprise_project_id": "0"}, ["second", "first"]),
        ({"show_replication": True}, ["second", "first"]),
    ):
        found = sdk("list_backups", **filters)
        assert [each.name for each in found.backups] == names, filters
        if "limit" not in filters:
            assert found.count == len(names), filters


def test_list_backups_pages_by_marker(sdk: SdkClient, vault_id: str) -> None:
    for name in ("first", "second", "third"):
        back_up(sdk, vault_id, name)
    names = []
    marker = None
    while page := sdk("list_backups", limit=1, marker=marker).backups:
        names += [each.name for each in page]
        marker = page[-1].id
    assert names == ["third", "second", "first"]


def test_list_backups_by_parent_gives_the_disks(sdk: SdkClient, vault_id: str) -> None:
    back_up(sdk, vault_id, "first")
    parent = sdk("list_backups").backups[0].id
    found = sdk("list_backups", parent_id=parent).backups
    assert [each.resource_size for each in found] == [10, 40]


@pytest.mark.parametrize(
    "filters", [{"limit": 1001}, {"sort": "colour"}, {"start_time": "yesterday"}, {"marker": "x"}]
)
def test_list_backups_is_refused_with_a_bad_filter(
    sdk: SdkClient, filters: dict[str, object]
) -> None:
    with sdk.refuses("9900"):
        sdk("list_backups", **filters)


def test_show_update_and_delete_backup(sdk: SdkClient, vault_id: str) -> None:
    back_up(sdk, vault_id, "first")
    backup_id = sdk("list_backups").backups[0].id
    shown = sdk("show_backup", backup_id=backup_id).backup
    assert [child.parent_id for child in shown.children] == [backup_id, backup_id]
    renamed = sdk("update_backup", backup_id=backup_id, body={"backup": {"name": "kept"}})
    assert renamed.backup.name == "kept"
    sdk("delete_backup", backup_id=backup_id)
    assert sdk("show_backup", backup_id=backup_id).backup.status == "deleting"
    sdk.wait()
    with sdk.refuses("6200", 404):
        sdk("show_backup", backup_id=backup_id)
    task = sdk("list_op_logs", operation_type="delete").operation_logs[0]
    assert (task.status, task.extra_info.delete.backup_id) == ("success", backup_id)


def test_delete_backup_is_refused_for_the_backup_of_a_single_disk(
    sdk: SdkClient, vault_id: str
) -> None:
    back_up(sdk, vault_id, "first")
    parent = sdk("list_backups").backups[0].id
    child = sdk("show_backup", backup_id=parent).backup.children[0].id
    with sdk.refuses("6201"):
        sdk("delete_backup", backup_id=child)


def test_delete_backup_is_refused_while_it_is_made(sdk: SdkClient, vault_id: str) -> None:
    sdk("create_checkpoint", body={"checkpoint": {"vault_id": vault_id}})
    running = sdk("list_backups").backups[0].id
    with sdk.refuses("6203"):
        sdk("delete_backup", backup_id=running)


def test_show_metadata(sdk: SdkClient, vault_id: str) -> None:
    back_up(sdk, vault_id, "first")
    backup_id = sdk("list_backups").backups[0].id
    assert '"web-01"' in sdk("show_metadata", backup_id=backup_id).server
    with sdk.refuses("6200", 404):
        sdk("show_metadata", backup_id=NOBODY)


def test_tasks_go_from_waiting_over_running_to_success(sdk: SdkClient, vault_id: str) -> None:
    sdk("create_checkpoint", body={"checkpoint": {"vault_id": vault_id}})
    seen = []
    for seconds in (0, 10, 60, 600):
        sdk.wait(seconds)
        task = sdk("list_op_logs").operation_logs[0]
        seen.append((task.status, task.extra_info.common.progress))
    assert [status for status, _ in seen] == ["waiting", "running", "running", "success"]
    assert seen[0][1] == 0 < seen[1][1] < seen[2][1] < seen[3][1] == 100


def test_list_and_show_op_logs(sdk: SdkClient, vault_id: str, server: str) -> None:
    back_up(sdk, vault_id, "first")
    task = sdk("list_op_logs").operation_logs[0]
    assert sdk("show_op_log", operation_log_id=task.id).operation_log.status == "success"
    for filters, count in (
        ({"status": "success"}, 1),
        ({"status": "failed"}, 0),
        ({"operation_type": "backup"}, 1),
        ({"vault_id": vault_id}, 1),
        ({"vault_name": "films"}, 1),
        ({"resource_id": server}, 1),
        ({"resource_name": "nobody"}, 0),
        ({"enterprise_project_id": "0"}, 1),
        ({"enterprise_project_id": "e1"}, 0),
        ({"enterprise_project_id": "all_granted_eps"}, 1),
        ({"start_time": "2020-01-01T00:00:00Z", "end_time": "2020-01-02T00:00:00Z"}, 0),
        ({"provider_id": task.provider_id, "limit": 5}, 1),
    ):
        assert sdk("list_op_logs", **filters).count == count, filters


def test_show_op_log_is_refused_for_an_unknown_task(sdk: SdkClient) -> None:
    with sdk.refuses("6500", 404):
        sdk("show_op_log", operation_log_id=NOBODY)


def test_list_op_logs_is_refused_with_a_bad_filter(sdk: SdkClient) -> None:
    with sdk.refuses("9900"):
        sdk("list_op_logs", status="happy")


def test_protectable_servers_and_disks(sdk: SdkClient, vault_id: str, server: str) -> None:
    sdk.cloud.create_disk("spare", 20)
    servers = sdk("list_protectable", protectable_type="server")
    assert [(each.name, each.size) for each in servers.instances] == [("web-01", 50)]
    assert servers.instances[0].protectable.vault.id == vault_id
    disks = sdk("list_protectable", protectable_type="disk", name="spare")
    assert [(each.name, each.status) for each in disks.instances] == [("spare", "available")]
    shown = sdk("show_protectable", protectable_type="server", instance_id=server).instance
    assert len(shown.children) == 2


def test_show_protectable_is_refused_for_what_is_not_there(sdk: SdkClient) -> None:
    with sdk.refuses("7100", 404):
        sdk("show_protectable", protectable_type="server", instance_id=NOBODY)
    with sdk.refuses("6116"):
        sdk("list_protectable", protectable_type="spaceship")
