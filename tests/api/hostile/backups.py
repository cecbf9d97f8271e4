"""Acts on backups and their members, and whether the cloud's state has them done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cbr_notebook.api.groups.backups import SyncItem
from cbr_notebook.api.messages.records import Backup
from tests.api.hostile.way import (
    Act,
    Way,
    filled_vault,
    has,
    new_backup,
    new_id,
    new_name,
    new_vault,
    tasks_of,
)


def back_up(way: Way) -> Act:
    vault, _ = filled_vault(way)
    return Act(
        lambda: way.session.client.restore_points.create(vault.id, name="night"),
        lambda: tasks_of(way, "backup", vault_id=vault.id) > 0,
    )


def back_up_by_session(way: Way) -> Act:
    vault, _ = filled_vault(way)
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
    (disk,), (copy,) = list(server.children or ()), list(backup.children or ())
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
