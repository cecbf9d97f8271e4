"""The form that changes a policy."""

from __future__ import annotations

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session, errors
from cbr_notebook.forms.testing import FormPage
from tests.forms.pages import ready


def test_what_a_policy_says_is_filled_in_and_only_what_differs_is_sent(session: Session) -> None:
    form = session.forms.edit_policy(policy="daily-0300")
    page = FormPage(form)
    before = session.find_policy("daily-0300")
    assert form.problems == {"": "Nothing differs from what the policy says."}
    assert form.value["runs"] == "on"
    assert form.value["times"] == "03:00"
    page.fill("times", "04:30, 16:30")
    assert "times: 04:30, 16:30" in page.summary
    assert form.code == 'session.update_policy("daily-0300", times=["04:30", "16:30"])'
    page.press(times=2)
    after = session.find_policy("daily-0300")
    assert after.operation_definition == before.operation_definition
    assert session.policy_rules("daily-0300") is not None
    assert "Policy daily-0300 is changed" in page.result


def test_it_is_switched_off_and_on(session: Session) -> None:
    form = session.forms.edit_policy(policy="daily-0300")
    for runs, enabled in (("Switched off", False), ("Switched on", True)):
        form.value = {"runs": runs}
        assert form.submit().enabled is enabled
        form.again()
    assert form.code == ""


def test_what_deletes_backups_wants_the_name_and_says_how_many(session: Session) -> None:
    form = session.forms.edit_policy(policy="daily-0300")
    page = ready(form)
    assert page.field("confirm").hidden
    for name in ("max_backups", "retention_days"):
        if not page.field(name).hidden:
            page.fill(name, 1)
    page.press()
    assert isinstance(form.error, errors.ConfirmationNeeded)
    assert "Nothing is changed yet" in page.error
    assert "backups more at its next run" in page.error
    assert not page.field("confirm").hidden
    page.fill("confirm", "weekly")
    assert "Type daily-0300" in page.field("confirm").problem
    page.fill("max_backups", 2)
    assert page.field("confirm").hidden, "what was told was of another change"
    page.press()
    page.fill("confirm", "daily-0300")
    page.press()
    assert form.error is None
    definition = session.find_policy("daily-0300").operation_definition
    assert definition is not None
    assert definition.max_backups == 2


def test_a_rule_that_is_emptied_is_no_rule_any_more(session: Session) -> None:
    session.create_policy("p", days="daily", times="02:00", max_backups=5, daily=3, timezone="UTC")
    form = session.forms.edit_policy(policy="p")
    form.value = {"max_backups": None, "retention_days": 30, "day_backups": None}
    policy = form.submit()
    assert "session.update_policy" in form.code
    assert policy.operation_definition.retention_duration_days == 30
    assert policy.operation_definition.max_backups in (None, -1)
    assert not policy.operation_definition.day_backups


def test_runs_that_are_not_by_days_of_the_week_stay(session: Session) -> None:
    session.create_policy("third", every_days=3, times="02:00", retention_days=30)
    form = session.forms.edit_policy(policy="third")
    form.value = {"retention_days": 60}
    assert FormPage(form).field("days").hidden
    assert form.code == 'session.update_policy("third", retention_days=60)'
    before = session.policy_rules("third")
    form.submit()
    assert session.policy_rules("third").equals(before)


@pytest.mark.parametrize(
    ("field", "value"),
    [("times", "25:00"), ("name", "a b"), ("max_backups", 0), ("days", []), ("name", "weekly")],
)
def test_what_cannot_be_is_told_beside_its_field(
    session: Session, field: str, value: object
) -> None:
    session.create_policy("weekly", days="MO", times="02:00", retention_days=30)
    form = session.forms.edit_policy(policy="daily-0300")
    form.value = {field: value}
    assert list(form.problems) == [field]


def test_a_list_leads_to_it_and_an_empty_account_to_a_new_policy(session: Session) -> None:
    policy = session.find_policy("daily-0300")
    listed = ready(session.forms.policies(row=policy.id))
    listed.click("Change it")
    assert listed.opened()[0].form.value["policy"] == policy.id
    with cbr.simulate("empty") as other:
        page = ready(other.forms.edit_policy())
        page.click("Create a policy")
        assert page.opened()[0].form.title == "Create a policy"
