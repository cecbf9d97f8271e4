"""What retention will delete, and what a change of a policy would."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import msgspec
import pandas as pd

from cbr_notebook import frames
from cbr_notebook.api.messages.constants import KIND_OF
from cbr_notebook.api.messages.records import Policy, Vault, VaultResource
from cbr_notebook.schedule import retention
from cbr_notebook.schedule.retention import Retention
from cbr_notebook.schedule.runs import known_runs
from cbr_notebook.session.context import Context
from cbr_notebook.session.filters import check_days
from cbr_notebook.session.operations.policy_change import PolicyChange
from cbr_notebook.session.permission_gaps import if_permitted
from cbr_notebook.session.protection import backup_policies
from cbr_notebook.session.references import ResourceRef, display_name
from cbr_notebook.session.resource_lists import listed_if_permitted
from cbr_notebook.session.retention_backups import group_backups
from cbr_notebook.session.tag_filters import TagChoice, Tags
from cbr_notebook.text.formatting import pluralize
from cbr_notebook.text.notes import note
from cbr_notebook.text.timeparse import api_text

_MOST_DAYS = 3660
_KEPT = ("backup", "replication")
"""The kinds of images that retention deletes."""


def retention_preview(session: Context, *, days: int = 7, tags: Tags = None) -> pd.DataFrame:
    """Return the backups that retention will delete in the coming days, when, and by which rule.

    The runs of the policies until then are taken to make good backups. Backups that an image
    was made of stay longer than it says here: the service does not tell of them. Of replicas, whose
    policy is that of another project, expiry dates alone are told. Where one may not
    list policies or vaults, expiry dates alone are told; where one may not list servers or
    disks, ``rule`` says what holds only if they still exist.

    Args:
        days: how many days ahead, 1 to 3660.
        tags: only resources with these tags, as in :meth:`resources`.

    Returns:
        The columns of ``cbr.schema("retention_preview")``, in order of time.

    Raises:
        InvalidRequest: ``days`` is out of range, or ``tags`` cannot be read.

    API: Backup, "Querying All Backups"; Vault; Policy.

    Example:
        >>> sorted(set(session.retention_preview(days=2)["rule"]))
        ['its expiry date', 'max_backups: 14']
    """
    check_days(days, _MOST_DAYS)
    chosen = TagChoice(session, tags)
    now = session.now
    until = now + timedelta(days=days)
    listed = [e for e in session.client.backups.list_all() if e.image_type in _KEPT]
    replicas = {each.id for each in listed if each.image_type == "replication"}
    _note_undated(sum(each.id in replicas and not each.expired_at for each in listed))
    seen = if_permitted("Vaults", lambda: list(session.client.vaults.list_all()))
    vaults = {each.id: each for each in seen or ()}
    policies = if_permitted("Policies", partial(backup_policies, session))
    names = {each.id: each.name for each in listed}
    there = _existing(session, {each.resource_type or "" for each in listed})
    rows = []
    for (vault_id, resource_id), (resource, made) in group_backups(listed).items():
        if not chosen.resource(resource_id):
            continue
        vault, policy = vaults.get(vault_id), _policy_of((policies or {}).get(vault_id, ()))
        if seen is None or policies is None or any(each.id in replicas for each in made):
            found = _by_date_alone(made, now, until)
        else:
            found = _removals(vault, policy, resource_id, made, now, until, there)
        for gone in found:
            if gone.backup.id in names:
                rows.append(
                    SimpleNamespace(
                        id=gone.backup.id, name=names[gone.backup.id], resource_id=resource_id,
                        resource_name=resource, vault_id=vault_id,
                        vault_name=vault.name if vault else None,
                        created_at=api_text(gone.backup.at), deleted_at=api_text(gone.at),
                        rule=gone.rule, policy_name=policy.name if policy else None,
                    )
                )  # fmt: skip
    rows.sort(key=lambda row: (row.deleted_at, row.created_at, row.id))
    return chosen.answer(frames.RETENTION_PREVIEW, rows, {"days": days})


def _note_undated(replicas: int) -> None:
    """Note how many replicas there are of which nobody here knows how long they are kept."""
    if replicas:
        note(
            f"{pluralize(replicas, 'replica')} without an expiry date: how many are kept says the "
            "policy that replicates them, in the project that they come from."
        )


def what_if(
    session: Context,
    policy: ResourceRef,
    *,
    ahead_days: int = 365,
    tags: Tags = None,
    **change: Any,
) -> pd.DataFrame:
    """Return what a change of a policy would keep and delete; sends nothing that changes anything.

    The runs ahead are taken to make good backups, each as large as one is now on average.

    Args:
        policy: which one.
        ahead_days: how many days to look ahead, 1 to 3660.
        tags: only of resources that have these tags today, as in :meth:`resources`.
        change: in the words of ``update_policy``: ``retention_days``, ``max_backups``, ``days``
            of the week, ``times``, ``enabled``, ….

    Returns:
        The columns of ``cbr.schema("what_if")``: numbers and MB before and after.

    Raises:
        InvalidRequest: ``ahead_days`` is out of range, the change is not valid, or ``tags``
            cannot be read.
        NotFound: there is no such policy.

    API: Policy, "Querying a Policy"; Backup, "Querying All Backups"; Vault.

    Example:
        >>> change = session.what_if("daily-0300", retention_days=14, ahead_days=30)
        >>> int(change["kept_after"].sum()) < int(change["kept_before"].sum())
        True
    """
    check_days(ahead_days, _MOST_DAYS)
    chosen = TagChoice(session, tags)
    planned = PolicyChange.of(session, policy, change, also=("ahead_days", "tags"))
    now = session.now
    until = now + timedelta(days=ahead_days)
    was, would = Retention.of(planned.before), Retention.of(planned.definition)
    runs_was = known_runs(planned.policy, now, until) if planned.policy.enabled else []
    runs_would = planned.runs(now, until) if planned.enabled else []
    rows = []
    for applied in planned.policy.associated_vaults or ():
        vault = session.client.vaults.show(applied.vault_id)
        present = {each.id: each for each in vault.resources or ()}
        there = _existing(session, {each.type or "" for each in vault.resources or ()})
        listed = session.client.backups.list_all(image_type="backup", vault_id=vault.id)
        kept = {resource: found for (_, resource), found in group_backups(listed).items()}
        for resource_id in filter(chosen.resource, dict.fromkeys([*present, *kept])):
            member = present.get(resource_id)
            name, made = kept.get(resource_id, (member and display_name(member), []))
            goes_on = member is not None and there(member)
            look = partial(_end, made, now=now, until=until, goes_on=goes_on, vault=vault)
            gone_was, left_was = look(was, runs_was)
            gone_would, left_would = look(would, runs_would, changed=planned.defines)
            each_mb = _average_mb(member, len(made))
            rows.append(
                SimpleNamespace(
                    resource_id=resource_id, resource_name=name, vault_id=vault.id,
                    vault_name=vault.name, backups=len(made), deleted_before=gone_was,
                    deleted_after=gone_would, kept_before=left_was, kept_after=left_would,
                    kept_mb_before=_megabytes(left_was, each_mb),
                    kept_mb_after=_megabytes(left_would, each_mb),
                )
            )  # fmt: skip
    asked = {"policy_id": planned.policy.id, "ahead_days": ahead_days, **change}
    return chosen.answer(frames.WHAT_IF, rows, asked)


def _end(
    made: Sequence[retention.Backup],
    rule: Retention,
    runs: Sequence[datetime],
    *,
    now: datetime,
    until: datetime,
    goes_on: bool | None,
    vault: Vault,
    changed: bool = False,
) -> tuple[int | None, int | None]:
    """Return how many of the backups of today go, and how many there are in the end.

    A number is ``None`` if it depends on whether the runs go on, and nobody knows (``goes_on``).
    """
    today = {each.id for each in made}
    going, staying = set(), set()
    for runs_on in (True, False) if goes_on is None else (goes_on,):
        ahead, locked = runs if runs_on else [], bool(vault.locked)
        gone, left = retention.removals(
            made, rule, ahead, now, until, locked=locked, changed=changed
        )
        going.add(sum(each.backup.id in today for each in gone))
        staying.add(len(left))
    return _only(going), _only(staying)


def _only(numbers: Collection[int]) -> int | None:
    """Return the number, if there is but one."""
    return next(iter(numbers)) if len(numbers) == 1 else None


def _megabytes(number: int | None, each_mb: float | None) -> int | None:
    return None if number is None or each_mb is None else round(number * each_mb)


def _existing(session: Context, types: Collection[str]) -> Callable[[VaultResource], bool | None]:
    """Return what says whether a policy can go on backing up a resource of a vault.

    It cannot if the service does not list the resource any more, or if the vault leaves it out of
    what policies do. Of types that it has no list of all are taken to exist; of those that one may
    not list it is not known (``None``).
    """
    ids = {
        each: None if rows is None else {row.id for row in rows}
        for each in sorted(types)
        if each in KIND_OF
        for rows in [listed_if_permitted(session, KIND_OF[each])]
    }

    def exists(member: VaultResource) -> bool | None:
        if member.auto_protect is False or member.type not in ids:
            return member.auto_protect is not False
        there = ids[member.type]
        return None if there is None else member.id in there

    return exists


def _by_date_alone(
    made: Sequence[retention.Backup], now: datetime, until: datetime
) -> list[retention.Removal]:
    """Return the backups that expire, where it is not known what policies and vaults say."""
    dated = [each for each in made if each.expires is not None and not each.failed]
    gone, _ = retention.removals(dated, None, [], now, until)
    return [replace(each, rule=f"{each.rule}, unless its policy keeps it") for each in gone]


def _policy_of(policies: Sequence[Policy]) -> Policy | None:
    return policies[0] if policies else None


def _removals(
    vault: Vault | None,
    policy: Policy | None,
    resource_id: str,
    made: Sequence[retention.Backup],
    now: datetime,
    until: datetime,
    there: Callable[[VaultResource], bool | None],
) -> list[retention.Removal]:
    """Return what goes of a resource's backups in a vault."""
    definition = policy.operation_definition if policy else None
    rule = Retention.of(msgspec.to_builtins(definition)) if definition else None
    members = (vault.resources if vault else None) or ()
    # A policy goes on making backups only of what is in its vault, and still exists.
    goes_on = next((there(each) for each in members if each.id == resource_id), False)
    runs = known_runs(policy, now, until) if policy and policy.enabled else []
    locked = bool(vault and vault.locked)

    def removed(ahead: Sequence[datetime]) -> list[retention.Removal]:
        return retention.removals(made, rule, ahead, now, until, locked=locked)[0]

    if goes_on is not None:
        return removed(runs if goes_on else [])
    surely = removed([])
    return [
        each if each in surely else replace(each, rule=f"{each.rule}, if it still exists")
        for each in removed(runs)
    ]


def _average_mb(member: Any, backups: int) -> float | None:
    """Return what a backup of a resource takes on average; ``None`` if it is not told."""
    if member is None or member.backup_size is None:
        return None
    number = member.backup_count or backups
    return float(member.backup_size) / number if number else None
