"""The form that creates policies, and the preview of what one would do."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from cbr_notebook import Session
from cbr_notebook.forms import create_policy
from cbr_notebook.forms.testing import FormPage
from cbr_notebook.schedule.preview import in_utc, preview
from tests.forms import sync_points
from tests.forms.pages import ready

PARIS = timezone(timedelta(hours=2))
NOW = datetime(2020, 8, 17, 4, tzinfo=UTC)


def test_days_move_with_the_time_zone() -> None:
    assert in_utc(["MO"], ["00:30"], PARIS) == ["FREQ=WEEKLY;BYDAY=SU;BYHOUR=22;BYMINUTE=30"]
    assert in_utc(["SU", "MO"], ["12:00"], PARIS) == [
        "FREQ=WEEKLY;BYDAY=MO,SU;BYHOUR=10;BYMINUTE=00"
    ]


def test_the_preview_knows_number_age_and_periods() -> None:
    daily = in_utc(["MO", "TU", "WE", "TH", "FR", "SA", "SU"], ["02:00"], UTC)
    seen = preview(daily, {"max_backups": 30}, UTC, NOW)
    assert (len(seen.runs), seen.made, len(seen.kept)) == (10, 365, 30)
    assert seen.runs[0] == datetime(2020, 8, 18, 2, tzinfo=UTC)
    assert len(preview(daily, {"retention_days": 7}, UTC, NOW).kept) == 7
    assert len(preview(daily, {}, UTC, NOW).kept) == 365
    periods = {"max_backups": 1, "day_backups": 7, "month_backups": 12}
    assert len(preview(daily, periods, UTC, NOW).kept) == 1 + 7 + 11


def test_the_preview_agrees_with_what_the_cloud_keeps(session: Session) -> None:
    keep = {"max_backups": 2, "day_backups": 3, "week_backups": 2, "month_backups": 2}
    rules = in_utc(["MO", "WE", "FR"], ["02:00", "14:00"], PARIS)
    session.create_policy("mixed", pattern=rules, timezone="UTC+02:00", **keep)
    session.create_vault("mixed", size_gb=100, resources="legacy-01", policy="mixed")
    seen = preview(rules, keep, PARIS, session.now)
    session.cloud.advance(days=365)
    there = session.backups(resource="legacy-01", status="available")["created_at"]
    made = sorted(each.to_pydatetime().replace(microsecond=0) for each in there)
    assert made == list(seen.kept)


def test_a_policy_is_created_and_applied_in_the_persons_words(session: Session) -> None:
    form = session.forms.create_policy()
    page = ready(form)
    page.fill("name", "nightly")
    page.fill("times", "00:30")
    page.fill("timezone", "UTC+02:00")
    page.fill("vaults", [session.find_vault("vault-dev").id])
    page.wait()
    assert "Create policy nightly and apply it to 1 vault: 365 backups a year, 30 kept." in (
        page.summary
    )
    assert "It takes the place of the policy of vault-dev" in page.summary
    assert "After a year 30 of 365 backups of a resource are kept." in page.panel("preview")
    page.press(times=2)
    assert form.error is None
    found = session.find_policy("nightly")
    assert [each.vault_id for each in found.associated_vaults] == [
        session.find_vault("vault-dev").id
    ]
    assert "BYHOUR=22;BYMINUTE=30" in _first_rule(found)
    assert found.operation_definition.max_backups == 30
    assert list(session.policies()["name"]).count("nightly") == 1


def test_a_place_is_a_time_zone_and_summer_time_is_told(session: Session) -> None:
    form = session.forms.create_policy(name="nightly", times="02:00")
    page = FormPage(form)
    form.value = {"timezone": "Europe/Berlin"}
    assert page.field("timezone").help == (
        "Now UTC+02:00. From 2020-10-25 on, runs are earlier there: "
        "the service knows no summer time."
    )
    assert "BYHOUR=0;BYMINUTE=00" in form.code
    assert "The next ten runs (Europe/Berlin)" in page.panel("preview")
    assert "<li>Tue 2020-08-18 02:00 (00:00 UTC)</li>" in page.panel("preview")
    form.value = {"timezone": "Asia/Kolkata"}
    assert page.field("timezone").help == "Now UTC+05:30. "
    assert "BYHOUR=20;BYMINUTE=30" in form.code
    assert "<li>Tue 2020-08-18 02:00 (Mon 20:30 UTC)</li>" in page.panel("preview")


def test_the_picture_has_a_line_for_each_rule(session: Session) -> None:
    page = ready(session.forms.create_policy(name="mixed", keep="periods", max_backups=5))
    assert (
        "After a year 25 of 365 backups of a resource are kept. "
        "daily: 7, weekly: 4, monthly: 12, newest: 5"
    ) in page.panel("preview")


def test_what_is_no_choice_is_told_and_breaks_nothing(session: Session) -> None:
    form = session.forms.create_policy(name="nightly", keep="some", timezone="Mars/Crater")
    assert form.problems.keys() == {"keep", "timezone"}


def test_bad_input_is_told_beside_the_field(session: Session) -> None:
    form = session.forms.create_policy(name="a b", times="25:00", max_backups=0)
    assert form.problems.keys() == {"name", "times", "max_backups"}
    assert "not a time of day" in form.problems["times"]


def test_what_could_not_be_applied_is_applied_at_the_second_attempt(session: Session) -> None:
    page = ready(session.forms.create_policy(name="nightly", vaults=["vault-dev", "vault-web"]))
    session.cloud.fail("associate_vault_policy", "BackupService.6302")
    page.press()
    assert "could not be applied" in page.error
    page.press()
    assert "Policy nightly is there" in page.result
    assert list(session.policies()["name"]).count("nightly") == 1
    assert len(session.find_policy("nightly").associated_vaults) == 2


def test_other_rules_under_the_name_just_used_are_not_taken_for_done(session: Session) -> None:
    form: Any = session.forms.create_policy(name="nightly")
    form.submit()
    form.value = {"times": "05:00"}
    assert "with other rules" in form.problems["name"]
    form.value = {"name": "early"}
    assert form.submit().name == "early"
    assert "BYHOUR=5" in _first_rule(session.find_policy("early"))
    assert "BYHOUR=2" in _first_rule(session.find_policy("nightly"))


def test_the_python_does_the_same(session: Session) -> None:
    form = session.forms.create_policy(
        name="nightly", keep="some of each day, week, month and year", vaults=["vault-dev"]
    )
    exec(form.code, {"session": session})
    made = session.find_policy("nightly").operation_definition
    assert (made.day_backups, made.week_backups, made.month_backups) == (7, 4, 12)
    assert made.timezone == "UTC+00:00"


def test_a_value_that_changes_while_it_is_drawn_is_no_trouble(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = session.forms.create_policy(name="nightly")
    page = ready(form)
    page.fill("times", "2")
    # Asked between taking the values and checking them.
    shown = type("Shown", (dict,), {})(create_policy._SHOWN)
    gate = sync_points.before(monkeypatch, shown, "get")
    monkeypatch.setattr(create_policy, "_SHOWN", shown)
    times: Any = page.field("times")
    typed = threading.Event()
    heard = times.on_change

    def hear(field: Any) -> None:
        typed.set()
        heard(field)

    times.on_change = hear
    one = sync_points.beside(lambda: FormPage(form).leave("name"))  # which draws
    gate.wait()
    other = sync_points.beside(lambda: page.fill("times", "02:00"))
    assert typed.wait(20)
    gate.open()
    one.join(20)
    other.join(20)
    page.wait()
    assert form.error is None
    assert page.error == ""
    assert "The next ten runs" in page.panel("preview")


def test_times_too_close_are_said_beside_their_field(session: Session) -> None:
    form = session.forms.create_policy(name="close", times="23:30, 00:10")
    page = ready(form)
    page.press()
    assert "would be 40 minutes apart" in form.fields["times"].problem
    page.fill("times", "23:30, 00:30")
    page.press()
    assert "close" in set(session.policies()["name"])


def _first_rule(policy: Any) -> str:
    return str(policy.trigger.properties.pattern[0])
