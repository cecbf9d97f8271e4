"""Resources of vaults: which may join, how they are suspended, and what a vault shows."""

from __future__ import annotations

import pytest

from cbr_notebook.simulator.cloud import Cloud
from tests.simulator.http_client import Client, Refused

NOBODY = "00000000-0000-4000-8000-000000000000"
SERVER, DISK = "OS::Nova::Server", "OS::Cinder::Volume"
TURBO, BARE_METAL = "OS::Sfs::Turbo", "OS::Ironic::BareMetalServer"


def mark(cloud: Cloud, resource_id: str, table: str = "server", **columns: object) -> None:
    """Change a machine behind the cloud's back: a status, or a trait that nothing else sets."""
    with cloud._engine.work():
        cloud._engine.state.update(table, resource_id, **columns)  # type: ignore[arg-type]


@pytest.fixture
def vault_id(ask: Client) -> str:
    return ask.create_vault("servers")


def ids(ask: Client, vault_id: str) -> list[str]:
    return [each["id"] for each in ask.vault(vault_id)["resources"]]


def test_servers_join_in_the_order_in_which_they_are_named(ask: Client, vault_id: str) -> None:
    first, second = (ask.cloud.create_server(name).id for name in ("web-01", "web-02"))
    assert ask.add(vault_id, second, first) == {"add_resource_ids": [second, first]}
    assert ids(ask, vault_id) == [second, first]
    assert ask.vault(vault_id)["billing"]["allocated"] == 80


def test_a_vault_may_hold_more_than_its_size(ask: Client) -> None:
    vault_id = ask.create_vault(size=10)
    ask.add(vault_id, ask.cloud.create_server("big", disks=(("vda", 400),)).id)
    assert ask.vault(vault_id)["billing"]["allocated"] == 400


def test_each_type_of_vault_takes_its_type_of_resource(ask: Client, vault_id: str) -> None:
    metal = ask.cloud.create_server("metal", kind=BARE_METAL).id
    disk = ask.cloud.create_disk("films", 30).id
    files = ask.cloud.create_file_system("share", 500).id
    ask.add(vault_id, metal, kind=BARE_METAL)
    ask.add(ask.create_vault(object_type="disk"), disk, kind=DISK)
    ask.add(ask.create_vault(object_type="turbo"), files, kind=TURBO)
    with pytest.raises(Refused, match="6102"):
        ask.add(vault_id, disk, kind=DISK)
    with pytest.raises(Refused, match="6116"):
        ask.add(vault_id, disk, kind="OS::Car")


def test_one_bad_resource_keeps_the_others_out(ask: Client, vault_id: str) -> None:
    good = ask.cloud.create_server("good").id
    with pytest.raises(Refused, match=f"404 6302 .*{NOBODY}"):
        ask.add(vault_id, good, NOBODY)
    assert ids(ask, vault_id) == []


def test_a_server_under_the_wrong_type_does_not_exist(ask: Client, vault_id: str) -> None:
    server = ask.cloud.create_server("web-01").id
    with pytest.raises(Refused, match="6302"):
        ask.add(vault_id, server, kind=BARE_METAL)


def test_a_server_twice_in_one_request_is_refused(ask: Client, vault_id: str) -> None:
    server = ask.cloud.create_server("web-01").id
    with pytest.raises(Refused, match="6104"):
        ask.add(vault_id, server, server)


def test_a_server_is_in_one_vault_only(ask: Client, vault_id: str) -> None:
    server = ask.cloud.create_server("web-01").id
    ask.add(vault_id, server)
    with pytest.raises(Refused, match="6103"):
        ask.add(ask.create_vault("other"), server)
    assert ids(ask, vault_id) == [server]


def test_adding_a_server_again_replaces_its_choice_of_disks(ask: Client, vault_id: str) -> None:
    server = ask.cloud.create_server("db-01", disks=(("vda", 40), ("vdb", 100)))
    data = server.disk("vdb").id
    item = {"id": server.id, "type": SERVER, "extra_info": {"exclude_volumes": [data]}}
    ask.add(vault_id, server.id)
    ask("POST", f"vaults/{vault_id}/addresources", {"resources": [item]})
    (resource,) = ask.vault(vault_id)["resources"]
    assert resource["extra_info"] == {"exclude_volumes": [data]}


