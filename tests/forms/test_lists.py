"""Lists of vaults, backups and policies, and what is destroyed in them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook.errors import InvalidRequest, NotFound, TaskFailed
from cbr_notebook.session import Session
from tests.forms import sync_points
from tests.forms.pressing import click, press, settle, type_into


def choose(form: Any, place: int) -> None:
    """Pick a row of the table, as a click does."""
    settle(form)
    form._table._grid.selected_rows = [place]
    settle(form)


def test_a_vault_says_in_numbers_what_is_lost_and_goes_only_by_name(session: Session) -> None:
    form: Any = session.forms.vaults()
    settle(form)
    names = [option["label"] for option in form._fields["row"].options][1:]
    choose(form, names.index("vault-web"))
    click(form, form._facts.html, "Delete vault…")
    assert "125 backups, made from 2020-07-18 to 2020-08-17" in form._outline.html
    assert form._button in form.children
    assert form._button.label == "Delete vault-web"
    type_into(form, "confirm", "vault-db")
    press(form)
    assert form._fields["confirm"].problem == "That is not the name. Type vault-web."
    assert session.find_vault("vault-web")
    type_into(form, "confirm", "vault-web")
    press(form, times=2)
    assert form.error is None
    with pytest.raises(NotFound):
        session.find_vault("vault-web")
    assert "vault-web is deleted" in form._said.html
    assert "vault-web" not in [option["label"] for option in form._fields["row"].options]
    assert form._button.hidden


def test_a_resource_is_taken_out_with_its_backups(session: Session) -> None:
    form = session.forms.vaults(row="vault-web", act="Remove a resource")
    assert form.problems == {"part": "Choose one."}, "nobody removes what happens to be first"
    form.value = {"part": "web-01"}
    assert "32 backups" in form._outline.html
    assert form._button.label == "Remove web-01"
    form.value = {"confirm": "vault-web"}
    assert form.problems == {"confirm": "That is not the name. Type web-01."}
    form.value = {"confirm": "web-01"}
    assert "session.remove_resources(" in form.code
    assert form.code.endswith(".wait()"), "as the form does"
    form.submit()
    assert session.backups(resource="web-01").empty
    assert not session.backups(resource="web-02").empty


def test_a_backup_is_deleted_by_name(session: Session) -> None:
    backup = session.backups(resource="web-01").iloc[0]
    form = session.forms.backups(row=backup["id"], act="Delete backup")
    assert form.problems == {"confirm": "Fill this in."}
    form.value = {"confirm": backup["name"]}
    form.submit()
    assert backup["id"] not in set(session.backups()["id"])


def test_from_a_backup_one_goes_on_to_its_restore(session: Session) -> None:
    backup = session.backups(resource="web-01").iloc[2]
    form: Any = session.forms.backups(row=backup["id"])
    settle(form)
    click(form, form._facts.html, "Restore from it")
    (opened,) = form._next.children
    assert opened.value["backup"] == backup["id"]


def test_a_policy_goes_and_its_backups_stay(session: Session) -> None:
    count = len(session.backups())
    form = session.forms.policies(row="daily-0300", act="delete")
    assert "1 vault would lose the schedule" in (settle(form) or form._outline.html)
    form.value = {"confirm": "daily-0300"}
    form.submit()
    assert "daily-0300" not in set(session.policies()["name"])
    assert len(session.backups()) == count


def test_nothing_goes_while_nothing_is_chosen(session: Session) -> None:
    form = session.forms.vaults()
    with pytest.raises(InvalidRequest, match="Choose one"):
        form.submit()


def test_whoever_only_looks_sees_no_button_that_destroys(session: Session) -> None:
    form: Any = session.forms.vaults(row="vault-web")
    assert form.problems == {"act": "Choose what to do with it."}
    assert form._button.hidden
    assert form._fields["confirm"].hidden
    with pytest.raises(InvalidRequest, match="Choose what to do"):
        form.submit()
    click(form, form._facts.html, "Delete vault…")
    assert not form._button.hidden
    assert not form._fields["confirm"].hidden
    click(form, form._outline.html, "Keep it")
    assert form._button.hidden
    click(form, form._facts.html, "Remove a resource…")
    assert not form._fields["part"].hidden


def test_another_row_is_only_looked_at_until_it_is_said_what_to_do(session: Session) -> None:
    form: Any = session.forms.vaults(row="vault-web", act="delete")
    form.value = {"confirm": "vault-web"}
    assert form.problems == {}
    choose(form, 0)
    assert form.value["act"] == form.value["confirm"] == ""
    assert form._button.hidden


def test_empty_lists_say_so_and_lead_on() -> None:
    with cbr.simulate("empty") as session:
        for name, label in {
            "vaults": "Create a vault",
            "backups": "Back up",
            "policies": "Create a policy",
        }.items():
            form: Any = getattr(session.forms, name)()
            assert form.problems["row"] == "Choose one."
            settle(form)
            click(form, form._outline.html, label)
            assert len(form._next.children) == 1
        restore: Any = session.forms.restore()
        settle(restore)
        click(restore, restore._said.html, "Back up")


def test_a_form_that_comes_after_is_not_confirmed_already(session: Session) -> None:
    form = session.forms.vaults(row="vault-web", act="delete")
    form.value = {"confirm": "vault-web"}
    again: Any = session.forms.vaults(row="vault-web")
    assert again.value["confirm"] == again.value["act"] == ""
    press(again)
    assert session.find_vault("vault-web")


def test_what_is_told_is_what_was_done_whatever_is_chosen_meanwhile(session: Session) -> None:
    form: Any = session.forms.vaults(row="vault-web", act="delete")
    form.value = {"confirm": "vault-web"}
    form._loaded.wait()
    form._button.dispatch({"type": "click"})
    type_into(form, "row", "")
    form._table.on_pick(form._table._ids[0])
    settle(form)
    assert form.error is None
    assert "vault-web is deleted" in form._said.html
    assert "vault-db" in set(session.vaults()["name"])


def test_a_deletion_that_failed_can_be_tried_again(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = TaskFailed("It was in use.", code="BackupService.6401")
    form: Any = session.forms.vaults(row="vault-web", act="delete")
    form.value = {"confirm": "vault-web"}
    task = SimpleNamespace(looks=lambda: iter(()), error=failed)
    with monkeypatch.context() as patch:
        patch.setattr(session, "delete_vault", lambda *_, **__: task)
        press(form)
    assert "not done" in form._wrong.html
    assert not form._button.disabled
    press(form)
    assert "vault-web is deleted" in form._said.html


def test_a_backup_without_a_name_goes_by_its_id(session: Session) -> None:
    backup = session.backups(resource="web-01").iloc[0]["id"]
    state = session.cloud._engine.state
    state.run("UPDATE backup SET name = '' WHERE id = ?", backup)
    form = session.forms.backups(row=backup, act="delete")
    assert form._fields["row"].label_of(backup) == backup
    form.value = {"confirm": backup}
    assert form.problems == {}


def test_a_policy_that_is_gone_is_told_as_gone_also_if_the_list_cannot_be_read(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    form: Any = session.forms.policies(row="daily-0300", act="delete")
    form.value = {"confirm": "daily-0300"}
    delete = session.delete_policy

    def delete_and_break(*given: Any, **more: Any) -> None:
        delete(*given, **more)
        session.cloud.fail("list_policies", 503, times=50)

    monkeypatch.setattr(session, "delete_policy", delete_and_break)
    press(form)
    assert "daily-0300 is deleted" in form._said.html
    assert "could not be asked for" in form._unanswered.html
    session.cloud.heal()
    click(form, form._unanswered.html, "Try again")
    settle(form)
    assert "daily-0300" not in [option["label"] for option in form._fields["row"].options]


def test_what_was_wrong_with_one_act_is_not_told_of_another(session: Session) -> None:
    form: Any = session.forms.vaults(row="vault-web", act="delete")
    settle(form)
    type_into(form, "confirm", "vault-db")
    press(form)
    assert "Not sent yet" in form._wrong.html
    click(form, form._outline.html, "Keep it")
    assert form._wrong.html == ""
    click(form, form._facts.html, "Remove a resource…")
    assert form._wrong.html == form._fields["part"].problem == ""


def test_a_vault_that_somebody_else_deleted_is_told_as_gone(session: Session) -> None:
    form: Any = session.forms.vaults(row="vault-dev")
    settle(form)
    session.delete_vault("vault-dev", confirm="vault-dev")
    session.cloud.advance(hours=1)
    click(form, form._facts.html, "Delete vault…")
    settle(form)
    assert "vault-dev is gone already" in form._said.html
    assert "vault-dev" not in [option["label"] for option in form._fields["row"].options]
    assert form._button.hidden


def test_a_list_can_be_looked_at_again(session: Session) -> None:
    form: Any = session.forms.vaults()
    settle(form)
    session.create_vault("new", size_gb=20)
    click(form, form._outline.html, "Look again")
    settle(form)
    assert "new" in [option["label"] for option in form._fields["row"].options]


def confirmed(form: Any, act: str, name: str, **part: str) -> None:
    """Fill in what is to be destroyed, as far as the button."""
    form.value = {"act": act, **part}
    form.value = {"confirm": name}
    settle(form)


def test_what_was_confirmed_is_done_whatever_is_pressed_before_it_is(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    form: Any = session.forms.vaults(row="vault-nas")
    confirmed(form, "remove", "shared-docs", part="shared-docs")
    gate = sync_points.before(monkeypatch, form, "_act")
    form._button.dispatch({"type": "click"})
    gate.wait()
    form._facts.dispatch({"type": "act", "act": "choose", "of": "delete"})
    form._fields["act"].value = "delete"  # nor does it matter what a program does
    gate.open()
    settle(form)
    assert "shared-docs is in the vault no more" in form._said.html
    assert session.find_vault("vault-nas").resources == []


def test_what_was_not_confirmed_is_not_done(session: Session) -> None:
    form: Any = session.forms.vaults(row="vault-nas", act="delete")
    with pytest.raises(InvalidRequest, match="That is not the name"):
        form._act({**form.value, "confirm": "shared-docs"})
    assert session.find_vault("vault-nas")


def test_what_is_being_destroyed_cannot_be_kept(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    form: Any = session.forms.vaults(row="vault-nas")
    confirmed(form, "delete", "vault-nas")
    assert "Keep it" in form._outline.html
    gate = sync_points.before(monkeypatch, session, "delete_vault")
    form._button.dispatch({"type": "click"})
    gate.wait()
    asked = form._outline.html
    assert "Delete vault-nas?" in asked
    assert "Keep it" not in asked
    form._outline.dispatch({"type": "act", "act": "choose", "of": ""})
    form._outline.dispatch({"type": "act", "act": "look again", "of": ""})
    assert form._outline.html == asked
    assert not form._button.hidden
    gate.open()
    settle(form)
    assert "vault-nas is deleted" in form._said.html


def test_an_answer_about_what_is_not_chosen_any_more_changes_nothing(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    for then in ("vault-web", ""):
        form: Any = session.forms.vaults(row="vault-nas")
        settle(form)
        chosen = session.find_vault(then).id if then else ""
        with monkeypatch.context() as patch:
            patch.setattr(session, "delete_vault", gone)
            gate = sync_points.before(patch, session, "delete_vault")
            form._facts.dispatch({"type": "act", "act": "choose", "of": "delete"})
            gate.wait()
            type_into(form, "row", chosen)
            gate.open()
            settle(form)
        assert form.value["row"] == chosen
        assert "is gone already" not in form._said.html
        assert form._wrong.html == ""


def gone(*_: Any, **__: Any) -> Any:
    raise NotFound("There is none.")


def test_an_act_without_a_row_is_told(session: Session) -> None:
    form = session.forms.vaults()
    for act in ("remove", "delete"):
        form.value = {"act": act}
        assert form.problems == {"row": "Choose one."}
        with pytest.raises(InvalidRequest):
            form.submit()


def test_a_click_means_the_row_that_was_seen(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    form: Any = session.forms.vaults()
    settle(form)
    seen, ids = form._table._grid, list(form._records)
    session.delete_vault("vault-db", confirm="vault-db").wait(progress=False)
    gate = sync_points.before(monkeypatch, seen, "close")
    form._act_on("look again", "")
    gate.wait()
    picked = []
    form._table.on_pick = picked.append
    seen.selected_rows = [1]
    seen.selected_rows = [len(ids) - 1]
    gate.open()
    settle(form)
    assert picked == [ids[1], ids[-1]]


def test_the_row_that_was_chosen_stays_marked(session: Session) -> None:
    form: Any = session.forms.vaults(row="vault-web")
    settle(form)
    marked = form._table._grid.selected_rows
    assert len(marked) == 1
    click(form, form._outline.html, "Look again")
    assert form._table._grid.selected_rows == marked
    assert form._fields["row"].label_of(form.value["row"]) == "vault-web"


def test_marking_is_no_picking_however_late_it_is_heard(session: Session) -> None:
    form: Any = session.forms.vaults()
    settle(form)
    table, picked = form._table, []
    table.on_pick = picked.append
    with table._grid.hold_trait_notifications():  # as while a page's update is taken
        table.mark(table._ids[2])
    assert picked == []
    table._grid.selected_rows = [3]
    assert picked == [table._ids[3]]
