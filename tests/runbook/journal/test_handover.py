"""The hand-over note: what the next person has to know, and nothing that was not found out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session, errors
from cbr_notebook.runbook.run.run import RestoreRun
from tests.runbook.situations import execute, spoilt


def note(run: RestoreRun, tmp_path: Path) -> dict[str, str]:
    (told,) = json.loads(run.report(tmp_path / "r.json").read_text("utf-8"))["runs"]
    assert next(iter(told["tables"])) == "Hand-over note"
    found: dict[str, str] = told["tables"]["Hand-over note"]
    return found


def test_it_says_what_was_restored_by_whom_and_the_way_back(
    session: Session, tmp_path: Path
) -> None:
    run = session.plan_restore("clean-web-01").execute(confirm="web-01").wait()
    said = note(run, tmp_path)
    assert said["Restored"].startswith("web-01: ")
    assert said["From"].startswith("backup clean-web-01 (")
    assert session.identity.who in said["By"]
    assert said["Verified"] == "nothing"
    assert "nobody verified" in said["Not verified"]
    made = run.journal.last("safety_backup_made")
    assert made is not None
    assert f"safety backup before-{run.run_id} ({made.facts['backup_id']})" in said["Way back"]
    assert "when its 14 days are over" in said["Way back"]
    assert f"cbr-notebook rollback {run.run_id}" in said["Way back"]
    assert "Look at the content" in said["Still to be done"]
    assert said["Open runs"] == "none that this computer knows of"


def test_what_nobody_looked_at_is_not_called_verified(session: Session, tmp_path: Path) -> None:
    run = session.plan_restore("clean-web-01").execute(confirm="web-01").wait()
    run.verify()
    assert note(run, tmp_path)["Not verified"] == "what is on the disks: nobody looked"
    run.verify({"shop answers": lambda _: False, "orders": lambda _: "perhaps"})
    said = note(run, tmp_path)
    assert said["Not verified"] == (
        "not as it should be: shop answers; could not be judged: orders"
    )
    assert said["Still to be done"] == "Look at what is not as it should be: shop answers."
    run.verify({"shop answers": lambda _: True, "orders": lambda _: True})
    said = note(run, tmp_path)
    assert "shop answers, orders" in said["Verified"]
    assert said["Not verified"] == "nothing that was asked for is left"
    assert said["Still to be done"] == "Nothing that the journal knows of."


def test_a_failed_restore_is_not_called_restored(session: Session, tmp_path: Path) -> None:
    session.cloud.server("web-01").disk("vda").set_trait("restore_fails", "BackupService.7000")
    run = execute(session)
    with pytest.raises(errors.TaskFailed) as caught:
        run.wait()
    assert ".." not in str(caught.value)
    said = note(run, tmp_path)
    assert said["Restored"].startswith("web-01 was not restored: the restore failed")
    assert said["Way back"] == "none: no safety backup was made"
    assert said["Still to be done"] == "Restore web-01 anew."


def test_a_server_left_stopped_and_a_disk_that_stays_newer_are_to_be_looked_at(
    session: Session, tmp_path: Path
) -> None:
    session.cloud.server("web-01").attach(session.cloud.create_disk("fresh", size_gb=1))
    plan = session.plan_restore("clean-web-01", power_on=False)
    run = plan.execute(confirm="web-01", acknowledge=plan.warnings, safety_keep_days=None).wait()
    said = note(run, tmp_path)
    assert "Start web-01: it was left stopped." in said["Still to be done"]
    assert "Look whether fresh, which stayed newer, fits the rest." in said["Still to be done"]
    assert "Delete the safety backup once nobody needs it." in said["Still to be done"]
    assert "kept until somebody deletes it" in said["Way back"]


def test_runs_that_have_not_ended_are_handed_over_too(session: Session, tmp_path: Path) -> None:
    run = session.plan_restore("clean-web-01").execute(confirm="web-01").wait()
    spoilt(session, "db-01")
    other = session.plan_restore("clean-db-01").execute(confirm="db-01")
    path = run.report(tmp_path / "r.html")
    assert f"db-01: running (run {other.run_id})" in path.read_text("utf-8")
    other.wait()
    # What was open then is part of what was signed.
    assert cbr.verify_report(path).whole
    assert note(run, tmp_path)["Open runs"] == "none that this computer knows of"
    back = run.roll_back("web-01", acknowledge=run_warnings(session, run)).wait()
    assert note(run, tmp_path)["Way back"] == f"taken: run {back.run_id}"


def run_warnings(session: Session, run: RestoreRun) -> list[str]:
    made = run.journal.last("safety_backup_made")
    assert made is not None
    return session.plan_restore(made.facts["backup_id"]).warnings
