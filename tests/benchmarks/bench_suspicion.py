"""How often sizes miss an attack, and how often they raise a false alarm.

Run it with ``python -m tests.benchmarks.bench_suspicion``: random histories of thirty nightly
increments. A miss: what is offered holds damage. A false alarm: nothing happened, and the newest
backup is not offered.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from cbr_notebook.session.reports.suspicion import Change, judge

FIRST = datetime(2026, 10, 5, 3, tzinfo=UTC)
KINDS = {"steady": 0.1, "lively": 0.5, "wild": 1.0}
ATTACKS = {"all at once": (1, 40.0), "three nights": (3, 12.0), "slow": (10, 3.0)}
ROUNDS = 400


def history(dice: random.Random, spread: float) -> list[float]:
    return [30 * dice.lognormvariate(0, spread) for _ in range(30)]


def newest_quiet(sizes: list[float]) -> int:
    found = judge([Change(FIRST + timedelta(days=n), int(mb)) for n, mb in enumerate(sizes)])
    return max((n for n, each in enumerate(found) if each.verdict == "quiet"), default=-1)


def main() -> None:
    """Print the rates."""
    dice = random.Random(7)
    for name, spread in KINDS.items():
        alarms = sum(newest_quiet(history(dice, spread)) != 29 for _ in range(ROUNDS))
        print(f"{name}: false alarms {alarms / ROUNDS:.1%}")
        for attack, (nights, times) in ATTACKS.items():
            missed = 0
            for _ in range(ROUNDS):
                sizes = history(dice, spread)
                for night in range(30 - nights, 30):
                    sizes[night] *= times
                missed += newest_quiet(sizes) >= 30 - nights
            print(f"  {attack}: missed {missed / ROUNDS:.1%}")


if __name__ == "__main__":
    main()
