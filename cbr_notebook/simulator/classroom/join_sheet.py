"""The join sheet: a page to print, with one card to cut out for each seat."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from typing import Any

_STYLE = (
    "@page{margin:1cm}"
    "body{font-family:system-ui,sans-serif;margin:1cm auto;max-width:19cm;color:#000;"
    "background:#fff}"
    "section{border:1px dashed #555;padding:.5cm;margin-bottom:.4cm;break-inside:avoid}"
    "h2{margin:0;display:flex;justify-content:space-between}"
    "h2 span{font-weight:normal;font-size:11pt}"
    "ol{margin:.2cm 0 0;padding-left:.6cm}"
    "code{overflow-wrap:anywhere;font:10pt ui-monospace,monospace}"
    "@media print{body{margin:0}header{display:none}}"
)


def page(seats: Iterable[Mapping[str, Any]]) -> str:
    """Return the sheet as HTML; it holds the key of each seat.

    Args:
        seats: as ``ServedClass.ready`` has them.
    """
    cards = "".join(
        f"<section><h2>Seat {seat['seat']}<span>Name: ____________________</span></h2>"
        "<ol><li>Open a notebook, and run this in its first cell:<br><code>"
        "import cbr_notebook as cbr<br>session = cbr.connect(join=&quot;"
        f"{html.escape(str(seat['join']))}&quot;)<br>"
        "lab = cbr.workshop(&quot;basics&quot;, session=session)</code></li>"
        "<li>Begin the first exercise: <code>lab.start(1)</code>; then <code>lab.check()</code>, "
        "and <code>lab.hint()</code> when stuck.</li></ol></section>"
        for seat in seats
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Join sheet</title>'
        f"<style>{_STYLE}</style></head><body><header><h1>Join sheet</h1><p>Print it, and cut "
        "along the lines: one card a seat. Each holds the key of its seat; whoever has this page "
        f"has all of them.</p></header><main>{cards}</main></body></html>\n"
    )
