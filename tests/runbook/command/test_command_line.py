"""The command lines of restores that cannot be meant: each is refused before anything is asked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cbr_notebook.cli import main

SERVER = ["runbook", "restore-server", "--server", "web-01", "--dry-run"]
DOORS = (SERVER, ["restores"], ["resume", "x"], ["cancel", "x"], ["rollback", "x"])


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in os.environ if each.startswith(("OS_", "HUAWEICLOUD_"))]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: str(door[0]))
def test_half_an_account_and_two_accounts_are_refused(
    door: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(door) == 2
    assert "No account was named" in capsys.readouterr().err
    assert main([*door, "--profile", " "]) == 2
    assert "--profile is empty" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main([*door, "--simulate", "--profile", "p"])
    monkeypatch.setenv("OS_USERNAME", "ada")
    assert main(door) == 2
    assert "password or domain is missing" in capsys.readouterr().err
    monkeypatch.setenv("HUAWEICLOUD_SDK_AK", "ak")
    assert main(door) == 2
    assert "the secret key is missing" in capsys.readouterr().err
    monkeypatch.undo()


def test_the_cloud_that_the_environment_names_is_taken_and_no_other(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_CLOUD", "nowhere")
    assert main(["restores"]) == 3
    assert "no profile 'nowhere'" in capsys.readouterr().err


def test_with_output_an_account_that_cannot_be_opened_is_told_before(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main([*SERVER, "--profile", "nowhere", "--output", str(tmp_path / "o.ipynb")]) == 3
    assert "no profile 'nowhere'" in capsys.readouterr().err
    assert list(tmp_path.glob("*.ipynb")) == []


@pytest.mark.parametrize(
    ("wrong", "status", "said"),
    [
        (["--backup", ""], 2, "--backup is empty"),
        (["--before", " "], 2, "--before is empty"),
        (["--acknowledge", ""], 2, "--acknowledge is empty"),
        (["--checksum", "sha256sum"], 2, "no --manifest says which"),
        (["--report", __file__ + "/x.html"], 2, "cannot be written: Not a directory"),
        (["--report", "a" * 300 + ".html"], 2, "cannot be written: File name too long"),
        (["--confirm", "db-01"], 3, "confirmed by 'web-01'"),
    ],
)
def test_a_dry_run_refuses_what_the_real_one_would(
    wrong: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*SERVER, "--simulate", *wrong]) == status
    assert said in capsys.readouterr().err


def test_a_dry_run_says_that_a_second_person_is_needed_and_which_moment_is_taken(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([*SERVER, "--simulate", "--two-people", "--before", "2030-01-01"]) == 0
    said = capsys.readouterr().out
    assert "needs the yes of a second person" in said
    assert "is yet to come; now, 2020-08-17 03:51 UTC, is taken" in said
