"""Policies in the words that people use: understood, or refused by name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cbr_notebook as cbr
from cbr_notebook import Session
from cbr_notebook.api.messages.records import Definition, Policy, Trigger, TriggerProperties
from cbr_notebook.errors import ConfirmationNeeded, InvalidRequest
from cbr_notebook.schedule.days import DAYS, parse_days, parse_times
from cbr_notebook.schedule.gaps import missed_runs
from cbr_notebook.schedule.rules import days_and_times, recurrence_rules
from cbr_notebook.schedule.runs import of_rules
from cbr_notebook.schedule.zones import zone


@pytest.fixture
def session() -> Iterator[Session]:
    with cbr.simulate() as opened:
        yield opened


def rules(session: Session, policy: str) -> list[str]:
    return list(session.policy_rules(policy)["rule"])


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("daily", "MO TU WE TH FR SA SU"),
        ("weekdays", "MO TU WE TH FR"),
        ("Weekend", "SA SU"),
        ("mon-fri", "MO TU WE TH FR"),
        ("fri to mon", "MO FR SA SU"),
        ("mon wed fri", "MO WE FR"),
        ("Monday through Thursday", "MO TU WE TH"),
        ("every monday and friday", "MO FR"),
        ("business days", "MO TU WE TH FR"),
        ("Mondays, thurs and SUNDAY", "MO TH SU"),
        (["MO", "tue-wed"], "MO TU WE"),
        ("MO,MO", "MO"),
    ],
)
def test_days_are_understood(said: Any, meant: str) -> None:
    assert parse_days(said) == meant.split()


@pytest.mark.parametrize(
    "said", ["weekly", "monthly", "Sunset", "Monsoon", "mon-", "mon-foo", "", [], 3, [1], "m"]
)
def test_what_is_no_day_is_refused_with_the_list(said: Any) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_days(said)
    assert "MO, TU, WE" in str(caught.value.advice)


def test_what_names_no_day_is_not_taken_for_every_day(session: Session) -> None:
    empty: list[Any] = ["", []]
    for nothing in empty:
        for ask in (
            lambda none: session.create_policy("nothing", days=none, times="02:00"),
            lambda none: session.update_policy("daily-0300", days=none),
            lambda none: session.what_if("daily-0300", days=none),
        ):
            with pytest.raises(InvalidRequest, match="No day is named"):
                ask(nothing)


def test_what_if_refuses_what_update_policy_refuses(session: Session) -> None:
    for change in ({"enabled": "no"}, {"enabled": 0}, {"day_backups": -1, "timezone": "UTC"},
                   {"retention_days": 10**9}, {"days": "Sunset"}, {"keep": 3}):  # fmt: skip
        for ask in (session.what_if, session.update_policy):
            with pytest.raises(InvalidRequest):
                ask("daily-0300", **change)


def test_times_are_understood() -> None:
    assert parse_times(["6:05", "23:00, 06:05"]) == [(6, 5), (23, 0)]
    assert parse_times(time(4, 30)) == [(4, 30)]
    for wrong in ("25:00", "6", 6, [None], ""):
        with pytest.raises(InvalidRequest):
            parse_times(wrong)


@given(
    st.sets(st.sampled_from(DAYS), min_size=1),
    st.lists(  # each at least an hour from the others
        st.tuples(st.integers(0, 23), st.integers(0, 59)),
        min_size=1, max_size=3, unique_by=lambda at: at[0] // 2,
    ).map(lambda times: [(at[0] // 2 * 2 + times[0][0] % 2, at[1]) for at in times]),
    st.integers(-12, 14),
)  # fmt: skip
def test_days_and_times_of_a_zone_come_back_from_their_rules(
    days: set[str], times: list[tuple[int, int]], hours: int
) -> None:
    there = zone("UTC" if not hours else f"UTC{hours:+03d}:00")
    written = [f"{hour:02d}:{minute:02d}" for hour, minute in times]
    made = recurrence_rules(None, days=list(days), times=written, zone=there)
    begin = datetime(2024, 3, 4, tzinfo=there)
    for run in of_rules(made, begin, begin + timedelta(days=7)):
        local = run.astimezone(there)
        assert DAYS[local.weekday()] in days
        assert f"{local:%H:%M}" in written
    read = days_and_times(made, there)
    if read is not None:  # days that the zones move apart cannot be said in one
        assert set(read.days or ()) == days
        assert read.times == sorted(written)


@given(st.integers(0, 24 * 60 * 9), st.integers(1, 9), st.sampled_from(["DAILY", "SU"]))
def test_no_moment_of_any_day_disturbs_the_gaps(minute: int, days: int, kind: str) -> None:
    rule = "FREQ=DAILY;INTERVAL=1" if kind == "DAILY" else "FREQ=WEEKLY;BYDAY=SU"
    now = datetime(2020, 8, 10, tzinfo=UTC) + timedelta(minutes=minute)
    policy = Policy(
        id="p",
        operation_definition=Definition(retention_duration_days=30),
        trigger=Trigger(properties=TriggerProperties(pattern=[f"{rule};BYHOUR=23;BYMINUTE=00"])),
    )
    taken = [datetime(2020, 8, 10, tzinfo=UTC)]
    missed = missed_runs(policy, taken, now, days)
    assert all(now - timedelta(days=days) < run <= now for run in missed)


def test_a_policy_is_changed_in_the_words_in_which_it_is_made(session: Session) -> None:
    session.create_policy("nightly", days="weekdays", times="23:30", retention_days=30)
    session.update_policy("nightly", times=["04:00", "16:00"])
    assert [rule.split(";", 1)[1] for rule in rules(session, "nightly")] == [
        "BYDAY=MO,TU,WE,TH,FR;BYHOUR=4;BYMINUTE=00",
        "BYDAY=MO,TU,WE,TH,FR;BYHOUR=16;BYMINUTE=00",
    ]
    session.update_policy("nightly", days="weekend")
    assert all("BYDAY=SA,SU" in rule for rule in rules(session, "nightly"))
    changed = session.update_policy("nightly", weekly=4, timezone="UTC+02:00")
    assert changed.operation_definition is not None
    assert changed.operation_definition.retention_duration_days == 30
    assert changed.operation_definition.week_backups == 4
    assert all("BYHOUR=4" in rule or "BYHOUR=16" in rule for rule in rules(session, "nightly"))
    session.update_policy("nightly", times="04:00")  # in the zone that it has now
    assert rules(session, "nightly") == ["FREQ=WEEKLY;BYDAY=SA,SU;BYHOUR=2;BYMINUTE=00"]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"definition": {"retention_days": 14}}, "retention_duration_days"),
        ({"retention": 14}, "retention_days"),
        ({"retention_days": "ten"}, "whole number"),
        ({"daily": 3, "day_backups": 3}, "twice"),
        ({"definition": {"max_backups": 3}, "max_backups": 3}, "twice"),
        ({"times": "25:00"}, "time of day"),
        ({"timezone": 7}, "time zone"),
    ],
)
def test_what_is_not_known_is_refused_before_anything_is_sent(
    session: Session, change: dict[str, Any], word: str
) -> None:
    before = session.client.policies.list()
    with pytest.raises(InvalidRequest, match=word):
        session.update_policy("daily-0300", **change)
    assert session.client.policies.list() == before


def test_a_change_that_deletes_backups_says_which_and_asks(session: Session) -> None:
    with pytest.raises(ConfirmationNeeded, match=r"weekly-sunday deletes \d+ backups") as caught:
        session.update_policy("weekly-sunday", max_backups=2)
    assert "mail-01" in caught.value.message
    assert session.client.policies.show(session.find_policy("weekly-sunday").id) == (
        session.find_policy("weekly-sunday")
    )
    number = int(caught.value.message.split(" deletes ")[1].split()[0])
    before = set(session.backups(image_type="backup")["id"])
    usual = set(session.retention_preview(days=7)["id"])
    session.update_policy("weekly-sunday", max_backups=2, confirm="weekly-sunday")
    session.cloud.advance(days=7)
    gone = before - set(session.backups()["id"])
    assert len(gone - usual) == number


def test_a_longer_retention_deletes_nothing_and_does_not_ask(session: Session) -> None:
    session.update_policy("weekly-sunday", max_backups=20)
    session.update_policy("daily-0300", retention_days=3)  # backups that are there keep their date
    session.update_policy("paused-nightly", enabled=True)


def test_a_time_zone_beside_times_is_theirs_and_is_always_sent(session: Session) -> None:
    session.create_policy("noon", days="MO", times="01:30", timezone="UTC+02:00")
    assert rules(session, "noon") == ["FREQ=WEEKLY;BYDAY=SU;BYHOUR=23;BYMINUTE=30"]
    plain = session.create_policy("plain", days="MO", times="01:30")
    assert plain.operation_definition is not None
    assert plain.operation_definition.timezone == "UTC+00:00"


def test_a_replication_policy_says_where_to(session: Session) -> None:
    for missing in ({}, {"destination_region": "eu-west-1"}):
        with pytest.raises(InvalidRequest, match="needs a"):
            session.create_policy(
                "geo", days="SU", times="05:00", operation_type="replication", **missing
            )


def test_locking_asks_and_is_for_good(session: Session) -> None:
    with pytest.raises(ConfirmationNeeded, match="cannot be undone"):
        session.update_vault("vault-dev", locked=True)
    with pytest.raises(ConfirmationNeeded):
        session.create_vault("worm", size_gb=10, locked=True)
    assert session.update_vault("vault-dev", locked=True, confirm="vault-dev").locked
    with pytest.raises(cbr.errors.Conflict, match="locked") as caught:
        session.update_vault("vault-dev", locked=False)
    assert "cannot be undone" in str(caught.value.advice)


def test_what_the_service_does_not_keep_is_told(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    update = session.client.vaults.update

    def forgetful(vault_id: str, **changes: Any) -> Any:
        changes.pop("threshold", None)
        return update(vault_id, **{**changes, "smn_notify": True})

    monkeypatch.setattr(session.client.vaults, "update", forgetful)
    with pytest.warns(cbr.errors.AnswerWarning, match="threshold=55"):
        session.update_vault("vault-dev", threshold=55)
    with pytest.raises(InvalidRequest, match="setting"):
        session.update_vault("vault-dev", treshold=55)


@pytest.mark.parametrize("ask", ["backups", "tasks"])
@pytest.mark.parametrize("resource", ["web01", ["web-01", "web02"]])
def test_a_misspelt_resource_is_an_error_with_near_names(
    session: Session, ask: str, resource: Any
) -> None:
    with pytest.raises(cbr.errors.NotFound, match=r"Did you mean web-0\d"):
        getattr(session, ask)(resource=resource)
    assert len(getattr(session, ask)(resource="legacy-01")) == 0  # it exists, and has none


def test_servers_are_found_by_their_tags(session: Session) -> None:
    both = session.resources("server", tags={"env": ["prod", "dev"], "tier": "web"})
    assert "web-01" in set(both["name"])
    assert set(session.resources("server", tags={"env": []})["name"]) >= set(both["name"])
    with pytest.raises(InvalidRequest, match="tags"):
        session.resources(tags={"env": 5})


@pytest.mark.parametrize("limit", ["ten", 0, True, 1.5])
def test_a_limit_is_a_whole_number(session: Session, limit: Any) -> None:
    with pytest.raises(InvalidRequest, match="limit must be at least 1"):
        session.vaults(limit=limit)


def test_lengths_of_time_are_understood(session: Session) -> None:
    wanted = len(session.backups(since="7d"))
    assert len(session.backups(since="7 days")) == wanted
    assert len(session.backups(since=timedelta(days=7))) == wanted
    naive = (session.now - timedelta(days=7)).replace(tzinfo=None)
    assert len(session.backups(since=naive)) == wanted
    with pytest.raises(InvalidRequest):
        session.backups(since=timedelta(days=-1))


@given(
    days=st.lists(st.sampled_from(DAYS), min_size=1, unique=True) | st.integers(1, 3),
    times=st.lists(
        st.sampled_from(["00:00", "00:10", "00:59", "01:00", "10:00", "10:59", "23:00", "23:30"]),
        min_size=1, max_size=3, unique=True,
    ),
    there=st.sampled_from(["UTC", "UTC+01:00", "UTC+05:30", "UTC-09:30", "UTC+14:00"]),
)  # fmt: skip
def test_runs_less_than_an_hour_apart_are_refused_before_they_are_sent(
    days: list[str] | int, times: list[str], there: str
) -> None:
    said: dict[str, Any] = {"every_days": days} if isinstance(days, int) else {"days": days}
    patterns = {recurrence_rules(None, **said, times=at, zone=zone(there))[0] for at in times}
    begin = datetime(2026, 1, 5, tzinfo=UTC)
    runs = of_rules(patterns, begin, begin + timedelta(days=30))
    hour = timedelta(hours=1)
    close = any(later - at < hour for at, later in pairwise(runs))
    if close:
        with pytest.raises(InvalidRequest, match=r"would be \d+ minutes apart"):
            recurrence_rules(None, **said, times=times, zone=zone(there))
    else:
        assert set(recurrence_rules(None, **said, times=times, zone=zone(there))) == patterns


def test_a_policy_says_which_runs_are_too_close_and_sends_nothing(session: Session) -> None:
    before = session.client.transport.requests
    with pytest.raises(InvalidRequest, match="at 23:30 and the next at 00:10 would be 40 min"):
        session.create_policy("p", days="sun mon", times=["00:10", "23:30"])
    assert session.client.transport.requests == before
    assert session.create_policy("p", days="mon", times=["00:10", "23:30"]).name == "p"
    with pytest.raises(InvalidRequest, match="40 minutes apart"):
        session.update_policy("p", days="daily")


def test_no_days_of_keeping_is_refused_and_becomes_no_for_ever() -> None:
    with cbr.simulate("empty") as session:
        policy = session.create_policy("p", days="daily", times="02:00", retention_days=3)
        for ask in (
            lambda: session.create_policy("q", days="daily", times="02:00", retention_days=0),
            lambda: session.update_policy(policy, retention_days=0, confirm="p"),
        ):
            with pytest.raises(InvalidRequest, match="retention_days 0"):
                ask()
        assert list(session.policies()["retention_duration_days"]) == [3]
