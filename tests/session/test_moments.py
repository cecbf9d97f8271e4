"""Times and lengths of time: what can be meant is read, and all else is refused in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pandas as pd
import pytest

import cbr_notebook as cbr
from cbr_notebook import Session
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.runbook.plan.recovery_targets import Targets
from cbr_notebook.text.timeparse import parse_duration, parse_time, to_api_time

NOW = datetime(2020, 8, 17, 3, tzinfo=UTC)
ENDLESS = ["99999999999d", "36501d", "9" * 400 + "m", "9" * 5000 + "w"]


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with cbr.simulate("empty") as opened:
        yield opened


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30m", timedelta(minutes=30)), ("12h", timedelta(hours=12)), (" 7 d ", timedelta(7)),
        ("2w", timedelta(14)), ("1.5h", timedelta(minutes=90)), ("90s", timedelta(seconds=90)),
        ("36500d", timedelta(36_500)),
    ],
)  # fmt: skip
def test_lengths_that_are_read(text: str, expected: timedelta) -> None:
    assert parse_duration(text, "target") == expected
    assert parse_time(text, NOW, "since") == NOW - expected


@pytest.mark.parametrize("text", ENDLESS)
@pytest.mark.parametrize(
    ("field", "ask"),
    [
        ("target", lambda session, text: session.unprotected(target=text)),
        ("target", lambda session, text: session.recovery_points(target=text)),
        ("target", lambda session, text: session.plots.recovery_points(target=text)),
        ("since", lambda session, text: session.backups(since=text)),
        ("until", lambda session, text: session.tasks(until=text)),
        ("since", lambda session, text: session.failures(since=text)),
        ("before", lambda session, text: session.last_quiet_backup("web-01", before=text)),
        ("rto", lambda session, text: Targets.of(NOW, rto=text)),
        ("rpo", lambda session, text: Targets.of(NOW, rpo=text)),
        ("incident_at", lambda session, text: Targets.of(NOW, incident_at=text)),
    ],
)
def test_what_is_longer_than_a_century_is_refused_with_what_is_allowed(
    session: Session, field: str, ask: Callable[[Session, str], Any], text: str
) -> None:
    with pytest.raises(InvalidRequest, match="longer than a century") as caught:
        ask(session, text)
    assert caught.value.field == field
    assert "36500d" in str(caught.value.advice)


@pytest.mark.parametrize("wrong", [0, -1, 36_501, 10**12])
@pytest.mark.parametrize(
    "ask",
    [
        lambda session, days: session.capacity(days=days),
        lambda session, days: session.recovery_points(days=days),
        lambda session, days: session.gaps(days=days),
        lambda session, days: session.schedule(days=days),
        lambda session, days: session.plots.calendar(days=days),
    ],
)
def test_a_number_of_days_that_cannot_be_meant_is_refused(
    session: Session, ask: Callable[[Session, int], Any], wrong: int
) -> None:
    with pytest.raises(InvalidRequest, match="days must be 1 to") as caught:
        ask(session, wrong)
    assert caught.value.field == "days"


@pytest.mark.parametrize("wrong", ["", "soon", "7", "-7d", "2020-08-17", "d", None, 7])
def test_what_is_no_length_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidRequest, match="is not a length of time") as caught:
        parse_duration(wrong, "target")
    assert "12h" in str(caught.value.advice)


@pytest.mark.parametrize(
    "wrong",
    [
        "", "yesterday", "7", "-7d", "2020-13-01", 7, None, pd.NaT,
        "0001-01-01T00:00+14:00", "9999-12-31T23:59-12:00",
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
    ],
)  # fmt: skip
def test_what_is_no_moment_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidRequest, match="is not a time"):
        parse_time(wrong, NOW, "since")


def test_a_year_is_written_with_four_digits() -> None:
    assert to_api_time(datetime(101, 2, 3, 4, 5, 6, 7, tzinfo=UTC)) == "0101-02-03T04:05:06Z"


@pytest.mark.parametrize("step", [{"days": 36_501}, {"days": 10**12}, {"hours": -1}])
def test_a_clock_goes_neither_back_nor_on_for_ever(session: Session, step: dict[str, Any]) -> None:
    before = session.now
    with pytest.raises(InvalidRequest):
        session.cloud.advance(**step)
    assert session.now == before


def test_a_date_alone_is_its_first_moment_in_utc() -> None:
    now = datetime(2020, 9, 1, tzinfo=UTC)
    assert parse_time(date(2020, 8, 17), now, "since") == datetime(2020, 8, 17, tzinfo=UTC)