def test_at_least_one_disk_must_remain(ask: Client, vault_id: str) -> None:
    server = ask.cloud.create_server("web-01")
    for choice in (
        {"exclude_volumes": [server.disk("vda").id]},
        {"include_volumes": [{"id": NOBODY}]},
    ):
        item = {"id": server.id, "type": SERVER, "extra_info": choice}
        with pytest.raises(Refused, match="9900"):
            ask("POST", f"vaults/{vault_id}/addresources", {"resources": [item]})


def test_only_chosen_disks_are_backed_up(ask: Client, vault_id: str) -> None:
    server = ask.cloud.create_server("db-01", disks=(("vda", 40), ("vdb", 100), ("vdc", 10)))
    chosen = [server.disk(device).id for device in ("vda", "vdc")]
    choice = {"include_volumes": [{"id": each, "os_version": "CentOS"} for each in chosen]}
    item = {"id": server.id, "type": SERVER, "extra_info": choice}
    ask("POST", f"vaults/{vault_id}/addresources", {"resources": [item]})
    point = ask.back_up(vault_id)
    (backup,) = ask("GET", "backups", checkpoint_id=point)["backups"]
    children = ask("GET", f"backups/{backup['id']}")["backup"]["children"]
    assert [child["resource_id"] for child in children] == chosen


def test_the_most_resources_that_a_vault_takes(ask: Client, vault_id: str) -> None:
    ask.cloud.options["resources_per_vault"] = 2
    servers = [ask.cloud.create_server(f"s{number}").id for number in range(3)]
    with pytest.raises(Refused, match="6100"):
        ask.add(vault_id, *servers)
    ask.add(vault_id, *servers[:2])
    ask.add(vault_id, servers[0])
    with pytest.raises(Refused, match="6100"):
        ask.add(vault_id, servers[2])


def test_an_empty_or_endless_list_is_refused(ask: Client, vault_id: str) -> None:
    with pytest.raises(Refused, match="9900"):
        ask.add(vault_id)
    with pytest.raises(Refused, match="9900"):
        ask.add(vault_id, *[NOBODY] * 257)


def test_a_server_must_be_running_or_stopped(ask: Client, vault_id: str) -> None:
    server = ask.cloud.create_server("web-01")
    server.stop()
    ask.add(vault_id, server.id)
    broken = ask.cloud.create_server("web-02").id
    mark(ask.cloud, broken, status="ERROR")
    with pytest.raises(Refused, match="7101"):
        ask.add(vault_id, broken)


def test_a_server_without_disks_is_refused(ask: Client, vault_id: str) -> None:
    server = ask.cloud.create_server("bare", disks=())
    with pytest.raises(Refused, match="7108"):
        ask.add(vault_id, server.id)


def test_a_disk_in_trouble_and_a_busy_file_system_are_refused(ask: Client) -> None:
    disk = ask.cloud.create_disk("films", 30).id
    files = ask.cloud.create_file_system("share", 500).id
    mark(ask.cloud, disk, "disk", status="error")
    mark(ask.cloud, files, "disk", status="creating")
    with pytest.raises(Refused, match="7003"):
        ask.add(ask.create_vault(object_type="disk"), disk, kind=DISK)
    with pytest.raises(Refused, match="7502"):
        ask.add(ask.create_vault(object_type="turbo"), files, kind=TURBO)


def test_a_resource_with_backups_in_the_old_service_is_refused(ask: Client, vault_id: str) -> None:
    server = ask.cloud.create_server("old").id
    mark(ask.cloud, server, properties='{"legacy": true}')
    with pytest.raises(Refused, match="6205"):
        ask.add(vault_id, server)


def test_servers_that_share_a_disk_belong_into_one_vault(ask: Client, vault_id: str) -> None:
    first, second = (ask.cloud.create_server(name) for name in ("rac-01", "rac-02"))
    shared = ask.cloud.create_disk("quorum", 10)
    mark(ask.cloud, shared.id, "disk", shareable=1)
    first.attach(shared)
    second.attach(shared)
    ask.add(vault_id, first.id)
    with pytest.raises(Refused, match="500 6137"):
        ask.add(ask.create_vault("other"), second.id)
    ask.add(vault_id, second.id)


