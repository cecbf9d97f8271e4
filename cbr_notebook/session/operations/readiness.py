"""Whether a resource of a vault can be backed up now, as far as it can be told beforehand."""

from __future__ import annotations

from cbr_notebook.api.messages.constants import DISK, FILE_SYSTEM
from cbr_notebook.api.messages.records import Protectable, Vault, VaultResource
from cbr_notebook.api.messages.statuses import (
    DISK_AVAILABLE,
    DISK_IN_USE,
    FILE_SYSTEM_AVAILABLE,
    RESOURCE_PROTECTING,
    RESOURCE_REMOVING,
    RESOURCE_RESTORING,
    SERVER_IN_USE,
    SERVER_STOPPED,
    VAULT_AVAILABLE,
)

_BUSY = {
    RESOURCE_PROTECTING: "It is being backed up.",
    RESOURCE_RESTORING: "It is being restored.",
    RESOURCE_REMOVING: "It is leaving the vault.",
}
_GOOD = {DISK: (DISK_AVAILABLE, DISK_IN_USE), FILE_SYSTEM: (FILE_SYSTEM_AVAILABLE,)}


def why_not_now(member: VaultResource, found: Protectable | None, vault: Vault) -> str | None:
    """Return why a resource cannot be backed up now; ``None`` if nothing is known against it.

    The service decides when it is asked; what it leaves out, the restore point tells.

    Args:
        member: the resource as its vault has it.
        found: the resource itself; ``None`` if there is none any more.
        vault: the vault.
    """
    if member.protect_status in _BUSY:
        return _BUSY[member.protect_status]
    if found is None:
        return "It no longer exists."
    if found.protectable is not None and found.protectable.result is False:
        return found.protectable.reason or "The service does not back it up."
    good = _GOOD.get(found.type or "", SERVER_IN_USE)
    if found.status is not None and found.status not in good:
        return f"Its status is {found.status}; it has to be {' or '.join(good)}."
    if found.type == DISK and (found.detail or {}).get("shareable") is True:
        return "It is a shared disk; back it up with its servers."
    app = vault.billing.consistent_level == "app_consistent"
    if app and found.status == SERVER_STOPPED:
        return "It is stopped; an application-consistent backup needs it running."
    return None


def why_vault_cannot(vault: Vault) -> str | None:
    """Return why a vault takes no backups now; ``None`` if nothing is known against it."""
    billing = vault.billing
    if billing.status not in (None, VAULT_AVAILABLE):
        return f"The vault's status is {billing.status}; it has to be available."
    if billing.protect_type == "replication":
        return "It is a vault for replicas; backups are made in vaults for backup."
    if billing.size and not vault.auto_expand and (billing.used or 0) >= billing.size * 1024:
        return f"The vault is full: {billing.size} GB. Give it more capacity, or delete backups."
    if not vault.resources:
        return "There is nothing in this vault to back up."
    return None
