"""The form that shares backups, for who gives and who gets."""

from __future__ import annotations

from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.forms import share
from cbr_notebook.forms.testing import FormPage
from tests.forms import sync_points
from tests.forms.pages import ready


@pytest.fixture
def receiver(session: Session) -> Session:
    """A session in another project of the same region, with a vault."""
    other = session.in_project("eu-west-0_staging")
    other.create_vault("theirs", size_gb=100)
    return other


@pytest.fixture
def backup_id(session: Session) -> str:
    return str(session.backups(resource="web-01", limit=1)["id"].iloc[0])


def test_it_is_shared_accepted_and_taken_back(
    session: Session, receiver: Session, backup_id: str
) -> None:
    project = receiver.identity.project_id
    form = session.forms.share()
    page = ready(form)
    page.fill("backup", backup_id)
    page.wait()
    assert "Shared with nobody yet" in page.panel("members")
    page.fill("projects", project)
    page.press(times=2)
    assert form.error is None
    assert "Offered to 1 project" in page.result
    assert "pending" in page.panel("members")

    theirs = ready(receiver.forms.share())
    assert "Offered to this project" in theirs.panel("offers")
    assert not theirs.field("vault").hidden
    theirs.act("offers", "accept", backup_id)
    assert theirs.form.error is None
    assert theirs.panel("offers") == ""
    assert list(session.members(backup_id)["status"]) == ["accepted"]

    page.act("members", "stop_sharing", f"{backup_id} {project}")
    assert "The project loses the backup at once" in page.result
    assert len(session.members(backup_id)) == 1, "it asks first"
    page.act("result", "really_stop", f"{backup_id} {project}")
    assert "Shared with nobody yet" in page.panel("members")
    assert len(session.members(backup_id)) == 0


def test_what_is_offered_can_be_rejected(
    session: Session, receiver: Session, backup_id: str
) -> None:
    session.share(backup_id, receiver.identity.project_id)
    page = ready(receiver.forms.share())
    page.act("offers", "reject", backup_id)
    assert list(session.members(backup_id)["status"]) == ["rejected"]
    assert "is rejected" in page.result


def test_accepting_without_a_vault_says_what_is_missing(session: Session, backup_id: str) -> None:
    other = session.in_project("eu-west-0_staging")
    for name in other.vaults()["name"]:
        other.delete_vault(name, confirm=name).wait(progress=False)
    session.share(backup_id, other.identity.project_id)
    page = ready(other.forms.share())
    page.act("offers", "accept", backup_id)
    assert "Create a vault first." in page.told


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
    page = ready(session.forms.share(backup=backup_id, projects="0" * 32))
    page.press()
    assert "BackupService.6704" in page.error


def test_the_python_does_the_same(session: Session, receiver: Session, backup_id: str) -> None:
    form = session.forms.share(backup=backup_id, projects=receiver.identity.project_id)
    (member,) = eval(form.code, {"session": session})
    assert member.status == "pending"


def test_an_older_backup_than_those_listed_can_be_shared_when_it_is_named(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    oldest = str(session.backups(resource="web-01")["id"].iloc[-1])
    monkeypatch.setattr(share, "MOST_ROWS", 20)
    form = session.forms.share(backup=oldest)
    page = ready(form)
    assert form.value["backup"] == oldest
    assert 1 < len(page.labels("backup")) <= 21


def test_what_is_stopped_is_what_the_card_names(session: Session, receiver: Session) -> None:
    project = receiver.identity.project_id
    first, second = session.backups(resource="web-01", limit=2)["id"]
    for each in (first, second):
        session.share(each, project)
    page = ready(session.forms.share(backup=first))
    page.click("Stop sharing", within="members")
    asked = page.result
    page.fill("backup", second)
    page.wait()
    assert page.result == "", "the card about the other one is gone"
    page.click("Stop sharing it", within="result", html=asked)  # pressed just before it went
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
        page = ready(session.forms.share())
        assert "There is nothing to share yet" in page.summary


@pytest.fixture
def given(session: Session, receiver: Session, backup_id: str) -> tuple[FormPage, str]:
    """A form with a backup that is shared, and which backup it is and with whom."""
    project = receiver.identity.project_id
    session.share(backup_id, project)
    page = ready(session.forms.share(backup=backup_id))
    return page, f"{backup_id} {project}"


def test_what_was_stopped_is_told_also_if_the_list_cannot_be_read(
    session: Session, given: tuple[FormPage, str]
) -> None:
    page, shared = given
    page.act("members", "stop_sharing", shared)
    session.cloud.fail("show_members_detail", 503, times=50)
    page.act("result", "really_stop", shared)
    assert "It is shared with this project no more." in page.result
    assert "could not be asked for" in page.panel("load_error")
    session.cloud.heal()
    page.click("Try again", within="load_error")
    page.wait()
    assert "Shared with nobody yet" in page.panel("members")


def test_what_could_not_be_stopped_is_told_by_its_name(
    session: Session, given: tuple[FormPage, str]
) -> None:
    page, shared = given
    page.act("members", "stop_sharing", shared)
    session.cloud.fail("delete_member", 403)
    page.act("result", "really_stop", shared)
    assert "Stop sharing: not done" in page.error


@pytest.fixture
def offered(session: Session, receiver: Session, backup_id: str) -> FormPage:
    """A form with an offer to accept."""
    session.share(backup_id, receiver.identity.project_id)
    return ready(receiver.forms.share())


def test_what_is_accepted_already_is_not_accepted_again(offered: FormPage, backup_id: str) -> None:
    offered.act("offers", "accept", backup_id)
    said = offered.result
    assert "is accepted" in said
    for late in ("accept", "reject"):
        offered.act("offers", late, backup_id)
    assert (offered.result, offered.error) == (said, "")


def test_what_is_stopped_already_is_not_stopped_again(
    session: Session, given: tuple[FormPage, str]
) -> None:
    page, shared = given
    page.act("result", "really_stop", shared)
    assert len(session.members(shared.split()[0])) == 1, "it was not asked about"
    page.act("members", "stop_sharing", shared)
    page.act("result", "really_stop", shared)
    said = page.result
    assert "no more" in said
    page.act("result", "really_stop", shared)
    assert (page.result, page.error) == (said, "")


def test_it_is_accepted_into_the_vault_that_stood_beside_it(
    offered: FormPage, backup_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    took: list[Any] = []
    monkeypatch.setattr(offered.form.session, "accept_share", lambda _, vault: took.append(vault))
    vault = offered.field("vault")
    vault.value = "first"
    chosen = list[str]()

    def choose_another() -> None:  # once it is locked only a program can
        FormPage(offered.form).fill("vault", "third")
        vault.value = "second"
        chosen.append(vault.value)

    sync_points.when(vault, "disabled", True, choose_another)
    offered.act("offers", "accept", backup_id)
    assert chosen == ["second"]
    assert took == ["first"]
    assert not vault.disabled
