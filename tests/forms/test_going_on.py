"""Restores that were broken off before they were asked for, and go on."""

from __future__ import annotations

from typing import Any

import pytest

from cbr_notebook.errors import WaitTimeout
from cbr_notebook.session import Session
from tests.forms.pressing import click, settle
from tests.forms.test_restore import ACCEPTED, walk


def interrupted(session: Session) -> Any:
    """A form whose restore was interrupted before it was asked for."""
    form: Any = session.forms.restore(resource="web-01", before="2020-08-17")
    form.value = ACCEPTED
    walk(form, "Confirm")
    wait = session._sleep

    def interrupt(seconds: float) -> None:
        session._sleep = wait
        raise KeyboardInterrupt

    session._sleep = interrupt
    with pytest.raises(WaitTimeout):
        form.submit()
    return form


def test_a_program_that_is_interrupted_before_the_request_can_go_on(session: Session) -> None:
    form = interrupted(session)
    assert "The restore has not been asked for yet" in form._wrong.html
    assert session.restores()["state"].tolist() == ["not asked"]
    click(form, form._wrong.html, "Go on with it")
    assert "web-01 is back" in form._said.html
    assert session.restores()["state"].tolist() == ["success"]


def test_a_run_of_before_goes_on_only_with_the_name_and_one_is_led_to_its_field(
    session: Session,
) -> None:
    interrupted(session)
    form: Any = session.forms.restore()
    settle(form)
    for name in ("", "web-02"):
        form._again_name.dispatch({"type": "value", "value": name})
        before = form._again_name.focused
        click(form, form._pending.html, "Go on with it")
        assert form._again_name.problem == "Type web-01 to go on with it."
        assert form._again_name.focused == before + 1
        assert session.restores()["state"].tolist() == ["not asked"]
    form._again_name.dispatch({"type": "value", "value": "web-01"})
    click(form, form._pending.html, "Go on with it")
    assert form._again_name.problem == ""
    assert session.restores()["state"].tolist() == ["success"]
