"""A cloud that was built once is copied: exactly, cheaply, and without a trace in the original."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from unittest.mock import Mock

import pytest

import cbr_notebook as cbr
from cbr_notebook.errors import NotFound
from cbr_notebook.simulator import estates
from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.simulator.core.state import State, StateFileError
from cbr_notebook.simulator.estates import snapshots
from tests.benchmarks.bench_instant_clouds import cpu_seconds
from tests.simulator.http_client import Client


@pytest.fixture(autouse=True)
def _nothing_kept_in_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(snapshots.VARIABLE, raising=False)


@pytest.mark.parametrize("estate", ["demo", "documented", "empty", "large"])
def test_a_copy_is_what_was_built(estate: str, monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"estate": estate, "seed": 11, "backups": 500}
    copied = [Cloud.open(**options) for _ in range(2)]
    monkeypatch.setattr(snapshots, "_kept", type(snapshots._kept)())
    built = Cloud.open(**options)
    assert {cloud.now for cloud in copied} == {built.now}
    assert {cloud.fingerprint() for cloud in copied} == {built.fingerprint()}


def test_a_cloud_made_again_costs_a_tenth_of_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "_kept", type(snapshots._kept)())
    first = cpu_seconds(Cloud.open)
    again = min(cpu_seconds(Cloud.open) for _ in range(5))
    assert again <= min(0.15, first / 10)


@pytest.mark.parametrize(
    "other",
    [{"seed": 8}, {"start": "2021-01-01T00:00:00Z"}, {"estate": "documented"}],
)
def test_another_estate_seed_or_start_is_another_cloud(other: dict[str, str]) -> None:
    usual = {"estate": "empty", "seed": 7, "start": "2020-08-17T03:51:24Z"}
    assert Cloud.open(**usual).fingerprint() != Cloud.open(**(usual | other)).fingerprint()


def test_the_number_of_backups_counts_for_the_large_estate_only() -> None:
    few, more = (Cloud.open("large", backups=number) for number in (10, 20))
    assert len(Client(few)("GET", "backups")["backups"]) == 10
    assert len(Client(more)("GET", "backups")["backups"]) == 20


def test_what_one_cloud_does_no_other_of_its_estate_sees() -> None:
    one, other = Cloud.open(), Cloud.open()
    before = other.fingerprint()
    one.advance(days=30)
    one.delete_server("web-01")
    one.ransomware("db-01")
    assert other.fingerprint() == before
    assert Cloud.open().fingerprint() == before


def _live(cloud: Cloud) -> list[object]:
    """Work with a cloud; return what it says meanwhile."""
    ask = Client(cloud)
    vault = ask("GET", "vaults?name=vault-web")["vaults"][0]["id"]
    made = ask("POST", "checkpoints", {"checkpoint": {"vault_id": vault}})
    cloud.advance(days=2)
    return [made, ask("GET", "operation-logs"), cloud.now]


def test_a_copy_of_a_living_cloud_goes_on_exactly_as_it_does() -> None:
    cloud = Cloud.open()
    _live(cloud)
    copy = cloud.copy()
    assert copy.fingerprint() == cloud.fingerprint()
    assert _live(copy) == _live(cloud)
    assert copy.fingerprint() == cloud.fingerprint()


def test_a_copy_may_be_kept_in_a_file_of_its_own(tmp_path: Path) -> None:
    cloud = Cloud.open()
    copy = cloud.copy(tmp_path / "copy.sqlite")
    copy.delete_disk("archive")
    changed = copy.fingerprint()
    copy.close()
    assert Cloud.open(state=tmp_path / "copy.sqlite").fingerprint() == changed
    assert cloud.disk("archive")


def test_a_copy_never_replaces_a_cloud_in_a_file(tmp_path: Path) -> None:
    there = Cloud.open("empty", state=tmp_path / "there.sqlite")
    before = there.fingerprint()
    there.close()
    with pytest.raises(StateFileError, match="holds a cloud already"):
        Cloud.open().copy(tmp_path / "there.sqlite")
    assert Cloud.open(state=tmp_path / "there.sqlite").fingerprint() == before


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A snapshot of a cloud with a server of its own, which nobody may write."""
    made = tmp_path / "template" / "class.sqlite"
    made.parent.mkdir()
    cloud = Cloud.open("empty")
    cloud.create_server("web-99").disk("vda").write_file("/etc/motd", b"hello")
    cloud.advance(days=3)
    cloud.snapshot(made)
    made.chmod(0o444)
    made.parent.chmod(0o555)
    return made


def test_a_template_is_begun_with_and_never_changed(template: Path) -> None:
    before = template.read_bytes(), template.stat().st_mtime_ns
    first, second = (cbr.simulate(template=template).cloud for _ in range(2))
    assert first.server("web-99").disk("vda").read_file("/etc/motd") == b"hello"
    start = second.fingerprint()
    first.delete_server("web-99")
    first.advance(days=40)
    assert second.fingerprint() == start
    assert (template.read_bytes(), template.stat().st_mtime_ns) == before
    assert [each.name for each in template.parent.iterdir()] == [template.name]


def test_a_state_file_can_begin_with_a_template(template: Path, tmp_path: Path) -> None:
    cloud = Cloud.open(template=template, state=tmp_path / "seat.sqlite")
    cloud.create_server("web-100")
    cloud.close()
    again = Cloud.open(template=template, state=tmp_path / "seat.sqlite")
    assert again.server("web-100").name == "web-100"
    again.reset()
    assert again.fingerprint() == Cloud.open(template=template).fingerprint()
    again.close()


