"""What protects a resource: the vault that it is in, and the policies of that vault."""

from __future__ import annotations

from cbr_notebook.api.messages.records import AppliedVault, Policy, Vault
from cbr_notebook.session.context import Context


def vaults_by_resource(session: Context) -> dict[str, Vault]:
    """Return the vault that each resource is backed up to, by the resource's ID.

    A vault for replicas lists resources, too; nothing of them is backed up there.
    """
    return {
        resource.id: vault
        for vault in session.client.vaults.list_all()
        if vault.billing.protect_type != "replication"
        for resource in vault.resources or ()
    }


def policies_by_vault(session: Context) -> dict[str, list[tuple[Policy, AppliedVault]]]:
    """Return the policies of each vault, and how they are applied there, by the vault's ID."""
    found: dict[str, list[tuple[Policy, AppliedVault]]] = {}
    for policy in session.client.policies.list().policies:
        for applied in policy.associated_vaults or ():
            found.setdefault(applied.vault_id, []).append((policy, applied))
    return found


def backup_policies(session: Context) -> dict[str, list[Policy]]:
    """Return the backup policies of each vault, by the vault's ID."""
    return {
        vault_id: [policy for policy, _ in applied if policy.operation_type == "backup"]
        for vault_id, applied in policies_by_vault(session).items()
    }
