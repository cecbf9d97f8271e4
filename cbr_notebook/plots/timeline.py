"""To which moments each resource can be brought back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd
from matplotlib.axes import Axes

from cbr_notebook.plots import picture


def draw(
    points: pd.DataFrame, backups: pd.DataFrame, *, now: datetime, ax: Axes | None = None
) -> Axes:
    """Draw a row a resource and a mark a good backup, up to now.

    Args:
        points: of ``session.recovery_points()``.
        backups: of ``session.backups(status="available")``.
        now: the present moment.
        ax: where to draw; new axes if left out.
    """
    ax = picture.begin(ax, rows=len(points))
    if points.empty:
        return picture.empty(ax, "There is nothing in a vault, and no backup.")
    table = points.iloc[::-1].reset_index(drop=True)
    rows = {row.id: place for place, row in enumerate(table.itertuples())}
    good = backups[backups["resource_id"].isin(list(rows))]
    place = good["resource_id"].map(rows)
    full = ~good["incremental"].fillna(False).astype(bool)
    for chosen, size, label in ((~full, 16.0, "incremental backup"), (full, 46.0, "full backup")):
        ax.scatter(
            good.loc[chosen, "created_at"], place[chosen], s=size,
            marker="o" if size < 30 else "D",
            color=picture.MIDDLE if size < 30 else picture.DARK,
            edgecolor=picture.INK, linewidth=0.5, label=label,
        )  # fmt: skip
    late = table[~table["within_target"].fillna(False).astype(bool)]
    target = int(table["target_hours"].iloc[0])
    ax.axvspan(
        picture.number(now - timedelta(hours=target)), picture.number(now),
        color=picture.LIGHT, label=f"the last {target} hours", zorder=0,
    )  # fmt: skip
    ax.axvline(picture.number(now), color=picture.INK, linewidth=1)
    names = [
        f"{picture.shorten(row.name)}{'  !' if row.id in set(late['id']) else ''}"
        for row in table.itertuples()
    ]
    ax.set_yticks(list(rows.values()), names)
    ax.set_ylim(-0.7, len(rows) - 0.3)
    ax.grid(axis="y", color=picture.LIGHT, linewidth=0.6)
    ax.set_axisbelow(True)
    picture.time_axis(ax, "moment that the backup holds (UTC);  ! = none within the target")
    picture.legend(ax)
    title = f"{len(late)} of {picture.counted(len(table), 'resource')} without a good backup "
    title += f"of the last {target} hours"
    return picture.finish(ax, title, " ".join(_words(row) for row in points.itertuples()))


def _words(row: object) -> str:
    name, newest = row.name, row.newest  # type: ignore[attr-defined]
    if pd.isna(newest):
        return f"{name}: no good backup."
    number = picture.counted(row.backups, "backup")  # type: ignore[attr-defined]
    return f"{name}: {number}, the newest of {picture.day(newest)}, {newest:%H:%M}."
