"""Ask for a name before something is destroyed."""

from __future__ import annotations

from collections.abc import Sequence

from cbr_notebook.errors import ConfirmationNeeded
from cbr_notebook.session.context import Context
from cbr_notebook.text.formatting import pluralize


def confirm_loss(
    session: Context,
    name: str,
    confirm: str | None,
    what: str,
    *,
    vault_id: str,
    resource_ids: Sequence[str] | None = None,
) -> None:
    """Ask for a name unless it was given; say in numbers what would be lost."""
    if confirm == name:
        return
    lost = [
        backup
        for backup in session.client.backups.list_all(vault_id=vault_id)
        if resource_ids is None or backup.resource_id in resource_ids
    ]
    days = sorted({str(backup.created_at)[:10] for backup in lost})
    span = f", made from {days[0]} to {days[-1]}" if len(days) > 1 else ""
    span = f", made on {days[0]}" if len(days) == 1 else span
    raise ConfirmationNeeded(
        f"This deletes {what}: {pluralize(len(lost), 'backup')}{span}. It cannot be undone.",
        advice=f"To go on, say confirm={name!r}.",
    )


def confirm_lock(name: str, confirm: str | None) -> None:
    """Ask for a name before a vault is locked.

    Raises:
        ConfirmationNeeded: it was not given.
    """
    if confirm != name:
        raise ConfirmationNeeded(
            f"This locks the vault {name}: its automatic backups cannot be deleted before they "
            "expire, and no resource can be removed or moved. It cannot be undone.",
            advice=f"To go on, say confirm={name!r}.",
        )
