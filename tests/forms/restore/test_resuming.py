"""Restores that were broken off before they were asked for, and go on."""

from __future__ import annotations

import pytest

from cbr_notebook import Session
from cbr_notebook.errors import WaitTimeout
from cbr_notebook.forms.testing import FormPage
from tests.forms import sync_points
from tests.forms.pages import ready
from tests.forms.restore.walking import at_confirm


def interrupted(session: Session, monkeypatch: pytest.MonkeyPatch) -> FormPage:
    """Return a form whose restore was interrupted before it was asked for."""
    page = at_confirm(session)
    sync_points.at_pause(monkeypatch, session)
    with pytest.raises(WaitTimeout):
        page.form.submit()
    return page


def test_a_program_that_is_interrupted_before_the_request_can_go_on(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = interrupted(session, monkeypatch)
    assert "The restore has not been asked for yet" in page.error
    assert session.restores()["state"].tolist() == ["not asked"]
    assert page.panel("pending") == "", "one card about one run"
    page.click("Go on with it")
    assert "web-01 is back" in page.result
    assert session.restores()["state"].tolist() == ["success"]


def test_an_unheard_restore_has_one_card_wherever_it_is_told(session: Session) -> None:
    page = at_confirm(session)
    session.cloud.fail("restore_backup", "cut before")
    page.press()
    assert "nobody knows yet whether it runs" in page.error
    assert page.panel("pending") == ""
    assert page.field("again_name").hidden
    # Once something else is told there, the run is offered at the top again.
    page.fill("confirm", "web-1")
    page.press()
    assert "Not sent yet" in page.error
    assert "A restore of web-01 has not ended: asked" in page.panel("pending")
    page.click("Go on with it")
    assert page.field("again_name").problem == "Type web-01 to go on with it."
    page.fill("again_name", "web-01")
    page.click("Go on with it")
    assert "web-01 is back" in page.result


def test_going_on_asks_for_the_name_where_it_does_not_stand_any_more(session: Session) -> None:
    page = at_confirm(session)
    session.cloud.fail("restore_backup", "cut before")
    page.press()
    page.fill("confirm", "")
    page.click("Go on with it")
    assert not page.field("again_name").hidden
    assert page.field("again_name").problem == "Type web-01 to go on with it."
    assert session.restores()["state"].tolist() == ["asked"]
    page.fill("again_name", "web-01")
    page.click("Go on with it")
    assert "web-01 is back" in page.result


def test_a_run_of_before_goes_on_only_with_the_name_and_one_is_led_to_its_field(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(session, monkeypatch)
    page = ready(session.forms.restore())
    for name in ("", "web-02"):
        page.fill("again_name", name, leave=False)
        before = page.field("again_name").focused
        page.click("Go on with it", within="pending")
        assert page.field("again_name").problem == "Type web-01 to go on with it."
        assert page.field("again_name").focused == before + 1
        assert session.restores()["state"].tolist() == ["not asked"]
    page.fill("again_name", "web-01", leave=False)
    page.click("Go on with it", within="pending")
    assert page.field("again_name").problem == ""
    assert session.restores()["state"].tolist() == ["success"]
