"""The guided restore, as an engineer goes through it in JupyterLab."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.drivers.form_steps import (
    choose_server,
    current_step,
    once_checked,
    press,
    take_the_newest_quiet_backup,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.drivers.notebook import Notebook

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
    press(page, "Choose the newest without a jump: 2020-08-18 03:00 UTC")
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


def test_the_night_takes_eight_clicks_and_ten_seconds_of_ours(
    notebook: Callable[..., Notebook], capsys: pytest.CaptureFixture[str]
) -> None:
    setting, form = INFECTED.rsplit("\n", 1)
    opened = notebook(
        setting,
        # All cells run once when the notebook is opened; the form opens when its cell runs again.
        "runs = globals().get('runs', 0) + 1\n"
        f"if runs > 1:\n    import time\n    began = time.process_time()\n    display({form})",
        "if runs > 1: print(time.process_time() - began)",
    )
    page = opened.page
    counter = page.context.new_cdp_session(page)
    counter.send("Performance.enable")

    def spent() -> float:
        """Processor seconds of the page so far."""
        told = counter.send("Performance.getMetrics")["metrics"]
        return next(float(each["value"]) for each in told if each["name"] == "ProcessTime")

    page.evaluate("window.clicks = 0; addEventListener('click', () => window.clicks++, true)")
    before, began = spent(), time.monotonic()
    opened.run(1)
    page.evaluate("window.clicks = 0")  # how the cell was run is not the form's
    search = page.get_by_role("searchbox", name="Search Server, disk or file system")
    search.click()
    search.fill("web-01")
    page.get_by_role("radio", name="web-01").check()
    take_the_newest_quiet_backup(page)
    name = page.get_by_role("textbox", name="Type web-01 to confirm")
    name.click()
    name.fill("web-01")
    restore = page.get_by_role("button", name="Restore web-01 to 2020-08-18 03:00 UTC")
    expect(restore).to_be_enabled()
    wall, drawn = time.monotonic() - began, spent() - before
    clicks = page.evaluate("window.clicks") + 1  # the one on the button itself
    opened.run(2)
    computed = float(opened.output(2).inner_text())
    with capsys.disabled():
        print(
            f"\nThe night in the form: {clicks} clicks; {computed:.1f} s of processor time in the "
            f"kernel and {drawn:.1f} s in the page, {wall:.1f} s by the clock, up to Restore"
        )
    assert clicks <= 8
    assert computed + drawn <= 10
    press(page, "Restore web-01 to 2020-08-18 03:00 UTC")
    expect(page.get_by_role("heading", name="web-01 is back")).to_be_visible(timeout=20_000)


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
    expect(page.get_by_role("status").filter(has_text="Not possible")).to_be_focused()
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


def test_the_focus_goes_along_from_step_to_step(notebook: Callable[..., Notebook]) -> None:
    opened = notebook(INFECTED)
    page = opened.page
    choose_server(page, "web-01")
    expect(current_step(page)).to_have_text("1. Server: web-01")
    press(page, "Next: Choose backup")
    expect(current_step(page)).to_be_focused()
    expect(current_step(page)).to_have_text("2. Choose backup")
    for name in ("Earlier", "2020-07-20: 1 backup", "All days", "Later"):
        press(page, name)
        button = page.get_by_role("button", name=name, exact=True)
        if name == "Later":
            expect(page.get_by_text("August 2020")).to_be_visible()
        elif name == "Earlier":
            expect(button).to_be_disabled()
        expect(button).to_be_focused()
    press(page, "Choose the newest without a jump: 2020-08-18 03:00 UTC")
    kept = page.get_by_role(
        "button", name="The newest without a jump is chosen: 2020-08-18 03:00 UTC"
    )
    expect(kept).to_be_focused()
    expect(current_step(page)).to_have_text("2. Backup: 2020-08-18 03:00")
    press(page, "Next: Check")
    expect(current_step(page)).to_be_focused()
    expect(page.get_by_text("Backup of web-01 from 2020-08-18 03:00 UTC")).to_be_visible()
    press(page, "Back")
    expect(current_step(page)).to_be_focused()
    press(page, "1. Server: web-01")
    expect(current_step(page)).to_be_focused()
    expect(current_step(page)).to_have_text("1. Server: web-01")


def test_only_the_verdict_is_told_when_the_checks_are_made_again(
    notebook: Callable[..., Notebook],
) -> None:
    opened = notebook(
        "import cbr_notebook as cbr\nsession = cbr.simulate()\n"
        "session.forms.restore(resource='web-01', before='2020-08-17')"
    )
    page = opened.page
    verdict = page.get_by_role("status").filter(has_text="Possible: no check has anything")
    expect(verdict).to_be_visible()
    expect(verdict).to_have_text("Possible: no check has anything against it")
    again = page.get_by_role("button", name="Check again")
    again.focus()
    again.click()
    expect(verdict).to_be_visible()
    expect(again).to_be_focused()
    looked = page.get_by_text("Looked at 2020")
    expect(looked).to_be_visible()
    assert looked.evaluate("each => each.closest('[role=status]')") is None


SLOW = """\
import time
import cbr_notebook as cbr
session = cbr.simulate()
wait = session.poller.sleep
def slowly(seconds):
    time.sleep(0.5)
    wait(min(seconds, 1))
