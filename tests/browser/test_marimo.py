"""Forms in marimo: an app that runs, and a notebook that is edited."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.marimo import serving

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import BrowserContext

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("mode", ["run", "edit"])
def test_a_vault_is_created_by_a_form_in_marimo(
    browser: BrowserContext, tmp_path: Path, mode: str
) -> None:
    with serving(tmp_path / "marimo", mode, "session.forms.create_vault()") as url:
        page = browser.new_page()
        failed: list[str] = []
        page.on("pageerror", lambda problem: failed.append(str(problem)))
        try:
            page.goto(url)
            page.get_by_label("Vault name").fill("vault-marimo", timeout=60_000)
            page.get_by_label("Capacity (GB)").fill("20")
            expect(page.get_by_text("Create vault vault-marimo: 20 GB")).to_be_visible()
            page.get_by_role("button", name="Create vault").click()
            expect(page.get_by_text("Vault vault-marimo is there")).to_be_visible()
        finally:
            page.close()
        assert failed == []


def test_a_row_of_a_list_is_picked_in_marimo(browser: BrowserContext, tmp_path: Path) -> None:
    with serving(tmp_path / "marimo", "run", "session.forms.vaults()") as url:
        page = browser.new_page()
        try:
            page.goto(url)
            page.get_by_role("cell", name="vault-dev").click(timeout=60_000)
            expect(page.get_by_role("heading", name="vault-dev")).to_be_visible()
            page.get_by_role("button", name="Delete vault…").click()
            page.get_by_role("textbox", name="Type vault-dev to confirm").fill("vault-dev")
            page.get_by_role("button", name="Delete vault-dev", exact=True).click()
            expect(page.get_by_role("heading", name="vault-dev is deleted")).to_be_visible()
            expect(page.get_by_role("cell", name="vault-dev")).to_have_count(0)
        finally:
            page.close()
