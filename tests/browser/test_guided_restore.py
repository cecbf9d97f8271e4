"""The guided restore, as an engineer goes through it in JupyterLab."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.browser.notebook import Notebook

INFECTED = """\
import cbr_notebook as cbr
session = cbr.simulate()
session.cloud.advance(days=1)
disk = session.cloud.server("web-01").disks[0]
clean = disk.checksum()
disk.write_file("/etc/motd", b"pay")
disk.write(50_000_000, bytes(range(256)) * 250_000)
session.cloud.advance(days=1)
session.forms.restore()"""

SEEN = "print(session.restores()['state'].tolist(), disk.checksum() == clean)"


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def choose_server(page: Page, name: str) -> None:
    page.get_by_role("searchbox", name="Search Server, disk or file system").fill(name)
    page.get_by_role("radio", name=name).check()


def to_confirmation(page: Page) -> None:
    """Go from the first step to the fourth."""
    choose_server(page, "web-01")
    press(page, "Next: Choose backup")
    expect(page.get_by_role("img", name="Jumps in changed data: 2020-08-19 03:00")).to_be_visible()
    press(page, "Choose the newest clean one: 2020-08-18 03:00 UTC")
    expect(page.get_by_role("radio", name="2020-08-18 03:00 UTC")).to_be_checked()
    press(page, "Next: Check")
    expect(page.get_by_text("Possible: no check has anything against it")).to_be_visible()
    press(page, "Next: Confirm")


def test_an_infected_server_is_brought_back_step_by_step(notebook: Callable[..., Notebook]) -> None:
    opened = notebook(INFECTED, SEEN)
    page = opened.page
    form = opened.output(0)
    expect(page.get_by_role("radio", name="web-01")).to_be_visible()
    opened.screenshot("restore_1_server", of=form)
    assert opened.violations() == []
    choose_server(page, "web-01")
    press(page, "Next: Choose backup")
    expect(page.get_by_role("button", name="2020-08-19: 1 backup, a jump")).to_be_visible()
    opened.screenshot("restore_2_backup", of=form)
    assert opened.violations() == []
    press(page, "Choose the newest clean one: 2020-08-18 03:00 UTC")
    press(page, "Next: Check")
    expect(page.get_by_role("button", name="Check again")).to_be_visible()
    opened.screenshot("restore_3_check", of=form)
    assert opened.violations() == []
    press(page, "Back")
    expect(page.get_by_role("radio", name="2020-08-18 03:00 UTC")).to_be_checked()
    press(page, "Next: Check")
    press(page, "Next: Confirm")
    page.get_by_role("textbox", name="Type web-01 to confirm").fill("web-02")
    press(page, "Restore web-01 to 2020-08-18 03:00 UTC")
    expect(page.get_by_text("That is not the name. Type web-01.").first).to_be_visible()
    page.get_by_role("textbox", name="Type web-01 to confirm").fill("web-01")
    opened.screenshot("restore_4_confirm", of=form)
    assert opened.violations() == []
    page.get_by_role("button", name="Restore web-01 to 2020-08-18 03:00 UTC").dblclick()
    expect(page.get_by_role("heading", name="web-01 is back")).to_be_visible(timeout=20_000)
    opened.screenshot("restore_5_watch", of=form)
    assert opened.violations() == []
    with page.expect_download() as download:
        press(page, "Download report (JSON)")
    report = json.loads(Path(download.value.path()).read_text())
    assert "web-01" in json.dumps(report)
    opened.run(1)
    expect(opened.output(1)).to_contain_text("['success'] True")
    assert opened.errors() == []


def test_a_check_that_fails_is_told_and_checked_again(notebook: Callable[..., Notebook]) -> None:
    opened = notebook(
        "import cbr_notebook as cbr\nsession = cbr.simulate()\n"
        "server = session.cloud.server('web-01')\nserver.set_status('ERROR')\n"
        "session.forms.restore(resource='web-01', before='2020-08-17')",
        "runs = globals().get('runs', 0) + 1\nif runs > 1: server.set_status('ACTIVE')",
        width=400,
        theme="dark",
    )
    page = opened.page
    expect(page.get_by_role("heading", name="Not possible: 1 check failed")).to_be_visible()
    press(page, "Next: Confirm")
    expect(page.get_by_role("button", name="Next: Confirm")).to_be_visible()
    opened.screenshot("restore_failed_check_narrow_dark", of=opened.output(0))
    assert opened.violations() == []
    # By its own: nobody has to press anything.
    opened.run(1)
    expect(page.get_by_role("heading", name="Not possible")).to_have_count(0, timeout=20_000)


def test_after_a_kernel_restart_the_running_restore_is_offered_first(
    notebook: Callable[..., Notebook], tmp_path: Path
) -> None:
    state = tmp_path / "cloud.db"
    begin = (
        "import cbr_notebook as cbr\n"
        f"session = cbr.simulate(state={str(state)!r})\n"
        "form = session.forms.restore()\nform"
    )
    started = (
        "backup = session.backups(resource='web-01').iloc[3]\n"
        "run = session.plan_restore(backup).execute(confirm='web-01', safety_backup=False,\n"
        "    acknowledge=session.plan_restore(backup).warnings)\n"
        "print(run.state)"
    )
    opened = notebook(begin, started, "print(session.restores()['state'].tolist())")
    page = opened.page
    expect(opened.output(1)).to_contain_text("running")
    opened.restart_kernel()
    opened.run(0)
    heading = page.get_by_role("heading", name="A restore of web-01 has not ended: running")
    expect(heading).to_be_visible()
    opened.screenshot("restore_taken_up", of=opened.output(0))
    press(page, "Watch it")
    expect(page.get_by_role("heading", name="web-01 is back")).to_be_visible(timeout=20_000)
    opened.run(2)
    expect(opened.output(2)).to_contain_text("['success']")
