"""The page of a form, as the tests of the forms open it, and what it may meet."""

from __future__ import annotations

from typing import Any

from cbr_notebook.errors import ConnectionFailed
from cbr_notebook.forms.kit.form import Form
from cbr_notebook.forms.testing import FormPage


def ready(form: Form) -> FormPage:
    """Return the page of a form, once it has read what it has to read."""
    page = FormPage(form)
    page.wait()
    return page


def no_answer(*_: Any, **__: Any) -> Any:
    """Fail as a question to the service does that nobody answers."""
    raise ConnectionFailed("No answer came.")
