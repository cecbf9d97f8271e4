"""The notebook that restores an application: in order, proven, careful unless told otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session, errors
from cbr_notebook.cli import main
from cbr_notebook.tutorials import notebooks_folder
from tests.runbook.situations import CONTRACT, is_back, restores, spoilt

NAMES = ["db-01", "web-01"]


def carry_out(**parameters: Any) -> dict[str, Any]:
    """Run the notebook's cells with such parameters; return what they named."""
    path = notebooks_folder() / "runbooks" / "restore_an_application.ipynb"
    names: dict[str, Any] = {}
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
            if "parameters" in cell["metadata"].get("tags", ()):
                names |= parameters
    return names


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """The notebook's session, with two spoilt servers and a contract that has both."""
    monkeypatch.chdir(tmp_path)
    Path("recovery.yaml").write_text(CONTRACT)
    with cbr.simulate("empty") as session:
        for name in NAMES:
            Path(f"{name}.json").write_text(json.dumps(spoilt(session, name, sizes=(1, 1))))
        monkeypatch.setattr(cbr, "tutorial", lambda estate: session)
        yield session


def test_an_application_comes_back_in_its_order_and_is_proven(
    shop: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(errors.InvalidRequest, match="not acknowledged: backup not quiet"):
        carry_out(contract="recovery.yaml", dry_run=False, confirm=NAMES)
    with pytest.raises(errors.ConfirmationNeeded, match=r"db-01.*web-01"):
        carry_out(contract="recovery.yaml", dry_run=False, confirm=["web-01"])
    assert restores(shop) == 0
    carry_out(
        contract="recovery.yaml", dry_run=False, confirm=NAMES, report="shop.json",
        acknowledge=["backup not quiet"],
    )  # fmt: skip
    said = capsys.readouterr().out
    assert all(is_back(shop, name) for name in NAMES)
    tasks = shop.tasks(operation_type="restore").sort_values("created_at")
    assert list(tasks["resource_name"]) == NAMES
    assert tasks["ended_at"].iloc[0] <= tasks["created_at"].iloc[1]
    assert said.count("Verification: verified.") == 2
    assert cbr.verify_report("shop.json")


def test_it_ends_with_an_error_and_evidence_where_a_member_is_not_as_it_should_be(
    shop: Session,
) -> None:
    manifest = json.loads(Path("db-01.json").read_text())
    manifest["files"][0]["sha256"] = "0" * 64
    Path("db-01.json").write_text(json.dumps(manifest))
    with pytest.raises(errors.TaskFailed, match=r"db-01.*found something wrong"):
        carry_out(
            contract="recovery.yaml", dry_run=False, confirm=NAMES, report="shop.json",
            acknowledge=["backup not quiet"],
        )  # fmt: skip
    assert restores(shop) == 1
    assert not is_back(shop)
    assert cbr.verify_report("shop.json")


def test_no_example_is_made_for_an_account(shop: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "simulated", False)
    with pytest.raises(errors.InvalidRequest, match="No recovery contract"):
        carry_out()


def test_the_command_keeps_the_notebook_of_a_group(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = ["application: shop", "members:", "  - server: db-01", "  - server: web-01"]
    Path("recovery.yaml").write_text("\n".join(lines))
    base = ["runbook", "restore-group", "--contract", "recovery.yaml", "--simulate"]
    status = main([*base, "--dry-run", "--parallel", "1", "--output", "kept.ipynb"])
    said = capsys.readouterr()
    assert status == 0, said.err
    assert "2. web-01, after db-01" in said.out
    assert "A dry run: nothing was changed." in said.out
    assert "parallel = 1" in Path("kept.ipynb").read_text()
    status = main([*base, "--dry-run", "--folder", ".", "--output", "kept.ipynb"])
    assert (status, "--folder" in capsys.readouterr().err) == (2, True)
