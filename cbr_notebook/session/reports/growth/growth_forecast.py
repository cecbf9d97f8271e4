"""How a vault's use goes on: what its backups have added lately, and what retention gives back.

The service does not tell the size of a single backup. Each restore point tells, though, what the
backups of each resource took when it was made. Two of them a resource are looked at: one at the
beginning of the days looked back, one a week ago. What was added since, by backup, is what the
coming runs are taken to add; what leaves gives back what such backups had added.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from cbr_notebook.api.messages.records import RestorePoint, Vault
from cbr_notebook.schedule.retention import Retention
from cbr_notebook.session.reports.growth.point_sizes import Size, sizes
from cbr_notebook.text.timeparse import parse_api_time

_DAY = timedelta(days=1)
_LATELY = timedelta(days=7)
_AHEAD_DAYS = 400
"""So far the rules are followed day by day; after that it goes on as on the last of them."""
Curve = npt.NDArray[np.float64]
"""The use of a vault in MB, today and on each of the following days."""
Moments = npt.NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class ResourceGrowth:
    """What one resource in a vault adds."""

    a_day: float
    """Backups made a day."""
    lately: float
    """MB that a backup has added lately."""
    longer: float
    """MB that a backup has added in all the days looked back."""
    old: float
    """MB that a backup before had added: what it gives back when it leaves."""
    recent: int
    """Of the newest backups, so many are of late."""


def wanted_points(backups: pd.DataFrame, now: datetime, days: int) -> dict[str, list[str]]:
    """Return the restore points to look at of each resource: the earlier and the later one.

    Args:
        backups: of one vault, good ones, the oldest first.
        now: the present moment.
        days: how many days to look back.
    """
    found = {}
    for resource, rows in backups.groupby("resource_id", sort=False):
        made = _moments(rows["created_at"])
        points = rows["checkpoint_id"].to_numpy(dtype=object)
        told = rows["checkpoint_id"].notna().to_numpy(copy=True)
        told[0] = False  # what the first one took is not what a backup adds
        chosen = []
        for span in (timedelta(days=days), _LATELY):
            since = np.flatnonzero(told & (made > _moment(now - span)))
            if len(since):
                chosen.append(str(points[since[0]]))
        if chosen:
            found[str(resource)] = chosen
    return found


def resource_growth(
    vault: Vault,
    backups: pd.DataFrame,
    points: Mapping[str, RestorePoint],
    chosen: Mapping[str, Sequence[str]],
    now: datetime,
) -> dict[str, ResourceGrowth]:
    """Return what each resource of a vault adds, as far as it is known.

    Args:
        vault: as it is now.
        backups: good ones of the vault, the oldest first.
        points: restore points by ID, where they still exist.
        chosen: those of each resource, from :func:`wanted_points`.
        now: the present moment.
    """
    present = sizes(vault)
    found = {}
    for resource, rows in backups.groupby("resource_id", sort=False):
        today = present.get(str(resource))
        seen = [
            found_at
            for point in chosen.get(str(resource), ())
            if (found_at := _size_at(points.get(point), str(resource))) and found_at[1].backups
        ]
        if today is None or not seen:
            continue
        moments = _moments(rows["created_at"])
        made = [int((moments >= _moment(at)).sum()) for at, _ in seen]
        far, (near_at, near) = seen[0][1], seen[-1]
        between = made[0] - made[-1]
        old = max(0.0, near.megabytes - far.megabytes) / between if between else 0.0
        gone = max(0, near.backups + made[-1] - today.backups)
        added = max(0.0, today.megabytes - near.megabytes + gone * old)
        found[str(resource)] = ResourceGrowth(
            _a_day(moments[moments >= _moment(near_at)], _moment(now)),
            added / max(1, made[-1]),
            max(0.0, today.megabytes - far.megabytes) / max(1, made[0]),
            old,
            made[-1],
        )
    return found


def _moments(column: pd.Series) -> Moments:
    """Return times without their zone, which is UTC: comparing them is many times as fast."""
    return np.asarray(column.dt.tz_localize(None).to_numpy(dtype="datetime64[us]"))


def _moment(moment: datetime) -> np.datetime64:
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "us")


def _a_day(made: Moments, now: np.datetime64) -> float:
    """Return how many backups a day were made, by the time between them."""
    if not len(made):
        return 0.0
    day = np.timedelta64(_DAY)
    if len(made) > 1 and made.max() > made.min():
        return float((len(made) - 1) / ((made.max() - made.min()) / day))
    return len(made) / max(1, int(np.ceil((now - made.min()) / day)))


def _size_at(point: RestorePoint | None, resource_id: str) -> tuple[datetime, Size] | None:
    """Return when a restore point was made, and what the backups of a resource took then."""
    made = parse_api_time(point.created_at) if point else None
    size = sizes(point.vault if point else None).get(resource_id)
    return (made, size) if made is not None and size is not None else None


def use_ahead(
    used: float,
    backups: pd.DataFrame,
    growth: Mapping[str, ResourceGrowth],
    retention: Retention | None,
    now: datetime,
    added: Callable[[ResourceGrowth], float] = lambda each: each.lately,
) -> Curve:
    """Return the use of a vault on the coming days, if its resources go on as they did.

    Args:
        used: now, in MB.
        backups: good ones of the vault, the oldest first.
        growth: what its resources add.
        retention: of its policy; ``None`` if nothing is made by itself.
        now: the present moment.
        added: what a backup of a resource is taken to add.
    """
    days = np.arange(_AHEAD_DAYS + 1, dtype=float)
    curve = np.full(_AHEAD_DAYS + 1, float(used))
    for resource, rows in backups.groupby("resource_id", sort=False):
        each = growth.get(str(resource))
        if each is None:
            continue
        new = added(each)
        worth = np.full(len(rows), each.old)
        worth[max(0, len(rows) - each.recent) :] = new
        made = each.a_day * days
        curve += new * made
        due = (_moments(rows["expired_at"]) - _moment(now)) / np.timedelta64(_DAY)
        dated = ~np.isnan(due)
        for gives_back, after in zip(worth[dated], due[dated], strict=True):
            curve -= np.where(days >= after, gives_back, 0.0)
        if retention is None:
            continue
        if retention.days is not None:
            curve -= new * each.a_day * np.maximum(0.0, days - retention.days)
        elif retention.most is not None:
            automatic = rows["auto_trigger"].fillna(False).astype(bool).to_numpy() & ~dated
            curve -= _pushed_out(worth[automatic], new, made, retention)
    return np.asarray(np.maximum(curve, 0.0), dtype=float)


def _pushed_out(worth: Curve, new: float, made: Curve, retention: Retention) -> Curve:
    """Return what is given back by backups that newer ones push out, the oldest first."""
    kept = (retention.most or 0) + sum((retention.periods or {}).values())
    leaving = np.maximum(0.0, len(worth) + made - kept)
    given_back = np.concatenate([[0.0], np.cumsum(worth)])
    old = np.interp(np.minimum(leaving, len(worth)), np.arange(len(worth) + 1), given_back)
    return np.asarray(old + new * np.maximum(0.0, leaving - len(worth)), dtype=float)


def full_after(curve: Curve, size: float) -> float | None:
    """Return after how many days a vault is full; ``None`` if it is not within a century."""
    if curve[0] >= size:
        return 0.0
    over = np.flatnonzero(curve >= size)
    if len(over):
        day = int(over[0])
        step = curve[day] - curve[day - 1]
        return float(day - 1 + (size - curve[day - 1]) / step)
    slope = (curve[-1] - curve[-31]) / 30
    left = size - curve[-1]
    if slope <= 1e-9 or left / slope > 36_500 - _AHEAD_DAYS:
        return None
    return float(_AHEAD_DAYS + left / slope)


def all_points(chosen: Sequence[Mapping[str, Sequence[str]]]) -> list[str]:
    """Return the IDs of restore points, each once."""
    return list(dict.fromkeys(p for each in chosen for points in each.values() for p in points))
