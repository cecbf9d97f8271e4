"""What a page does to a form, without a page: typing into a field, clicking a button."""

from __future__ import annotations

import html as html_of
import re
from typing import Any

from cbr_notebook.forms.kit.form import Form

_BUTTON = re.compile(
    r'<button type="button"[^>]*? data-act="([^"]*)" data-of="([^"]*)"[^>]*>([^<]*)<'
)


def type_into(form: Form, name: str, value: Any) -> None:
    """Type a value into a field and leave it."""
    field = form.fields[name]
    field.dispatch({"type": "value", "value": value})
    field.dispatch({"type": "left"})


def press(form: Form, times: int = 1) -> None:
    """Press the form's button, so many times before anything else happens; wait for the end."""
    settle(form)
    for _ in range(times):
        form.button.dispatch({"type": "click"})
    settle(form)


def click(form: Form, html: str, label: str) -> None:
    """Click a button of the form's HTML, found by what it says."""
    (found,) = [
        (html_of.unescape(act), html_of.unescape(of))
        for act, of, said in _BUTTON.findall(html)
        if html_of.unescape(said) == label
    ]
    form.panels.result.on_act(*found)
    settle(form)


def settle(form: Form) -> None:
    """Wait until nothing of the form runs beside the main thread."""
    assert form.wait_until_idle()


def shown(form: Form) -> str:
    """Give all that the form shows besides its fields."""
    told = form.panels
    return "".join(
        each.html for each in (told.summary, told.load_error, told.error, told.result, told.code)
    )
