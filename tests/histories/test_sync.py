"""A lake has what the service has, after few requests, and stays whole whatever happens."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from msgspec import structs

import cbr_notebook as cbr
from cbr_notebook.api.client import Client
from cbr_notebook.api.groups.backups import BackupPage, Backups
from cbr_notebook.entry import Session
from cbr_notebook.errors import CBRError, InvalidRequest, NotFound
from cbr_notebook.histories import files, incremental_read, manifest
from cbr_notebook.histories.project_read import TABLES
from cbr_notebook.histories.prune import prune
from cbr_notebook.histories.store import Store
from cbr_notebook.showing.html_tables import as_html
from tests.fleets.clouds import served

KILLS = int(os.environ.get("CBR_SYNC_KILLS", "1"))
DRIFTS = int(os.environ.get("CBR_SYNC_DRIFTS", "2"))


def same(lake: Path | str, session: Session, *, tasks: bool = True) -> None:
    """Hold the newest state of every table against what the session says."""
    history = cbr.history(lake)
    past = history.at(history.days[-1])
    for table in TABLES:
        if table == "tasks" and not tasks:
            continue
        kept = getattr(past, table)().drop(columns=["profile", "region", "project"])
        told = getattr(session, table)()
        assert list(kept.columns) == list(told.columns)
        assert list(map(str, kept.dtypes)) == list(map(str, told.dtypes))
        keys = list(files.KEYS[table])
        left, right = (
            each.sort_values(keys).reset_index(drop=True).astype("str") for each in (kept, told)
        )
        pd.testing.assert_frame_equal(left, right)


def drift(session: Session, luck: random.Random) -> None:
    """Change something: time, a backup, a deletion, another size, another name."""
    vaults = session.vaults(status="available")
    backups = session.backups(status="available")
    for _ in range(luck.randint(1, 3)):
        what = luck.choice(["time", "back up", "delete", "size", "time"])
        if what == "time":
            session.cloud.advance(hours=luck.choice([1, 7, 30, 80]))
        elif what == "back up":
            with suppress(CBRError):  # such as that one is running, or the vault is full
                session.back_up(
                    luck.choice(sorted({"vault-web", "vault-db"} & set(vaults["name"])))
                )
        elif what == "delete" and len(backups):
            gone = backups.iloc[luck.randrange(len(backups))]
            with suppress(CBRError):  # such as that it was deleted by its policy meanwhile
                session.delete_backup(gone["id"], confirm=gone["name"])
        elif what == "size":
            session.update_vault("vault-dev", size_gb=luck.randint(150, 900))
    session.cloud.advance(minutes=luck.choice([0, 3, 45]))


@pytest.mark.parametrize("page", [1000, 7])
@pytest.mark.parametrize("seed", range(DRIFTS))
def test_after_any_drift_a_sync_of_what_is_new_has_all_that_there_is(
    seed: int, page: int, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incremental_read, "_CHUNK", page)
    luck = random.Random(seed)
    session.sync(tmp_path)
    for _ in range(2):
        drift(session, luck)
        told = session.sync(tmp_path, whole="3650d")
        assert set(told.loc[told["table"] == "backups", "read"]) == {"what is new"}
    same(tmp_path, session)


def test_the_second_sync_asks_little(session: Session, tmp_path: Path) -> None:
    asked = session.client.transport.requests
    session.sync(tmp_path, tables=["backups", "tasks"])
    first = session.client.transport.requests
    told = session.sync(tmp_path, tables=["backups", "tasks"])
    assert session.client.transport.requests - first == 2, (
        "the backups that changed last, with the number of all, and the tasks since the newest"
    )
    assert first > asked
    assert not told["changed"].any()
    manifests = manifest.read(Store(tmp_path))
    assert len({each.file for each in manifests}) == 2, "what did not change is not written again"


def test_a_project_without_a_backup_is_synced_again(session: Session, tmp_path: Path) -> None:
    empty = session.in_project("eu-west-0_staging")
    for _ in range(2):
        assert not empty.sync(tmp_path)["problem"].any()
    same(tmp_path, empty)


def test_of_two_syncs_in_one_moment_the_last_counts(tmp_path: Path) -> None:
    """A simulated clock may stand still between them."""
    store = Store(tmp_path)
    at = "2026-01-01T05:00:00.000000+00:00"
    for file in ("data/b", "data/a", "data/c"):
        place = ("vaults", "p", "r", "x", "2026-01-01")
        manifest.commit(store, [manifest.Entry(*place, file, 1, "d", "s", at, at)])
        assert [each.file for each in manifest.read(store)] == [file]


def test_what_was_changed_long_after_it_was_made_is_seen(session: Session, tmp_path: Path) -> None:
    session.sync(tmp_path)
    session.cloud.advance(days=2)
    old = session.backups(status="available").iloc[-1]
    session.client.backups.update(old["id"], name="renamed-later")
    session.sync(tmp_path)
    kept = cbr.history(tmp_path).at("0d").backups().set_index("id")
    assert kept["name"][old["id"]] == "renamed-later"
    same(tmp_path, session)


@pytest.mark.parametrize("silent", ["count", "updated_at", "order"])
def test_a_service_that_tells_less_is_asked_more(
    silent: str, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.sync(tmp_path)
    session.cloud.advance(days=1)
    listed = Backups.list

    def less(self: Backups, **asked: Any) -> BackupPage:
        page = listed(self, **asked)
        if "sort" not in asked:
            return page
        if silent == "count":
            return structs.replace(page, count=None)
        if silent == "order":
            return structs.replace(page, backups=page.backups[::-1])
        rows = [structs.replace(each, updated_at=None) for each in page.backups]
        return structs.replace(page, backups=rows)

    monkeypatch.setattr(Backups, "list", less)
    told = session.sync(tmp_path).set_index("table")["read"]
    assert told["backups"] == "what is new"
    same(tmp_path, session)


def test_all_is_read_again_now_and_then(session: Session, tmp_path: Path) -> None:
    session.sync(tmp_path)
    session.cloud.advance(days=8)
    told = session.sync(tmp_path).set_index("table")["read"]
    assert told["backups"] == "all"
    same(tmp_path, session, tasks=False)


@pytest.fixture
def many(session: Session) -> Session:
    """More servers than one page of their list holds."""
    for number in range(55):
        session.cloud.create_server(f"batch-{number:02d}")
    return session


def looked_at(session: Session, lake: Path, **how: Any) -> tuple[int, str]:
    """Return how many pages of resources a sync asks for, and what it says of them."""
    asked = []
    watched = session.client.transport.watched(
        lambda request, answer: asked.append("protectables" in request.url.path)
    )
    told = session.with_client(Client(watched)).sync(lake, **how).set_index("table")["read"]
    assert told["records"] == told["resources"]
    return sum(asked), told["resources"]


def test_resources_are_carried_over_while_nothing_shows_a_change(
    many: Session, tmp_path: Path
) -> None:
    first, said = looked_at(many, tmp_path)
    whole_at = f"{many.now:%Y-%m-%d %H:%M}"
    assert (first, said) == (5, "all"), "two pages of servers, two of disks, one of file systems"
    many.cloud.advance(days=1)
    assert looked_at(many, tmp_path) == (3, f"as of {whole_at} UTC")
    same(tmp_path, many, tasks=False)
    many.cloud.advance(days=1)
    assert looked_at(many, tmp_path, resources_every="0d") == (5, "all")
    many.cloud.advance(days=1)
    looked_at(many, tmp_path)
    many.cloud.advance(days=6)
    assert looked_at(many, tmp_path) == (5, "all"), "the last whole reading is seven days ago"
    many.cloud.advance(days=1)
    assert looked_at(many, tmp_path, tables=[*TABLES, "unprotected"])[1] == "all"


@pytest.mark.parametrize("what", ["number", "vault", "first page"])
def test_resources_are_read_anew_when_something_shows_a_change(
    what: str, many: Session, tmp_path: Path
) -> None:
    many.sync(tmp_path)
    if what == "number":
        many.cloud.create_server("one-more")
    elif what == "vault":
        many.add_resources("vault-web", ["batch-54"])
    else:
        first = many.client.protectables.list("server").instances[0]
        many.cloud.tag(first.id, mood="good")
    many.cloud.advance(minutes=1)
    assert looked_at(many, tmp_path) == (5, "all")
    same(tmp_path, many, tasks=False)


def test_a_day_of_which_resources_were_read_earlier_says_so(many: Session, tmp_path: Path) -> None:
    many.sync(tmp_path)
    whole_at = many.now
    many.cloud.advance(days=1)
    many.sync(tmp_path)
    history = cbr.history(tmp_path)
    past = history.at("0d")
    for table in (past.resources(), past.unprotected(), history.changed("resources")):
        (when,) = table.attrs["carried_over"].values()
        assert datetime.fromisoformat(when) == whole_at
        assert f"{whole_at:%Y-%m-%d %H:%M}" in as_html(table)
    for table in (past.vaults(), history.at("1d").unprotected(), history.changed("vaults")):
        assert table.attrs["carried_over"] == {}
    assert set(past.unprotected()["id"]) == set(many.unprotected()["id"])
    late = history.sql('select distinct "table" from states where whole_at < synced_at')
    assert set(late["table"]) == {"resources", "records", "backups", "tasks"}


def test_what_happens_while_it_is_read_belongs_to_the_next_sync(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fleet that waits for its turn may read a project for hours."""
    ask = Session.backups
    first: list[datetime] = []

    def slow(self: Session, **asked: Any) -> pd.DataFrame:
        found = ask(self, **asked)
        if not first:
            first.append(session.now)
            session.cloud.advance(hours=30)
        return found

    monkeypatch.setattr(Session, "backups", slow)
    session.sync(tmp_path)
    (entry,) = (each for each in manifest.read(Store(tmp_path)) if each.table == "backups")
    assert datetime.fromisoformat(entry.synced_at) == first[0]
    session.sync(tmp_path)
    same(tmp_path, session)


