"""State files: upgraded forward, refused when newer, copied exactly."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import cbr_notebook as cbr
from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.simulator.core import database_schema
from cbr_notebook.simulator.core.state import State, StateFileError
from tests.simulator.http_client import Client


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The state file of a cloud with one server."""
    made = tmp_path / "cloud.sqlite"
    cloud = Cloud.open("empty", state=made)
    cloud.create_server("web-01").disk("vda").write_file("/etc/motd", b"hello")
    cloud.close()
    return made


def test_an_older_file_is_brought_forward_step_by_step(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = database_schema.VERSION
    monkeypatch.setattr(database_schema, "VERSION", now + 2)
    steps = {
        now: "CREATE TABLE owner (name TEXT NOT NULL)",
        now + 1: "INSERT INTO owner VALUES ('ada')",
    }
    monkeypatch.setattr(database_schema, "UPGRADES", steps)
    cloud = Cloud.open(state=path)
    assert cloud._engine.state.value("SELECT name FROM owner") == "ada"
    assert cloud.server("web-01").disk("vda").read_file("/etc/motd") == b"hello"
    assert cloud._engine.state.value("PRAGMA user_version") == now + 2
    cloud.close()


def test_a_file_of_the_first_version_learns_the_enterprise_projects_of_tasks(path: Path) -> None:
    with cbr.simulate(state=path) as session:
        vault = session.client.vaults.create("films", size=100, enterprise_project_id="e1")
        session.client.vaults.delete(vault.id)
    with closing(sqlite3.connect(path)) as db:
        db.execute("ALTER TABLE task DROP COLUMN enterprise_project_id")
        db.execute("PRAGMA user_version = 1")
    with cbr.simulate(state=path) as session:
        tasks = session.client.tasks
        assert tasks.list(enterprise_project_id="0").count == 0
        assert tasks.list(enterprise_project_id="e1").count == 1
        session.cloud.advance(hours=1)
        assert session.client.vaults.list().count == 0
        assert tasks.list(enterprise_project_id="e1").count == 1, "the vault is gone, its task not"


def test_an_upgrade_that_fails_leaves_the_file_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = database_schema.VERSION
    monkeypatch.setattr(database_schema, "VERSION", now + 1)
    monkeypatch.setattr(database_schema, "UPGRADES", {now: "DROP TABLE server; NONSENSE"})
    with pytest.raises(StateFileError):
        State(path)
    monkeypatch.undo()
    assert Cloud.open(state=path).server("web-01").name == "web-01"


def test_a_newer_file_is_refused_and_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(StateFileError, match="version 99"):
        State(path)
    assert path.read_bytes() == before


def test_a_foreign_database_is_refused(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.sqlite"
    with closing(sqlite3.connect(foreign)) as db:
        db.execute("CREATE TABLE precious (thing TEXT)")
    with pytest.raises(StateFileError, match="not of a cloud"):
        State(foreign)


def test_a_snapshot_continues_exactly(tmp_path: Path) -> None:
    first = Cloud.open("documented")
    first.snapshot(tmp_path / "copy.sqlite")
    second = Cloud.open(state=tmp_path / "copy.sqlite")
    made = []
    for cloud in (first, second):
        cloud.advance(hours=5)
        ask = Client(cloud)
        billing = {
            "consistent_level": "crash_consistent",
            "object_type": "server",
            "protect_type": "backup",
            "size": 10,
        }
        body = {"vault": {"name": "films", "resources": [], "billing": billing}}
        made.append([ask("POST", "vaults", body)["vault"] for _ in range(2)])
    assert made[0] == made[1]
    second.close()


def test_a_state_file_is_for_its_owner_only(path: Path) -> None:
    """Access keys are in it."""
    cloud = Cloud.open(state=path)
    cloud.advance(hours=1)
    modes = {each.name: each.stat().st_mode & 0o777 for each in path.parent.iterdir()}
    cloud.close()
    assert modes.pop("cloud.sqlite") == 0o600
    assert set(modes.values()) <= {0o600}


def test_a_snapshot_never_overwrites(tmp_path: Path) -> None:
    cloud = Cloud.open("empty")
    (tmp_path / "copy").write_bytes(b"precious")
    with pytest.raises(StateFileError, match="exists"):
        cloud.snapshot(tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"precious"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a letter", b"x"),
        ("a line", b"\n"),
        ("a note", b"hello"),
        ("a long note", b"a file that is somebody's\n" * 400),
        ("a broken database", b"SQLite format 3\0" + b"\xff" * 8000),
    ],
)
def test_a_file_that_is_no_state_file_is_never_overwritten(
    name: str, content: bytes, tmp_path: Path
) -> None:
    precious = tmp_path / name
    precious.write_bytes(content)
    for use in (lambda: Cloud.open(state=precious), lambda: Cloud.open("empty").copy(precious)):
        with pytest.raises(StateFileError):
            use()
    assert precious.read_bytes() == content
    assert [each.name for each in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("statement", ["PRAGMA user_version = 1", "PRAGMA application_id = 77"])
def test_a_database_of_another_program_with_a_version_is_refused(
    statement: str, tmp_path: Path
) -> None:
    foreign = tmp_path / "foreign.sqlite"
    with closing(sqlite3.connect(foreign)) as db:
        db.execute("CREATE TABLE meta (thing TEXT)")
        db.execute(statement)
    before = foreign.read_bytes()
    with pytest.raises(StateFileError, match="not of a cloud"):
        Cloud.open(state=foreign)
    assert foreign.read_bytes() == before


def test_a_folder_a_missing_folder_and_a_barred_file_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing" / "cloud.sqlite"):
        with pytest.raises(StateFileError):
            Cloud.open("empty", state=path)
        with pytest.raises(StateFileError):
            Cloud.open("empty").snapshot(path)


def test_a_damaged_file_is_refused_and_left_alone(path: Path) -> None:
    whole = path.read_bytes()
    damaged = whole[:8192] + b"\x99" * 40_000 + whole[48_192:]
    path.write_bytes(damaged)
    with pytest.raises(StateFileError):
        Cloud.open(state=path)
    assert path.read_bytes() == damaged


def test_a_full_disk_is_one_typed_error_and_nothing_is_lost(path: Path) -> None:
    cloud = Cloud.open(state=path)
    before = cloud.fingerprint()
    pages = cloud._engine.state.value("PRAGMA page_count")
    cloud._engine.state.run(f"PRAGMA max_page_count = {pages}")
    disk = cloud.server("web-01").disk("vda")
    with pytest.raises(StateFileError, match="full"):
        disk.write(0, bytes(range(256)) * 40_000)
    client = Client(cloud)
    body = {"vault": {"name": "x" * 60, "resources": [], "billing": {
        "consistent_level": "crash_consistent", "object_type": "server",
        "protect_type": "backup", "size": 10}}}  # fmt: skip
    statuses = {client.send("POST", "vaults", body).status_code for _ in range(60)}
    assert 500 in statuses
    cloud._engine.state.run("PRAGMA max_page_count = 1000000")
    assert client.send("POST", "vaults", body).status_code == 200
    assert disk.read_file("/etc/motd") == b"hello"
    cloud.reset()
    cloud.create_server("web-01").disk("vda").write_file("/etc/motd", b"hello")
    assert cloud.fingerprint() == before
    cloud.close()


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("DROP TABLE vault_tag", "lacks the column vault_tag"),
        ("DELETE FROM meta", "lacks its clock"),
        ("UPDATE meta SET value = 'x' WHERE key = 'now'", "shows no time"),
        ("PRAGMA user_version = -1", "version -1"),
        ("PRAGMA user_version = 0", "not of a cloud"),
    ],
)
def test_a_state_that_lacks_something_is_refused_and_left_alone(
    path: Path, statement: str, words: str
) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(statement)
        db.commit()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = path.read_bytes()
    for use in (lambda: Cloud.open(state=path), lambda: Cloud.open(template=path)):
        with pytest.raises(StateFileError, match=words):
            use()
    assert path.read_bytes() == before


def test_a_state_whose_end_is_missing_is_refused(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(StateFileError, match=r"damaged|malformed"):
        Cloud.open(state=path)


def test_what_is_no_file_or_no_name_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    names = (tmp_path / "pipe", tmp_path / "link", Path("/dev/null"), tmp_path / ("a" * 300),
             f"{tmp_path}/a\0b")  # fmt: skip
    for name in names:
        for use in (
            lambda name: Cloud.open("empty", state=name),
            lambda name: Cloud.open(template=name),
            lambda name: Cloud.open("empty").snapshot(name),
        ):
            with pytest.raises(StateFileError):
                use(name)
    assert {each.name for each in tmp_path.iterdir()} == {"pipe", "link"}


def test_a_name_that_sqlite_reads_in_its_own_way_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Cloud.open("empty", state=":memory:").close()
    Cloud.open("empty").snapshot("file:copy?mode=memory")
    assert {each.name for each in tmp_path.iterdir()} == {":memory:", "file:copy?mode=memory"}
