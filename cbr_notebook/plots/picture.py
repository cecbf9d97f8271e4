"""What all pictures share: axes that carry a text for those who cannot see them."""

from __future__ import annotations

import base64
import html
import io
from datetime import datetime
from typing import Any, cast

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.projections import register_projection

# Dark, middle and light differ in brightness, so that a grey print can be read; marks and
# hatches say the same once more.
INK = "#1a1a1a"
DARK, MIDDLE, LIGHT = "#0b4f8a", "#7aa6d1", "#dfe8f2"
ALARM = "#b3261e"
_WIDTH = 9.0
_DPI = 100


class DescribedAxes(Axes):
    """Axes that a notebook shows as a picture with an alternative text."""

    name = "described"
    alt_text = ""
    """What the picture shows, in words."""

    def _repr_html_(self) -> str | None:
        figure = cast("Figure", self.figure)
        picture = io.BytesIO()
        figure.savefig(picture, format="png", dpi=_DPI, metadata={"Software": None})
        data = base64.b64encode(picture.getvalue()).decode()
        alt = html.escape(self.alt_text or self.get_title(), quote=True)
        return f'<img src="data:image/png;base64,{data}" alt="{alt}" style="max-width:100%">'

    def __repr__(self) -> str:
        return f"<Picture: {self.get_title(loc='left') or 'empty'}>"


register_projection(DescribedAxes)


def begin(ax: Axes | None, *, rows: int = 0) -> Axes:
    """Give axes to draw on: the caller's, or new ones high enough for some rows.

    The new figure belongs to no global state: nothing shows it but the cell that it ends.
    """
    if ax is not None:
        return ax
    height = 1.6 + 0.34 * max(rows, 3)
    figure = Figure(figsize=(_WIDTH, min(height, 40.0)), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    return figure.add_subplot(projection="described")


def finish(ax: Axes, title: str, alt_text: str) -> Axes:
    """Put the title and the alternative text in place; thin out what is only decoration."""
    ax.set_title(title, loc="left", fontsize=11, color=INK)
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=9, colors=INK)
    ax.set_gid("picture")
    if isinstance(ax, DescribedAxes):
        ax.alt_text = f"{title}. {alt_text}".strip()
    return ax


def empty(ax: Axes, title: str) -> Axes:
    """Say in words that there is nothing to draw."""
    ax.set_axis_off()
    ax.text(0.5, 0.5, title, ha="center", va="center", transform=ax.transAxes, color=INK)
    return finish(ax, "", title)


def shorten(name: Any, longest: int = 28) -> str:
    """Give a name that leaves room for the picture."""
    text = str(name)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def legend(ax: Axes, **more: Any) -> None:
    """Put the legend under the picture, where it covers nothing."""
    ax.legend(
        loc="upper left", bbox_to_anchor=(0, -0.12), ncols=5, fontsize=8, frameon=False, **more
    )


def number(moment: datetime) -> float:
    """Give the place of a moment on an axis of time."""
    return float(date2num(moment))  # type: ignore[no-untyped-call]


def time_axis(ax: Axes, label: str) -> None:
    """Let the x axis show dates."""
    ax.xaxis.axis_date()
    ax.xaxis.set_major_formatter(ConciseDateFormatter(ax.xaxis.get_major_locator()))  # type: ignore[no-untyped-call]
    ax.set_xlabel(label)


def day(moment: datetime) -> str:
    """Give ``8 September 2020``."""
    return f"{moment.day} {moment:%B %Y}"


def counted(number: int, word: str) -> str:
    """Give ``1 vault``, ``2 vaults``."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
