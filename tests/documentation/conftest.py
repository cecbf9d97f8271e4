"""What snippets and examples begin with: profiles of clouds that are served on this computer."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from cbr_notebook.simulator.cloud import Cloud
from tests.fleets.clouds import served, write_profiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="package")
def profiles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A profile file with ``prod`` and ``dev``, two clouds."""
    file = tmp_path_factory.mktemp("profiles") / "credentials"
    with ExitStack() as stack:
        clouds = {each: Cloud.open("demo", seed=seed) for each, seed in (("prod", 7), ("dev", 8))}
        write_profiles(
            file,
            {each: (cloud, stack.enter_context(served(cloud))) for each, cloud in clouds.items()},
        )
        yield file


@pytest.fixture
def workplace(profiles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, and nothing of this computer's user."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HUAWEICLOUD_SDK_CREDENTIALS_FILE", str(profiles))
    monkeypatch.setenv("CBR_RUNBOOK_FOLDER", str(tmp_path / "restores"))
    return tmp_path
