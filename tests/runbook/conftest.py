"""What the tests of the runbook begin with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cbr_notebook import Session
from tests.runbook.situations import after_the_attack


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the journals."""
    chosen = tmp_path / "runs"
    chosen.mkdir()
    monkeypatch.setenv("CBR_RUNBOOK_FOLDER", str(chosen))
    return chosen


@pytest.fixture
def session() -> Iterator[Session]:
    """A session with one spoilt server, web-01, and its backup clean-web-01."""
    opened, _ = after_the_attack()
    with opened:
        yield opened
