"""The guided restore as a form."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook.errors import ConnectionFailed, InvalidRequest, WaitTimeout
from cbr_notebook.forms import planning
from cbr_notebook.forms.base import Form
from cbr_notebook.runbook.run.run import RestoreRun
from cbr_notebook.session import Session
from tests.forms.pressing import click, press, settle, shown, type_into

MESSAGE = "/etc/motd"
ACCEPTED = {"confirm": "web-01"}


@pytest.fixture
def infected(session: Session) -> Session:
    """A session whose web-01 was encrypted on 18 August after the backup of 03:00."""
    session.cloud.advance(days=1)
    disk = session.cloud.server("web-01").disks[0]
    disk.write_file(MESSAGE, b"pay")
    disk.write(50_000_000, bytes(range(256)) * 250_000)
    session.cloud.advance(days=2)
    return session


def act(form: Form, act: str, of: str = "") -> None:
    """Press a button of the form's HTML."""
    form._act_on(act, of)
    settle(form)


def walk(form: Any, to: str) -> None:
    """Press Next until a step is reached."""
    settle(form)
    while form._steps.titles[form._steps.at] != to:
        before = form._steps.at
        form._steps._next.dispatch({"type": "click"})
        settle(form)
        assert form._steps.at > before, form.problems


def chosen(form: Form) -> str:
    return form._fields["backup"].label_of(form.value["backup"])


def test_a_server_goes_back_with_everything_in_one_submit(infected: Session) -> None:
    form = infected.forms.restore(resource="web-01", before="2020-08-18T12:00Z")
    assert chosen(form) == "2020-08-18 03:00 UTC"
    form.value = ACCEPTED
    assert form.problems == {}
    run = form.submit()
    assert run.state == "success"
    assert infected.cloud.server("web-01").disks[0].read_file(MESSAGE) != b"pay"
    assert "web-01 is back" in form._said.html
    assert run.begun["safety_backup"] is True
    assert form.submit() is run, "nothing happens twice"
    assert len(infected.restores()) == 1


def test_step_by_step_as_on_a_page(infected: Session) -> None:
    form: Any = infected.forms.restore()
    settle(form)
    form._steps.walk(1)
    assert form._steps.at == 0
    assert form._fields["resource"].problem == "Choose one."
    type_into(form, "resource", infected.find_resource("web-01").id)
    walk(form, "Choose backup")
    assert "jump" in form._line.html
    assert "Choose the newest clean one: 2020-08-18 03:00 UTC" in form._line.html
    act(form, "choose", form._suggested().id)
    walk(form, "Check")
    assert "Possible: no check has anything against it" in form._verdict.html
    walk(form, "Confirm")
    assert form._button.label == "Restore web-01 to 2020-08-18 03:00 UTC"
    assert "The present state of web-01 is backed up first" in form._will.html
    assert "cannot be undone" not in form._will.html
    press(form)
    assert "Fill this in" in form._fields["confirm"].problem
    type_into(form, "confirm", "web-02")
    press(form)
    assert form._fields["confirm"].problem == "That is not the name. Type web-01."
    assert infected.restores().empty
    type_into(form, "confirm", "web-01")
    press(form, times=2)
    assert form.error is None
    assert len(infected.restores()) == 1
    assert "web-01 is back" in form._said.html
    assert form._steps.titles[form._steps.at] == "Watch and verify"


def test_going_back_and_forth_loses_nothing(session: Session) -> None:
    form: Any = session.forms.restore(resource="web-01")
    settle(form)
    act(form, "choose", form._suggested().id)
    walk(form, "Confirm")
    type_into(form, "rto", "4h")
    before = form.value
    for _ in range(3):
        form._steps._back.dispatch({"type": "click"})
    assert form._steps.at == 0
    walk(form, "Confirm")
    assert form.value == before


def test_a_check_that_fails_stops_at_the_checks_until_it_is_mended(session: Session) -> None:
    server = session.cloud.server("web-01")
    server.set_status("ERROR")
    form: Any = session.forms.restore(resource="web-01")
    settle(form)
    act(form, "choose", form._suggested().id)
    walk(form, "Check")
    form._steps.walk(3)
    assert form._steps.titles[form._steps.at] == "Check"
    assert "Not possible: 1 check failed" in form._verdict.html
    assert "server status" in form._checks.html
    assert form._fields["target"].problem == ""
    assert "server status" in form.problems["checks"]
    with pytest.raises(InvalidRequest):
        form.submit()
    server.set_status("ACTIVE")
    act(form, "check_again")
    walk(form, "Confirm")


