"""Tables in which one searches and picks: two on a page, empty ones, and on a narrow page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.drivers.form_steps import CLOUD

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.drivers.notebook import Notebook


def test_two_tables_on_a_page_keep_apart(notebook: Callable[..., Notebook]) -> None:
    opened = notebook(
        CLOUD + "session.forms.backups()", "session.forms.vaults()", "session.forms.policies()"
    )
    page = opened.page
    for cell, name in enumerate(("Backups", "Vaults", "Policies")):
        form = opened.output(cell)
        expect(form.get_by_role("table", name=name)).to_be_visible()
        search = form.get_by_role("searchbox", name=f"Search {name}", exact=True)
        form.get_by_text("Search:", exact=True).click()
        expect(search).to_be_focused()
    twice = page.evaluate(
        """() => {
            const ids = [...document.querySelectorAll('.cbr-table [id]')].map(each => each.id);
            return ids.filter((each, at) => ids.indexOf(each) !== at);
        }"""
    )
    assert twice == []
    lost = page.evaluate(
        """() => [...document.querySelectorAll('.cbr-table [aria-controls]')]
            .filter(each => !document.getElementById(each.getAttribute('aria-controls'))).length"""
    )
    assert lost == 0
    assert opened.violations() == []


def test_the_row_that_is_chosen_is_told(notebook: Callable[..., Notebook]) -> None:
    opened = notebook(CLOUD + "session.forms.vaults()")
    page = opened.page
    row = page.get_by_role("row").filter(has_text="vault-web")
    expect(row).to_have_attribute("aria-selected", "false")
    row.get_by_role("cell").first.click()
    expect(row).to_have_attribute("aria-selected", "true")
    expect(page.locator('.cbr-table [aria-selected="true"]')).to_have_count(1)
    other = page.get_by_role("row").filter(has_text="vault-db")
    page.get_by_role("combobox", name="Vault").select_option("vault-db")
    expect(other).to_have_attribute("aria-selected", "true")
    expect(row).to_have_attribute("aria-selected", "false")
    assert opened.violations() == []


def test_an_empty_table_says_that_there_is_none(notebook: Callable[..., Notebook]) -> None:
    opened = notebook("import cbr_notebook as cbr\ncbr.simulate('empty').forms.vaults()")
    form = opened.output(0)
    expect(form.get_by_role("cell", name="There is none.")).to_be_visible()
    expect(form.get_by_text("No data available")).to_have_count(0)
    opened.screenshot("table_empty", of=form)


@pytest.mark.parametrize(
    ("width", "theme"), [(400, "light"), (400, "dark"), (900, "light"), (900, "dark")]
)
def test_a_date_stands_in_one_line_and_what_is_cut_off_can_be_scrolled_to(
    notebook: Callable[..., Notebook], width: int, theme: str
) -> None:
    opened = notebook(CLOUD + "session.forms.backups()", "session.forms.vaults()",
                      width=width, theme=theme, height=1800)  # fmt: skip
    form = opened.output(0)
    date = form.get_by_role("cell", name="2020-08-17 03:00").first
    expect(date).to_be_visible()
    box = date.bounding_box()
    assert box is not None
    assert box["height"] < 40
    cut_off = form.locator(".cbr-cut-off")
    expect(cut_off).to_have_count(1 if width == 400 else 0)
    for cell, name in enumerate(("backups", "vaults")):
        opened.screenshot(f"table_{name}_{width}_{theme}", of=opened.output(cell))
    assert opened.violations() == []
