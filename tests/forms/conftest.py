"""What the tests of the forms begin with."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import cbr_notebook as cbr
from cbr_notebook.session import Session


@pytest.fixture(scope="session")
def small_company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state of a new cloud of the small company, built once."""
    path = tmp_path_factory.mktemp("cloud") / "demo.db"
    cbr.simulate(state=path).close()
    return path


@pytest.fixture
def session(small_company: Path, tmp_path: Path) -> Iterator[Session]:
    """A session on a cloud of the small company, of its own."""
    state = tmp_path / "cloud.db"
    shutil.copy(small_company, state)
    with cbr.simulate(state=state) as opened:
        yield opened
