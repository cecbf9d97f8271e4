"""Lists in JupyterLab: a row is found, looked at, and what destroys asks for its name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.drivers.form_steps import CLOUD, press

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.drivers.notebook import Notebook


def test_a_vault_is_deleted_only_by_its_name(notebook: Callable[..., Notebook]) -> None:
    opened = notebook(
        CLOUD + "session.forms.vaults()", "print('vault-dev' in set(session.vaults()['name']))"
    )
    page = opened.page
    page.get_by_role("cell", name="vault-dev").click()
    expect(page.get_by_role("heading", name="vault-dev")).to_be_visible()
    expect(page.get_by_role("button", name="Delete vault-dev", exact=True)).to_be_hidden()
    press(page, "Delete vault…")
    expect(page.get_by_text("This deletes the vault vault-dev: 0 backups")).to_be_visible()
    opened.screenshot("vaults", of=opened.output(0))
    assert opened.violations() == []
    page.get_by_role("textbox", name="Type vault-dev to confirm").fill("vault-web")
    press(page, "Delete vault-dev")
    expect(page.get_by_text("That is not the name. Type vault-dev.").first).to_be_visible()
    page.get_by_role("textbox", name="Type vault-dev to confirm").fill("vault-dev")
    press(page, "Delete vault-dev")
    expect(page.get_by_role("heading", name="vault-dev is deleted")).to_be_visible()
    expect(page.get_by_role("cell", name="vault-dev")).to_have_count(0)
    opened.run(1)
    expect(opened.output(1)).to_contain_text("False")


def test_a_resource_leaves_its_vault_with_its_backups(notebook: Callable[..., Notebook]) -> None:
    opened = notebook(
        CLOUD + "session.forms.vaults(row=session.vaults(name='vault-web')['id'].iloc[0])",
        "print(len(session.backups(resource='web-01')), len(session.backups(resource='web-02')))",
    )
    page = opened.page
    press(page, "Remove a resource…")
    page.get_by_role("combobox", name="Resource").select_option(label="web-01 (32 backups)")
    expect(page.get_by_text("32 backups, made from")).to_be_visible()
    opened.screenshot("remove_a_resource", of=opened.output(0))
    assert opened.violations() == []
    page.get_by_role("textbox", name="Type web-01 to confirm").fill("web-01")
    press(page, "Remove web-01")
    expect(page.get_by_text("web-01 is in the vault no more")).to_be_visible(timeout=20_000)
    opened.run(1)
    expect(opened.output(1)).to_contain_text("0 31")


def test_a_backup_and_a_policy_go_by_their_names(notebook: Callable[..., Notebook]) -> None:
    opened = notebook(
        CLOUD + "session.forms.backups()",
        "session.forms.policies()",
        "print(session.backups().shape[0], list(session.policies()['name']).count('daily-0300'))",
    )
    backups, policies = opened.output(0), opened.output(1)
    opened.run(2)
    expect(opened.output(2)).to_contain_text("217 1")
    for form, noun, row in ((backups, "backup", "web-01"), (policies, "policy", "daily-0300")):
        form.get_by_role("row").filter(has_text=row).first.click()
        form.get_by_role("button", name=f"Delete {noun}…").click()
        typed = form.get_by_role("textbox", name=re.compile("Type .* to confirm"))
        label = form.locator(f"label[for='{typed.get_attribute('id')}']").inner_text()
        name = label.removeprefix("Type ").removesuffix(" to confirm")
        typed.fill(name)
        form.get_by_role("button", name=f"Delete {name}", exact=True).dblclick()
        expect(form.get_by_text(f"{name} is deleted")).to_be_visible(timeout=20_000)
    opened.run(2)
    expect(opened.output(2)).to_contain_text("216 0")


def test_a_row_of_a_table_is_found_and_picked_by_keys(notebook: Callable[..., Notebook]) -> None:
    opened = notebook(CLOUD + "session.forms.backups()")
    page = opened.page
    page.get_by_role("searchbox", name="Search").focus()
    page.keyboard.type("db-02")
    expect(page.get_by_text("filtered from 217")).to_be_visible()
    rows = page.get_by_role("row").filter(has_text="db-02")
    for _ in range(12):
        page.keyboard.press("Tab")
        if rows.first.evaluate("row => row === document.activeElement"):
            break
    expect(rows.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    name = rows.nth(1).get_by_role("cell").nth(2).inner_text()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
