"""The list of backups gives every row once, in order, however it is paged."""

from __future__ import annotations

import sys

import pytest

from cbr_notebook.simulator.backups import backup_listing
from cbr_notebook.simulator.cloud import Cloud
from tests.simulator.http_client import Client

STORED = 230


@pytest.fixture(scope="module")
def ask() -> Client:
    return Client(Cloud.open("large", backups=STORED))


SORTS = [
    None, "created_at:asc", "name:asc,id:desc", "status:desc,created_at:asc",
    "protected_at:asc", "protected_at:desc,name", "id", "updated_at:asc",
]  # fmt: skip


@pytest.mark.parametrize("sort", SORTS)
def test_pages_by_offset_and_by_marker_are_the_whole_list(
    ask: Client, sort: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup_listing, "_MILESTONE", 50)
    order = {} if sort is None else {"sort": sort}
    whole = [each["id"] for each in ask("GET", "backups", **order)["backups"]]
    assert len(set(whole)) == STORED
    by_offset = [
        each["id"]
        for offset in range(0, STORED + 40, 40)
        for each in ask("GET", "backups", limit=40, offset=offset, **order)["backups"]
    ]
    assert by_offset == whole
    by_marker: list[str] = []
    while True:
        marker = {"marker": by_marker[-1]} if by_marker else {}
        page = ask("GET", "backups", limit=70, **marker, **order)["backups"]
        if not page:
            break
        by_marker += [each["id"] for each in page]
    assert by_marker == whole


def test_the_count_is_of_all_rows_and_follows_a_deletion(ask: Client) -> None:
    first = ask("GET", "backups", limit=1)
    assert first["count"] == STORED
    ask.send("DELETE", f"backups/{first['backups'][0]['id']}")
    ask.cloud.advance(minutes=1)
    assert ask("GET", "backups", limit=1)["count"] == STORED - 1


def test_a_page_is_found_however_many_milestones_come_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A step from each milestone to the next one is no deeper call."""
    monkeypatch.setattr(backup_listing, "_MILESTONE", 1)
    stored = sys.getrecursionlimit() + 100
    ask = Client(Cloud.open("large", backups=stored))
    whole = ask("GET", "backups", limit=1000)["backups"]
    whole += ask("GET", "backups", limit=1000, marker=whole[-1]["id"])["backups"]
    page = ask("GET", "backups", limit=10, offset=stored - 3)["backups"]
    assert page == whole[-3:]
    assert ask("GET", "backups", limit=10, offset=stored)["backups"] == []
