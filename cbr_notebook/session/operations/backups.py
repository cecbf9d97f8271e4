"""Make and delete backups."""

from __future__ import annotations

from cbr_notebook.api.messages import validate
from cbr_notebook.api.messages.records import Backup, RestorePoint, Vault
from cbr_notebook.errors import ConfirmationNeeded
from cbr_notebook.session.context import Context
from cbr_notebook.session.lookup import find_backup, find_vault
from cbr_notebook.session.references import (
    ResourceRef,
    choose,
    display_name,
    ids_or_names,
    is_id,
)
from cbr_notebook.tasks.task import Task
from cbr_notebook.tasks.task_lookup import (
    deletion_finder,
    tasks_of_point,
)
from cbr_notebook.text.timeparse import (
    format_time,
)


def back_up(
    session: Context,
    vault: ResourceRef,
    *,
    resources: ResourceRef = None,
    name: str | None = None,
    description: str | None = None,
    incremental: bool = True,
    keep_days: int | None = None,
) -> Task:
    """Back up some or all resources of a vault now.

    Args:
        vault: which one.
        resources: resources in it; all if left out.
        name: of the backups.
        description: at most 255 characters.
        incremental: store only what changed since the last backup, where there is one.
        keep_days: delete the backups after so many days, 1 to 36500; never if left out.

    Returns:
        The running work; its ``result`` is the restore point.

    Raises:
        InvalidRequest: a value is not allowed; nothing was sent.
        NotFound: a resource is not in the vault.
        Conflict: nothing can be backed up now.
        QuotaExceeded: the vault is full.

    API: Restore point, "Creating a Restore Point".

    Example:
        >>> session.back_up("vault-web", resources="web-01", name="before_update").wait().status
        'success'
    """
    found = find_vault(session, vault)
    ids: list[str] | None = None
    if resources is not None:
        members = session.client.vaults.show(found.id).resources or []
        named = {each.name for each in members}
        ids = [
            each  # which the service knows, or says that it does not
            if is_id(each) and each not in named
            else choose(each, members, "resource of the vault", lambda r: r.name).id
            for each in ids_or_names(resources, "resource")
        ]
    point = session.client.restore_points.create(
        found.id,
        name=name,
        description=description,
        incremental=incremental,
        resources=ids,
        retention_days=validate.within(keep_days, 1, 36_500, "keep_days"),
    )
    return _backup_task(session, point, found)


def _backup_task(session: Context, point: RestorePoint, vault: Vault) -> Task:
    resources = (point.vault.resources if point.vault else None) or []
    names = ", ".join(map(display_name, resources)) or display_name(vault)
    expected = max(1, len(resources))
    return Task(
        session.poller,
        f"Backing up {names}",
        lambda: tasks_of_point(
            session.client,
            point.id,
            begun_at=point.created_at,
            expected=expected,
            vault_id=vault.id,
        ),
        expected=expected,
        result=point,
    )


def delete_backup(session: Context, backup: ResourceRef, *, confirm: str | None = None) -> Task:
    """Delete a backup.

    Args:
        backup: which one.
        confirm: its name.

    Raises:
        ConfirmationNeeded: ``confirm`` is not its name.
        Conflict: it is busy, or an image depends on it.

    API: Backup, "Deleting a Backup".

    Example:
        >>> backup = session.backups(resource="web-01").iloc[-1]
        >>> session.delete_backup(backup, confirm=backup["name"]).wait().status
        'success'
    """
    found: Backup = find_backup(session, backup)
    if confirm != display_name(found):
        raise ConfirmationNeeded(
            f"This deletes the backup {display_name(found)} of "
            f"{found.resource_name or found.resource_id}, "
            f"made at {format_time(found.created_at)}. It cannot be undone.",
            advice=f"To go on, say confirm={display_name(found)!r}.",
        )
    find = deletion_finder(session.client, found)
    session.client.backups.delete(found.id)
    return Task(session.poller, f"Deleting {found.name}", find)
