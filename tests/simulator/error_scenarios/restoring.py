"""Stories of replication and restore: codes 0001 to 2015."""

from __future__ import annotations

from tests.simulator.builders import METAL, NOBODY, SERVER, CloudBuilder
from tests.simulator.error_scenarios.table import cause


@cause("0001")
def _a_vault_without_resources_is_backed_up(builder: CloudBuilder) -> None:
    builder.begin_backup(builder.vault())


@cause("1001")
def _a_failed_backup_is_replicated(builder: CloudBuilder) -> None:
    server = builder.server()
    server.set_trait("backup_fails", "BackupService.7103")
    builder.replicate(builder.back_up(builder.holding(server)), builder.replicas())


@cause("1002")
def _the_backup_of_one_disk_is_replicated(builder: CloudBuilder) -> None:
    _, _, backup = builder.site()
    builder.replicate(backup["children"][0], builder.replicas())


@cause("1003")
def _the_backup_of_a_disk_is_replicated(builder: CloudBuilder) -> None:
    _, vault = builder.disk()
    builder.replicate(builder.back_up(vault), builder.replicas())


@cause("1004")
def _a_backup_without_the_system_disk_is_replicated(builder: CloudBuilder) -> None:
    server, vault = builder.server(), builder.vault()
    only = {"include_volumes": [{"id": server.disk("vdb").id}]}
    item = {"id": server.id, "type": SERVER, "extra_info": only}
    builder.ask("POST", f"vaults/{vault}/addresources", {"resources": [item]})
    builder.replicate(builder.back_up(vault), builder.replicas())


@cause("1005")
def _a_backup_is_replicated_to_its_own_region(builder: CloudBuilder) -> None:
    _, _, backup = builder.site()
    builder.replicate(backup, builder.replicas(), destination_region="eu-west-0")


@cause("1008")
def _the_destination_vault_goes_while_a_replica_is_made(builder: CloudBuilder) -> None:
    _, _, backup = builder.site()
    vault = builder.replicas()
    builder.other("DELETE", f"vaults/{vault}")
    builder.replicate(backup, vault)
    builder.end()


@cause("1009")
def _a_backup_is_replicated_twice(builder: CloudBuilder) -> None:
    _, _, backup = builder.site()
    vault = builder.replicas()
    builder.replicate(backup, vault)
    builder.replicate(backup, vault)


@cause("1011")
def _a_backup_is_replicated_to_a_project_of_another_region(builder: CloudBuilder) -> None:
    _, _, backup = builder.site()
    builder.replicate(backup, builder.replicas(), destination_project_id=builder.ask.project_id)


@cause("2001")
def _a_large_disk_is_restored_to_a_small_one(builder: CloudBuilder) -> None:
    server, _, backup = builder.site()
    (large,) = (each for each in backup["children"] if each["resource_size"] == 40)
    pair = {"backup_id": large["id"], "volume_id": server.disk("vdb").id}
    builder.restore(backup, server_id=server.id, mappings=[pair])


@cause("2002")
def _a_server_is_restored_while_it_is_backed_up(builder: CloudBuilder) -> None:
    _, vault, backup = builder.site()
    builder.begin_backup(vault)
    builder.restore(backup)


@cause("2003")
def _a_server_is_restored_to_another(builder: CloudBuilder) -> None:
    _, _, backup = builder.site()
    builder.restore(backup, server_id=builder.server("web-02").id)


@cause("2004")
def _a_replica_is_restored(builder: CloudBuilder) -> None:
    server, _, backup = builder.site()
    builder.replicate(backup, builder.replicas())
    builder.ask.wait()
    (replica,) = builder.other("GET", "backups")["backups"]
    body = {"server_id": server.id, "mappings": builder.mappings(backup)}
    builder.other("POST", f"backups/{replica['id']}/restore", {"restore": body})


@cause("2005")
def _a_failed_backup_is_restored(builder: CloudBuilder) -> None:
    server = builder.server()
    server.set_trait("backup_fails", "BackupService.7103")
    backup = builder.back_up(builder.holding(server))
    pair = {"backup_id": NOBODY, "volume_id": server.disk("vda").id}
    builder.restore(backup, server_id=server.id, mappings=[pair])


@cause("2006")
def _a_server_is_restored_to_a_bare_metal_server(builder: CloudBuilder) -> None:
    _, _, backup = builder.site()
    builder.restore(backup, server_id=builder.server("metal", kind=METAL).id)


@cause("2007")
def _a_terminated_server_is_restored(builder: CloudBuilder) -> None:
    server, _, backup = builder.site()
    server.set_status("DELETED")
    builder.restore(backup)


@cause("2008")
def _a_broken_server_is_restored(builder: CloudBuilder) -> None:
    server, _, backup = builder.site()
    server.set_status("ERROR")
    builder.restore(backup)


@cause("2009")
def _a_scsi_disk_is_restored(builder: CloudBuilder) -> None:
    server, _, backup = builder.site()
    server.disk("vdb").set_trait("scsi", True)
    builder.restore(backup)


@cause("2010")
def _a_server_is_restored_twice_at_once(builder: CloudBuilder) -> None:
    _, _, backup = builder.site()
    builder.restore(backup)
    builder.restore(backup)


@cause("2011")
def _an_attached_disk_is_restored(builder: CloudBuilder) -> None:
    disk, vault = builder.disk()
    backup = builder.back_up(vault)
    builder.server().attach(disk)
    builder.restore(backup, volume_id=disk.id)


@cause("2012")
def _a_disk_that_was_taken_off_is_restored_with_its_server(builder: CloudBuilder) -> None:
    server, _, backup = builder.site()
    server.detach(server.disk("vdb"))
    builder.restore(backup)


@cause("2013")
def _a_data_disk_is_restored_to_the_system_disk(builder: CloudBuilder) -> None:
    server, _, backup = builder.site()
    (data,) = (each for each in backup["children"] if each["resource_size"] == 10)
    pair = {"backup_id": data["id"], "volume_id": server.disk("vda").id}
    builder.restore(backup, server_id=server.id, mappings=[pair])


@cause("2014")
def _a_bare_metal_server_is_restored_to_a_server(builder: CloudBuilder) -> None:
    metal = builder.server("metal", kind=METAL)
    backup = builder.back_up(builder.holding(metal, type=METAL))
    builder.restore(backup, server_id=builder.server().id)


@cause("2015")
def _a_server_has_another_architecture_since(builder: CloudBuilder) -> None:
    server, _, backup = builder.site()
    server.rebuild(architecture="aarch64")
    builder.restore(backup)
