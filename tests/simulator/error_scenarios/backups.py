"""Stories of backups, tasks, tags and sharing: codes 6200 to 6714."""

from __future__ import annotations

from tests.simulator.builders import NOBODY, SERVER, CloudBuilder
from tests.simulator.error_scenarios.table import cause


@cause("6200")
def _a_backup_is_shown_that_is_not_there(builder: CloudBuilder) -> None:
    builder.ask("GET", f"backups/{NOBODY}")


@cause("6201")
def _the_backup_of_one_disk_of_a_server_is_deleted(builder: CloudBuilder) -> None:
    _, _, backup = builder.site()
    builder.ask("DELETE", f"backups/{backup['children'][0]['id']}")


@cause("6202")
def _a_backup_in_a_frozen_vault_is_restored(builder: CloudBuilder) -> None:
    _, vault, backup = builder.site()
    builder.cloud.freeze(vault)
    builder.restore(backup)


@cause("6203")
def _a_backup_is_deleted_while_it_is_made(builder: CloudBuilder) -> None:
    vault = builder.holding(builder.server())
    builder.begin_backup(vault)
    builder.ask("DELETE", f"backups/{builder.newest(vault)['id']}")


@cause("6204")
def _a_backup_with_an_image_is_deleted(builder: CloudBuilder) -> None:
    _, _, backup = builder.site()
    builder.register_image(backup["id"])
    builder.ask("DELETE", f"backups/{backup['id']}")


@cause("6206")
def _metadata_of_a_backup_in_the_making(builder: CloudBuilder) -> None:
    vault = builder.holding(builder.server())
    builder.begin_backup(vault)
    builder.ask("GET", f"backups/{builder.newest(vault)['id']}/metadata")


@cause("6207")
def _an_image_of_a_disk_backup(builder: CloudBuilder) -> None:
    _, vault = builder.disk()
    builder.register_image(builder.back_up(vault)["id"])


@cause("6208")
def _an_image_of_a_backup_in_the_making(builder: CloudBuilder) -> None:
    vault = builder.holding(builder.server())
    builder.begin_backup(vault)
    builder.register_image(builder.newest(vault)["id"])


@cause("6209")
def _an_image_of_a_backup_without_the_system_disk(builder: CloudBuilder) -> None:
    server, vault = builder.server(), builder.vault()
    only = {"exclude_volumes": [server.disk("vda").id]}
    item = {"id": server.id, "type": SERVER, "extra_info": only}
    builder.ask("POST", f"vaults/{vault}/addresources", {"resources": [item]})
    builder.register_image(builder.back_up(vault)["id"])


@cause("6210")
def _a_second_image_of_a_backup(builder: CloudBuilder) -> None:
    _, _, backup = builder.site()
    builder.register_image(backup["id"])
    builder.register_image(backup["id"])


@cause("6215")
def _a_frozen_server_is_backed_up(builder: CloudBuilder) -> None:
    server = builder.server()
    vault = builder.holding(server)
    server.set_trait("frozen", True)
    builder.begin_backup(vault, server)


@cause("6216")
def _a_backup_is_deleted_while_it_is_restored(builder: CloudBuilder) -> None:
    _, _, backup = builder.site()
    builder.restore(backup)
    builder.ask("DELETE", f"backups/{backup['id']}")


@cause("6217")
def _a_restore_point_is_shown_that_is_not_there(builder: CloudBuilder) -> None:
    builder.ask("GET", f"checkpoints/{NOBODY}")


@cause("6302")
def _a_server_joins_that_is_not_there(builder: CloudBuilder) -> None:
    builder.add(builder.vault(), NOBODY)


@cause("6500")
def _a_task_is_shown_that_is_not_there(builder: CloudBuilder) -> None:
    builder.ask("GET", f"operation-logs/{NOBODY}")


@cause("6600")
def _one_tag_too_many(builder: CloudBuilder) -> None:
    vault = builder.vault()
    for number in range(11):
        tag = {"key": f"k{number}", "value": ""}
        builder.ask("POST", f"vault/{vault}/tags", {"tag": tag})


@cause("6601")
def _a_tag_is_deleted_that_is_not_there(builder: CloudBuilder) -> None:
    builder.ask("DELETE", f"vault/{builder.vault()}/tags/colour")


@cause("6700")
def _the_backup_of_a_disk_is_shared(builder: CloudBuilder) -> None:
    _, vault = builder.disk()
    builder.share(builder.back_up(vault))


@cause("6701")
def _a_backup_is_shared_with_one_project_too_many(builder: CloudBuilder) -> None:
    _, _, backup = builder.site()
    for number in range(11):
        builder.share(backup, builder.cloud.create_project(f"eu-west-0_{number}"))


@cause("6702")
def _a_backup_is_shared_while_it_is_made(builder: CloudBuilder) -> None:
    vault = builder.holding(builder.server())
    builder.begin_backup(vault)
    builder.share(builder.newest(vault))


@cause("6704")
def _a_backup_is_shared_with_nobody(builder: CloudBuilder) -> None:
    _, _, backup = builder.site()
    builder.share(backup, "0" * 32)


@cause("6705")
def _a_member_is_shown_that_is_none(builder: CloudBuilder) -> None:
    _, _, backup = builder.site()
    builder.ask("GET", f"backups/{backup['id']}/members/{builder.neighbour().project_id}")


@cause("6706")
def _a_backup_is_accepted_into_no_vault(builder: CloudBuilder) -> None:
    _, _, backup = builder.site()
    builder.share(backup)
    builder.answer_share(backup, None)


@cause("6707")
def _a_shared_backup_is_shared_on(builder: CloudBuilder) -> None:
    _, _, backup = builder.site()
    builder.share(backup)
    near = builder.neighbour()
    near("POST", f"backups/{backup['id']}/members", {"members": [builder.ask.project_id]})


@cause("6708")
def _the_owner_accepts_for_the_receiver(builder: CloudBuilder) -> None:
    _, _, backup = builder.site()
    builder.share(backup)
    path = f"backups/{backup['id']}/members/{builder.neighbour().project_id}"
    builder.ask("PUT", path, {"status": "rejected"})


@cause("6709")
def _the_backup_of_an_encrypted_disk_is_shared(builder: CloudBuilder) -> None:
    server = builder.server()
    server.attach(builder.cloud.create_disk("secret", 10, encrypted=True))
    builder.share(builder.back_up(builder.holding(server)))


@cause("6710")
def _sharing_ends_although_the_receiver_has_an_image(builder: CloudBuilder) -> None:
    _, _, backup = builder.site()
    builder.share(backup)
    near = builder.neighbour()
    builder.answer_share(backup, near.create_vault("theirs"))
    builder.register_image(backup["id"], near.project_id)
    builder.ask("DELETE", f"backups/{backup['id']}/members/{near.project_id}")


@cause("6712")
def _a_backup_in_a_frozen_vault_is_shared(builder: CloudBuilder) -> None:
    _, vault, backup = builder.site()
    builder.cloud.freeze(vault)
    builder.share(backup)


@cause("6713")
def _a_server_backup_is_accepted_into_a_disk_vault(builder: CloudBuilder) -> None:
    _, _, backup = builder.site()
    builder.share(backup)
    builder.answer_share(backup, builder.neighbour().create_vault("disks", object_type="disk"))


@cause("6714")
def _a_backup_is_shared_twice_with_one_project(builder: CloudBuilder) -> None:
    _, _, backup = builder.site()
    builder.share(backup)
    builder.share(backup)
