"""A thing in a notebook: its title and facts, as a small table that any page can show."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any

_LEFT = 'style="text-align:left"'


def facts_html(title: str, facts: Iterable[tuple[str, Any]]) -> str:
    """Return a title and facts as HTML, escaped; facts that are unknown are left out.

    Args:
        title: what it is about; none if empty.
        facts: names and values.
    """
    rows = "".join(
        f'<tr><th scope="row" {_LEFT}>{html.escape(name)}</th>'
        f"<td {_LEFT}>{html.escape(_as_text(value))}</td></tr>"
        for name, value in facts
        if value not in (None, "")
    )
    caption = f"<caption {_LEFT}><b>{html.escape(title)}</b></caption>" if title else ""
    return f"<table>{caption}<tbody>{rows}</tbody></table>"


def _as_text(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
