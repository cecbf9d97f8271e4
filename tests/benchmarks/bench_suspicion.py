"""How often sizes miss an attack, and how often they raise a false alarm.

Run it with ``python -m tests.benchmarks.bench_suspicion``: random histories of nightly increments.
A miss: what is offered holds damage. A false alarm: nothing happened, and the newest backup is not
offered. Beside it stands what would be missed if only every fourth restore point were asked for,
and the others where these look unusual.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from statistics import median_low

from cbr_notebook.session.reports.suspicion import Change, judge

FIRST = datetime(2026, 10, 5, 3, tzinfo=UTC)
KINDS = {"steady": 0.1, "lively": 0.5, "wild": 1.0}
ATTACKS = {"all at once": (1, 40.0), "three nights": (3, 12.0), "slow": (10, 3.0)}
NIGHTS = 32
ROUNDS = 400
LARGE = 10
"""MB; less is never a jump."""


def history(dice: random.Random, spread: float) -> list[float]:
    return [30 * dice.lognormvariate(0, spread) for _ in range(NIGHTS)]


def by_fours(sizes: list[float]) -> tuple[list[float], int]:
    """Return what every fourth restore point tells, and how many are asked for.

    The nights of a group that adds unusually much or little are asked for one by one.
    """
    told, asked = list[float](), 0
    groups = [sizes[first : first + 4] for first in range(0, len(sizes), 4)]
    usual = median_low(map(sum, groups))
    for group in groups:
        unusual = abs(sum(group) - usual) >= max(LARGE, usual / 2)
        told += group if unusual else [sum(group) / 4] * 4
        asked += 4 if unusual else 1
    return told, asked


def newest_quiet(sizes: list[float]) -> int:
    found = judge([Change(FIRST + timedelta(days=n), int(mb)) for n, mb in enumerate(sizes)])
    return max((n for n, each in enumerate(found) if each.verdict == "quiet"), default=-1)


def main() -> None:
    """Print the rates."""
    dice = random.Random(7)
    for name, spread in KINDS.items():
        alarms = sum(newest_quiet(history(dice, spread)) != NIGHTS - 1 for _ in range(ROUNDS))
        print(f"{name}: false alarms {alarms / ROUNDS:.1%}")
        for attack, (nights, times) in ATTACKS.items():
            missed = by_four = requests = 0
            for _ in range(ROUNDS):
                sizes = history(dice, spread)
                for night in range(NIGHTS - nights, NIGHTS):
                    sizes[night] *= times
                told, asked = by_fours(sizes)
                missed += newest_quiet(sizes) >= NIGHTS - nights
                by_four += newest_quiet(told) >= NIGHTS - nights
                requests += asked
            print(
                f"  {attack}: missed {missed / ROUNDS:.1%}; {by_four / ROUNDS:.1%} by every "
                f"fourth of {NIGHTS}, with {requests / ROUNDS:.0f} requests"
            )


if __name__ == "__main__":
    main()
