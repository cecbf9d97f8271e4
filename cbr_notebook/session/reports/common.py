"""What several reports read: good backups, policies by vault, vaults by resource."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import pandas as pd

from cbr_notebook import frames
from cbr_notebook.api.messages.constants import ResourceKind
from cbr_notebook.api.messages.records import (
    Backup,
    Policy,
    Protectable,
    RestorePoint,
    Vault,
)
from cbr_notebook.errors import InvalidRequest, NotFound, NotOffered
from cbr_notebook.session.context import Context
from cbr_notebook.session.permission_gaps import those_permitted
from cbr_notebook.session.queries import lists
from cbr_notebook.session.tables import describe
from cbr_notebook.text.timeparse import (
    LONGEST,
)

T = TypeVar("T")
_WORKERS = 8
HOUR = timedelta(hours=1)
_SAFETY_DESCRIPTION = ("safety backup before a restore", "before a restore")
_SAFETY_NAME = re.compile(r"before-.*\d{8}-\d{6}(-\d+)?")


def vaults_by_resource(session: Context) -> dict[str, Vault]:
    """Return the vault that each resource is backed up to, by the resource's ID.

    A vault for replicas lists resources, too; nothing of them is backed up there.
    """
    return {
        resource.id: vault
        for vault in session.client.vaults.list_all()
        if vault.billing is None or vault.billing.protect_type != "replication"
        for resource in vault.resources or ()
    }


def good_backups(session: Context, backups: pd.DataFrame | None) -> pd.DataFrame:
    """Return the good backups: those that were given, if that is what they are, else asked for.

    Raises:
        InvalidRequest: something else was given.
    """
    if backups is None:
        return lists.backups(session, status="available")
    attrs = getattr(backups, "attrs", {})
    if attrs.get("project_id") != session.identity.project_id or (
        *map(attrs.get, ("resource", "filters", "limit")),
    ) != ("backups", {"status": "available"}, None):
        raise InvalidRequest(
            "These are not all good backups of this project.",
            field="backups",
            advice='Give session.backups(status="available"), or leave them out.',
        )
    return backups


def listed_by_kind(
    session: Context, kinds: Iterable[ResourceKind]
) -> dict[ResourceKind, dict[str, Protectable]]:
    """Return the resources of each kind that one may list, by their IDs.

    Raises:
        PermissionDenied: one may list none of the kinds.
    """
    asks = {
        kind: partial(lambda one: list(session.client.protectables.list_all(one)), kind)
        for kind in kinds
    }
    found = those_permitted({f"Resources ({kind})": ask for kind, ask in asks.items()})
    return {
        kind: {row.id: row for row in found[f"Resources ({kind})"]}
        for kind in asks
        if f"Resources ({kind})" in found
    }


def recovery_backups(session: Context, backups: pd.DataFrame | None) -> pd.DataFrame:
    """Return the good backups that one may want to go back to: without safety backups.

    Raises:
        InvalidRequest: something else than the good backups was given.
    """
    good = good_backups(session, backups)
    made_first = [
        is_safety_backup(*(value if isinstance(value, str) else None for value in row))
        for row in zip(good["name"], good["description"], strict=True)
    ]
    return good[~pd.Series(made_first, index=good.index, dtype=bool)]


def is_safety_backup(name: str | None, description: str | None) -> bool:
    """Whether a backup was made by a restore, of what it was about to overwrite."""
    told: bool = (description or "").startswith(_SAFETY_DESCRIPTION)
    return told or _SAFETY_NAME.fullmatch(name or "") is not None


def own_backups(session: Context) -> Iterator[Backup]:
    """Return the backups as records, without replicas; a reading takes them from all it read."""
    asked: dict[str, Any] = {} if session.client.transport.reads_once else {"image_type": "backup"}
    return (
        each
        for each in session.client.backups.list_all(**asked)
        if not asked or each.image_type == "backup"
    )


def backup_policies(session: Context) -> dict[str, list[Policy]]:
    """Return the backup policies of each vault."""
    found: dict[str, list[Policy]] = {}
    for policy in session.client.policies.list().policies:
        if policy.operation_type != "backup":
            continue
        for applied in policy.associated_vaults or ():
            found.setdefault(applied.vault_id, []).append(policy)
    return found


def answer(
    session: Context, schema: frames.Schema, rows: Sequence[Any], asked: dict[str, Any], before: int
) -> pd.DataFrame:
    """Return a report's rows as a DataFrame that says what was asked."""
    return describe(session, schema, schema.frame(rows), asked, before)


def check_days(days: Any, most: int = LONGEST.days) -> None:
    """Check a number of days to look back.

    Raises:
        InvalidRequest: it is out of range.
    """
    try:
        number = 0 if isinstance(days, bool) else operator.index(days)
    except TypeError:
        number = 0
    if not 1 <= number <= most:
        raise InvalidRequest(
            f"days must be 1 to {most}, a whole number, not {days!r}.",
            advice="Leave it out, or choose fewer.",
            field="days",
        )


def hours_since(now: datetime, then: datetime | None) -> int | None:
    """Return the whole hours since a moment."""
    return None if then is None else int((now - then) / HOUR)


def api_text(moment: datetime | None) -> str | None:
    """Return a moment as the service writes its times, to the microsecond."""
    return None if moment is None else moment.replace(tzinfo=None).isoformat()


def restore_points(session: Context, ids: Iterable[str]) -> list[RestorePoint]:
    """Return restore points, several asked for at once; one that is gone is left out."""

    def show(point_id: str) -> RestorePoint | None:
        try:
            return session.client.restore_points.show(point_id)
        except NotOffered:
            raise
        except NotFound:
            return None

    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="cbr-points") as pool:
        return [point for point in pool.map(show, dict.fromkeys(ids)) if point is not None]
