"""What tests of identities share."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.auth.identity_sources import Computer, Internet


@pytest.fixture
def internet(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest
) -> Internet:
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.delenv("HUAWEICLOUD_SDK_CREDENTIALS_FILE", raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    internet = Internet()
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", lambda self, r: internet.answer(r))
    return internet


@pytest.fixture
def computer(internet: Internet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Computer:
    """A computer without any source of identities yet, on the simulated internet."""
    return Computer(tmp_path, monkeypatch)
