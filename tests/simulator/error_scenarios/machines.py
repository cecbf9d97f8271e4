"""Stories of disks, servers and file systems: codes 7000 to 7511; and who may ask."""

from __future__ import annotations

from typing import Any

from tests.simulator.builders import CloudBuilder
from tests.simulator.error_scenarios.table import Story, cause


@cause("7000")
def _a_deleted_disk_is_backed_up(builder: CloudBuilder) -> None:
    disk, vault = builder.disk()
    builder.cloud.delete_disk("spare")
    builder.begin_backup(vault, disk)


def _special_disk(trait: str) -> Story:
    def story(builder: CloudBuilder) -> None:
        disk, vault = builder.disk(**{trait: True})
        builder.begin_backup(vault, disk)

    return story


cause("7001")(_special_disk("dess"))
cause("7002")(_special_disk("scsi"))
cause("7004")(_special_disk("unsupported"))
cause("7007")(_special_disk("old"))
cause("7009")(_special_disk("lazyload"))


@cause("7003")
def _a_broken_disk_is_backed_up(builder: CloudBuilder) -> None:
    disk, vault = builder.disk()
    disk.set_status("error")
    builder.begin_backup(vault, disk)


@cause("7008")
def _a_disk_at_the_disaster_recovery_site_is_restored(builder: CloudBuilder) -> None:
    server, _, backup = builder.site()
    server.disk("vdb").set_trait("dr_site", True)
    builder.restore(backup)


@cause("7100")
def _a_deleted_server_is_restored(builder: CloudBuilder) -> None:
    server, _, backup = builder.site()
    builder.cloud.delete_server(server.name)
    builder.restore(backup)


@cause("7101")
def _a_broken_server_is_backed_up(builder: CloudBuilder) -> None:
    server, vault, _ = builder.site()
    server.set_status("ERROR")
    builder.begin_backup(vault, server)


@cause("7102")
def _databases_of_a_stopped_server_are_backed_up(builder: CloudBuilder) -> None:
    server = builder.server()
    vault = builder.holding(server, consistent_level="app_consistent")
    server.stop()
    builder.begin_backup(vault, server)


def _special_server(trait: str) -> Story:
    def story(builder: CloudBuilder) -> None:
        server, vault, _ = builder.site()
        server.set_trait(trait, True)
        builder.begin_backup(vault, server)

    return story


cause("7103")(_special_server("unsupported"))
cause("7200")(_special_server("databases_busy"))


def _server_with_a_special_disk(trait: str, value: Any = True) -> Story:
    def story(builder: CloudBuilder) -> None:
        server, vault, _ = builder.site()
        server.disk("vdb").set_trait(trait, value)
        builder.begin_backup(vault, server)

    return story


cause("7104")(_server_with_a_special_disk("scsi"))
cause("7105")(_server_with_a_special_disk("backend", "another"))
cause("7111")(_server_with_a_special_disk("dess"))
cause("7113")(_server_with_a_special_disk("local"))


@cause("7106")
def _a_shared_disk_is_backed_up(builder: CloudBuilder) -> None:
    shared = builder.cloud.create_disk("shared", 10, shareable=True)
    builder.begin_backup(builder.holding(shared, "disk"), shared)


@cause("7107")
def _a_server_with_eleven_shared_disks_is_backed_up(builder: CloudBuilder) -> None:
    server = builder.server()
    for number in range(11):
        server.attach(builder.cloud.create_disk(f"shared-{number}", 10, shareable=True))
    builder.begin_backup(builder.holding(server), server)


@cause("7108")
def _a_server_without_disks_joins(builder: CloudBuilder) -> None:
    server = builder.server()
    for disk in server.disks:
        server.detach(disk)
    builder.holding(server)


@cause("7114")
def _a_server_has_another_operating_system_since(builder: CloudBuilder) -> None:
    server, _, backup = builder.site()
    server.rebuild(os_type="Windows")
    builder.restore(backup)


@cause("7115")
def _a_disk_backup_is_restored_to_a_server(builder: CloudBuilder) -> None:
    _, vault = builder.disk()
    backup = builder.back_up(vault)
    builder.restore(backup, server_id=builder.server().id, mappings=[])


@cause("7117")
def _a_server_at_the_disaster_recovery_site_is_restored(builder: CloudBuilder) -> None:
    server, _, backup = builder.site()
    server.set_trait("dr_site", True)
    builder.restore(backup)


@cause("7201")
def _a_disk_is_taken_off_that_was_not_attached(builder: CloudBuilder) -> None:
    builder.server().detach(builder.cloud.create_disk("spare", 10))


def _synchronize(builder: CloudBuilder, vault: str) -> None:
    builder.ask("POST", "checkpoints/sync", {"sync": {"auto_trigger": False, "vault_id": vault}})


@cause("7300")
def _a_plain_vault_is_synchronized(builder: CloudBuilder) -> None:
    _synchronize(builder, builder.vault())


@cause("7302")
def _a_vault_is_synchronized_twice_at_once(builder: CloudBuilder) -> None:
    vault = builder.vault(cloud_type="hybrid")
    _synchronize(builder, vault)
    _synchronize(builder, vault)


@cause("7500")
def _a_deleted_file_system_is_backed_up(builder: CloudBuilder) -> None:
    files, vault = builder.files()
    builder.cloud.delete_disk("docs")
    builder.begin_backup(vault, files)


@cause("7502")
def _a_broken_file_system_is_backed_up(builder: CloudBuilder) -> None:
    files, vault = builder.files()
    files.set_status("error")
    builder.begin_backup(vault, files)


@cause("7503")
def _a_file_system_is_backed_up_while_it_is_expanded(builder: CloudBuilder) -> None:
    files, vault = builder.files()
    files.set_trait("sub_status", "expanding")
    builder.begin_backup(vault, files)


@cause("7507")
def _a_file_system_is_smaller_since(builder: CloudBuilder) -> None:
    files, vault = builder.files()
    backup = builder.back_up(vault)
    files.resize(400)
    builder.restore(backup, resource_id=files.id)


@cause("7510")
def _a_file_system_is_restored_to_another(builder: CloudBuilder) -> None:
    _, vault = builder.files()
    backup = builder.back_up(vault)
    builder.restore(backup, resource_id=builder.cloud.create_file_system("other", 500).id)


@cause("7511")
def _a_broken_file_system_is_restored(builder: CloudBuilder) -> None:
    files, vault = builder.files()
    backup = builder.back_up(vault)
    files.set_status("error")
    builder.restore(backup, resource_id=files.id)


@cause("8600")
def _somebody_asks_in_a_project_that_is_not_theirs(builder: CloudBuilder) -> None:
    builder.ask.project_id = builder.other.project_id
    builder.ask("GET", "vaults")


@cause("9900")
def _a_limit_that_is_no_number(builder: CloudBuilder) -> None:
    builder.ask("GET", "vaults", limit="many")
