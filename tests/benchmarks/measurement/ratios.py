"""Compares two ways of doing something, fairly: in turn, many rounds, medians."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def seconds(work: Callable[[], object], times: int) -> float:
    """Return the seconds that one call takes, from a number of calls."""
    start = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - start) / times


def compare(
    ours: Callable[[], object], floor: Callable[[], object], *, times: int = 50, rounds: int = 15
) -> tuple[float, float, float]:
    """Time two ways in turn; return the median seconds of each and the median of their ratios."""
    ours()
    floor()
    pairs = [(seconds(ours, times), seconds(floor, times)) for _ in range(rounds)]
    return (
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
        statistics.median(a / b for a, b in pairs),
    )


def report(what: str, ours: float, floor: float, ratio: float, promise: str) -> None:
    """Print one line of a comparison."""
    print(f"{what}: {ours * 1e3:.3f} ms against {floor * 1e3:.3f} ms: {ratio:.2f} ({promise})")
