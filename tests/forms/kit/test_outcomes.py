"""How a form tells what came of it, when what came of it is not simple."""

from __future__ import annotations

from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session, errors
from cbr_notebook.forms.testing import FormPage
from tests.forms import sync_points
from tests.forms.pages import no_answer, ready


def test_a_backup_that_is_out_of_sight_is_not_told_as_not_done(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = ready(session.forms.back_up(vault="vault-db"))
    with monkeypatch.context() as patch:
        patch.setattr(session.client.tasks, "list", no_answer)
        page.press()
    assert "not done" not in page.error
    assert "asked for, but it is out of sight" in page.error
    page.click("Watch again", within="result")
    assert "2 of 2 backed up" in page.result
    assert page.error == ""


def test_an_answer_that_did_not_come_leaves_it_open_whether_it_was_done(session: Session) -> None:
    form = session.forms.create_vault(name="new", size_gb=20)
    page = ready(form)
    session.cloud.fail("create_vault", "cut after")
    page.press()
    assert "nobody knows whether it was done" in page.error
    assert form.problems == {"name": "There is a vault of this name already. Give another one."}
    page.press()
    assert list(session.vaults()["name"]).count("new") == 1


def test_whoever_interrupts_a_program_stops_waiting_and_nothing_else(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    form = session.forms.vaults(row="vault-web", act="delete")
    page = FormPage(form)
    form.value = {"confirm": "vault-web"}
    with monkeypatch.context() as patch:
        patch.setattr(session.poller, "sleep", interrupted)
        with pytest.raises(errors.WaitTimeout, match="goes on"):
            form.submit()
    assert not page.button().busy
    page.click("Watch again", within="result")
    assert "vault-web is deleted" in page.result


def test_what_is_wrong_is_said_until_it_is_mended(session: Session) -> None:
    form = session.forms.create_vault()
    page = FormPage(form)
    page.press()
    assert "Vault name</button>: Fill this in." in page.error
    assert "Still missing: Vault name, Capacity (GB)." in page.summary
    page.fill("name", "new")
    assert "Vault name</button>" not in page.error
    page.fill("size_gb", 20)
    assert page.error == ""


def test_nothing_can_be_filled_in_while_it_is_at_it(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = session.forms.create_vault(name="new", size_gb=20)
    page = ready(form)
    gate = sync_points.before(monkeypatch, session, "create_vault")
    page.press(wait=False)
    gate.wait()
    page.fill("name", "other")
    assert page.field("name").value == "new"
    assert all(each.disabled for each in page.fields().values())
    with pytest.raises(errors.Conflict, match="at it"):
        form.value = {"name": "other"}
    gate.open()
    page.wait()
    assert not any(each.disabled for each in page.fields().values())


def test_an_account_without_vaults_is_led_to_one() -> None:
    with cbr.simulate("empty") as session:
        for open_form in (session.forms.back_up, session.forms.tags):
            page = ready(open_form())
            page.click("Create a vault", within="summary")
            assert page.opened()[0].form.title == "Create a vault"


def test_forms_that_were_opened_by_others_leave_each_other_alone(session: Session) -> None:
    first, second = FormPage(session.forms.overview()), FormPage(session.forms.vaults())
    for page, vault in ((first, "vault-web"), (second, "vault-db")):
        page.wait()
        page.act("result", "open", f"back_up?vault={vault}")
    opened = [page.opened()[0] for page in (first, second)]
    assert [len(page.form.value["resources"]) for page in opened] == [4, 2]
    assert opened[0].on_page


def test_a_form_at_work_stays_when_another_one_is_opened(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = ready(session.forms.overview())
    page.act("result", "open", "back_up?vault=vault-web")
    (at_work,) = page.opened()
    gate = sync_points.before(monkeypatch, session, "back_up")
    at_work.wait()
    at_work.press(wait=False)
    gate.wait()
    page.act("result", "open", "tasks?")
    assert [each.form.title for each in page.opened()] == ["Back up now", "Tasks"]
    gate.open()
    at_work.wait()
    page.act("result", "open", "tags?")
    assert [each.form.title for each in page.opened()] == ["Tags of a vault"]


def test_the_tasks_say_what_the_list_shows(session: Session) -> None:
    page = ready(session.forms.tasks())
    session.back_up("vault-web")
    page.press()
    assert "4 at work" in page.summary
    session.cloud.advance(hours=1)
    page.press()
    assert "0 at work" in page.told


UNKNOWN = "nobody knows whether it was done"


@pytest.mark.parametrize(
    ("what", "outcome"),
    [("cut after", UNKNOWN), ("cut before", UNKNOWN), (500, UNKNOWN), (403, "not done"),
     (429, "not done")],
)  # fmt: skip
def test_what_a_form_says_of_a_failure_is_what_the_error_says(
    session: Session, what: Any, outcome: str
) -> None:
    form = session.forms.create_vault(name="new", size_gb=20)
    page = FormPage(form)
    session.cloud.fail("create_vault", what, times=50 if what == 429 else 1)
    page.press()
    assert f"Create vault: {outcome}" in page.error
    assert isinstance(form.error, errors.CBRError)
    assert form.error.may_have_happened is (outcome == UNKNOWN)
    assert ("Show tasks" in page.error) is (outcome == UNKNOWN)
    made = "new" in session.vaults()["name"].tolist()
    assert made <= form.error.may_have_happened, "what is told as not done was not done"


def test_of_what_nobody_expected_nobody_knows_whether_it_was_done(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = session.create_vault

    def created_and_lost(*given: Any, **more: Any) -> Any:
        create(*given, **more)
        raise KeyError("nobody expected this")

    page = ready(session.forms.create_vault(name="new", size_gb=20))
    monkeypatch.setattr(session, "create_vault", created_and_lost)
    page.press()
    assert "nobody knows whether it was done" in page.error
    assert "There is a vault of this name already" in page.field("name").problem


def test_a_policy_of_which_nobody_knows_whether_it_is_applied_says_so(session: Session) -> None:
    form = session.forms.create_policy(name="new", vaults=["vault-nas"])
    page = FormPage(form)
    session.cloud.fail("associate_vault_policy", "cut after")
    page.press()
    assert "Policy new is there, nobody knows whether it is applied" in page.error
    assert form.error is not None
    page.press()
    assert "Policy new is there" in page.result
