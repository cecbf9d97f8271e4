"""Forms in marimo: an app that runs, and a notebook that is edited."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.drivers.form_steps import choose_server, press, take_the_newest_quiet_backup
from tests.browser.drivers.marimo import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.browser


both = pytest.mark.parametrize("mode", ["run", "edit"])

INFECTED = (
    "session.cloud.advance(days=1); session.cloud.server('web-01').disks[0]"
    ".write(50_000_000, bytes(range(256)) * 250_000); session.cloud.advance(days=1)"
)
"""A night's backup of web-01 that jumps, as ransomware would make it."""


@contextmanager
def opened(
    browser: BrowserContext, home: Path, mode: str, *forms: str, before: str = "pass"
) -> Iterator[Page]:
    """Yield a page of marimo with a cell a form, which work without an error on the page."""
    with serving(home / "marimo", mode, *forms, before=before) as url:
        page = browser.new_page()
        page.set_default_timeout(60_000)  # the kernel starts meanwhile
        failed: list[str] = []
        page.on("pageerror", lambda problem: failed.append(str(problem)))
        try:
            page.goto(url)
            yield page
        finally:
            page.close()
        assert failed == []


@both
def test_a_vault_is_created_by_a_form_in_marimo(
    browser: BrowserContext, tmp_path: Path, mode: str
) -> None:
    with opened(browser, tmp_path, mode, "session.forms.create_vault()") as page:
        page.get_by_label("Vault name").fill("vault-marimo")
        page.get_by_label("Capacity (GB)").fill("20")
        expect(page.get_by_text("Create vault vault-marimo: 20 GB")).to_be_visible()
        press(page, "Create vault")
        expect(page.get_by_text("Vault vault-marimo is there")).to_be_visible()


def test_a_form_stands_on_a_page_where_another_cell_was_run_again(
    browser: BrowserContext, tmp_path: Path
) -> None:
    """Each form brings its script: marimo takes away what a cell that runs again has made."""
    two = ("session.forms.create_vault(name=next(names))", "session.forms.create_policy()")
    names = "names = iter(['first', 'second'])"
    with opened(browser, tmp_path, "edit", *two, before=names) as page:
        name = page.get_by_label("Vault name")
        expect(name).to_have_value("first")
        expect(page.get_by_role("button", name="Create policy")).to_be_visible()
        cell = page.locator("[data-cell-id]").filter(has=name)
        cell.locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        expect(name).to_have_value("second")
        page.reload()
        expect(name).to_have_value("second")
        expect(page.get_by_role("button", name="Create policy")).to_be_visible()


def test_a_row_of_a_list_is_picked_in_marimo(browser: BrowserContext, tmp_path: Path) -> None:
    with opened(browser, tmp_path, "run", "session.forms.vaults()") as page:
        page.get_by_role("cell", name="vault-dev").click()
        expect(page.get_by_role("heading", name="vault-dev")).to_be_visible()
        press(page, "Delete vault…")
        page.get_by_role("textbox", name="Type vault-dev to confirm").fill("vault-dev")
        press(page, "Delete vault-dev")
        expect(page.get_by_role("heading", name="vault-dev is deleted")).to_be_visible()
        expect(page.get_by_role("cell", name="vault-dev")).to_have_count(0)


@both
def test_the_overview_opens_forms_below_it_in_marimo(
    browser: BrowserContext, tmp_path: Path, mode: str
) -> None:
    with opened(browser, tmp_path, mode, "session.forms.overview()") as page:
        press(page, "Create a vault: scratch")
        expect(page.get_by_role("checkbox", name="scratch")).to_be_checked()
        page.get_by_label("Vault name").fill("vault-scratch")
        page.get_by_label("Capacity (GB)").fill("20")
        press(page, "Create vault")
        expect(page.get_by_text("Vault vault-scratch is there")).to_be_visible()
        press(page, "Vaults")
        expect(page.get_by_role("heading", name="Vaults", exact=True)).to_be_visible()
        expect(page.get_by_role("cell", name="vault-scratch")).to_be_visible()
        page.get_by_role("combobox", name="Vault", exact=True).select_option("vault-scratch")
        expect(page.get_by_role("heading", name="vault-scratch")).to_be_visible()


@both
def test_a_server_is_restored_step_by_step_in_marimo(
    browser: BrowserContext, tmp_path: Path, mode: str
) -> None:
    with opened(browser, tmp_path, mode, "session.forms.restore()", before=INFECTED) as page:
        choose_server(page, "web-01")
        take_the_newest_quiet_backup(page)
        page.get_by_role("textbox", name="Type web-01 to confirm").fill("web-01")
        press(page, "Restore web-01 to 2020-08-18 03:00 UTC")
        expect(page.get_by_role("heading", name="web-01 is back")).to_be_visible(timeout=30_000)
