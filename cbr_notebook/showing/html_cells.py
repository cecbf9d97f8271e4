"""One value of a table as HTML: escaped, short, with the whole of it at hand."""

from __future__ import annotations

import html
import math
from datetime import datetime, timedelta
from typing import Any, Literal

import pandas as pd

Look = Literal["id", "time", "number", "flag", "text"]

_LONGEST = 160
_OLD = timedelta(days=60)
_TONES = {
    **dict.fromkeys(("error", "failed", "timeout", "frozen", "fail", "rejected"), "wrong"),
    **dict.fromkeys(("lock", "skipped", "partial", "unknown", "jump", "after_jump"), "warn"),
    **dict.fromkeys(("available", "success", "pass", "accepted"), "good"),
}
"""What a word of the service means, in a colour; the word itself stays."""

MISSING = '<td class="m">&ndash;</td>'


def cell(look: Look, value: Any, now: datetime | None) -> str:
    """Return one value as a cell.

    Args:
        look: what the column holds.
        value: of the table.
        now: the moment from which ages are counted; ``None`` shows moments instead.
    """
    if _missing(value):
        return MISSING
    if look == "time" and isinstance(value, datetime):
        return _time(value, now)
    if look == "number":
        return _number(value)
    if look == "flag":
        return f"<td>{'yes' if value else 'no'}</td>"
    text = str(value)
    if look == "id":
        # The page shortens it, and shows all of it under the mouse: written once, it stays small.
        return f'<td class="i">{html.escape(text)}</td>'
    tone = _TONES.get(text.lower())
    if tone:
        return f'<td class="{tone}">{html.escape(text)}</td>'
    return _text(text)


def age(moment: datetime, now: datetime) -> str:
    """Return how long ago something was, or in how long it will be, in its largest unit."""
    span = now - moment
    future = span < timedelta(0)
    seconds = abs(span).total_seconds()
    if seconds < 60:
        return "now"
    for size, unit in ((86400 * 2, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            number = int(seconds // (86400 if unit == "d" else size))
            return f"in {number} {unit}" if future else f"{number} {unit} ago"
    raise AssertionError(seconds)


def _missing(value: Any) -> bool:
    found = pd.isna(value) if pd.api.types.is_scalar(value) else False
    return bool(found)


def _time(moment: datetime, now: datetime | None) -> str:
    if moment.tzinfo is None:
        return f"<td>{moment:%Y-%m-%d %H:%M}</td>"
    whole = f"{moment:%Y-%m-%d %H:%M:%S} {moment.tzname()}"
    near = now is not None and abs(now - moment) < _OLD
    short = age(moment, now) if near and now is not None else f"{moment:%Y-%m-%d}"
    return f'<td title="{html.escape(whole)}">{html.escape(short)}</td>'


def _number(value: Any) -> str:
    number = float(value)
    if not math.isfinite(number):
        return f'<td class="n" data-v="{number}">{"for ever" if number > 0 else number}</td>'
    exact = value if number.is_integer() else number
    if number.is_integer():
        whole = int(exact)
        shown = f"{whole:,}"
        return f'<td class="n">{shown}</td>' if abs(whole) < 1000 else _sorted(whole, shown)
    return _sorted(number, f"{number:,.1f}" if abs(number) >= 10 else f"{number:,.2f}")


def _sorted(value: float, shown: str) -> str:
    return f'<td class="n" data-v="{value}">{shown}</td>'


def _text(text: str) -> str:
    if len(text) <= 40:
        return f"<td>{html.escape(text)}</td>"
    cut = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return f'<td class="l">{html.escape(cut)}</td>'
