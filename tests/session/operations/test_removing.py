"""Removals find their own task, also beside others and after earlier ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session

SERVERS = ("web-01", "web-02")


@pytest.fixture
def session() -> Iterator[Session]:
    """A session with the vault ``films`` and two servers in it."""
    with cbr.simulate("empty") as opened:
        for name in SERVERS:
            opened.cloud.create_server(name)
        opened.create_vault("films", size_gb=100, resources=list(SERVERS))
        yield opened


@pytest.mark.parametrize("lag", [0, 20])
def test_two_removals_at_once_each_find_their_own_task(session: Session, lag: int) -> None:
    session.cloud.options["task_list_lag_seconds"] = lag
    first, second = (session.remove_resources("films", name, confirm="films") for name in SERVERS)
    # The later one is waited for first, and finds its own although both are new.
    second.wait(progress=False)
    first.wait(progress=False)
    for name, task in zip(SERVERS, (first, second), strict=True):
        (record,) = task.records
        assert record.extra_info is not None
        assert record.extra_info.resource is not None
        assert record.extra_info.resource.name == name
    assert first.id != second.id


def test_a_second_removal_of_the_same_server_is_not_taken_for_the_first(session: Session) -> None:
    session.cloud.options["task_list_lag_seconds"] = 0
    first = session.remove_resources("films", "web-01", confirm="films").wait(progress=False)
    session.add_resources("films", "web-01")
    session.cloud.advance(hours=1)
    session.cloud.options["task_list_lag_seconds"] = 10
    second = session.remove_resources("films", "web-01", confirm="films")
    assert second.refresh().ids == []
    second.wait(progress=False)
    assert len(session.vault_resources("films")) == 1
    assert second.id != first.id
    # And the first stays what it is.
    mine = first.id
    assert first.refresh().ids == [mine]


def test_two_vaults_deleted_at_once_each_find_their_own_task(session: Session) -> None:
    session.create_vault("books", size_gb=100)
    tasks = [session.delete_vault(name, confirm=name) for name in ("films", "books")]
    for task in reversed(tasks):
        task.wait(progress=False)
    assert [task.records[0].vault_name for task in tasks] == ["films", "books"]
    assert session.vaults().empty
