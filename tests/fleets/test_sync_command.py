"""``cbr-notebook sync``: for cron, with an exit status that says what failed."""

from __future__ import annotations

from pathlib import Path

import pytest

import cbr_notebook as cbr
from cbr_notebook.cli import main
from tests.fleets.clouds import served, write_profiles


def test_a_sync_says_by_its_status_what_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud = cbr.simulate("demo").cloud
    profiles, lake = tmp_path / "credentials", str(tmp_path / "lake")
    monkeypatch.setenv("HUAWEICLOUD_SDK_CREDENTIALS_FILE", str(profiles))
    command = ["sync", "--to", lake, "--projects", "all", "--prune"]
    with served(cloud) as url:
        write_profiles(profiles, {"prod": (cloud, url)})
        assert main([*command, "--profiles", "prod"]) == 0
        said = capsys.readouterr()
        assert "Fleet of 2 projects" in said.out and "16 tables of 2 projects" in said.out
        assert cloud.credentials.secret_key not in said.out + said.err
        assert main([*command, "--profiles", "prod,nobody"]) == 3
        assert "nobody" in capsys.readouterr().err
        assert main([*command, "--profiles", "nobody"]) == 4
        assert main([*command, "--profiles", "prod", "--tables", "valuts"]) == 1
        assert "valuts" in capsys.readouterr().err
        assert main([*command[:2], str(profiles), *command[3:], "--profiles", "prod"]) == 1
        assert "cannot be written" in capsys.readouterr().err, "a file is no folder"
        assert len(cbr.history(lake).at("0d").backups()) > 200
