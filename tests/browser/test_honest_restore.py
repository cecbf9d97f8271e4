"""The restore form when things go wrong, are refused, cannot be judged: what people see then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.drivers.form_steps import CLOUD, current_step, once_checked, press

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.drivers.notebook import Notebook

FORM = "session.forms.restore(resource='web-01', before='2020-08-17')"
FAILS = (
    CLOUD + "disk = session.cloud.server('web-01').disk('vda')\n"
    "disk.set_trait('restore_fails', 'BackupService.7000')\n" + FORM
)


@pytest.mark.parametrize(("width", "theme"), [(900, "light"), (400, "dark")])
def test_a_restore_that_failed_is_rolled_back(
    notebook: Callable[..., Notebook], width: int, theme: str
) -> None:
    opened = notebook(
        FAILS,
        "runs = globals().get('runs', 0) + 1\n"
        "if runs > 1: disk.set_trait('restore_fails', None)\n"
        "print(session.restores()['state'].tolist())",
        width=width,
        theme=theme,
        height=2400,
    )
    page = opened.page
    form = opened.output(0)
    once_checked(page)
    page.get_by_role("textbox", name="Type web-01 to confirm").fill("web-01")
    press(page, "Restore web-01 to 2020-08-16 03:00 UTC")
    back = page.get_by_role("button", name="Go back to the state before this restore")
    expect(back).to_be_visible(timeout=30_000)
    expect(page.get_by_text("✗ failed")).to_be_visible()
    expect(current_step(page)).to_contain_text("5. Failed")
    expect(page.get_by_role("heading", name="web-01 is back")).to_have_count(0)
    opened.screenshot(f"restore_failed_{width}_{theme}", of=form)
    assert opened.violations() == []
    opened.run(1)
    opened.run(1)
    back.click()
    below = form.locator(".cbr-form .cbr-form")
    below.get_by_role("button", name="Next: Confirm").click()
    below.get_by_role("textbox", name="Type web-01 to confirm").fill("web-01")
    below.get_by_role("checkbox", name="backup not quiet").check()  # it holds what was overwritten
    opened.screenshot(f"restore_way_back_{width}_{theme}", of=form)
    below.get_by_role("button", name="Restore web-01 to").click()
    expect(below.get_by_role("heading", name="web-01 is back")).to_be_visible(timeout=30_000)
    expect(current_step(page).first).to_contain_text("5. Rolled back")
    expect(page.get_by_role("heading", name="failed, then rolled back")).to_be_visible()
    expect(back).to_have_count(1)  # of the restore that went back, which has a way back, too
    opened.screenshot(f"restore_rolled_back_{width}_{theme}", of=form)
    assert opened.violations() == []
    opened.run(1)
    expect(opened.output(1)).to_contain_text("'success', 'failed'")
    assert opened.errors() == []


def test_a_restore_that_the_service_refuses_is_told_and_nothing_is_done(
    notebook: Callable[..., Notebook],
) -> None:
    opened = notebook(
        CLOUD + "session.cloud.fail('restore_backup', 'BackupService.2010')\n"
        "session.forms.restore(resource='web-01', before='2020-08-17T03:30Z')",
        width=400,
        theme="dark",
        height=2400,
    )
    page = opened.page
    form = opened.output(0)
    press(page, "Back")
    page.get_by_role("textbox", name="Trouble began").fill("2020-09-01")
    press(page, "Next: Check")
    expect(page.get_by_text("That is in the future").first).to_be_visible()
    opened.screenshot("restore_future_refused", of=form)
    page.get_by_role("textbox", name="Trouble began").fill("2020-08-17T03:30Z")
    press(page, "Next: Check")
    once_checked(page)
    page.get_by_role("checkbox", name="Back up the present state first").uncheck()
    accepts = page.get_by_role("group", name="Warnings that you accept")
    expect(accepts).to_be_visible()
    expect(page.get_by_role("button", name="All of Warnings that you accept")).to_have_count(0)
    page.get_by_role("textbox", name="Type web-01 to confirm").fill("web-01")
    press(page, "Restore web-01 to 2020-08-17 03:00 UTC")
    expect(page.get_by_text("Not accepted yet: safety backup.").first).to_be_visible()
    opened.screenshot("restore_not_accepted", of=form)
    assert opened.violations() == []
    back, go = (
        page.get_by_role("button", name=name, exact=True).bounding_box()
        for name in ("Back", "Restore web-01 to 2020-08-17 03:00 UTC")
    )
    assert back and go  # neither covers the other where there is little room
    assert back["x"] + back["width"] <= go["x"] or back["y"] + back["height"] <= go["y"]
    accepts.get_by_role("checkbox", name="safety backup").check()
    press(page, "Restore web-01 to 2020-08-17 03:00 UTC")
    expect(form.get_by_text("BackupService.2010")).to_be_visible(timeout=30_000)
    expect(current_step(page)).to_contain_text("4. Confirm")
    opened.screenshot("restore_refused", of=form)
    assert opened.violations() == []
    assert opened.errors() == []


@pytest.mark.parametrize(("width", "theme"), [(900, "light"), (400, "dark")])
def test_what_cannot_be_judged_is_said_and_the_cloud_is_called_simulated(
    notebook: Callable[..., Notebook], width: int, theme: str
) -> None:
    opened = notebook(
        CLOUD + "session.back_up('vault-web', resources='web-01',"
        " incremental=False).wait(progress=False)\n"
        "session.forms.restore(resource='web-01')",
        width=width,
        theme=theme,
        height=2400,
    )
    page = opened.page
    expect(page.get_by_text("cannot be judged").last).to_be_visible()
    expect(page.get_by_text("simulated: this is a simulated cloud")).to_be_visible()
    opened.screenshot(f"restore_unjudged_{width}_{theme}", of=opened.output(0))
    assert opened.violations() == []
    assert opened.errors() == []
