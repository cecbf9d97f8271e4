"""Situations that browser tests begin with: a notebook, wide or narrow, light or dark."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

    from cbr_notebook.simulator.cloud import EstateName
    from tests.browser.drivers.lab import Lab
    from tests.browser.drivers.notebook import Notebook
    from tests.browser.drivers.served import ServedCloud

_PATIENCE = 15_000  # milliseconds until what is expected is there, while other tests run beside
_THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}

# Playwright keeps an event loop running in its thread, in which no other test could use asyncio.
# So everything here lives as long as the browser tests, not as long as the whole run.


@pytest.fixture(scope="package")
def chromium() -> str:
    """The path of a Chromium; without one, the test is skipped, or fails where one is required."""
    from tests.browser.drivers.chromium import found_or_skip

    return found_or_skip()


@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[BrowserContext]:
    """A browser that knows no machine but this one."""
    from playwright.sync_api import expect

    from tests.browser.drivers.chromium import running

    expect.set_options(timeout=_PATIENCE)
    with running(chromium) as context:
        yield context


@pytest.fixture(scope="package")
def lab(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One JupyterLab for all browser tests."""
    from tests.browser.drivers.lab import running

    with running(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture(scope="package")
def pages() -> list[Page]:
    """Pages with JupyterLab in them and no notebook: loading it takes longer than most tests."""
    return []


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures go: the folder that CBR_SCREENSHOTS names, else a temporary one."""
    named = os.environ.get("CBR_SCREENSHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def notebook(
    lab: Lab,
    browser: BrowserContext,
    pages: list[Page],
    screenshots: Path,
    request: pytest.FixtureRequest,
) -> Iterator[Callable[..., Notebook]]:
    """A function that opens a notebook of the given cells in JupyterLab and runs them.

    ``notebook("x = 1", "x", width=400, theme="dark", run=True)``. When the test fails there is a
    picture of every page; when it ends, the pages have asked nothing outside this machine, and
    nothing was thrown in them.
    """
    from tests.browser.drivers.notebook import Notebook

    opened: list[Notebook] = []
    numbers = count(1)
    test = re.sub(r"\W+", "_", request.node.name).strip("_")

    def open_notebook(
        *cells: str, width: int = 1280, height: int = 900, theme: str = "light", run: bool = True
    ) -> Notebook:
        lab.use("themes", theme=_THEMES[theme])
        page = pages.pop() if pages else browser.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        path = lab.write(f"{test}_{next(numbers)}.ipynb", list(cells))
        notebook = Notebook(lab, page, path, screenshots)
        opened.append(notebook)
        notebook.use_theme(_THEMES[theme])
        if run:
            notebook.run_all()
        return notebook

    yield open_notebook
    failed = request.node.stash.get(_FAILED, False)
    for each in opened:
        if failed:
            each.screenshot(f"failed_{each.path.stem}")
            each.page.close(run_before_unload=False)
        else:
            each.close()
            pages.append(each.page)
    assert [address for each in opened for address in each.elsewhere] == []
    assert [thrown for each in opened for thrown in each.exceptions] == []


_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember for the fixtures whether a test has failed."""
    report = yield
    if call.when == "call":
        item.stash[_FAILED] = report.failed
    return report


@pytest.fixture
def elsewhere(
    lab: Lab, browser: BrowserContext, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Page]]:
    """A function that opens a notebook of the given cells in another application.

    ``elsewhere("notebooks", "x = 1")``: the path under which the application shows a notebook.
    """
    numbers = count(1)
    test = re.sub(r"\W+", "_", request.node.name).strip("_")
    pages: list[Page] = []

    def open_elsewhere(at: str, *cells: str) -> Page:
        path = lab.write(f"{test}_{next(numbers)}.ipynb", list(cells))
        page = browser.new_page()
        pages.append(page)
        page.goto(f"{lab.url}/{at}/{path.name}")
        return page

    yield open_elsewhere
    for page in pages:
        page.close(run_before_unload=False)


@pytest.fixture
def voila(elsewhere: Callable[..., Page]) -> Callable[..., Page]:
    """A function that shows a notebook of the given cells in Voila: outputs only, no code.

    Voila asks a distant server for a style sheet, which this browser does not reach: it has to
    do without, as on a machine behind a firewall.
    """
    return partial(elsewhere, "voila/render")


@pytest.fixture
def classic(elsewhere: Callable[..., Page]) -> Callable[..., Page]:
    """A function that opens a notebook of the given cells in Notebook 7, and runs them."""
    from playwright.sync_api import expect

    from tests.browser.drivers.notebook import IDLE

    def open_in_notebook(*cells: str) -> Page:
        page = elsewhere("notebooks", *cells)
        page.locator(IDLE).wait_for()
        run, all_cells = (
            page.get_by_role("menuitem", name=each, exact=True) for each in ("Run", "Run All Cells")
        )
        # A click that comes before the kernel is connected does nothing, and nothing tells.
        for last in (False, False, False, True):
            run.click()
            all_cells.click()
            try:
                expect(page.locator(".jp-InputPrompt").first).not_to_have_text("[ ]:")
            except AssertionError:
                if last:
                    raise
            else:
                break
        return page

    return open_in_notebook


@pytest.fixture
def serve(lab: Lab, request: pytest.FixtureRequest) -> Iterator[Callable[..., ServedCloud]]:
    """A function that serves a simulated cloud: ``serve("demo").connect`` is the first cell."""
    from cbr_notebook.simulator.cloud import Cloud
    from tests.browser.drivers.served import serving

    test = re.sub(r"\W+", "-", request.node.name).strip("-")
    numbers = count(1)
    with ExitStack() as stack:

        def serve_cloud(estate: EstateName = "demo") -> ServedCloud:
            cloud = Cloud.open(estate)
            return stack.enter_context(serving(lab, cloud, f"{test}-{next(numbers)}"))

        yield serve_cloud
