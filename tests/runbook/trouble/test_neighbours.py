"""What is true of one restore is true of its way back, a group and a disk, and of any answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from cbr_notebook import Session, errors
from cbr_notebook.runbook.group.resume import find
from tests.runbook.situations import execute, is_back, restores, resumed
from tests.runbook.trouble.test_truth import is_restore, on_the_way

PLAIN: dict[str, Any] = {"safety_backup": False, "acknowledge": ["safety backup"]}


def group(session: Session) -> None:
    session.plan_restores([{"backup": "clean-web-01"}]).execute(confirm=["web-01"], **PLAIN).wait()


def way_back(session: Session) -> None:
    run = resumed(session, session.restores()["run_id"].iloc[-1])
    run.roll_back("web-01", **PLAIN).wait()


@pytest.mark.parametrize("status", [429, 502, 400])
@pytest.mark.parametrize("ask", [group, way_back])
def test_a_group_and_a_way_back_ask_once_whatever_is_answered(
    session: Session, ask: Callable[[Session], None], status: int
) -> None:
    before = 0
    if ask is way_back:
        execute(session, safety_backup=True).wait()
        before = 1
    asked: list[httpx.Request] = []

    def gateway(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        if not is_restore(request):
            return answer
        asked.append(request)
        return httpx.Response(status, text="{}", request=request)

    with on_the_way(gateway):
        ask(session)
    assert len(asked) == 1
    assert restores(session) == before + 1


def test_a_group_planned_another_day_and_one_restored_meanwhile_are_refused(
    session: Session,
) -> None:
    old = session.plan_restores([{"backup": "clean-web-01"}])
    session.cloud.advance(days=2)
    with pytest.raises(errors.Conflict, match=r"2 d 0 h 0 min ago"):
        old.execute(confirm=["web-01"], **PLAIN)
    fresh = session.plan_restores([{"backup": "clean-web-01"}])
    session.as_user("ada").restore("clean-web-01", confirm="web-01").wait(progress=False)
    with pytest.raises(errors.TaskFailed, match="restore of it was begun by somebody since"):
        fresh.execute(confirm=["web-01"], **PLAIN).wait()
    assert restores(session) == 1


def test_a_failed_restore_of_somebody_else_is_not_called_a_restored_target(
    session: Session,
) -> None:
    plan = session.plan_restore("clean-web-01")
    disk = session.cloud.server("web-01").disk("vda")
    disk.set_trait("restore_fails", "BackupService.7000")
    with pytest.raises(errors.TaskFailed):
        session.as_user("ada").restore("clean-web-01", confirm="web-01").wait(progress=False)
    disk.set_trait("restore_fails", None)
    with pytest.raises(errors.Conflict, match=r"begun by somebody since .*: failed\."):
        plan.execute(confirm="web-01", **PLAIN)
    assert restores(session) == 1


@pytest.mark.parametrize("answer", [503, "cut after"])
def test_a_safety_backup_whose_answer_was_lost_is_made_once(
    session: Session, answer: int | str
) -> None:
    asked: list[httpx.Request] = []

    def gateway(request: httpx.Request, answered: httpx.Response) -> httpx.Response:
        if request.method != "POST" or not request.url.path.endswith("/checkpoints") or asked:
            return answered
        asked.append(request)
        if answer == "cut after":
            raise httpx.ReadError("cut", request=request)
        return httpx.Response(503, text="no healthy upstream", request=request)

    with on_the_way(gateway):
        try:
            plan = session.plan_restore("clean-web-01")
            plan.execute(confirm="web-01", on_progress=lambda _: None).wait()
        except errors.CBRError:
            run_id = session.restores()["run_id"].iloc[0]
            resumed(session, run_id, confirm="web-01", on_progress=lambda _: None).wait()
    assert len(session.backups(resource="web-01")) == 2  # the one that was there, and one
    assert restores(session) == 1
    assert is_back(session)


def test_a_plan_from_before_the_clock_was_set_back_is_not_called_old(session: Session) -> None:
    plan = session.plan_restore("clean-web-01")
    session.poller.clock = lambda: session.cloud.now - timedelta(days=3)
    with pytest.raises(errors.Conflict, match=r"by this computer's clock that is only in 3 d"):
        plan.execute(confirm="web-01", **PLAIN)
    assert restores(session) == 0


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (True, "verified"), (None, "verified"), (False, "failed"), (0, "failed"), ([], "failed"),
        ("", "unknown"), ("fine", "unknown"), (b"ERROR", "unknown"), (1, "unknown"),
        ({"error": "down"}, "unknown"), ((False, "down"), "unknown"),
        (OSError("down"), "unknown"), (float("nan"), "unknown"),
    ],
)  # fmt: skip
def test_only_true_false_and_no_error_say_how_it_is(
    session: Session, answer: Any, outcome: str
) -> None:
    found = execute(session).wait().verify({"orders": lambda _: answer})
    assert found.outcome == outcome


def test_a_reader_that_gives_no_checksum_has_not_looked(session: Session) -> None:
    taken = session.take_manifest("web-01")
    run = execute(session).wait()
    assert run.verify(manifest=taken, checksum=lambda *_: "").outcome == "unknown"


@pytest.mark.parametrize("lag", [900, 100_000])
def test_a_safety_backup_whose_task_is_not_shown_is_looked_for_each_minute_and_not_for_ever(
    session: Session, lag: int
) -> None:
    pauses: list[float] = []
    sleep = session.poller.sleep

    def slept(seconds: float) -> None:
        pauses.append(seconds)
        sleep(seconds)

    session.poller.sleep = slept
    session.cloud.options["task_list_lag_seconds"] = lag
    plan = session.plan_restore("clean-web-01")
    if lag == 900:
        plan.execute(confirm="web-01").wait()
    else:
        with pytest.raises(errors.ConnectionFailed, match="has not appeared in 60 minutes"):
            plan.execute(confirm="web-01")
    assert max(pauses) <= 60
    assert restores(session) == (lag == 900)


def test_a_cut_journal_is_not_told_as_not_asked_and_no_report_is_signed(session: Session) -> None:
    run = execute(session).wait()
    lines = run.journal.path.read_bytes().splitlines(keepends=True)
    run.journal.path.write_bytes(lines[0])
    assert session.restores()["state"].tolist() == ["asked"]
    cut = find(session, run.run_id)
    with pytest.raises(errors.InvalidRequest, match="was cut off"):
        cut.report(run.folder / "r.html")
    assert "given up" in cut.cancel()
