"""The newest and oldest good backup of each resource, and the runs that left none."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from types import SimpleNamespace

import pandas as pd

from cbr_notebook import frames
from cbr_notebook.api.messages.constants import KIND_OF
from cbr_notebook.frames.resources import tags_of
from cbr_notebook.schedule.gaps import missed_runs
from cbr_notebook.schedule.runs import tells_runs
from cbr_notebook.session.context import Context
from cbr_notebook.session.filters import check_days
from cbr_notebook.session.permission_gaps import if_permitted
from cbr_notebook.session.protection import backup_policies, vaults_by_resource
from cbr_notebook.session.queries.good_backups import recovery_backups
from cbr_notebook.session.resource_lists import listed, listed_if_permitted
from cbr_notebook.session.tag_filters import TagChoice, Tags
from cbr_notebook.text.timeparse import DurationLike, api_text, hours_since, parse_duration


def recovery_points(
    session: Context,
    *,
    target: DurationLike = "24h",
    days: int = 7,
    tags: Tags = None,
    backups: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the newest and the oldest good backup of each resource, and what is missing.

    Listed is each resource that is in a vault or has good backups (available ones; the safety
    backups of restores are none that one wants to go back to); one that does not exist any more
    is not within the target. A gap
    is a run of an enabled backup policy of its vault, in the last ``days``, between which
    and the next run no good backup of the resource was made. Runs count from the oldest
    backup that the policy still keeps, or the start that the policy tells, and until an hour
    ago: later ones may be at work.

    Args:
        target: the age that the newest may have: ``24h``, ``7d``.
        days: how many days to look back for gaps; 1 to 36500.
        tags: only resources with these tags, as in :meth:`resources`.
        backups: ``session.backups(status="available")``, where that was asked already: for
            several answers from one reading. Asked for if left out.

    Returns:
        The columns of ``cbr.schema("recovery_points")``, the oldest newest first.

    Raises:
        InvalidRequest: the target is not a length of time, ``days`` is out of range, ``tags``
            cannot be read, or ``backups`` are not the good ones.

    API: Backup, "Querying All Backups"; Vault; Policy.

    Example:
        >>> points = session.recovery_points(target="24h").set_index("name")
        >>> bool(points.loc["web-01", "within_target"])
        True
    """
    allowed = parse_duration(target, "target")
    check_days(days)
    chosen = TagChoice(session, tags)
    seen = if_permitted("Vaults", partial(vaults_by_resource, session))
    vaults = seen or {}
    policies = if_permitted("Policies", partial(backup_policies, session))
    runs_seen = seen is not None and policies is not None
    good = recovery_backups(session, backups)
    moments = _moments(good)
    inside = {row.id: (row.name, row.type) for v in vaults.values() for row in v.resources or ()}
    known = _names_in(good) | inside
    there = _existing(session, {kind for _, kind in known.values()}, chosen)
    rows = []
    for each in dict.fromkeys([*inside, *moments]):
        name, kind = known[each]
        among = there.get(kind)
        exists = None if among is None else each in among
        resource_tags = (among or {}).get(each, {})
        if chosen and not chosen.matches(resource_tags):
            continue
        vault, made = vaults.get(each), moments.get(each, [])
        oldest, newest = (made[0], made[-1]) if made else (None, None)
        mine = [p for p in (policies or {}).get(vault.id if vault else "", []) if p.enabled]
        missed = sum(len(missed_runs(p, made, session.now, days)) for p in mine)
        in_time = newest is not None and session.now - newest <= allowed
        rows.append(
            SimpleNamespace(
                id=each, name=name, type=kind, vault_name=vault.name if vault else None,
                backups=len(made), newest=api_text(newest), oldest=api_text(oldest),
                age_hours=hours_since(session.now, newest),
                target_hours=allowed // timedelta(hours=1),
                within_target=_is_met(in_time, exists, known=kind in KIND_OF), exists=exists,
                gaps=missed if runs_seen and all(map(tells_runs, mine)) else None,
                tags=resource_tags,
            )
        )  # fmt: skip
    rows.sort(key=lambda row: (row.newest or "", row.name or ""))
    asked = {"target": str(target), "days": days}
    return chosen.answer(frames.RECOVERY_POINTS, rows, asked)


