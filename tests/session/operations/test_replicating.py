"""Copies of backups in another region, asked for in one line."""

from __future__ import annotations

import pytest

import cbr_notebook as cbr
from cbr_notebook.errors import Conflict, InvalidRequest, NotFound
from cbr_notebook.session.operations import replication


@pytest.fixture
def session() -> cbr.Session:
    session = cbr.simulate("empty")
    for name in ("web-01", "db-01"):
        session.cloud.create_server(name).disk("vda").write_file("/name", name.encode())
    vault = session.create_vault("films", size_gb=200, object_type="server")
    session.add_resources(vault, ["web-01", "db-01"])
    session.back_up(vault, name="first").wait(progress=False)
    elsewhere = session.in_project("eu-west-1")
    elsewhere.create_vault(
        "replicas", size_gb=200, object_type="server", protect_type="replication"
    )
    return session


WHERE = {"destination_region": "eu-west-1", "destination_vault": "replicas"}


def test_a_backup_is_copied_to_another_region(session: cbr.Session) -> None:
    backup = session.backups(resource_name="web-01").id.item()
    task = session.replicate(backup, **WHERE, name="copy").wait(progress=False)
    assert (task.status, len(task.records), len(task.result)) == ("success", 1, 1)
    found = session.in_project("eu-west-1").backups()
    assert list(found["name"]) == ["copy"]
    assert list(found["image_type"]) == ["replication"]


def test_all_of_a_vault_that_is_not_there_yet_is_copied(session: cbr.Session) -> None:
    first = session.backups(resource_name="web-01").id.item()
    session.replicate(first, **WHERE).wait(progress=False)
    task = session.replicate(vault="films", **WHERE).wait(progress=False)
    assert len(task.records) == 1
    assert len(session.in_project("eu-west-1").backups()) == 2
    with pytest.raises(Conflict):
        session.replicate(vault="films", **WHERE)


def test_more_copies_than_a_page_has_rows_are_watched_to_their_end(
    session: cbr.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replication, "LARGEST_PAGE", 1)
    task = session.replicate(vault="films", **WHERE)
    session.cloud.advance(days=1)
    assert task.refresh().ended
    assert len(task.records) == 2


def test_an_earlier_task_is_not_taken_for_this_one(session: cbr.Session) -> None:
    backup = session.backups(resource_name="web-01").id.item()
    old = session.replicate(backup, **WHERE).wait(progress=False)
    with pytest.raises(Conflict) as caught:
        session.replicate(backup, **WHERE)
    assert caught.value.code == "BackupService.1009"
    session.cloud.options["task_list_lag_seconds"] = 30
    other = session.backups(resource_name="db-01").id.item()
    new = session.replicate(other, **WHERE)
    assert new.refresh().status == "waiting"
    assert new.wait(progress=False).ids != old.ids


def test_a_wrong_destination_lists_what_there_is(session: cbr.Session) -> None:
    backup = session.backups(resource_name="web-01").id.item()
    with pytest.raises(NotFound, match="replica") as caught:
        session.replicate(backup, destination_region="eu-west-1", destination_vault="replica")
    assert "replicas" in caught.value.advice
    with pytest.raises(NotFound) as caught:
        session.replicate(backup, destination_region="mars", destination_vault="replicas")
    assert "eu-west-1" in caught.value.advice


def test_a_backup_or_a_vault_is_named_not_both(session: cbr.Session) -> None:
    for given in ({}, {"backup": "first", "vault": "films"}, {"vault": "films", "name": "copy"}):
        with pytest.raises(InvalidRequest):
            session.replicate(**given, **WHERE)
