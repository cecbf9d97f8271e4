"""Which backups there are of each resource on each day, and which are missing."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd
from matplotlib.axes import Axes

from cbr_notebook.plots import picture

_LOOKS = {
    "good": ("s", picture.DARK, picture.DARK),
    "partial": ("^", picture.DARK, picture.MIDDLE),
    "failed": ("X", picture.ALARM, picture.ALARM),
    "missing": ("o", picture.ALARM, "white"),
}
"""How each state is drawn, by form as well as by colour: marker, edge, face."""


def draw(
    backups: pd.DataFrame,
    failures: pd.DataFrame,
    gaps: pd.DataFrame,
    *,
    now: datetime,
    days: int = 30,
    ax: Axes | None = None,
) -> Axes:
    """Draw a row a resource and a column a day (in UTC).

    A day is good if all backups of it are, partial if some failed, failed if all did, missing
    if the policy ran, or should have, and left nothing.

    Args:
        backups: of ``session.backups()``, at least of these days.
        failures: of ``session.failures()``: backups that failed or were skipped.
        gaps: of ``session.gaps()``.
        now: the present moment.
        days: how many days, today the last of them.
        ax: where to draw; new axes if left out.
    """
    table = states(backups, failures, gaps, now=now, days=days)
    ax = picture.begin(ax, rows=table["resource_name"].nunique())
    if table.empty:
        return picture.empty(ax, f"No backup was made or missed in the last {days} days.")
    names = sorted(table["resource_name"].unique(), reverse=True)
    rows = {name: place for place, name in enumerate(names)}
    size = max(12.0, min(90.0, 2600.0 / days))
    for state, (marker, edge, face) in _LOOKS.items():
        some = table[table["state"] == state]
        ax.scatter(
            some["day"], some["resource_name"].map(rows), s=size, marker=marker,
            facecolor=face, edgecolor=edge, linewidth=1.6 if face == "white" else 0.8,
            label=f"{state} ({len(some)})",
        )  # fmt: skip
    ax.set_yticks(list(rows.values()), [picture.shorten(name) for name in rows])
    ax.set_ylim(-0.7, len(names) - 0.3)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    ax.set_xlim(
        picture.number(today - timedelta(days=days - 1, hours=18)),
        picture.number(today + timedelta(hours=18)),
    )
    ax.grid(axis="y", color=picture.LIGHT, linewidth=0.6)
    ax.set_axisbelow(True)
    picture.time_axis(ax, "day (UTC)")
    picture.legend(ax)
    bad = {state: int((table["state"] == state).sum()) for state in ("failed", "missing")}
    title = (
        f"Backups of the last {days} days: "
        f"{picture.counted(bad['failed'], 'failed day')}, {bad['missing']} missing"
    )
    troubled = table[table["state"] != "good"].sort_values("day")
    details = "; ".join(
        f"{name} {state} on {day.day} {day:%B}"
        for name, state, day in zip(
            troubled["resource_name"], troubled["state"], troubled["day"], strict=True
        )
    )
    return picture.finish(ax, title, f"{picture.counted(len(names), 'resource')}. {details}")


def states(
    backups: pd.DataFrame,
    failures: pd.DataFrame,
    gaps: pd.DataFrame,
    *,
    now: datetime,
    days: int,
) -> pd.DataFrame:
    """Give one row a resource and day on which something was, or should have been, done.

    Returns:
        ``resource_name`` (text), ``day`` (datetime64, UTC midnight), ``state`` (text).
    """
    first = pd.Timestamp(now).floor("D") - timedelta(days=days - 1)
    good = backups[backups["status"].isin(["available", "restoring"])]
    bad = failures[failures["operation_type"] == "backup"]
    parts = [
        _days(good, "created_at", "good", first),
        _days(bad, "started_at", "failed", first),
        _days(gaps, "missed_at", "missing", first),
    ]
    table = pd.concat(parts, ignore_index=True).drop_duplicates()
    found = []
    for (name, day), some in table.groupby(["resource_name", "day"], sort=True):
        kinds = set(some["state"])
        if {"good", "failed"} <= kinds:
            state = "partial"
        else:
            state = "good" if "good" in kinds else "failed" if "failed" in kinds else "missing"
        found.append((name, day, state))
    return pd.DataFrame(found, columns=["resource_name", "day", "state"])


def _days(frame: pd.DataFrame, column: str, state: str, first: pd.Timestamp) -> pd.DataFrame:
    recent = frame[frame[column] >= first]
    return pd.DataFrame(
        {
            "resource_name": recent["resource_name"].astype(object),
            "day": recent[column].dt.floor("D"),
            "state": state,
        }
    )
