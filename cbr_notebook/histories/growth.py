"""How the use of vaults grew, by the days that a lake knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pyarrow as pa

from cbr_notebook.frames import GROWTH, GROWTH_BY_DAY
from cbr_notebook.frames.fleet import PLACE
from cbr_notebook.histories import files
from cbr_notebook.histories.manifest import Manifest
from cbr_notebook.histories.store import Store

_COLUMNS = (*PLACE, "id", "name", "size_gb", "used_mb")
_SHOWN = [*PLACE, "day", "id", "name", "size_gb", "used_mb"]
_MONTH = 30
_FURTHEST_DAYS = 36_500


@dataclass(slots=True)
class _Vault:
    """A row of the answer."""

    profile: str
    region: str
    project: str
    id: str
    name: str
    size_gb: int | None
    used_mb: int | None
    first_day: str
    last_day: str
    days: int
    growth_gb_month: float | None
    full_at: str | None


@dataclass(slots=True)
class _VaultDay:
    """A row of the answer by day."""

    profile: str
    region: str
    project: str
    day: str
    id: str
    name: str
    size_gb: int | None
    used_mb: int | None


def growth(store: Store, known: Manifest) -> pd.DataFrame:
    """Return one row a vault that there is now; see :meth:`History.growth`."""
    newest = {each.place: each.day for each in known.at("vaults")}
    rows = _by_day(store, known)
    found = []
    for where, seen in rows.groupby([*PLACE, "id"], sort=True):
        profile, region, project, vault_id = map(str, where)
        vault = _line((profile, region, project, vault_id), seen.sort_values("day"))
        if vault.last_day == newest[vault.profile, vault.region, vault.project]:
            found.append(vault)
    found.sort(key=lambda each: (each.full_at or "9999", each.profile, each.name))
    return GROWTH.frame(found)


def growth_by_day(store: Store, known: Manifest) -> pd.DataFrame:
    """Return one row a vault and day; see :meth:`History.growth_by_day`."""
    rows = _by_day(store, known).sort_values([*PLACE, "name", "id", "day"])
    return GROWTH_BY_DAY.frame(
        [
            _VaultDay(profile, region, project, day, vault_id, name, _whole(size), _whole(used))
            for profile, region, project, day, vault_id, name, size, used in zip(
                *(rows[column] for column in _SHOWN), strict=True
            )
        ]
    )


def _by_day(store: Store, known: Manifest) -> pd.DataFrame:
    """Return the vaults of each day that the lake knows, with the day as text."""
    entries = sorted(each for each in known if each.table == "vaults")
    if not entries:
        return pd.DataFrame(columns=[*_COLUMNS, "day"])
    by_file: dict[str, list[str]] = {}
    for each in entries:
        by_file.setdefault(store.place(each.file), []).append(each.day)
    with files.readable(store, {each.file for each in entries}):
        told = files.dataset(store, entries).to_table(columns=[*_COLUMNS, "__filename"])
    days = pa.table(
        {
            "__filename": [name for name, of in by_file.items() for _ in of],
            "day": [day for of in by_file.values() for day in of],
        }
    )
    found: pd.DataFrame = told.join(days, "__filename", join_type="inner").to_pandas()
    return found


def _line(where: tuple[str, str, str, str], seen: pd.DataFrame) -> _Vault:
    """Return a vault with the straight line through its days."""
    last = seen.iloc[-1]
    used = seen.dropna(subset=["used_mb"])
    days = pd.to_datetime(used["day"])
    pace = None
    if days.nunique() > 1:
        at = (days - days.iloc[0]).dt.days.astype("float64")
        mb = used["used_mb"].astype("float64")
        pace = float(((at - at.mean()) * (mb - mb.mean())).sum() / ((at - at.mean()) ** 2).sum())
    return _Vault(
        *where, str(last["name"]), _whole(last["size_gb"]), _whole(last["used_mb"]),
        str(seen["day"].iloc[0]), str(last["day"]), int(seen["day"].nunique()),
        None if pace is None else round(pace * _MONTH / 1024, 3), _full_at(last, pace),
    )  # fmt: skip


def _full_at(last: pd.Series[Any], pace: float | None) -> str | None:
    size, used = _whole(last["size_gb"]), _whole(last["used_mb"])
    if not pace or pace <= 0 or size is None or used is None:
        return None
    left = (size * 1024 - used) / pace
    if left > _FURTHEST_DAYS:
        return None
    return (datetime.fromisoformat(str(last["day"])) + timedelta(days=max(0.0, left))).isoformat()


def _whole(value: object) -> int | None:
    return None if value is None or value != value else int(float(str(value)))
