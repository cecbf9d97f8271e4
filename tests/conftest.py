"""Situations that tests of any room begin with."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
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


@pytest.fixture
def become(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Ada sits at the screen; the function lets another person, with a key of their own."""

    def become(user: str) -> None:
        monkeypatch.setenv("CBR_SIGNING_FOLDER", str(tmp_path / f"key-{user}"))
        monkeypatch.setattr(getpass, "getuser", lambda: user)

    become("ada")
    return become
