"""``cbr-notebook lab``: where the notebooks go, and what JupyterLab is told."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cbr_notebook import tutorials
from cbr_notebook.cli import main


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "notebooks"
    (folder / "runbooks").mkdir(parents=True)
    (folder / "01_first.ipynb").write_text("one")
    (folder / "runbooks" / "restore.ipynb").write_text("two")
    # No other function: a module that is loaded meanwhile would keep it.
    monkeypatch.setattr(tutorials, "__file__", str(tmp_path / "package" / "tutorials.py"))
    return folder


def test_a_copy_that_is_there_stays_as_it_is(source: Path, tmp_path: Path) -> None:
    copies = tmp_path / "copies"
    tutorials.copy_notebooks(copies)
    (copies / "01_first.ipynb").write_text("edited")
    (source / "01_first.ipynb").write_text("newer")
    tutorials.copy_notebooks(copies)
    assert (copies / "01_first.ipynb").read_text() == "edited"
    assert (copies / "runbooks" / "restore.ipynb").read_text() == "two"


def test_an_update_loses_no_edited_copy(source: Path, tmp_path: Path) -> None:
    copies = tmp_path / "copies"
    tutorials.copy_notebooks(copies)
    (copies / "01_first.ipynb").write_text("edited")
    (source / "01_first.ipynb").write_text("newer")
    (source / "runbooks" / "restore.ipynb").write_text("newer, too")
    tutorials.copy_notebooks(copies, update=True)
    assert (copies / "01_first.ipynb").read_text() == "edited"
    assert (copies / "01_first.updated.ipynb").read_text() == "newer"
    assert (copies / "runbooks" / "restore.ipynb").read_text() == "newer, too"


def test_jupyterlab_is_told_where_to_listen(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[list[str]] = []
    really = subprocess.Popen

    def popen(command: list[str], **more: Any) -> subprocess.Popen[bytes]:
        told.append(command)
        return really([sys.executable, "-c", "raise SystemExit(3)"], **more)

    monkeypatch.setattr(subprocess, "Popen", popen)
    before = signal.getsignal(signal.SIGTERM)
    options = ["--ip", "0.0.0.0", "--port", "8899", "--allow-root", "--no-browser"]
    try:
        assert main(["lab", "--folder", str(tmp_path / "copies"), *options]) == 3
    finally:
        signal.signal(signal.SIGTERM, before)
    assert {"--ip=0.0.0.0", "--port=8899", "--allow-root", "--no-browser"} <= set(told[0])