def test_without_a_safety_backup_the_warning_has_to_be_accepted(session: Session) -> None:
    form = session.forms.restore(resource="web-01", before="2020-08-17T03:30Z")
    form.value = {"safety_backup": False, "confirm": "web-01"}
    assert form.problems == {"acknowledge": "Not accepted yet: safety backup."}
    form.value = {"acknowledge": ["safety backup"]}
    assert form.problems == {}
    assert "This cannot be undone" in form._will.html  # type: ignore[attr-defined]
    assert "cbr-card wrong" in form._will.html  # type: ignore[attr-defined]
    assert form.submit().begun["safety_backup"] is False


def test_the_python_does_the_same(session: Session) -> None:
    form = session.forms.restore(resource="web-01", before="2020-08-17")
    form.value = {"confirm": "web-01", "rto": "4h"}
    names: dict[str, Any] = {"session": session}
    exec(form.code, names)
    assert names["run"].state == "success"
    assert names["run"].begun["targets"]["rto_seconds"] == 4 * 3600


def test_a_disk_can_be_left_out(session: Session) -> None:
    form: Any = session.forms.restore(resource="db-01", before="2020-08-17")
    settle(form)
    walk(form, "Check")
    rows = form._mapping.options
    assert len(rows) == 2
    data = next(row for row in rows if "system" not in row["label"])
    chosen = {row["value"]: row["usual"] for row in rows} | {data["value"]: ""}
    form._mapping.dispatch({"type": "value", "value": chosen})
    settle(form)
    assert form.value["disks"] == {key: value for key, value in chosen.items() if value}
    form.value = {"confirm": "db-01", "acknowledge": form._plan.warnings}
    run = form.submit()
    assert list(run.request["mappings"]) == list(form.value["disks"])


def test_leaving_all_disks_out_is_told_beside_them(session: Session) -> None:
    form: Any = session.forms.restore(resource="db-01", before="2020-08-17")
    settle(form)
    walk(form, "Check")
    nothing = {row["value"]: "" for row in form._mapping.options}
    form._mapping.dispatch({"type": "value", "value": nothing})
    settle(form)
    assert "nothing would be restored" in form.problems["disks"]


def test_a_disk_and_a_file_system_can_be_restored(session: Session) -> None:
    for name in ("archive", "shared-docs"):
        form = session.forms.restore(resource=name, before="2020-08-17")
        form.value = {"confirm": name}
        form.value = {"acknowledge": form._plan.warnings}  # type: ignore[attr-defined]
        assert form.submit().state == "success"


def test_a_manifest_is_compared_afterwards(infected: Session, tmp_path: Path) -> None:
    manifest = infected.take_manifest("web-02")
    path = tmp_path / "files.json"
    path.write_text(json.dumps(manifest))
    form = infected.forms.restore(resource="web-02", before="2020-08-18T12:00Z")
    form.value = {"confirm": "web-02", "manifest": str(path)}
    form.submit()
    assert "files are as then" in form._said.html
    form = infected.forms.restore(resource="web-02", manifest=str(tmp_path / "none.json"))
    assert "cannot be read" in form.problems["manifest"]


def test_what_cannot_be_read_is_told_beside_the_field(session: Session) -> None:
    form = session.forms.restore(resource="web-01", before="yesterday", rto="soon")
    assert "not a time" in form.problems["before"]
    assert "no length of time" in form.problems["rto"]
    assert form.problems["backup"] == "Choose one."


def test_the_calendar_lists_a_day(session: Session) -> None:
    form: Any = session.forms.restore(resource="web-01")
    settle(form)
    assert "August 2020" in form._days.html
    act(form, "day", "2020-08-10")
    assert [each["label"] for each in form._fields["backup"].options] == ["2020-08-10 03:00 UTC"]
    act(form, "all_days")
    assert len(form._fields["backup"].options) == 32
    act(form, "month", "2020-07")
    assert "July 2020" in form._days.html


def test_a_restore_that_has_not_ended_is_offered_first(session: Session) -> None:
    backup = session.backups(resource="web-01").iloc[0]
    run = session.plan_restore(backup).execute(confirm="web-01", safety_backup=True)
    form: Any = session.forms.restore()
    settle(form)
    assert "A restore of web-01 has not ended: running" in form._pending.html
    act(form, "take_up", run.run_id)
    assert "web-01 is back" in form._said.html
    assert form.result.run_id == run.run_id
    assert form._pending.html == ""
    assert session.restores()["state"].tolist() == ["success"]


