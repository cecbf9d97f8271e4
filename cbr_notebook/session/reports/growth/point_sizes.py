"""What the backups of a resource took when a restore point was made, and what they take now.

The service does not tell the size of a single backup. Each restore point tells, though, what the
backups of each of its resources took when it was made.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from cbr_notebook.api.messages.records import PointVault, RestorePoint, Vault
from cbr_notebook.errors import NotFound, NotOffered
from cbr_notebook.session.context import Context

_WORKERS = 8


@dataclass(frozen=True, slots=True)
class Size:
    """What the backups of a resource take, and how many there are."""

    megabytes: int
    backups: int


def sizes(vault: Vault | PointVault | None) -> dict[str, Size]:
    """Return what the backups of each resource of a vault take, where it is told.

    Args:
        vault: as it is now, or as a restore point tells of it.
    """
    return {
        each.id: Size(int(float(each.backup_size)), int(each.backup_count or 0))
        for each in (vault.resources if vault else None) or ()
        if each.backup_size is not None
    }


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
