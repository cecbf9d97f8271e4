"""What a watch costs, what a person sees of it, and when it ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session, errors
from cbr_notebook.runbook.journal import ledger
from cbr_notebook.runbook.journal.journal import Journal
from cbr_notebook.runbook.run.restore_task import tasks_of_other_runs
from tests.runbook.situations import execute, restores, resumed, spoilt


def test_an_hour_of_restoring_costs_ninety_requests_and_its_end_is_noticed_in_a_minute(
    session: Session,
) -> None:
    spoilt(session, "big-01", (2359, 1))
    run = execute(session, "big-01")
    before = session.client.transport.requests
    run.wait()
    ended = run.journal.last("task_ended")
    assert ended is not None
    task = session.client.tasks.show(str(run.task_id))
    began, end = (cbr_time(each) for each in (task.created_at, task.ended_at))
    assert (end - began).total_seconds() == pytest.approx(3600, abs=5)
    assert session.client.transport.requests - before - 1 <= 90
    noticed = cbr_time(ended.at)
    assert (noticed - end).total_seconds() <= 61


def test_a_restore_with_a_safety_backup_costs_at_most_65_requests(tmp_path: Path) -> None:
    with cbr.simulate() as session:
        backup = session.backups(resource="web-01", status="available").iloc[0]["id"]
        plan = session.plan_restore(backup)
        sent: list[str] = []
        session.client.transport.on_request = lambda request: sent.append(request.path)
        run = plan.execute("web-01", acknowledge=plan.warnings, folder=tmp_path)
        run.wait()
        assert run.verify().failed == ()
        assert len(sent) <= 65
        # Two looks at all that counts, 20 and 21 at tasks, and what the two acts and the
        # verification need besides; each look at a plan is nine requests.
        looks = [path for path in sent if "/operation-logs/" in path]
        assert len(sent) - len(looks) <= 26


def test_a_look_for_the_task_reads_no_journal_but_those_of_other_runs(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = execute(session)
    first.wait()
    second = execute(session)
    read: list[Path] = []

    def opened(path: Path) -> Journal:
        read.append(path)
        return Journal(path)

    monkeypatch.setattr(ledger, "Journal", opened)
    assert tasks_of_other_runs(second) == {first.task_id}
    assert read == [first.journal.path]


def cbr_time(text: str | None) -> Any:
    from datetime import UTC, datetime

    assert text
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def test_a_person_who_waits_sees_bars(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    def seen() -> str:
        return "".join(capsys.readouterr())

    run = execute(session, safety_backup=True)
    assert "Backing up web-01 first: 100%" in seen()
    run.wait()
    assert "Restoring web-01: 100%" in seen()
    session.cloud.ransomware("web-01")
    execute(session, on_progress=lambda progress: None).wait()
    assert seen() == ""


def test_a_task_that_never_appears_is_not_waited_for_for_ever(session: Session) -> None:
    session.cloud.options["restore_answers_empty"] = 1
    session.cloud.options["task_list_lag_seconds"] = 1_000_000
    run = execute(session)
    assert (run.state, run.task_id) == ("running", None)
    with pytest.raises(errors.WaitTimeout, match="does not appear"):
        run.wait()
    session.cloud.options["task_list_lag_seconds"] = 0
    resumed(session, run.run_id).wait()
    assert restores(session) == 1
