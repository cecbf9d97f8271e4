"""How much changed from one backup of a resource to the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from statistics import median_low
from types import SimpleNamespace
from typing import Any

import pandas as pd

from cbr_notebook import frames
from cbr_notebook.api.messages.constants import DISK
from cbr_notebook.api.messages.records import Vault
from cbr_notebook.errors import InvalidRequest, NotFound, NotOffered
from cbr_notebook.session.context import Context
from cbr_notebook.session.filters import check_limit
from cbr_notebook.session.lookup import find_resource
from cbr_notebook.session.permission_gaps import if_permitted
from cbr_notebook.session.queries import lists
from cbr_notebook.session.references import ResourceRef, ids_or_names
from cbr_notebook.session.reports.growth.point_sizes import Size, restore_points, sizes
from cbr_notebook.session.tag_filters import TagChoice, Tags

_FEWEST = 3
"""So many other backups it takes to say what is usual."""
_FEWEST_WHOLE = 2
"""So many, where their sizes are exact, are asked before the others."""
TIMES = 5.0
LEAST_MB = 10


def changed_data(
    session: Context, resource: ResourceRef, *, newest: int = 60, tags: Tags = None
) -> pd.DataFrame:
    """Estimate how much data changed from each backup of a resource to the next.

    The service does not tell the size of a single backup. Each restore point tells, though,
    what the resource's backups took when it was made; the difference to the next one is
    what a backup added, less what was deleted in between. Encryption by malware rewrites
    most of a disk, and shows as a jump: a day's changes five times the median of those of the
    other incremental backups, and at least 10 MB. It is a reason to look, and no proof.

    Args:
        resource: a server, disk or file system, also one that exists no more.
        newest: how many of its newest backups to look at; a request for each.
        tags: only if the resource has these tags today, as in :meth:`resources`; else there are
            no rows.

    Returns:
        The columns of ``cbr.schema("changed_data")``, newest first; ``changed_mb`` is
        missing where the service does not tell.

    Raises:
        NotFound: there is no such resource and no backup of one.
        InvalidRequest: a name fits several resources, or ``newest`` or ``tags`` cannot be read.

    API: Restore Point, "Querying a Specified Restore Point"; Backup, "Querying All
    Backups"; Vault, "Querying a Specified Vault".

    Example:
        >>> session.changed_data("web-01", newest=3)["changed_mb"].tolist()
        [1, 0, 0]
    """
    chosen = TagChoice(session, tags)
    rows = changes_of(session, resource, newest, chosen)
    answers = [
        row.answer(incremental=bool(row.backup["incremental"]), usual_mb=row.usual, jump=row.jump)
        for row in rows
    ]
    return chosen.answer(frames.CHANGED_DATA, answers, {"newest": newest})


def changes_of(
    session: Context, resource: ResourceRef, newest: int, chosen: TagChoice | None = None
) -> list[ChangeRow]:
    """Return what each of the newest backups of a resource added, newest first.

    Args:
        session: whose backups.
        resource: of which resource.
        newest: how many backups to look at.
        chosen: the tags that the resource must have; of any other nothing is returned.

    Raises:
        NotFound: there is no such resource and no backup of one.
        InvalidRequest: a name fits several resources, or ``newest`` is no number from 1 on.
    """
    check_limit(newest, "newest")
    every = lists.backups(session, resource=resource)
    table = every[(every["image_type"] == "backup") & every["parent_id"].isna()]
    if table.empty:
        find_resource(session, resource)
    table = _of_one(table, resource).head(newest)
    if chosen:
        table = table[table["resource_id"].map(chosen.resource).astype(bool)]
    points = if_permitted(
        "Restore points",
        lambda: restore_points(session, table["checkpoint_id"].dropna()),
    )
    at_point = {point.id: sizes(point.vault) for point in points or ()}
    rows = []
    for (resource_id, vault_id), made in table.groupby(["resource_id", "vault_id"], sort=False):
        following, at = _size_now(session, str(vault_id), str(resource_id)), session.now
        for backup in made.to_dict("records"):
            size = at_point.get(str(backup["checkpoint_id"]), {}).get(str(resource_id))
            row = ChangeRow(backup)
            if size is not None and following is not None:
                row.changed = max(0, following.megabytes - size.megabytes)
                row.days = max(1.0, (at - backup["created_at"]) / timedelta(days=1))
                row.whole = following.backups > size.backups
            rows.append(row)
            following, at = size, backup["created_at"]
    _mark(rows)
    rows.sort(key=lambda row: row.backup["created_at"], reverse=True)
    return rows


def _size_now(session: Context, vault_id: str, resource_id: str) -> Size | None:
    """Return what the backups of a resource in a vault take now."""

    def show() -> Vault | None:
        try:
            return session.client.vaults.show(vault_id)
        except NotOffered:
            raise
        except NotFound:
            return None

    return sizes(if_permitted("The vault as it is now", show)).get(resource_id)


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


@dataclass(slots=True)
class ChangeRow:
    """A backup, and what it added."""

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

    def answer(self, **judged: Any) -> SimpleNamespace:
        """Return the row of a table: which backup, what it added, and what is judged of it."""
        return SimpleNamespace(
            backup_id=self.backup["id"],
            backup_name=self.backup["name"],
            resource_id=self.backup["resource_id"],
            vault_id=self.backup["vault_id"],
            created_at=self.backup["created_at"].tz_localize(None).isoformat(),
            changed_mb=self.changed,
            **judged,
        )

    @property
    def a_day(self) -> float:
        """What changed a day, in MB."""
        return (self.changed or 0) / self.days


def _mark(rows: list[ChangeRow]) -> None:
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
        row.jump = (row.changed or 0) >= LEAST_MB and row.a_day >= TIMES * usual
