"""How a form tells what came of it, when what came of it is not simple."""

from __future__ import annotations

from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook import errors
from cbr_notebook.session import Session
from tests.forms.pressing import click, press, settle, shown, type_into


def no_answer(*_: Any, **__: Any) -> Any:
    raise errors.ConnectionFailed("No answer came.")


def test_a_backup_that_is_out_of_sight_is_not_told_as_not_done(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    form: Any = session.forms.back_up(vault="vault-db")
    settle(form)
    with monkeypatch.context() as patch:
        patch.setattr(session.client.tasks, "list", no_answer)
        press(form)
    assert "not done" not in form._wrong.html
    assert "asked for, but it is out of sight" in form._wrong.html
    click(form, form._said.html, "Watch again")
    assert "2 of 2 backed up" in form._said.html
    assert form._wrong.html == ""


def test_an_answer_that_did_not_come_leaves_it_open_whether_it_was_done(session: Session) -> None:
    form: Any = session.forms.create_vault(name="new", size_gb=20)
    settle(form)
    session.cloud.fail("create_vault", "cut after")
    press(form)
    assert "nobody knows whether it was done" in form._wrong.html
    assert form.problems == {"name": "There is a vault of this name already. Give another one."}
    press(form)
    assert list(session.vaults()["name"]).count("new") == 1


def test_whoever_interrupts_a_program_stops_waiting_and_nothing_else(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    form: Any = session.forms.vaults(row="vault-web", act="delete")
    form.value = {"confirm": "vault-web"}
    with monkeypatch.context() as patch:
        patch.setattr(session, "_sleep", interrupted)
        with pytest.raises(errors.WaitTimeout, match="goes on"):
            form.submit()
    assert not form._button.busy
    click(form, form._said.html, "Watch again")
    assert "vault-web is deleted" in form._said.html


def test_what_is_wrong_is_said_until_it_is_mended(session: Session) -> None:
    form: Any = session.forms.create_vault()
    press(form)
    assert "Vault name</button>: Fill this in." in form._wrong.html
    assert "Still missing: Vault name, Capacity (GB)." in form._outline.html
    type_into(form, "name", "new")
    assert "Vault name</button>" not in form._wrong.html
    type_into(form, "size_gb", 20)
    assert form._wrong.html == ""


def test_nothing_can_be_filled_in_while_it_is_at_it(session: Session) -> None:
    form: Any = session.forms.create_vault(name="new", size_gb=20)
    settle(form)
    assert form._begin()
    type_into(form, "name", "other")
    assert form._fields["name"].value == "new"
    assert all(each.disabled for each in form._fields.values())
    with pytest.raises(errors.Conflict, match="at it"):
        form.value = {"name": "other"}
    form._carry_out(lambda: None)
    assert not any(each.disabled for each in form._fields.values())


def test_an_account_without_vaults_is_led_to_one() -> None:
    with cbr.simulate("empty") as session:
        for open_form in (session.forms.back_up, session.forms.tags):
            form: Any = open_form()
            settle(form)
            click(form, form._outline.html, "Create a vault")
            assert form._next.children[0].title == "Create a vault"


def test_forms_that_were_opened_by_others_leave_each_other_alone(session: Session) -> None:
    first, second = session.forms.overview(), session.forms.vaults()
    for form in (first, second):
        settle(form)
        form.open_below("back_up", vault="vault-web" if form is first else "vault-db")
    opened: Any = [form._next.children[0] for form in (first, second)]
    assert [len(form.value["resources"]) for form in opened] == [4, 2]
    assert opened[0].comm is not None


def test_a_form_at_work_stays_when_another_one_is_opened(session: Session) -> None:
    form: Any = session.forms.overview()
    settle(form)
    form.open_below("back_up", vault="vault-web")
    (at_work,) = form._next.children
    settle(at_work)
    assert at_work._begin()
    form.open_below("tasks")
    assert [each.title for each in form._next.children] == ["Back up now", "Tasks"]
    at_work._carry_out(lambda: None)
    form.open_below("tags")
    assert [each.title for each in form._next.children] == ["Tags of a vault"]


def test_the_tasks_say_what_the_list_shows(session: Session) -> None:
    form: Any = session.forms.tasks()
    settle(form)
    session.back_up("vault-web")
    form._look(0)
    assert "4 at work" in form._outline.html
    session.cloud.advance(hours=1)
    form._look(0)
    assert "0 at work" in shown(form)
