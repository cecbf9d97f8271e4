"""State files: upgraded forward, refused when newer, copied exactly."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.simulator.core import schema
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
    monkeypatch.setattr(schema, "VERSION", 3)
    monkeypatch.setattr(
        schema,
        "UPGRADES",
        {
            1: "ALTER TABLE server ADD COLUMN owner TEXT NOT NULL DEFAULT 'nobody'",
            2: "UPDATE server SET owner = 'ada'",
        },
    )
    cloud = Cloud.open(state=path)
    assert cloud._engine.state.value("SELECT owner FROM server") == "ada"
    assert cloud.server("web-01").disk("vda").read_file("/etc/motd") == b"hello"
    assert cloud._engine.state.value("PRAGMA user_version") == 3
    cloud.close()


def test_an_upgrade_that_fails_leaves_the_file_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "VERSION", 2)
    monkeypatch.setattr(schema, "UPGRADES", {1: "DROP TABLE server; NONSENSE"})
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


def test_a_snapshot_never_overwrites(tmp_path: Path) -> None:
    cloud = Cloud.open("empty")
    (tmp_path / "copy").write_bytes(b"precious")
    with pytest.raises(StateFileError, match="exists"):
        cloud.snapshot(tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"precious"
