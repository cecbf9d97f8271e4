"""The guided restore while several threads are at it: what was confirmed is what is restored."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from cbr_notebook import Session
from cbr_notebook.errors import Conflict, ConnectionFailed, NotFound
from cbr_notebook.forms.kit.field import Button
from cbr_notebook.forms.restore.planner import Found, Planner, Wanted
from cbr_notebook.forms.restore.rail import Steps
from cbr_notebook.forms.restore.steps.step import BACKUP, WATCH
from cbr_notebook.forms.testing import FormPage
from cbr_notebook.runbook.run.restore_plan import RestorePlan
from cbr_notebook.runbook.run.run import RestoreRun
from tests.forms import sync_points
from tests.forms.pages import ready
from tests.forms.restore.walking import look, walk
from tests.forms.sync_points import SyncPoint

LONG = 20.0


@pytest.fixture
def page(session: Session) -> FormPage:
    """A form at the checks of the newest backup of web-01."""
    opened = ready(session.forms.restore(resource="web-01"))
    opened.fill("backup", backups(opened)[0])
    walk(opened, "Check")
    return opened


def backups(page: FormPage) -> list[str]:
    return [each["value"] for each in page.field("backup").options]


def planner_of(page: FormPage) -> Planner:
    planner: Planner = page.form.definition.planner
    return planner


def confirmed(page: FormPage) -> None:
    """Open the last step, with all that its button asks for."""
    walk(page, "Confirm")
    page.fill("acknowledge", page.labels("acknowledge"))
    page.fill("confirm", "web-01")
    assert page.form.problems == {}


def choose(page: FormPage, backup: str) -> None:
    while not page.step.startswith("2."):
        page.press("Back")
    page.fill("backup", backup)
    page.wait()


def test_a_late_look_is_not_the_plan_of_a_backup_chosen_meanwhile(page: FormPage) -> None:
    first, second = backups(page)[:2]
    planner = planner_of(page)
    show_found = planner.show

    def choose_first(found: Found) -> Wanted:
        planner.show = show_found
        page.fill("backup", second)
        return show_found(found)

    show = planner.ask(planner.wanted(), in_passing=True)
    planner.show = choose_first
    show()
    assert planner.plan_for(planner.wanted()) is None
    page.press("Next")
    assert "Check" in page.step
    page.press("Back")
    walk(page, "Check")
    assert planner.plan is not None
    assert planner.plan.backup.id == second
    confirmed(page)
    page.press()
    assert page.form.result.backup["id"] == second != first


def test_a_backup_chosen_while_a_look_is_shown_is_checked_by_itself(page: FormPage) -> None:
    second = backups(page)[1]
    page.press("Back")
    planner, field, heard = planner_of(page), page.form.fields["backup"], threading.Event()
    show_found, change = planner.show, field.on_change
    other = threading.Thread(target=FormPage(page.form).fill, args=("backup", second))

    def changed(field: Any) -> None:
        heard.set()
        change(field)

    def choose_beside(found: Found) -> Wanted:
        planner.show = show_found
        other.start()
        assert heard.wait(LONG)
        return show_found(found)

    show = planner.ask(planner.wanted(), in_passing=True)
    field.on_change, planner.show = changed, choose_beside
    show()
    other.join(LONG)
    assert planner.plan is None
    assert page.labels("target") == []
    walk(page, "Check")
    assert planner.plan is not None
    assert planner.plan.backup.id == second


def test_a_plan_of_another_backup_is_refused_at_the_press_and_at_the_act(page: FormPage) -> None:
    confirmed(page)
    definition, planner = page.form.definition, planner_of(page)
    definition.acquired()
    plan = planner.plan
    choose(page, backups(page)[1])
    assert "checks" in definition.check(page.form.values())
    assert plan is not None
    assert not planner.wanted().fits(plan)
    with pytest.raises(Conflict, match="not what is chosen"):
        definition.act(page.form.values())
    assert page.form.session.restores().empty


def test_a_look_that_ends_after_the_press_changes_nothing(
    page: FormPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any, **__: Any) -> Any:
        raise NotFound("The backup is gone.")

    confirmed(page)
    definition, planner = page.form.definition, planner_of(page)
    plan, act, executed = planner.plan, definition.act, list[RestorePlan]()
    with monkeypatch.context() as patched:
        patched.setattr(page.form.session, "plan_restore", gone)
        show = planner.ask(planner.wanted(), in_passing=True)
    execute = RestorePlan.execute

    def late(values: Any) -> Any:
        show()
        planner.forget()  # not even that
        return act(values)

    def carried_out(self: RestorePlan, **given: Any) -> RestoreRun:
        executed.append(self)
        return execute(self, **given)

    monkeypatch.setattr(RestorePlan, "execute", carried_out)
    monkeypatch.setattr(definition, "act", late)
    page.press()
    assert page.form.error is None
    assert executed[0] is plan
    assert "The backup is gone" not in page.panel("verdict")


def test_nobody_walks_past_what_was_locked_on_the_way() -> None:
    steps = Steps(
        [(name, []) for name in "abcde"], Button("Last", lambda: None), lambda step: step()
    )

    def lock(_: int) -> bool:
        steps.lock(WATCH)
        return True

    steps.on_leave = lock
    steps.walk(BACKUP)
    assert steps.at == WATCH


def test_back_is_refused_from_the_press_on(page: FormPage, monkeypatch: pytest.MonkeyPatch) -> None:
    confirmed(page)
    gate = sync_points.before(monkeypatch, page.form.definition, "act")
    page.press(wait=False)
    gate.wait()
    page.press("Back", wait=False)
    page.act("timeline", "choose", backups(page)[1], wait=False)
    assert "Confirm" in page.step
    gate.open()
    page.wait()
    assert "Watch and verify" in page.step
    assert page.form.value["backup"] == page.form.result.backup["id"]


def test_what_was_given_is_filled_in_without_leaving_a_restore_under_way(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = session.backups(resource="web-01").iloc[0]
    run = session.plan_restore(backup).execute(confirm="web-01", safety_backup=True)
    gate = sync_points.before(monkeypatch, session, "usage")
    page = FormPage(session.forms.restore(resource="web-02"))
    gate.wait()
    page.act("pending", "take_up", run.run_id, wait=False)
    sync_points.join("restore acts")
    gate.open()
    page.wait()
    assert "Watch and verify" in page.step
    assert page.form.result.run_id == run.run_id


def test_another_restore_is_offered_once_this_one_is_verified(
    page: FormPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirmed(page)
    gate = sync_points.before(monkeypatch, RestoreRun, "verify")
    page.press(wait=False)
    gate.wait()
    assert "Verifying" in page.result
    assert "<button" not in page.result
    page.act("result", "again", wait=False)
    assert "Watch and verify" in page.step
    with pytest.raises(Conflict):
        page.form.again()
    gate.open()
    page.wait()
    assert "web-01 is back" in page.result
    page.click("Restore something else")
    assert page.step == "1. Choose server"
    assert page.result == ""


def test_a_form_that_is_closed_at_work_looks_at_no_checks(
    page: FormPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> Any:
        raise Conflict("Something moved.")

    gate = SyncPoint()
    confirmed(page)
    monkeypatch.setattr(RestorePlan, "execute", gate.before(refused))
    page.press(wait=False)
    gate.wait()
    page.show()
    page.form.close()
    gate.open()
    page.wait()
    assert page.form.workers.running() == []


def test_two_threads_begin_one_look(page: FormPage, monkeypatch: pytest.MonkeyPatch) -> None:
    workers, came = page.form.workers, threading.Event()
    start = workers.start

    def look_too() -> None:
        came.set()
        page.show(views=2)

    other = threading.Thread(target=look_too)

    def start_beside(*args: Any) -> Any:
        monkeypatch.setattr(workers, "start", start)
        other.start()
        assert came.wait(LONG)
        return start(*args)

    monkeypatch.setattr(workers, "start", start_beside)
    page.show()
    other.join(LONG)
    assert len([worker for worker in workers.running() if not worker.stopped]) == 1
    page.form.stop()
    page.wait()


def test_verifying_again_and_cancelling_leave_the_page_heard(
    page: FormPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirmed(page)
    page.press()
    for act, where, name, end in (
        ("verify", RestoreRun, "verify", "web-01 is back"),
        ("cancel_run", page.form.session, "cancel_restore", "Nothing was stopped: it has ended"),
    ):
        with monkeypatch.context() as patched:
            gate = sync_points.before(patched, where, name)
            page.act("result", act, page.form.result.run_id, wait=False)
            gate.wait()
            assert page.form.busy
            gate.open()
            page.wait()
        assert end in page.result
        assert not page.form.busy


def test_trouble_is_told_though_the_record_cannot_be_read(
    page: FormPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unread() -> Any:
        raise OSError("The disk is full.")

    def broken(*_: Any, **__: Any) -> Any:
        monkeypatch.setattr(page.form.session, "restores", unread)
        raise ConnectionFailed("The service cannot be reached.")

    confirmed(page)
    monkeypatch.setattr(RestoreRun, "verify", broken)
    page.press()
    assert "nobody knows how far it is" in page.error
    assert "The service cannot be reached" in page.error
    assert "The disk is full" in page.error
    assert not page.form.busy


def test_a_plan_is_made_though_nobody_knows_the_kind_of_resource_any_more(page: FormPage) -> None:
    planner = Planner(page.form, kind=lambda: None)
    planner.plan_now()
    assert planner.plan_for(planner.wanted()) is not None


def test_looking_goes_on_after_what_nobody_expected(
    page: FormPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("Nobody thought of this.")

    monkeypatch.setattr(page.form.session, "plan_restore", broken)
    look(page, monkeypatch)  # which asks a second time
    assert "Nobody thought of this" in page.error


def test_what_goes_wrong_on_the_way_is_shown(
    page: FormPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> bool:
        raise RuntimeError("Nobody thought of this.")

    page.form.definition.steps.on_leave = broken
    page.press("Next")
    assert "Nobody thought of this" in page.error
    page.form.panels.error.html = ""
    monkeypatch.setattr(page.form.definition, "pressed", broken)
    page.press(wait=False)
    assert "Nobody thought of this" in page.error


def test_disks_and_a_target_given_by_name_stay_as_given(session: Session) -> None:
    page = walk(FormPage(session.forms.restore(resource="db-01", before="2020-08-17")), "Check")
    given = {row["value"]: row["usual"] for row in page.field("disks").options[:1]}
    form = session.forms.restore(resource="db-01", before="2020-08-17", disks=given)
    assert "checks" not in form.problems
    plan = planner_of(FormPage(form)).plan
    assert plan is not None
    assert form.value["disks"] == plan.disks == given
    form = session.forms.restore(resource="web-01", before="2020-08-17", target="web-02")
    assert "checks" not in form.problems or "checked yet" not in form.problems["checks"]
    plan = planner_of(FormPage(form)).plan
    assert plan is not None
    assert plan.target is not None
    assert form.value["target"] == plan.target.id == session.find_resource("web-02").id
