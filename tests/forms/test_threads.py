"""A form is touched by several threads at once; what is done is what was shown, and once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from cbr_notebook import errors, forms
from cbr_notebook.forms.kit.field import text
from tests.forms import sync_points
from tests.forms.pressing import press, settle, shown, type_into
from tests.forms.sync_points import Gate

if TYPE_CHECKING:
    from collections.abc import Callable

    from cbr_notebook.forms.base import Form
    from cbr_notebook.session import Session


def beside(step: Callable[[], object]) -> threading.Thread:
    """Take a step in another thread."""
    thread = threading.Thread(target=step)
    thread.start()
    return thread


def test_two_pages_that_press_at_once_make_one_vault(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    form: Any = session.forms.create_vault(name="once", size_gb=100)
    settle(form)
    gate = sync_points.after(monkeypatch, form, "_problems")
    second = beside(lambda: form._button.dispatch({"type": "click"}))
    gate.wait()
    press(form)
    gate.open()
    second.join(20)
    settle(form)
    assert session.vaults()["name"].tolist().count("once") == 1


def test_what_changes_after_it_was_found_right_is_not_sent_unseen(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    form: Any = session.forms.create_vault(name="checked", size_gb=100)
    settle(form)
    gate = sync_points.after(monkeypatch, form, "_problems")
    page = beside(lambda: form._button.dispatch({"type": "click"}))
    gate.wait()
    form._fields["size_gb"].dispatch({"type": "value", "value": 5})
    gate.open()
    page.join(20)
    settle(form)
    assert form.result is None


def test_nothing_is_sent_while_a_program_fills_in_half_of_it(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    form: Any = session.forms.create_vault(name="half", size_gb=100)
    settle(form)
    gate = sync_points.after(monkeypatch, form, "_fill")
    cell = beside(lambda: setattr(form, "value", {"name": "whole"}))
    gate.wait()
    form._button.dispatch({"type": "click"})
    gate.open()
    cell.join(20)
    settle(form)
    assert form.result is None
    assert form.submit().name == "whole"


def test_a_cell_that_runs_again_while_its_form_is_at_it_shows_the_same(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "_cell", lambda: "a cell")
    form = session.forms.create_vault(name="mine", size_gb=100)
    settle(form)
    gate = sync_points.before(monkeypatch, session, "create_vault")
    form._button.dispatch({"type": "click"})
    gate.wait()
    assert session.forms.create_vault(name="mine", size_gb=100) is form
    gate.open()
    settle(form)
    assert "mine" in form._said.html
    assert session.forms.create_vault() is not form


def test_two_forms_of_a_kind_live_side_by_side_where_cells_have_no_id(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "_cell", lambda: None)
    gate = sync_points.before(monkeypatch, session.client.vaults, "list_all")
    first = session.forms.back_up(vault="vault-web", name="first")
    gate.wait()
    second = session.forms.back_up()
    gate.open()
    settle(first)
    settle(second)
    assert first.value["name"] == "first"
    assert second.value["name"] == ""
    assert not first._button.disabled


def test_what_nobody_knows_stays_told_although_nothing_can_be_asked_for(session: Session) -> None:
    form = session.forms.create_vault(name="perhaps", size_gb=100)
    settle(form)
    session.cloud.fail("create_vault", "cut after")
    session.cloud.fail("list_vault", 503, times=1000)
    press(form)
    assert "nobody knows whether it was done" in form._wrong.html
    assert "could not be asked for" in form._unanswered.html
    session.cloud.heal()
    form._act_on("ask again", "")
    settle(form)
    assert form._unanswered.html == ""
    assert "nobody knows whether it was done" in form._wrong.html
    assert "There is a vault of this name already" in form._fields["name"].problem


@pytest.mark.parametrize("kind", ["truncated", "html", 500])
def test_an_answer_that_cannot_be_read_does_not_say_that_nothing_was_done(
    session: Session, kind: Any
) -> None:
    form = session.forms.create_vault(name="perhaps", size_gb=100)
    settle(form)
    session.cloud.fail("create_vault", kind)
    press(form)
    assert "nobody knows whether it was done" in form._wrong.html
    assert not isinstance(form.error, errors.ConnectionFailed)
    press(form)
    assert session.vaults()["name"].tolist().count("perhaps") <= 1


def test_a_question_that_is_of_no_interest_any_more_says_nothing(session: Session) -> None:
    form = session.forms.tags()
    settle(form)
    questions, gate, said = form._questions, Gate(), list[str]()

    def fail() -> Callable[[], None]:
        raise errors.NotFound("It is gone.")

    questions.ask("a row", gate.before(fail))
    gate.wait()
    questions.forget("a row")
    gate.open()
    settle(form)
    assert questions.error is None
    gate = Gate()
    questions.ask("a row", gate.before(lambda: lambda: said.append("first")))
    gate.wait()
    questions.ask("a row", lambda: lambda: said.append("second"))
    gate.open()
    settle(form)
    assert said == ["second"]


def test_a_form_that_only_stops_watching_still_asks(session: Session) -> None:
    form = session.forms.back_up()
    settle(form)
    gate = Gate()
    form._ask(gate.before(lambda: lambda: None))
    gate.wait()
    form.stop()
    type_into(form, "vault", session.find_vault("vault-disks").id)
    gate.open()
    settle(form)
    assert [each["label"] for each in form._fields["resources"].options]
    assert "Asking" not in shown(form)


def test_a_closed_form_begins_nothing(session: Session) -> None:
    form = session.forms.create_vault(name="closed", size_gb=100)
    settle(form)
    form.close()
    form._clicked()
    work = form._start("looks", lambda work: work.rest(3600))
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


def closes_all(form: Form) -> bool:
    return all(each.comm is None for each in form._fields.values())


def test_closing_leaves_no_field_behind(session: Session) -> None:
    for form in (session.forms.vaults(), session.forms.restore(), session.forms.share()):
        settle(form)
        form.close()
        assert closes_all(form)
