"""The guided restore while several threads are at it: what was confirmed is what is restored."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from cbr_notebook import Session
from cbr_notebook.errors import Conflict, ConnectionFailed, NotFound
from cbr_notebook.forms.kit.field import Button
from cbr_notebook.forms.kit.steps import Steps
from cbr_notebook.forms.watching import BACKUP, CHECK, CONFIRM, SERVER, WATCH
from cbr_notebook.runbook.run.restore_plan import RestorePlan
from cbr_notebook.runbook.run.run import RestoreRun
from tests.forms.pressing import click, press, settle, type_into
from tests.forms.sync_points import Gate

LONG = 20.0


@pytest.fixture
def form(session: Session) -> Any:
    """A form at the checks of the newest backup of web-01."""
    opened: Any = session.forms.restore(resource="web-01")
    settle(opened)
    type_into(opened, "backup", backups(opened)[0])
    go(opened, CHECK)
    return opened


def backups(form: Any) -> list[str]:
    return [each["value"] for each in form._fields["backup"].options]


def go(form: Any, to: int) -> None:
    form._steps.walk(to)
    settle(form)
    assert form._steps.at == to, form._problems()


def confirmed(form: Any) -> None:
    """Go to the last button, with all that it asks for."""
    go(form, CONFIRM)
    type_into(form, "acknowledge", form._plan.warnings)
    type_into(form, "confirm", "web-01")
    assert form._problems() == {}


def look(form: Any) -> Callable[[], None]:
    """Ask for the checks as somebody does now and then; gives what shows the answer."""
    shows: Callable[[], None] = form._ask_for_plan(form._wanted(), in_passing=True)
    return shows


def test_a_late_look_is_not_the_plan_of_a_backup_chosen_meanwhile(form: Any) -> None:
    first, second = backups(form)[:2]
    take_plan = form._take_plan

    def choose_first(*args: Any) -> None:
        form._take_plan = take_plan
        type_into(form, "backup", second)
        take_plan(*args)

    fill = look(form)
    form._take_plan = choose_first
    fill()
    assert form._plan_for(form._values()) is None
    assert not form._may_go_on()
    form._steps.go(BACKUP)
    go(form, CHECK)
    assert form._plan.backup.id == second
    confirmed(form)
    press(form)
    assert form.result.backup["id"] == second != first


def test_a_backup_chosen_while_a_look_is_shown_is_checked_by_itself(form: Any) -> None:
    second = backups(form)[1]
    form._steps.go(BACKUP)
    take_plan, hear, heard = form._take_plan, form._fields["backup"].on_change, threading.Event()
    page = threading.Thread(target=type_into, args=(form, "backup", second))

    def changed(field: Any) -> None:
        heard.set()
        hear(field)

    def choose_beside(*args: Any) -> None:
        form._take_plan = take_plan
        page.start()
        assert heard.wait(LONG)
        take_plan(*args)

    fill = look(form)
    form._fields["backup"].on_change, form._take_plan = changed, choose_beside
    fill()
    page.join(LONG)
    assert form._plan is None
    assert form._fields["target"].options == []
    go(form, CHECK)
    assert form._plan.backup.id == second


def test_a_plan_of_another_backup_is_refused_at_the_press_and_at_the_act(form: Any) -> None:
    confirmed(form)
    plan = form._plan
    go_back_and_choose(form, backups(form)[1])
    form._plan, form._planned = plan, form._wanted()
    assert "checks" in form._check(form._values())
    form._agreed = plan
    with pytest.raises(Conflict, match="not what is chosen"):
        form._act(form._values())
    assert form.session.restores().empty


def go_back_and_choose(form: Any, backup: str) -> None:
    go(form, BACKUP)
    type_into(form, "backup", backup)
    settle(form)


def test_a_look_that_ends_after_the_press_changes_nothing(
    form: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any, **__: Any) -> Any:
        raise NotFound("The backup is gone.")

    confirmed(form)
    plan, act, executed = form._plan, form._act, []
    with monkeypatch.context() as patched:
        patched.setattr(form.session, "plan_restore", gone)
        fill = look(form)
    execute = RestorePlan.execute

    def late(values: Any) -> Any:
        fill()
        form._plan = None  # not even that
        return act(values)

    def carried_out(self: RestorePlan, **given: Any) -> RestoreRun:
        executed.append(self)
        return execute(self, **given)

    monkeypatch.setattr(RestorePlan, "execute", carried_out)
    form._act = late
    press(form)
    assert form.error is None
    assert executed[0] is plan
    assert "The backup is gone" not in form._verdict.html


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


def test_back_is_refused_from_the_press_on(form: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()
    confirmed(form)
    form._act = gate.before(form._act)
    form._button.dispatch({"type": "click"})
    gate.wait()
    form._steps._back.dispatch({"type": "click"})
    form._act_on("choose", backups(form)[1])
    assert form._steps.at == CONFIRM
    gate.open()
    settle(form)
    assert form._steps.at == WATCH
    assert form.value["backup"] == form.result.backup["id"]


def test_what_was_given_is_filled_in_without_leaving_a_restore_under_way(session: Session) -> None:
    backup = session.backups(resource="web-01").iloc[0]
    run = session.plan_restore(backup).execute(confirm="web-01", safety_backup=True)
    gate, usage = Gate(), session.usage
    session.usage = gate.before(usage)  # type: ignore[method-assign]
    form: Any = session.forms.restore(resource="web-02")
    gate.wait()
    form._act_on("take_up", run.run_id)
    next(work for work in form._works if "acts" in work._thread.name).join(LONG)
    gate.open()
    settle(form)
    assert form._steps.at == WATCH
    assert form.result.run_id == run.run_id


def test_another_restore_is_offered_once_this_one_is_verified(
    form: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()
    confirmed(form)
    monkeypatch.setattr(RestoreRun, "verify", gate.before(RestoreRun.verify))
    form._button.dispatch({"type": "click"})
    gate.wait()
    assert "Verifying" in form._said.html
    assert "<button" not in form._said.html
    form._act_on("again", "")
    assert form._steps.at == WATCH
    with pytest.raises(Conflict):
        form.again()
    gate.open()
    settle(form)
    assert "web-01 is back" in form._said.html
    click(form, form._said.html, "Restore something else")
    assert form._steps.at == SERVER
    assert form._said.html == ""


def test_a_form_that_is_closed_at_work_looks_at_no_checks(
    form: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> Any:
        raise Conflict("Something moved.")

    gate = Gate()
    confirmed(form)
    monkeypatch.setattr(RestorePlan, "execute", gate.before(refused))
    form._button.dispatch({"type": "click"})
    gate.wait()
    form._checks._view_count = 1
    form.close()
    gate.open()
    settle(form)
    assert form._checking is None


def test_two_threads_begin_one_look(form: Any) -> None:
    start, came = form._start, threading.Event()

    def look_too() -> None:
        came.set()
        form._keep_looking()

    other = threading.Thread(target=look_too)

    def start_beside(*args: Any) -> Any:
        form._start = start
        other.start()
        assert came.wait(LONG)
        return start(*args)

    form._start = start_beside
    form._checks._view_count = 1
    other.join(LONG)
    looks = [work for work in form._works if not work.stopped]
    assert looks == [form._checking]
    form.stop()
    settle(form)


def test_verifying_again_and_cancelling_leave_the_page_heard(
    form: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirmed(form)
    press(form)
    for act, where, name, end in (
        ("verify", RestoreRun, "verify", "web-01 is back"),
        ("cancel_run", form.session, "cancel_restore", "Cancelled"),
    ):
        gate = Gate()
        with monkeypatch.context() as patched:
            patched.setattr(where, name, gate.before(getattr(where, name)))
            form._act_on(act, form.result.run_id)
            gate.wait()
            assert form._busy
            gate.open()
            settle(form)
        assert end in form._said.html
        assert not form._busy


def test_trouble_is_told_though_the_record_cannot_be_read(
    form: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unread() -> Any:
        raise OSError("The disk is full.")

    def broken(*_: Any, **__: Any) -> Any:
        monkeypatch.setattr(form.session, "restores", unread)
        raise ConnectionFailed("The service cannot be reached.")

    confirmed(form)
    monkeypatch.setattr(RestoreRun, "verify", broken)
    press(form)
    assert "nobody knows how far it is" in form._wrong.html
    assert "The service cannot be reached" in form._wrong.html
    assert "The disk is full" in form._wrong.html
    assert not form._busy


def test_looking_goes_on_after_what_nobody_expected(
    form: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Twice:
        stopped = False
        left = 2

        def rest(self, _: float) -> bool:
            self.left -= 1
            return self.left >= 0

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("Nobody thought of this.")

    form._kinds.clear()
    look(form)()
    assert form._may_go_on()
    monkeypatch.setattr(form.session, "plan_restore", broken)
    work = Twice()
    form._keep_checking(work)
    assert work.left == -1
    assert "Nobody thought of this" in form._wrong.html


def test_what_goes_wrong_on_the_way_is_shown(form: Any) -> None:
    def broken(_: int) -> bool:
        raise RuntimeError("Nobody thought of this.")

    form._steps.on_leave = broken
    form._steps._next.dispatch({"type": "click"})
    assert "Nobody thought of this" in form._wrong.html
    form._wrong.html = ""
    form._may_go_on = lambda: broken(0)
    form._button.dispatch({"type": "click"})
    assert "Nobody thought of this" in form._wrong.html


def test_disks_and_a_target_given_by_name_stay_as_given(session: Session) -> None:
    form: Any = session.forms.restore(resource="db-01", before="2020-08-17")
    settle(form)
    go(form, CHECK)
    given = {row["value"]: row["usual"] for row in form._mapping.options[:1]}
    form = session.forms.restore(resource="db-01", before="2020-08-17", disks=given)
    assert "checks" not in form.problems
    assert form.value["disks"] == form._plan.disks == given
    form = session.forms.restore(resource="web-01", before="2020-08-17", target="web-02")
    assert "checks" not in form.problems or "checked yet" not in form.problems["checks"]
    assert form.value["target"] == form._plan.target.id == session.find_resource("web-02").id
