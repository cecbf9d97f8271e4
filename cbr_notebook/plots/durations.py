"""How long tasks take."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from cbr_notebook.plots import picture

_MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")


def draw(tasks: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw a mark a task: when it began and how many minutes it took, by kind of task.

    Args:
        tasks: of ``session.tasks()``; those that have not ended are left out.
        ax: where to draw; new axes if left out.
    """
    ax = picture.begin(ax, rows=8)
    ended = tasks.dropna(subset=["started_at", "ended_at"])
    if ended.empty:
        return picture.empty(ax, "No task has ended in this time.")
    minutes = (ended["ended_at"] - ended["started_at"]).dt.total_seconds() / 60
    failed = ended["status"].isin(["failed", "timeout"])
    kinds = [str(kind) for kind in ended["operation_type"].value_counts().index if pd.notna(kind)]
    kinds = [kind for kind in kinds if (ended["operation_type"] == kind).any()]
    shades = (picture.DARK, picture.MIDDLE)
    for number, kind in enumerate(kinds):
        some = (ended["operation_type"] == kind) & ~failed
        ax.scatter(
            ended.loc[some, "started_at"], minutes[some], s=22,
            marker=_MARKS[number % len(_MARKS)], color=shades[number % 2],
            edgecolor=picture.INK, linewidth=0.4, label=f"{kind} ({int(some.sum())})",
        )  # fmt: skip
    if failed.any():
        ax.scatter(
            ended.loc[failed, "started_at"], minutes[failed], s=40, marker="x",
            color=picture.ALARM, label=f"failed ({int(failed.sum())})",
        )  # fmt: skip
    ax.set_ylim(bottom=0)
    ax.set_ylabel("minutes")
    picture.time_axis(ax, "began (UTC)")
    ax.grid(color=picture.LIGHT, linewidth=0.6)
    ax.set_axisbelow(True)
    picture.legend(ax)
    longest = ended.iloc[int(minutes.argmax())]
    what = longest["resource_name"] if pd.notna(longest["resource_name"]) else "one"
    title = (
        f"{picture.counted(len(ended), 'task')}: {minutes.median():.1f} minutes at the median; "
        f"the longest, {longest['operation_type']} of {what}, {minutes.max():.1f}"
    )
    medians = minutes.groupby(ended["operation_type"], observed=True).median()
    details = ", ".join(f"{kind} {value:.1f} minutes" for kind, value in medians.items())
    return picture.finish(ax, title, f"At the median: {details}.")
