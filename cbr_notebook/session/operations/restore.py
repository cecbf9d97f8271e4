"""Restore: the one operation that overwrites what people are working with."""

from __future__ import annotations

from collections.abc import Mapping

from cbr_notebook.api.messages.constants import KIND_OF
from cbr_notebook.api.messages.records import Backup, Protectable
from cbr_notebook.api.messages.statuses import SERVER_STOPPED
from cbr_notebook.errors import ConfirmationNeeded, InvalidRequest
from cbr_notebook.session.context import Context
from cbr_notebook.session.lookup import find_backup, find_resource
from cbr_notebook.session.operations.approval_required import refuse_alone
from cbr_notebook.session.references import (
    ResourceRef,
    display_name,
)
from cbr_notebook.tasks.task import Task
from cbr_notebook.tasks.task_lookup import (
    tasks_since_now,
)
from cbr_notebook.text.formatting import pluralize
from cbr_notebook.text.timeparse import (
    format_time,
)

_WORDS = {"server": "server", "disk": "disk", "turbo": "file system"}


def restore(
    session: Context,
    backup: ResourceRef,
    *,
    target: ResourceRef = None,
    disks: Mapping[str, str] | None = None,
    power_on: bool | None = None,
    confirm: str | None = None,
) -> Task:
    """Overwrite a server, disk or file system with a backup. This cannot be undone.

    A running server is stopped for it and started afterwards; a stopped one stays stopped,
    since it may have been isolated. Of a server, each disk that was backed up and is still
    there is written; disks added since are left alone.

    Args:
        backup: which one.
        target: what to overwrite; what was backed up if left out.
        disks: for a server: from the ID of a disk's backup to the ID of the disk, where
            not all disks, or other ones, are meant.
        power_on: start the server afterwards; if left out, only if it is running now.
        confirm: the name of what is overwritten.

    Returns:
        The running restore.

    Raises:
        ConfirmationNeeded: ``confirm`` is not the target's name; says what would be lost.
        NotFound: backup or target does not exist any more.
        Conflict: something is not in a state for it (BackupService.2002 to .2012, .6202), or
            ``CBR_APPROVAL`` wants a second person's yes, which only a plan can have.
        InvalidRequest: backup and target do not fit (BackupService.2001 to .2015).

    API: Backup, "Restoring Data Using a Backup".

    Example:
        >>> backup = session.last_quiet_backup("web-01")
        >>> session.restore(backup, confirm="web-01").wait().status
        'success'
    """
    refuse_alone()
    found = find_backup(session, backup)
    kind = KIND_OF.get(found.resource_type or "", "server")
    goal = find_resource(session, target if target is not None else found.resource_id, kind)
    mappings = _mappings(found, goal, disks) if kind == "server" else None
    if confirm != display_name(goal):
        what = f"the {_WORDS[kind]} {display_name(goal)}"
        if mappings is not None:
            what = f"{pluralize(len(mappings), 'disk')} of {what}"
        made = format_time(found.created_at)
        lost = f"was written since {made}" if goal.id == found.resource_id else "is there now"
        raise ConfirmationNeeded(
            f"This overwrites {what} with the backup {display_name(found)}, made at {made}. "
            f"All that {lost} is lost. It cannot be undone.",
            advice=f"To go on, say confirm={display_name(goal)!r}.",
        )
    since = tasks_since_now(session.client, operation_type="restore", resource_id=goal.id)
    task_id = session.client.backups.restore(
        found.id,
        server_id=goal.id if kind == "server" else None,
        volume_id=goal.id if kind == "disk" else None,
        resource_id=goal.id if kind == "turbo" else None,
        mappings=mappings,
        power_on=(goal.status or "").upper() != SERVER_STOPPED if power_on is None else power_on,
    )
    return Task(
        session.poller,
        f"Restoring {goal.name}",
        lambda: [task for task in since() if task_id in (None, task.id)][-1:],
    )


def _mappings(
    backup: Backup, server: Protectable, disks: Mapping[str, str] | None
) -> dict[str, str]:
    """Return the disk that each disk's backup overwrites."""
    if disks is not None:
        return dict(disks)
    present = {disk.id for disk in server.children or ()}
    found = {
        child.id: child.resource_id
        for child in backup.children or ()
        if child.resource_id in present
    }
    if not found:
        raise InvalidRequest(
            f"None of the disks in {backup.name} is attached to {server.name} any more.",
            advice="Name where each goes: disks={backup of the disk: disk}.",
        )
    return {key: value for key, value in found.items() if value}
