"""Stories of backups, tasks, tags and sharing: codes 6200 to 6714."""

from __future__ import annotations

from tests.simulator.builders import NOBODY, SERVER, World
from tests.simulator.error_scenarios.table import cause


@cause("6200")
def _a_backup_is_shown_that_is_not_there(world: World) -> None:
    world.ask("GET", f"backups/{NOBODY}")


@cause("6201")
def _the_backup_of_one_disk_of_a_server_is_deleted(world: World) -> None:
    _, _, backup = world.site()
    world.ask("DELETE", f"backups/{backup['children'][0]['id']}")


@cause("6202")
def _a_backup_in_a_frozen_vault_is_restored(world: World) -> None:
    _, vault, backup = world.site()
    world.cloud.freeze(vault)
    world.restore(backup)


@cause("6203")
def _a_backup_is_deleted_while_it_is_made(world: World) -> None:
    vault = world.holding(world.server())
    world.begin_backup(vault)
    world.ask("DELETE", f"backups/{world.newest(vault)['id']}")


@cause("6204")
def _a_backup_with_an_image_is_deleted(world: World) -> None:
    _, _, backup = world.site()
    world.register_image(backup["id"])
    world.ask("DELETE", f"backups/{backup['id']}")


@cause("6206")
def _metadata_of_a_backup_in_the_making(world: World) -> None:
    vault = world.holding(world.server())
    world.begin_backup(vault)
    world.ask("GET", f"backups/{world.newest(vault)['id']}/metadata")


@cause("6207")
def _an_image_of_a_disk_backup(world: World) -> None:
    _, vault = world.disk()
    world.register_image(world.back_up(vault)["id"])


@cause("6208")
def _an_image_of_a_backup_in_the_making(world: World) -> None:
    vault = world.holding(world.server())
    world.begin_backup(vault)
    world.register_image(world.newest(vault)["id"])


@cause("6209")
def _an_image_of_a_backup_without_the_system_disk(world: World) -> None:
    server, vault = world.server(), world.vault()
    only = {"exclude_volumes": [server.disk("vda").id]}
    item = {"id": server.id, "type": SERVER, "extra_info": only}
    world.ask("POST", f"vaults/{vault}/addresources", {"resources": [item]})
    world.register_image(world.back_up(vault)["id"])


@cause("6210")
def _a_second_image_of_a_backup(world: World) -> None:
    _, _, backup = world.site()
    world.register_image(backup["id"])
    world.register_image(backup["id"])


@cause("6215")
def _a_frozen_server_is_backed_up(world: World) -> None:
    server = world.server()
    vault = world.holding(server)
    server.set_trait("frozen", True)
    world.begin_backup(vault, server)


@cause("6216")
def _a_backup_is_deleted_while_it_is_restored(world: World) -> None:
    _, _, backup = world.site()
    world.restore(backup)
    world.ask("DELETE", f"backups/{backup['id']}")


@cause("6217")
def _a_restore_point_is_shown_that_is_not_there(world: World) -> None:
    world.ask("GET", f"checkpoints/{NOBODY}")


@cause("6302")
def _a_server_joins_that_is_not_there(world: World) -> None:
    world.add(world.vault(), NOBODY)


@cause("6500")
def _a_task_is_shown_that_is_not_there(world: World) -> None:
    world.ask("GET", f"operation-logs/{NOBODY}")


@cause("6600")
def _one_tag_too_many(world: World) -> None:
    vault = world.vault()
    for number in range(11):
        tag = {"key": f"k{number}", "value": ""}
        world.ask("POST", f"vault/{vault}/tags", {"tag": tag})


@cause("6601")
def _a_tag_is_deleted_that_is_not_there(world: World) -> None:
    world.ask("DELETE", f"vault/{world.vault()}/tags/colour")


@cause("6700")
def _the_backup_of_a_disk_is_shared(world: World) -> None:
    _, vault = world.disk()
    world.share(world.back_up(vault))


@cause("6701")
def _a_backup_is_shared_with_one_project_too_many(world: World) -> None:
    _, _, backup = world.site()
    for number in range(11):
        world.share(backup, world.cloud.create_project(f"eu-west-0_{number}"))


@cause("6702")
def _a_backup_is_shared_while_it_is_made(world: World) -> None:
    vault = world.holding(world.server())
    world.begin_backup(vault)
    world.share(world.newest(vault))


@cause("6704")
def _a_backup_is_shared_with_nobody(world: World) -> None:
    _, _, backup = world.site()
    world.share(backup, "0" * 32)


@cause("6705")
def _a_member_is_shown_that_is_none(world: World) -> None:
    _, _, backup = world.site()
    world.ask("GET", f"backups/{backup['id']}/members/{world.neighbour().project_id}")


@cause("6706")
def _a_backup_is_accepted_into_no_vault(world: World) -> None:
    _, _, backup = world.site()
    world.share(backup)
    world.answer_share(backup, None)


@cause("6707")
def _a_shared_backup_is_shared_on(world: World) -> None:
    _, _, backup = world.site()
    world.share(backup)
    near = world.neighbour()
    near("POST", f"backups/{backup['id']}/members", {"members": [world.ask.project_id]})


@cause("6708")
def _the_owner_accepts_for_the_receiver(world: World) -> None:
    _, _, backup = world.site()
    world.share(backup)
    path = f"backups/{backup['id']}/members/{world.neighbour().project_id}"
    world.ask("PUT", path, {"status": "rejected"})


@cause("6709")
def _the_backup_of_an_encrypted_disk_is_shared(world: World) -> None:
    server = world.server()
    server.attach(world.cloud.create_disk("secret", 10, encrypted=True))
    world.share(world.back_up(world.holding(server)))


@cause("6710")
def _sharing_ends_although_the_receiver_has_an_image(world: World) -> None:
    _, _, backup = world.site()
    world.share(backup)
    near = world.neighbour()
    world.answer_share(backup, near.create_vault("theirs"))
    world.register_image(backup["id"], near.project_id)
    world.ask("DELETE", f"backups/{backup['id']}/members/{near.project_id}")


@cause("6712")
def _a_backup_in_a_frozen_vault_is_shared(world: World) -> None:
    _, vault, backup = world.site()
    world.cloud.freeze(vault)
    world.share(backup)


@cause("6713")
def _a_server_backup_is_accepted_into_a_disk_vault(world: World) -> None:
    _, _, backup = world.site()
    world.share(backup)
    world.answer_share(backup, world.neighbour().create_vault("disks", object_type="disk"))


@cause("6714")
def _a_backup_is_shared_twice_with_one_project(world: World) -> None:
    _, _, backup = world.site()
    world.share(backup)
    world.share(backup)
