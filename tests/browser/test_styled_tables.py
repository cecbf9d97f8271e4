"""Tables, cards and errors of ours in a real notebook: searched, sorted, light and dark, narrow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.drivers.form_steps import CLOUD

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.drivers.notebook import Notebook


@pytest.mark.parametrize(("width", "theme"), [(400, "light"), (1100, "dark")])
def test_a_table_is_searched_and_sorted_on_the_page(
    notebook: Callable[..., Notebook], width: int, theme: str
) -> None:
    opened = notebook(
        CLOUD + "session.backups()",
        "session.vaults()",
        "session.backups(status='deleting')",
        "session.backups(limit='ten')",
        width=width,
        theme=theme,
        height=1800,
    )
    backups, vaults = opened.output(0), opened.output(1)
    rows = vaults.locator("tbody tr")
    expect(rows).to_have_count(7)
    vaults.get_by_role("searchbox", name="Search vaults").fill("web")
    expect(vaults.locator("tbody tr:visible")).to_have_count(1)
    expect(vaults.get_by_role("status")).to_have_text("1 of 7 rows on this page")
    vaults.get_by_role("searchbox", name="Search vaults").fill("")
    used = vaults.get_by_role("button", name="used_mb MB")
    used.click()
    used.click()
    expect(vaults.locator('th[aria-sort="descending"]')).to_have_count(1)
    expect(rows.first).to_contain_text("vault-files")
    expect(backups.get_by_text("rows; the first 100 are on this page")).to_be_visible()
    expect(opened.output(2).get_by_text("No backup was found.")).to_be_visible()
    expect(opened.output(3)).to_contain_text("(%tb shows the whole traceback)")
    expect(opened.output(3)).not_to_contain_text("Traceback (most")
    for cell, name in enumerate(("backups", "vaults", "none", "error")):
        opened.screenshot(f"styled_{name}_{width}_{theme}", of=opened.output(cell))
    assert opened.violations() == []
    assert opened.exceptions == []
