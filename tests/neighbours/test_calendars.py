"""The runs of policies as a calendar file, read again by the library and by our own engine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dateutil.rrule import rrulestr
from icalendar import Calendar, Event

import cbr_notebook as cbr
from cbr_notebook.errors import InvalidRequest


def events(path: Path) -> list[Event]:
    return list(Calendar.from_ical(path.read_bytes()).walk("VEVENT"))


def test_each_planned_run_is_an_event_of_its_own(tmp_path: Path) -> None:
    session = cbr.simulate()
    schedule = session.schedule(days=14)
    found = events(cbr.export(schedule, tmp_path / "runs.ics"))
    assert sorted(each["dtstart"].dt for each in found) == sorted(schedule["runs_at"])
    assert len({str(each["uid"]) for each in found}) == len(schedule) > 10
    assert "backup daily-0300: vault vault-web" in {str(each["summary"]) for each in found}


def test_rules_of_policies_recur_as_the_policies_run(tmp_path: Path) -> None:
    session = cbr.simulate()
    session.create_policy("every-third", every_days=3, times="21:00", retention_days=30)
    session.remove_policy("daily-long-term", "vault-db")
    session.apply_policy("every-third", "vault-db")
    session.cloud.advance(days=1)
    schedule = session.schedule(days=60)
    runs: dict[str, set[datetime]] = {}
    for event in events(cbr.export(session.policies(), tmp_path / "policies.ics")):
        rule = event["rrule"].to_ical().decode()
        start: Any = event["dtstart"].dt
        until = session.now + timedelta(days=60)
        found = rrulestr(rule, dtstart=start.replace(tzinfo=None)).between(
            session.now.replace(tzinfo=None), until.replace(tzinfo=None), inc=True
        )
        name = str(event["summary"]).split(":")[0].removeprefix("backup ")
        runs.setdefault(name, set()).update(each.replace(tzinfo=UTC) for each in found)
    expected = {name: set(rows["runs_at"]) for name, rows in schedule.groupby("policy_name")}
    assert runs == expected
    assert len(expected["every-third"]) == 20


def test_what_does_not_run_has_no_event(tmp_path: Path) -> None:
    session = cbr.simulate()
    assert "paused-nightly" in set(session.policies()["name"])
    text = cbr.export(session.policies(), tmp_path / "policies.ics").read_text()
    assert "paused-nightly" not in text


def test_other_tables_are_no_calendar(tmp_path: Path) -> None:
    session = cbr.simulate("empty")
    with pytest.raises(InvalidRequest, match="can be written as a calendar"):
        cbr.export(session.vaults(), tmp_path / "vaults.ics")
    assert list(tmp_path.iterdir()) == []
    assert events(cbr.export(session.schedule(), tmp_path / "none.ics")) == []
