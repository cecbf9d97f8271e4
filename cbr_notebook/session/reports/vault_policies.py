"""Which policies each vault has, and where its replicas go."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from types import SimpleNamespace

import pandas as pd

from cbr_notebook import frames
from cbr_notebook.api.messages.records import AppliedVault, Backup, Policy, Vault
from cbr_notebook.api.messages.statuses import (
    BACKUP_AVAILABLE,
    REPLICATION_FAILED,
    REPLICATION_SUCCESS,
)
from cbr_notebook.frames.vaults import vault_tags
from cbr_notebook.schedule.kept_days import kept_days
from cbr_notebook.schedule.runs import known_runs
from cbr_notebook.session.context import Context
from cbr_notebook.session.permission_gaps import if_permitted
from cbr_notebook.session.protection import policies_by_vault
from cbr_notebook.session.tag_filters import TagChoice, Tags
from cbr_notebook.text.timeparse import api_text, parse_api_time

_AHEAD = timedelta(days=400)
_HOUR = timedelta(hours=1)


def vault_policies(session: Context, *, tags: Tags = None) -> pd.DataFrame:
    """Return one row a vault and policy, also for vaults without one.

    Args:
        tags: only vaults with these tags, as in :meth:`vaults`.

    Returns:
        The columns of ``cbr.schema("vault_policies")``; ``policy_id`` is missing where a vault
        has none.

    Raises:
        InvalidRequest: ``tags`` cannot be read.

    API: Vault, "Querying the Vault List"; Policy, "Querying the Policy List".

    Example:
        >>> rows = session.vault_policies()
        >>> rows[rows["policy_id"].isna()]["vault_name"].tolist()
        []
    """
    chosen = TagChoice(session, tags, "vault")
    applied = policies_by_vault(session)
    rows = []
    for vault_id, vault in _chosen_vaults(session, chosen, applied).items():
        pairs: list[tuple[Policy | None, AppliedVault | None]] = [*applied.get(vault_id, ())]
        for policy, each in pairs or [(None, None)]:
            goal = policy.operation_definition if policy else None
            rows.append(
                SimpleNamespace(
                    vault_id=vault_id, vault_name=vault.name if vault else None,
                    protect_type=vault.billing.protect_type if vault else None,
                    policy_id=policy.id if policy else None,
                    policy_name=policy.name if policy else None,
                    operation_type=policy.operation_type if policy else None,
                    enabled=policy.enabled if policy else None,
                    retention_days=kept_days(policy) if policy else None,
                    next_run=_next_run(policy, session.now) if policy else None,
                    destination_region=goal.destination_region if goal else None,
                    destination_vault_id=each.destination_vault_id if each else None,
                    tags=vault_tags(vault) if vault else {},
                )
            )  # fmt: skip
    return chosen.answer(frames.VAULT_POLICIES, rows, {})


def replication(session: Context, *, tags: Tags = None) -> pd.DataFrame:
    """Return one row a vault and destination of its replicas: newest, lag, failures.

    A destination is one of a replication policy, or one to which a good backup was replicated.

    Args:
        tags: only vaults with these tags, as in :meth:`vaults`.

    Returns:
        The columns of ``cbr.schema("replication")``; ``lag_hours`` is missing where nothing has
        arrived.

    Raises:
        InvalidRequest: ``tags`` cannot be read.

    API: Vault, "Querying the Vault List"; Policy; Backup, "Querying All Backups".

    Example:
        >>> len(session.replication())
        0
    """
    chosen = TagChoice(session, tags, "vault")
    good: dict[str, list[Backup]] = {}
    for backup in session.client.backups.list_all(
        status=BACKUP_AVAILABLE, image_type="backup", show_replication=True
    ):
        good.setdefault(backup.vault_id or "", []).append(backup)
    applied = if_permitted("Policies", partial(policies_by_vault, session)) or {}
    rows = []
    for vault_id, vault in _chosen_vaults(session, chosen, {**applied, **good}).items():
        policies = {
            (goal.destination_region, each.destination_vault_id): policy
            for policy, each in applied.get(vault_id, ())
            if policy.operation_type == "replication" and (goal := policy.operation_definition)
        }
        backups = good.get(vault_id, [])
        by_hand = {
            (record.destination_region, record.destination_vault_id)
            for backup in backups
            for record in backup.replication_records or ()
        }
        for place in dict.fromkeys([*policies, *sorted(by_hand, key=str)]):
            rows.append(_replicated(vault_id, vault, place, policies.get(place), backups))
    return chosen.answer(frames.REPLICATION, rows, {})


def _replicated(
    vault_id: str,
    vault: Vault | None,
    place: tuple[str | None, str | None],
    policy: Policy | None,
    backups: list[Backup],
) -> SimpleNamespace:
    """Return how far the replicas of a vault in one place are."""
    last = {backup.id: _last_status(backup, place) for backup in backups}
    made = {backup.id: parse_api_time(backup.created_at) for backup in backups}
    there = [at for key, at in made.items() if at and last[key] == REPLICATION_SUCCESS]
    newest = max((at for at in made.values() if at), default=None)
    replica = max(there, default=None)
    return SimpleNamespace(
        vault_id=vault_id, vault_name=vault.name if vault else None, destination_region=place[0],
        destination_vault_id=place[1], policy_name=policy.name if policy else None,
        enabled=policy.enabled if policy else None, backups=len(backups), replicated=len(there),
        failed=sum(status == REPLICATION_FAILED for status in last.values()),
        newest_backup=api_text(newest), newest_replica=api_text(replica),
        lag_hours=round((newest - replica) / _HOUR, 1) if newest and replica else None,
        tags=vault_tags(vault) if vault else {},
    )  # fmt: skip


def _last_status(backup: Backup, place: tuple[str | None, str | None]) -> str | None:
    """Return how the last replication of a backup to a place went."""
    records = [
        record
        for record in backup.replication_records or ()
        if (record.destination_region, record.destination_vault_id) == place
    ]
    if any(record.status == REPLICATION_SUCCESS for record in records):
        return REPLICATION_SUCCESS
    return max(records, key=lambda each: each.created_at or "").status if records else None


def _chosen_vaults(
    session: Context, chosen: TagChoice, named: Iterable[str]
) -> dict[str, Vault | None]:
    """Return the vaults with the tags that are asked for; where one may not list them, those named.

    Args:
        session: whose vaults.
        chosen: the tags; only who may list vaults knows of them.
        named: the IDs of vaults that something else names.
    """

    def ask() -> list[Vault]:
        return list(filter(chosen.vault, session.client.vaults.list_all()))

    listed = ask() if chosen else if_permitted("Vaults", ask)
    return dict.fromkeys(named) if listed is None else {each.id: each for each in listed}


def _next_run(policy: Policy, now: datetime) -> str | None:
    ahead = known_runs(policy, now, now + _AHEAD) if policy.enabled else []
    return api_text(ahead[0]) if ahead else None
