"""How full the vaults are, and when they will be full."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from cbr_notebook.plots import picture


def draw(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw a bar a vault: used, allocated and threshold in percent of its size.

    Args:
        frame: of ``session.capacity()``.
        ax: where to draw; new axes if left out.
    """
    ax = picture.begin(ax, rows=len(frame))
    if frame.empty:
        return picture.empty(ax, "There is no vault.")
    table = frame.iloc[::-1]
    places = range(len(table))
    used = table["used_percent"].astype("Float64").fillna(0).astype(float)
    share = 100 * table["allocated_gb"].astype("Float64") / table["size_gb"].astype("Float64")
    allocated = share.fillna(0).astype(float)
    right = max(110.0, min(200.0, float(allocated.max()) * 1.05), float(used.max()) * 1.05)
    ax.barh(
        places, allocated.clip(upper=right), height=0.7, color="white",
        edgecolor=picture.MIDDLE, hatch="///", label="allocated: sizes of the resources",
    )  # fmt: skip
    ax.barh(places, used, height=0.42, color=picture.DARK, label="used by backups")
    thresholds = table["threshold"].astype("Float64").astype(float)
    ax.plot(
        thresholds, places, linestyle="none", marker="|", markersize=20, markeredgewidth=2.5,
        color=picture.ALARM, label="threshold",
    )  # fmt: skip
    for place, row in zip(places, table.itertuples(), strict=True):
        ax.annotate(
            _words(row), (right, place), xytext=(6, 0), textcoords="offset points",
            va="center", fontsize=8, color=picture.INK, annotation_clip=False,
        )  # fmt: skip
    ax.set_yticks(list(places), [picture.shorten(name) for name in table["name"]])
    ax.set_xlim(0, right)
    ax.set_xlabel("percent of the vault's size")
    picture.legend(ax)
    over = int((used >= thresholds).sum())
    filling = frame.dropna(subset=["full_at"])
    title = f"{over} of {picture.counted(len(frame), 'vault')} over the threshold"
    if len(filling):
        first = filling.sort_values("full_at").iloc[0]
        title += f"; {first['name']} is full on {picture.day(first['full_at'])}"
    else:
        title += "; none is filling up"
    return picture.finish(
        ax, title, " ".join(f"{r.name}: {_words(r)}." for r in frame.itertuples())
    )


def _words(row: object) -> str:
    used, size = row.used_mb, row.size_gb  # type: ignore[attr-defined]
    text = f"{_size(used)} of {size} GB"
    full_at = row.full_at  # type: ignore[attr-defined]
    return text if pd.isna(full_at) else f"{text}, full {full_at:%d %b %Y}"


def _size(megabytes: object) -> str:
    if pd.isna(megabytes):  # type: ignore[call-overload]
        return "?"
    number = float(megabytes)  # type: ignore[arg-type]
    return f"{number:.0f} MB" if number < 1024 else f"{number / 1024:.1f} GB"