def test_a_template_of_an_older_version_is_brought_forward_in_the_copy(
    template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cbr_notebook.simulator.core import database_schema

    now = database_schema.VERSION
    monkeypatch.setattr(database_schema, "VERSION", now + 1)
    monkeypatch.setattr(
        database_schema, "UPGRADES", {now: "ALTER TABLE image ADD COLUMN size INTEGER"}
    )
    before = template.read_bytes()
    assert Cloud.open(template=template).server("web-99").name == "web-99"
    assert template.read_bytes() == before


@pytest.mark.parametrize("content", [None, b"", b"no database at all, but long enough" * 40])
def test_what_is_no_template_is_refused(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StateFileError):
        Cloud.open(template=path)
    assert (path.read_bytes() if path.exists() else None) == content


def test_a_template_that_a_cloud_is_writing_to_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "busy.sqlite"
    busy = Cloud.open("empty", state=path)
    busy.create_server("web-01")
    with pytest.raises(StateFileError, match="in use"):
        Cloud.open(template=path)
    busy.close()
    assert Cloud.open(template=path).server("web-01")


@pytest.mark.parametrize("estate", ["demo", "documented", "empty"])
def test_reset_goes_back_to_the_start(estate: str) -> None:
    cloud = Cloud.open(estate)
    start, begun = cloud.fingerprint(), cloud.now
    ask = Client(cloud)
    cloud.options["restore_answers_empty"] = 1
    cloud.create_server("extra")
    cloud.fail("list_vault", 503, times=9)
    cloud.advance(days=30)
    ask("GET", "protectables/server/instances")
    cloud.reset()
    assert (cloud.fingerprint(), cloud.now) == (start, begun)
    assert cloud.options["restore_answers_empty"] == 0
    with pytest.raises(NotFound):
        cloud.server("extra")


@pytest.mark.parametrize("estate", ["demo", "documented"])
def test_a_session_stays_usable_after_a_reset(estate: str) -> None:
    session = cbr.simulate(estate)
    before = session.vaults()
    session.cloud.advance(days=3)
    session.create_vault("another", size_gb=10)
    session.cloud.reset()
    assert session.vaults().equals(before)


def test_reset_of_a_continued_file_goes_back_to_its_estate(tmp_path: Path) -> None:
    path = tmp_path / "cloud.sqlite"
    cloud = Cloud.open(state=path, seed=3)
    start = cloud.fingerprint()
    cloud.advance(days=10)
    cloud.close()
    again = Cloud.open(state=path)
    again.reset()
    again.close()
    assert Cloud.open(state=path).fingerprint() == start


def test_reset_without_its_template_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "gone.sqlite"
    Cloud.open("empty").snapshot(path)
    cloud = Cloud.open(template=path)
    cloud.create_server("web-01")
    before = cloud.fingerprint()
    path.unlink()
    with pytest.raises(StateFileError):
        cloud.reset()
    assert cloud.fingerprint() == before


def test_a_file_that_does_not_say_what_it_began_as_cannot_be_reset(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    Cloud.open("empty", state=path).close()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DELETE FROM meta WHERE key = 'origin'")
    cloud = Cloud.open(state=path)
    with pytest.raises(StateFileError, match="older version"):
        cloud.reset()
    cloud.close()


def test_kept_estates_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "_kept", type(snapshots._kept)())
    monkeypatch.setattr(snapshots, "MOST_KEPT", 3)
    for seed in range(5):
        Cloud.open("empty", seed)
    assert [key[1] for key in snapshots._kept] == [2, 3, 4]
    monkeypatch.setattr(snapshots, "MOST_BYTES", 1_000_000)
    Cloud.open("empty", 5)
    kept = Cloud.open("large", backups=2_000)  # larger than what may be kept in memory
    assert sum(each.in_memory for each in snapshots._kept.values()) <= 1_000_000
    assert Cloud.open("large", backups=2_000).fingerprint() == kept.fingerprint()


@pytest.mark.parametrize("harm", ["none", "damaged", "full disk"])
def test_an_estate_may_be_kept_between_processes(
    harm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = Cloud.open("documented", seed=12)
    later = built.copy()
    later.advance(days=2)
    build = Mock(wraps=estates.build)
    monkeypatch.setattr(estates, "build", build)
    monkeypatch.setenv(snapshots.VARIABLE, str(tmp_path / "estates"))
    if harm == "full disk":
        monkeypatch.setattr(State, "save_as", _no_room)
    for times_built in (1, 1 if harm == "none" else 2):
        monkeypatch.setattr(snapshots, "_kept", type(snapshots._kept)())  # as in a new process
        cloud = Cloud.open("documented", seed=12)
        assert build.call_count == times_built
        assert (cloud.now, cloud.fingerprint()) == (built.now, built.fingerprint())
        cloud.advance(days=2)
        assert cloud.fingerprint() == later.fingerprint()
        if harm == "damaged":
            (path,) = (tmp_path / "estates").iterdir()
            path.write_bytes(path.read_bytes()[:5000])


def _no_room(*_: object) -> None:
    raise StateFileError("no room")


def test_a_request_after_a_restart_has_an_id_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "cloud.sqlite"
    seen = []
    for _ in range(2):
        cloud = Cloud.open("empty", state=path)
        ask = Client(cloud)
        body = {"tag": {"key": "a", "value": "b"}}
        answer = ask.http.post(f"/v3/{ask.project_id}/vault/none/tags", json=body)
        seen.append(answer.headers["X-Request-Id"])
        cloud.advance(hours=1)
        cloud.close()
    assert seen[0] != seen[1]
