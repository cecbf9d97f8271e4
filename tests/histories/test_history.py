"""What a lake tells: SQL, what changed, a day in the past, growth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import cbr_notebook as cbr
from cbr_notebook.entry import Session
from cbr_notebook.entry.memory import History
from cbr_notebook.errors import InvalidRequest, NotFound


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Session, str]]:
    """Two clouds, synced as a fleet, and again four days and some changes later."""
    path = tmp_path_factory.mktemp("lake")
    paris, lyon = cbr.simulate("demo"), cbr.simulate("demo")
    profiles = [{"name": "paris", "session": paris}, {"name": "lyon", "session": lyon}]
    fleet = cbr.fleet(profiles, projects="all", on_progress=lambda now: None)
    fleet.sync(path)
    gone = paris.backups(status="available").iloc[-1]
    paris.delete_backup(gone["id"], confirm=gone["name"]).wait()
    paris.update_vault("vault-web", size_gb=777)
    for session in (paris, lyon):
        session.cloud.advance(days=4)
    told = fleet.sync(path, tables=["backups", "vaults", "vault_resources", "unprotected", "audit"])
    assert not told["problem"].any() and fleet.problems().empty
    yield path, paris, str(gone["id"])
    paris.close()
    lyon.close()


@pytest.fixture
def history(lake: tuple[Path, Session, str]) -> History:
    """Its history."""
    found: History = cbr.history(lake[0])
    return found


def test_sql_sees_the_newest_rows_and_those_of_a_day(
    history: History, lake: tuple[Path, Session, str]
) -> None:
    now = history.sql("select profile, count(*) as n from backups group by all order by all")
    assert list(now["profile"]) == ["lyon", "paris"]
    assert now["n"].iloc[1] == len(lake[1].backups())
    new = history.sql(
        "select * from backups anti join backups_at('2020-08-17') using (profile, project, id)"
    )
    assert len(new) > 0 and (new["created_at"] > pd.Timestamp("2020-08-17T03:51:24Z")).all()
    assert str(new["created_at"].dtype) == "datetime64[us, UTC]"
    assert str(new["name"].dtype) == "str" and str(new["incremental"].dtype) == "boolean"
    states = history.sql("select distinct day from states order by day")
    assert list(states["day"]) == ["2020-08-17", "2020-08-21"]


@pytest.mark.parametrize(
    "query",
    [
        "select * from '/etc/passwd'",
        "select * from read_text('/etc/passwd')",
        "select * from read_parquet('{lake}/data/**')",
        "copy backups to '{lake}/stolen.csv'",
        "attach '{lake}/other.db'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "reset lock_configuration",
        "select * from secret",
        "select getenv('HOME')",
        "create table t as select * from 'https://127.0.0.1/x.csv'",
        "nonsense",
        "select * from backups_at(current_date)",
        "select * from backups_at('1999-01-01')",
    ],
)
def test_sql_reads_the_lake_and_nothing_else(
    query: str, history: History, lake: tuple[Path, Session, str]
) -> None:
    secret = pd.DataFrame({"password": ["x"]})
    before = sorted(lake[0].rglob("*"))
    with pytest.raises(InvalidRequest):
        history.sql(query.format(lake=lake[0]))
    assert sorted(lake[0].rglob("*")) == before
    assert len(secret) == 1


def test_what_changed_is_told_row_by_row(history: History, lake: tuple[Path, Session, str]) -> None:
    vaults = history.changed("vaults", since="4d")
    size = vaults[vaults["column"] == "size_gb"]
    assert size[["profile", "change", "name", "before", "after"]].to_numpy().tolist() == [
        ["paris", "changed", "vault-web", "200", "777"]
    ]
    backups = history.changed("backups", since="2020-08-17")
    paris = backups[backups["profile"] == "paris"]
    assert lake[2] in set(paris.loc[paris["change"] == "gone", "id"])
    old = history.at("2020-08-17").backups(profile="paris")
    new = history.at("2020-08-21").backups(profile="paris")
    assert set(paris.loc[paris["change"] == "gone", "id"]) == set(old["id"]) - set(new["id"])
    assert set(paris.loc[paris["change"] == "added", "id"]) == set(new["id"]) - set(old["id"])
    assert history.changed("policies", since="0d", until="0d").empty
    assert list(history.changed("backups", since="0d").columns) == list(backups.columns)
    with pytest.raises(InvalidRequest, match="backups"):
        history.changed("backup")
    with pytest.raises(InvalidRequest, match="before since"):
        history.changed("backups", since="2020-08-21", until="2020-08-17")


def test_a_day_of_the_past_answers_as_a_session(history: History) -> None:
    past = history.at("2020-08-19")
    assert past.day == "2020-08-19"
    assert len(past.vaults(name="vault-web", profile=["paris", "lyon"])) == 2
    assert past.vaults(name="vault-web")["size_gb"].tolist() == [200, 200]
    assert set(history.at("0d").vaults(name="vault-web")["size_gb"]) == {200, 777}
    now = cbr.simulate("demo").unprotected()
    kept = history.at("0d").unprotected(profile="paris", project="eu-west-0")
    assert list(kept["id"]) and list(kept.columns)[3:] == list(now.columns)
    assert {"pass", "fail"} <= set(history.at("0d").audit()["outcome"])
    with pytest.raises(NotFound, match="kept where the sync is asked"):
        past.capacity()
    with pytest.raises(NotFound, match="begins on"):
        history.at("2020-01-01")
    with pytest.raises(InvalidRequest, match="no column"):
        past.vaults(nmae="x")


def test_growth_is_the_line_through_all_days(history: History) -> None:
    table = history.growth()
    row = table[(table["profile"] == "paris") & (table["name"] == "vault-web")].iloc[0]
    first = history.at("2020-08-17").vaults(profile="paris", name="vault-web").iloc[0]
    last = history.at("2020-08-21").vaults(profile="paris", name="vault-web").iloc[0]
    wanted = (last["used_mb"] - first["used_mb"]) / 4 * 30 / 1024
    assert row["growth_gb_month"] == pytest.approx(wanted, abs=0.001)
    assert (row["first_day"], row["last_day"], row["days"]) == ("2020-08-17", "2020-08-21", 2)


def test_the_history_shows_what_it_knows(history: History) -> None:
    assert history.days == ["2020-08-17", "2020-08-21"]
    card = history.card.set_index("table")
    assert card["projects"]["backups"] == 4 and card["last_day"]["policies"] == "2020-08-17"
    for text in (repr(history), history._repr_html_()):
        assert "2020-08-17 to 2020-08-21" in text


def test_days_are_told_one_by_one(history: History, lake: tuple[Path, Session, str]) -> None:
    """Each is held against comparing the two days, and against the day itself."""
    told = history.changes_by_day("backups")
    assert list(told["day"].dt.strftime("%Y-%m-%d")) == ["2020-08-21"]
    whole = history.changed("backups", since="2020-08-17")
    for change in ("added", "gone", "changed"):
        rows = whole[whole["change"] == change][["profile", "id"]].drop_duplicates()
        assert told[change].iloc[0] == len(rows)
    grown = history.growth_by_day()
    for day in history.days:
        seen = grown[grown["day"] == pd.Timestamp(day, tz="UTC")]
        vaults = history.at(day).vaults()
        assert set(zip(seen["profile"], seen["id"], seen["size_gb"], strict=True)) == set(
            zip(vaults["profile"], vaults["id"], vaults["size_gb"], strict=True)
        )
    with pytest.raises(InvalidRequest, match="no table 'backup'"):
        history.changes_by_day("backup")