def test_tasks_stay_when_the_service_has_forgotten_them(session: Session, tmp_path: Path) -> None:
    session.sync(tmp_path)
    first = len(cbr.history(tmp_path).at("0d").tasks())
    session.cloud.advance(days=40)
    session.sync(tmp_path)
    kept = cbr.history(tmp_path).at("0d").tasks()
    told = session.tasks()
    assert set(told["id"]) <= set(kept["id"]) and kept["id"].is_unique
    assert len(kept) >= max(first, len(told))


def test_a_table_that_cannot_be_read_is_a_row_and_stays_as_it_was(
    session: Session, tmp_path: Path
) -> None:
    session.sync(tmp_path)
    session.cloud.advance(days=1)
    session.cloud.fail("list_op_logs", "BackupService.0001", times=100)
    told = session.sync(tmp_path).set_index("table")
    assert told["problem"]["tasks"] and told["code"]["tasks"] == "BackupService.0001"
    assert not told["problem"].drop("tasks").any()
    card = cbr.history(tmp_path).card.set_index("table")
    assert card["last_day"]["tasks"] < card["last_day"]["backups"]


def test_a_lake_can_be_at_any_address_that_fsspec_knows(session: Session) -> None:
    address = f"memory://lake-{os.getpid()}"
    session.sync(address)
    session.cloud.advance(days=1)
    session.sync(address)
    same(address, session)
    assert len(cbr.history(address).sql("select * from backups")) == len(session.backups())
    with pytest.raises(NotFound, match="no lake"):
        cbr.history("memory://nothing")
    with pytest.raises(InvalidRequest, match="cannot be opened"):
        cbr.history("nosuch://lake")


