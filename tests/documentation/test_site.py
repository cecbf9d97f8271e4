"""The documentation site builds without a warning, asks no other host, and reads for everybody."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

import cbr_notebook as cbr
from tests.browser.drivers.chromium import found_or_skip, running
from tests.documentation import links
from tests.repository.places import DOCS, REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

LOOKED_AT = (
    "index.html", "docs/tables.html", "notebooks/09_audit_and_cost.html",
)  # fmt: skip
"""A page of prose, one of tables, and a notebook."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built in a process of its own; any warning of Sphinx is an error."""
    target = tmp_path_factory.mktemp("site") / "html"
    built = subprocess.run(
        [sys.executable, str(DOCS / "site" / "build.py"), str(target)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (built.returncode, built.stderr) == (0, "")
    return target


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, links.Page]:
    return links.pages(site)


def test_every_page_of_the_documentation_is_in_the_site(site: Path) -> None:
    sources = [*DOCS.rglob("*.md"), *(REPOSITORY / "notebooks").rglob("*.ipynb")]
    wanted = {
        each.relative_to(REPOSITORY).with_suffix(".html")
        for each in sources
        if not {"site", ".ipynb_checkpoints"} & set(each.parts)
    }
    assert {str(each) for each in wanted if not (site / each).exists()} == set()
    assert len(wanted) > 40


def test_every_link_inside_the_site_leads_somewhere(pages: dict[Path, links.Page]) -> None:
    assert links.dead(pages) == []
    assert sum(len(page.links) for page in pages.values()) > 1000


def test_no_page_asks_another_host(pages: dict[Path, links.Page], site: Path) -> None:
    assert links.distant(pages) == []
    styles = "".join(each.read_text("utf-8") for each in site.rglob("*.css"))
    assert "url(http" not in styles
    assert "@import" not in styles


def test_the_search_finds_every_error_code(site: Path) -> None:
    index = (site / "searchindex.js").read_text("utf-8")
    codes = list(cbr.error_codes()["code"])
    assert [each for each in codes if f'"{each.lower()}"' not in index] == []
    assert len(codes) > 100
    assert (site / "search.html").exists()


@pytest.mark.browser
def test_pages_read_for_everybody_wide_and_narrow_light_and_dark(site: Path) -> None:
    found = []
    with running(found_or_skip()) as browser:
        page = browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        for name in LOOKED_AT:
            # The notebook narrow and dark is where most has gone wrong.
            for width, scheme in ((1100, "light"), (400, "dark"))[name.startswith("notebooks/") :]:
                page.set_viewport_size({"width": width, "height": 900})
                page.emulate_media(color_scheme=scheme)
                page.goto((site / name).as_uri(), wait_until="load")
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                found += [
                    f"{name} {width} {scheme}: {each['id']}: {each['help']}"
                    for each in Axe().run(page).response["violations"]
                ]
    assert found == []
    assert [each for each in asked if not each.startswith(("file:", "data:"))] == []
