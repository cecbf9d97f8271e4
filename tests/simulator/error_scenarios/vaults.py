"""Stories of migration, policies and vaults: codes 4001 to 6137."""

from __future__ import annotations

from tests.simulator.builders import DISK, NOBODY, CloudBuilder
from tests.simulator.error_scenarios.table import cause


@cause("4001")
def _a_migration_is_shown_that_never_began(builder: CloudBuilder) -> None:
    builder.ask.get_of_domain("migrates")


@cause("6000")
def _a_policy_is_shown_that_is_not_there(builder: CloudBuilder) -> None:
    builder.ask("GET", f"policies/{NOBODY}")


@cause("6001")
def _one_policy_too_many(builder: CloudBuilder) -> None:
    for _ in range(33):
        builder.policy()


@cause("6002")
def _a_policy_is_taken_off_that_was_never_applied(builder: CloudBuilder) -> None:
    body = {"policy_id": builder.policy()}
    builder.ask("POST", f"vaults/{builder.vault()}/dissociatepolicy", body)


@cause("6003")
def _a_replication_policy_in_use_gets_another_destination(builder: CloudBuilder) -> None:
    policy = builder.policy("replication", **builder.elsewhere())
    builder.apply(builder.vault(), policy, destination_vault_id=builder.replicas())
    moved = builder.elsewhere() | {"destination_project_id": builder.ask.project_id}
    builder.ask("PUT", f"policies/{policy}", {"policy": {"operation_definition": moved}})


@cause("6100")
def _one_resource_too_many(builder: CloudBuilder) -> None:
    builder.cloud.options["resources_per_vault"] = 1
    builder.add(builder.vault(), builder.server(), builder.server("web-02"))


@cause("6101")
def _a_vault_of_no_size(builder: CloudBuilder) -> None:
    builder.vault(size=1)


@cause("6102")
def _a_disk_in_a_server_vault(builder: CloudBuilder) -> None:
    builder.add(builder.vault(), builder.cloud.create_disk("spare", 10), kind=DISK)


@cause("6103")
def _a_server_in_two_vaults(builder: CloudBuilder) -> None:
    server = builder.server()
    builder.holding(server)
    builder.holding(server)


@cause("6104")
def _a_server_named_twice(builder: CloudBuilder) -> None:
    server = builder.server()
    builder.add(builder.vault(), server, server)


@cause("6105")
def _a_vault_is_shown_that_is_not_there(builder: CloudBuilder) -> None:
    builder.ask.vault(NOBODY)


@cause("6106")
def _two_vaults_of_one_name_where_names_are_unique(builder: CloudBuilder) -> None:
    builder.cloud.options["unique_vault_names"] = 1
    builder.vault()
    builder.vault()


def _paid(builder: CloudBuilder) -> str:
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
    order = builder.ask("POST", "vaults", body)["orders"][0]
    (vault,) = builder.cloud.pay(order["orderId"])
    return vault


def _resize_by_order(builder: CloudBuilder, vault: str, size: int) -> None:
    product = {
        "product_id": "00301-231147-0--0",
        "resource_size": size,
        "resource_size_measure_id": 17,
        "resource_spec_code": "vault.backup.server.normal",
    }
    builder.ask("POST", "orders/change", {"resource_id": vault, "product_info": product})


@cause("6107")
def _an_order_makes_a_paid_vault_smaller(builder: CloudBuilder) -> None:
    _resize_by_order(builder, _paid(builder), 50)


@cause("6108")
def _a_replication_vault_gets_a_resource(builder: CloudBuilder) -> None:
    builder.add(builder.vault(protect_type="replication"), builder.server())


@cause("6109")
def _an_order_for_a_vault_that_is_paid_by_use(builder: CloudBuilder) -> None:
    _resize_by_order(builder, builder.vault(), 300)


@cause("6110")
def _a_frozen_vault_is_renamed(builder: CloudBuilder) -> None:
    vault = builder.vault()
    builder.cloud.freeze(vault)
    builder.ask("PUT", f"vaults/{vault}", {"vault": {"name": "other"}})


@cause("6111")
def _a_paid_vault_is_deleted(builder: CloudBuilder) -> None:
    builder.ask("DELETE", f"vaults/{_paid(builder)}")


@cause("6112")
def _a_frozen_vault_is_deleted(builder: CloudBuilder) -> None:
    vault = builder.vault()
    builder.cloud.freeze(vault)
    builder.ask("DELETE", f"vaults/{vault}")


@cause("6113")
def _a_frozen_vault_is_backed_up(builder: CloudBuilder) -> None:
    vault = builder.holding(builder.server())
    builder.cloud.freeze(vault)
    builder.begin_backup(vault)


@cause("6114")
def _a_full_vault_is_backed_up(builder: CloudBuilder) -> None:
    builder.begin_backup(builder.full(builder.vault(size=10)))


