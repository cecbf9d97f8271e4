"""The join sheet: a page to print, with one strip to cut out for each seat."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from typing import Any

_STYLE = (
    "body{font-family:system-ui,sans-serif;margin:1cm}"
    "section{border:1px dashed #555;padding:.6cm;margin-bottom:.4cm;break-inside:avoid}"
    "code{word-break:break-all;font-size:11pt}h2{margin:0 0 .2cm}"
)


def page(seats: Iterable[Mapping[str, Any]]) -> str:
    """Return the sheet as HTML; it holds the key of each seat.

    Args:
        seats: as ``ServedClass.ready`` has them.
    """
    strips = "".join(
        f"<section><h2>Seat {seat['seat']}</h2><p>In a notebook:</p><p><code>"
        f"import cbr_notebook as cbr<br>session = cbr.connect(join=&quot;"
        f"{html.escape(str(seat['join']))}&quot;)</code></p></section>"
        for seat in seats
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Join sheet</title>'
        f"<style>{_STYLE}</style></head><body><h1>Join sheet</h1>{strips}</body></html>\n"
    )
