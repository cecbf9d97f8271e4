"""What can and what cannot be known from the sizes of backups: twenty histories."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from cbr_notebook.session.reports.suspicion import Change, judge

FIRST = datetime(2026, 10, 5, 3, 0, tzinfo=UTC)
"""A Monday."""
DAYS = 30
USUAL = 20


@dataclass(frozen=True)
class History:
    """Increments day by day, the day of the trouble, and what can be known of it."""

    changes: list[Change]
    trouble: int | None
    """The first backup that holds damage; ``None``: there is none."""
    newest_quiet: int | None
    """The backup that is offered; ``None``: none can be."""
    harm: bool = False
    """Whether the backup that is offered holds damage: nobody can know it from sizes."""
    explained: tuple[date, ...] = ()


def days(sizes: list[int | None]) -> list[Change]:
    return [Change(FIRST + timedelta(days=n), size) for n, size in enumerate(sizes)]


def usual(count: int = DAYS) -> list[int | None]:
    return [USUAL + n % 3 for n in range(count)]


def changed(at: dict[int, int | None], count: int = DAYS) -> list[Change]:
    sizes = usual(count)
    for place, size in at.items():
        sizes[place] = size
    return days(sizes)


def weekly(sizes: dict[int, int], default: int) -> list[int | None]:
    return [sizes.get((FIRST + timedelta(days=n)).weekday(), default) for n in range(DAYS)]


def with_full(place: int) -> list[Change]:
    made = changed({28: 900})
    made[place] = replace(made[place], incremental=False, changed_mb=40_000)
    return made


def masked() -> list[Change]:
    made = changed({28: 0})
    made[28] = replace(made[28], whole=False)
    return made


def weekend(trouble: int | None) -> list[Change]:
    sizes = weekly({5: 2, 6: 2}, 200)
    if trouble is not None:
        sizes[trouble] = 120
    return days(sizes)


HISTORIES: dict[str, Callable[[], History]] = {
    "quiet": lambda: History(changed({}), None, 29),
    "one night": lambda: History(changed({29: 900}), 29, 28),
    "slow": lambda: History(changed(dict.fromkeys(range(20, 30), 60)), 20, 29, harm=True),
    "accelerating": lambda: History(
        changed({25: 30, 26: 60, 27: 150, 28: 400, 29: 900}), 25, 26, harm=True
    ),
    "pausing": lambda: History(changed({18: 700, 24: 800}), 18, 17),
    "in the middle of a backup": lambda: History(changed({27: 70, 28: 900}), 27, 27, harm=True),
    "a migration before the attack": lambda: History(changed({10: 5000, 28: 900}), 28, 9),
    "the migration explained": lambda: History(
        changed({10: 5000, 28: 900}), 28, 27, explained=(date(2026, 10, 15),)
    ),
    "a new server": lambda: History(changed({2: 900}, 3), 2, None),
    "a full backup in between": lambda: History(with_full(27), 28, 26),
    "a full backup last": lambda: History(with_full(29), 28, 27),
    "batch days": lambda: History(days(weekly({0: 400}, USUAL)), None, 29),
    "an attack beside batch days": lambda: History(
        [
            replace(each, changed_mb=900) if n == 25 else each
            for n, each in enumerate(days(weekly({0: 400}, USUAL)))
        ],
        25,
        24,
    ),
    "an attack on a weekend": lambda: History(weekend(27), 27, 26),
    "a like backup expires": lambda: History(masked(), 28, 29, harm=True),
    "late discovery": lambda: History(changed({12: 900}), 12, 11),
    "small": lambda: History(changed({28: 70}), 28, 29, harm=True),
    "a wiper": lambda: History(changed({28: 1}), 28, 29, harm=True),
    "busy": lambda: History(
        days([500 + 400 * (n % 2) for n in range(29)] + [1900]), 29, 29, harm=True
    ),
    "log rotation": lambda: History(days(weekly({6: 150}, 10)), None, 29),
}


def offered(history: History) -> int | None:
    """Return the newest quiet backup."""
    found = judge(history.changes, history.explained)
    quiet = [n for n, each in enumerate(found) if each.verdict == "quiet"]
    return max(quiet, default=None)


@pytest.mark.parametrize("name", HISTORIES)
def test_what_is_offered_is_what_can_be_known(name: str) -> None:
    history = HISTORIES[name]()
    found = offered(history)
    assert found == history.newest_quiet
    holds_damage = history.trouble is not None and found is not None and found >= history.trouble
    assert holds_damage == history.harm


def test_there_are_twenty_histories() -> None:
    assert len(HISTORIES) == 20


def test_a_jump_right_after_a_restore_says_that_the_restore_may_be_it() -> None:
    made = changed({20: 900})
    for days_before, told in ((0.5, True), (1.5, False)):
        safety = Change(made[20].at - timedelta(days=days_before), 800, safety=True)
        found = judge([*made, safety])[20]
        assert found.verdict == "jump"
        assert ("A restore began after the backup before it" in found.reason) is told


def test_verdicts_say_why() -> None:
    found = judge([*changed({20: 900}), Change(FIRST + timedelta(days=40), 800, safety=True)])
    assert [each.verdict for each in found[19:22]] == ["quiet", "jump", "after_jump"]
    assert "usual are 2" in found[20].reason
    assert "2026-10-25" in found[21].reason
    assert found[-1].verdict == "safety"
    masked_one = judge(masked())[28]
    assert (masked_one.verdict, "deleted meanwhile" in masked_one.reason) == ("unjudged", True)
    assert {each.verdict for each in judge(changed({}, 3))} == {"unjudged"}
