"""How full the vaults are, and when they will be full."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from cbr_notebook.plots import drawing, picture
from cbr_notebook.text.formatting import pluralize

_WIDEST = 200.0
"""Percent up to which resources that are larger than their vault are drawn."""


def draw(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw a bar a vault: used, allocated and threshold in percent of its size.

    Args:
        frame: of ``session.capacity()``, the fullest first; so many as can be read are drawn.
        ax: where to draw; new axes if left out.
    """
    table = picture.worst(frame, _filling(frame)).iloc[::-1]
    ax = picture.begin(ax, rows=len(table))
    if frame.empty:
        return picture.empty(ax, f"There is no vault{picture.asked(frame)}.")
    used = _numbers(table["used_percent"]).fillna(0)
    allocated = (100 * _numbers(table["allocated_gb"]) / _size_of(table)).fillna(0)
    widest = max(100.0, float(used.max()), min(_WIDEST, float(allocated.max())))
    right = 1.08 * widest
    _draw_bars(ax, table, used, allocated.clip(upper=right))
    _write_beside(ax, table, allocated, right)
    picture.name_rows(ax, picture.labels(list(table["name"]), list(table["id"])))
    ax.set_xlim(0, right)
    ax.set_xlabel("percent of the vault's size")
    picture.legend(ax, markerscale=0.5)
    title = f"{int(_filling(frame).sum())} of {pluralize(len(frame), 'vault')} filling up"
    title += _forecast(frame) + picture.only(len(table), len(frame), "those filling up first")
    return picture.finish(ax, title, f"{picture.listed([*map(_told, frame.itertuples())])}.")


def _draw_bars(ax: Axes, table: pd.DataFrame, used: pd.Series, allocated: pd.Series) -> None:
    """Draw the bars of all vaults, and their thresholds."""
    places = range(len(table))
    wide = ax.barh(
        places, allocated, height=0.7, color="white",
        edgecolor=picture.MIDDLE, hatch="///", label="allocated: sizes of the resources",
    )  # fmt: skip
    bars = ax.barh(places, used, height=0.42, color=picture.DARK, label="used by backups")
    for row, *pair in zip(table.itertuples(), wide, bars, strict=True):
        for bar in pair:
            picture.tell(ax, bar, [_told(row)])
    ax.plot(
        _numbers(table["threshold"]), places, linestyle="none", marker="|", markersize=20,
        markeredgewidth=2.5, color=picture.ALARM, label="threshold",
    )  # fmt: skip


def _write_beside(ax: Axes, table: pd.DataFrame, allocated: pd.Series, right: float) -> None:
    """Write numbers beside the bars, also those of bars that are cut at the right."""
    rows = zip(table.itertuples(), allocated, _filling(table), strict=True)
    for place, (row, share, fills) in enumerate(rows):
        beside = ax.annotate(
            _words(row), (right, place), xytext=(6, 0), textcoords="offset points",
            va="center", fontsize=8, color=drawing.INK, annotation_clip=False,
            fontweight="bold" if fills else "normal",
        )  # fmt: skip
        picture.in_short(ax, beside, _words(row).replace(", ", "\n"))
        if share > right:
            ax.annotate(
                f"{share:,.0f} % →", (right, place), xytext=(-4, 0), textcoords="offset points",
                va="center", ha="right", fontsize=8, color=drawing.INK,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
            )  # fmt: skip


def _filling(frame: pd.DataFrame) -> pd.Series[bool]:
    return frame["filling_up"].fillna(False).astype(bool)


def _forecast(frame: pd.DataFrame) -> str:
    filling = frame[_filling(frame)].dropna(subset=["full_at"]).sort_values("full_at")
    if filling.empty:
        return ""
    first = filling.iloc[0]
    when = f"full on {picture.day(first['full_at'])}"
    if pd.notna(first["used_percent"]) and first["used_percent"] >= 100:
        when = "full"
    more = f", {len(filling) - 1} more later" if len(filling) > 1 else ""
    return f"; {picture.shorten(first['name'])} is {when}{more}"


def _told(row: Any) -> str:
    return f"{row.name}: {_words(row)}{_allocated(row)}"


def _words(row: Any) -> str:
    text = f"{_size(row.used_mb, 'MB')} of {_size(row.size_gb, 'GB')}"
    return text if pd.isna(row.full_at) else f"{text}, full {row.full_at:%d %b %Y}"


def _allocated(row: Any) -> str:
    return "" if pd.isna(row.allocated_gb) else f", {row.allocated_gb} GB allocated"


def _size(number: Any, unit: str) -> str:
    if pd.isna(number):
        return f"? {unit}"
    if unit == "MB" and number >= 1024:
        return f"{number / 1024:.1f} GB"
    return f"{number} {unit}"


def _size_of(table: pd.DataFrame) -> pd.Series[float]:
    sizes = _numbers(table["size_gb"])
    return sizes.where(sizes > 0)


def _numbers(column: pd.Series) -> pd.Series[float]:
    """Return numbers in which what is missing is NaN, as Matplotlib wants them."""
    return column.astype("Float64").astype("float64")
