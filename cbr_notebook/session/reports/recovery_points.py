"""The newest and oldest good backup of each resource, and the runs that left none."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace

import pandas as pd

from cbr_notebook import frames
from cbr_notebook.api.messages.constants import KIND_OF, ResourceKind
from cbr_notebook.frames.resources import tags_of
from cbr_notebook.schedule.gaps import missed_runs
from cbr_notebook.schedule.runs import tells_runs
from cbr_notebook.session.context import Context
from cbr_notebook.session.permission_gaps import if_permitted
from cbr_notebook.session.reports.common import (
    HOUR,
    answer,
    api_text,
    backup_policies,
    check_days,
    hours_since,
    recovery_backups,
    vaults_by_resource,
)
from cbr_notebook.session.tag_filters import TagChoice, Tags
from cbr_notebook.text.timeparse import (
    DurationLike,
    parse_duration,
)


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
    before = session.client.transport.requests
    seen = if_permitted("Vaults", partial(vaults_by_resource, session))
    vaults = seen or {}
    policies = if_permitted("Policies", partial(backup_policies, session))
    runs_seen = seen is not None and policies is not None
    backups = recovery_backups(session, backups)
    by_resource = {str(key): rows for key, rows in backups.groupby("resource_id", sort=False)}
    names = {
        resource.id: (resource.name, resource.type)
        for vault in vaults.values()
        for resource in vault.resources or ()
    }
    types = {kind for _, kind in names.values()} | set(backups["resource_type"].dropna())
    there = {
        # Only the tags that are asked for need them; else they say what still exists.
        kind: _tags(session, kind)
        if chosen
        else if_permitted(f"Resources ({kind})", partial(_tags, session, kind))
        for kind in sorted({KIND_OF[each] for each in types if each in KIND_OF})
    }
    rows = []
    for each in dict.fromkeys([*names, *by_resource]):
        good = by_resource.get(each)
        moments = [] if good is None else sorted(good["created_at"])
        newest = moments[-1].to_pydatetime() if moments else None
        if each in names:
            name, kind = names[each]
        else:
            assert good is not None
            name, kind = good["resource_name"].iloc[0], good["resource_type"].iloc[0]
        listed = there.get(KIND_OF[kind]) if kind in KIND_OF else None
        exists = None if listed is None else each in listed
        mine_tags = (listed or {}).get(each, {})
        if chosen and not chosen.matches(mine_tags):
            continue
        vault = vaults.get(each)
        mine = [p for p in (policies or {}).get(vault.id if vault else "", []) if p.enabled]
        taken = [moment.to_pydatetime() for moment in moments]
        missed = sum(len(missed_runs(p, taken, session.now, days)) for p in mine)
        in_time = newest is not None and session.now - newest <= allowed
        rows.append(
            SimpleNamespace(
                id=each, name=name, type=kind, vault_name=vault.name if vault else None,
                backups=len(moments), newest=api_text(newest),
                oldest=api_text(moments[0].to_pydatetime() if moments else None),
                age_hours=hours_since(session.now, newest),
                target_hours=int(allowed / HOUR),
                within_target=_is_met(in_time, exists, known=kind in KIND_OF),
                exists=exists,
                gaps=missed if runs_seen and all(map(tells_runs, mine)) else None,
                tags=mine_tags,
            )
        )  # fmt: skip
    rows.sort(key=lambda row: (row.newest or "", row.name or ""))
    asked = {"target": str(target), "days": days}
    return chosen.noted(answer(session, frames.RECOVERY_POINTS, rows, asked, before))


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


def _tags(session: Context, kind: ResourceKind) -> dict[str, dict[str, str]]:
    """Return the resources of a kind by ID, with their tags."""
    return {row.id: tags_of(row) for row in session.client.protectables.list_all(kind)}


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
    before = session.client.transport.requests
    vaults = vaults_by_resource(session)
    policies = backup_policies(session)
    good = recovery_backups(session, backups)
    moments = {
        str(key): sorted(each.to_pydatetime() for each in rows)
        for key, rows in good.groupby("resource_id", sort=False)["created_at"]
    }
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
    return chosen.noted(answer(session, frames.GAPS, rows, {"days": days}, before))
