"""The instructor's board and the join sheet, in a real browser."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from cbr_notebook.simulator.classroom import join_sheet
from cbr_notebook.simulator.classroom.serving import ServedClass, serve_seats
from cbr_notebook.simulator.cloud import Cloud

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

SEATS = 20
PROGRESS = {"workshop": "basics", "exercise": 3, "title": "Find the unprotected", "solved": 2,
            "state": "started", "exercises": 10, "checks": 2, "hints": 1}  # fmt: skip


@pytest.fixture(scope="module")
def served() -> Iterator[ServedClass]:
    made = serve_seats(Cloud.open("empty"), SEATS)
    thread = threading.Thread(target=made.server.serve)
    thread.start()
    yield made
    made.server.stop()
    thread.join(20)


def tell(served: ServedClass, seat: int, **progress: object) -> None:
    """Report what a notebook reports after a check."""
    key = served.ready["seats"][seat - 1]["control_key"]
    url = f"{served.ready['base_url']}/control/v1/progress"
    told = httpx.put(url, json=PROGRESS | progress, headers={"X-Control-Key": key})
    assert told.status_code == 204


def findings(page: Page) -> list[str]:
    """Return what axe finds in the whole page, whatever its weight."""
    found = Axe().run(page).response
    return [f"{each['impact']} {each['id']}: {each['help']}" for each in found["violations"]]


def test_the_board_is_live_and_used_by_keyboard(
    served: ServedClass, browser: BrowserContext
) -> None:
    page = browser.new_page()
    try:
        page.goto(f"{served.ready['base_url']}/control/board")
        page.keyboard.press("Tab")
        page.keyboard.type("wrong")
        page.keyboard.press("Enter")
        status = page.get_by_role("status")
        expect(status).to_contain_text("control key is missing or unknown")
        key = page.get_by_label("Instructor's key")
        expect(key).to_have_attribute("aria-invalid", "true")
        expect(key).to_be_focused()
        key.press("Control+a")
        page.keyboard.type(served.ready["instructor_key"])
        page.keyboard.press("Enter")
        expect(status).to_have_text("20 seats, 0 stuck.")
        assert page.get_by_role("row").count() == SEATS + 1
        assert findings(page) == []
        began = time.perf_counter()
        for seat in range(1, SEATS + 1):
            tell(served, seat, seen=["In no vault: scratch."] if seat == 7 else [])
        expect(status).to_have_text("20 seats, 1 stuck.", timeout=2000)
        expect(page.get_by_text("2 of 10")).to_have_count(SEATS, timeout=2000)
        assert time.perf_counter() - began < 4.0  # twenty checks, and then at most two seconds
        stuck = page.get_by_role("row", name="7 seat-07")
        expect(stuck).to_contain_text("In no vault: scratch.")
        expect(stuck).to_contain_text("3. Find the unprotected")
        assert findings(page) == []
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            assert findings(page) == []
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        expect(page.get_by_role("region", name="Seats")).to_be_focused()
    finally:
        page.close()


def test_the_join_sheet_prints_whole_cards(
    served: ServedClass, browser: BrowserContext, screenshots: Path
) -> None:
    page = browser.new_page()
    try:
        page.set_content(join_sheet.page(served.ready["seats"]))
        assert findings(page) == []
        page.emulate_media(media="print")
        cards = page.locator("section")
        assert cards.count() == SEATS
        assert {cards.nth(n).evaluate("e => getComputedStyle(e).breakInside") for n in (0, 19)} == {
            "avoid"
        }
        for seat in (served.ready["seats"][0], served.ready["seats"][-1]):
            expect(cards.nth(seat["seat"] - 1)).to_contain_text(seat["join"])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.screenshot(path=screenshots / "join_sheet.png")
    finally:
        page.close()
