"""Sharing a backup between two projects of one cloud, and the tags of vaults."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session, errors


@pytest.fixture
def owner() -> Iterator[Session]:
    with cbr.simulate("empty") as opened:
        opened.cloud.create_server("web-01")
        opened.create_vault("films", size_gb=100, resources="web-01")
        opened.back_up("films", name="clean").wait(progress=False)
        yield opened


@pytest.fixture
def receiver(owner: Session) -> Session:
    session = owner.in_project("eu-west-0_staging")
    session.create_vault("theirs", size_gb=100)
    return session


def test_a_backup_is_shared_accepted_and_taken_back(owner: Session, receiver: Session) -> None:
    project = receiver.identity.project_id
    assert [member.status for member in owner.share("clean", project)] == ["pending"]
    assert receiver.accept_share("clean", vault="theirs").status == "accepted"
    members = owner.members("clean")
    assert list(members["status"]) == ["accepted"]
    assert list(receiver.backups(own_type="shared")["name"]) == ["clean"]
    owner.unshare("clean", project)
    assert len(owner.members("clean")) == 0
    assert len(receiver.backups(own_type="shared")) == 0


def test_a_backup_can_be_rejected(owner: Session, receiver: Session) -> None:
    owner.share("clean", receiver.identity.project_id)
    assert receiver.reject_share("clean").status == "rejected"


def test_what_is_not_shared_cannot_be_accepted(receiver: Session) -> None:
    with pytest.raises(errors.NotFound, match="There are: none"):
        receiver.accept_share("clean", vault="theirs")


def test_a_wrong_project_is_refused_with_advice(owner: Session) -> None:
    with pytest.raises(errors.InvalidRequest) as caught:
        owner.share("clean", "0" * 32)
    assert caught.value.code == "BackupService.6704"
    assert caught.value.advice


def test_accepting_needs_a_vault_before_anything_is_sent(owner: Session) -> None:
    before = owner.client.transport.requests
    with pytest.raises(errors.InvalidRequest, match="vault"):
        owner.client.members.update("b", "p", status="accepted")
    assert owner.client.transport.requests == before


def test_tags_are_added_listed_found_and_deleted(owner: Session) -> None:
    owner.tag("films", team="web", env="prod")
    tags = owner.tags()
    assert dict(zip(tags["key"], tags["value"], strict=True)) == {"team": "web", "env": "prod"}
    found = owner.client.tags.filter(tags={"team": "web"}, object_type="server", name="film")
    assert [each.resource_name for each in found.resources or ()] == ["films"]
    count = owner.client.tags.count
    assert count(tags={"team": ["web", "db"], "env": []}) == 1
    assert count(not_tags_any={"team": "web"}) == count(without_any_tag=True)
    assert count(tags_any={"team": "*we", "env": "test"}) == 1
    with pytest.raises(errors.InvalidRequest, match="cloud_type"):
        count(cloud_type="private")
    assert {each.key for each in owner.client.tags.list_project()} == {"team", "env"}
    old = owner.find_vault("films")
    owner.tag(old, team="shop")
    assert set(owner.tags(old)["value"]) == {"shop", "prod"}
    owner.untag("films", "env")
    assert list(owner.tags("films")["key"]) == ["team"]
    with pytest.raises(errors.NotFound):
        owner.untag("films", "env")


@pytest.mark.parametrize("tags", [{"a b": "c"}, {"a": "b c"}, {"a" * 37: ""}, {"a": "b" * 44}, {}])
def test_tags_that_are_not_allowed_are_refused_before_sending(
    owner: Session, tags: dict[str, str]
) -> None:
    with pytest.raises(errors.InvalidRequest):
        owner.tag("films", **tags)
    assert len(owner.tags()) == 0


def test_tags_that_somebody_else_changed_meanwhile_are_not_overwritten_unseen(
    owner: Session,
) -> None:
    owner.tag("films", team="web", env="prod", old="")
    seen = {"team": "web", "env": "prod", "old": ""}
    owner.as_user("bob").set_tags("films", {"team": "web", "env": "test", "cost": "42"})
    sent: list[str] = []
    owner.client.transport.on_request = lambda record: sent.append(record.method)
    with pytest.raises(errors.Conflict) as caught:
        owner.set_tags("films", {"team": "shop"}, expected=seen)
    assert "cost=42 was added, env=prod became env=test, old was removed" in caught.value.message
    assert "session.tags('films')" in str(caught.value.advice)
    assert set(sent) == {"GET"}
    now = {"team": "web", "env": "test", "cost": "42"}
    assert owner.set_tags("films", {"team": "shop"}, expected=now)
    assert list(owner.tags("films")["value"]) == ["shop"]


def test_whoever_expects_no_tags_is_told_that_there_are_some(owner: Session) -> None:
    owner.tag("films", team="web")
    with pytest.raises(errors.Conflict, match="team=web was added"):
        owner.set_tags("films", {}, expected={})
    assert owner.set_tags("films", {}).removed == {"team": "web"}
