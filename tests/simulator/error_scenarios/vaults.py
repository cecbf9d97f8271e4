"""Stories of migration, policies and vaults: codes 4001 to 6137."""

from __future__ import annotations

from tests.simulator.builders import DISK, NOBODY, World
from tests.simulator.error_scenarios.table import cause


@cause("4001")
def _a_migration_is_shown_that_never_began(world: World) -> None:
    world.ask.get_of_domain("migrates")


@cause("6000")
def _a_policy_is_shown_that_is_not_there(world: World) -> None:
    world.ask("GET", f"policies/{NOBODY}")


@cause("6001")
def _one_policy_too_many(world: World) -> None:
    for _ in range(33):
        world.policy()


@cause("6002")
def _a_policy_is_taken_off_that_was_never_applied(world: World) -> None:
    body = {"policy_id": world.policy()}
    world.ask("POST", f"vaults/{world.vault()}/dissociatepolicy", body)


@cause("6003")
def _a_replication_policy_in_use_gets_another_destination(world: World) -> None:
    policy = world.policy("replication", **world.elsewhere())
    world.apply(world.vault(), policy, destination_vault_id=world.replicas())
    moved = world.elsewhere() | {"destination_project_id": world.ask.project_id}
    world.ask("PUT", f"policies/{policy}", {"policy": {"operation_definition": moved}})


@cause("6100")
def _one_resource_too_many(world: World) -> None:
    world.cloud.options["resources_per_vault"] = 1
    world.add(world.vault(), world.server(), world.server("web-02"))


@cause("6101")
def _a_vault_of_no_size(world: World) -> None:
    world.vault(size=1)


@cause("6102")
def _a_disk_in_a_server_vault(world: World) -> None:
    world.add(world.vault(), world.cloud.create_disk("spare", 10), kind=DISK)


@cause("6103")
def _a_server_in_two_vaults(world: World) -> None:
    server = world.server()
    world.holding(server)
    world.holding(server)


@cause("6104")
def _a_server_named_twice(world: World) -> None:
    server = world.server()
    world.add(world.vault(), server, server)


@cause("6105")
def _a_vault_is_shown_that_is_not_there(world: World) -> None:
    world.ask.vault(NOBODY)


@cause("6106")
def _two_vaults_of_one_name_where_names_are_unique(world: World) -> None:
    world.cloud.options["unique_vault_names"] = 1
    world.vault()
    world.vault()


def _paid(world: World) -> str:
    """Buy a vault of 100 GB for a year."""
    billing = {
        "consistent_level": "crash_consistent",
        "object_type": "server",
        "protect_type": "backup",
        "size": 100,
        "charging_mode": "pre_paid",
        "period_type": "year",
        "period_num": 1,
    }
    body = {"vault": {"name": "paid", "billing": billing, "resources": []}}
    order = world.ask("POST", "vaults", body)["orders"][0]
    (vault,) = world.cloud.pay(order["orderId"])
    return vault


def _resize_by_order(world: World, vault: str, size: int) -> None:
    product = {
        "product_id": "00301-231147-0--0",
        "resource_size": size,
        "resource_size_measure_id": 17,
        "resource_spec_code": "vault.backup.server.normal",
    }
    world.ask("POST", "orders/change", {"resource_id": vault, "product_info": product})


@cause("6107")
def _an_order_makes_a_paid_vault_smaller(world: World) -> None:
    _resize_by_order(world, _paid(world), 50)


@cause("6108")
def _a_replication_vault_gets_a_resource(world: World) -> None:
    world.add(world.vault(protect_type="replication"), world.server())


@cause("6109")
def _an_order_for_a_vault_that_is_paid_by_use(world: World) -> None:
    _resize_by_order(world, world.vault(), 300)


@cause("6110")
def _a_frozen_vault_is_renamed(world: World) -> None:
    vault = world.vault()
    world.cloud.freeze(vault)
    world.ask("PUT", f"vaults/{vault}", {"vault": {"name": "other"}})


@cause("6111")
def _a_paid_vault_is_deleted(world: World) -> None:
    world.ask("DELETE", f"vaults/{_paid(world)}")


@cause("6112")
def _a_frozen_vault_is_deleted(world: World) -> None:
    vault = world.vault()
    world.cloud.freeze(vault)
    world.ask("DELETE", f"vaults/{vault}")


@cause("6113")
def _a_frozen_vault_is_backed_up(world: World) -> None:
    vault = world.holding(world.server())
    world.cloud.freeze(vault)
    world.begin_backup(vault)


