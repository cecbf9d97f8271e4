"""Stories of disks, servers and file systems: codes 7000 to 7511; and who may ask."""

from __future__ import annotations

from typing import Any

from tests.simulator.builders import World
from tests.simulator.error_scenarios.table import Story, cause


@cause("7000")
def _a_deleted_disk_is_backed_up(world: World) -> None:
    disk, vault = world.disk()
    world.cloud.delete_disk("spare")
    world.begin_backup(vault, disk)


def _special_disk(trait: str) -> Story:
    def story(world: World) -> None:
        disk, vault = world.disk(**{trait: True})
        world.begin_backup(vault, disk)

    return story


cause("7001")(_special_disk("dess"))
cause("7002")(_special_disk("scsi"))
cause("7004")(_special_disk("unsupported"))
cause("7007")(_special_disk("old"))
cause("7009")(_special_disk("lazyload"))


@cause("7003")
def _a_broken_disk_is_backed_up(world: World) -> None:
    disk, vault = world.disk()
    disk.set_status("error")
    world.begin_backup(vault, disk)


@cause("7008")
def _a_disk_at_the_disaster_recovery_site_is_restored(world: World) -> None:
    server, _, backup = world.site()
    server.disk("vdb").set_trait("dr_site", True)
    world.restore(backup)


@cause("7100")
def _a_deleted_server_is_restored(world: World) -> None:
    server, _, backup = world.site()
    world.cloud.delete_server(server.name)
    world.restore(backup)


@cause("7101")
def _a_broken_server_is_backed_up(world: World) -> None:
    server, vault, _ = world.site()
    server.set_status("ERROR")
    world.begin_backup(vault, server)


@cause("7102")
def _databases_of_a_stopped_server_are_backed_up(world: World) -> None:
    server = world.server()
    vault = world.holding(server, consistent_level="app_consistent")
    server.stop()
    world.begin_backup(vault, server)


def _special_server(trait: str) -> Story:
    def story(world: World) -> None:
        server, vault, _ = world.site()
        server.set_trait(trait, True)
        world.begin_backup(vault, server)

    return story


cause("7103")(_special_server("unsupported"))
cause("7200")(_special_server("databases_busy"))


def _server_with_a_special_disk(trait: str, value: Any = True) -> Story:
    def story(world: World) -> None:
        server, vault, _ = world.site()
        server.disk("vdb").set_trait(trait, value)
        world.begin_backup(vault, server)

    return story


cause("7104")(_server_with_a_special_disk("scsi"))
cause("7105")(_server_with_a_special_disk("backend", "another"))
cause("7111")(_server_with_a_special_disk("dess"))
cause("7113")(_server_with_a_special_disk("local"))


@cause("7106")
def _a_shared_disk_is_backed_up(world: World) -> None:
    shared = world.cloud.create_disk("shared", 10, shareable=True)
    world.begin_backup(world.holding(shared, "disk"), shared)


@cause("7107")
def _a_server_with_eleven_shared_disks_is_backed_up(world: World) -> None:
    server = world.server()
    for number in range(11):
        server.attach(world.cloud.create_disk(f"shared-{number}", 10, shareable=True))
    world.begin_backup(world.holding(server), server)


@cause("7108")
def _a_server_without_disks_joins(world: World) -> None:
    server = world.server()
    for disk in server.disks:
        server.detach(disk)
    world.holding(server)


@cause("7114")
def _a_server_has_another_operating_system_since(world: World) -> None:
    server, _, backup = world.site()
    server.rebuild(os_type="Windows")
    world.restore(backup)


@cause("7115")
def _a_disk_backup_is_restored_to_a_server(world: World) -> None:
    _, vault = world.disk()
    backup = world.back_up(vault)
    world.restore(backup, server_id=world.server().id, mappings=[])


@cause("7117")
def _a_server_at_the_disaster_recovery_site_is_restored(world: World) -> None:
    server, _, backup = world.site()
    server.set_trait("dr_site", True)
    world.restore(backup)


@cause("7201")
def _a_disk_is_taken_off_that_was_not_attached(world: World) -> None:
    world.server().detach(world.cloud.create_disk("spare", 10))


def _synchronize(world: World, vault: str) -> None:
    world.ask("POST", "checkpoints/sync", {"sync": {"auto_trigger": False, "vault_id": vault}})


@cause("7300")
def _a_plain_vault_is_synchronized(world: World) -> None:
    _synchronize(world, world.vault())


@cause("7302")
def _a_vault_is_synchronized_twice_at_once(world: World) -> None:
    vault = world.vault(cloud_type="hybrid")
    _synchronize(world, vault)
    _synchronize(world, vault)


@cause("7500")
def _a_deleted_file_system_is_backed_up(world: World) -> None:
    files, vault = world.files()
    world.cloud.delete_disk("docs")
    world.begin_backup(vault, files)


@cause("7502")
def _a_broken_file_system_is_backed_up(world: World) -> None:
    files, vault = world.files()
    files.set_status("error")
    world.begin_backup(vault, files)


@cause("7503")
def _a_file_system_is_backed_up_while_it_is_expanded(world: World) -> None:
    files, vault = world.files()
    files.set_trait("sub_status", "expanding")
    world.begin_backup(vault, files)


@cause("7507")
def _a_file_system_is_smaller_since(world: World) -> None:
    files, vault = world.files()
    backup = world.back_up(vault)
    files.resize(400)
    world.restore(backup, resource_id=files.id)


@cause("7510")
def _a_file_system_is_restored_to_another(world: World) -> None:
    _, vault = world.files()
    backup = world.back_up(vault)
    world.restore(backup, resource_id=world.cloud.create_file_system("other", 500).id)


@cause("7511")
def _a_broken_file_system_is_restored(world: World) -> None:
    files, vault = world.files()
    backup = world.back_up(vault)
    files.set_status("error")
    world.restore(backup, resource_id=files.id)


@cause("8600")
def _somebody_asks_in_a_project_that_is_not_theirs(world: World) -> None:
    world.ask.project_id = world.other.project_id
    world.ask("GET", "vaults")


@cause("9900")
def _a_limit_that_is_no_number(world: World) -> None:
    world.ask("GET", "vaults", limit="many")
