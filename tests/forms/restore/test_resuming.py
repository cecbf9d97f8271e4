"""Restores that were broken off before they were asked for, and go on."""

from __future__ import annotations

import pytest

from cbr_notebook import Session
from cbr_notebook.errors import WaitTimeout
from cbr_notebook.forms.testing import FormPage
from tests.forms import sync_points
from tests.forms.restore.walking import ACCEPTED, walk


def interrupted(session: Session, monkeypatch: pytest.MonkeyPatch) -> FormPage:
    """A form whose restore was interrupted before it was asked for."""
    form = session.forms.restore(resource="web-01", before="2020-08-17")
    page = FormPage(form)
    form.value = ACCEPTED
    walk(page, "Confirm")
    sync_points.at_pause(monkeypatch, session)
    with pytest.raises(WaitTimeout):
        form.submit()
    return page


def test_a_program_that_is_interrupted_before_the_request_can_go_on(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = interrupted(session, monkeypatch)
    assert "The restore has not been asked for yet" in page.error
    assert session.restores()["state"].tolist() == ["not asked"]
    page.click("Go on with it", within="error")
    assert "web-01 is back" in page.result
    assert session.restores()["state"].tolist() == ["success"]


def test_a_run_of_before_goes_on_only_with_the_name_and_one_is_led_to_its_field(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(session, monkeypatch)
    form = session.forms.restore()
    page = FormPage(form)
    page.wait()
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
