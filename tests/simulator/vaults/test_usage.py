"""Storage usage: what each resource's backups take, wherever they are."""

from __future__ import annotations

import pytest

from tests.simulator.http_client import Client, Refused


@pytest.fixture
def server_ids(ask: Client) -> list[str]:
    """Two servers and a disk in three vaults, one of them kept in several zones."""
    web, db = ask.cloud.create_server("web-01"), ask.cloud.create_server("db-01")
    disk = ask.cloud.create_disk("films", 20)
    web.disk("vda").fill(4)
    ask.add(ask.create_vault("plain"), web.id)
    ask.back_up(ask("GET", "vaults")["vaults"][0]["id"])
    body = {
        "vault": {
            "name": "zones",
            "billing": {
                "consistent_level": "crash_consistent",
                "object_type": "server",
                "protect_type": "backup",
                "size": 100,
                "is_multi_az": True,
            },
            "resources": [{"id": db.id, "type": "OS::Nova::Server"}],
        }
    }
    db.disk("vda").fill(2)
    zones = ask("POST", "vaults", body)["vault"]["id"]
    ask.back_up(zones)
    ask.back_up(zones, incremental=False)
    disks = ask.create_vault("disks", object_type="disk")
    ask.add(disks, disk.id, kind="OS::Cinder::Volume")
    ask.back_up(disks)
    return [web.id, db.id, disk.id]


def test_every_resource_with_backups_is_listed(ask: Client, server_ids: list[str]) -> None:
    answer = ask("GET", "storage_usage")
    assert answer["resource_count"] == 3
    found = {each["resource_name"]: each for each in answer["storage_usage"]}
    web, db = found["web-01"], found["db-01"]
    assert (web["backup_count"], web["backup_size_multiaz"]) == (1, 0)
    assert web["backup_size"] >= 4
    assert db["backup_count"] == 2
    assert db["backup_size"] == db["backup_size_multiaz"] >= 4
    assert found["films"]["resource_type"] == "OS::Cinder::Volume"


def test_usage_can_be_narrowed_and_paged(ask: Client, server_ids: list[str]) -> None:
    web, _, disk = server_ids
    for query, count, shown in (
        ({"resource_id": web}, 1, 1),
        ({"resource_type": "OS::Nova::Server"}, 2, 2),
        ({"resource_type": "OS::Nova::Server", "resource_id": disk}, 0, 0),
        ({"limit": 2}, 3, 2),
        ({"limit": 2, "offset": 2}, 3, 1),
    ):
        answer = ask("GET", "storage_usage", **query)
        assert (answer["resource_count"], len(answer["storage_usage"])) == (count, shown), query


def test_usage_follows_a_deletion(ask: Client, server_ids: list[str]) -> None:
    web = server_ids[0]
    (backup,) = ask("GET", "backups", resource_id=web)["backups"]
    ask("DELETE", f"backups/{backup['id']}")
    ask.wait()
    assert ask("GET", "storage_usage", resource_id=web)["storage_usage"] == []


def test_a_wrong_question_is_refused(ask: Client) -> None:
    for query in ({"resource_type": "Car"}, {"limit": 0}, {"offset": "x"}):
        with pytest.raises(Refused, match="9900"):
            ask("GET", "storage_usage", **query)


def test_another_project_sees_nothing(ask: Client, server_ids: list[str]) -> None:
    assert Client(ask.cloud, project="eu-west-1")("GET", "storage_usage")["resource_count"] == 0
