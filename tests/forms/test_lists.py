"""Lists of vaults, backups and policies, and what is destroyed in them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import httpx
import pandas as pd
import pytest

import cbr_notebook as cbr
from cbr_notebook import Session
from cbr_notebook.errors import Conflict, InvalidRequest, NotFound, TaskFailed
from cbr_notebook.forms.kit import markup
from cbr_notebook.forms.kit.table import Table
from cbr_notebook.forms.testing import FormPage
from tests.forms import sync_points
from tests.forms.pages import ready


def test_a_vault_says_in_numbers_what_is_lost_and_goes_only_by_name(session: Session) -> None:
    form = session.forms.vaults()
    page = ready(form)
    names = page.labels("row")[1:]
    page.select_row(names.index("vault-web"))
    page.click("Delete vault…", within="facts")
    assert "125 backups, made from 2020-07-18 to 2020-08-17" in page.summary
    assert not page.button().hidden
    assert page.button().label == "Delete vault-web"
    page.fill("confirm", "vault-db")
    page.press()
    assert page.field("confirm").problem == "That is not the name. Type vault-web."
    assert session.find_vault("vault-web")
    page.fill("confirm", "vault-web")
    page.press(times=2)
    assert form.error is None
    with pytest.raises(NotFound):
        session.find_vault("vault-web")
    assert "vault-web is deleted" in page.result
    assert "vault-web" not in page.labels("row")
    assert page.button().hidden


def test_a_list_is_plain_where_no_grid_can_be_made(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_cell_runs(*_: Any, **__: Any) -> None:
        raise AssertionError

    monkeypatch.setattr("cbr_notebook.forms.kit.table.ITable", no_cell_runs)
    form = session.forms.vaults()
    page = ready(form)
    assert "<td>vault-web</td>" in page.panel("listed")
    page.fill("row", "vault-web")
    page.wait()
    assert "vault-web" in page.panel("facts")
    form.close()


def test_a_resource_is_taken_out_with_its_backups(session: Session) -> None:
    form = session.forms.vaults(row="vault-web", act="Remove a resource")
    page = FormPage(form)
    assert form.problems == {"part": "Choose one."}, "nobody removes what happens to be first"
    form.value = {"part": "web-01"}
    assert "32 backups" in page.summary
    assert page.button().label == "Remove web-01"
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
    page = ready(session.forms.backups(row=backup["id"]))
    page.click("Restore from it", within="facts")
    (opened,) = page.opened()
    assert opened.form.value["backup"] == backup["id"]


def test_a_policy_goes_and_its_backups_stay(session: Session) -> None:
    count = len(session.backups())
    form = session.forms.policies(row="daily-0300", act="delete")
    page = FormPage(form)
    page.wait()
    assert "1 vault would lose the schedule" in page.summary
    form.value = {"confirm": "daily-0300"}
    form.submit()
    assert "daily-0300" not in set(session.policies()["name"])
    assert len(session.backups()) == count


def test_nothing_goes_while_nothing_is_chosen(session: Session) -> None:
    form = session.forms.vaults()
    with pytest.raises(InvalidRequest, match="Choose one"):
        form.submit()


def test_whoever_only_looks_sees_no_button_that_destroys(session: Session) -> None:
    form = session.forms.vaults(row="vault-web")
    page = FormPage(form)
    assert form.problems == {"act": "Choose what to do with it."}
    assert page.button().hidden
    assert page.field("confirm").hidden
    with pytest.raises(InvalidRequest, match="Choose what to do"):
        form.submit()
    page.click("Delete vault…", within="facts")
    assert not page.button().hidden
    assert not page.field("confirm").hidden
    page.click("Keep it", within="summary")
    assert page.button().hidden
    page.click("Remove a resource…", within="facts")
    assert not page.field("part").hidden


def test_another_row_is_only_looked_at_until_it_is_said_what_to_do(session: Session) -> None:
    form = session.forms.vaults(row="vault-web", act="delete")
    page = FormPage(form)
    form.value = {"confirm": "vault-web"}
    assert form.problems == {}
    page.select_row(0)
    assert form.value["act"] == form.value["confirm"] == ""
    assert page.button().hidden


def test_empty_lists_say_so_and_lead_on() -> None:
    with cbr.simulate("empty") as session:
        for name, label in {
            "vaults": "Create a vault",
            "backups": "Back up",
            "policies": "Create a policy",
        }.items():
            page = FormPage(getattr(session.forms, name)())
            assert page.form.problems["row"] == "Choose one."
            page.wait()
            page.click(label, within="summary")
            assert len(page.opened()) == 1
        page = ready(session.forms.restore())
        page.click("Back up", within="result")


def test_a_form_that_comes_after_is_not_confirmed_already(session: Session) -> None:
    form = session.forms.vaults(row="vault-web", act="delete")
    form.value = {"confirm": "vault-web"}
    again: Any = session.forms.vaults(row="vault-web")
    assert again.value["confirm"] == again.value["act"] == ""
    FormPage(again).press()
    assert session.find_vault("vault-web")


def test_what_is_told_is_what_was_done_whatever_is_chosen_meanwhile(session: Session) -> None:
    form = session.forms.vaults(row="vault-web", act="delete")
    page = FormPage(form)
    form.value = {"confirm": "vault-web"}
    page.wait_until_loaded()
    page.press(wait=False)
    page.fill("row", "")
    page.select_row(0, wait=False)
    page.wait()
    assert form.error is None
    assert "vault-web is deleted" in page.result
    assert "vault-db" in set(session.vaults()["name"])


def test_a_deletion_that_failed_can_be_tried_again(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = TaskFailed("It was in use.", code="BackupService.6401")
    form = session.forms.vaults(row="vault-web", act="delete")
    page = FormPage(form)
    form.value = {"confirm": "vault-web"}
    task = SimpleNamespace(poll=lambda: iter(()), error=failed)
    with monkeypatch.context() as patch:
        patch.setattr(session, "delete_vault", lambda *_, **__: task)
        page.press()
    assert "not done" in page.error
    assert not page.button().disabled
    page.press()
    assert "vault-web is deleted" in page.result


def test_a_backup_without_a_name_goes_by_its_id(session: Session) -> None:
    backup = session.backups(resource="web-01").iloc[0]["id"]
    # An answer may lack a name; no public way of the simulated cloud takes one away.
    state = session.cloud._engine.state
    state.run("UPDATE backup SET name = '' WHERE id = ?", backup)
    form = session.forms.backups(row=backup, act="delete")
    page = FormPage(form)
    row: Any = page.field("row")
    assert row.label_of(backup) == backup
    form.value = {"confirm": backup}
    assert form.problems == {}


def test_a_policy_that_is_gone_is_told_as_gone_also_if_the_list_cannot_be_read(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = session.forms.policies(row="daily-0300", act="delete")
    page = FormPage(form)
    form.value = {"confirm": "daily-0300"}
    delete = session.delete_policy

    def delete_and_break(*given: Any, **more: Any) -> None:
        delete(*given, **more)
        session.cloud.fail("list_policies", 503, times=50)

    monkeypatch.setattr(session, "delete_policy", delete_and_break)
    page.press()
    assert "daily-0300 is deleted" in page.result
    assert "could not be asked for" in page.panel("load_error")
    session.cloud.heal()
    page.click("Try again", within="load_error")
    page.wait()
    assert "daily-0300" not in page.labels("row")


def test_what_was_wrong_with_one_act_is_not_told_of_another(session: Session) -> None:
    page = ready(session.forms.vaults(row="vault-web", act="delete"))
    page.fill("confirm", "vault-db")
    page.press()
    assert "Not sent yet" in page.error
    page.click("Keep it", within="summary")
    assert page.error == ""
    page.click("Remove a resource…", within="facts")
    assert page.error == page.field("part").problem == ""


def test_a_vault_that_an_operator_cannot_delete_is_not_told_as_gone(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = httpx.Client.send

    def send(self: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        if request.method == "DELETE":
            return httpx.Response(404, json={"error_code": "APIGW.0101"}, request=request)
        return plain(self, request, **options)

    monkeypatch.setattr(httpx.Client, "send", send)
    page = ready(session.forms.vaults(row="vault-dev"))
    page.click("Delete vault…", within="facts")
    page.wait()
    page.fill("confirm", "vault-dev")
    page.press()
    assert "does not offer this operation" in page.error
    assert "is gone already" not in page.result


def test_a_vault_that_somebody_else_deleted_is_told_as_gone(session: Session) -> None:
    page = ready(session.forms.vaults(row="vault-dev"))
    session.delete_vault("vault-dev", confirm="vault-dev")
    session.cloud.advance(hours=1)
    page.click("Delete vault…", within="facts")
    page.wait()
    assert "vault-dev is gone already" in page.result
    assert "vault-dev" not in page.labels("row")
    assert page.button().hidden


def test_a_list_can_be_looked_at_again(session: Session) -> None:
    page = ready(session.forms.vaults())
    session.create_vault("new", size_gb=20)
    page.click("Look again", within="summary")
    page.wait()
    assert "new" in page.labels("row")


def confirmed(form: Any, act: str, name: str, **part: str) -> FormPage:
    """Return a page with all filled in that is to be destroyed, as far as the button."""
    form.value = {"act": act, **part}
    form.value = {"confirm": name}
    return ready(form)


def test_what_was_confirmed_is_done_whatever_is_pressed_before_it_is(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = session.forms.vaults(row="vault-nas")
    page = confirmed(form, "remove", "shared-docs", part="shared-docs")
    other, pressed = FormPage(form), list[str]()

    def press_something_else() -> None:
        other.act("facts", "choose", "delete", wait=False)
        with pytest.raises(Conflict):  # nor can a program do it
            form.value = {"act": "delete"}
        pressed.append("delete")

    sync_points.when(page.field("confirm"), "disabled", True, press_something_else)
    page.press()
    assert pressed == ["delete"]
    assert "shared-docs is in the vault no more" in page.result
    assert session.find_vault("vault-nas").resources == []


def test_what_was_not_confirmed_is_not_done(session: Session) -> None:
    form: Any = session.forms.vaults(row="vault-nas", act="delete")
    with pytest.raises(InvalidRequest, match="That is not the name"):
        form.definition.act({**form.value, "confirm": "shared-docs"})
    assert session.find_vault("vault-nas")


def test_what_is_being_destroyed_cannot_be_kept(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = session.forms.vaults(row="vault-nas")
    page = confirmed(form, "delete", "vault-nas")
    assert "Keep it" in page.summary
    gate = sync_points.before(monkeypatch, session, "delete_vault")
    page.press(wait=False)
    gate.wait()
    asked = page.summary
    assert "Delete vault-nas?" in asked
    assert "Keep it" not in asked
    page.act("summary", "choose", "", wait=False)
    page.act("summary", "look again", "", wait=False)
    assert page.summary == asked
    assert not page.button().hidden
    gate.open()
    page.wait()
    assert "vault-nas is deleted" in page.result


def test_an_answer_about_what_is_not_chosen_any_more_changes_nothing(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    for then in ("vault-web", ""):
        form = session.forms.vaults(row="vault-nas")
        page = ready(form)
        chosen = session.find_vault(then).id if then else ""
        with monkeypatch.context() as patch:
            patch.setattr(session, "delete_vault", gone)
            gate = sync_points.before(patch, session, "delete_vault")
            page.act("facts", "choose", "delete", wait=False)
            gate.wait()
            page.fill("row", chosen)
            gate.open()
            page.wait()
        assert form.value["row"] == chosen
        assert "is gone already" not in page.result
        assert page.error == ""


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
    page = ready(session.forms.vaults())
    seen, ids = page.table, [each["value"] for each in page.field("row").options[1:]]
    session.delete_vault("vault-db", confirm="vault-db").wait(progress=False)
    gate = sync_points.before(monkeypatch, markup, "listed")
    page.act("result", "look again", wait=False)
    gate.wait()
    picked: list[str] = []
    page.field("row").observe(lambda change: picked.append(change["new"]), "value")
    page.select_row(1, of=seen, wait=False)
    page.select_row(len(ids) - 1, of=seen, wait=False)
    gate.open()
    page.wait()
    assert picked == [ids[1], ids[-1]]


def test_the_row_that_was_chosen_stays_marked(session: Session) -> None:
    page = ready(session.forms.vaults(row="vault-web"))
    marked = page.table.selected_rows
    assert len(marked) == 1
    page.click("Look again", within="summary")
    assert page.table.selected_rows == marked
    assert page.chosen("row") == "vault-web"


def test_marking_is_no_picking_however_late_it_is_heard() -> None:
    table, picked = Table("Vaults"), list[str | None]()
    table.show(pd.DataFrame({"Name": list("abcd")}), list("abcd"))
    table.on_pick = picked.append
    (grid, *_) = table.children
    with grid.hold_trait_notifications():  # as while a page's update is taken
        table.mark("c")
    assert picked == []
    grid.selected_rows = [3]
    assert picked == ["d"]
