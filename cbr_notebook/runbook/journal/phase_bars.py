"""A picture of what the time of a restore went into."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from cbr_notebook.runbook.journal.evidence import Phase, duration

_WIDTH, _LEFT, _ROW = 720, 190, 30
_BAR = "#4269a5"


def time_line(phases: Sequence[Phase]) -> str:
    """Draw a bar for every phase, as an SVG document; empty if there is nothing to draw."""
    if not phases:
        return ""
    begin, end = phases[0].begin, phases[-1].end
    whole = (end - begin).total_seconds()
    scale = (_WIDTH - _LEFT - 110) / whole
    height = _ROW * len(phases) + 10
    said = "; ".join(f"{each.name} {_long(each)}" for each in phases)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" role="img" aria-label="{escape(said)}" '
        'font-family="sans-serif" font-size="14">'
    ]
    for number, each in enumerate(phases):
        top = 8 + number * _ROW
        left = _LEFT + (each.begin - begin).total_seconds() * scale
        width = max(2.0, (each.end - each.begin).total_seconds() * scale)
        parts.append(
            f'<text x="{_LEFT - 12}" y="{top + 14}" text-anchor="end" fill="#222">'
            f"{escape(each.name)}</text>"
            f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="18" rx="3" '
            f'fill="{_BAR}"/>'
            f'<text x="{left + width + 8:.1f}" y="{top + 14}" fill="#222">{_long(each)}</text>'
        )
    return "".join(parts) + "</svg>"


def _long(phase: Phase) -> str:
    return duration((phase.end - phase.begin).total_seconds())
