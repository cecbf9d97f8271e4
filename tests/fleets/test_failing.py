"""One project in five fails: the others are whole, the failing ones are named, with advice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import cbr_notebook as cbr
from cbr_notebook.entry import Session
from cbr_notebook.fleets import Fleet

NAMES = [f"account-{number}" for number in range(10)]
FAILING = {"account-3": "BackupService.0001", "account-8": "BackupService.6703"}
"""Who fails, and with which code of the service."""
TABLES = ("vaults", "policies", "backups")
PLACE = ["profile", "region", "project"]


@pytest.fixture(scope="module")
def sessions() -> Iterator[dict[str, Session]]:
    """Ten clouds, of which two answer no question about backups and vaults."""
    sessions = {name: cbr.simulate("demo") for name in NAMES}
    yield sessions
    for session in sessions.values():
        session.close()


@pytest.fixture
def fleet(sessions: dict[str, Session]) -> Iterator[Fleet]:
    """One project of each."""
    profiles = [{"name": name, "session": session} for name, session in sessions.items()]
    yield cbr.fleet(profiles, on_progress=lambda now: None)
    for session in sessions.values():
        session.cloud.heal()


def break_some(sessions: dict[str, Session]) -> None:
    for name, code in FAILING.items():
        for operation in ("list_backups", "list_vault"):
            sessions[name].cloud.fail(operation, code, times=10_000)


def holds_failures(fleet: Fleet, failing: set[str]) -> None:
    """Hold what the fleet tells of failures against those that were made."""
    problems = fleet.problems()
    assert set(problems["profile"]) == failing
    assert dict(zip(problems["profile"], problems["code"], strict=True)) == FAILING
    assert problems["advice"].str.len().min() > 10 and problems["message"].str.len().min() > 10


@pytest.mark.parametrize("name", ["backups", "vaults", "unprotected", "audit"])
def test_the_others_are_whole_and_the_failing_ones_are_named(
    name: str, fleet: Fleet, sessions: dict[str, Session]
) -> None:
    break_some(sessions)
    table = getattr(fleet, name)()
    assert set(table["profile"]) == set(NAMES) - set(FAILING)
    for profile, rows in table.groupby("profile", sort=False):
        alone = getattr(sessions[str(profile)], name)()
        pd.testing.assert_frame_equal(
            rows.drop(columns=PLACE).reset_index(drop=True).astype("str"), alone.astype("str")
        )
    holds_failures(fleet, set(FAILING))
    assert [path.partition("/")[0] for path in table.attrs["missing"]] == list(FAILING)


def test_a_lake_has_the_others_whole_and_of_the_failing_ones_what_was_before(
    fleet: Fleet, sessions: dict[str, Session], tmp_path: Path
) -> None:
    fleet.sync(tmp_path, tables=TABLES)
    before = cbr.history(tmp_path).at("0d").backups()
    for name in NAMES[:4]:
        sessions[name].cloud.advance(days=1)
    break_some(sessions)
    told = fleet.sync(tmp_path, tables=TABLES)
    failed = told[told["problem"] != ""]
    assert set(failed["profile"]) == set(FAILING)
    assert set(failed["table"]) == {"backups", "vaults"}
    holds_failures(fleet, set(FAILING))
    now = cbr.history(tmp_path).at("0d").backups()
    for name, session in sessions.items():
        mine = now[now["profile"] == name]
        if name in FAILING:
            assert set(mine["id"]) == set(before.loc[before["profile"] == name, "id"])
        else:
            assert set(mine["id"]) == set(session.backups()["id"]) and mine["id"].is_unique
    for session in sessions.values():
        session.cloud.heal()
    fleet.sync(tmp_path, tables=TABLES)
    assert fleet.problems().empty
    healed = cbr.history(tmp_path).at("0d").backups()
    for name in FAILING:
        assert set(healed.loc[healed["profile"] == name, "id"]) == set(
            sessions[name].backups()["id"]
        )
