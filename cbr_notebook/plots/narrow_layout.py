"""What is different in a picture while there is little room for it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
    size = figure.get_size_inches().copy()
    title, label = ax.get_title(loc="left"), ax.xaxis.label
    size_of_label, label_text = label.get_fontsize(), label.get_text()
    names = [each.get_text() for each in ax.get_yticklabels()]
    texts = [(text, text.get_text()) for text, _ in narrow.texts]
    sizes = [(marks, marks.get_sizes()) for marks, _ in narrow.sizes]
    time = ax.xaxis.get_major_locator(), ax.xaxis.get_major_formatter()
    lines = textwrap.wrap(title.replace("\n", " "), _TITLE)
    wrapped = textwrap.wrap(label_text, _LABEL)
    entries = ax.get_legend_handles_labels()[1]
    columns = 1 if any(len(each) > _ENTRY for each in entries) else 2
    more = len(lines) - title.count("\n") + len(wrapped) + len(entries) // columns
    figure.set_size_inches(WIDTH, size[1] + _LINE * more)
    above = figure.suptitle(
        "\n".join(lines), x=0.02, ha="left", fontsize=10.5, color=ax.title.get_color(),
        parse_math=False,
    )  # fmt: skip
    try:
        if narrow.title:
            narrow.title.set_text("")
        label.set(text="\n".join(wrapped), fontsize=9)
        ax.xaxis.labelpad += _OFFSET
        if narrow.names:
            _name(ax, narrow.names)
        for text, short in narrow.texts:
            text.set_text(short)
        for marks, smaller in narrow.sizes:
            marks.set_sizes([smaller])
        if narrow.time:
            _count(ax, *narrow.time)
        if narrow.legend:
            narrow.legend(columns, 0.5 + _LINE * len(wrapped))
        yield
    finally:
        above.remove()
        figure._suptitle = None  # type: ignore[attr-defined]  # Matplotlib has no call for it
        figure.set_size_inches(*size)
        if narrow.title:
            narrow.title.set_text(title)
        label.set(text=label_text, fontsize=size_of_label)
        ax.xaxis.labelpad -= _OFFSET
        if narrow.names:
            _name(ax, names)
        for text, words in texts:
            text.set_text(words)
        for marks, before in sizes:
            marks.set_sizes(before)
        if narrow.time:
            _count(ax, *time)
        if narrow.legend:
            narrow.legend(5, 0.55)


def _name(ax: Axes, names: list[str]) -> None:
    ax.set_yticklabels(names, parse_math=False)


def _count(ax: Axes, locator: Locator, formatter: Formatter) -> None:
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(formatter)
