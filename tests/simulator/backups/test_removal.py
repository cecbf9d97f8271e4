"""Deleting vaults and removing resources: what goes, what stays, what forbids it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.http_client import Client, Refused


@pytest.fixture
def vault_id(ask: Client) -> str:
    """A vault with two servers that are backed up."""
    made = ask.create_vault("films")
    for name in ("web-01", "db-01"):
        server = ask.cloud.create_server(name)
        server.disk("vda").fill(3)
        ask.add(made, server.id)
    ask.back_up(made)
    return made


def rows(ask: Client, table: str) -> int:
    return int(ask.cloud._engine.state.value(f"SELECT count(*) FROM {table}"))


def first_backup(ask: Client, vault_id: str) -> str:
    return str(ask("GET", "backups", vault_id=vault_id)["backups"][0]["id"])


def remove(ask: Client, vault_id: str, *servers: str) -> Any:
    ids = [ask.cloud.server(name).id for name in servers]
    return ask("POST", f"vaults/{vault_id}/removeresources", {"resource_ids": ids})


# -- a vault ----------------------------------------------------------------------------------


def test_a_deleted_vault_goes_with_its_backups_and_leaves_a_task(
    ask: Client, vault_id: str
) -> None:
    point = ask("GET", "backups", vault_id=vault_id)["backups"][0]["checkpoint_id"]
    response = ask.send("DELETE", f"vaults/{vault_id}")
    assert (response.status_code, response.content) == (204, b"")
    assert ask.vault(vault_id)["billing"]["status"] == "deleting"
    ask.wait(30)
    with pytest.raises(Refused, match="6105"):
        ask.vault(vault_id)
    assert ask("GET", "backups")["count"] == 0
    with pytest.raises(Refused, match="6217"):
        ask("GET", f"checkpoints/{point}")
    (task,) = ask.tasks(operation_type="vault_delete")
    assert (task["status"], task["vault_id"], task["vault_name"]) == ("success", vault_id, "films")
    assert task["extra_info"]["vault_delete"] == {"total_count": 2, "fail_count": 0}
    for table in ("backup", "restore_point", "stored_block", "vault_resource", "vault_tag"):
        assert rows(ask, table) == 0, table


def test_the_servers_of_a_deleted_vault_are_free_again(ask: Client, vault_id: str) -> None:
    ask("DELETE", f"vaults/{vault_id}")
    ask.wait(30)
    ask.add(ask.create_vault("next"), ask.cloud.server("web-01").id)


def test_a_policy_does_not_keep_a_vault(ask: Client) -> None:
    policy = {
        "name": "nightly",
        "operation_type": "backup",
        "operation_definition": {"retention_duration_days": 7},
        "trigger": {"properties": {"pattern": ["FREQ=DAILY;BYHOUR=1;BYMINUTE=00"]}},
    }
    policy_id = ask("POST", "policies", {"policy": policy})["policy"]["id"]
    vault_id = ask.create_vault(backup_policy_id=policy_id)
    ask("DELETE", f"vaults/{vault_id}")
    ask.wait()
    assert ask("GET", f"policies/{policy_id}")["policy"]["associated_vaults"] == []
    ask.cloud.advance(days=2)


def test_a_vault_goes_only_once(ask: Client, vault_id: str) -> None:
    ask("DELETE", f"vaults/{vault_id}")
    with pytest.raises(Refused, match="6112"):
        ask("DELETE", f"vaults/{vault_id}")
    ask.wait(30)
    with pytest.raises(Refused, match="404 6105"):
        ask("DELETE", f"vaults/{vault_id}")


def test_a_vault_that_is_being_backed_up_stays(ask: Client, vault_id: str) -> None:
    ask("POST", "checkpoints", {"checkpoint": {"vault_id": vault_id}})
    with pytest.raises(Refused, match="6203"):
        ask("DELETE", f"vaults/{vault_id}")
    ask.wait()
    ask("DELETE", f"vaults/{vault_id}")


def test_a_vault_into_which_something_is_replicated_stays(ask: Client, vault_id: str) -> None:
    target = ask.create_vault("target", protect_type="replication")
    with ask.cloud._engine.work():
        ask.cloud._engine.state.insert(
            "replication_record",
            id="record",
            created_at=0,
            status="replicating",
            source_backup_id=first_backup(ask, vault_id),
            source_restore_point_id="",
            source_project_id=ask.project_id,
            source_region="eu-west-0",
            source_vault_id=vault_id,
            destination_project_id=ask.project_id,
            destination_region="eu-west-0",
            destination_vault_id=target,
        )
    with pytest.raises(Refused, match="6130"):
        ask("DELETE", f"vaults/{target}")


def test_a_vault_with_a_backup_that_serves_an_image_stays(ask: Client, vault_id: str) -> None:
    ask.make_image(first_backup(ask, vault_id))
    with pytest.raises(Refused, match="6204"):
        ask("DELETE", f"vaults/{vault_id}")


def test_an_image_made_meanwhile_lets_the_deletion_fail(ask: Client, vault_id: str) -> None:
    kept = first_backup(ask, vault_id)
    ask("DELETE", f"vaults/{vault_id}")
    ask.make_image(kept)
    ask.wait(30)
    assert ask.vault(vault_id)["billing"]["status"] == "error"
    (task,) = ask.tasks(operation_type="vault_delete")
    assert (task["status"], task["error_info"]["code"]) == ("failed", "BackupService.6121")
    assert task["extra_info"]["vault_delete"] == {"total_count": 2, "fail_count": 1}
    assert [each["id"] for each in ask("GET", "backups")["backups"]] == [kept]


def test_a_locked_vault_keeps_what_its_policy_made(ask: Client) -> None:
    server = ask.cloud.create_server("web-01")
    vault_id = ask.create_vault(locked=True)
    ask.add(vault_id, server.id)
    ask.back_up(vault_id)
    ask("POST", "checkpoints", {"checkpoint": {"vault_id": vault_id,
        "parameters": {"auto_trigger": True}}})  # fmt: skip
    ask.wait(600)
    with pytest.raises(Refused, match="6111"):
        ask("DELETE", f"vaults/{vault_id}")


def test_nothing_joins_or_is_backed_up_in_a_vault_that_goes(ask: Client, vault_id: str) -> None:
    backup = first_backup(ask, vault_id)
    ask("DELETE", f"vaults/{vault_id}")
    with pytest.raises(Refused, match="6108"):
        ask.add(vault_id, ask.cloud.create_server("late").id)
    with pytest.raises(Refused, match="6113"):
        ask("POST", "checkpoints", {"checkpoint": {"vault_id": vault_id}})
    with pytest.raises(Refused, match="6112"):
        remove(ask, vault_id, "web-01")
    with pytest.raises(Refused, match="6201"):
        ask("DELETE", f"backups/{backup}")


# -- resources --------------------------------------------------------------------------------


def test_a_removed_resource_leaves_with_all_its_backups(ask: Client, vault_id: str) -> None:
    web = ask.cloud.server("web-01").id
    before = ask.vault(vault_id)
    assert remove(ask, vault_id, "web-01") == {"remove_resource_ids": [web]}
    assert ask.vault(vault_id)["resources"][0]["protect_status"] == "removing"
    ask.wait(30)
    vault = ask.vault(vault_id)
    assert [each["name"] for each in vault["resources"]] == ["db-01"]
    (backup,) = ask("GET", "backups")["backups"]
    assert backup["resource_name"] == "db-01"
    gone = before["resources"][0]["backup_size"]
    assert vault["billing"]["used"] == before["billing"]["used"] - gone
    (task,) = ask.tasks(operation_type="remove_resource")
    assert task["status"] == "success"
    assert task["extra_info"]["remove_resources"] == {
        "total_count": 1,
        "fail_count": 0,
        "resources": [{"id": web, "type": "OS::Nova::Server", "name": "web-01"}],
    }


def test_a_removed_resource_can_join_another_vault(ask: Client, vault_id: str) -> None:
    remove(ask, vault_id, "web-01")
    ask.wait(30)
    ask.add(ask.create_vault("next"), ask.cloud.server("web-01").id)


def test_a_resource_whose_server_is_gone_can_be_removed(ask: Client, vault_id: str) -> None:
    web = ask.cloud.server("web-01").id
    ask.cloud.delete_server("web-01")
    ask("POST", f"vaults/{vault_id}/removeresources", {"resource_ids": [web]})
    ask.wait(30)
    assert [each["name"] for each in ask.vault(vault_id)["resources"]] == ["db-01"]


def test_one_wrong_resource_keeps_all_in_place(ask: Client, vault_id: str) -> None:
    ask.cloud.create_server("stranger")
    with pytest.raises(Refused, match="6135"):
        remove(ask, vault_id, "web-01", "stranger")
    assert {each["protect_status"] for each in ask.vault(vault_id)["resources"]} == {"available"}
    with pytest.raises(Refused, match="9900"):
        remove(ask, vault_id)


def test_a_resource_leaves_only_once(ask: Client, vault_id: str) -> None:
    remove(ask, vault_id, "web-01")
    with pytest.raises(Refused, match="6134"):
        remove(ask, vault_id, "web-01")


def test_a_vault_can_be_deleted_right_after_a_resource_was_removed(
    ask: Client, vault_id: str
) -> None:
    remove(ask, vault_id, "web-01")
    ask("DELETE", f"vaults/{vault_id}")
    ask.wait()
    with pytest.raises(Refused, match="6105"):
        ask.vault(vault_id)
    assert {each["status"] for each in ask.tasks() if each["vault_id"] == vault_id} == {"success"}
    assert ask("GET", "backups", vault_id=vault_id)["backups"] == []


def test_a_resource_that_is_being_backed_up_stays(ask: Client, vault_id: str) -> None:
    wanted = {"vault_id": vault_id, "parameters": {"resources": [ask.cloud.server("web-01").id]}}
    ask("POST", "checkpoints", {"checkpoint": wanted})
    with pytest.raises(Refused, match="6203"):
        remove(ask, vault_id, "web-01")
    remove(ask, vault_id, "db-01")


def test_a_resource_with_a_backup_that_serves_an_image_stays(ask: Client, vault_id: str) -> None:
    ask.make_image(first_backup(ask, vault_id))
    with pytest.raises(Refused, match="6204"):
        remove(ask, vault_id, "web-01", "db-01")


def test_an_image_made_meanwhile_keeps_the_resource(ask: Client, vault_id: str) -> None:
    backup = ask("GET", "backups", resource_name="web-01")["backups"][0]["id"]
    remove(ask, vault_id, "web-01", "db-01")
    ask.make_image(backup)
    ask.wait(30)
    (resource,) = ask.vault(vault_id)["resources"]
    assert (resource["name"], resource["protect_status"]) == ("web-01", "error")
    (task,) = ask.tasks(operation_type="remove_resource")
    assert (task["status"], task["error_info"]["code"]) == ("failed", "BackupService.6115")
    assert task["extra_info"]["remove_resources"]["fail_count"] == 1


def test_nothing_leaves_a_locked_vault(ask: Client, vault_id: str) -> None:
    ask("PUT", f"vaults/{vault_id}", {"vault": {"locked": True}})
    with pytest.raises(Refused, match="6110"):
        remove(ask, vault_id, "web-01")
