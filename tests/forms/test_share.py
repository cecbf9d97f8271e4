"""The form that shares backups, for who gives and who gets."""

from __future__ import annotations

from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.forms import share
from cbr_notebook.session import Session
from tests.forms import sync_points
from tests.forms.pressing import click, press, settle, shown, type_into


@pytest.fixture
def receiver(session: Session) -> Session:
    """A session in another project of the same region, with a vault."""
    other = session.in_project("eu-west-0_staging")
    other.create_vault("theirs", size_gb=100)
    return other


@pytest.fixture
def backup_id(session: Session) -> str:
    return str(session.backups(resource="web-01", limit=1)["id"].iloc[0])


def act(form: Any, name: str, of: str) -> None:
    form._act_on(name, of)
    settle(form)


def test_it_is_shared_accepted_and_taken_back(
    session: Session, receiver: Session, backup_id: str
) -> None:
    project = receiver.identity.project_id
    form: Any = session.forms.share()
    settle(form)
    type_into(form, "backup", backup_id)
    settle(form)
    assert "Shared with nobody yet" in form._members.html
    type_into(form, "projects", project)
    press(form, times=2)
    assert form.error is None
    assert "Offered to 1 project" in form._said.html
    assert "pending" in form._members.html

    theirs: Any = receiver.forms.share()
    settle(theirs)
    assert "Offered to this project" in theirs._offers.html
    assert not theirs._vault.hidden
    act(theirs, "accept", backup_id)
    assert theirs.error is None
    assert theirs._offers.html == ""
    assert list(session.members(backup_id)["status"]) == ["accepted"]

    act(form, "stop_sharing", f"{backup_id} {project}")
    assert "The project loses the backup at once" in form._said.html
    assert len(session.members(backup_id)) == 1, "it asks first"
    act(form, "really_stop", f"{backup_id} {project}")
    assert "Shared with nobody yet" in form._members.html
    assert len(session.members(backup_id)) == 0


def test_what_is_offered_can_be_rejected(
    session: Session, receiver: Session, backup_id: str
) -> None:
    session.share(backup_id, receiver.identity.project_id)
    form: Any = receiver.forms.share()
    settle(form)
    act(form, "reject", backup_id)
    assert list(session.members(backup_id)["status"]) == ["rejected"]
    assert "is rejected" in form._said.html


def test_accepting_without_a_vault_says_what_is_missing(session: Session, backup_id: str) -> None:
    other = session.in_project("eu-west-0_staging")
    for name in other.vaults()["name"]:
        other.delete_vault(name, confirm=name).wait(progress=False)
    session.share(backup_id, other.identity.project_id)
    form: Any = other.forms.share()
    settle(form)
    act(form, "accept", backup_id)
    assert "Create a vault first." in shown(form)


def test_what_is_no_project_is_told_before_anything_is_sent(
    session: Session, backup_id: str
) -> None:
    form = session.forms.share(backup=backup_id, projects="staging")
    assert "no ID of a project" in form.problems["projects"]
    form.value = {"projects": session.identity.project_id}
    assert "the project that you work in" in form.problems["projects"]
    with pytest.raises(InvalidRequest):
        form.submit()
    assert len(session.members(backup_id)) == 0


def test_a_service_error_is_told_in_place(
    session: Session, receiver: Session, backup_id: str
) -> None:
    form: Any = session.forms.share(backup=backup_id, projects="0" * 32)
    settle(form)
    press(form)
    assert "BackupService.6704" in form._wrong.html


def test_the_python_does_the_same(session: Session, receiver: Session, backup_id: str) -> None:
    form = session.forms.share(backup=backup_id, projects=receiver.identity.project_id)
    (member,) = eval(form.code, {"session": session})
    assert member.status == "pending"


