"""All projects at a glance: numbers of the sessions, and what nobody knows stands first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

import cbr_notebook as cbr
from cbr_notebook.entry import Session
from cbr_notebook.fleets import Fleet
from cbr_notebook.forms.testing import text_of
from tests.forms.pages import ready

PARIS, LYON = "paris/eu-west-0/eu-west-0", "lyon/eu-west-0/eu-west-0"


@pytest.fixture
def sessions() -> Iterator[dict[str, Session]]:
    """Two clouds, one of them with a server more that nobody protects."""
    sessions = {"paris": cbr.simulate("demo"), "lyon": cbr.simulate("demo")}
    sessions["lyon"].cloud.create_server("batch-07")
    yield sessions
    for session in sessions.values():
        session.close()


@pytest.fixture
def fleet(sessions: dict[str, Session]) -> Fleet:
    """Their first projects."""
    return cbr.fleet([{"name": name, "session": each} for name, each in sessions.items()])


def test_its_numbers_are_those_of_each_session(fleet: Fleet, sessions: dict[str, Session]) -> None:
    table = fleet.overview()
    assert list(table["profile"]) == ["lyon", "paris"], "what needs most attention is first"
    row: Any
    for row in table.itertuples():
        session = sessions[row.profile]
        listed = session.unprotected(target=None)
        old = (listed["reason"] == "last good backup is too old").sum()
        capacity = session.capacity()
        assert (row.unprotected, row.too_old) == (len(listed) - old, old)
        assert row.failed == len(session.failures(since="7d"))
        assert row.filling_up == capacity["filling_up"].sum() > 0
        assert (row.vaults, row.size_gb) == (len(capacity), capacity["size_gb"].sum())
        assert row.used_mb == capacity["used_mb"].sum()
    assert set(table["unanswered"]) == {""} and fleet.problems().empty
    assert list(table.columns) == list(cbr.schema("overview")["column"])


def test_no_page_is_read_twice(fleet: Fleet, sessions: dict[str, Session]) -> None:
    table = fleet.overview()
    alone = 0
    for session in sessions.values():
        before = session.client.transport.requests
        with session.reading() as reading:
            reading.failures(since="7d")
            good = reading.backups(status="available")
            reading.unprotected(target=None, backups=good)
            reading.capacity(backups=good)
        alone += session.client.transport.requests - before
    assert table.attrs["requests"] == alone > 0


def test_what_is_not_answered_is_missing_and_never_nothing(
    fleet: Fleet, sessions: dict[str, Session]
) -> None:
    sessions["paris"].cloud.fail("list_backups", "BackupService.0001", times=1000)
    table = fleet.overview().set_index("profile")
    assert list(table["unanswered"]) == ["backups", ""] and table.index[0] == "paris"
    assert table.loc["paris", ["unprotected", "too_old", "filling_up", "vaults"]].isna().all()
    assert table.loc["paris", "failed"] == 2
    problem = fleet.problems().iloc[0]
    assert (problem["profile"], problem["question"]) == ("paris", "overview backups")
    assert problem["code"] == "BackupService.0001" and problem["advice"]
    sessions["paris"].cloud.heal()
    assert set(fleet.overview()["unanswered"]) == {""}
    assert fleet.problems().empty


def test_who_cannot_sign_in_is_a_row(sessions: dict[str, Session]) -> None:
    fleet = cbr.fleet(
        [{"name": "paris", "session": sessions["paris"]}, {"name": "nobody", "profile": "nobody"}]
    )
    table = fleet.overview()
    assert table[["profile", "unanswered"]].to_numpy().tolist() == [
        ["nobody", "sign in"], ["paris", ""],
    ]  # fmt: skip
    assert table.loc[0, ["vaults", "unprotected", "failed"]].isna().all()


def test_the_form_shows_what_needs_attention_and_leads_to_the_project(fleet: Fleet) -> None:
    form = fleet.forms.overview()
    page = ready(form)
    told = text_of(page.panel("overview"))
    assert "2 of 2 projects need attention" in told
    assert "4 resources not protected, 2 failed tasks, 1 vault filling up" in told
    assert told.index(LYON) < told.index(PARIS)
    assert "not answered" not in told
    (item,) = [
        each for each in page.panel("overview").split("<li>") if each.startswith(f"<b>{LYON}</b>")
    ]
    page.click("Look at it", within="overview", html=item.partition("</li>")[0])
    (opened,) = page.opened()
    opened.wait()
    assert opened.form.title == "Overview" and "batch-07" in opened.panel("overview")
    assert form.code.splitlines()[0] == "fleet.overview()"
    pd.testing.assert_frame_equal(form.submit(), fleet.overview())


def test_the_form_says_first_what_nobody_knows(fleet: Fleet, sessions: dict[str, Session]) -> None:
    for session in sessions.values():
        session.cloud.fail("list_backups", "BackupService.0001", times=1000)
        session.cloud.fail("list_op_logs", "BackupService.0001", times=1000)
    page = ready(fleet.forms.overview())
    told = text_of(page.panel("overview"))
    assert told.startswith("4 questions not answered: what follows is not all")
    assert "Nothing needs attention in what was answered" in told
    assert 'class="cbr-card good"' not in page.panel("overview")
    assert "BackupService.0001" in told and "of 0 projects" in told
    for session in sessions.values():
        session.cloud.heal()
    page.press("Look again")
    assert "not answered" not in text_of(page.panel("overview"))
