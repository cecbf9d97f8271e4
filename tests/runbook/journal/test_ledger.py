"""Where journals are kept."""

from __future__ import annotations

import gc
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

import cbr_notebook as cbr
from cbr_notebook import errors
from cbr_notebook.runbook.journal import ledger
from cbr_notebook.runbook.journal.run_state import State

NOW = datetime(2020, 8, 17, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CBR_RUNBOOK_FOLDER", raising=False)


def test_the_callers_choice_comes_before_the_environments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cbr.simulate("empty") as session:
        monkeypatch.setenv("CBR_RUNBOOK_FOLDER", str(tmp_path / "a" / "b"))
        assert ledger.folder_for(session) == tmp_path / "a" / "b"
        assert ledger.folder_for(session, tmp_path / "c") == tmp_path / "c"
        assert (tmp_path / "c").stat().st_mode & 0o077 == 0


def test_a_cloud_in_a_file_has_its_journals_beside_it(tmp_path: Path) -> None:
    with cbr.simulate("empty", state=tmp_path / "cloud.state") as session:
        assert ledger.folder_for(session) == tmp_path / "cloud.state.restores"


def test_the_journals_of_a_cloud_in_memory_go_with_it() -> None:
    session = cbr.simulate("empty")
    folder = ledger.folder_for(session)
    assert folder.is_dir()
    assert ledger.folder_for(session.as_user("ada")) == folder
    session.close()
    del session
    gc.collect()
    assert not folder.exists()


def test_a_real_services_journals_are_in_the_users_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    session = cbr.connect(region="eu-west-0", project_id="p", access_key="a", secret_key="s")
    folder = ledger.folder_for(session)
    assert folder.is_relative_to(tmp_path)
    assert folder.name == "restores"


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        cbr.simulate("empty") as session,
        pytest.raises(errors.InvalidRequest, match="cannot be made"),
    ):
        ledger.folder_for(session, tmp_path / "file" / "runs")


@pytest.mark.parametrize(
    ("name", "run_id"),
    [
        ("web-01", "web-01-20200817-040000"),
        ("../../etc/passwd", "etc-passwd-20200817-040000"),
        ("Datenbank für München", "Datenbank-f-r-M-nchen-20200817-040000"),
        ("数据库", "restore-20200817-040000"),
    ],
)
def test_a_run_is_named_for_what_it_restores(tmp_path: Path, name: str, run_id: str) -> None:
    paths = [ledger.new_journal(tmp_path, name, NOW).path for _ in range(3)]
    assert [path.stem for path in paths] == [run_id, f"{run_id}-2", f"{run_id}-3"]
    assert all(path.parent == tmp_path for path in paths)


def test_a_table_of_restores_knows_each_state_that_a_run_may_have() -> None:
    with cbr.simulate("empty") as session:
        states = session.restores()["state"].cat.categories
    assert list(states) == [*get_args(State), "damaged"]