@pytest.mark.parametrize("more", [{"protect_type": "replication"}, {"cloud_type": "hybrid"}])
def test_some_vaults_take_no_resources(ask: Client, more: dict[str, str]) -> None:
    server = ask.cloud.create_server("web-01").id
    with pytest.raises(Refused, match="6108"):
        ask.add(ask.create_vault(**more), server)


def test_a_disk_that_grows_shows_in_the_vault(ask: Client, vault_id: str) -> None:
    server = ask.cloud.create_server("web-01")
    ask.add(vault_id, server.id)
    server.disk("vda").resize(60)
    server.attach(ask.cloud.create_disk("more", 20))
    vault = ask.vault(vault_id)
    assert vault["resources"][0]["size"] == 80
    assert vault["billing"]["allocated"] == 80


def test_a_deleted_server_shows_as_deleted_and_keeps_its_backups(
    ask: Client, vault_id: str
) -> None:
    server = ask.cloud.create_server("web-01")
    ask.add(vault_id, server.id)
    ask.back_up(vault_id)
    ask.cloud.delete_server("web-01")
    (resource,) = ask.vault(vault_id)["resources"]
    assert resource["protect_status"] == "deleted"
    assert (resource["size"], resource["backup_count"]) == (40, 1)


def test_a_resource_counts_its_backups_and_what_they_take(ask: Client, vault_id: str) -> None:
    web, db = (ask.cloud.create_server(name) for name in ("web-01", "db-01"))
    web.disk("vda").fill(5)
    db.disk("vda").fill(2)
    ask.add(vault_id, web.id, db.id)
    ask.back_up(vault_id)
    web.disk("vda").write(0, b"x" * 1024 * 1024)
    ask.back_up(vault_id, resources=[web.id])
    vault = ask.vault(vault_id)
    first, second = vault["resources"]
    assert (first["backup_count"], second["backup_count"]) == (2, 1)
    assert first["backup_size"] >= 6
    assert second["backup_size"] >= 2
    assert vault["billing"]["used"] == first["backup_size"] + second["backup_size"]


# -- suspending --------------------------------------------------------------------------------


def set_resources(ask: Client, vault_id: str, action: str, *resources: str) -> object:
    body = {"resource_ids": list(resources), "action": action}
    return ask("PUT", f"vaults/{vault_id}/set-resources", body)


def test_a_resource_can_be_left_out_of_automatic_backup(ask: Client, vault_id: str) -> None:
    web, db = (ask.cloud.create_server(name).id for name in ("web-01", "db-01"))
    ask.add(vault_id, web, db)
    assert set_resources(ask, vault_id, "suspend", db) == {"set_resource_ids": [db]}
    assert [each["auto_protect"] for each in ask.vault(vault_id)["resources"]] == [True, False]
    set_resources(ask, vault_id, "unsuspend", db)
    assert [each["auto_protect"] for each in ask.vault(vault_id)["resources"]] == [True, True]


def test_only_resources_of_the_vault_can_be_suspended(ask: Client, vault_id: str) -> None:
    with pytest.raises(Refused, match="6135"):
        set_resources(ask, vault_id, "suspend", NOBODY)
    with pytest.raises(Refused, match="9900"):
        set_resources(ask, vault_id, "suspend")
    with pytest.raises(Refused, match="9900"):
        set_resources(ask, vault_id, "pause", NOBODY)


def test_a_resource_that_is_leaving_can_be_neither_suspended_nor_added(
    ask: Client, vault_id: str
) -> None:
    server = ask.cloud.create_server("web-01").id
    ask.add(vault_id, server)
    ask("POST", f"vaults/{vault_id}/removeresources", {"resource_ids": [server]})
    with pytest.raises(Refused, match="6134"):
        set_resources(ask, vault_id, "suspend", server)
    with pytest.raises(Refused, match="6134"):
        ask.add(vault_id, server)
