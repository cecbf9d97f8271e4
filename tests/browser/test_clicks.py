"""Clicks: what is pressed is done, once, and nothing else; with what was typed before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.drivers.form_steps import CLOUD, press

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.drivers.notebook import Notebook


def test_a_vault_is_created_once_by_a_double_click(notebook: Callable[..., Notebook]) -> None:
    opened = notebook(
        CLOUD + "session.forms.create_vault()",
        "print(list(session.vaults()['name']).count('vault_new'), session.unprotected().shape[0])",
    )
    page = opened.page
    page.get_by_role("textbox", name="Vault name").fill("vault new")
    page.get_by_role("checkbox", name="legacy-01").check()
    page.get_by_role("spinbutton", name="Capacity (GB)").fill("100")
    press(page, "Create vault")
    expect(page.get_by_text("Not sent yet")).to_be_visible()
    page.get_by_role("alert").get_by_role("button", name="Vault name").click()
    expect(page.get_by_role("textbox", name="Vault name")).to_be_focused()
    page.get_by_role("textbox", name="Vault name").fill("vault_new")
    page.get_by_role("button", name="Create vault").dblclick()
    expect(page.get_by_role("heading", name="Vault vault_new is there")).to_be_visible()
    opened.screenshot("create_vault", of=opened.output(0))
    assert opened.violations() == []
    opened.run(1)
    expect(opened.output(1)).to_contain_text("1 3")
    assert opened.errors() == []


def test_what_is_pressed_stays_under_the_pointer_until_it_is_let_go(
    notebook: Callable[..., Notebook],
) -> None:
    opened = notebook(
        CLOUD + "form = session.forms.create_vault()\nform",
        "print('wrong with:', list(form.problems))",
        height=2000,
    )
    page = opened.page
    name = page.get_by_role("textbox", name="Vault name")
    create = page.get_by_role("button", name="Create vault")
    name.fill("vault new")
    page.get_by_role("spinbutton", name="Capacity (GB)").fill("100")
    press(page, "Create vault")
    expect(page.get_by_text("Not sent yet")).to_be_visible()
    wrong = page.locator(".cbr-problem", has_text="Use 1 to 64 letters")
    expect(wrong).to_be_visible()
    before = create.bounding_box()
    assert before is not None
    name.fill("vault_new")
    page.mouse.move(before["x"] + 20, before["y"] + before["height"] - 2)
    page.mouse.down()
    opened.run(1)
    expect(opened.output(1)).to_contain_text("wrong with: []")
    assert create.bounding_box() == before
    page.mouse.up()
    expect(page.get_by_role("heading", name="Vault vault_new is there")).to_be_visible()
    assert opened.errors() == []


def test_the_second_half_of_a_double_click_presses_nothing_else(
    notebook: Callable[..., Notebook],
) -> None:
    opened = notebook(
        CLOUD + "from cbr_notebook.forms.kit.markup import button\n"
        "from cbr_notebook.forms.kit.panels import HtmlPanel\n"
        "heard = []\n"
        "region = HtmlPanel(button('first', 'First'))\n"
        "def on_act(act, of):\n"
        "    heard.append(act)\n"
        "    region.html = button('second', 'Second')\n"
        "region.on_act = on_act\n"
        "form = session.forms.overview()\n"
        "form.children = (*form.children, region)\n"
        "form",
        "print(heard)",
    )
    page = opened.page
    place = page.get_by_role("button", name="First", exact=True)
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    assert box is not None
    at = (box["x"] + 5, box["y"] + 5)
    page.mouse.move(*at)
    page.mouse.down()
    page.mouse.up()
    second = page.get_by_role("button", name="Second", exact=True)
    expect(second).to_be_visible()
    page.mouse.down(click_count=2)
    page.mouse.up(click_count=2)
    opened.run(1)
    expect(opened.output(1)).to_contain_text("['first']")
    second.click()
    opened.run(1)
    expect(opened.output(1)).to_contain_text("['first', 'second']")
    assert opened.errors() == []


def test_a_click_waits_for_what_was_typed_before_it_whichever_the_kernel_hears_first(
    notebook: Callable[..., Notebook],
) -> None:
    opened = notebook(
        CLOUD + "from ipywidgets import Widget\n"
        "late, heard, hear = [], [], Widget._handle_custom_msg\n"
        "def overtaken(self, content, buffers):\n"
        "    if content['type'] == 'value':\n"
        "        late.append((self, content, buffers))\n"
        "        return\n"
        "    heard.append(content['type'])\n"
        "    hear(self, content, buffers)\n"
        "    if content['type'] == 'click':\n"
        "        heard.append(late[0][1]['type'])\n"
        "        hear(*late.pop())\n"
        "Widget._handle_custom_msg = overtaken\n"
        "session.forms.create_vault(name='vault_old', size_gb=100)",
        "print(heard, [n for n in session.vaults()['name'] if n.startswith('vault_')])",
    )
    page = opened.page
    expect(page.get_by_text("Create vault vault_old: 100 GB")).to_be_visible()
    name = page.get_by_role("textbox", name="Vault name")
    name.press("End")
    name.press("Backspace")
    press(page, "Create vault")
    expect(page.get_by_role("heading", name="Vault vault_ol is there")).to_be_visible()
    opened.run(1)
    expect(opened.output(1)).to_contain_text("['left', 'click', 'value'] ['vault_ol']")
    assert opened.errors() == []
