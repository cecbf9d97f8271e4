"""Whatever goes wrong on the wire, in whatever order: one restore, one safety backup."""

from __future__ import annotations

import os
import tempfile
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import cbr_notebook as cbr
from cbr_notebook import Session, errors
from cbr_notebook.runbook.run.restore_plan import RestorePlan
from cbr_notebook.runbook.run.run import RestoreRun
from tests.runbook.situations import after_the_attack, is_back, restores

OPERATIONS = (
    "restore_backup", "create_checkpoint", "list_op_logs", "show_op_log", "show_backup",
    "list_protectable", "list_backups", "*",
)  # fmt: skip
TROUBLES = ("cut before", "cut after", "html", "truncated", 429, 500, 502, 503, 504)

KINDS, TIMES = 5, 8  # of faults, and of each at most
FAULTS = st.lists(
    st.tuples(st.sampled_from(OPERATIONS), st.sampled_from(TROUBLES), st.integers(1, TIMES)),
    max_size=KINDS,
)


def planned(session: Session) -> RestorePlan:
    """Plan the restore, as often as it takes until the service answers."""
    for _ in range(KINDS * TIMES + 1):
        try:
            return session.plan_restore("clean-web-01")
        except errors.CBRError:
            continue
    raise AssertionError("no plan can be made")


def brought_to_its_end(session: Session, faults: list[tuple[str, Any, int]]) -> RestoreRun:
    """Carry a restore out through the faults as a patient person would; return its run."""
    plan = planned(session)
    for operation, what, times in faults:
        session.cloud.fail(operation, what, times=times)
    try:
        return plan.execute(confirm="web-01").wait()
    except errors.CBRError:
        pass
    for attempt in range(12):
        if attempt == 10:
            session.cloud.heal()
        runs = session.restores()
        if runs.empty:
            return brought_to_its_end(session, [])
        try:
            run = session.resume_restore(runs["run_id"][0], confirm="web-01")
            assert isinstance(run, RestoreRun)
            return run.wait()
        except errors.CBRError:
            assert "stopped" not in runs["state"].tolist()
    raise AssertionError("the run does not come to its end")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(
    faults=[
        ("show_op_log", "cut after", 8),
        ("create_checkpoint", "cut before", 2),
        ("show_backup", "truncated", 14),
    ],
    lag=200,
    empty_answer=0,
)
@given(
    faults=FAULTS,
    lag=st.sampled_from([0, 0, 20, 200]),
    empty_answer=st.sampled_from([0, 1]),
)
def test_one_restore_comes_of_one_plan_through_any_storm(
    faults: list[tuple[str, Any, int]], lag: int, empty_answer: int
) -> None:
    session, manifest = after_the_attack(sizes=(1, 1))
    with tempfile.TemporaryDirectory() as folder, session:
        os.environ["CBR_RUNBOOK_FOLDER"] = folder
        session.cloud.options["task_list_lag_seconds"] = lag
        session.cloud.options["restore_answers_empty"] = empty_answer
        run = brought_to_its_end(session, faults)
        session.cloud.heal()
        assert run.verify(manifest=manifest)
        assert restores(session) == 1
        assert is_back(session)
        assert len(session.backups(name=f"before-{run.run_id}")) == 1
        assert len(session.restores()) == 1
        assert cbr.verify_report(run.report(f"{folder}/r.html"), folder=folder)
