"""To which moments each resource can be brought back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from cbr_notebook.plots import drawing, picture
from cbr_notebook.text.formatting import pluralize


def draw(
    points: pd.DataFrame,
    backups: pd.DataFrame,
    *,
    now: datetime,
    target: timedelta = timedelta(hours=24),
    ax: Axes | None = None,
) -> Axes:
    """Draw a row a resource and a mark a good backup, up to now.

    Args:
        points: of ``session.recovery_points()``, the oldest newest first; so many as can be
            read are drawn: those without a good backup in time, then the oldest.
        backups: of ``session.backups(status="available")``.
        now: the present moment.
        target: the age that the newest may have.
        ax: where to draw; new axes if left out.
    """
    late = ~points["within_target"].fillna(False).astype(bool)
    table = picture.worst(points, late).iloc[::-1].reset_index(drop=True)
    ax = picture.begin(ax, rows=len(table))
    if points.empty:
        asked = picture.asked(points)
        return picture.empty(ax, f"There is nothing in a vault, and no backup{asked}.")
    rows = {each: place for place, each in enumerate(table["id"])}
    good = backups[backups["resource_id"].isin(list(rows))]
    _draw_backups(ax, good, good["resource_id"].map(rows))
    ax.axvspan(
        picture.number(now - target), picture.number(now),
        color=drawing.LIGHT, label=f"the last {_length(target)}", zorder=0,
    )  # fmt: skip
    ax.axvline(picture.number(now), color=drawing.INK, linewidth=1, label="now")
    for each in table.loc[table["newest"].isna(), "id"]:
        picture.note(ax, rows[each], "no good backup")
    marked = set(points.loc[late, "id"])
    names = picture.labels(list(table["name"]), list(rows))
    picture.name_rows(
        ax,
        [f"{name}  !" if each in marked else name for name, each in zip(names, rows, strict=True)],
    )
    picture.lines_of_rows(ax)
    picture.time_axis(ax, "moment that the backup holds (UTC);  ! = none within the target")
    picture.legend(ax)
    title = f"{int(late.sum())} of {pluralize(len(points), 'resource')} without a good "
    title += f"backup of the last {_length(target)}"
    title += picture.only(len(table), len(points), "those too old first")
    return picture.finish(
        ax, title, f"{picture.listed([_words(row) for row in points.itertuples()])}."
    )


def _draw_backups(ax: Axes, backups: pd.DataFrame, places: pd.Series) -> None:
    """Draw a mark a backup, each in the row of its resource."""
    full = ~backups["incremental"].fillna(False).astype(bool)
    for chosen, label, size, marker, color in (
        (~full, "incremental backup", 16.0, "o", picture.MIDDLE),
        (full, "full backup", 46.0, "D", picture.DARK),
    ):
        some = backups[chosen]
        if some.empty:
            continue
        marks = ax.scatter(
            some["created_at"], places[chosen], s=size, marker=marker, color=color,
            edgecolor=drawing.INK, linewidth=0.5, label=label,
        )  # fmt: skip
        names, resources = some["name"].fillna(""), some["resource_name"].fillna("?")
        told = [
            f"{resource}: {label} {name}, {picture.moment(made)}"
            for resource, name, made in zip(resources, names, some["created_at"], strict=True)
        ]
        picture.tell(ax, marks, told)


def _length(span: timedelta) -> str:
    """Return ``24 hours``, ``7 days``, ``30 minutes``."""
    minutes = int(span / timedelta(minutes=1))
    if minutes % 1440 == 0 and minutes > 1440:
        return pluralize(minutes // 1440, "day")
    return f"{minutes} minutes" if minutes % 60 else pluralize(minutes // 60, "hour")


def _words(row: Any) -> str:
    if pd.isna(row.newest):
        return f"{row.name}: no good backup"
    number = pluralize(row.backups, "backup")
    return f"{row.name}: {number}, the newest of {picture.day(row.newest)}, {row.newest:%H:%M}"
