"""A form is touched by several threads at once; what is done is what was shown, and once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cbr_notebook import errors, forms
from cbr_notebook.forms.kit.field import text
from cbr_notebook.forms.kit.option_loader import OptionLoader
from cbr_notebook.forms.kit.threads.worker import Worker
from cbr_notebook.forms.testing import FormPage
from tests.forms import sync_points
from tests.forms.pages import ready
from tests.forms.sync_points import SyncPoint

if TYPE_CHECKING:
    from collections.abc import Callable

    from cbr_notebook import Session


def test_two_pages_that_press_at_once_make_one_vault(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = session.forms.create_vault(name="once", size_gb=100, tags="a=b")
    page = ready(form)
    gate = sync_points.after(monkeypatch, page.field("tags"), "rule")  # while it is checked
    second = sync_points.beside(lambda: FormPage(form).press(wait=False))
    gate.wait()
    page.press()
    gate.open()
    second.join(20)
    page.wait()
    assert session.vaults()["name"].tolist().count("once") == 1


def test_what_changes_after_it_was_found_right_is_not_sent_unseen(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = session.forms.create_vault(name="checked", size_gb=100, tags="a=b")
    page = ready(form)
    gate = sync_points.after(monkeypatch, page.field("tags"), "rule")  # while it is checked
    presses = sync_points.beside(lambda: page.press(wait=False))
    gate.wait()
    FormPage(form).fill("size_gb", 5, leave=False)
    gate.open()
    presses.join(20)
    page.wait()
    assert form.result is None


def test_nothing_is_sent_while_a_program_fills_in_half_of_it(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = session.forms.create_vault(name="half", size_gb=100)
    page = ready(form)
    gate = SyncPoint()
    sync_points.when(page.field("name"), "value", "whole", gate.before(lambda: None))
    cell = sync_points.beside(lambda: setattr(form, "value", {"name": "whole"}))
    gate.wait()
    page.press(wait=False)
    gate.open()
    cell.join(20)
    page.wait()
    assert form.result is None
    assert form.submit().name == "whole"


def test_a_cell_that_runs_again_while_its_form_is_at_it_shows_the_same(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Only a kernel that runs a cell tells its ID; there is none here.
    monkeypatch.setattr(forms, "_cell", lambda: "a cell")
    form = session.forms.create_vault(name="mine", size_gb=100)
    page = ready(form)
    gate = sync_points.before(monkeypatch, session, "create_vault")
    page.press(wait=False)
    gate.wait()
    assert session.forms.create_vault(name="mine", size_gb=100) is form
    gate.open()
    page.wait()
    assert "mine" in page.result
    assert session.forms.create_vault() is not form


def test_two_forms_of_a_kind_live_side_by_side_where_cells_have_no_id(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Only a kernel of an older JupyterLab runs a cell without an ID; there is none here.
    monkeypatch.setattr(forms, "_cell", lambda: None)
    gate = sync_points.before(monkeypatch, session.client.vaults, "list_all")
    first = session.forms.back_up(vault="vault-web", name="first")
    gate.wait()
    second = session.forms.back_up()
    gate.open()
    for form in (first, second):
        FormPage(form).wait()
    assert first.value["name"] == "first"
    assert second.value["name"] == ""
    assert not FormPage(first).button().disabled


def test_what_nobody_knows_stays_told_although_nothing_can_be_asked_for(session: Session) -> None:
    page = ready(session.forms.create_vault(name="perhaps", size_gb=100))
    session.cloud.fail("create_vault", "cut after")
    session.cloud.fail("list_vault", 503, times=1000)
    page.press()
    assert "nobody knows whether it was done" in page.error
    assert "could not be asked for" in page.panel("load_error")
    session.cloud.heal()
    page.click("Try again", within="load_error")
    assert page.panel("load_error") == ""
    assert "nobody knows whether it was done" in page.error
    assert "There is a vault of this name already" in page.field("name").problem


@pytest.mark.parametrize("kind", ["truncated", "html", 500])
def test_an_answer_that_cannot_be_read_does_not_say_that_nothing_was_done(
    session: Session, kind: Any
) -> None:
    form = session.forms.create_vault(name="perhaps", size_gb=100)
    page = ready(form)
    session.cloud.fail("create_vault", kind)
    page.press()
    assert "nobody knows whether it was done" in page.error
    assert not isinstance(form.error, errors.ConnectionFailed)
    page.press()
    assert session.vaults()["name"].tolist().count("perhaps") <= 1


def test_a_question_that_is_of_no_interest_any_more_says_nothing() -> None:
    questions, said = OptionLoader(Worker, lambda: None), list[str]()

    def fail() -> Callable[[], None]:
        raise errors.NotFound("It is gone.")

    gate = SyncPoint()
    questions.ask("a row", gate.before(fail))
    gate.wait()
    questions.forget("a row")
    gate.open()
    assert questions.idle.wait(20)
    assert questions.error is None
    gate = SyncPoint()
    questions.ask("a row", gate.before(lambda: lambda: said.append("first")))
    gate.wait()
    questions.ask("a row", lambda: lambda: said.append("second"))
    gate.open()
    assert questions.idle.wait(20)
    assert said == ["second"]


def test_a_form_that_only_stops_watching_still_asks(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = session.forms.back_up()
    page = ready(form)
    gate = sync_points.before(monkeypatch, session.client.protectables, "list_all")
    page.fill("vault", "vault-nas")
    gate.wait()
    form.stop()
    page.fill("vault", "vault-disks")
    gate.open()
    page.wait()
    assert "archive" in page.labels("resources")
    assert "Asking" not in page.told


def test_a_closed_form_begins_nothing(session: Session) -> None:
    form = session.forms.create_vault(name="closed", size_gb=100)
    page = ready(form)
    form.close()
    page.press(wait=False)  # that was under way
    # No public act of a closed form begins work beside the main thread.
    work = form.workers.start("looks", lambda work: work.rest(3600))
    work.join(20)
    assert not work.running
    assert form.result is None


def test_the_page_is_told_what_holds_if_it_knew_something_else() -> None:
    field, sent = text("name", "Name"), list[object]()
    field.send_state = lambda key=None: sent.append(key)  # type: ignore[method-assign]
    field.dispatch({"type": "value", "value": "a", "was": ""})
    field.dispatch({"type": "value", "value": "ab", "was": "a"})
    assert "value" not in sent
    field.value = "filled in"
    assert sent.count("value") == 1
    field.dispatch({"type": "value", "value": "abc", "was": "ab"})
    assert field.value == "abc"
    assert sent.count("value") == 2


def test_closing_leaves_no_field_behind(session: Session) -> None:
    for form in (session.forms.vaults(), session.forms.restore(), session.forms.share()):
        page = ready(form)
        form.close()
        assert not page.on_page
