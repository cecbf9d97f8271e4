"""How much changed on each day of a lake."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from cbr_notebook.plots import drawing, picture
from cbr_notebook.text.formatting import pluralize

_KINDS = (
    ("added", picture.DARK, ""),
    ("changed", picture.MIDDLE, "///"),
    ("gone", picture.ALARM, "xxx"),
)
_WIDTH = 0.27
"""Of a bar, in days: three stand beside each other."""


def draw(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw three bars a day: rows that came, that changed and that went.

    Args:
        frame: of ``history.changes_by_day(table)``.
        ax: where to draw; new axes if left out.
    """
    ax = picture.begin(ax, rows=8)
    table = str((frame.attrs.get("filters") or {}).get("table", "rows"))
    if frame.empty:
        return picture.empty(ax, f"The lake has one state of {table} in this time.")
    for number, (kind, color, hatch) in enumerate(_KINDS):
        counts = frame[kind].astype("int64")
        places = frame["day"] + pd.Timedelta(days=(number - 1) * _WIDTH)
        bars = ax.bar(
            places, counts, width=_WIDTH, color=color, hatch=hatch, edgecolor=drawing.INK,
            linewidth=0.4, label=f"{kind} ({int(counts.sum())})",
        )  # fmt: skip
        for bar, count, day, before in zip(
            bars, counts, frame["day"], frame["before"], strict=True
        ):
            picture.tell(ax, bar, [f"{picture.day(day)}: {count} {kind} since {before}"])
    ax.set_ylim(bottom=0)
    ax.set_ylabel("rows")
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.grid(axis="y", color=drawing.LIGHT, linewidth=0.6)
    ax.set_axisbelow(True)
    picture.day_axis(ax, frame["day"])
    picture.legend(ax)
    totals = ", ".join(f"{int(frame[kind].sum())} {kind}" for kind, *_ in _KINDS)
    words = [
        f"{picture.day(day)}: {added} added, {changed} changed, {gone} gone"
        for day, added, changed, gone in zip(
            *(frame[column] for column in ("day", "added", "changed", "gone")), strict=True
        )
        if added or changed or gone
    ]
    title = f"{table} on {pluralize(len(frame), 'day')}: {totals}"
    return picture.finish(ax, title, f"{picture.listed(words)}." if words else "")