@cause("6114")
def _a_full_vault_is_backed_up(world: World) -> None:
    world.begin_backup(world.full(world.vault(size=10)))


@cause("6115")
def _a_leaving_resource_has_a_backup_that_becomes_an_image(world: World) -> None:
    server, vault, backup = world.site()
    body = {"resource_ids": [server.id]}
    world.ask("POST", f"vaults/{vault}/removeresources", body)
    world.register_image(backup["id"])
    world.end()


@cause("6116")
def _a_resource_of_an_unknown_type(world: World) -> None:
    world.add(world.vault(), world.server(), kind="OS::Mars::Rover")


@cause("6117")
def _a_policy_of_an_unknown_type(world: World) -> None:
    world.policy("prayer")


@cause("6119")
def _a_backup_is_replicated_into_a_backup_vault(world: World) -> None:
    _, _, backup = world.site()
    world.replicate(backup, world.other.create_vault("plain"))


@cause("6120")
def _a_backup_is_replicated_into_no_vault(world: World) -> None:
    _, _, backup = world.site()
    world.replicate(backup, NOBODY)


@cause("6121")
def _a_deleted_vault_has_a_backup_that_becomes_an_image(world: World) -> None:
    _, vault, backup = world.site()
    world.ask("DELETE", f"vaults/{vault}")
    world.register_image(backup["id"])
    world.end()


@cause("6122")
def _a_replication_vault_for_disks(world: World) -> None:
    world.vault("disk", protect_type="replication")


@cause("6123")
def _a_second_order_while_the_first_is_not_paid(world: World) -> None:
    vault = _paid(world)
    _resize_by_order(world, vault, 200)
    _resize_by_order(world, vault, 300)


@cause("6124")
def _a_replication_vault_is_backed_up(world: World) -> None:
    world.begin_backup(world.vault(protect_type="replication"))


@cause("6125")
def _a_server_is_backed_up_twice_at_once(world: World) -> None:
    server = world.server()
    vault = world.holding(server)
    world.begin_backup(vault, server)
    world.begin_backup(vault, server)


@cause("6126")
def _databases_in_a_disk_vault(world: World) -> None:
    world.vault("disk", consistent_level="app_consistent")


@cause("6127")
def _a_backup_policy_on_a_replication_vault(world: World) -> None:
    world.apply(world.vault(protect_type="replication"), world.policy())


def _replicate_vault(world: World, vault: str, destination: str) -> None:
    body = {"vault_id": vault, "auto_trigger": False, **world.elsewhere()}
    body["destination_vault_id"] = destination
    world.ask("POST", "checkpoints/replicate", {"replicate": body})


@cause("6128")
def _a_disk_vault_is_replicated(world: World) -> None:
    _, vault = world.disk()
    _replicate_vault(world, vault, world.replicas())


@cause("6129")
def _backups_move_to_a_vault_without_room(world: World) -> None:
    vault = world.full(world.vault(size=10))
    small = world.full(world.vault(size=10))
    body = {
        "destination_vault_id": small,
        "resource_ids": [world.ask.vault(vault)["resources"][0]["id"]],
    }
    world.ask("POST", f"vaults/{vault}/migrateresources", body)


@cause("6130")
def _a_vault_is_replicated_twice_at_once(world: World) -> None:
    _, vault, _ = world.site()
    replicas = world.replicas()
    _replicate_vault(world, vault, replicas)
    _replicate_vault(world, vault, replicas)


@cause("6133")
def _one_vault_too_many(world: World) -> None:
    world.cloud.options["vaults"] = 1
    world.vault()
    world.vault()


@cause("6134")
def _a_resource_leaves_twice(world: World) -> None:
    server, vault, _ = world.site()
    for _ in range(2):
        world.ask("POST", f"vaults/{vault}/removeresources", {"resource_ids": [server.id]})


@cause("6135")
def _a_server_of_another_vault_is_backed_up(world: World) -> None:
    world.begin_backup(world.vault(), world.server())


@cause("6136")
def _a_backup_policy_on_a_hybrid_vault(world: World) -> None:
    world.apply(world.vault(cloud_type="hybrid"), world.policy())


@cause("6137")
def _two_servers_in_two_vaults_share_a_disk(world: World) -> None:
    shared = world.cloud.create_disk("shared", 10, shareable=True)
    for name in ("web-01", "web-02"):
        server = world.server(name)
        server.attach(shared)
        world.holding(server)
