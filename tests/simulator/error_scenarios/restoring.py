"""Stories of replication and restore: codes 0001 to 2015."""

from __future__ import annotations

from tests.simulator.builders import METAL, NOBODY, SERVER, World
from tests.simulator.error_scenarios.table import cause


@cause("0001")
def _a_vault_without_resources_is_backed_up(world: World) -> None:
    world.begin_backup(world.vault())


@cause("1001")
def _a_failed_backup_is_replicated(world: World) -> None:
    server = world.server()
    server.set_trait("backup_fails", "BackupService.7103")
    world.replicate(world.back_up(world.holding(server)), world.replicas())


@cause("1002")
def _the_backup_of_one_disk_is_replicated(world: World) -> None:
    _, _, backup = world.site()
    world.replicate(backup["children"][0], world.replicas())


@cause("1003")
def _the_backup_of_a_disk_is_replicated(world: World) -> None:
    _, vault = world.disk()
    world.replicate(world.back_up(vault), world.replicas())


@cause("1004")
def _a_backup_without_the_system_disk_is_replicated(world: World) -> None:
    server, vault = world.server(), world.vault()
    only = {"include_volumes": [{"id": server.disk("vdb").id}]}
    item = {"id": server.id, "type": SERVER, "extra_info": only}
    world.ask("POST", f"vaults/{vault}/addresources", {"resources": [item]})
    world.replicate(world.back_up(vault), world.replicas())


@cause("1005")
def _a_backup_is_replicated_to_its_own_region(world: World) -> None:
    _, _, backup = world.site()
    world.replicate(backup, world.replicas(), destination_region="eu-west-0")


@cause("1008")
def _the_destination_vault_goes_while_a_replica_is_made(world: World) -> None:
    _, _, backup = world.site()
    vault = world.replicas()
    world.other("DELETE", f"vaults/{vault}")
    world.replicate(backup, vault)
    world.end()


@cause("1009")
def _a_backup_is_replicated_twice(world: World) -> None:
    _, _, backup = world.site()
    vault = world.replicas()
    world.replicate(backup, vault)
    world.replicate(backup, vault)


@cause("1011")
def _a_backup_is_replicated_to_a_project_of_another_region(world: World) -> None:
    _, _, backup = world.site()
    world.replicate(backup, world.replicas(), destination_project_id=world.ask.project_id)


@cause("2001")
def _a_large_disk_is_restored_to_a_small_one(world: World) -> None:
    server, _, backup = world.site()
    (large,) = (each for each in backup["children"] if each["resource_size"] == 40)
    pair = {"backup_id": large["id"], "volume_id": server.disk("vdb").id}
    world.restore(backup, server_id=server.id, mappings=[pair])


@cause("2002")
def _a_server_is_restored_while_it_is_backed_up(world: World) -> None:
    _, vault, backup = world.site()
    world.begin_backup(vault)
    world.restore(backup)


@cause("2003")
def _a_server_is_restored_to_another(world: World) -> None:
    _, _, backup = world.site()
    world.restore(backup, server_id=world.server("web-02").id)


@cause("2004")
def _a_replica_is_restored(world: World) -> None:
    server, _, backup = world.site()
    world.replicate(backup, world.replicas())
    world.ask.wait()
    (replica,) = world.other("GET", "backups")["backups"]
    body = {"server_id": server.id, "mappings": world.mappings(backup)}
    world.other("POST", f"backups/{replica['id']}/restore", {"restore": body})


@cause("2005")
def _a_failed_backup_is_restored(world: World) -> None:
    server = world.server()
    server.set_trait("backup_fails", "BackupService.7103")
    backup = world.back_up(world.holding(server))
    pair = {"backup_id": NOBODY, "volume_id": server.disk("vda").id}
    world.restore(backup, server_id=server.id, mappings=[pair])


@cause("2006")
def _a_server_is_restored_to_a_bare_metal_server(world: World) -> None:
    _, _, backup = world.site()
    world.restore(backup, server_id=world.server("metal", kind=METAL).id)


@cause("2007")
def _a_terminated_server_is_restored(world: World) -> None:
    server, _, backup = world.site()
    server.set_status("DELETED")
    world.restore(backup)


@cause("2008")
def _a_broken_server_is_restored(world: World) -> None:
    server, _, backup = world.site()
    server.set_status("ERROR")
    world.restore(backup)


@cause("2009")
def _a_scsi_disk_is_restored(world: World) -> None:
    server, _, backup = world.site()
    server.disk("vdb").set_trait("scsi", True)
    world.restore(backup)


@cause("2010")
def _a_server_is_restored_twice_at_once(world: World) -> None:
    _, _, backup = world.site()
    world.restore(backup)
    world.restore(backup)


@cause("2011")
def _an_attached_disk_is_restored(world: World) -> None:
    disk, vault = world.disk()
    backup = world.back_up(vault)
    world.server().attach(disk)
    world.restore(backup, volume_id=disk.id)


@cause("2012")
def _a_disk_that_was_taken_off_is_restored_with_its_server(world: World) -> None:
    server, _, backup = world.site()
    server.detach(server.disk("vdb"))
    world.restore(backup)


@cause("2013")
def _a_data_disk_is_restored_to_the_system_disk(world: World) -> None:
    server, _, backup = world.site()
    (data,) = (each for each in backup["children"] if each["resource_size"] == 10)
    pair = {"backup_id": data["id"], "volume_id": server.disk("vda").id}
    world.restore(backup, server_id=server.id, mappings=[pair])


@cause("2014")
def _a_bare_metal_server_is_restored_to_a_server(world: World) -> None:
    metal = world.server("metal", kind=METAL)
    backup = world.back_up(world.holding(metal, type=METAL))
    world.restore(backup, server_id=world.server().id)


@cause("2015")
def _a_server_has_another_architecture_since(world: World) -> None:
    server, _, backup = world.site()
    server.rebuild(architecture="aarch64")
    world.restore(backup)
