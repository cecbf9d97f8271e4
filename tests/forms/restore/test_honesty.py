"""What the restore form says of what went wrong, cannot be known, or is only simulated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cbr_notebook.forms.restore.steps import choose_backup
from cbr_notebook.forms.testing import FormPage, text_of
from tests.forms.pages import ready
from tests.forms.restore.walking import ACCEPTED, at_confirm, walk
from tests.runbook.situations import spoilt

if TYPE_CHECKING:
    from cbr_notebook import Session


def restored_in_vain(session: Session) -> FormPage:
    """Return a form whose restore failed while the service was at it."""
    page = at_confirm(session)
    disk = session.cloud.server("web-01").disk("vda")
    disk.set_trait("restore_fails", "BackupService.7000")
    page.press()
    disk.set_trait("restore_fails", None)
    return page


def test_a_restore_that_failed_is_shown_as_failed_wherever_one_looks(session: Session) -> None:
    page = restored_in_vain(session)
    assert page.form.result.state == "failed"
    assert page.step.startswith("5. Failed")
    course = text_of(page.panel("progress"))
    assert "✗ failed Restore" in course
    assert "✓ done Restore" not in course
    assert "failed" in page.result
    assert "is back" not in page.result
    assert page.error


def test_a_restore_that_failed_offers_the_way_back(session: Session) -> None:
    page = restored_in_vain(session)
    page.click("Go back to the state before this restore")
    (back,) = page.opened()
    walk(back, "Confirm")
    run = page.form.result
    safety = session.find_backup(back.form.value["backup"])
    assert safety.name == f"before-{run.run_id}"
    back.form.value = {"confirm": "web-01", "acknowledge": back.labels("acknowledge")}
    back.press()
    assert back.form.result.state == "success"
    assert back.form.result.backup["id"] == safety.id


@pytest.mark.parametrize(
    ("operation", "code", "done", "failed", "left"),
    [
        ("restore_backup", "BackupService.2010", "Check again", "Ask the service", "Restore"),
        ("create_checkpoint", "BackupService.6113", "", "Back up the present state", "Check again"),
    ],
)
def test_what_was_refused_is_shown_as_failed_where_it_was_and_nothing_after_it_as_done(
    session: Session, operation: str, code: str, done: str, failed: str, left: str
) -> None:
    page = at_confirm(session)
    session.cloud.fail(operation, code)
    page.press()
    course = text_of(page.panel("progress"))
    assert f"✓ done {done}" in course if done else "✓ done" not in course
    assert f"✗ failed {failed}" in course
    assert f"{left}: not reached" in course
    assert f"✓ done {left}" not in course


def test_a_restore_that_missed_its_target_says_so(session: Session) -> None:
    page = at_confirm(session)
    page.fill("rto", "1m")
    page.press()
    assert "Recovery time" in page.result
    assert "target 1 min: MISSED" in page.result
    assert "Recovery point" not in page.result  # no target was set


def test_going_back_says_on_what_it_went_back(session: Session) -> None:
    page = restored_in_vain(session)
    page.click("Go back to the state before this restore")
    (back,) = page.opened()
    walk(back, "Confirm")
    back.form.value = {"confirm": "web-01", "acknowledge": back.labels("acknowledge")}
    back.press()
    assert f"This went back on run {page.form.result.run_id}." in back.result
    assert "went back on" not in page.result


def test_what_cancelling_came_to_is_its_heading(session: Session) -> None:
    page = at_confirm(session)
    session.cloud.fail("restore_backup", 503)
    page.press()
    again = ready(session.forms.restore())
    again.click("Cancel it")
    assert "Given up: nobody knows whether it was carried out" in again.result
    assert "Asked to" not in again.result


def test_a_time_of_trouble_in_the_future_is_refused_in_its_field(session: Session) -> None:
    page = ready(session.forms.restore(resource="web-01"))
    page.fill("before", "2020-09-01")
    assert "That is in the future: it is 2020-08-17 03:51 UTC now." in page.field("before").problem
    assert page.form.value["backup"] is None
    page.press("Next")
    assert "Choose backup" in page.step


def test_each_warning_has_to_be_accepted_by_itself(session: Session) -> None:
    page = FormPage(session.forms.restore(resource="web-01", before="2020-08-17T03:30Z"))
    walk(page, "Confirm")
    assert page.field("acknowledge").hidden
    page.fill("safety_backup", False)
    field: Any = page.field("acknowledge")
    assert not field.hidden
    assert (field.required, field.bulk) == (True, False)
    assert page.labels("acknowledge") == ["safety backup"]
    page.fill("confirm", "web-01")
    page.press()
    assert page.field("acknowledge").problem == "Not accepted yet: safety backup."
    assert session.restores().empty


def test_of_a_grown_disk_only_the_others_are_backed_up_first(session: Session) -> None:
    spoilt(session, "two-01")
    session.cloud.server("two-01").disk("vdb").resize(4)
    backup = session.find_backup("clean-two-01").id
    page = walk(FormPage(session.forms.restore(resource="two-01", backup=backup)), "Confirm")
    assert "two-01-vdb has grown since the backup" in page.panel("will")
    assert "that backup is the way back" not in page.panel("will")
    warned = page.labels("acknowledge")
    assert "disk size" in warned
    page.fill("safety_backup", False)
    assert page.field("only_what_can_come_back").hidden
    page.fill("safety_backup", True)
    page.fill("only_what_can_come_back", True)
    assert "of two-01-vdb there is no way back" in page.panel("will")
    page.form.value = {"confirm": "two-01", "acknowledge": warned}
    assert "safety_backup='partial'" in page.form.code.replace('"', "'")
    assert "Back up what can come back, then" in page.panel("summary")
    page.press()
    run = page.form.result
    assert run.state == "success"
    assert run.journal.last("safety_backup_made").facts["disks"] == ["two-01"]


def test_no_part_is_offered_where_all_of_it_can_come_back(session: Session) -> None:
    page = FormPage(session.forms.restore(resource="web-01", before="2020-08-17T03:30Z"))
    walk(page, "Confirm")
    assert page.field("only_what_can_come_back").hidden
    page.form.value = {"only_what_can_come_back": True, **ACCEPTED}
    page.press()
    assert page.form.result.begun["safety_backup"] is True


def test_a_simulated_cloud_is_named_in_each_step(session: Session) -> None:
    page = FormPage(session.forms.restore(resource="web-01", before="2020-08-17"))
    page.form.value = ACCEPTED
    page.wait()
    for step in ("Check", "Confirm", "Watch and verify"):
        walk(page, step) if step != "Watch and verify" else page.press()
        assert step in page.step
        assert "simulated" in page.panel("steps")


def test_what_exists_no_more_is_marked_and_no_other_server_offered(session: Session) -> None:
    backup = session.backups(resource="web-01").iloc[3]["id"]
    session.cloud.delete_server("web-01")
    page = ready(session.forms.restore(resource="web-01", backup=backup))
    assert "exists no more" in page.panel("timeline")
    assert "(exists no more)" in page.steps[0]
    walk(page, "Check")
    assert page.notes("target") == {"web-01 itself": "exists no more"}
    page.press("Next")
    assert "Check" in page.step


def test_only_disks_are_offered_as_another_target(session: Session) -> None:
    page = walk(FormPage(session.forms.restore(resource="web-01", before="2020-08-17")), "Check")
    assert page.labels("target") == ["web-01 itself"]
    page = walk(FormPage(session.forms.restore(resource="archive", before="2020-08-17")), "Check")
    assert len(page.labels("target")) > 1


def test_nothing_is_called_without_a_jump_that_was_not_looked_at(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choose_backup, "LOOKED_AT", 8)
    page = ready(session.forms.restore(resource="web-01", before="2020-08-05"))
    line = page.panel("timeline")
    assert "nobody has looked whether it is a jump" in line
    assert "without a jump" not in line
    assert page.chosen("backup") == "2020-08-04 03:00 UTC"
    page.click("Look for jumps in all 32 backups")
    line = page.panel("timeline")
    assert "nobody has looked" not in line
    assert "The newest without a jump is chosen: 2020-08-04 03:00 UTC" in line


def test_a_full_backup_cannot_be_judged_and_is_not_proposed(session: Session) -> None:
    session.back_up("vault-web", resources="web-01", incremental=False).wait(progress=False)
    page = ready(session.forms.restore(resource="web-01"))
    line = page.panel("timeline")
    assert "No jump in changed data. 1 cannot be judged." in line
    assert "Choose the newest without a jump: 2020-08-17 03:00 UTC" in line


@pytest.mark.parametrize("incremental", [True, False])
def test_an_overruled_judgement_is_a_warning_to_accept(session: Session, incremental: bool) -> None:
    session.cloud.ransomware("web-01")
    session.back_up("vault-web", resources="web-01", incremental=incremental).wait(progress=False)
    form = session.forms.restore(resource="web-01")
    page = ready(form)
    newest = page.field("backup").options[0]
    assert ("a jump" if incremental else "cannot be judged") in newest["note"]
    page.fill("backup", newest["value"])
    walk(page, "Confirm")
    page.fill("confirm", "web-01")
    page.fill("safety_backup", True)
    asked = page.field("acknowledge").options
    assert [each["value"] for each in asked if each["value"] == "backup not quiet"]
    assert "backup not quiet" in form.problems["acknowledge"]
    form.value = {"acknowledge": [each["value"] for each in asked]}
    assert form.problems == {}
    assert "backup not quiet" not in form.code  # it is the form's own, and no check of the plan
    page.press()
    assert form.result.state == "success"


def test_where_none_is_quiet_the_newest_that_cannot_be_judged_is_proposed_and_said(
    session: Session,
) -> None:
    session.cloud.create_server("fresh")
    session.add_resources("vault-web", "fresh")
    session.back_up("vault-web", resources="fresh").wait(progress=False)
    page = ready(session.forms.restore(resource="fresh"))
    line = page.panel("timeline")
    assert "Choose the newest from then, which cannot be judged" in line
    assert "clean" not in line.lower()


def test_where_several_bear_the_name_the_id_has_to_be_typed(session: Session) -> None:
    session.cloud.create_server("web-01")
    page = FormPage(
        session.forms.restore(
            resource=session.backups(resource="web-01")["resource_id"].iloc[0],
            before="2020-08-17",
        )
    )
    walk(page, "Confirm")
    server_id = page.form.value["resource"]
    assert page.field("confirm").label == f"Type {server_id} to confirm"
    page.fill("confirm", "web-01")
    assert page.field("confirm").problem == f"That is not the ID. Type {server_id}."
    page.form.value = {"confirm": server_id, "acknowledge": page.labels("acknowledge")}
    page.press()
    assert page.form.result.state == "success"


def test_a_stopped_server_stays_stopped_unless_somebody_wants_it_started(session: Session) -> None:
    session.cloud.server("web-01").stop()
    form = session.forms.restore(resource="web-01", before="2020-08-17")
    assert form.value["power_on"] == "keep"
    form.value = {"confirm": "web-01", "acknowledge": FormPage(form).labels("acknowledge")}
    assert "power_on" not in form.code
    form.submit()
    assert session.cloud.server("web-01").status == "SHUTOFF"
    form = session.forms.restore(resource="web-01", before="2020-08-17", power_on=True)
    assert form.value["power_on"] == "start"
