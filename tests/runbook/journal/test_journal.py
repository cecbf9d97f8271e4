"""The journal: on the disk before the next step, one writer, every change shows."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbr_notebook.errors import Conflict, InvalidRequest
from cbr_notebook.runbook.journal.journal import Journal, broken_link, read_entries

NOW = datetime(2020, 8, 17, 4, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.jsonl"


def written(path: Path, number: int = 3) -> Journal:
    journal = Journal(path)
    with journal.held():
        for each in range(number):
            journal.append(NOW, "step", number=each, name="münchen")
    return journal


def test_entries_are_read_again_as_they_were_written(path: Path) -> None:
    entries = written(path).entries
    assert Journal(path).entries == entries
    assert [entry.facts["number"] for entry in entries] == [0, 1, 2]
    assert broken_link(entries) is None


def test_an_entry_is_flushed_to_the_disk_before_append_returns(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[int] = []
    fsync = os.fsync

    def noting(handle: int) -> None:
        flushed.append(path.stat().st_size)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", noting)
    written(path, 1)
    # The file, with all of the line in it, and the folder, for the file's name.
    assert flushed == [path.stat().st_size] * 2


@pytest.mark.parametrize("cut", [1, 5, 60])
def test_a_line_that_a_crash_cut_off_is_told_and_left_out(path: Path, cut: int) -> None:
    written(path)
    path.write_bytes(path.read_bytes()[:-cut])
    journal = Journal(path)
    assert journal.torn
    assert len(journal.entries) == 2
    with journal.held():
        journal.append(NOW, "next")
    kinds = [entry.kind for entry in Journal(path).entries]
    assert kinds == ["step", "step", "cut_line_dropped", "next"]
    assert not Journal(path).torn


def test_a_line_that_is_spoilt_in_the_middle_is_no_crash(path: Path) -> None:
    written(path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b'{"numb\n' + lines[2])
    with pytest.raises(InvalidRequest, match="entry 2"):
        Journal(path)


@pytest.mark.parametrize(
    ("change", "number"),
    [
        (lambda lines: lines[1:], 1),
        (lambda lines: [lines[0], lines[2]], 2),
        (lambda lines: [lines[1], lines[0], lines[2]], 1),
        (lambda lines: [lines[0], lines[1].replace("1", "7"), lines[2]], 2),
        (lambda lines: [lines[0], lines[1], lines[1]], 3),
    ],
)
def test_entries_that_were_removed_moved_or_changed_show(
    path: Path, change: object, number: int
) -> None:
    written(path)
    lines = path.read_text("utf-8").splitlines()
    path.write_text("".join(f"{line}\n" for line in change(lines)), "utf-8")  # type: ignore[operator]
    with pytest.raises(InvalidRequest, match=f"entry {number}"):
        Journal(path)


@given(place=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_no_changed_byte_goes_unnoticed(
    tmp_path_factory: pytest.TempPathFactory, place: int, byte: int
) -> None:
    path = tmp_path_factory.mktemp("journal") / "run.jsonl"
    entries = written(path).entries
    data = bytearray(path.read_bytes())
    place %= len(data)
    if data[place] == byte:
        return
    data[place] = byte
    path.write_bytes(data)
    try:
        journal = Journal(path)
    except InvalidRequest:
        return
    # A spoilt last line looks as if a crash had cut it off; the others are untouched.
    assert (journal.torn and journal.entries == entries[:2]) or journal.entries == entries


def test_only_one_process_writes_at_a_time(path: Path) -> None:
    journal = written(path)
    with journal.held():
        answer, ask = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                with Journal(path).held():
                    os.write(ask, b"held")
            except Conflict:
                os.write(ask, b"refused")
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        assert os.read(answer, 10) == b"refused"
    with Journal(path).held():
        pass


def test_a_second_writer_in_the_same_process_is_refused_too(path: Path) -> None:
    journal = written(path)
    with journal.held(), pytest.raises(Conflict, match="carrying out"), Journal(path).held():
        pass


def test_a_writer_reads_what_another_wrote_before_it(path: Path) -> None:
    first, second = Journal(path), Journal(path)
    for journal in (first, second, first):
        with journal.held():
            journal.append(NOW, "step")
    assert len(Journal(path).entries) == 3


def test_what_is_no_journal_is_refused(path: Path) -> None:
    path.write_text('{"vault": 1}\n', "utf-8")
    with pytest.raises(InvalidRequest, match="not a journal"):
        Journal(path)


def test_entries_survive_json(path: Path) -> None:
    entries = written(path).entries
    documents = json.loads(json.dumps([entry.as_dict() for entry in entries]))
    assert read_entries(documents) == entries
