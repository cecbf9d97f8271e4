"""When policies run: rules against a count by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.policies import recurrence_rules
from cbr_notebook.simulator.protocol.api_error import ApiError

MONDAY = datetime(2020, 8, 17, 3, 51, 24, 678_916, tzinfo=UTC)
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def next_run(*patterns: str, after: datetime = MONDAY, start: datetime = MONDAY) -> datetime:
    moment = recurrence_rules.next_run(
        patterns, clock.from_datetime(start), clock.from_datetime(after)
    )
    return clock.to_datetime(moment)


def is_refused(*patterns: str, start: datetime = MONDAY) -> bool:
    try:
        recurrence_rules.check(patterns, clock.from_datetime(start))
    except ApiError as error:
        return error.code == "BackupService.9900"
    return False


def test_the_documented_rule_runs_every_day_at_eleven_in_the_evening() -> None:
    rule = "FREQ=WEEKLY;BYDAY=SU,MO,TU,WE,TH,FR,SA;BYHOUR=23;BYMINUTE=00"
    assert not is_refused(rule)
    assert next_run(rule) == datetime(2020, 8, 17, 23, tzinfo=UTC)
    assert next_run(rule, after=datetime(2020, 8, 17, 23, tzinfo=UTC)).day == 18


def test_an_interval_of_days_counts_from_the_day_of_the_start() -> None:
    rule = "FREQ=DAILY;INTERVAL=3;BYHOUR=2;BYMINUTE=30"
    assert next_run(rule) == datetime(2020, 8, 20, 2, 30, tzinfo=UTC)
    late = datetime(2030, 1, 1, tzinfo=UTC)
    run = next_run(rule, after=late)
    assert (run.date() - MONDAY.date()).days % 3 == 0
    assert timedelta() < run - late < timedelta(days=3)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "FREQ=MONTHLY;BYHOUR=1;BYMINUTE=0",
        "FREQ=HOURLY;BYMINUTE=0",
        "BYHOUR=1;BYMINUTE=0",
        "FREQ=DAILY;BYHOUR=1",
        "FREQ=DAILY;BYMINUTE=0",
        "FREQ=DAILY;BYHOUR=24;BYMINUTE=0",
        "FREQ=DAILY;BYHOUR=1;BYMINUTE=60",
        "FREQ=DAILY;BYHOUR=-1;BYMINUTE=0",
        "FREQ=DAILY;BYHOUR=1,;BYMINUTE=0",
        "FREQ=DAILY;BYHOUR=\u0661;BYMINUTE=0",
        "FREQ=DAILY;INTERVAL=0;BYHOUR=1;BYMINUTE=0",
        "FREQ=DAILY;INTERVAL=31;BYHOUR=1;BYMINUTE=0",
        "FREQ=DAILY;BYDAY=MO;BYHOUR=1;BYMINUTE=0",
        "FREQ=WEEKLY;BYHOUR=1;BYMINUTE=0",
        "FREQ=WEEKLY;BYDAY=XX;BYHOUR=1;BYMINUTE=0",
        "FREQ=WEEKLY;BYDAY=1MO;BYHOUR=1;BYMINUTE=0",
        "FREQ=WEEKLY;BYDAY=MO;INTERVAL=2;BYHOUR=1;BYMINUTE=0",
        "FREQ=DAILY;BYHOUR=1;BYMINUTE=0;COUNT=3",
        "FREQ=DAILY;INTERVAL=1,2;BYHOUR=1;BYMINUTE=0",
        "FREQ=DAILY;BYHOUR=1;BYMINUTE=0;UNTIL=20300101T000000Z",
        "FREQ=DAILY;FREQ=DAILY;BYHOUR=1;BYMINUTE=0",
        "FREQ=DAILY;BYHOUR=1;BYMINUTE=0;",
        "FREQ=DAILY;BYHOUR=1;BYMINUTE=0\n",
        "RRULE:FREQ=DAILY;BYHOUR=1;BYMINUTE=0",
        "every day at one",
    ],
)
def test_a_rule_outside_the_subset_is_refused(pattern: str) -> None:
    assert is_refused(pattern)


def test_no_rule_and_more_than_twenty_four_rules_are_refused() -> None:
    day = [f"FREQ=DAILY;BYHOUR={hour};BYMINUTE=0" for hour in range(24)]
    assert is_refused()
    assert not is_refused(*day)
    assert is_refused(*day, "FREQ=DAILY;BYHOUR=0;BYMINUTE=0")


def test_runs_less_than_an_hour_apart_are_refused() -> None:
    assert is_refused("FREQ=DAILY;BYHOUR=1;BYMINUTE=0,30")
    assert is_refused("FREQ=DAILY;BYHOUR=1;BYMINUTE=0", "FREQ=DAILY;BYHOUR=1;BYMINUTE=59")
    assert not is_refused("FREQ=DAILY;BYHOUR=1;BYMINUTE=0", "FREQ=DAILY;BYHOUR=2;BYMINUTE=0")


def test_runs_on_both_sides_of_midnight_are_refused() -> None:
    late, early = "BYHOUR=23;BYMINUTE=30", "BYHOUR=0;BYMINUTE=15"
    assert is_refused(f"FREQ=DAILY;{late}", f"FREQ=DAILY;{early}")
    assert is_refused(f"FREQ=WEEKLY;BYDAY=SU;{late}", f"FREQ=WEEKLY;BYDAY=MO;{early}")
    assert not is_refused(f"FREQ=WEEKLY;BYDAY=MO;{late}", f"FREQ=WEEKLY;BYDAY=MO;{early}")


def test_rules_that_never_meet_on_a_day_may_lie_close_together() -> None:
    monday, tuesday = (f"FREQ=WEEKLY;BYDAY={day};BYHOUR=1;BYMINUTE=" for day in ("MO", "TU"))
    assert not is_refused(monday + "0", tuesday + "10")
    weekly = "FREQ=DAILY;INTERVAL=7;BYHOUR=1;BYMINUTE=10"
    assert is_refused(monday + "0", weekly)
    assert not is_refused(tuesday + "0", weekly)


def test_a_run_that_two_rules_name_is_one_run() -> None:
    assert not is_refused(
        "FREQ=WEEKLY;BYDAY=MO,TU;BYHOUR=1;BYMINUTE=0", "FREQ=DAILY;BYHOUR=1;BYMINUTE=0"
    )


@st.composite
def rules(draw: st.DrawFn) -> str:
    hours = draw(st.lists(st.integers(0, 23), min_size=1, max_size=3, unique=True))
    minutes = draw(st.lists(st.integers(0, 59), min_size=1, max_size=2, unique=True))
    times = f"BYHOUR={','.join(map(str, hours))};BYMINUTE={','.join(map(str, minutes))}"
    if draw(st.booleans()):
        days = draw(st.lists(st.sampled_from(DAYS), min_size=1, max_size=7, unique=True))
        return f"FREQ=WEEKLY;BYDAY={','.join(days)};{times}"
    return f"FREQ=DAILY;INTERVAL={draw(st.integers(1, 30))};{times}"


def runs_by_hand(pattern: str, start: datetime, days: int) -> set[datetime]:
    """Return all runs in so many days from the day of the start."""
    parts = dict(part.split("=") for part in pattern.split(";"))
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    found = set()
    for day in range(days):
        date = midnight + timedelta(days=day)
        if parts["FREQ"] == "WEEKLY" and DAYS[date.weekday()] not in parts["BYDAY"].split(","):
            continue
        if parts["FREQ"] == "DAILY" and day % int(parts["INTERVAL"]):
            continue
        for hour in parts["BYHOUR"].split(","):
            for minute in parts["BYMINUTE"].split(","):
                found.add(date + timedelta(hours=int(hour), minutes=int(minute)))
    return found


moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@given(
    st.lists(rules(), min_size=1, max_size=4), moments, st.timedeltas(timedelta(), timedelta(90))
)
@settings(max_examples=300, deadline=None)
def test_the_next_run_is_the_one_counted_by_hand(
    patterns: list[str], start: datetime, later: timedelta
) -> None:
    after = start + later
    all_runs = set().union(*(runs_by_hand(pattern, start, 130) for pattern in patterns))
    expected = min(run for run in all_runs if run > after)
    assert next_run(*patterns, start=start, after=after) == expected


@given(st.lists(rules(), min_size=1, max_size=3), moments)
@settings(max_examples=150, deadline=None)
def test_rules_are_refused_exactly_when_two_runs_lie_less_than_an_hour_apart(
    patterns: list[str], start: datetime
) -> None:
    # Two rules that count days come as close as they ever do within the product of the counts.
    pairs = [(a, b) for a in patterns for b in patterns]
    close = False
    for pair in pairs:
        runs = sorted(set().union(*(runs_by_hand(each, start, 30 * 29 + 7) for each in pair)))
        close |= any(later - earlier < timedelta(hours=1) for earlier, later in pairwise(runs))
    assert is_refused(*patterns, start=start) == close