def test_two_syncs_at_once_do_no_harm(session: Session, tmp_path: Path) -> None:
    others = [session.in_project(each) for each in ("eu-west-0_staging", "eu-west-1")]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda each: each.sync(tmp_path), [session, *others] * 2))
    history = cbr.history(tmp_path)
    assert len({each.place for each in history._known}) == 3
    backups = history.at("0d").backups()
    assert backups["id"].is_unique and len(backups) == len(session.backups())


def test_manifests_that_end_at_once_are_put_together(tmp_path: Path) -> None:
    store = Store(tmp_path)

    def entry(project: str, when: str) -> manifest.Entry:
        return manifest.Entry(
            "vaults",
            "p",
            "r",
            project,
            "2026-01-01",
            f"data/{project}{when}",
            1,
            "d",
            "s",
            when,
            when,
        )

    base = manifest.commit(store, [entry("a", "1")])
    manifest._write(store, base, base.replaced([entry("a", "2"), entry("b", "2")]))
    manifest._write(store, base, base.replaced([entry("a", "3"), entry("c", "2")]))
    found = {each.project: each.synced_at for each in manifest.read(store)}
    assert found == {"a": "3", "b": "2", "c": "2"}
    (tmp_path / "manifest" / "999999999999-dead.json").write_bytes(b"half a manife")
    assert {each.project for each in manifest.read(store)} == set("abc")
    after = manifest.commit(store, [entry("d", "9")])
    assert {each.project for each in manifest.read(store)} == set("abcd")
    assert len([name for name in store.names("manifest") if name in after.included]) <= 6


