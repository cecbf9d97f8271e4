"""Forms whose kernel is gone: they say so, and leave behind what can be read without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nbformat
from playwright.sync_api import expect

from tests.browser.drivers.form_steps import CLOUD, press

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.drivers.notebook import Notebook


def test_what_a_form_has_done_is_read_in_a_saved_notebook_and_a_dead_form_says_so(
    notebook: Callable[..., Notebook],
) -> None:
    opened = notebook(CLOUD + "session.forms.create_vault(name='vault_new', size_gb=100)")
    page = opened.page
    expect(page.get_by_text("Create vault vault_new: 100 GB")).to_be_visible()
    copy = page.locator(".cbr-saved")
    expect(copy).to_have_count(1)
    expect(copy).to_be_hidden()
    press(page, "Create vault")
    expect(page.get_by_role("heading", name="Vault vault_new is there")).to_be_visible()
    expect(copy).to_be_hidden()
    (cell,) = nbformat.reads(opened.save(), as_version=4).cells
    kept = cell.outputs[-1].data
    assert "Vault vault_new is there" in kept["text/plain"]
    assert 'session.create_vault("vault_new", size_gb=100' in kept["text/plain"]
    assert "<button" not in kept["text/html"]
    gone = page.get_by_text("The kernel of this form is gone")
    expect(gone).to_be_hidden()
    opened.restart_kernel()
    expect(gone).to_be_visible()
    opened.reload()
    expect(copy).to_be_visible()
    expect(copy.get_by_text("Vault vault_new is there")).to_be_visible()
