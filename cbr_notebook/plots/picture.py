"""What all pictures share: axes that carry a text for those who cannot see them."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, cast

import pandas as pd
from matplotlib import font_manager
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import Formatter, Locator
from matplotlib.transforms import ScaledTranslation

from cbr_notebook.plots.described_axes import DescribedAxes
from cbr_notebook.plots.drawing import INK, LIGHT, PAPER

# Dark, middle and light differ in brightness, so that a grey print can be read; marks and
# hatches say the same once more. All but light can be seen on white and on black.
DARK, MIDDLE = "#2b6cb0", "#7aa6d1"
ALARM = "#d0342c"
MOST_ROWS = 40
"""Rows that can be read in one picture."""
_WIDTH, _LINE = 9.0, 80
"""Inches, and letters of a title beside the longest names."""
MOST_MARKS = 2000
"""Marks that are drawn one by one; more are an image within the picture, told in the list only."""
_SHORT_NAME = 15
"""Letters of a row's name in a narrow place."""
_CHINESE = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "SimHei",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Arial Unicode MS",
)  # fmt: skip
"""Fonts for names that the usual one has no letters for; the service allows such names."""


def begin(ax: Axes | None, *, rows: int = 0) -> Axes:
    """Return axes to draw on: the caller's, or new ones high enough for some rows.

    The new figure belongs to no global state: nothing shows it but the cell that it ends.
    """
    if ax is not None:
        return ax
    height = 1.6 + 0.34 * max(rows, 3)
    figure = Figure(figsize=(_WIDTH, height), layout="constrained", facecolor=PAPER)
    FigureCanvasAgg(figure)
    return figure.add_subplot(projection="described")


def finish(ax: Axes, title: str, details: str) -> Axes:
    """Put the title and the alternative text in place; thin out what is only decoration."""
    lines = textwrap.fill(title, _LINE)
    shown = ax.set_title(lines, loc="left", fontsize=11, color=INK, parse_math=False)
    if isinstance(ax, DescribedAxes):
        ax.narrow.title = shown
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(INK)
    ax.tick_params(labelsize=9, colors=INK)
    for text in cast("list[Text]", ax.findobj(Text)):
        text.set_fontfamily(_families())
    words = f"{title}. {details}" if title else details
    ax.alt_text = words.strip()  # type: ignore[attr-defined]
    return ax


def empty(ax: Axes, title: str) -> Axes:
    """Say in words that there is nothing to draw."""
    ax.set_axis_off()
    text = ax.text(0.5, 0.5, title, ha="center", va="center", transform=ax.transAxes, color=INK)
    in_short(ax, text, textwrap.fill(title, 40))
    return finish(ax, "", title)


def asked(frame: pd.DataFrame) -> str:
    """Return which tags a table was asked for, for a sentence that says that it is empty."""
    tags = (frame.attrs.get("filters") or {}).get("tags")
    if not tags:
        return ""
    told = [f"{key} = {' or '.join(any_of)}" if any_of else key for key, any_of in tags.items()]
    return f" with the tags {', '.join(told)}"


def name_rows(ax: Axes, labels: Sequence[str]) -> None:
    """Name the rows, the first at the bottom; a ``$`` in a name begins no formula."""
    ax.set_yticks(range(len(labels)), labels, parse_math=False)
    if isinstance(ax, DescribedAxes):
        ax.narrow.names = [shorten(each, _SHORT_NAME) for each in labels]
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


def amounts(ax: Axes, label: str) -> None:
    """Format the y axis for what begins at nought, with a faint grid."""
    ax.set_ylim(bottom=0)
    ax.set_ylabel(label)
    ax.grid(color=LIGHT, linewidth=0.6)
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

    def draw(columns: int, below: float) -> None:
        place = ax.transAxes + ScaledTranslation(0, -below, figure.dpi_scale_trans)
        shown = ax.legend(
            loc="upper left", bbox_to_anchor=(0, 0), bbox_transform=place, borderaxespad=0,
            ncols=columns, fontsize=8, frameon=False, labelcolor=INK, **more,
        )  # fmt: skip
        for text in shown.get_texts():
            text.set_fontfamily(_families())

    draw(5, 0.55)
    if isinstance(ax, DescribedAxes):
        ax.narrow.legend = draw


def tell(ax: Axes, artist: Artist, words: Sequence[str]) -> None:
    """Say what each mark of an artist is: a page shows it under the pointer, and in a list."""
    if isinstance(ax, DescribedAxes):
        ax.words.append(words)
    if len(words) > MOST_MARKS:
        artist.set_rasterized(True)
    elif isinstance(ax, DescribedAxes):
        ax.told.append((artist, words))


def in_short(ax: Axes, text: Text, words: str) -> None:
    """Say what stands in place of a text where there is little room."""
    if isinstance(ax, DescribedAxes):
        ax.narrow.texts.append((text, words))


def smaller(ax: Axes, marks: PathCollection, size: float) -> None:
    """Say how large marks are, in square points, where there is little room."""
    if isinstance(ax, DescribedAxes):
        ax.narrow.sizes.append((marks, size))


def number(moment: datetime) -> float:
    """Return the place of a moment on an axis of time."""
    return float(date2num(moment))  # type: ignore[no-untyped-call]


def time_axis(ax: Axes, label: str, *, least_ticks: int = 5) -> None:
    """Format the x axis for dates."""
    ax.xaxis.axis_date()
    locator = AutoDateLocator(minticks=least_ticks)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    ax.set_xlabel(label)
    few = AutoDateLocator(minticks=2, maxticks=5)  # type: ignore[no-untyped-call]
    narrow_time(ax, few, ConciseDateFormatter(few))  # type: ignore[no-untyped-call]


def day_axis(ax: Axes, days: pd.Series[Any]) -> None:
    """Format the x axis for whole days: no tick stands within one."""
    first, last = days.min(), days.max()
    beside = pd.Timedelta(hours=15 if first < last else 24)
    ax.set_xlim(number(first - beside), number(last + beside))
    time_axis(ax, "day", least_ticks=2)


def narrow_time(ax: Axes, locator: Locator, formatter: Formatter) -> None:
    """Say where the axis of time has its ticks where there is little room."""
    if isinstance(ax, DescribedAxes):
        ax.narrow.time = locator, formatter


def day(moment: datetime) -> str:
    """Return ``8 September 2020``."""
    return f"{moment.day} {moment:%B %Y}"


def moment(when: datetime) -> str:
    """Return ``8 September 2020, 02:00 UTC``."""
    return f"{day(when)}, {when:%H:%M} UTC"


@cache
def _families() -> list[str]:
    known = set(font_manager.get_font_names())
    return ["sans-serif", *(name for name in _CHINESE if name in known)]