SYNC = """
import sys, cbr_notebook as cbr
url, ak, sk, project, region, lake = sys.argv[1:]
session = cbr.connect(endpoint=url, iam_endpoint=url, access_key=ak, secret_key=sk,
                      project_id=project, region=region)
session.sync(lake, profile="p")
print("done")
"""


def test_a_sync_that_is_killed_leaves_the_lake_whole(session: Session, tmp_path: Path) -> None:
    """Kill a sync at a moment of chance, look at the lake, and let the next one go on."""
    luck = random.Random(20)
    who = session.cloud.credentials
    with served(session.cloud) as url:
        command = [
            sys.executable, "-c", SYNC, url, who.access_key, who.secret_key, who.project_id,
            who.region, str(tmp_path),
        ]  # fmt: skip
        began = time.monotonic()
        subprocess.run(command, check=True, capture_output=True)
        lasts = time.monotonic() - began
        for _ in range(KILLS):
            drift(session, luck)
            known = [each.file for each in manifest.read(Store(tmp_path))]
            process = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            time.sleep(luck.uniform(0.5, 1.0) * lasts)
            process.send_signal(signal.SIGKILL)
            process.wait()
            found = manifest.read(Store(tmp_path))
            assert len(found) >= len(set(known))
            for each in found:
                rows = pq.read_metadata(tmp_path / each.file).num_rows
                assert rows == each.rows, "a file that counts is whole"
            backups = cbr.history(tmp_path).at("0d").backups()
            assert backups["id"].is_unique
        subprocess.run(command, check=True, capture_output=True)
        same(tmp_path, session)


def test_columns_of_an_earlier_version_are_read(session: Session, tmp_path: Path) -> None:
    session.sync(tmp_path)
    store = Store(tmp_path)
    old = next(each for each in manifest.read(store) if each.table == "vaults")
    table = pq.read_table(tmp_path / old.file)
    place = table.schema.get_field_index("size_gb")
    table = table.set_column(place, "size_gb", table["size_gb"].cast(pa.float64()))
    table = table.drop_columns(["threshold"]).append_column("mood", pa.array(["good"] * len(table)))
    pq.write_table(table, tmp_path / old.file)
    manifest.commit(store, [old._replace(shape="old", synced_at="9")])
    session.cloud.advance(days=2)
    session.sync(tmp_path)
    history = cbr.history(tmp_path)
    before, now = history.at("2d").vaults(), history.at("0d").vaults()
    assert str(before["size_gb"].dtype) == str(now["size_gb"].dtype) == "Int64"
    assert before["threshold"].isna().all() and set(before["mood"]) == {"good"}
    assert not history.growth().empty
    assert not history.changed("vaults", "2d")["column"].eq("mood").any()
    both = history.sql(
        "select size_gb from vaults_at('2020-08-17') union all select size_gb from vaults"
    )
    assert len(both) == 2 * len(now)


def test_older_states_become_fewer_and_files_go_later(session: Session, tmp_path: Path) -> None:
    for _ in range(12):
        session.sync(tmp_path, tables=["vaults", "backups"])
        session.cloud.advance(days=6)
    days = cbr.history(tmp_path).days
    first = prune(tmp_path, daily=7, weekly=3, monthly=2).iloc[0]
    kept = cbr.history(tmp_path).days
    assert set(kept) < set(days) and kept[-1] == days[-1]
    assert first["files_removed"] == 0 and first["states_removed"] > 0
    assert prune(tmp_path, daily=7, weekly=3, monthly=2).iloc[0]["files_removed"] > 0
    past = cbr.history(tmp_path).at(kept[0])
    assert len(past.vaults()) == 7
    with pytest.raises(InvalidRequest, match="daily"):
        prune(tmp_path, daily=0)


def test_wrong_tables_are_refused(session: Session, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="valuts"):
        session.sync(tmp_path, tables=["valuts"])
    assert list(tmp_path.iterdir()) == []
