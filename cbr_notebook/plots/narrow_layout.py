"""What is different in a picture while there is little room for it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from matplotlib.ticker import Formatter, Locator

WIDTH = 3.9
"""Inches."""
_TITLE, _LABEL, _ENTRY = 48, 36, 20
"""Letters of a line of the title, of the axis' name, and of an entry in a legend of two columns."""
_OFFSET = 10
"""Points below the ticks that the end of an axis of time takes for month or year."""
_LINE = 0.17
"""Inches that a line of text adds to the height."""


@dataclass(slots=True)
class Narrow:
    """What a picture has instead, where there is little room.

    Attributes:
        title: the picture's title; it has none if left out.
        names: of the rows.
        texts: texts of the picture, each with a shorter one.
        sizes: collections of marks, each with the size of its marks in square points.
        time: locator and formatter of an axis of time.
        legend: draws the legend: its columns, and the inches that it stands below the axis.
    """

    title: Text | None = None
    names: list[str] = field(default_factory=list)
    texts: list[tuple[Text, str]] = field(default_factory=list)
    sizes: list[tuple[PathCollection, float]] = field(default_factory=list)
    time: tuple[Locator, Formatter] | None = None
    legend: Callable[[int, float], Any] | None = None


@contextmanager
def narrowed(ax: Axes, narrow: Narrow) -> Iterator[None]:
    """Draw a picture for a narrow place; afterwards it is as it was.

    The title stands above names and marks alike, so that its lines are as long as can be.
    """
    figure = cast("Figure", ax.figure)
    width, height = figure.get_size_inches()
    title, label = ax.get_title(loc="left"), ax.xaxis.label
    lines = textwrap.wrap(title.replace("\n", " "), _TITLE)
    wrapped = textwrap.wrap(label.get_text(), _LABEL)
    entries = ax.get_legend_handles_labels()[1]
    columns = 1 if any(len(each) > _ENTRY for each in entries) else 2
    more = len(lines) - title.count("\n") + len(wrapped) + len(entries) // columns
    texts = [(label, "\n".join(wrapped)), *narrow.texts]
    if narrow.title:
        texts.append((narrow.title, ""))
    with ExitStack() as afterwards:
        if narrow.legend:
            afterwards.callback(narrow.legend, 5, 0.55)  # at last: it shows marks as they are then
        afterwards.callback(figure.set_size_inches, width, height)
        figure.set_size_inches(WIDTH, height + _LINE * more)
        afterwards.callback(_remove_title, figure)
        figure.suptitle(
            "\n".join(lines), x=0.02, ha="left", fontsize=10.5, color=ax.title.get_color(),
            parse_math=False,
        )  # fmt: skip
        for text, short in texts:
            afterwards.callback(text.set_text, text.get_text())
            text.set_text(short)
        afterwards.callback(label.set_fontsize, label.get_fontsize())
        label.set_fontsize(9)
        afterwards.callback(setattr, ax.xaxis, "labelpad", ax.xaxis.labelpad)
        ax.xaxis.labelpad += _OFFSET
        if narrow.names:
            afterwards.callback(_name, ax, [each.get_text() for each in ax.get_yticklabels()])
            _name(ax, narrow.names)
        for marks, smaller in narrow.sizes:
            afterwards.callback(marks.set_sizes, marks.get_sizes())
            marks.set_sizes([smaller])
        if narrow.time:
            usual = ax.xaxis.get_major_locator(), ax.xaxis.get_major_formatter()
            afterwards.callback(_count, ax, *usual)
            _count(ax, *narrow.time)
        if narrow.legend:
            narrow.legend(columns, 0.5 + _LINE * len(wrapped))
        yield


def _remove_title(figure: Figure) -> None:
    figure._suptitle.remove()  # type: ignore[attr-defined]
    figure._suptitle = None  # type: ignore[attr-defined]  # Matplotlib has no call for it


def _name(ax: Axes, names: list[str]) -> None:
    ax.set_yticklabels(names, parse_math=False)


def _count(ax: Axes, locator: Locator, formatter: Formatter) -> None:
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(formatter)
