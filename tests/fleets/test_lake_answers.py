"""A day of the past answers as the sessions did then, from what a lake kept of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import cbr_notebook as cbr
from cbr_notebook.entry import Session
from cbr_notebook.errors import InvalidRequest, NotFound
from cbr_notebook.histories.project_read import ANSWERS, TABLES
from cbr_notebook.sealing.keys import simulated_key
from cbr_notebook.showing.html_tables import as_html

PLACE = ["profile", "region", "project"]
ASKED: list[tuple[str, dict[str, Any]]] = [
    ("unprotected", {}),
    ("unprotected", {"kind": "server", "target": "6h"}),
    ("unprotected", {"target": None, "tags": {"env": "prod"}}),
    ("recovery_points", {"target": "12h", "days": 30}),
    ("gaps", {"days": 30}),
    ("audit", {"rules": [{"control": "recovery point", "within": "12h"}, {"control": "encrypted"},
                         {"control": "protected"}, {"control": "no disk excluded"}]}),
]  # fmt: skip
Lake = tuple[Path, dict[tuple[str, str], list[pd.DataFrame]]]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """Two projects on two days, between which much changes in one; and what sessions said then."""
    path = tmp_path_factory.mktemp("lake")
    with cbr.simulate("demo") as session:
        fleet = cbr.fleet({"name": "paris", "session": session}, projects="all")
        said: dict[tuple[str, str], list[pd.DataFrame]] = {}
        for day in range(2):
            if day:
                change(session)
            fleet.sync(path)
            for place in fleet:
                asked = [getattr(fleet[place], each)(**given) for each, given in ASKED]
                said[place.split("/")[2], f"{session.now:%Y-%m-%d}"] = asked
            session.cloud.advance(days=1)
        yield path, said


def change(session: Session) -> None:
    """Change what answers depend on, as people do."""
    session.cloud.create_server("batch-07")
    session.remove_resources("vault-web", ["web-02"], confirm="vault-web")
    session.update_policy("daily-0300", enabled=False)
    gone = session.backups(resource="web-01", status="available").iloc[0]
    session.delete_backup(gone["id"], confirm=gone["name"]).wait()


@pytest.mark.parametrize("number", range(len(ASKED)), ids=[name for name, _ in ASKED])
def test_it_says_what_each_session_said_on_that_day(number: int, lake: Lake) -> None:
    name, given = ASKED[number]
    history = cbr.history(lake[0])
    for (project, day), then in lake[1].items():
        table = getattr(history.at(day), name)(**given)
        assert table.attrs["missing"] == []
        mine = table[table["project"] == project].drop(columns=PLACE)
        assert list(map(str, mine.dtypes)) == list(map(str, then[number].dtypes))
        pd.testing.assert_frame_equal(in_order(mine), in_order(then[number]))
    first, last = (in_order(getattr(history.at(day), name)(**given)) for day in history.days)
    assert not first.equals(last), "the days differ, or nothing was held against anything"


def in_order(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows as texts; a lake keeps no order of the service's lists."""
    texts = table.astype("str")
    return texts.sort_values(list(texts.columns), ignore_index=True)


def test_what_a_lake_does_not_keep_is_unknown_and_no_failure(lake: Lake) -> None:
    past = cbr.history(lake[0]).at("0d")
    table = past.audit([{"control": "replicated"}, {"control": "restore proven"}])
    proven = table["control"].str.startswith("restore proven")
    assert set(table.loc[proven, "outcome"]) == {"unknown"}
    assert set(table.loc[~proven, "outcome"]) == {"unknown", "fail"}
    failed = table[table["outcome"] == "fail"]
    assert set(failed["seen"]) == {"no good backup has a replica"}
    good = past.backups(status="available", resource_id=list(failed["resource_id"]))
    assert good.empty, "only where there is no backup at all it is sure"
    assert table.attrs["simulated"] is True, "a page of it is no evidence of an account"
    assert sum(table.attrs["outcomes"].values()) == len(table)


