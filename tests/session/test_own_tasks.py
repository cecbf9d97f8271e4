"""Work of many tasks, and tasks that many others have pushed down the list, are found."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session

MANY = 104


@pytest.fixture(scope="module")
def crowd() -> Iterator[Session]:
    """A session with the vault ``big`` and more servers in it than a page has rows."""
    with cbr.simulate("empty") as opened:
        for number in range(MANY):
            opened.cloud.create_server(f"web-{number:03d}", disks=(("vda", 1),))
        ids = [row.id for row in opened.client.protectables.list_all("server")]
        opened.create_vault("big", size_gb=1000, resources=ids)
        opened.create_vault("replicas-of-none", size_gb=10)
        yield opened


def test_a_backup_of_more_resources_than_a_page_has_rows_ends(crowd: Session) -> None:
    task = crowd.back_up("big")
    crowd.cloud.advance(days=2)
    before = crowd.client.transport.requests
    task.refresh()
    assert (len(task.records), task.ended, task.status) == (MANY, True, "success")
    assert crowd.client.transport.requests - before == 1


def test_a_backup_is_found_behind_those_that_were_asked_for_later(crowd: Session) -> None:
    mine = crowd.back_up("big", resources="web-000")
    crowd.cloud.advance(minutes=30)
    others = crowd.back_up("big", resources=[f"web-{each:03d}" for each in range(1, MANY)])
    crowd.cloud.advance(days=1)
    assert mine.refresh().ended
    assert [each.checkpoint_id for each in mine.records] == [mine.result.id]
    assert len(others.refresh().records) == MANY - 1


def test_a_look_for_tasks_that_are_not_listed_yet_does_not_read_the_whole_past(
    crowd: Session,
) -> None:
    for _ in range(2):
        crowd.back_up("big")
        crowd.cloud.advance(days=1)
    crowd.cloud.options["task_list_lag_seconds"] = 60
    task = crowd.back_up("big", resources="web-000")
    before = crowd.client.transport.requests
    assert not task.refresh().records
    assert crowd.client.transport.requests - before == 1
    crowd.cloud.options["task_list_lag_seconds"] = 0
    task.wait(progress=False)


def test_every_one_of_many_deletions_is_found(crowd: Session) -> None:
    crowd.back_up("big").wait(progress=False)
    found = crowd.backups(status="available").head(MANY)["id"]
    tasks = [crowd.delete_backup(each, confirm=crowd.find_backup(each).name) for each in found]
    crowd.cloud.advance(hours=2)
    for task in tasks:
        before = crowd.client.transport.requests
        assert task.refresh().ended
        assert crowd.client.transport.requests - before <= 2
    assert len({task.id for task in tasks}) == len(found)
