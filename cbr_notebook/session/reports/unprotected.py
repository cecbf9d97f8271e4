"""Which resources are not protected as they should be, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from types import SimpleNamespace

import pandas as pd

from cbr_notebook import frames
from cbr_notebook.api.messages import validate
from cbr_notebook.api.messages.constants import COMMON_KINDS, ResourceKind
from cbr_notebook.api.messages.records import Policy, Protectable, Vault, VaultResource
from cbr_notebook.frames.resources import tags_of
from cbr_notebook.schedule.gaps import last_due
from cbr_notebook.schedule.runs import tells_runs
from cbr_notebook.session.context import Context
from cbr_notebook.session.disk_choice import excluded_disks
from cbr_notebook.session.permission_gaps import if_permitted
from cbr_notebook.session.protection import backup_policies, vaults_by_resource
from cbr_notebook.session.queries.good_backups import recovery_backups
from cbr_notebook.session.resource_lists import listed, listed_by_kind
from cbr_notebook.session.tag_filters import TagChoice, Tags
from cbr_notebook.text.timeparse import DurationLike, api_text, hours_since, parse_duration


def unprotected(
    session: Context,
    kind: ResourceKind | None = None,
    *,
    target: DurationLike | None = "7d",
    tags: Tags = None,
    backups: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the servers, disks and file systems that are not protected as they should be.

    A resource is listed with the first of these reasons that holds: it is ``in no vault``;
    its vault has ``no backup policy``; each of them is off (``policy is off``); it is
    ``suspended in its vault``, whose policy passes it over; it has
    ``no good backup`` (one that is available); its ``last good backup is too old``. A disk
    that is attached to a server is looked at with its server, unless it is in a vault
    itself. Where one may not list policies or backups, what could be protected is listed, too:
    ``its policies could not be seen``, ``its backups could not be seen``.

    Args:
        kind: ``server``, ``disk`` or ``turbo``; the three if left out.
        target: the age that the last good backup may have: ``24h``, ``7d``. With ``None`` each
            resource is judged by its own schedule: its last good backup is too old if the last
            run of its policies, but for the last hour, left none.
        tags: only resources with these tags, as in :meth:`resources`.
        backups: ``session.backups(status="available")``, where that was asked already: for
            several answers from one reading. Asked for if left out.

    Returns:
        The columns of ``cbr.schema("unprotected")``.

    Raises:
        InvalidRequest: the target is not a length of time, there is no such kind, ``tags``
            cannot be read, or ``backups`` are not the good ones.

    API: Protectable, "Querying Protectable Resources"; Vault; Policy; Backup.

    Example:
        >>> session.unprotected("server")[["name", "reason"]].head(2).values.tolist()
        [['legacy-01', 'in no vault'], ['build-01', 'policy is off']]
    """
    chosen = TagChoice(session, tags)
    allowed = None if target is None else session.now - parse_duration(target, "target")
    kinds = COMMON_KINDS if kind is None else (kind,)
    validate.one_of(kind, tuple(COMMON_KINDS), "kind")
    vaults = vaults_by_resource(session)
    by_kind = listed_by_kind(session, kinds)
    if "server" in kinds:
        servers = by_kind.get("server")
    else:
        servers = if_permitted("Servers", partial(listed, session, "server"))
    policies = if_permitted("Policies", partial(backup_policies, session))
    good = if_permitted("Backups", partial(recovery_backups, session, backups))
    newest = None if good is None else _newest(good)
    members = {r.id: r for vault in vaults.values() for r in vault.resources or ()}
    left_out = _left_out(servers or (), vaults, members)
    with_server = {disk.id for each in servers or () for disk in each.children or ()}
    passed_over = with_server - vaults.keys() - left_out.keys()
    rows = []
    for each, row in ((each, row) for each, found in by_kind.items() for row in found):
        if row.id in passed_over or not chosen.record(row):
            continue
        vault = left_out.get(row.id) or vaults.get(row.id)
        last = (newest or {}).get(row.id)
        mine = None if policies is None else policies.get(vault.id, []) if vault else []
        oldest = last_due(mine or (), session.now) if allowed is None else allowed
        if row.id in left_out:
            reason: str | None = "left out of its server's backups"
        elif vault is None:
            unseen = each == "disk" and servers is None
            reason = "in no vault itself; its server could not be seen" if unseen else "in no vault"
        else:
            seen = newest is not None
            reason = _reason(members.get(row.id), mine, last, oldest, backups_seen=seen)
        if reason is not None:
            rows.append(
                SimpleNamespace(
                    id=row.id, name=row.name, type=row.type, size_gb=row.size, reason=reason,
                    vault_id=vault.id if vault else None,
                    vault_name=vault.name if vault else None,
                    newest=api_text(last), age_hours=hours_since(session.now, last),
                    tags=tags_of(row),
                )
            )  # fmt: skip
    asked = {"kind": kind, "target": None if target is None else str(target)}
    return chosen.answer(frames.UNPROTECTED, rows, asked)


def _left_out(
    servers: Iterable[Protectable],
    vaults: Mapping[str, Vault],
    members: Mapping[str, VaultResource],
) -> dict[str, Vault]:
    """Return the vaults that leave out disks of their servers, by the disk's ID."""
    return {
        disk.id: vaults[server.id]
        for server in servers
        if server.id in vaults
        for disk in excluded_disks(server, members[server.id])
        if disk.id not in vaults
    }


def _reason(
    member: VaultResource | None,
    policies: Sequence[Policy] | None,
    last: datetime | None,
    oldest: datetime | None,
    *,
    backups_seen: bool,
) -> str | None:
    """Return why a resource that is in a vault is not protected; ``None`` if it is."""
    if policies is not None and not policies:
        return "no backup policy"
    if policies and not any(policy.enabled for policy in policies):
        return "policy is off"
    if member is not None and member.auto_protect is False:
        return "suspended in its vault"
    if policies is None:
        return "its policies could not be seen"
    if not any(policy.enabled and tells_runs(policy) for policy in policies):
        return "when its policy runs is not known"
    if not backups_seen:
        return "its backups could not be seen"
    if last is None:
        return "no good backup"
    return "last good backup is too old" if oldest is not None and last < oldest else None


def _newest(backups: pd.DataFrame) -> dict[str, datetime]:
    found = backups.groupby("resource_id")["created_at"].max()
    return {str(resource): moment.to_pydatetime() for resource, moment in found.items()}
