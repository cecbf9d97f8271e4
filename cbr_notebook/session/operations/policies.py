"""Create, change, apply and delete policies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from cbr_notebook.api.records import Policy, Vault
from cbr_notebook.errors import ConfirmationNeeded
from cbr_notebook.schedule.rules import recurrence_rules
from cbr_notebook.session.context import Context
from cbr_notebook.session.lookup import (
    find_policy,
    find_vault,
    find_vault_elsewhere,
    project_of,
)
from cbr_notebook.session.references import (
    ResourceRef,
    display_name,
    is_id,
    one_id_or_name,
)
from cbr_notebook.text.formatting import pluralize


def create_policy(
    session: Context,
    name: str,
    *,
    pattern: str | Sequence[str] | None = None,
    days: str | Sequence[str] | None = None,
    every_days: int | None = None,
    times: str | Sequence[str] | None = None,
    max_backups: int | None = None,
    retention_days: int | None = None,
    day_backups: int | None = None,
    week_backups: int | None = None,
    month_backups: int | None = None,
    year_backups: int | None = None,
    timezone: str | None = None,
    full_backup_interval: int | None = None,
    operation_type: Literal["backup", "replication"] = "backup",
    destination_region: str | None = None,
    destination_project_id: str | None = None,
    enabled: bool = True,
) -> Policy:
    """Create a policy.

    Args:
        name: 1 to 64 letters, digits, ``_`` and ``-``.
        pattern: recurrence rules in UTC, instead of the next three.
        days: days of the week: ``"MO"``, ``["MO", "FR"]``, ``"daily"``.
        every_days: instead of ``days``: every so many days, 1 to 30.
        times: times of day in UTC: ``"23:00"``, ``["06:00", "18:00"]``.
        max_backups: how many backups of a resource are kept.
        retention_days: how many days a backup is kept.
        day_backups: daily backups kept besides; also ``week_backups``,
        week_backups: weekly ones,
        month_backups: monthly ones and
        year_backups: yearly ones; they need a time zone.
        timezone: of those periods, such as ``UTC+01:00``.
        full_backup_interval: incremental backups between two full ones.
        operation_type: ``backup`` or ``replication``.
        destination_region: where replicas go.
        destination_project_id: the project there.
        enabled: whether it runs.

    Raises:
        InvalidRequest: a value or rule is not valid; nothing was sent.
        QuotaExceeded: no more policies of this type.

    API: Policy, "Creating a Policy".
    """
    definition = {
        "max_backups": max_backups,
        "retention_duration_days": retention_days,
        "day_backups": day_backups,
        "week_backups": week_backups,
        "month_backups": month_backups,
        "year_backups": year_backups,
        "timezone": timezone,
        "full_backup_interval": full_backup_interval,
        "destination_region": destination_region,
        "destination_project_id": destination_project_id,
    }
    return session.client.policies.create(
        name,
        pattern=recurrence_rules(pattern, days=days, every_days=every_days, times=times),
        definition={key: value for key, value in definition.items() if value is not None},
        operation_type=operation_type,
        enabled=enabled,
    )


def update_policy(session: Context, policy: ResourceRef, **changes: Any) -> Policy:
    """Change a policy: ``name``, ``enabled``, ``pattern`` (a list), ``definition``.

    API: Policy, "Modifying a Policy".
    """
    return session.client.policies.update(find_policy(session, policy).id, **changes)


def delete_policy(session: Context, policy: ResourceRef, *, confirm: str | None = None) -> None:
    """Delete a policy; its backups stay, but nothing new is made.

    Args:
        policy: which one.
        confirm: its name.

    Raises:
        ConfirmationNeeded: ``confirm`` is not its name; says which vaults lose it.

    API: Policy, "Deleting a Policy".
    """
    found = find_policy(session, policy)
    if confirm != display_name(found):
        raise ConfirmationNeeded(
            f"This deletes the policy {display_name(found)}; "
            f"{_without_schedule(session, found.id)}.",
            advice=f"To go on, say confirm={display_name(found)!r}.",
        )
    session.client.policies.delete(found.id)


def apply_policy(
    session: Context,
    policy: ResourceRef,
    vault: ResourceRef,
    *,
    destination_vault: ResourceRef = None,
) -> Vault:
    """Apply a policy to a vault, in place of another of its type.

    Args:
        policy: which policy.
        vault: which vault.
        destination_vault: the vault for replicas, of a replication policy.

    Returns:
        The vault.

    API: Vault, "Applying a Policy to a Vault".
    """
    found = find_vault(session, vault)
    applied = find_policy(session, policy)
    destination = None
    if destination_vault is not None:
        destination = _destination(session, applied, destination_vault)
    session.client.vaults.apply_policy(found.id, applied.id, destination_vault_id=destination)
    return session.client.vaults.show(found.id)


def remove_policy(session: Context, policy: ResourceRef, vault: ResourceRef) -> Vault:
    """Take a policy off a vault; its backups stay.

    API: Vault, "Removing a Policy from a Vault".
    """
    found = find_vault(session, vault)
    session.client.vaults.remove_policy(found.id, find_policy(session, policy).id)
    return session.client.vaults.show(found.id)


def _destination(session: Context, policy: Policy, vault: ResourceRef) -> str:
    """Give the ID of the vault that a policy replicates to; a name is looked up there."""
    text = one_id_or_name(vault, "vault")
    goal = policy.operation_definition
    if is_id(text) or goal is None or not goal.destination_region:
        return text
    project_id = goal.destination_project_id or project_of(session, goal.destination_region)
    return find_vault_elsewhere(session, text, goal.destination_region, project_id).id


def _without_schedule(session: Context, policy_id: str) -> str:
    """Say which vaults would lose the schedule of a policy."""
    applied = session.client.policies.show(policy_id).associated_vaults or ()
    ids = [each.vault_id for each in applied]
    if not ids:
        return "no vault has its schedule"
    known = {vault.id: display_name(vault) for vault in session.client.vaults.list_all()}
    names = ", ".join(sorted(known.get(each, each) for each in ids))
    return f"{pluralize(len(ids), 'vault')} would lose the schedule: {names}"