def test_an_older_backup_than_those_listed_can_be_shared_when_it_is_named(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    oldest = str(session.backups(resource="web-01")["id"].iloc[-1])
    monkeypatch.setattr(share, "MOST_ROWS", 20)
    form: Any = session.forms.share(backup=oldest)
    settle(form)
    assert form.value["backup"] == oldest
    assert 1 < len(form._backups) <= 21


def test_what_is_stopped_is_what_the_card_names(session: Session, receiver: Session) -> None:
    project = receiver.identity.project_id
    first, second = session.backups(resource="web-01", limit=2)["id"]
    for each in (first, second):
        session.share(each, project)
    form: Any = session.forms.share(backup=first)
    settle(form)
    click(form, form._members.html, "Stop sharing")
    asked = form._said.html
    type_into(form, "backup", second)
    settle(form)
    assert form._said.html == "", "the card about the other one is gone"
    click(form, asked, "Stop sharing it")  # pressed just before it went
    assert (len(session.members(first)), len(session.members(second))) == (0, 1)


def test_a_backup_may_be_a_record_or_a_row_and_commas_may_trail(
    session: Session, receiver: Session, backup_id: str
) -> None:
    project = receiver.identity.project_id
    row = session.backups(resource="web-01", limit=1).iloc[0]
    for backup in (session.find_backup(backup_id), row):
        form = session.forms.share(backup=backup, projects=f"{project},")
        assert form.problems == {}
        assert form.value["backup"] == backup_id


def test_without_a_backup_it_leads_to_one() -> None:
    with cbr.simulate("empty") as session:
        form: Any = session.forms.share()
        settle(form)
        assert "There is nothing to share yet" in form._outline.html


@pytest.fixture
def given(session: Session, receiver: Session, backup_id: str) -> tuple[Any, str]:
    """A form with a backup that is shared, and which backup it is and with whom."""
    project = receiver.identity.project_id
    session.share(backup_id, project)
    form: Any = session.forms.share(backup=backup_id)
    settle(form)
    return form, f"{backup_id} {project}"


def test_what_was_stopped_is_told_also_if_the_list_cannot_be_read(
    session: Session, given: tuple[Any, str]
) -> None:
    form, shared = given
    act(form, "stop_sharing", shared)
    session.cloud.fail("show_members_detail", 503, times=50)
    act(form, "really_stop", shared)
    assert "It is shared with this project no more." in form._said.html
    assert "could not be asked for" in form._unanswered.html
    session.cloud.heal()
    click(form, form._unanswered.html, "Try again")
    settle(form)
    assert "Shared with nobody yet" in form._members.html


def test_what_could_not_be_stopped_is_told_by_its_name(
    session: Session, given: tuple[Any, str]
) -> None:
    form, shared = given
    act(form, "stop_sharing", shared)
    session.cloud.fail("delete_member", 403)
    act(form, "really_stop", shared)
    assert "Stop sharing: not done" in form._wrong.html


@pytest.fixture
def offered(session: Session, receiver: Session, backup_id: str) -> Any:
    """A form with an offer to accept."""
    session.share(backup_id, receiver.identity.project_id)
    form: Any = receiver.forms.share()
    settle(form)
    return form


def test_what_is_accepted_already_is_not_accepted_again(offered: Any, backup_id: str) -> None:
    act(offered, "accept", backup_id)
    said = offered._said.html
    assert "is accepted" in said
    for late in ("accept", "reject"):
        act(offered, late, backup_id)
    assert (offered._said.html, offered._wrong.html) == (said, "")


def test_what_is_stopped_already_is_not_stopped_again(
    session: Session, given: tuple[Any, str]
) -> None:
    form, shared = given
    act(form, "really_stop", shared)
    assert len(session.members(shared.split()[0])) == 1, "it was not asked about"
    act(form, "stop_sharing", shared)
    act(form, "really_stop", shared)
    said = form._said.html
    assert "no more" in said
    act(form, "really_stop", shared)
    assert (form._said.html, form._wrong.html) == (said, "")


def test_it_is_accepted_into_the_vault_that_stood_beside_it(
    offered: Any, backup_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    took: list[Any] = []
    monkeypatch.setattr(offered.session, "accept_share", lambda _, vault: took.append(vault))
    first, second = "first", "second"
    offered._vault.value = first
    gate = sync_points.before(monkeypatch, offered, "_do")
    offered._offers.dispatch({"type": "act", "act": "accept", "of": backup_id})
    gate.wait()
    assert offered._vault.disabled
    offered._vault.value = second
    gate.open()
    settle(offered)
    assert took == [first]
    assert not offered._vault.disabled
