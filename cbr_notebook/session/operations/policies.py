"""Create, change, apply and delete policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from cbr_notebook.api.messages.records import Policy, Vault
from cbr_notebook.errors import ConfirmationNeeded, InvalidRequest, NotFound
from cbr_notebook.schedule import zones
from cbr_notebook.schedule.rules import recurrence_rules
from cbr_notebook.session.context import Context
from cbr_notebook.session.lookup import find_policy, find_vault, find_vault_elsewhere, project_of
from cbr_notebook.session.operations.policy_change import WORDS, LostBackup, PolicyChange
from cbr_notebook.session.operations.policy_words import PERIODS, definition_of, distance
from cbr_notebook.session.operations.same_names import tell_policy_of_same_name
from cbr_notebook.session.references import ResourceRef, display_name, is_id, one_id_or_name
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
    daily: int | None = None,
    weekly: int | None = None,
    monthly: int | None = None,
    yearly: int | None = None,
    timezone: str | None = None,
    full_backup_interval: int | None = None,
    operation_type: Literal["backup", "replication"] = "backup",
    destination_region: str | None = None,
    destination_project_id: str | None = None,
    enabled: bool = True,
) -> Policy:
    """Create a policy.

    Args:
        name: 1 to 64 letters, digits, ``_`` and ``-``; of one that another policy has, a warning
            (``cbr.errors.AnswerWarning``) says that neither is found by it any more.
        pattern: recurrence rules in UTC, instead of the next three.
        days: days of the week: ``"daily"``, ``"weekdays"``, ``"mon-fri"``, ``["MO", "FR"]``.
        every_days: instead of ``days``: every so many days, 1 to 30.
        times: times of day in ``timezone``: ``"23:00"``, ``["06:00", "18:00"]``.
        max_backups: how many backups of a resource are kept.
        retention_days: how many days a backup is kept; -1 for ever.
        day_backups: daily backups kept besides; also ``week_backups``,
        week_backups: weekly ones,
        month_backups: monthly ones and
        year_backups: yearly ones, of days and weeks in ``timezone``.
        daily: short for ``day_backups``,
        weekly: for ``week_backups``,
        monthly: for ``month_backups``,
        yearly: for ``year_backups``.
        timezone: of days, times and those periods, such as ``UTC+01:00``; UTC if left out.
            The service knows fixed distances from UTC only: of a place such as
            ``Europe/Paris``, the distance of today is taken, and summer time moves nothing.
        full_backup_interval: incremental backups between two full ones.
        operation_type: ``backup`` or ``replication``.
        destination_region: where replicas go, with
        destination_project_id: the project there; a replication policy needs both.
        enabled: whether it runs.

    Raises:
        InvalidRequest: a value or rule is not valid, or a replication policy does not say where
            to; nothing was sent.
        QuotaExceeded: no more policies of this type.

    API: Policy, "Creating a Policy".

    Example:
        >>> policy = session.create_policy(
        ...     "nightly", days="daily", times="23:00", retention_days=30
        ... )
        >>> policy.enabled
        True
    """
    away = distance(session, timezone if timezone is not None else "UTC")
    definition = definition_of(locals())
    rules = recurrence_rules(pattern, days=days, every_days=every_days, times=times, zone=away)
    if operation_type == "replication":
        _require_destination(session, definition)
    if timezone is not None or not any(definition.get(each) for each in PERIODS):
        # Some operators refuse a policy without one; periods need one that was meant.
        definition["timezone"] = zones.written(away)
    made = session.client.policies.create(
        name,
        pattern=rules,
        definition=definition,
        operation_type=operation_type,
        enabled=enabled,
    )
    tell_policy_of_same_name(session, made)
    return made


def update_policy(
    session: Context,
    policy: ResourceRef,
    *,
    name: str | None = None,
    enabled: bool | None = None,
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
    daily: int | None = None,
    weekly: int | None = None,
    monthly: int | None = None,
    yearly: int | None = None,
    timezone: str | None = None,
    full_backup_interval: int | None = None,
    destination_region: str | None = None,
    destination_project_id: str | None = None,
    definition: Mapping[str, Any] | None = None,
    confirm: str | None = None,
    **unknown: Any,
) -> Policy:
    """Change a policy, in the words of :meth:`create_policy`; what is not named stays.

    ``session.what_if(policy, …)`` takes the same words and only shows what they would do.

    Args:
        policy: which one.
        name: a new name; a warning tells if another policy has it.
        enabled: whether it runs.
        pattern: recurrence rules in UTC, instead of the next three.
        days: days of the week; its times stay.
        every_days: instead of ``days``: every so many days.
        times: times of day; its days stay. They are in ``timezone``; in the policy's own time
            zone if that is left out.
        max_backups: how many backups of a resource are kept; -1 for no such limit.
        retention_days: how many days a backup is kept; -1 for ever. Backups that have an
            expiry date keep it.
        day_backups: daily backups kept besides; 0 for none; also ``week_backups``,
        week_backups: weekly ones,
        month_backups: monthly ones and
        year_backups: yearly ones.
        daily: short for ``day_backups``,
        weekly: for ``week_backups``,
        monthly: for ``month_backups``,
        yearly: for ``year_backups``.
        timezone: of days, times and periods; runs stay when they are, unless days or times are
            named, too.
        full_backup_interval: incremental backups between two full ones.
        destination_region: where replicas go, with
        destination_project_id: the project there.
        definition: members in the service's own words; those not named stay.
        confirm: the policy's name, where the change deletes backups at the next run.
        unknown: refused.

    Returns:
        The policy.

    Raises:
        InvalidRequest: nothing is named, or something that is not known or not valid.
        ConfirmationNeeded: backups would be deleted at the next run; says which and how many.
        NotFound: there is no such policy.

    API: Policy, "Modifying a Policy".

    Example:
        >>> policy = session.update_policy("daily-0300", retention_days=40)
        >>> policy.operation_definition.retention_duration_days
        40
    """
    words = {name: value for name, value in locals().items() if name in WORDS}
    change = PolicyChange.of(session, policy, {**words, **unknown}, also=("name", "confirm"))
    found = change.policy
    if confirm != display_name(found):
        _refuse_to_lose(session, change)
    changed = session.client.policies.update(
        found.id,
        name=name,
        enabled=enabled,
        pattern=change.rules if change.moves_runs else None,
        definition=change.definition if change.defines else None,
    )
    if name not in (None, found.name):
        tell_policy_of_same_name(session, changed)
    return changed


def _refuse_to_lose(session: Context, change: PolicyChange) -> None:
    """Check that a change deletes no backup at the next run that would stay without it.

    Raises:
        ConfirmationNeeded: it does; says which and how many.
    """
    lost = change.lost_at_the_next_run(session) if change.touches_backups else []
    if lost:
        name = display_name(change.policy)
        raise ConfirmationNeeded(
            f"With this change the policy {name} deletes {pluralize(len(lost), 'backup')} more at "
            f"its next run: {_listed(lost)}. It cannot be undone.",
            advice=f"To go on, say confirm={name!r}; "
            "session.what_if(policy, …) shows what would be kept.",
        )


def _listed(lost: Sequence[LostBackup]) -> str:
    """Return which backups go, in words."""
    by_resource: dict[str, list[str]] = {}
    for each in lost:
        by_resource.setdefault(each.resource, []).append(f"{each.backup.at:%Y-%m-%d}")
    parts = [
        f"{len(days)} of {resource} (made on {days[0]})"
        if len(set(days)) == 1
        else f"{len(days)} of {resource} (made from {min(days)} to {max(days)})"
        for resource, days in by_resource.items()
    ]
    more = f" and of {pluralize(len(parts) - 5, 'resource')} more" if len(parts) > 5 else ""
    return ", ".join(parts[:5]) + more


def _require_destination(session: Context, definition: Mapping[str, Any]) -> None:
    """Check that a replication policy says where to.

    Raises:
        InvalidRequest: the region or the project is missing; the advice lists what there is.
    """
    region = definition.get("destination_region")
    if not region:
        raise InvalidRequest(
            "A replication policy needs a destination region and a project there.",
            advice="Name destination_region= and destination_project_id=; "
            "session.replication_targets() lists the regions.",
            field="destination_region",
        )
    if not definition.get("destination_project_id"):
        try:
            hint = f"The project {region} has the ID {project_of(session, region)}."
        except NotFound as problem:
            hint = problem.advice or ""
        raise InvalidRequest(
            f"A replication policy to {region} needs a project there.",
            advice=f"Name destination_project_id=. {hint}",
            field="destination_project_id",
        )


def delete_policy(session: Context, policy: ResourceRef, *, confirm: str | None = None) -> None:
    """Delete a policy; its backups stay, but nothing new is made.

    Args:
        policy: which one.
        confirm: its name.

    Raises:
        ConfirmationNeeded: ``confirm`` is not its name; says which vaults lose it.

    API: Policy, "Deleting a Policy".

    Example:
        >>> session.delete_policy("paused-nightly", confirm="paused-nightly")
        >>> "paused-nightly" in set(session.policies()["name"])
        False
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
        destination_vault: the vault for replicas; a replication policy needs it.

    Returns:
        The vault.

    API: Vault, "Applying a Policy to a Vault".

    Example:
        >>> session.apply_policy("daily-0300", "vault-office").name
        'vault-office'
    """
    found = find_vault(session, vault)
    applied = find_policy(session, policy)
    destination = None
    if destination_vault is not None:
        destination = _destination(session, applied, destination_vault)
    elif applied.operation_type == "replication":
        goal = applied.operation_definition
        raise InvalidRequest(
            f"{display_name(applied)} is a replication policy: it needs a destination vault.",
            advice="Name destination_vault=, a replication vault in "
            f"{(goal and goal.destination_region) or 'the destination region'}.",
            field="destination_vault",
        )
    session.client.vaults.apply_policy(found.id, applied.id, destination_vault_id=destination)
    return session.client.vaults.show(found.id)


def remove_policy(session: Context, policy: ResourceRef, vault: ResourceRef) -> Vault:
    """Remove a policy from a vault; its backups stay.

    API: Vault, "Removing a Policy from a Vault".

    Example:
        >>> session.remove_policy("daily-0300", "vault-web").name
        'vault-web'
    """
    found = find_vault(session, vault)
    session.client.vaults.remove_policy(found.id, find_policy(session, policy).id)
    return session.client.vaults.show(found.id)


def _destination(session: Context, policy: Policy, vault: ResourceRef) -> str:
    """Return the ID of the vault that a policy replicates to; a name is looked up there."""
    text = one_id_or_name(vault, "vault")
    goal = policy.operation_definition
    if is_id(text) or goal is None or not goal.destination_region:
        return text
    project_id = goal.destination_project_id or project_of(session, goal.destination_region)
    return find_vault_elsewhere(session, text, goal.destination_region, project_id).id


def _without_schedule(session: Context, policy_id: str) -> str:
    """Return which vaults would lose the schedule of a policy."""
    applied = session.client.policies.show(policy_id).associated_vaults or ()
    ids = [each.vault_id for each in applied]
    if not ids:
        return "no vault has its schedule"
    known = {vault.id: display_name(vault) for vault in session.client.vaults.list_all()}
    names = ", ".join(sorted(known.get(each, each) for each in ids))
    return f"{pluralize(len(ids), 'vault')} would lose the schedule: {names}"
