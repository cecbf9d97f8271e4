"""Numbers and lengths of time as people say them."""

from __future__ import annotations

from datetime import timedelta


def pluralize(number: int, word: str) -> str:
    """Return ``1 vault``, ``2 vaults``."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def format_duration(span: timedelta) -> str:
    """Return a length of time to the minute: ``12 min``, ``3 h 5 min``, ``2 d 0 h 7 min``."""
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    days, hours = divmod(hours, 24)
    parts = [f"{days} d"] * bool(days) + [f"{hours} h"] * bool(hours or days) + [f"{minutes} min"]
    return " ".join(parts)