session.poller.sleep = slowly
session.forms.restore(resource='web-01', before='2020-08-17')"""


@pytest.mark.parametrize(("width", "theme"), [(900, "light"), (400, "dark")])
def test_a_restore_is_cancelled_before_anything_is_overwritten(
    notebook: Callable[..., Notebook], width: int, theme: str
) -> None:
    opened = notebook(SLOW, "print(session.restores()['state'].tolist())", width=width,
                      theme=theme, height=1600)  # fmt: skip
    page = opened.page
    form = opened.output(0)
    opened.screenshot(f"restore_check_{width}_{theme}", of=form)
    once_checked(page)
    expect(page.get_by_text("that backup is the way back")).to_be_visible()
    opened.screenshot(f"restore_confirm_{width}_{theme}", of=form)
    page.get_by_role("checkbox", name="Back up the present state first").uncheck()
    expect(page.get_by_text("This cannot be undone")).to_be_visible()
    opened.screenshot(f"restore_confirm_no_way_back_{width}_{theme}", of=form)
    assert opened.violations() == []
    page.get_by_role("checkbox", name="Back up the present state first").check()
    page.get_by_role("textbox", name="Type web-01 to confirm").fill("web-01")
    press(page, "Restore web-01 to 2020-08-16 03:00 UTC")
    cancel = page.get_by_role("button", name="Cancel: nothing has been overwritten yet")
    expect(cancel).to_be_visible()
    expect(current_step(page)).to_be_focused()
    told = page.get_by_role("status").filter(has_text="Backing up web-01 first.")
    expect(told).to_be_visible()
    opened.screenshot(f"restore_cancel_{width}_{theme}", of=form)
    assert opened.violations() == []
    cancel.click()
    expect(page.get_by_role("heading", name="Cancelled: nothing was overwritten")).to_be_visible()
    opened.screenshot(f"restore_cancelled_{width}_{theme}", of=form)
    assert opened.violations() == []
    opened.run(1)
    expect(opened.output(1)).to_contain_text("['stopped']")
    press(page, "Back")
    expect(page.get_by_role("button", name="Check again")).to_be_visible()


@pytest.mark.parametrize(("width", "theme"), [(900, "dark"), (400, "light")])
def test_a_restore_that_cannot_be_watched_goes_on_and_is_watched_again(
    notebook: Callable[..., Notebook], width: int, theme: str
) -> None:
    opened = notebook(
        "import cbr_notebook as cbr\nsession = cbr.simulate()\n"
        "def fail_once_asked(sent):\n"
        "    if sent.path.endswith('/restore'):\n"
        "        session.cloud.fail('show_op_log', 503, times=100_000)\n"
        "session.client.transport.on_request = fail_once_asked\n"
        "session.forms.restore(resource='web-01', before='2020-08-17')",
        "runs = globals().get('runs', 0) + 1\nif runs > 1: session.cloud.heal()",
        width=width,
        theme=theme,
        height=1600,
    )
    page = opened.page
    form = opened.output(0)
    once_checked(page)
    page.get_by_role("textbox", name="Type web-01 to confirm").fill("web-01")
    press(page, "Restore web-01 to 2020-08-16 03:00 UTC")
    failed = page.get_by_role("heading", name="The restore goes on; watching it failed")
    expect(failed).to_be_visible(timeout=30_000)
    expect(page.get_by_role("button", name="Stop watching")).to_have_count(0)
    opened.screenshot(f"restore_unwatched_{width}_{theme}", of=form)
    assert opened.violations() == []
    opened.run(1)
    press(page, "Watch it again")
    expect(page.get_by_role("heading", name="web-01 is back")).to_be_visible(timeout=20_000)
    expect(failed).to_have_count(0)


def test_whoever_goes_on_with_a_run_of_before_without_its_name_is_led_to_the_field(
    notebook: Callable[..., Notebook],
) -> None:
    opened = notebook(
        "import cbr_notebook as cbr\nsession = cbr.simulate()\n"
        "session.cloud.fail('restore_backup', 'cut before')\n"
        "plan = session.plan_restore(session.backups(resource='web-01').iloc[0]['id'])\n"
        "try:\n    plan.execute(confirm='web-01', safety_backup=False,"
        " acknowledge=list(plan.warnings))\n"
        "except cbr.errors.ConnectionFailed: pass\n"
        "session.forms.restore()",
        height=1600,
    )
    page = opened.page
    name = page.get_by_role("textbox", name="Name of what goes on")
    press(page, "Go on with it")
    expect(name).to_be_focused()
    expect(page.get_by_text("Type web-01 to go on with it.")).to_be_visible()
    name.fill("web-01")
    press(page, "Go on with it")
    expect(page.get_by_role("heading", name="web-01 is back")).to_be_visible(timeout=20_000)
    assert opened.errors() == []


@pytest.mark.parametrize(("width", "theme"), [(400, "light"), (400, "dark"), (900, "dark")])
def test_the_time_line_is_drawn_for_the_width_of_the_page(
    notebook: Callable[..., Notebook], width: int, theme: str
) -> None:
    opened = notebook(INFECTED, width=width, theme=theme, height=1600)
    page = opened.page
    choose_server(page, "web-01")
    press(page, "Next: Choose backup")
    line = page.get_by_role("img", name="2020-08-19 03:00")
    expect(line).to_have_count(1)
    drawn, box = line.get_attribute("viewBox"), line.bounding_box()
    assert drawn is not None
    assert box is not None
    # As large as it is meant, so that its letters can be read.
    assert 0.85 < box["width"] / int(drawn.split()[2]) < 1.25
    opened.screenshot(f"restore_line_{width}_{theme}", of=opened.output(0))
    assert opened.violations() == []
