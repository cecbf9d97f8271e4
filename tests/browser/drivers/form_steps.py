"""What a person does with a form in a page, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

CLOUD = "import cbr_notebook as cbr\nsession = cbr.simulate()\n"
"""The first lines of a cell that shows a form."""


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def once_checked(page: Page) -> None:
    """Press on to Confirm, once the checks that are made beside it have ended."""
    expect(page.get_by_role("heading", name="Possible").last).to_be_visible()
    press(page, "Next: Confirm")


def choose_server(page: Page, name: str) -> None:
    page.get_by_role("searchbox", name="Search Server, disk or file system").fill(name)
    page.get_by_role("radio", name=name).check()


def take_the_newest_quiet_backup(page: Page) -> None:
    """Press on from the server to the confirmation, past checks that have nothing against it."""
    press(page, "Next: Choose backup")
    press(page, "Choose the newest without a jump: 2020-08-18 03:00 UTC")
    press(page, "Next: Check")
    expect(page.get_by_text("Possible: no check has anything against it")).to_be_visible()
    press(page, "Next: Confirm")


def current_step(page: Page) -> Locator:
    """Return the item of the rail that says where one is."""
    return page.get_by_role("navigation", name="Steps").locator("[aria-current]")
