"""The guided restore as a form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session
from cbr_notebook.api.http.transport import RequestRecord
from cbr_notebook.errors import ConnectionFailed, InvalidRequest, WaitTimeout
from cbr_notebook.forms.kit.panels import HtmlPanel
from cbr_notebook.forms.testing import FormPage
from cbr_notebook.runbook.run.run import RestoreRun
from tests.forms import sync_points
from tests.forms.pages import ready
from tests.forms.restore.walking import ACCEPTED, at_confirm, look, suggested, walk

MESSAGE = "/etc/motd"


@pytest.fixture
def infected(session: Session) -> Session:
    """A session whose web-01 was encrypted on 18 August after the backup of 03:00."""
    session.cloud.advance(days=1)
    disk = session.cloud.server("web-01").disks[0]
    disk.write_file(MESSAGE, b"pay")
    disk.write(50_000_000, bytes(range(256)) * 250_000)
    session.cloud.advance(days=2)
    return session


def test_a_server_goes_back_with_everything_in_one_submit(infected: Session) -> None:
    form = infected.forms.restore(resource="web-01", before="2020-08-18T12:00Z")
    page = ready(form)
    assert page.chosen("backup") == "2020-08-18 03:00 UTC"
    form.value = ACCEPTED
    assert form.problems == {}
    run = form.submit()
    assert run.state == "success"
    assert infected.cloud.server("web-01").disks[0].read_file(MESSAGE) != b"pay"
    assert "web-01 is back" in page.result
    assert run.begun["safety_backup"] is True
    assert form.submit() is run, "nothing happens twice"
    assert len(infected.restores()) == 1


def test_step_by_step_as_on_a_page(infected: Session) -> None:
    form = infected.forms.restore()
    page = ready(form)
    page.press("Next")
    assert page.step.startswith("1.")
    assert page.field("resource").problem == "Choose one."
    page.fill("resource", infected.find_resource("web-01").id)
    walk(page, "Choose backup")
    assert "jump" in page.panel("timeline")
    assert "Choose the newest without a jump: 2020-08-18 03:00 UTC" in page.panel("timeline")
    suggested(page)
    walk(page, "Check")
    assert "Possible: no check has anything against it" in page.panel("verdict")
    walk(page, "Confirm")
    assert page.button().label == "Restore web-01 to 2020-08-18 03:00 UTC"
    assert "The present state of web-01 is backed up first" in page.panel("will")
    assert "cannot be undone" not in page.panel("will")
    page.press()
    assert "Fill this in" in page.field("confirm").problem
    page.fill("confirm", "web-02")
    page.press()
    assert page.field("confirm").problem == "That is not the name. Type web-01."
    assert infected.restores().empty
    page.fill("confirm", "web-01")
    page.press(times=2)
    assert form.error is None
    assert len(infected.restores()) == 1
    assert "web-01 is back" in page.result
    assert "Watch and verify" in page.step


def test_going_back_and_forth_loses_nothing(session: Session) -> None:
    form = session.forms.restore(resource="web-01")
    page = ready(form)
    suggested(page)
    walk(page, "Confirm")
    page.fill("rto", "4h")
    before = form.value
    for _ in range(3):
        page.press("Back")
    assert page.step.startswith("1.")
    walk(page, "Confirm")
    assert form.value == before


def test_a_check_that_fails_stops_at_the_checks_until_it_is_mended(session: Session) -> None:
    server = session.cloud.server("web-01")
    server.set_status("ERROR")
    form = session.forms.restore(resource="web-01")
    page = ready(form)
    suggested(page)
    walk(page, "Check")
    page.press("Next")
    assert "Check" in page.step
    assert "Not possible: 1 check failed" in page.panel("verdict")
    assert "server status" in page.panel("checks")
    assert page.field("target").problem == ""
    assert "server status" in form.problems["checks"]
    with pytest.raises(InvalidRequest):
        form.submit()
    server.set_status("ACTIVE")
    page.click("Check again")
    walk(page, "Confirm")


def test_without_a_safety_backup_the_warning_has_to_be_accepted(session: Session) -> None:
    form = session.forms.restore(resource="web-01", before="2020-08-17T03:30Z")
    page = FormPage(form)
    form.value = {"safety_backup": False, "confirm": "web-01"}
    assert form.problems == {"acknowledge": "Not accepted yet: safety backup."}
    form.value = {"acknowledge": ["safety backup"]}
    assert form.problems == {}
    assert "This cannot be undone" in page.panel("will")
    assert "cbr-card wrong" in page.panel("will")
    assert form.submit().begun["safety_backup"] is False


def test_the_python_does_the_same(session: Session) -> None:
    form = session.forms.restore(resource="web-01", before="2020-08-17")
    form.value = {"confirm": "web-01", "rto": "4h"}
    names: dict[str, Any] = {"session": session}
    exec(form.code, names)
    assert names["run"].state == "success"
    assert names["run"].begun["targets"]["rto_seconds"] == 4 * 3600


def test_a_disk_can_be_left_out(session: Session) -> None:
    form = session.forms.restore(resource="db-01", before="2020-08-17")
    page = walk(FormPage(form), "Check")
    rows = page.field("disks").options
    assert len(rows) == 2
    data = next(row for row in rows if "system" not in row["label"])
    chosen = {row["value"]: row["usual"] for row in rows} | {data["value"]: ""}
    page.fill("disks", chosen, leave=False)
    page.wait()
    assert form.value["disks"] == {key: value for key, value in chosen.items() if value}
    form.value = {"confirm": "db-01", "acknowledge": page.labels("acknowledge")}
    run = form.submit()
    assert list(run.request["mappings"]) == list(form.value["disks"])


def test_leaving_all_disks_out_is_told_beside_them(session: Session) -> None:
    form = session.forms.restore(resource="db-01", before="2020-08-17")
    page = walk(FormPage(form), "Check")
    nothing = {row["value"]: "" for row in page.field("disks").options}
    page.fill("disks", nothing, leave=False)
    page.wait()
    assert "nothing would be restored" in form.problems["disks"]


def test_a_disk_and_a_file_system_can_be_restored(session: Session) -> None:
    for name in ("archive", "shared-docs"):
        form = session.forms.restore(resource=name, before="2020-08-17")
        form.value = {"confirm": name}
        form.value = {"acknowledge": FormPage(form).labels("acknowledge")}
        assert form.submit().state == "success"


def test_a_manifest_is_compared_afterwards(infected: Session, tmp_path: Path) -> None:
    manifest = infected.take_manifest("web-02")
    path = tmp_path / "files.json"
    path.write_text(json.dumps(manifest))
    form = infected.forms.restore(resource="web-02", before="2020-08-18T12:00Z")
    page = FormPage(form)
    form.value = {"confirm": "web-02", "manifest": str(path)}
    form.submit()
    assert "files are as then" in page.result
    form = infected.forms.restore(resource="web-02", manifest=str(tmp_path / "none.json"))
    page = FormPage(form)
    assert "cannot be read" in form.problems["manifest"]


def test_what_cannot_be_read_is_told_beside_the_field(session: Session) -> None:
    form = session.forms.restore(resource="web-01", before="yesterday", rto="soon")
    assert "not a time" in form.problems["before"]
    assert "no length of time" in form.problems["rto"]
    assert form.problems["backup"] == "Choose one."


def test_the_calendar_lists_a_day(session: Session) -> None:
    page = ready(session.forms.restore(resource="web-01"))
    assert "August 2020" in page.panel("calendar")
    page.act("calendar", "day", "2020-08-10")
    assert page.labels("backup") == ["2020-08-10 03:00 UTC"]
    page.click("All days")
    assert len(page.field("backup").options) == 32
    page.click("Earlier")
    assert "July 2020" in page.panel("calendar")


def test_a_restore_that_has_not_ended_is_offered_first(session: Session) -> None:
    backup = session.backups(resource="web-01").iloc[0]
    run = session.plan_restore(backup).execute(confirm="web-01", safety_backup=True)
    form = session.forms.restore()
    page = ready(form)
    assert "A restore of web-01 has not ended: running" in page.panel("pending")
    page.click("Watch it")
    assert "web-01 is back" in page.result
    assert form.result.run_id == run.run_id
    assert page.panel("pending") == ""
    assert session.restores()["state"].tolist() == ["success"]


def test_a_service_error_is_told_and_the_way_back_is_open(session: Session) -> None:
    page = at_confirm(session)
    session.cloud.fail("restore_backup", "BackupService.2010")
    page.press()
    assert "BackupService.2010" in page.error
    assert "Confirm" in page.step
    assert "not done" in page.error
    assert not page.form.busy


def test_trouble_while_watching_says_that_the_restore_goes_on(session: Session) -> None:
    form = session.forms.restore(resource="web-01", before="2020-08-17")
    page = FormPage(form)
    # The safety backup is looked at by the same question.
    form.value = {**ACCEPTED, "safety_backup": False, "acknowledge": ["safety backup"]}
    walk(page, "Confirm")

    def fail_from_now_on(sent: RequestRecord) -> None:
        if sent.path.endswith("/restore"):
            # Long enough that watching is given up.
            session.cloud.fail("show_op_log", 503, times=100_000)

    session.client.transport.on_request = fail_from_now_on
    page.press()
    assert "The restore goes on; watching it failed" in page.error
    assert "not done" not in page.error
    assert form.result.state == "running"
    assert page.result == "", "there is nothing to stop"
    session.cloud.heal()
    page.click("Watch it again", within="error")
    assert "web-01 is back" in page.result
    assert page.error == ""
    assert len(session.restores()) == 1


def test_trouble_while_verifying_leaves_a_way_to_verify_again(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(run: RestoreRun, **_: Any) -> Any:
        raise ConnectionFailed("The service cannot be reached.")

    page = at_confirm(session)
    with monkeypatch.context() as patched:
        patched.setattr(RestoreRun, "verify", broken)
        page.press()
    assert "done, but verifying failed" in page.error
    assert "web-01 is restored; it is not verified yet" in page.result
    page.click("Verify again", within="result")
    assert "web-01 is back" in page.result
    assert page.error == ""


def test_a_program_that_is_interrupted_can_watch_again(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = at_confirm(session)
    form = page.form

    def interrupt() -> None:
        assert form.busy
        raise KeyboardInterrupt

    sync_points.at_pause(monkeypatch, session, interrupt, once=lambda: form.result is not None)
    with pytest.raises(WaitTimeout):
        form.submit()
    assert "The restore goes on; nobody watches it now" in page.error
    assert not form.busy
    page.click("Watch it again", within="error")
    assert "web-01 is back" in page.result


def test_a_request_without_an_answer_is_not_called_undone(session: Session) -> None:
    page = at_confirm(session)
    session.cloud.fail("restore_backup", "cut before")
    page.press()
    assert "The restore was asked for; nobody knows yet whether it runs" in page.error
    assert "not done" not in page.error
    page.click("Cancel it", within="error")
    assert "given up" in page.result
    assert page.error == page.panel("pending") == ""


def test_a_restore_is_cancelled_while_the_safety_backup_is_made(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = at_confirm(session)
    form = page.form

    def cancel() -> None:
        assert form.busy
        assert "Cancel: nothing has been overwritten yet" in page.panel("progress")
        other = FormPage(form)
        clicks = sync_points.beside(
            lambda: other.click("Cancel: nothing has been overwritten yet", wait=False)
        )
        clicks.join(20)
        assert "Cancelling" in page.panel("told")
        assert "Cancel:" not in page.panel("progress")

    sync_points.at_pause(monkeypatch, session, cancel)
    page.press()
    page.wait()
    assert "Cancelled: nothing was overwritten" in page.result
    assert "✗ cancelled</span> Back up the present state" in page.panel("progress")
    assert "✓ done" not in page.panel("progress")
    assert page.error == ""
    assert session.restores()["state"].tolist() == ["stopped"]
    assert session.tasks(operation_type="restore").empty
    run_id = session.restores()["run_id"].iloc[0]
    assert len(session.backups(name=f"before-{run_id}")) == 1
    # The form is usable again, and the name has to be typed again.
    assert "Confirm" in page.step
    assert form.value["confirm"] == ""
    session.cloud.advance(hours=1)  # the safety backup is ready
    page.click("Check again")
    form.value = ACCEPTED
    page.press()
    assert "web-01 is back" in page.result


def test_trouble_in_the_background_leaves_the_checks_as_they_are(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = session.forms.restore(resource="web-01", before="2020-08-17")
    page = walk(FormPage(form), "Confirm")
    form.value = ACCEPTED
    backup = session.find_backup(form.value["backup"])
    session.cloud.fail("*", 503, times=100_000)
    look(page, monkeypatch)
    assert "Possible" in page.panel("verdict")
    session.cloud.heal()
    assert form.problems == {}
    session.delete_backup(backup, confirm=backup.name)
    session.cloud.advance(hours=1)
    look(page, monkeypatch)
    assert "It cannot be checked" in page.panel("verdict")
    assert "checks" in form.problems


def test_looking_again_goes_on_after_checks_that_could_not_be_made(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = ready(session.forms.restore(resource="web-01", before="2020-08-17"))
    session.cloud.fail("*", 503, times=100_000)
    page.click("Check again")
    assert "It cannot be checked" in page.panel("verdict")
    session.cloud.heal()
    look(page, monkeypatch)
    assert "Possible" in page.panel("verdict")


def test_what_was_chosen_stands_in_the_steps(session: Session) -> None:
    form = session.forms.restore(resource="web-01", before="2020-08-17")
    page = ready(form)
    assert "1. Server: web-01" in " ".join(page.steps)
    assert "2. Backup: 2020-08-16 03:00" in " ".join(page.steps)
    assert "2020-08-16 03:00 UTC" in page.panel("which")
    target = page.field("target")
    assert target.options[0]["label"] == "web-01 itself"
    assert target.options[0]["note"] == "overwritten"
    form = session.forms.restore(resource="archive")
    page = ready(form)
    assert "1. Disk: archive" in " ".join(page.steps)
    assert "2. Choose backup" in " ".join(page.steps)


def test_a_backup_chosen_by_hand_stays_when_the_trouble_is_told(session: Session) -> None:
    form = session.forms.restore(resource="web-01")
    page = ready(form)
    option = next(o for o in page.field("backup").options if "2020-08-10" in o["label"])
    page.fill("backup", option["value"])
    page.fill("before", "2020-08-12")
    assert page.chosen("backup") == "2020-08-10 03:00 UTC"
    assert "Choose the newest without a jump: 2020-08-11 03:00 UTC" in page.panel("timeline")
    page.fill("before", "2020-08-09")
    assert form.value["backup"] is None
    assert "The backup of 2020-08-10 03:00 UTC, which was chosen" in page.field("backup").problem
    page.click("Choose the newest without a jump: 2020-08-08 03:00 UTC", within="timeline")
    assert page.field("backup").problem == ""
    assert "The newest without a jump is chosen" in page.panel("timeline")


def test_a_backup_that_the_form_proposed_follows_the_trouble(session: Session) -> None:
    page = ready(session.forms.restore(resource="web-01"))
    for before, proposed in (("2020-08-12", "2020-08-11"), ("2020-08-05", "2020-08-04")):
        page.fill("before", before)
        assert page.chosen("backup") == f"{proposed} 03:00 UTC"


def test_a_check_that_fails_meanwhile_leads_back_to_the_checks(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = at_confirm(session)
    session.cloud.server("web-01").set_status("ERROR")
    look(page, monkeypatch)
    assert "Not possible: 1 check failed" in page.panel("will")
    page.press()
    assert "Check" in page.step
    assert session.restores().empty


def test_the_report_goes_to_the_browser_and_into_no_state(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = session.forms.restore(resource="web-01", before="2020-08-17")
    page = FormPage(form)
    form.value = ACCEPTED
    form.submit()
    sent: list[Any] = []
    monkeypatch.setattr(HtmlPanel, "send", lambda _, content, **__: sent.append(content))
    page.click("Download report (HTML)")
    assert sent[0]["name"].endswith(".html")
    assert "web-01" in sent[0]["text"]
    assert sent[0]["text"] not in page.told


def test_an_account_without_backups_says_so() -> None:
    with cbr.simulate("empty") as session:
        form = session.forms.restore()
        page = FormPage(form)
        assert form.problems["resource"] == "Choose one."
        assert page.field("resource").placeholder == "Nothing has a backup yet."
