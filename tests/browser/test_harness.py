"""The harness itself: a notebook opens, its widgets work, and what is wrong with one is found."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.browser.drivers.notebook import Notebook
    from tests.browser.drivers.served import ServedCloud

GREETING = """\
import ipywidgets as widgets
name = widgets.Text(description="Your name")
greet = widgets.Button(description="Greet", button_style="primary")
answer = widgets.HTML('<span role="status"></span>')
def say(_): answer.value = f'<span role="status">Hello, {name.value}</span>'
greet.on_click(say)
widgets.VBox([name, greet, answer])"""


def test_a_widget_is_found_by_its_name_and_answers_a_click(
    notebook: Callable[..., Notebook],
) -> None:
    opened = notebook(GREETING)
    opened.page.get_by_role("textbox", name="Your name").fill("Ada")
    opened.page.get_by_role("button", name="Greet").click()
    expect(opened.page.get_by_role("status").filter(has_text="Hello, Ada")).to_be_visible()
    assert opened.violations() == []
    opened.screenshot("harness")


def test_a_control_without_a_name_is_found(notebook: Callable[..., Notebook]) -> None:
    opened = notebook(
        "import ipywidgets as widgets\nwidgets.SelectionSlider(description='Day', options='abc')"
    )
    assert [line.split(":")[0] for line in opened.violations()] == ["serious aria-input-field-name"]


def test_a_narrow_dark_page_shows_the_widgets(notebook: Callable[..., Notebook]) -> None:
    opened = notebook(GREETING, width=400, theme="dark")
    button = opened.page.get_by_role("button", name="Greet")
    expect(button).to_be_visible()
    box = button.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 400
    expect(opened.page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
    assert opened.violations() == []
    opened.screenshot("harness_narrow_dark")


def test_voila_shows_the_widgets_without_the_code(voila: Callable[..., Page]) -> None:
    page = voila(GREETING)
    page.get_by_role("textbox", name="Your name").fill("Grace")
    page.get_by_role("button", name="Greet").click()
    expect(page.get_by_role("status").filter(has_text="Hello, Grace")).to_be_visible()
    expect(page.get_by_text("import ipywidgets")).to_have_count(0)


def test_a_kernel_is_restarted_and_a_page_reloaded(notebook: Callable[..., Notebook]) -> None:
    opened = notebook("x = 41", "x + 1")
    expect(opened.output(1)).to_contain_text("42")
    opened.restart_kernel()
    opened.run(1)
    assert opened.errors() == ["NameError"]
    opened.reload()
    opened.run_all()
    assert opened.errors() == []


def test_what_is_typed_is_in_the_file_when_widget_state_is_saved(
    notebook: Callable[..., Notebook],
) -> None:
    """So a search of the saved file does find a secret that became widget state."""
    opened = notebook("import ipywidgets as widgets\nwidgets.Password(description='Secret')")
    opened.page.get_by_label("Secret").fill("open sesame")
    opened.wait_until_idle()
    assert "open sesame" not in opened.save()
    assert "open sesame" in opened.save(with_widget_state=True)


def test_a_notebook_signs_in_to_the_served_cloud(
    notebook: Callable[..., Notebook], serve: Callable[..., ServedCloud]
) -> None:
    served = serve("demo")
    opened = notebook(served.connect, "len(session.vaults())")
    expect(opened.output(1)).to_contain_text(re.compile(r"\d"))
    assert opened.errors() == []
    assert served.cloud.credentials.secret_key not in opened.save(with_widget_state=True)
