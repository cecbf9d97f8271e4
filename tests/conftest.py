"""Situations that tests of any room begin with."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def spec() -> Path:
    """The folder of the service's specification; tests that read it are skipped without it."""
    folder = Path(os.environ.get("CBR_SPEC", REPOSITORY.parent / "shared" / "spec"))
    if not folder.is_dir():
        pytest.skip(f"no specification in {folder}; CBR_SPEC names another folder")
    return folder
