"""Pictures in a real notebook: narrow and wide, in its colours, and while it is not trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nbformat
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.drivers.notebook import Notebook

CELL = "import cbr_notebook as cbr\nsession = cbr.simulate()\nsession.plots.calendar()"
_TEXT = """svg => [...svg.querySelectorAll("text")].map(
    each => [each.getBoundingClientRect().height, getComputedStyle(each).fill])"""


def test_a_picture_fits_its_place_and_takes_the_colours_of_the_page(
    notebook: Callable[..., Notebook],
) -> None:
    opened = notebook(CELL, width=400, theme="dark", height=1000)
    page, output = opened.page, opened.output(0)
    narrow, wide, image = (output.locator(f".cbr-picture {each}") for each in (
        ".narrow svg", ".wide svg", "img",
    ))  # fmt: skip
    expect(narrow).to_be_visible()
    expect(wide).to_be_hidden()
    expect(image).to_be_hidden()
    box = narrow.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 400
    texts = narrow.evaluate(_TEXT)
    assert min(height for height, _ in texts) >= 8
    assert all(min(map(int, fill[4:-1].split(", "))) > 200 for _, fill in texts)
    expect(narrow.locator("title").first).to_contain_text(": good on ")
    expect(output.get_by_role("img", name="Backups of the last 30 days")).to_have_count(1)
    opened.screenshot("picture_400_dark", of=output)
    page.set_viewport_size({"width": 1100, "height": 1000})
    expect(wide).to_be_visible()
    expect(narrow).to_be_hidden()
    opened.screenshot("picture_1100_dark", of=output)
    summary, listed = output.locator("details > summary"), output.locator("details > ol")
    expect(listed).to_be_hidden()
    summary.focus()
    page.keyboard.press("Space")
    expect(listed).to_be_visible()
    page.keyboard.press("Tab")
    expect(listed).to_be_focused()
    expect(listed.locator("li").first).to_contain_text(": failed on ")
    opened.screenshot("picture_1100_dark_words", of=output)
    assert opened.violations() == []


def test_a_notebook_that_is_not_trusted_shows_the_image(
    notebook: Callable[..., Notebook],
) -> None:
    import cbr_notebook as cbr

    opened = notebook("1", run=False, width=1100)
    with cbr.simulate() as session:
        axes: Any = session.plots.calendar()
        html = axes._repr_html_()
    output = nbformat.v4.new_output("display_data", data={"text/html": html})
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", outputs=[output])])
    nbformat.write(document, opened.path)
    opened.reload()
    shown = opened.output(0)
    expect(shown.locator("img")).to_be_visible()
    expect(shown.get_by_text(": good on ").first).to_be_hidden()
    expect(shown.locator(".cbr-picture svg")).to_have_count(0)
