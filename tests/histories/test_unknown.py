"""What a lake does not know is said, and is never taken for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import cbr_notebook as cbr
from cbr_notebook.entry import Session
from cbr_notebook.entry.memory import History
from cbr_notebook.errors import InvalidRequest, NotFound
from cbr_notebook.showing.html_tables import as_html

FIRST, SECOND, THIRD = "2020-08-17", "2020-08-22", "2020-08-23"
"""The days of which the lake has states."""


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    """Two projects: one is synced on three days, the other on the second and third.

    On the third day its backups cannot be read.
    """
    path = tmp_path_factory.mktemp("lake")
    with cbr.simulate("demo") as old, cbr.simulate("demo") as new:
        old.sync(path, profile="old", project="x")
        for session in (old, new):
            session.cloud.advance(days=5)
        for session, name in ((old, "old"), (new, "new")):
            session.sync(path, profile=name, project="x")
            session.cloud.advance(days=1)
        new.cloud.fail("list_backups", "BackupService.0001", times=100)
        for session, name in ((old, "old"), (new, "new")):
            session.sync(path, profile=name, project="x")
        yield cbr.history(path)


def test_a_comparison_of_days_between_two_syncs_is_unknown_not_empty(history: History) -> None:
    with pytest.raises(NotFound, match="unknown") as caught:
        history.changed("backups", since="2020-08-18", until="2020-08-20")
    assert FIRST in (caught.value.advice or "")
    with pytest.raises(NotFound, match="Nothing is known of backups on 2020-08-01"):
        history.changed("backups", since="2020-08-01")


def test_a_comparison_over_a_gap_says_with_which_day_it_compares(history: History) -> None:
    found = history.changed("backups", since="2020-08-20", until=SECOND)
    same = history.changed("backups", since=FIRST, until=SECOND)
    assert len(found) and found.equals(same)
    assert any("the oldest of 2020-08-17: old/" in note for note in found.attrs["notes"])
    assert "the oldest of 2020-08-17" in as_html(found)
    assert not any("Compared" in note for note in same.attrs["notes"])


def test_rows_of_a_project_that_was_not_known_are_not_told_as_added(history: History) -> None:
    found = history.changed("backups", since=FIRST)
    assert set(found["profile"]) == {"old"}
    assert any("Not known on 2020-08-17 or before" in note for note in found.attrs["notes"])
    assert "new/eu-west-0/x" in as_html(found)


def test_a_project_that_was_not_read_since_is_named(history: History) -> None:
    found = history.changed("backups", since=SECOND)
    assert set(found["profile"]) <= {"old"}
    (note,) = found.attrs["notes"]
    assert note.startswith("Not read after 2020-08-22 until 2020-08-23") and "new/" in note
    assert history.changed("vaults", since=SECOND).attrs["notes"] == []


def test_days_begin_with_the_newest_state_and_name_who_was_not_read(history: History) -> None:
    told = history.changes_by_day("backups", since="2020-08-20")
    assert list(told["before"]) == [FIRST, SECOND]
    whole = history.changed("backups", since=FIRST, until=SECOND)
    assert told["added"].iloc[0] == (whole["change"] == "added").sum(), "none of the new project"
    assert told.attrs["notes"] == ["Not read on 2020-08-23: new/eu-west-0/x."]
    assert history.changes_by_day("vaults", since=SECOND).attrs["notes"] == []


def test_a_day_on_which_a_table_was_not_read_has_no_row(tmp_path: Path) -> None:
    with cbr.simulate("demo") as session:
        session.sync(tmp_path)
        session.cloud.advance(days=1)
        session.sync(tmp_path, tables=["vaults"])
        session.cloud.advance(days=1)
        session.sync(tmp_path)
    told = cbr.history(tmp_path).changes_by_day("policies")
    assert list(told["before"]) == ["2020-08-17"]
    assert list(told["day"]) == [pd.Timestamp("2020-08-19", tz="UTC")]


def test_a_query_says_of_which_projects_it_has_an_earlier_day(history: History) -> None:
    query = "select profile, count(*) as n from {} group by all"
    path = "new/eu-west-0/x"
    assert history.sql(query.format("backups")).attrs["older"] == {path: SECOND}
    assert history.sql(query.format("vaults")).attrs["older"] == {}
    past = history.sql(query.format("vaults_at('2020-08-20')"))
    assert past.attrs["older"] == {"old/eu-west-0/x": FIRST}


def test_projects_of_which_a_table_was_never_read_are_missing(tmp_path: Path) -> None:
    with cbr.simulate("demo") as one, cbr.simulate("demo") as other:
        other.cloud.fail("list_backups", "BackupService.0001", times=100)
        for session, name in ((one, "one"), (other, "other")):
            session.sync(tmp_path, profile=name, project="x")
    history = cbr.history(tmp_path)
    backups = history.at("0d").backups()
    assert set(backups["profile"]) == {"one"}
    assert backups.attrs["missing"] == ["other/eu-west-0/x"] and "other/" in as_html(backups)
    assert history.at("0d").vaults().attrs["missing"] == []
    query = "select profile, count(*) as n from {} group by all"
    assert history.sql(query.format("backups")).attrs["missing"] == ["other/eu-west-0/x"]
    assert history.sql(query.format("vaults")).attrs["missing"] == []


@pytest.mark.parametrize(
    "query",
    ["", "  \n", "select * from backups_at('2020-13-45')", None, 3, b"select 1"],
    ids=repr,
)
def test_what_is_no_query_is_refused(query: str, history: History) -> None:
    with pytest.raises(InvalidRequest) as caught:
        history.sql(query)
    assert caught.value.field == "query"


def test_an_answer_that_cannot_be_computed_says_what_was_read_when(session_lake: History) -> None:
    with pytest.raises(NotFound, match="backups were read last on 2020-08-17") as caught:
        session_lake.at("0d").unprotected()
    assert "records were read last on 2020-08-18" in caught.value.message


@pytest.fixture
def session_lake(tmp_path: Path) -> History:
    """One project; on its second day its backups could not be read."""
    with cbr.simulate("demo") as session:
        session.sync(tmp_path)
        session.cloud.advance(days=1)
        session.cloud.fail("list_backups", "BackupService.0001", times=100)
        failed: Session = session
        failed.sync(tmp_path)
        found: History = cbr.history(tmp_path)
        return found
