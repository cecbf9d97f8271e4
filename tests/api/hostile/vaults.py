"""Acts on vaults, and whether the cloud's state has them done."""

from __future__ import annotations

from typing import Any

from cbr_notebook.api.messages.records import Vault
from cbr_notebook.api.vault_bodies import ResourceItem
from tests.api.hostile.way import (
    SERVER,
    Act,
    Way,
    filled_vault,
    new_backup,
    new_name,
    new_server,
    new_vault,
    numbers,
)


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


def _is_removed(way: Way, vault: Vault, server: str) -> bool:
    left = _resources(way, vault)
    return server not in left or left[server].protect_status == "removing"


def remove_resources(way: Way) -> Act:
    vault, server = filled_vault(way)
    return Act(
        lambda: way.session.client.vaults.remove_resources(vault.id, [server]),
        lambda: _is_removed(way, vault, server),
    )


def remove_resources_by_session(way: Way) -> Act:
    vault, server = filled_vault(way)
    return Act(
        lambda: way.session.remove_resources(vault.id, server, confirm=vault.name),
        lambda: _is_removed(way, vault, server),
    )


def suspend(way: Way) -> Act:
    vault, server = filled_vault(way)
    return Act(
        lambda: way.session.client.vaults.set_resources(vault.id, [server], action="suspend"),
        lambda: _resources(way, vault)[server].auto_protect is False,
    )


def resume_by_session(way: Way) -> Act:
    vault, server = filled_vault(way)
    way.cloud.client.vaults.set_resources(vault.id, [server], action="suspend")
    return Act(
        lambda: way.session.resume_resources(vault.id, server),
        lambda: _resources(way, vault)[server].auto_protect is not False,
    )


def move(way: Way) -> Act:
    (vault, server), goal = filled_vault(way), new_vault(way)
    return Act(
        lambda: way.session.client.vaults.migrate_resources(
            vault.id, [server], destination_vault_id=goal.id
        ),
        lambda: server in _resources(way, goal),
    )


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
