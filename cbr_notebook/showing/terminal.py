"""A table of ours in a terminal: the columns that matter, as many as the width holds."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from typing import Any

import pandas as pd

from cbr_notebook.showing.html_tables import chosen, is_id, noted, why_empty
from cbr_notebook.text.formatting import pluralize

_ROWS = 20
"""Rows that are shown; a longer table says how many it has."""
_NARROWEST = 20
_WIDEST = 40
"""Letters of a cell at most."""
_LATE = ("resource_type", "type")
"""Long words of the service, such as OS::Nova::Server: how new something is matters more."""


def as_text(frame: pd.DataFrame, width: int | None = None) -> str:
    """Return a table of ours as text: names first, IDs last, times in UTC to the minute.

    Args:
        frame: a table that a session gave, or what was chosen of it.
        width: letters of a line; the terminal's if left out.
    """
    if frame.empty:
        return why_empty(frame)
    width = shutil.get_terminal_size().columns if width is None else width
    names, _ = chosen(frame)
    late = [name for name in names if name in _LATE]
    plain = [name for name in names if name not in late and not is_id(name)]
    names = [*plain, *late, *filter(is_id, names)]
    page = frame.head(_ROWS)
    columns: list[list[str]] = []
    used = 0
    for name in names:
        cells = [name, *(_cell(value) for value in page[name])]
        wide = max(map(len, cells)) + 2 * bool(columns)
        if columns and used + wide > width:
            break
        used += wide
        columns.append(_aligned(cells, right=pd.api.types.is_numeric_dtype(frame[name])))
    lines = ["  ".join(cells).rstrip() for cells in zip(*columns, strict=True)]
    foot = textwrap.wrap(_foot(frame, names, len(columns)) + noted(frame), max(width, _NARROWEST))
    return "\n".join([*lines, *foot])


def _aligned(cells: Sequence[str], *, right: bool) -> list[str]:
    wide = max(map(len, cells))
    return [each.rjust(wide) if right else each.ljust(wide) for each in cells]


def _cell(value: Any) -> str:
    if isinstance(value, pd.Timestamp):
        text = f"{value.tz_convert('UTC') if value.tzinfo else value:%Y-%m-%d %H:%M}"
    elif isinstance(value, dict):
        text = ", ".join(f"{key}={each}" for key, each in value.items())
    elif not isinstance(value, list | tuple) and pd.isna(value):
        text = ""
    elif isinstance(value, float):
        text = f"{value:.6g}"
    else:
        text = str(value)
    text = "".join(each if each.isprintable() else " " for each in text)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def _foot(frame: pd.DataFrame, names: Sequence[str], shown: int) -> str:
    """Return how much there is, and what is not shown."""
    rows = pluralize(len(frame), "row")
    first = f", of which the first {_ROWS}" if len(frame) > _ROWS else ""
    left = [*names[shown:], *(each for each in frame.columns if each not in names)]
    more = f"; not shown: {', '.join(left)}" if left else ""
    return f"[{rows}{first}{more}]"
