"""A lake of which files are missing, half written, or cannot be reached."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.local import LocalFileSystem

import cbr_notebook as cbr
from cbr_notebook.entry import Session
from cbr_notebook.entry.memory import History
from cbr_notebook.errors import InvalidRequest, NotFound
from cbr_notebook.histories import files, manifest
from cbr_notebook.histories.store import Store

ASKED: dict[str, Callable[[History], Any]] = {
    "a day": lambda history: history.at("0d").backups(),
    "SQL": lambda history: history.sql("select count(*) from backups"),
    "changed": lambda history: history.changed("backups"),
    "an answer": lambda history: history.at("0d").unprotected(),
}


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def garble(file: Path) -> None:
    """Keep the end, which says what is where, and spoil the rest."""
    content = file.read_bytes()
    file.write_bytes(content[:4] + b"\xff" * (len(content) // 2) + content[4 + len(content) // 2 :])


DAMAGE: dict[str, Callable[[Path], None]] = {"missing": Path.unlink, "cut": cut, "garbled": garble}


@pytest.fixture
def newest(session: Session, tmp_path: Path) -> Path:
    """The newest file of backups in a lake of two days."""
    session.sync(tmp_path)
    session.cloud.advance(days=1)
    session.sync(tmp_path)
    (entry,) = manifest.read(Store(tmp_path)).at("backups")
    return tmp_path / entry.file


@pytest.mark.parametrize("how", DAMAGE)
@pytest.mark.parametrize("what", ASKED)
def test_a_file_that_cannot_be_read_is_named(
    what: str, how: str, newest: Path, tmp_path: Path
) -> None:
    DAMAGE[how](newest)
    history = cbr.history(tmp_path)
    with pytest.raises(InvalidRequest, match=newest.stem):
        ASKED[what](history)
    assert history.sql("select count(*) as n from vaults")["n"].tolist() == [7]
    assert len(history.at("1d").backups()) > 200


@pytest.mark.parametrize("how", DAMAGE)
@pytest.mark.parametrize("table", ["backups", "vaults", "records"])
def test_the_next_sync_reads_anew_what_is_lost_of_the_present(
    table: str, how: str, session: Session, newest: Path, tmp_path: Path
) -> None:
    (entry,) = manifest.read(Store(tmp_path)).at(table)
    DAMAGE[how](tmp_path / entry.file)
    told = session.sync(tmp_path)
    assert not told["problem"].any()
    history = cbr.history(tmp_path)
    assert set(history.at("0d").backups()["id"]) == set(session.backups()["id"])
    assert len(history.at("0d").vaults()) == 7
    assert set(history.at("0d").unprotected()["id"]) == set(session.unprotected()["id"])


def test_a_lake_whose_only_list_is_half_written_says_that_no_sync_has_ended(
    session: Session, tmp_path: Path
) -> None:
    session.sync(tmp_path, tables=["vaults"])
    (only,) = (tmp_path / "manifest").iterdir()
    cut(only)
    with pytest.raises(NotFound, match="No sync has come to its end"):
        cbr.history(tmp_path)
    session.sync(tmp_path, tables=["vaults"])
    assert len(cbr.history(tmp_path).at("0d").vaults()) == 7


def refusing(monkeypatch: pytest.MonkeyPatch, act: str, code: int) -> None:
    """Refuse one act of the file system, as a full disk or a folder of others does."""

    def refuse(*given: Any, **named: Any) -> None:
        raise OSError(code, "refused by the test")

    monkeypatch.setattr(LocalFileSystem, act, refuse)


@pytest.mark.parametrize("act", ["makedirs", "pipe_file"])
def test_a_lake_that_cannot_be_written_is_as_it_was(
    act: str, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.sync(tmp_path)
    session.cloud.advance(days=1)
    before = {each: each.read_bytes() for each in tmp_path.rglob("*.*")}
    with monkeypatch.context() as patched:
        refusing(patched, act, errno.ENOSPC)
        with pytest.raises(InvalidRequest, match="cannot be written") as caught:
            session.sync(tmp_path)
    assert "as it was" in (caught.value.advice or "")
    assert {each: each.read_bytes() for each in tmp_path.rglob("*.*")} == before


def test_a_lake_that_may_not_be_read_says_so(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.sync(tmp_path, tables=["vaults"])
    for act in ("cat_file", "find"):
        with monkeypatch.context() as patched:
            refusing(patched, act, errno.EACCES)
            for ask in (cbr.history, session.sync):
                with pytest.raises(InvalidRequest, match="cannot be read"):
                    ask(tmp_path)


def test_where_nothing_may_be_deleted_a_sync_counts_all_the_same(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing(monkeypatch, "rm_file", errno.EPERM)
    for _ in range(8):
        session.sync(tmp_path, tables=["vaults"])
        session.cloud.advance(days=1)
    assert len(cbr.history(tmp_path).days) == 8


@pytest.mark.parametrize("path", ["", "  ", "a\0b"])
def test_a_path_that_is_none_is_refused_before_anything_is_written(
    path: str, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for ask in (session.sync, cbr.history):
        with pytest.raises(InvalidRequest, match="no folder"):
            ask(path)
    assert list(tmp_path.iterdir()) == []


def test_names_of_folders_are_those_that_any_computer_takes() -> None:
    names = ["CON", "nul", "com1.txt", "a.", "..", "a b", "a/b", "日本", "x" * 300, "a\nb", "a:b"]
    safe = [files._safe(each) for each in names]
    assert len({each.casefold() for each in safe}) == len(names)
    for each in safe:
        assert len(each.encode()) <= 255 and not set(each) & set('/\\:*?"<>|\n ')
        assert each.partition(".")[0].casefold() not in {"con", "nul", "com1"}
        assert not each.endswith(".")
    assert files._safe("eu-west-0_staging") == "eu-west-0_staging"
