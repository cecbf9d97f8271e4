"""Runbooks with nobody at the screen, as the command carries them out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook.cli import main


def test_a_dry_run_looks_and_changes_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    kept = tmp_path / "looked.ipynb"
    status = main(
        ["runbook", "restore-server", "--server", "web-01", "--before", "2020-08-17T06:00Z",
         "--simulate", "--dry-run", "--output", str(kept)]
    )  # fmt: skip
    said = capsys.readouterr()
    assert status == 0, said.err
    assert "web-01 goes back to 2020-08-17 03:00 UTC" in said.out
    assert "A dry run: nothing was changed." in said.out
    assert "Restore web-01 from" not in said.out
    assert any("parameters" in str(cell["metadata"]) for cell in _cells(kept))


def test_a_restore_by_name_is_verified_and_leaves_evidence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    report = tmp_path / "archive.json"
    status = main(
        ["runbook", "restore-disk", "--disk", "archive", "--confirm", "archive",
         "--rto", "4h", "--report", str(report), "--simulate"]
    )  # fmt: skip
    said = capsys.readouterr()
    assert status == 5, said.err  # no content was compared
    assert "not verified" in said.err
    assert "simulated cloud" in said.out.splitlines()[0]
    assert "Run: archive-" in said.out
    assert "Restore archive from autobk_b582: success." in said.out
    assert "target 4 h: met" in said.out
    assert cbr.verify_report(report)


def test_without_a_name_or_with_a_wrong_one_nothing_is_restored(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["runbook", "restore-disk", "--disk", "archive", "--simulate"]) == 2
    assert "Look first with --dry-run" in capsys.readouterr().err
    assert main(["runbook", "restore-disk", "--disk", "archive", "--confirm", "web-01",
                 "--simulate"]) == 3  # fmt: skip
    said = capsys.readouterr()
    assert "To go on, say --confirm archive" in said.err
    assert "success" not in said.out


def test_a_warning_that_is_not_accepted_stops_it_in_few_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ["runbook", "restore-server", "--server", "web-01", "--confirm", "web-01"]
    arguments.append("--simulate")
    assert main([*arguments, "--no-safety-backup"]) == 3
    said = capsys.readouterr()
    assert "A warning is not acknowledged: safety backup" in said.err
    assert "Traceback" not in said.err
    assert main([*arguments, "--no-safety-backup", "--acknowledge", "safety backup"]) == 5


def test_a_name_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runbook", "restore-server", "--server", "web-99", "--dry-run", "--simulate"]) == 3
    assert "web-99" in capsys.readouterr().err


@pytest.mark.parametrize(("rto", "status"), [("1h", 0), ("5m", 6)])
def test_the_drill_tells_by_its_status_whether_the_targets_were_met(
    rto: str, status: int, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    report = tmp_path / "drill.html"
    assert main(["runbook", "drill", "--rto", rto, "--report", str(report)]) == status
    said = capsys.readouterr()
    assert "3 of 3 files are encrypted" in said.out
    assert ("The drill met its targets." in said.out) is (status == 0)
    assert ("a target was missed" in said.err) is (status == 6)
    assert cbr.verify_report(report)
    assert "3 of 3 files are as then" in report.read_text()


@pytest.mark.parametrize(
    "wrong",
    [
        ["--report", "no_such_folder/x.html"], ["--report", "x.docx"],
        ["--manifest", "no_such_file.json"], ["--rto", "banana"], ["--acknowledge", "nonsense"],
        ["--disks", "one"], ["--before", "yesterday-ish"],
    ],
)  # fmt: skip
def test_a_dry_run_finds_what_the_real_one_would_stumble_over(
    wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    base = ["runbook", "restore-server", "--server", "web-01", "--dry-run", "--simulate"]
    assert main([*base, *wrong]) == 2
    assert main(base) == 0


def test_no_account_is_guessed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    for name in [each for each in os.environ if each.startswith(("OS_", "HUAWEICLOUD_"))]:
        monkeypatch.delenv(name)
    status = main(["runbook", "restore-server", "--server", "web-01", "--confirm", "web-01"])
    said = capsys.readouterr()
    assert status == 2
    assert "No account was named" in said.err
    assert "Run:" not in said.out


def test_every_runbook_is_careful_unless_it_is_told_otherwise() -> None:
    folder = Path(__file__).parents[3] / "notebooks" / "runbooks"
    for name in ("restore_a_server", "restore_a_disk", "restore_an_application"):
        (parameters,) = [
            "".join(cell["source"])
            for cell in _cells(folder / f"{name}.ipynb")
            if "parameters" in cell["metadata"].get("tags", ())
        ]
        assert "dry_run = True" in parameters
        assert 'confirm = ""' in parameters or "confirm = []" in parameters


def _cells(notebook: Path) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(notebook.read_text())["cells"]
    return cells
