"""What a page does to a form, without a page: typing into a field, clicking a button."""

from __future__ import annotations

import html as html_of
import re
from typing import Any

from cbr_notebook.forms.base import Form

_BUTTON = re.compile(
    r'<button type="button"[^>]*? data-act="([^"]*)" data-of="([^"]*)"[^>]*>([^<]*)<'
)


def type_into(form: Form, name: str, value: Any) -> None:
    """Type a value into a field and leave it."""
    field = form._fields[name]
    field.dispatch({"type": "value", "value": value})
    field.dispatch({"type": "left"})


def press(form: Form, times: int = 1) -> None:
    """Press the form's button, so many times before anything else happens; wait for the end."""
    while asking := form._questions.worker:
        asking.join(20)
    for _ in range(times):
        form._button.dispatch({"type": "click"})
    settle(form)


def click(form: Form, html: str, label: str) -> None:
    """Click a button of the form's HTML, found by what it says."""
    (found,) = [
        (html_of.unescape(act), html_of.unescape(of))
        for act, of, said in _BUTTON.findall(html)
        if html_of.unescape(said) == label
    ]
    form._act_on(*found)
    settle(form)


def settle(form: Form) -> None:
    """Wait until nothing of the form runs beside the main thread."""
    while running := [work for work in form._works if work.running]:
        for work in running:  # which may begin another one
            work.join(20)
            assert not work.running


def shown(form: Form) -> str:
    """Give all that the form shows besides its fields."""
    told = (form._outline, form._unanswered, form._wrong, form._said, form._source)
    return "".join(each.html for each in told)
