"""The way back of a restore: told in both journals, true at each moment, also if it breaks off."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session, errors
from cbr_notebook.runbook.run.run import RestoreRun
from tests.runbook.situations import execute, restores, resumed

ACCEPT = {"acknowledge": ["safety backup"], "safety_backup": False}


def told(run: RestoreRun) -> str:
    """Return what the report of a run says, which is whole."""
    path = run.report(Path(run.folder) / "report.md")
    assert cbr.verify_report(path, folder=run.folder)
    return path.read_text("utf-8")


def test_what_is_said_of_the_way_back_is_true_at_each_moment(session: Session) -> None:
    run = execute(session, safety_backup=True).wait()
    assert "cbr-notebook rollback" in told(run)
    back = run.roll_back("web-01", **ACCEPT)
    assert f"begun as run {back.run_id}, whose own report tells" in told(run)
    assert run.journal.last("rolled_back") is None
    back.wait()
    assert f"taken: run {back.run_id}" in told(run)
    assert "has restored the safety backup" in told(run)


def test_a_way_back_whose_answer_was_lost_is_told_once_it_has_ended(session: Session) -> None:
    run = execute(session, safety_backup=True).wait()
    session.cloud.fail("restore_backup", "cut before")
    with pytest.raises(errors.ConnectionFailed):
        run.roll_back("web-01", **ACCEPT)
    begun = run.journal.last("roll_back_begun")
    assert begun is not None
    assert "taken: run" not in told(run)
    back = resumed(session, begun.facts["by_run"], confirm="web-01").wait()
    assert back.state == "success"
    again = resumed(session, run.run_id)
    assert f"taken: run {back.run_id}" in told(again)


def test_a_way_back_that_is_refused_leaves_no_trace(session: Session) -> None:
    run = execute(session, safety_backup=True).wait()
    entries = len(run.journal.entries)
    for name in (None, "web-02"):
        with pytest.raises(errors.ConfirmationNeeded):
            run.roll_back(name, **ACCEPT)
    with pytest.raises(errors.InvalidRequest, match="not acknowledged"):
        run.roll_back("web-01", safety_backup=False)
    assert len(run.journal.entries) == entries
    assert len(session.restores()) == 1


def test_only_the_plan_of_the_way_back_is_taken_for_it(session: Session) -> None:
    run = execute(session, safety_backup=True).wait()
    made = run.journal.last("safety_backup_made")
    assert made is not None
    plan = session.plan_restore(made.facts["backup_id"], "web-01")
    other = session.plan_restore("clean-web-01")
    part = replace(plan, disks={})
    for wrong in (other, part):
        with pytest.raises(errors.InvalidRequest, match="not the plan of the way back"):
            run.roll_back("web-01", plan=wrong, **ACCEPT)
    assert run.roll_back("web-01", plan=plan, **ACCEPT).wait().state == "success"


@pytest.mark.parametrize("safety_backup", [True, False])
def test_where_there_is_no_way_back_it_is_said_why(session: Session, safety_backup: bool) -> None:
    run = execute(session, safety_backup=safety_backup)
    with pytest.raises(errors.InvalidRequest, match="the service has not ended it"):
        run.roll_back("web-01", **ACCEPT)
    run.wait()
    if not safety_backup:
        with pytest.raises(errors.InvalidRequest, match="made no safety backup"):
            run.roll_back("web-01", **ACCEPT)


def test_nobody_goes_back_twice_by_accident(session: Session) -> None:
    run = execute(session, safety_backup=True).wait()
    back = run.roll_back("web-01", **ACCEPT).wait()
    with pytest.raises(errors.Conflict, match=f"{back.run_id} has gone back on .* already"):
        resumed(session, run.run_id).roll_back("web-01", **ACCEPT)
    assert restores(session) == 2
