"""What all pictures share: axes that carry a text for those who cannot see them."""

from __future__ import annotations

import base64
import html
import io
import textwrap
import warnings
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, cast

import pandas as pd
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.projections import register_projection
from matplotlib.text import Text
from matplotlib.transforms import ScaledTranslation

# Dark, middle and light differ in brightness, so that a grey print can be read; marks and
# hatches say the same once more.
INK = "#1a1a1a"
DARK, MIDDLE, LIGHT = "#0b4f8a", "#7aa6d1", "#dfe8f2"
ALARM = "#b3261e"
MOST_ROWS = 40
"""Rows that can be read in one picture."""
_WIDTH, _LINE = 9.0, 80
"""Inches, and letters of a title beside the longest names."""
_DPI = 100
_CHINESE = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "SimHei",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Arial Unicode MS",
)  # fmt: skip
"""Fonts for names that the usual one has no letters for; the service allows such names."""


class DescribedAxes(Axes):
    """Axes that a notebook shows as a picture with an alternative text."""

    name = "described"
    alt_text = ""
    """What the picture shows, in words."""

    def _repr_html_(self) -> str | None:
        data = base64.b64encode(self._repr_png_()).decode()
        alt = html.escape(self.alt_text or self.get_title(), quote=True)
        # On a narrow page one scrolls: a picture that is made smaller than that cannot be read.
        return (
            '<div style="overflow-x:auto" tabindex="0" role="group" aria-label="Picture">'
            f'<img src="data:image/png;base64,{data}" alt="{alt}" '
            'style="max-width:100%;min-width:620px"></div>'
        )

    def _repr_png_(self) -> bytes:
        figure = cast("Figure", self.figure)
        picture = io.BytesIO()
        with warnings.catch_warnings():
            # A letter that no font of this computer has: the alternative text has it.
            warnings.filterwarnings("ignore", message="Glyph .* missing from")
            figure.savefig(picture, format="png", dpi=_DPI, metadata={"Software": None})
        return picture.getvalue()

    def __repr__(self) -> str:
        title = self.get_title(loc="left").replace("\n", " ")
        return f"<Picture: {title or 'empty'}>"


register_projection(DescribedAxes)


def begin(ax: Axes | None, *, rows: int = 0) -> Axes:
    """Return axes to draw on: the caller's, or new ones high enough for some rows.

    The new figure belongs to no global state: nothing shows it but the cell that it ends.
    """
    if ax is not None:
        return ax
    height = 1.6 + 0.34 * max(rows, 3)
    figure = Figure(figsize=(_WIDTH, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    return figure.add_subplot(projection="described")


def finish(ax: Axes, title: str, details: str) -> Axes:
    """Put the title and the alternative text in place; thin out what is only decoration."""
    lines = textwrap.fill(title, _LINE)
    ax.set_title(lines, loc="left", fontsize=11, color=INK, parse_math=False)
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=9, colors=INK)
    for text in cast("list[Text]", ax.findobj(Text)):
        text.set_fontfamily(_families())
    words = f"{title}. {details}" if title else details
    ax.alt_text = words.strip()  # type: ignore[attr-defined]
    return ax


def empty(ax: Axes, title: str) -> Axes:
    """Say in words that there is nothing to draw."""
    ax.set_axis_off()
    ax.text(0.5, 0.5, title, ha="center", va="center", transform=ax.transAxes, color=INK)
    return finish(ax, "", title)


def name_rows(ax: Axes, labels: Sequence[str]) -> None:
    """Name the rows, the first at the bottom; a ``$`` in a name begins no formula."""
    ax.set_yticks(range(len(labels)), labels, parse_math=False)
    ax.set_ylim(-0.7, len(labels) - 0.3)


def note(ax: Axes, row: int, text: str) -> None:
    """Say something in words at the beginning of a row that has no marks."""
    ax.annotate(
        text, (0, row), xycoords=ax.get_yaxis_transform(), xytext=(6, 0),
        textcoords="offset points", va="center", fontsize=8, color=INK,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
    )  # fmt: skip


def lines_of_rows(ax: Axes) -> None:
    """Draw a faint line from each name to its marks."""
    ax.grid(axis="y", color=LIGHT, linewidth=0.6)
    ax.set_axisbelow(True)


def labels(names: Sequence[Any], ids: Sequence[str]) -> list[str]:
    """Return names that leave room for the picture, and that differ where the IDs do."""
    short = [
        shorten(name) if pd.notna(name) else each[:8] for name, each in zip(names, ids, strict=True)
    ]
    seen = Counter(short)
    return [
        text if seen[text] == 1 else f"{text} ({each[:8]})"
        for text, each in zip(short, ids, strict=True)
    ]


def shorten(name: Any, longest: int = 28) -> str:
    """Return a short name: in the middle, because long names mostly differ in the end."""
    text = str(name)
    if len(text) <= longest:
        return text
    end = (longest - 1) // 2
    return f"{text[: longest - 1 - end]}…{text[-end:]}"


def worst(table: pd.DataFrame, urgent: pd.Series[bool]) -> pd.DataFrame:
    """Return so many rows as can be read, in their order: the urgent ones, then the first.

    Args:
        table: in the order in which it is drawn.
        urgent: by row, whether it must be seen.
    """
    chosen = [*table.index[urgent], *table.index[~urgent]][:MOST_ROWS]
    return table[table.index.isin(chosen)]


def only(drawn: int, all_rows: int, which: str) -> str:
    """Say in a title that a picture has not room for all rows; nothing if it has."""
    return f" ({drawn} of {all_rows} drawn: {which})" if drawn < all_rows else ""


def listed(words: Sequence[str], most: int = 25) -> str:
    """Return a list that somebody can listen to."""
    more = [f"and {len(words) - most} more"] if len(words) > most else []
    return "; ".join([*words[:most], *more])


def legend(ax: Axes, **more: Any) -> None:
    """Put the legend under the picture, where it covers nothing, however high that is."""
    figure = cast("Figure", ax.figure)
    below = ax.transAxes + ScaledTranslation(0, -0.55, figure.dpi_scale_trans)
    ax.legend(
        loc="upper left", bbox_to_anchor=(0, 0), bbox_transform=below, borderaxespad=0,
        ncols=5, fontsize=8, frameon=False, **more,
    )  # fmt: skip


def number(moment: datetime) -> float:
    """Return the place of a moment on an axis of time."""
    return float(date2num(moment))  # type: ignore[no-untyped-call]


def time_axis(ax: Axes, label: str) -> None:
    """Format the x axis for dates."""
    ax.xaxis.axis_date()
    ax.xaxis.set_major_formatter(ConciseDateFormatter(ax.xaxis.get_major_locator()))  # type: ignore[no-untyped-call]
    ax.set_xlabel(label)


def day(moment: datetime) -> str:
    """Return ``8 September 2020``."""
    return f"{moment.day} {moment:%B %Y}"


@cache
def _families() -> list[str]:
    known = set(font_manager.get_font_names())
    return ["sans-serif", *(name for name in _CHINESE if name in known)]