@cause("6115")
def _a_leaving_resource_has_a_backup_that_becomes_an_image(builder: CloudBuilder) -> None:
    server, vault, backup = builder.site()
    body = {"resource_ids": [server.id]}
    builder.ask("POST", f"vaults/{vault}/removeresources", body)
    builder.register_image(backup["id"])
    builder.end()


@cause("6116")
def _a_resource_of_an_unknown_type(builder: CloudBuilder) -> None:
    builder.add(builder.vault(), builder.server(), kind="OS::Mars::Rover")


@cause("6117")
def _a_policy_of_an_unknown_type(builder: CloudBuilder) -> None:
    builder.policy("prayer")


@cause("6119")
def _a_backup_is_replicated_into_a_backup_vault(builder: CloudBuilder) -> None:
    _, _, backup = builder.site()
    builder.replicate(backup, builder.other.create_vault("plain"))


@cause("6120")
def _a_backup_is_replicated_into_no_vault(builder: CloudBuilder) -> None:
    _, _, backup = builder.site()
    builder.replicate(backup, NOBODY)


@cause("6121")
def _a_deleted_vault_has_a_backup_that_becomes_an_image(builder: CloudBuilder) -> None:
    _, vault, backup = builder.site()
    builder.ask("DELETE", f"vaults/{vault}")
    builder.register_image(backup["id"])
    builder.end()


@cause("6122")
def _a_replication_vault_for_disks(builder: CloudBuilder) -> None:
    builder.vault("disk", protect_type="replication")


@cause("6123")
def _a_second_order_while_the_first_is_not_paid(builder: CloudBuilder) -> None:
    vault = _paid(builder)
    _resize_by_order(builder, vault, 200)
    _resize_by_order(builder, vault, 300)


@cause("6124")
def _a_replication_vault_is_backed_up(builder: CloudBuilder) -> None:
    builder.begin_backup(builder.vault(protect_type="replication"))


@cause("6125")
def _a_server_is_backed_up_twice_at_once(builder: CloudBuilder) -> None:
    server = builder.server()
    vault = builder.holding(server)
    builder.begin_backup(vault, server)
    builder.begin_backup(vault, server)


@cause("6126")
def _databases_in_a_disk_vault(builder: CloudBuilder) -> None:
    builder.vault("disk", consistent_level="app_consistent")


@cause("6127")
def _a_backup_policy_on_a_replication_vault(builder: CloudBuilder) -> None:
    builder.apply(builder.vault(protect_type="replication"), builder.policy())


def _replicate_vault(builder: CloudBuilder, vault: str, destination: str) -> None:
    body = {"vault_id": vault, "auto_trigger": False, **builder.elsewhere()}
    body["destination_vault_id"] = destination
    builder.ask("POST", "checkpoints/replicate", {"replicate": body})


@cause("6128")
def _a_disk_vault_is_replicated(builder: CloudBuilder) -> None:
    _, vault = builder.disk()
    _replicate_vault(builder, vault, builder.replicas())


@cause("6129")
def _backups_move_to_a_vault_without_room(builder: CloudBuilder) -> None:
    vault = builder.full(builder.vault(size=10))
    small = builder.full(builder.vault(size=10))
    body = {
        "destination_vault_id": small,
        "resource_ids": [builder.ask.vault(vault)["resources"][0]["id"]],
    }
    builder.ask("POST", f"vaults/{vault}/migrateresources", body)


@cause("6130")
def _a_vault_is_replicated_twice_at_once(builder: CloudBuilder) -> None:
    _, vault, _ = builder.site()
    replicas = builder.replicas()
    _replicate_vault(builder, vault, replicas)
    _replicate_vault(builder, vault, replicas)


@cause("6133")
def _one_vault_too_many(builder: CloudBuilder) -> None:
    builder.cloud.options["vaults"] = 1
    builder.vault()
    builder.vault()


@cause("6134")
def _a_resource_leaves_twice(builder: CloudBuilder) -> None:
    server, vault, _ = builder.site()
    for _ in range(2):
        builder.ask("POST", f"vaults/{vault}/removeresources", {"resource_ids": [server.id]})


@cause("6135")
def _a_server_of_another_vault_is_backed_up(builder: CloudBuilder) -> None:
    builder.begin_backup(builder.vault(), builder.server())


@cause("6136")
def _a_backup_policy_on_a_hybrid_vault(builder: CloudBuilder) -> None:
    builder.apply(builder.vault(cloud_type="hybrid"), builder.policy())


@cause("6137")
def _two_servers_in_two_vaults_share_a_disk(builder: CloudBuilder) -> None:
    shared = builder.cloud.create_disk("shared", 10, shareable=True)
    for name in ("web-01", "web-02"):
        server = builder.server(name)
        server.attach(shared)
        builder.holding(server)
