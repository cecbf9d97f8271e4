"""How long tasks take."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from cbr_notebook.api.messages.statuses import TASK_SKIPPED, UNSUCCESSFUL
from cbr_notebook.plots import drawing, picture
from cbr_notebook.text.formatting import pluralize

_MARKS = ("o", "s", "^", "D", "v", "P", "*", "p")
_MANY_MINUTES = 180.0
"""The longest task from which on hours are easier to read."""


def draw(tasks: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw a mark a task: when it began and how long it took, by kind of task.

    Args:
        tasks: of ``session.tasks()``; those that have not ended, or were skipped, are left out.
        ax: where to draw; new axes if left out.
    """
    ax = picture.begin(ax, rows=8)
    ended = tasks[tasks["status"] != TASK_SKIPPED].dropna(subset=["started_at", "ended_at"])
    if ended.empty:
        return picture.empty(ax, f"No task has ended in this time{picture.asked(tasks)}.")
    minutes = (ended["ended_at"] - ended["started_at"]).dt.total_seconds() / 60
    unit = "hours" if minutes.max() > _MANY_MINUTES else "minutes"
    length = minutes / 60 if unit == "hours" else minutes
    kind = ended["operation_type"].astype(object).fillna("other")
    failed = ended["status"].isin(UNSUCCESSFUL)
    for number, each in enumerate(kind.value_counts().index):
        some = (kind == each) & ~failed
        if some.any():
            marks = ax.scatter(
                ended.loc[some, "started_at"], length[some], s=22,
                marker=_MARKS[number % len(_MARKS)],
                color=(picture.DARK, picture.MIDDLE)[number % 2],
                edgecolor=drawing.INK, linewidth=0.4, label=f"{each} ({int(some.sum())})",
            )  # fmt: skip
            picture.tell(ax, marks, _words(ended[some], kind[some], length[some], unit))
    if failed.any():
        # Above the others and larger: a failure hides behind what went well beside it.
        marks = ax.scatter(
            ended.loc[failed, "started_at"], length[failed], s=90, marker="X", zorder=3,
            color=picture.ALARM, edgecolor="white", linewidth=1,
            label=f"failed, of any kind ({int(failed.sum())})",
        )  # fmt: skip
        picture.tell(ax, marks, _words(ended[failed], kind[failed], length[failed], unit))
    picture.amounts(ax, unit)
    picture.time_axis(ax, "began (UTC)")
    picture.legend(ax)
    longest = int(minutes.argmax())
    name = ended["resource_name"].iloc[longest]
    what = f" of {picture.shorten(name)}" if pd.notna(name) else ""
    title = (
        f"{pluralize(len(ended), 'task')}: {length.median():.1f} {unit} at the median; "
        f"the longest, {kind.iloc[longest]}{what}, {length.max():.1f}"
    )
    medians = length.groupby(kind).median().sort_values(ascending=False)
    details = [f"{each} {value:.1f} {unit}" for each, value in medians.items()]
    return picture.finish(ax, title, f"At the median: {picture.listed(details)}.")


def _words(tasks: pd.DataFrame, kind: pd.Series, length: pd.Series, unit: str) -> list[str]:
    """Return a line a task: what, of what, how long, from when, how it ended."""
    return [
        f"{what} of {name}: {time:.1f} {unit}, began {picture.moment(begun)}, {status}"
        for what, name, time, begun, status in zip(
            kind,
            tasks["resource_name"].astype(object).fillna("?"),
            length,
            tasks["started_at"],
            tasks["status"],
            strict=True,
        )
    ]