def _is_met(in_time: bool, exists: bool | None, *, known: bool) -> bool | None:
    """Return whether a target is met: not by what exists no more; ``None`` if nobody can tell.

    Args:
        in_time: whether the newest recovery point is young enough.
        exists: whether the resource still does; ``None``: not told.
        known: whether it is of a kind that the service lists.
    """
    if in_time and known and exists is not True:
        return None if exists is None else False
    return in_time


def _moments(backups: pd.DataFrame) -> dict[str, list[datetime]]:
    """Return when the backups of each resource were made, the earliest first."""
    return {
        str(key): sorted(each.to_pydatetime() for each in rows)
        for key, rows in backups.groupby("resource_id", sort=False)["created_at"]
    }


def _names_in(backups: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Return the name and type of each resource that has backups."""
    found = backups[["resource_id", "resource_name", "resource_type"]]
    rows = found.drop_duplicates("resource_id").itertuples(index=False, name=None)
    return {str(each): (name, kind) for each, name, kind in rows}


def _existing(
    session: Context, types: Collection[str | None], chosen: TagChoice
) -> dict[str | None, dict[str, dict[str, str]] | None]:
    """Return the resources of each type, by ID with their tags; ``None`` where one may not list.

    Who asks for tags needs them; else they only say what still exists.
    """
    ask = listed if chosen else listed_if_permitted
    kinds = sorted({KIND_OF[each] for each in types if each in KIND_OF})
    rows = {kind: ask(session, kind) for kind in kinds}
    tags = {
        kind: None if found is None else {row.id: tags_of(row) for row in found}
        for kind, found in rows.items()
    }
    return {each: tags[KIND_OF[each]] for each in types if each in KIND_OF}


def gaps(
    session: Context,
    *,
    days: int = 7,
    tags: Tags = None,
    backups: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the runs of policies that left a resource without a good backup.

    What a gap is says :meth:`recovery_points`, which counts them; a resource that never
    had a good backup has none, ``unprotected()`` lists it.

    The service does not tell what a policy or a vault was like earlier, so past days are
    held against the policies and vaults of today: after a policy was changed, or a resource
    was moved, days before it may show gaps that were none then, or hide some.

    Args:
        days: how many days to look back, 1 to 36500.
        tags: only resources with these tags, as in :meth:`resources`.
        backups: ``session.backups(status="available")``, where that was asked already: for
            several answers from one reading. Asked for if left out.

    Returns:
        The columns of ``cbr.schema("gaps")``, the newest first.

    Raises:
        InvalidRequest: ``days`` is out of range, ``tags`` cannot be read, or ``backups`` are not
            the good ones.

    API: Backup, "Querying All Backups"; Vault; Policy.

    Example:
        >>> sorted(set(session.gaps(days=7)["resource_name"]))
        ['db-02']
    """
    check_days(days)
    chosen = TagChoice(session, tags)
    vaults = vaults_by_resource(session)
    policies = backup_policies(session)
    moments = _moments(recovery_backups(session, backups))
    rows = [
        SimpleNamespace(
            resource_id=resource.id, resource_name=resource.name, missed_at=api_text(run),
            policy_id=policy.id, policy_name=policy.name,
            vault_id=vault.id, vault_name=vault.name,
        )
        for vault in {each.id: each for each in vaults.values()}.values()
        for policy in policies.get(vault.id, ()) if policy.enabled
        for resource in vault.resources or () if chosen.resource(resource.id)
        for run in missed_runs(policy, moments.get(resource.id, []), session.now, days)
    ]  # fmt: skip
    rows.sort(key=lambda row: (row.missed_at or "", row.resource_name or ""), reverse=True)
    return chosen.answer(frames.GAPS, rows, {"days": days})