@pytest.mark.parametrize("told", [True, False], ids=["kept beside it", "of an older lake"])
def test_an_audit_that_was_kept_is_no_evidence_of_an_account(
    told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with cbr.simulate("demo") as session:
        if not told:
            monkeypatch.setattr("cbr_notebook.histories.files._KEPT_BESIDE", ())
        session.sync(tmp_path / "lake", tables=[*TABLES, "audit"])
        session.cloud.advance(days=1)
        session.sync(tmp_path / "lake", tables=["vaults"])
        now = session.audit()
    table = cbr.history(tmp_path / "lake").at("1d").audit()
    assert table.attrs["simulated"] is True
    assert table.attrs["outcomes"].keys() == now.attrs["outcomes"].keys()
    assert sum(table.attrs["outcomes"].values()) == len(table)
    page = cbr.export(table, tmp_path / "audit.html")
    assert cbr.verify_report(page).signed_by == simulated_key().signer.public


def test_rows_of_the_past_have_one_order_whenever_each_project_was_read(tmp_path: Path) -> None:
    lakes = [tmp_path / each for each in ("one", "other")]
    with cbr.simulate("demo") as session:
        staging = session.in_project("eu-west-0_staging")
        projects = {"main": session, "staging": staging}
        for lake, order in zip(lakes, (["main", "staging"], ["staging", "main"]), strict=True):
            projects[order[0]].sync(lake, project=order[0])
        session.cloud.advance(days=1)
        for lake in lakes:
            for name, each in projects.items():
                each.sync(lake, project=name)
    one, other = (cbr.history(each).at("0d") for each in lakes)
    for table in ("vaults", "policies", "backups", "tasks", "resources", *ANSWERS[:1], "audit"):
        first, second = getattr(one, table)(), getattr(other, table)()
        pd.testing.assert_frame_equal(first, second)
        assert len(set(first["project"])) == 2 or table not in ("vaults", "resources")


def test_a_state_of_an_earlier_day_says_so(tmp_path: Path) -> None:
    with cbr.simulate("demo") as session:
        session.sync(tmp_path, profile="old")
        session.cloud.advance(days=2)
        session.sync(tmp_path, profile="new")
    past = cbr.history(tmp_path).at("0d")
    for table in (past.vaults(), past.unprotected()):
        assert {each.split("/")[0]: day for each, day in table.attrs["older"].items()} == {
            "old": cbr.history(tmp_path).days[0]
        }
        assert "the state of an earlier day" in as_html(table)
    assert cbr.history(tmp_path).at("2d").vaults().attrs["older"] == {}


def test_columns_choose_rows_of_an_answer(lake: Lake) -> None:
    past = cbr.history(lake[0]).at("0d")
    table = past.unprotected(
        target="7d", project="eu-west-0", reason=["in no vault", "policy is off"]
    )
    assert set(table["reason"]) == {"in no vault", "policy is off"}
    assert {"batch-07", "web-02"} <= set(table["name"]) and set(table["project"]) == {"eu-west-0"}
    told = table.attrs["filters"]
    assert told["target"] == "7d" and told["project"] == "eu-west-0"
    with pytest.raises(InvalidRequest, match="no column"):
        past.unprotected(resaon="in no vault")
    with pytest.raises(InvalidRequest, match="target"):
        past.unprotected(target="soon")


def test_records_cost_no_request(tmp_path: Path) -> None:
    with cbr.simulate("demo") as session:
        asked = []
        for number, tables in enumerate((TABLES, [each for each in TABLES if each != "policies"])):
            before = session.client.transport.requests
            told = session.sync(tmp_path / str(number), tables=tables)
            asked.append(session.client.transport.requests - before)
            assert ("records" in set(told["table"])) == (number == 0)
        assert asked[0] == asked[1]


def test_an_answer_of_an_earlier_day_is_not_given_for_a_later_one(tmp_path: Path) -> None:
    with cbr.simulate("demo") as session:
        session.sync(tmp_path, tables=[*TABLES, "unprotected"])
        session.cloud.create_server("batch-07")
        session.cloud.advance(days=2)
        session.sync(tmp_path)
        history = cbr.history(tmp_path)
        assert "batch-07" not in set(history.at("2d").unprotected()["name"])
        assert set(history.at("0d").unprotected()["name"]) == set(session.unprotected()["name"])
        session.cloud.advance(days=1)
        session.sync(tmp_path, tables=["backups"])
        later = cbr.history(tmp_path).at("0d")
        with pytest.raises(NotFound, match="cannot be computed"):
            later.unprotected(target="1d")
