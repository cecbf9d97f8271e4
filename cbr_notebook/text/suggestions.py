"""Names that are near to what somebody wrote."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(written: str, known: Iterable[str]) -> list[str]:
    """Return the known names that are nearest to what was written, the nearest first."""
    by_lower: dict[str, str] = {}
    for each in known:
        by_lower.setdefault(each.lower(), each)
    return [by_lower[each] for each in get_close_matches(str(written).lower(), by_lower, 3, 0.5)]


def did_you_mean(written: str, known: Iterable[str]) -> str:
    """Return a sentence that offers the nearest names, or nothing."""
    found = nearest(written, known)
    return f"Did you mean {' or '.join(map(repr, found))}? " if found else ""
