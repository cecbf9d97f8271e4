"""Drive a form in a test as a person does on a page, without a browser.

What the driver does is what a page sends: messages to the widgets, and their state. What it reads
is what a page is told. So a test that uses it says what a person does and sees, and does not
change when the form is built in another way::

    page = FormPage(session.forms.create_vault())
    page.fill("name", "my_vault")
    page.fill("size_gb", 100)
    page.press("Create vault")
    assert "Vault my_vault is there" in page.result
"""

from __future__ import annotations

from cbr_notebook.forms.testing.page import FormPage, send
from cbr_notebook.forms.testing.panel_text import buttons_in, text_of

__all__ = ["FormPage", "buttons_in", "send", "text_of"]