def test_a_service_error_is_told_and_the_way_back_is_open(session: Session) -> None:
    form: Any = session.forms.restore(resource="web-01", before="2020-08-17")
    form.value = ACCEPTED
    walk(form, "Confirm")
    session.cloud.fail("restore_backup", "BackupService.2010")
    press(form)
    assert "BackupService.2010" in form._wrong.html
    assert form._steps.titles[form._steps.at] == "Confirm"
    assert "not done" in form._wrong.html
    assert not form._busy


def test_trouble_while_watching_says_that_the_restore_goes_on(session: Session) -> None:
    form: Any = session.forms.restore(resource="web-01", before="2020-08-17")
    form.value = ACCEPTED
    walk(form, "Confirm")
    # Long enough that watching is given up.
    session.cloud.fail("show_op_log", 503, times=100_000)
    press(form)
    assert "The restore goes on; watching it failed" in form._wrong.html
    assert "not done" not in form._wrong.html
    assert form.result.state == "running"
    assert form._said.html == "", "there is nothing to stop"
    session.cloud.heal()
    click(form, form._wrong.html, "Watch it again")
    assert "web-01 is back" in form._said.html
    assert form._wrong.html == ""
    assert len(session.restores()) == 1


def test_trouble_while_verifying_leaves_a_way_to_verify_again(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(run: RestoreRun, **_: Any) -> Any:
        raise ConnectionFailed("The service cannot be reached.")

    form: Any = session.forms.restore(resource="web-01", before="2020-08-17")
    form.value = ACCEPTED
    walk(form, "Confirm")
    with monkeypatch.context() as patched:
        patched.setattr(RestoreRun, "verify", broken)
        press(form)
    assert "done, but verifying failed" in form._wrong.html
    assert "web-01 is restored; it is not verified yet" in form._said.html
    click(form, form._said.html, "Verify again")
    assert "web-01 is back" in form._said.html
    assert form._wrong.html == ""


def test_a_program_that_is_interrupted_can_watch_again(session: Session) -> None:
    form: Any = session.forms.restore(resource="web-01", before="2020-08-17")
    form.value = ACCEPTED
    walk(form, "Confirm")
    wait, interrupted = session._sleep, []

    def interrupt(seconds: float) -> None:
        if form.result is not None and not interrupted:
            assert form._busy
            interrupted.append(seconds)
            raise KeyboardInterrupt
        wait(seconds)

    session._sleep = interrupt
    with pytest.raises(WaitTimeout):
        form.submit()
    assert "The restore goes on; nobody watches it now" in form._wrong.html
    assert not form._busy
    click(form, form._wrong.html, "Watch it again")
    assert "web-01 is back" in form._said.html


def test_a_request_without_an_answer_is_not_called_undone(session: Session) -> None:
    form: Any = session.forms.restore(resource="web-01", before="2020-08-17")
    form.value = ACCEPTED
    walk(form, "Confirm")
    session.cloud.fail("restore_backup", "cut before")
    press(form)
    assert "The restore was asked for; nobody knows yet whether it runs" in form._wrong.html
    assert "not done" not in form._wrong.html
    click(form, form._wrong.html, "Cancel it")
    assert "given up" in form._said.html
    assert form._wrong.html == form._pending.html == ""


def test_a_restore_is_cancelled_while_the_safety_backup_is_made(session: Session) -> None:
    form: Any = session.forms.restore(resource="web-01", before="2020-08-17")
    form.value = ACCEPTED
    walk(form, "Confirm")
    wait = session._sleep

    def cancel(seconds: float) -> None:
        session._sleep = wait
        assert form._busy
        assert "Cancel: nothing has been overwritten yet" in form._course.html
        page = threading.Thread(target=form._act_on, args=("cancel_now", form._run_id))
        page.start()
        page.join(20)
        assert "Cancelling" in form._told.html
        assert "cancel_now" not in form._course.html
        wait(seconds)

    session._sleep = cancel
    press(form)
    settle(form)
    assert "Cancelled: nothing was overwritten" in form._said.html
    assert form._wrong.html == ""
    assert session.restores()["state"].tolist() == ["stopped"]
    assert session.tasks(operation_type="restore").empty
    run_id = session.restores()["run_id"].iloc[0]
    assert len(session.backups(name=f"before-{run_id}")) == 1
    # The form is usable again, and the name has to be typed again.
    assert form._steps.titles[form._steps.at] == "Confirm"
    assert form.value["confirm"] == ""
    session.cloud.advance(hours=1)  # the safety backup is ready
    act(form, "check_again")
    form.value = ACCEPTED
    press(form)
    assert "web-01 is back" in form._said.html


def test_trouble_in_the_background_leaves_the_checks_as_they_are(session: Session) -> None:
    form: Any = session.forms.restore(resource="web-01", before="2020-08-17")
    walk(form, "Confirm")
    form.value = ACCEPTED
    wanted = form._wanted()
    session.cloud.fail("*", 503, times=100_000)
    form._ask_for_plan(wanted, in_passing=True)()
    assert form._plan is not None
    assert "Possible" in form._verdict.html
    session.cloud.heal()
    session.delete_backup(wanted["backup"], confirm=form._chosen_backup().name)
    session.cloud.advance(hours=1)
    form._ask_for_plan(wanted, in_passing=True)()
    assert form._plan is None
    assert "It cannot be checked" in form._verdict.html


def test_looking_again_goes_on_after_checks_that_could_not_be_made(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "_FIRST_LOOK", 0.01)
    form: Any = session.forms.restore(resource="web-01", before="2020-08-17")
    settle(form)
    session.cloud.fail("*", 503, times=100_000)
    act(form, "check_again")
    assert "It cannot be checked" in form._verdict.html
    session.cloud.heal()
    form._checks._view_count = 1
    for _ in range(500):
        if form._plan is not None:
            break
        time.sleep(0.02)
    form.stop()
    settle(form)
    assert "Possible" in form._verdict.html


def test_what_was_chosen_stands_in_the_steps(session: Session) -> None:
    form: Any = session.forms.restore(resource="web-01", before="2020-08-17")
    settle(form)
    assert "1. Server: web-01" in form._steps._rail.html
    assert "2. Backup: 2020-08-16 03:00" in form._steps._rail.html
    assert "2020-08-16 03:00 UTC" in form._which.html
    target = form._fields["target"]
    assert target.options[0]["label"] == "web-01 itself"
    assert target.options[0]["note"] == "overwritten"
    form = session.forms.restore(resource="archive")
    settle(form)
    assert "1. Disk: archive" in form._steps._rail.html
    assert "2. Choose backup" in form._steps._rail.html


def test_a_backup_chosen_by_hand_stays_when_the_trouble_is_told(session: Session) -> None:
    form: Any = session.forms.restore(resource="web-01")
    settle(form)
    option = next(o for o in form._fields["backup"].options if "2020-08-10" in o["label"])
    type_into(form, "backup", option["value"])
    type_into(form, "before", "2020-08-12")
    assert chosen(form) == "2020-08-10 03:00 UTC"
    assert "Choose the newest clean one: 2020-08-11 03:00 UTC" in form._line.html
    type_into(form, "before", "2020-08-09")
    assert form.value["backup"] is None
    assert "The backup of 2020-08-10 03:00 UTC, which was chosen" in form._fields["backup"].problem
    click(form, form._line.html, "Choose the newest clean one: 2020-08-08 03:00 UTC")
    assert form._fields["backup"].problem == ""
    assert "The newest clean one is chosen" in form._line.html


def test_a_backup_that_the_form_proposed_follows_the_trouble(session: Session) -> None:
    form: Any = session.forms.restore(resource="web-01")
    settle(form)
    for before, proposed in (("2020-08-12", "2020-08-11"), ("2020-08-05", "2020-08-04")):
        type_into(form, "before", before)
        assert chosen(form) == f"{proposed} 03:00 UTC"


def test_a_check_that_fails_meanwhile_leads_back_to_the_checks(session: Session) -> None:
    form: Any = session.forms.restore(resource="web-01", before="2020-08-17")
    form.value = ACCEPTED
    walk(form, "Confirm")
    session.cloud.server("web-01").set_status("ERROR")
    form._ask_for_plan(form._wanted(), in_passing=True)()
    form._show()
    assert "Not possible: 1 check failed" in form._will.html
    press(form)
    assert form._steps.titles[form._steps.at] == "Check"
    assert session.restores().empty


def test_the_report_goes_to_the_browser_and_into_no_state(session: Session) -> None:
    form: Any = session.forms.restore(resource="web-01", before="2020-08-17")
    form.value = ACCEPTED
    form.submit()
    sent: list[Any] = []
    form._said.send = sent.append
    act(form, "report", "html")
    assert sent[0]["name"].endswith(".html")
    assert "web-01" in sent[0]["text"]
    assert sent[0]["text"] not in shown(form)


def test_an_account_without_backups_says_so() -> None:
    with cbr.simulate("empty") as session:
        form = session.forms.restore()
        assert form.problems["resource"] == "Choose one."
        assert form._fields["resource"].placeholder == "Nothing has a backup yet."
