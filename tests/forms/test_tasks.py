"""The form that watches tasks."""

from __future__ import annotations

import pytest

from cbr_notebook import Session
from cbr_notebook.forms.testing import FormPage
from tests.forms import sync_points
from tests.forms.pages import no_answer, ready


def test_the_newest_tasks_are_shown_and_given_as_a_table(session: Session) -> None:
    session.back_up("vault-web", resources="web-01")
    form = session.forms.tasks()
    page = FormPage(form)
    table = form.submit()
    assert table["resource_name"].iloc[0] == "web-01"
    assert page.panel("tasks").count("<li>") == len(table)
    assert "<progress" in page.panel("tasks")
    assert "1 at work" in page.summary


def test_a_failed_task_opens_to_cause_and_remedy(session: Session) -> None:
    form = session.forms.tasks(status="failed")
    page = FormPage(form)
    form.submit()
    rows = page.panel("tasks")
    assert rows.count("<details") == rows.count("<li>") > 0
    assert "BackupService.8300" in rows
    assert "Delete old snapshots" in rows
    assert form.code == 'session.tasks(status="failed", limit=50)'


def test_the_filter_is_followed_at_once(session: Session) -> None:
    form = session.forms.tasks()
    page = FormPage(form)
    assert form.problems == {}
    page.fill("status", "running")
    page.wait()
    assert page.panel("tasks") == "<p>There are no such tasks.</p>"


def test_without_a_page_nobody_watches_and_with_one_it_ends_with_the_page(
    session: Session,
) -> None:
    page = ready(session.forms.tasks())
    before = session.client.transport.requests
    page.show()
    assert len(sync_points.running("tasks watches")) == 1
    page.hide()
    page.wait()
    assert not sync_points.running("tasks watches")
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
    page = FormPage(form)
    form.submit()
    assert "&lt;b&gt;bold" in page.panel("tasks")
    assert "<b>bold</b>" not in page.panel("tasks")


def test_a_list_that_could_not_be_read_is_usable_once_it_can(session: Session) -> None:
    session.cloud.fail("list_op_logs", 503, times=50)
    form = session.forms.tasks()
    page = ready(form)
    assert page.button().disabled
    session.cloud.heal()
    page.act("error", "watch")
    assert not page.button().disabled
    assert form.problems == {}


def test_whoever_looks_again_watches_again(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = ready(session.forms.tasks())
    with monkeypatch.context() as patch:
        patch.setattr(session.client.tasks, "list", no_answer)
        session.cloud.advance(seconds=5)  # what the form was opened with is too old now
        page.show()
        page.wait()
    assert "Watching has stopped" in page.error
    page.press(wait=False)
    sync_points.join("tasks acts")
    assert page.error == ""
    assert sync_points.running("tasks watches")
    page.hide()
    page.wait()
    assert not sync_points.running("tasks watches")
