"""Resources move from vault to vault and take their backups along."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.http_client import Client, Refused


@pytest.fixture
def source(ask: Client) -> str:
    """A vault with two servers, each backed up twice."""
    vault_id = ask.create_vault("source")
    for name in ("web-01", "db-01"):
        server = ask.cloud.create_server(name)
        server.disk("vda").fill(4)
        ask.add(vault_id, server.id)
    for round_ in range(2):
        ask.back_up(vault_id)
        ask.cloud.server("web-01").disk("vda").write(round_ << 20, bytes([round_ + 1]) * 70_000)
    return vault_id


def move(ask: Client, source: str, destination: str, *servers: str) -> Any:
    body = {
        "destination_vault_id": destination,
        "resource_ids": [ask.cloud.server(name).id for name in servers],
    }
    return ask("POST", f"vaults/{source}/migrateresources", body)


def used(ask: Client, vault_id: str) -> int:
    return int(ask.vault(vault_id)["billing"]["used"])


def backups(ask: Client, vault_id: str) -> list[Any]:
    found: list[Any] = ask("GET", "backups", vault_id=vault_id)["backups"]
    return found


def test_a_server_moves_with_its_backups(ask: Client, source: str) -> None:
    destination = ask.create_vault("destination")
    web = ask.cloud.server("web-01").id
    before = used(ask, source)
    mine = [each["id"] for each in backups(ask, source) if each["resource_id"] == web]
    assert move(ask, source, destination, "web-01") == {"migrated_resources": [web]}
    assert [each["id"] for each in backups(ask, destination)] == mine
    assert len(backups(ask, source)) == 2
    (resource,) = ask.vault(destination)["resources"]
    assert (resource["id"], resource["backup_count"]) == (web, 2)
    assert used(ask, destination) > 0
    assert used(ask, source) + used(ask, destination) == before
    children = ask("GET", f"backups/{mine[0]}")["backup"]["children"]
    assert {child["vault_id"] for child in children} == {destination}


def test_the_next_backup_after_a_move_is_incremental(ask: Client, source: str) -> None:
    destination = ask.create_vault("destination")
    move(ask, source, destination, "web-01")
    before = used(ask, destination)
    ask.cloud.server("web-01").disk("vda").write(9 << 20, b"z" * 65_536)
    ask.back_up(destination)
    newest = backups(ask, destination)[0]
    assert newest["incremental"] is True
    assert used(ask, destination) - before <= 1


def test_after_a_move_deleting_either_vault_spares_the_other(ask: Client, source: str) -> None:
    destination = ask.create_vault("destination")
    move(ask, source, destination, "web-01")
    kept = backups(ask, destination)
    ask("DELETE", f"vaults/{source}")
    ask.wait()
    assert backups(ask, destination) == kept
    for backup in kept:
        point = ask("GET", f"checkpoints/{backup['checkpoint_id']}")["checkpoint"]
        assert point["vault"]["id"] == destination
    ask("DELETE", f"vaults/{destination}")
    ask.wait()
    for backup in kept:
        with pytest.raises(Refused, match="6217"):
            ask("GET", f"checkpoints/{backup['checkpoint_id']}")


def test_a_moved_backup_still_expires(ask: Client) -> None:
    source, destination = ask.create_vault("source"), ask.create_vault("destination")
    ask.add(source, ask.cloud.create_server("web-01").id)
    ask.back_up(source, retention_duration_days=3)
    move(ask, source, destination, "web-01")
    ask.cloud.advance(days=2)
    assert len(backups(ask, destination)) == 1
    ask.cloud.advance(days=2)
    assert backups(ask, destination) == []


@pytest.mark.parametrize(
    "more",
    [
        {"object_type": "disk"},
        {"consistent_level": "app_consistent"},
        {"protect_type": "replication"},
    ],
)
def test_both_vaults_must_be_of_one_type(ask: Client, source: str, more: dict[str, str]) -> None:
    with pytest.raises(Refused, match="6102"):
        move(ask, source, ask.create_vault("other", **more), "web-01")


def test_a_move_needs_a_vault_to_go_to(ask: Client, source: str) -> None:
    with pytest.raises(Refused, match="6120"):
        move(ask, source, "00000000-0000-4000-8000-000000000000", "web-01")
    with pytest.raises(Refused, match="9900"):
        move(ask, source, source, "web-01")


def test_a_move_needs_room(ask: Client, source: str) -> None:
    narrow = ask.create_vault("narrow", size=10)
    disk = ask.cloud.server("db-01").disk("vda")
    disk.fill(10_300)
    ask.back_up(source, incremental=False)
    with pytest.raises(Refused, match="6129"):
        move(ask, source, narrow, "db-01")
    move(ask, source, narrow, "web-01")


def test_a_move_counts_what_the_destination_holds(ask: Client, source: str) -> None:
    destination = ask.create_vault("destination")
    ask.add(destination, ask.cloud.create_server("web-02").id)
    ask.cloud.options["resources_per_vault"] = 2
    with pytest.raises(Refused, match="6100"):
        move(ask, source, destination, "web-01", "db-01")
    move(ask, source, destination, "db-01")


def test_what_is_busy_locked_or_elsewhere_does_not_move(ask: Client, source: str) -> None:
    destination = ask.create_vault("destination")
    web = ask.cloud.server("web-01").id
    stranger = ask.cloud.create_server("stranger")
    with pytest.raises(Refused, match="6135"):
        move(ask, source, destination, stranger.name)
    wanted = {"vault_id": source, "parameters": {"resources": [web]}}
    ask("POST", "checkpoints", {"checkpoint": wanted})
    with pytest.raises(Refused, match="6203"):
        move(ask, source, destination, "web-01")
    ask.wait()
    ask("PUT", f"vaults/{source}", {"vault": {"locked": True}})
    with pytest.raises(Refused, match="6110"):
        move(ask, source, destination, "web-01")


def test_backups_of_a_disk_that_changed_servers_balance_after_a_move(ask: Client) -> None:
    source, destination = ask.create_vault("source"), ask.create_vault("destination")
    first, second = ask.cloud.create_server("first"), ask.cloud.create_server("second")
    ask.add(source, first.id, second.id)
    wanderer = ask.cloud.create_disk("wanderer", 10)
    wanderer.fill(3)
    for server in (first, second):
        server.attach(wanderer)
        wanderer.write(0, server.name.encode())
        ask.back_up(source, resources=[server.id])
        server.detach(wanderer)
    move(ask, source, destination, "first")
    (moved,) = backups(ask, destination)
    ask("DELETE", f"backups/{moved['id']}")
    ask.wait()
    assert used(ask, destination) == 0
    assert used(ask, source) == ask.vault(source)["resources"][0]["backup_size"] >= 3
    ask("DELETE", f"vaults/{source}")
    ask.wait()
    state = ask.cloud._engine.state
    assert state.value("SELECT count(*) FROM stored_block") == 0
