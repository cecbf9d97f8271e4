"""The form that backs up."""

from __future__ import annotations

from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session, errors
from cbr_notebook.forms.testing import FormPage
from tests.forms.pages import ready


def test_all_of_a_vault_is_backed_up_and_watched_to_its_end(session: Session) -> None:
    form = session.forms.back_up(vault="vault-web")
    page = FormPage(form)
    assert len(form.value["resources"]) == 4
    task = form.submit()
    assert task.status == "success"
    assert "4 of 4 backed up" in page.result
    assert page.panel("progress").count('value="100"') == 4


def test_some_of_a_vault_is_backed_up_by_name_in_full_for_some_days(session: Session) -> None:
    form = session.forms.back_up(vault="vault-web")
    page = FormPage(form)
    form.value = {"resources": ["web-01"], "name": "by_hand", "incremental": False, "keep_days": 3}
    assert "web-01" in page.summary
    assert "full, kept for 3 days" in page.summary
    form.submit()
    (backup,) = session.client.backups.list(name="by_hand").backups
    assert backup.resource_name == "web-01"
    assert backup.incremental is False
    assert backup.expired_at


def test_a_backup_that_is_kept_for_one_day_is_said_in_the_singular(session: Session) -> None:
    form = session.forms.back_up(vault="vault-web")
    form.value = {"keep_days": 1}
    assert "kept for 1 day." in FormPage(form).summary


def test_the_line_of_python_does_the_same(session: Session) -> None:
    form = session.forms.back_up(vault="vault-web", resources=["web-01"], name="same")
    task = eval(form.code, {"session": session})
    assert [each.extra_info.resource.name for each in task.records] == ["web-01"]


def test_choosing_another_vault_offers_its_resources(session: Session) -> None:
    form = session.forms.back_up(vault="vault-web")
    page = FormPage(form)
    page.fill("vault", session.find_vault("vault-nas").id)
    page.wait()
    assert page.labels("resources") == ["shared-docs"]
    assert form.submit().status == "success"


def test_what_cannot_be_backed_up_is_said_beside_it_and_left_out(session: Session) -> None:
    session.cloud.server("web-01").set_status("ERROR")
    form = session.forms.back_up(vault="vault-web")
    page = ready(form)
    notes = page.notes("resources")
    assert notes["web-01"] == "Its status is ERROR; it has to be ACTIVE or SHUTOFF."
    assert len(form.value["resources"]) == 3
    form.submit()
    assert "3 of 3 backed up, 1 left out" in page.result
    assert "web-01" in page.panel("progress")
    assert "BackupService.7101" in page.panel("progress")


def test_what_is_being_backed_up_is_not_backed_up_twice(session: Session) -> None:
    session.back_up("vault-web", resources="web-01")
    page = ready(session.forms.back_up(vault="vault-web"))
    notes = page.notes("resources")
    assert notes["web-01"] == "It is being backed up."


def test_a_vault_that_is_full_is_told_before_anything_is_sent(session: Session) -> None:
    session.cloud.server("files-01").disk("vda").fill(900, seed=3)
    session.back_up("vault-files").wait(progress=False)
    form = session.forms.back_up(vault="vault-files")
    assert "full" in form.problems["vault"]
    with pytest.raises(errors.InvalidRequest):
        form.submit()


@pytest.mark.parametrize(("field", "value"), [("name", "a b"), ("keep_days", 0)])
def test_what_the_service_would_refuse_is_told_beside_the_field(
    session: Session, field: str, value: object
) -> None:
    form = session.forms.back_up(vault="vault-web")
    form.value = {field: value}
    assert list(form.problems) == [field]


def test_a_vault_with_nothing_in_it_has_nothing_to_back_up(session: Session) -> None:
    session.create_vault("nothing_in_it", size_gb=10)
    assert "resources" in session.forms.back_up(vault="nothing_in_it").problems


def test_a_backup_that_fails_shows_cause_and_remedy(session: Session) -> None:
    form = session.forms.back_up(vault="vault-web", resources=["web-01"])
    page = FormPage(form)
    session.cloud.fail("create_checkpoint", "BackupService.6114")
    with pytest.raises(errors.QuotaExceeded):
        form.submit()
    assert "BackupService.6114" in page.error
    assert "Enlarge it" in page.error
    assert form.submit().status == "success"


def test_two_clicks_make_one_restore_point(session: Session) -> None:
    form = session.forms.back_up(vault="vault-web", resources=["web-01"], name="once")
    page = FormPage(form)
    page.press(times=2)
    assert len(session.backups(name="once")) == 1


def test_once_more_makes_another(session: Session) -> None:
    form = session.forms.back_up(vault="vault-web", resources=["web-01"], name="twice")
    page = FormPage(form)
    page.press()
    page.click("Back up again")
    page.press()
    assert len(session.backups(name="twice")) == 2


def test_interrupting_stops_the_waiting_and_not_the_backup(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = session.forms.back_up(vault="vault-web", resources=["web-01"])
    page = FormPage(form)

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    assert form.problems == {}
    monkeypatch.setattr(session.poller, "sleep", interrupt)
    with pytest.raises(errors.WaitTimeout, match="goes on"):
        form.submit()
    assert "The backup goes on" in page.result
    assert not page.button().busy
    monkeypatch.undo()
    page.click("Watch again")
    assert form.result.status == "success"
    assert "1 of 1 backed up" in page.result


def test_an_estate_without_vaults_says_so() -> None:
    with cbr.simulate("empty") as session:
        form = session.forms.back_up()
        assert form.problems["vault"] == "Choose one."


def test_an_answer_that_was_lost_lets_nothing_else_be_chosen(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = session.forms.back_up(vault="vault-web", resources=["web-01"])
    page = ready(form)
    chosen = form.value["resources"]

    def lost(*_: Any, **__: Any) -> Any:
        problem = errors.ConnectionFailed("No answer came.")
        problem.may_have_happened = True
        raise problem

    with monkeypatch.context() as patch:
        patch.setattr(session, "back_up", lost)
        page.press()
    assert "nobody knows" in page.error
    assert form.value["resources"] == chosen
    for vault in ("vault-nas", "vault-web"):
        page.fill("vault", session.find_vault(vault).id)
    page.wait()
    assert len(form.value["resources"]) == 4, "what was chosen belongs to its vault"
