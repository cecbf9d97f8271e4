"""How much changed from one backup of a resource to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median_low
from types import SimpleNamespace
from typing import Any

import pandas as pd

from cbr_notebook import frames
from cbr_notebook.api.records import Backup
from cbr_notebook.errors import InvalidRequest, NotFound
from cbr_notebook.session.context import Context
from cbr_notebook.session.lookup import find_backup, find_resource
from cbr_notebook.session.queries import lists
from cbr_notebook.session.references import (
    ResourceRef,
    ids_or_names,
)
from cbr_notebook.session.reports.common import answer, restore_points
from cbr_notebook.session.resource_types import DISK
from cbr_notebook.text.timeparse import (
    TimeLike,
    parse_time,
)

_WORKERS = 8
_FEWEST = 3
"""So many other backups it takes to say what is usual."""
_FEWEST_WHOLE = 2
"""So many, where their sizes are exact, are asked before the others."""
_TIMES = 5.0
_LEAST_MB = 10
_LIVED_WITH = timedelta(days=7)
"""A jump so long before the newest backup says nothing about now."""


def changed_data(session: Context, resource: ResourceRef, *, newest: int = 60) -> pd.DataFrame:
    """Estimate how much data changed from each backup of a resource to the next.

    The service does not tell the size of a single backup. Each restore point tells, though,
    what the resource's backups took when it was made; the difference to the next one is
    what a backup added, less what was deleted in between. Encryption by malware rewrites
    most of a disk, and shows as a jump: a day's changes five times the median of those of the
    other incremental backups, and at least 10 MB. It is a reason to look, and no proof.

    Args:
        resource: a server, disk or file system, also one that exists no more.
        newest: how many of its newest backups to look at; a request for each.

    Returns:
        The columns of ``cbr.schema("changed_data")``, newest first; ``changed_mb`` is
        missing where the service does not tell.

    Raises:
        NotFound: there is no such resource and no backup of one.
        InvalidRequest: a name fits several resources.

    API: Restore Point, "Querying a Specified Restore Point"; Backup, "Querying All
    Backups"; Vault, "Querying a Specified Vault".
    """
    before = session.client.transport.requests
    table = lists.backups(session, resource=resource, image_type="backup")
    if table.empty:
        find_resource(session, resource)
    table = _of_one(table[table["parent_id"].isna()], resource).head(newest)
    points = restore_points(session, table["checkpoint_id"].dropna())
    sizes = {
        (point.id, each.id): _Size(int(each.backup_size or 0), int(each.backup_count or 0))
        for point in points
        for each in (point.vault.resources if point.vault else None) or ()
        if each.backup_size is not None
    }
    rows = []
    for (resource_id, vault_id), made in table.groupby(["resource_id", "vault_id"], sort=False):
        following, at = _size_now(session, str(vault_id), str(resource_id)), session.now
        for backup in made.to_dict("records"):
            size = sizes.get((str(backup["checkpoint_id"]), str(resource_id)))
            row = _Row(backup)
            if size is not None and following is not None:
                row.changed = max(0, following.megabytes - size.megabytes)
                row.days = max(1.0, (at - backup["created_at"]) / timedelta(days=1))
                row.whole = following.backups > size.backups
            rows.append(row)
            following, at = size, backup["created_at"]
    _mark(rows)
    rows.sort(key=lambda row: row.backup["created_at"], reverse=True)
    answers = [
        SimpleNamespace(
            backup_id=row.backup["id"],
            backup_name=row.backup["name"],
            resource_id=row.backup["resource_id"],
            vault_id=row.backup["vault_id"],
            created_at=row.backup["created_at"].tz_localize(None).isoformat(),
            incremental=bool(row.backup["incremental"]),
            changed_mb=row.changed,
            usual_mb=row.usual,
            jump=row.jump,
        )
        for row in rows
    ]
    return answer(session, frames.CHANGED_DATA, answers, {"newest": newest}, before)


def last_clean_backup(
    session: Context, resource: ResourceRef, *, before: TimeLike | None = None
) -> Backup:
    """Return the newest good backup that shows no sign of an infection.

    That is the newest one before the jump of the last days, if :meth:`changed_data` shows
    one. A jump of long ago, after which all went on as usual, has been lived with.

    Args:
        resource: a server, disk or file system, also one that exists no more.
        before: only backups made before this: a time, or ``12h``.

    Raises:
        NotFound: there is no such backup.
        InvalidRequest: the time cannot be read, or a name fits several resources.

    API: Restore Point, "Querying a Specified Restore Point"; Backup, "Querying a Specified
    Backup".
    """
    until = session.now if before is None else parse_time(before, session.now, "before")
    changes = changed_data(session, resource)
    good = set(lists.backups(session, resource=resource, status="available")["id"])
    found = [
        row for row in changes.to_dict("records") if row["created_at"].to_pydatetime() <= until
    ]
    at = newest_clean(
        [
            (row["created_at"].to_pydatetime(), row["backup_id"] in good, bool(row["jump"]))
            for row in found
        ]
    )
    if at is None:
        what = ", ".join(ids_or_names(resource, "resource"))
        raise NotFound(
            f"There is no clean backup of {what} from before {until:%Y-%m-%d %H:%M} UTC.",
            advice="session.changed_data(...) shows all of them, and where they jump.",
        )
    return find_backup(session, str(found[at]["backup_id"]))


def _size_now(session: Context, vault_id: str, resource_id: str) -> _Size | None:
    """Return what the backups of a resource in a vault take now."""
    try:
        vault = session.client.vaults.show(vault_id)
    except NotFound:
        return None
    for each in vault.resources or ():
        if each.id == resource_id and each.backup_size is not None:
            return _Size(int(each.backup_size), int(each.backup_count or 0))
    return None


def _of_one(table: pd.DataFrame, resource: ResourceRef) -> pd.DataFrame:
    """Leave only the backups of the resource that is meant, where it was named by its name.

    A server's system disk often bears the server's name: then the server is meant.

    Raises:
        InvalidRequest: the name fits several resources, such as a server and an earlier one.
    """
    names = ids_or_names(resource, "resource")
    if len(names) != 1 or table["resource_id"].nunique() < 2:
        return table
    disks = table["resource_type"] == DISK
    table = table if disks.all() else table[~disks]
    newest = table.groupby("resource_id", sort=False)["created_at"].max()
    found = list(newest.items())
    if len(found) > 1:
        listed = ", ".join(
            f"{each} (newest {at:%Y-%m-%d %H:%M} UTC)" for each, at in newest.items()
        )
        raise InvalidRequest(
            f"The name {names[0]!r} fits {len(found)} resources with backups.",
            advice=f"Give an ID: {listed}.",
            field="resource",
        )
    return table


def newest_clean(found: Sequence[tuple[datetime, bool, bool]]) -> int | None:
    """Return the place of the newest good backup before the jump of the last days.

    Args:
        found: of each backup, newest first: its moment, whether it can be restored, and whether
            it is a jump.
    """
    recent = [at for at, _, _ in found if found[0][0] - at <= _LIVED_WITH]
    jumps = [place for place in range(len(recent)) if found[place][2]]
    begin = jumps[0] + 1 if jumps else 0
    while 0 < begin < len(found) and found[begin][2]:
        begin += 1  # an infection may take several nights
    return next((place for place in range(begin, len(found)) if found[place][1]), None)


@dataclass(frozen=True, slots=True)
class _Size:
    """What the backups of a resource take at a moment."""

    megabytes: int
    backups: int


@dataclass(slots=True)
class _Row:
    backup: dict[Any, Any]
    changed: int | None = None
    days: float = 1.0
    """Until the next restore point: those in between may be deleted by now, and count here."""
    whole: bool = False
    """Whether nothing was deleted meanwhile, which would make it look smaller."""
    usual: float | None = None
    jump: bool = False

    @property
    def comparable(self) -> bool:
        """Whether its size is known, and not that of everything."""
        return self.changed is not None and bool(self.backup["incremental"])

    @property
    def a_day(self) -> float:
        """What changed a day, in MB."""
        return (self.changed or 0) / self.days


def _mark(rows: list[_Row]) -> None:
    """Mark what stands out among the incremental backups."""
    for row in rows:
        others = [each for each in rows if each is not row and each.comparable]
        if not row.comparable or len(others) < _FEWEST:
            continue
        whole = [each for each in others if each.whole]
        usual = median_low(
            each.a_day for each in (whole if len(whole) >= _FEWEST_WHOLE else others)
        )
        row.usual = usual * row.days
        row.jump = (row.changed or 0) >= _LEAST_MB and row.a_day >= _TIMES * usual
