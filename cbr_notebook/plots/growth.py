"""How the use of vaults grew, day by day."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from cbr_notebook.plots import drawing, picture
from cbr_notebook.text.formatting import pluralize

_MOST_LINES = 8
_LOOKS = [
    (color, line, mark)
    for line, mark in (("-", "o"), ("--", "s"), (":", "^"), ("-.", "D"))
    for color in (picture.DARK, picture.MIDDLE)
]
_VAULT = ["profile", "region", "project", "id"]


def draw(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw a line a vault: what was used of it on each day, in percent of its size that day.

    Args:
        frame: of ``history.growth_by_day()``; the vaults that are fullest now are drawn.
        ax: where to draw; new axes if left out.
    """
    ax = picture.begin(ax, rows=9)
    told = frame.dropna(subset=["used_mb", "size_gb"])
    told = told[told["size_gb"] > 0]
    if told.empty:
        return picture.empty(ax, "The lake tells of no vault how much of it was used.")
    told = told.assign(
        percent=100 * told["used_mb"].astype("float64") / (1024 * told["size_gb"].astype("float64"))
    )
    vaults = [rows.sort_values("day") for _, rows in told.groupby(_VAULT, sort=True)]
    vaults.sort(key=lambda rows: -rows["percent"].iloc[-1])
    drawn = vaults[:_MOST_LINES]
    names = picture.labels(
        [f"{rows['profile'].iloc[-1]}: {rows['name'].iloc[-1]}" for rows in drawn],
        [str(rows["id"].iloc[-1]) for rows in drawn],
    )
    for rows, name, look in zip(drawn, names, _LOOKS, strict=False):
        _draw_vault(ax, rows, name, look)
    ax.axhline(100, color=picture.ALARM, linewidth=1, label="full")
    picture.amounts(ax, "percent of the vault's size")
    picture.day_axis(ax, told["day"])
    picture.legend(ax)
    words = [
        f"{name}: {rows['percent'].iloc[0]:.1f} % on {picture.day(rows['day'].iloc[0])}, "
        f"{rows['percent'].iloc[-1]:.1f} % on {picture.day(rows['day'].iloc[-1])}"
        for rows, name in zip(drawn, names, strict=True)
    ]
    title = f"Use of {pluralize(len(vaults), 'vault')} by day"
    title += picture.only(len(drawn), len(vaults), "the fullest on their last day")
    return picture.finish(ax, title, f"{picture.listed(words)}.")


def _draw_vault(ax: Axes, rows: pd.DataFrame, name: str, look: tuple[str, str, str]) -> None:
    """Draw the line of a vault, and a mark a day."""
    days, percents = rows["day"], rows["percent"]
    color, line, mark = look
    ax.plot(days, percents, color=color, linestyle=line, linewidth=1.4, label=name)
    marks = ax.scatter(
        days, percents, s=22, marker=mark, color=color,
        edgecolor=drawing.INK, linewidth=0.4, zorder=3,
    )  # fmt: skip
    told = [
        f"{name}: {percent:.1f} % of {size} GB on {picture.day(day)}"
        for percent, size, day in zip(percents, rows["size_gb"], days, strict=True)
    ]
    picture.tell(ax, marks, told)
