"""Recurrence rules are refused before they are sent, with the value that is wrong."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cbr_notebook as cbr
from cbr_notebook.api.messages.recurrence import checked_rules
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.simulator.core.clock import from_datetime
from cbr_notebook.simulator.policies import recurrence_rules
from cbr_notebook.simulator.protocol.api_error import ApiError

AT = "BYHOUR=1;BYMINUTE=0"
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("", "'' is not one of FREQ"),
        ("every day at one", "'every day at one' is not one of"),
        (f"FREQ=MONTHLY;{AT}", "not MONTHLY"),
        (AT, "not missing"),
        (f"FREQ=WEEKLY;{AT}", "WEEKLY needs BYDAY"),
        (f"FREQ=WEEKLY;BYDAY=MO,XX;{AT}", "'XX'"),
        (f"FREQ=WEEKLY;BYDAY=1MO;{AT}", "'1MO'"),
        (f"FREQ=WEEKLY;BYDAY=MO;INTERVAL=2;{AT}", "INTERVAL counts days"),
        (f"FREQ=DAILY;BYDAY=MO;{AT}", "BYDAY belongs to WEEKLY"),
        (f"FREQ=DAILY;INTERVAL=31;{AT}", "INTERVAL has '31'"),
        (f"FREQ=DAILY;INTERVAL=0;{AT}", "INTERVAL has '0'"),
        (f"FREQ=DAILY;INTERVAL=1,2;{AT}", "INTERVAL is one number"),
        (f"FREQ=DAILY;FREQ=DAILY;{AT}", "FREQ occurs twice"),
        (f"FREQ=DAILY;{AT};COUNT=3", "'COUNT=3'"),
        (f"FREQ=DAILY;{AT};", "''"),
        (f"RRULE:FREQ=DAILY;{AT}", "'RRULE:FREQ=DAILY'"),
        ("FREQ=DAILY;BYHOUR=1", "it needs BYMINUTE"),
        ("FREQ=DAILY;BYHOUR=1,24;BYMINUTE=0", "BYHOUR has '24'"),
        ("FREQ=DAILY;BYHOUR=-1;BYMINUTE=0", "BYHOUR has '-1'"),
        ("FREQ=DAILY;BYHOUR=\u0661;BYMINUTE=0", "BYHOUR has '\u0661'"),
        ("FREQ=DAILY;BYHOUR=1;BYMINUTE=60", "BYMINUTE has '60'"),
        ("FREQ=DAILY;BYHOUR=1;BYMINUTE=0,30", "01:30 and that at 01:00"),
        ("FREQ=DAILY;BYHOUR=0,23;BYMINUTE=30,15", "minutes apart"),
    ],
)
def test_the_value_that_is_wrong_is_named_and_nothing_is_sent(rule: str, told: str) -> None:
    with cbr.simulate("empty") as session:
        policy = session.create_policy("p", days="daily", times="02:00")
        changes: list[str] = []
        session.client.transport.on_request = lambda seen: (
            changes.append(seen.method) if seen.method != "GET" else None
        )
        for ask in (
            lambda: session.create_policy("q", pattern=rule),
            lambda: session.update_policy(policy, pattern=[rule], confirm="p"),
        ):
            with pytest.raises(InvalidRequest) as caught:
                ask()
            assert told in caught.value.message
            assert caught.value.field == "pattern"
        assert changes == []


def test_two_rules_that_come_close_are_both_named() -> None:
    late, early = "FREQ=WEEKLY;BYDAY=SU;BYHOUR=23;BYMINUTE=30", f"FREQ=WEEKLY;BYDAY=MO;{AT[:-1]}0"
    early = early.replace("BYHOUR=1", "BYHOUR=0")
    with pytest.raises(InvalidRequest, match="30 minutes apart") as caught:
        checked_rules([late, early])
    assert late in caught.value.message
    assert early in caught.value.message
    assert checked_rules([late, early.replace("MO", "TU")])


@st.composite
def rules(draw: st.DrawFn) -> str:
    hours = draw(st.lists(st.sampled_from([0, 1, 12, 23]), min_size=1, max_size=2))
    minutes = draw(st.lists(st.sampled_from([0, 10, 59]), min_size=1, max_size=2))
    times = f"BYHOUR={','.join(map(str, hours))};BYMINUTE={','.join(map(str, minutes))}"
    if draw(st.booleans()):
        days = draw(st.lists(st.sampled_from(DAYS), min_size=1, max_size=7, unique=True))
        return f"FREQ=WEEKLY;BYDAY={','.join(days)};{times}"
    return f"FREQ=DAILY;INTERVAL={draw(st.integers(1, 30))};{times}"


@settings(max_examples=300, deadline=None)
@given(patterns=st.lists(rules(), min_size=1, max_size=3), day=st.integers(1, 7))
def test_what_is_refused_here_is_refused_there(patterns: list[str], day: int) -> None:
    """Only what depends on the day of creation is left to the service."""
    made = from_datetime(datetime(2020, 8, day, tzinfo=UTC))
    refused = {}
    try:
        recurrence_rules.check(patterns, made)
    except ApiError:
        refused["there"] = True
    try:
        checked_rules(patterns)
    except InvalidRequest:
        refused["here"] = True
    if refused.get("here"):
        assert refused.get("there")
    elif not any(f"INTERVAL={weeks};" in rule for weeks in (7, 14, 21, 28) for rule in patterns):
        assert not refused
