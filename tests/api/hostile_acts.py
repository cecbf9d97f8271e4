"""Every act of the client and of the session, and whether the cloud's state has it done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cbr_notebook.api.groups.backups import SyncItem
from cbr_notebook.api.messages.records import Backup, Policy, Vault
from cbr_notebook.api.vault_bodies import ResourceItem
from tests.api.hostile_orders import (
    add_paths,
    change_order,
    order_vault,
    pay_in_advance,
    register_agent,
    remove_paths,
    start_migration,
    uninstall_agent,
    unregister_agent,
    update_order,
)
from tests.api.hostile_way import (
    KEPT,
    RULE,
    SERVER,
    Act,
    Way,
    has,
    new_backup,
    new_id,
    new_name,
    new_policy,
    new_server,
    new_vault,
    numbers,
    tasks_of,
)

# -- vaults ---------------------------------------------------------------------------------------


def create(way: Way) -> Act:
    name, vaults = new_name(), way.cloud.client.vaults
    return Act(
        lambda: way.session.client.vaults.create(name, size=10),
        lambda: name in [each.name for each in vaults.list_all()],
    )


def create_with_more(way: Way) -> Act:
    name, server = new_name(), new_server(way)
    return Act(
        lambda: way.session.create_vault(
            name, size_gb=100, resources=server, tags={"env": "prod"}, auto_expand=True
        ),
        lambda: name in [each.name for each in way.cloud.client.vaults.list_all()],
    )


def rename(way: Way) -> Act:
    vault, name = new_vault(way), new_name("renamed")
    vaults = way.cloud.client.vaults
    return Act(
        lambda: way.session.client.vaults.update(vault.id, name=name),
        lambda: vaults.show(vault.id).name == name,
    )


def lock(way: Way) -> Act:
    vault = new_vault(way)
    return Act(
        lambda: way.session.client.vaults.update(vault.id, locked=True),
        lambda: way.cloud.client.vaults.show(vault.id).locked is True,
    )


def resize(way: Way) -> Act:
    vault = new_vault(way)
    return Act(
        lambda: way.session.update_vault(vault.id, size_gb=250),
        lambda: way.cloud.client.vaults.show(vault.id).billing.size == 250,
    )


def notify(way: Way) -> Act:
    vault, threshold = new_vault(way), 1 + next(numbers) % 100
    way.cloud.client.vaults.batch_update(threshold=1 + threshold % 100)
    return Act(
        lambda: way.session.client.vaults.batch_update(threshold=threshold),
        lambda: way.cloud.client.vaults.show(vault.id).threshold == threshold,
    )


def _is_deleted(way: Way, vault: Vault) -> bool:
    left = {each.id: each.billing.status for each in way.cloud.client.vaults.list_all()}
    return left.get(vault.id, "deleting") == "deleting"


def delete(way: Way) -> Act:
    vault = new_vault(way)
    return Act(lambda: way.session.client.vaults.delete(vault.id), lambda: _is_deleted(way, vault))


def delete_by_session(way: Way) -> Act:
    vault = new_vault(way)
    return Act(
        lambda: way.session.delete_vault(vault.id, confirm=vault.name),
        lambda: _is_deleted(way, vault),
    )


def expire(way: Way) -> Act:
    backup = new_backup(way)

    def is_done() -> bool:
        way.cloud.cloud.advance(minutes=10)
        return way.cloud.client.backups.show(backup.id).expired_at != backup.expired_at

    day = f"{way.cloud.now.year + 1}-01-01"
    return Act(
        lambda: way.session.client.vaults.update_expiration_time(
            str(backup.vault_id), expect_expiration_date=day, time_zone="UTC+00:00"
        ),
        is_done,
    )


# -- what is in them ------------------------------------------------------------------------------


def _resources(way: Way, vault: Vault) -> dict[str, Any]:
    return {each.id: each for each in way.cloud.client.vaults.show(vault.id).resources or ()}


def add_resources(way: Way) -> Act:
    vault, server = new_vault(way), new_server(way)
    return Act(
        lambda: way.session.client.vaults.add_resources(vault.id, [ResourceItem(server, SERVER)]),
        lambda: server in _resources(way, vault),
    )


def add_resources_by_session(way: Way) -> Act:
    vault, server = new_vault(way), new_server(way)
    return Act(
        lambda: way.session.add_resources(vault.id, server),
        lambda: server in _resources(way, vault),
    )


def _filled(way: Way) -> tuple[Vault, str]:
    vault, server = new_vault(way), new_server(way)
    way.cloud.client.vaults.add_resources(vault.id, [ResourceItem(server, SERVER)])
    return vault, server


def _is_removed(way: Way, vault: Vault, server: str) -> bool:
    left = _resources(way, vault)
    return server not in left or left[server].protect_status == "removing"


def remove_resources(way: Way) -> Act:
    vault, server = _filled(way)
    return Act(
        lambda: way.session.client.vaults.remove_resources(vault.id, [server]),
        lambda: _is_removed(way, vault, server),
    )


def remove_resources_by_session(way: Way) -> Act:
    vault, server = _filled(way)
    return Act(
        lambda: way.session.remove_resources(vault.id, server, confirm=vault.name),
        lambda: _is_removed(way, vault, server),
    )


def suspend(way: Way) -> Act:
    vault, server = _filled(way)
    return Act(
        lambda: way.session.client.vaults.set_resources(vault.id, [server], action="suspend"),
        lambda: _resources(way, vault)[server].auto_protect is False,
    )


def resume_by_session(way: Way) -> Act:
    vault, server = _filled(way)
    way.cloud.client.vaults.set_resources(vault.id, [server], action="suspend")
    return Act(
        lambda: way.session.resume_resources(vault.id, server),
        lambda: _resources(way, vault)[server].auto_protect is not False,
    )


def move(way: Way) -> Act:
    (vault, server), goal = _filled(way), new_vault(way)
    return Act(
        lambda: way.session.client.vaults.migrate_resources(
            vault.id, [server], destination_vault_id=goal.id
        ),
        lambda: server in _resources(way, goal),
    )


# -- tags -----------------------------------------------------------------------------------------


def _tags(way: Way, vault: Vault) -> dict[str, str | None]:
    return {each.key: each.value for each in way.cloud.client.tags.list(vault.id)}


def tag(way: Way) -> Act:
    vault = new_vault(way)
    return Act(
        lambda: way.session.client.tags.create(vault.id, "key", "value"),
        lambda: bool(_tags(way, vault)),
    )


def tag_by_session(way: Way) -> Act:
    vault = new_vault(way)
    return Act(lambda: way.session.tag(vault.id, env="prod"), lambda: bool(_tags(way, vault)))


def tag_together(way: Way) -> Act:
    vault = new_vault(way)
    return Act(
        lambda: way.session.client.tags.action(vault.id, "create", {"a": "1", "b": "2"}),
        lambda: bool(_tags(way, vault)),
    )


def untag(way: Way) -> Act:
    vault = new_vault(way, tags={"env": "prod"})
    return Act(
        lambda: way.session.client.tags.delete(vault.id, "env"), lambda: not _tags(way, vault)
    )


def untag_by_session(way: Way) -> Act:
    tags = {"a": "1", "b": "2", "c": "3"}
    vault = new_vault(way, tags=tags)
    return Act(
        lambda: way.session.untag(vault.id, "a", "b"),
        lambda: _tags(way, vault) != tags,  # a part of it counts, too
    )


def set_tags(way: Way) -> Act:
    tags = {"a": "1", "b": "2"}
    vault = new_vault(way, tags=tags)
    return Act(
        lambda: way.session.set_tags(vault.id, {"b": "3", "c": "4"}),
        lambda: _tags(way, vault) != tags,
    )


# -- backups --------------------------------------------------------------------------------------


def back_up(way: Way) -> Act:
    vault, _ = _filled(way)
    return Act(
        lambda: way.session.client.restore_points.create(vault.id, name="night"),
        lambda: tasks_of(way, "backup", vault_id=vault.id) > 0,
    )


def back_up_by_session(way: Way) -> Act:
    vault, _ = _filled(way)
    return Act(
        lambda: way.session.back_up(vault.id),
        lambda: tasks_of(way, "backup", vault_id=vault.id) > 0,
    )


def rename_backup(way: Way) -> Act:
    backup, name = new_backup(way), new_name("renamed")
    return Act(
        lambda: way.session.client.backups.update(backup.id, name=name),
        lambda: way.cloud.client.backups.show(backup.id).name == name,
    )


def _is_going(way: Way, backup: Backup) -> bool:
    backups = way.cloud.client.backups
    return not has(lambda: backups.show(backup.id)) or backups.show(backup.id).status in (
        "deleting", "waiting_delete",
    )  # fmt: skip


def delete_backup(way: Way) -> Act:
    backup = new_backup(way)
    return Act(lambda: way.session.client.backups.delete(backup.id), lambda: _is_going(way, backup))


def delete_backup_by_session(way: Way) -> Act:
    backup = new_backup(way)
    return Act(
        lambda: way.session.delete_backup(backup.id, confirm=str(backup.name)),
        lambda: _is_going(way, backup),
    )


def restore(way: Way) -> Act:
    backup = way.cloud.client.backups.show(new_backup(way).id)
    server = way.cloud.client.protectables.show("server", str(backup.resource_id))
    (disk,), (copy,) = server.children or (), backup.children or ()
    return Act(
        lambda: way.session.client.backups.restore(
            backup.id, server_id=server.id, mappings={copy.id: disk.id}
        ),
        lambda: tasks_of(way, "restore", resource_id=server.id) > 0,
    )


def restore_by_session(way: Way) -> Act:
    backup = new_backup(way)
    return Act(
        lambda: way.session.restore(backup.id, confirm=str(backup.resource_name)),
        lambda: tasks_of(way, "restore", resource_id=backup.resource_id) > 0,
    )


def sync_backups(way: Way) -> Act:
    new_vault(way, cloud_type="hybrid")
    name = new_name()
    item = SyncItem(new_id(), name, "bucket", "a/b", new_id(), name, 1_553_587_260)
    before = tasks_of(way, "sync")
    return Act(
        lambda: way.session.client.backups.sync([item]), lambda: tasks_of(way, "sync") > before
    )


def sync_vault(way: Way) -> Act:
    vault = new_vault(way, cloud_type="hybrid")
    return Act(
        lambda: way.session.client.restore_points.sync(vault.id),
        lambda: tasks_of(way, "sync", vault_id=vault.id) > 0,
    )


def _there(way: Way) -> dict[str, Any]:
    elsewhere = way.cloud.in_project("eu-west-1")
    vault = elsewhere.client.vaults.create(new_name(), size=100, protect_type="replication")
    return {
        "destination_project_id": elsewhere.identity.project_id,
        "destination_region": "eu-west-1",
        "destination_vault_id": vault.id,
    }


def replicate(way: Way) -> Act:
    backup, goal = new_backup(way), _there(way)
    return Act(
        lambda: way.session.client.backups.replicate(backup.id, **goal),
        lambda: tasks_of(way, "replication", vault_id=backup.vault_id) > 0,
    )


def replicate_by_session(way: Way) -> Act:
    backup, goal = new_backup(way), _there(way)
    return Act(
        lambda: way.session.replicate(
            backup.id,
            destination_region=goal["destination_region"],
            destination_vault=goal["destination_vault_id"],
            destination_project=goal["destination_project_id"],
        ),
        lambda: tasks_of(way, "replication", vault_id=backup.vault_id) > 0,
    )


def replicate_vault(way: Way) -> Act:
    backup, goal = new_backup(way), _there(way)
    return Act(
        lambda: way.session.client.restore_points.replicate(str(backup.vault_id), **goal),
        lambda: tasks_of(way, "replication", vault_id=backup.vault_id) > 0,
    )


# -- policies -------------------------------------------------------------------------------------


def _policies(way: Way) -> dict[str, Policy]:
    return {each.id: each for each in way.cloud.client.policies.list().policies}


def create_policy(way: Way) -> Act:
    name = new_name()
    return Act(
        lambda: way.session.create_policy(name, days="daily", times="23:00", max_backups=3),
        lambda: name in [each.name for each in _policies(way).values()],
    )


def change_policy(way: Way) -> Act:
    policy = new_policy(way)
    return Act(
        lambda: way.session.client.policies.update(policy.id, enabled=False),
        lambda: _policies(way)[policy.id].enabled is False,
    )


def delete_policy(way: Way) -> Act:
    policy = new_policy(way)
    return Act(
        lambda: way.session.client.policies.delete(policy.id),
        lambda: policy.id not in _policies(way),
    )


def change_policy_by_session(way: Way) -> Act:
    policy = new_policy(way)
    return Act(
        lambda: way.session.update_policy(policy.id, enabled=False),
        lambda: _policies(way)[policy.id].enabled is False,
    )


def delete_policy_by_session(way: Way) -> Act:
    policy = new_policy(way)
    return Act(
        lambda: way.session.delete_policy(policy.id, confirm=policy.name),
        lambda: policy.id not in _policies(way),
    )


def _applied(way: Way, policy: Policy) -> bool:
    return bool(way.cloud.client.policies.show(policy.id).associated_vaults)


def apply_policy(way: Way) -> Act:
    policy, vault = new_policy(way), new_vault(way)
    return Act(lambda: way.session.apply_policy(policy.id, vault.id), lambda: _applied(way, policy))


def remove_policy(way: Way) -> Act:
    policy, vault = new_policy(way), new_vault(way)
    way.cloud.client.vaults.apply_policy(vault.id, policy.id)
    return Act(
        lambda: way.session.client.vaults.remove_policy(vault.id, policy.id),
        lambda: not _applied(way, policy),
    )


def remove_policy_by_session(way: Way) -> Act:
    policy, vault = new_policy(way), new_vault(way)
    way.cloud.client.vaults.apply_policy(vault.id, policy.id)
    return Act(
        lambda: way.session.remove_policy(policy.id, vault.id), lambda: not _applied(way, policy)
    )


ORGANIZATION: dict[str, Any] = {
    "policy_name": "p", "operation_type": "backup", "pattern": RULE, "definition": KEPT,
}  # fmt: skip


def create_organization_policy(way: Way) -> Act:
    name, known = new_name(), way.cloud.client.organization_policies
    return Act(
        lambda: way.session.client.organization_policies.create(name, **ORGANIZATION),
        lambda: name in [each.name for each in known.list_all("backup")],
    )


def change_organization_policy(way: Way) -> Act:
    name, known = new_name("renamed"), way.cloud.client.organization_policies
    policy = known.create(new_name(), **ORGANIZATION)
    way.cloud.cloud.advance(minutes=5)
    return Act(
        lambda: way.session.client.organization_policies.update(policy.id, name=name),
        lambda: known.show(policy.id).name == name,
    )


def delete_organization_policy(way: Way) -> Act:
    known = way.cloud.client.organization_policies
    policy = known.create(new_name(), **ORGANIZATION)
    way.cloud.cloud.advance(minutes=5)
    return Act(
        lambda: way.session.client.organization_policies.delete(policy.id),
        lambda: (
            not has(lambda: known.show(policy.id))
            or known.show(policy.id).status not in ("available", None)
        ),
    )


# -- sharing --------------------------------------------------------------------------------------


def _shared(way: Way, *, given: bool = True) -> tuple[Backup, str, Callable[[], str | None]]:
    backup, project = new_backup(way), way.receiver.identity.project_id
    members = way.cloud.client.members
    if given:
        members.add(backup.id, [project])

    def status() -> str | None:
        found = {each.dest_project_id: each.status for each in members.list_all(backup.id)}
        return found.get(project)

    return backup, project, status


def share(way: Way) -> Act:
    backup, project, status = _shared(way, given=False)
    return Act(lambda: way.session.share(backup.id, project), lambda: status() is not None)


def accept(way: Way) -> Act:
    backup, project, status = _shared(way)
    theirs = way.cloud.in_project("eu-west-0_staging").client.vaults.create(new_name(), size=100)
    return Act(
        lambda: way.receiver.client.members.update(
            backup.id, project, status="accepted", vault_id=theirs.id
        ),
        lambda: status() == "accepted",
    )


def accept_by_session(way: Way) -> Act:
    backup, _project, status = _shared(way)
    theirs = way.cloud.in_project("eu-west-0_staging").client.vaults.create(new_name(), size=100)
    return Act(
        lambda: way.receiver.accept_share(backup.id, vault=theirs.id),
        lambda: status() == "accepted",
    )


def reject(way: Way) -> Act:
    backup, project, status = _shared(way)
    return Act(
        lambda: way.receiver.client.members.update(backup.id, project, status="rejected"),
        lambda: status() == "rejected",
    )


def reject_by_session(way: Way) -> Act:
    backup, _project, status = _shared(way)
    return Act(lambda: way.receiver.reject_share(backup.id), lambda: status() == "rejected")


def unshare_by_session(way: Way) -> Act:
    backup, project, status = _shared(way)
    return Act(lambda: way.session.unshare(backup.id, project), lambda: status() is None)


def unshare(way: Way) -> Act:
    backup, project, status = _shared(way)
    return Act(
        lambda: way.session.client.members.delete(backup.id, project), lambda: status() is None
    )


ACTS: tuple[Callable[[Way], Act], ...] = (
    create, create_with_more, rename, lock, resize, notify, delete, delete_by_session, expire,
    add_resources, add_resources_by_session, remove_resources, remove_resources_by_session,
    suspend, resume_by_session, move,
    tag, tag_by_session, tag_together, untag, untag_by_session, set_tags,
    back_up, back_up_by_session, rename_backup, delete_backup, delete_backup_by_session, restore,
    restore_by_session, sync_backups, sync_vault, replicate, replicate_by_session, replicate_vault,
    create_policy, change_policy, change_policy_by_session, delete_policy, delete_policy_by_session,
    apply_policy, remove_policy, remove_policy_by_session,
    create_organization_policy, change_organization_policy, delete_organization_policy,
    share, accept, accept_by_session, reject, reject_by_session, unshare, unshare_by_session,
    register_agent, uninstall_agent, unregister_agent, add_paths, remove_paths,
    order_vault, pay_in_advance, change_order, update_order, start_migration,
)  # fmt: skip
