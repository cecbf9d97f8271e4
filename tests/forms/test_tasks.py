"""The form that watches tasks."""

from __future__ import annotations

from typing import Any

import pytest

from cbr_notebook import errors
from cbr_notebook.forms import tasks
from cbr_notebook.session import Session
from tests.forms.pressing import settle, type_into


def test_the_newest_tasks_are_shown_and_given_as_a_table(session: Session) -> None:
    session.back_up("vault-web", resources="web-01")
    form = session.forms.tasks()
    table = form.submit()
    assert table["resource_name"].iloc[0] == "web-01"
    assert form._rows.html.count("<li>") == len(table)
    assert "<progress" in form._rows.html
    assert "1 at work" in form._outline.html


def test_a_failed_task_opens_to_cause_and_remedy(session: Session) -> None:
    form = session.forms.tasks(status="failed")
    form.submit()
    rows = form._rows.html
    assert rows.count("<details") == rows.count("<li>") > 0
    assert "BackupService.8300" in rows
    assert "Delete old snapshots" in rows
    assert form.code == 'session.tasks(status="failed", limit=50)'


def test_the_filter_is_followed_at_once(session: Session) -> None:
    form = session.forms.tasks()
    assert form.problems == {}
    type_into(form, "status", "running")
    settle(form)
    assert form._rows.html == "<p>There are no such tasks.</p>"


def test_without_a_page_nobody_watches_and_with_one_it_ends_with_the_page(
    session: Session,
) -> None:
    form = session.forms.tasks()
    settle(form)
    before = session.client.transport.requests
    form._rows._view_count = 1
    (watching,) = [each for each in form._works if each.running]
    form._rows._view_count = 0
    watching.join(20)
    assert not watching.running
    assert session.client.transport.requests - before <= 1


def test_looking_on_lets_no_time_pass(session: Session) -> None:
    session.back_up("vault-web")
    now = session.now
    session.forms.tasks().submit()
    assert session.now == now


def test_names_are_shown_as_they_are(session: Session) -> None:
    session.cloud.create_server("<b>bold</b>")
    session.create_vault("odd", size_gb=100, resources="<b>bold</b>")
    session.back_up("odd").wait(progress=False)
    form = session.forms.tasks()
    form.submit()
    assert "&lt;b&gt;bold" in form._rows.html
    assert "<b>bold</b>" not in form._rows.html


def test_a_list_that_could_not_be_read_is_usable_once_it_can(session: Session) -> None:
    session.cloud.fail("list_op_logs", 503, times=50)
    form: Any = session.forms.tasks()
    settle(form)
    assert form._button.disabled
    session.cloud.heal()
    form._act_on("watch", "")
    settle(form)
    assert not form._button.disabled
    assert form.problems == {}


def test_whoever_looks_again_watches_again(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    form: Any = session.forms.tasks()
    settle(form)

    def no_answer(**_: Any) -> Any:
        raise errors.ConnectionFailed("No answer came.")

    with monkeypatch.context() as patch:
        patch.setattr(session.client.tasks, "list", no_answer)
        patch.setattr(tasks, "pause_after", lambda _: 0.0)
        form._rows._view_count = 1
        settle(form)
    assert "Watching has stopped" in form._wrong.html
    form._button.dispatch({"type": "click"})
    for work in list(form._works):
        if "acts" in work._thread.name:
            work.join(20)
    assert form._wrong.html == ""
    assert form._watching.running
    form._rows._view_count = 0
    settle(form)
    assert form._watching is None
