"""Several restores as one: in their order, a bounded number at once, proved together."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import cbr_notebook as cbr
from cbr_notebook import Session, errors
from cbr_notebook.entry import on_cloud
from cbr_notebook.runbook.group.group_plan import GroupPlan
from cbr_notebook.runbook.group.group_run import GroupRun
from cbr_notebook.runbook.journal.record import Progress
from cbr_notebook.simulator import Cloud
from cbr_notebook.simulator.http.local_transport import CloudTransport
from tests.runbook.situations import is_back, restores, spoilt

NAMES = ("db-01", "app-01", "web-01", "log-01")


@pytest.fixture(scope="module")
def attacked() -> Iterator[Cloud]:
    """A cloud with four spoilt servers, of which each test gets a copy."""
    with cbr.simulate("empty") as opened:
        for number, name in enumerate(NAMES):
            spoilt(opened, name, (1 + number, 1))
        yield opened.cloud


@pytest.fixture
def session(attacked: Cloud) -> Iterator[Session]:
    with on_cloud(attacked.copy()) as opened:
        yield opened


def planned(session: Session) -> GroupPlan:
    """Return a plan: the database before the application before the web server; the log alone."""
    return session.plan_restores(
        [
            {"backup": "clean-web-01", "after": "app-01"},
            {"backup": "clean-app-01", "after": ["db-01"]},
            {"backup": "clean-db-01"},
            session.plan_restore("clean-log-01"),
        ]
    )


def execute(session: Session, **options: Any) -> GroupRun:
    options = {"safety_backup": False, "acknowledge": "safety backup"} | options
    return planned(session).execute(confirm=NAMES, **options)


def span(session: Session, name: str) -> tuple[Any, Any]:
    """Return when a target's restore began and ended."""
    (row,) = session.tasks(operation_type="restore", resource_name=name).itertuples()
    return row.started_at, row.ended_at


def test_what_others_wait_for_comes_first(session: Session) -> None:
    group = execute(session, parallel=4)
    assert group.state == "success"
    assert all(is_back(session, name) for name in NAMES)
    assert restores(session) == 4
    spans = {name: span(session, name) for name in NAMES}
    assert spans["db-01"][1] < spans["app-01"][0]
    assert spans["app-01"][1] < spans["web-01"][0]
    # What waits for nothing runs beside the first.
    assert spans["log-01"][0] < spans["db-01"][1]
    assert group.frame.set_index("target")["after"].to_dict() == {
        "db-01": "", "log-01": "", "app-01": "db-01", "web-01": "app-01",
    }  # fmt: skip
    group.wait()


@pytest.mark.parametrize("parallel", [1, 2, 3])
def test_no_more_run_at_once_than_allowed(session: Session, parallel: int) -> None:
    group = session.plan_restores([{"backup": f"clean-{name}"} for name in NAMES]).execute(
        confirm=NAMES, safety_backup=False, acknowledge=["safety backup"], parallel=parallel
    )
    assert group.state == "success"
    spans = [span(session, name) for name in NAMES]
    most = max(sum(other[0] <= begin < other[1] for other in spans) for begin, _ in spans)
    assert most == parallel


def test_safety_backups_are_made_of_all(session: Session) -> None:
    group = execute(session, safety_backup=True, acknowledge=())
    assert group.state == "success"
    for run in group.runs:
        assert len(session.backups(name=f"before-{run.run_id}")) == 1


def test_after_a_failure_no_more_are_begun(session: Session) -> None:
    session.cloud.server("db-01").disk("vda").set_trait("restore_fails", "BackupService.7000")
    group = execute(session, parallel=1)
    states = group.frame.set_index("target")["state"].to_dict()
    assert states["db-01"] == "failed"
    assert states["app-01"] == states["web-01"] == "stopped"
    assert group.state == "failed"
    with pytest.raises(errors.TaskFailed, match="of 4 restores did not succeed") as caught:
        group.wait()
    assert "db-01" in str(caught.value)
    assert not is_back(session, "web-01")


def test_or_only_what_waits_for_it_is_left_out(session: Session) -> None:
    session.cloud.server("app-01").disk("vda").set_trait("restore_fails", "BackupService.7000")
    group = execute(session, parallel=1, on_failure="continue")
    states = group.frame.set_index("target")["state"].to_dict()
    assert states == {
        "db-01": "success", "app-01": "failed", "web-01": "stopped", "log-01": "success",
    }  # fmt: skip
    assert is_back(session, "log-01")
    assert restores(session) == 3


def test_a_refusal_of_one_does_not_hinder_the_others(session: Session) -> None:
    session.cloud.fail("restore_backup", "BackupService.2010")
    group = execute(session, parallel=4, on_failure="continue")
    # The first two are asked for side by side; the refused one is either of them.
    refused = [run for run in group.runs if run.error and run.error.code == "BackupService.2010"]
    assert len(refused) == 1
    assert refused[0].target["name"] in ("db-01", "log-01")
    left_out = {"db-01": 3, "log-01": 1}[refused[0].target["name"]]
    assert restores(session) == 4 - left_out
    assert group.frame["state"].tolist().count("stopped") == left_out


def test_all_names_must_be_confirmed(session: Session) -> None:
    for confirm in ((), ("db-01",), (*NAMES, "other"), "db-01"):
        with pytest.raises(errors.ConfirmationNeeded) as caught:
            planned(session).execute(confirm=confirm)
        assert caught.value.message.count("2 disks") == 4
    assert session.restores().empty


def test_one_that_fails_its_checks_stops_all_before_anything_is_done(session: Session) -> None:
    session.cloud.server("web-01").set_status("ERROR")
    with pytest.raises(errors.Conflict, match="server status"):
        execute(session)
    assert restores(session) == 0
    assert session.restores().empty


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ([], "No restore is named"),
        ([{"backup": "clean-db-01"}, {"backup": "clean-db-01"}], "db-01 appears twice"),
        ([{"backup": "clean-db-01", "after": "mars"}], "'mars' is no target"),
        ([{"backup": "clean-db-01", "after": "db-01"}], "in a circle: db-01 waits for db-01"),
        (
            [
                {"backup": "clean-db-01", "after": "web-01"},
                {"backup": "clean-web-01", "after": "db-01"},
            ],
            "in a circle",
        ),
    ],
)
def test_orders_that_make_no_sense_are_refused(
    session: Session, wanted: list[Any], message: str
) -> None:
    with pytest.raises(errors.InvalidRequest, match=message):
        session.plan_restores(wanted)


def test_numbers_and_words_out_of_range_are_refused(session: Session) -> None:
    for options in ({"parallel": 0}, {"parallel": 33}, {"on_failure": "panic"}):
        with pytest.raises(errors.InvalidRequest) as caught:
            execute(session, **options)
        assert caught.value.field in options


def test_the_checks_of_all_are_one_table(session: Session) -> None:
    plan = planned(session)
    assert set(plan.checks["target"]) == set(NAMES)
    assert len(plan.checks) == 4 * len(session.plan_restore("clean-db-01").checks)
    assert "web-01 from clean-web-01, after app-01" in repr(plan)


@pytest.mark.parametrize("suffix", ["html", "md", "json"])
def test_one_report_covers_all(session: Session, tmp_path: Path, folder: Path, suffix: str) -> None:
    session.cloud.server("app-01").disk("vda").set_trait("restore_fails", "BackupService.7000")
    group = execute(session, on_failure="continue", rto="1h")
    path = group.report(tmp_path / f"r.{suffix}")
    assert cbr.verify_report(path, folder=folder)
    text = path.read_text("utf-8")
    path.write_text(text.replace("app-01", "app-02"), "utf-8")
    assert not cbr.verify_report(path)
    if suffix == "json":
        told = json.loads(text)
        assert told["title"] == "Restore of 4 targets"
        assert {row["Target"]: row["State"] for row in told["overview"][0]} == {
            "db-01": "success", "app-01": "failed", "web-01": "stopped", "log-01": "success",
        }  # fmt: skip
        assert [run["recovery_time_met"] for run in told["runs"]].count(True) == 2


def test_cancelling_stops_what_has_not_begun_and_says_what_goes_on(session: Session) -> None:
    def cancel(progress: Progress) -> None:
        if progress.step == "restoring" and not said:
            (group_id,) = (path.stem for path in folder.glob("group*.jsonl"))
            said.append(session.cancel_restore(group_id))

    said: list[str] = []
    folder = Path(os.environ["CBR_RUNBOOK_FOLDER"])
    group = execute(session, parallel=1, on_failure="continue", on_progress=cancel)
    lines = said[0].splitlines()
    assert len(lines) == 4
    assert sum("cannot stop a restore" in line for line in lines) == 1
    assert sum("stops before the service is asked" in line for line in lines) == 3
    assert restores(session) == 1
    states = sorted(group.frame["state"])
    assert states == ["stopped", "stopped", "stopped", "success"]


def test_requests_are_told_apart_by_run(session: Session) -> None:
    group = execute(session, parallel=4)
    for run in group.runs:
        posts = [
            entry.facts["path"]
            for entry in run.journal.entries
            if entry.kind == "request" and entry.facts["method"] == "POST"
        ]
        assert posts == [f"/v3/{session.identity.project_id}/backups/{run.backup['id']}/restore"]


@pytest.mark.parametrize("heard", [False, True])
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_group_that_is_killed_is_taken_up_and_nothing_is_done_twice(
    session: Session, tmp_path: Path, folder: Path, number: int, heard: bool
) -> None:
    state = tmp_path / "cloud.state"
    session.cloud.snapshot(state)
    carry = CloudTransport.handle_request
    asked = 0

    def handle(self: CloudTransport, request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += request.url.path.endswith("/restore")
        if asked < number:
            return carry(self, request)
        if heard:
            carry(self, request)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    child = os.fork()
    if child == 0:
        try:
            CloudTransport.handle_request = handle  # type: ignore[method-assign]
            execute(cbr.simulate("empty", state=state))
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    with cbr.simulate("empty", state=state) as again:
        (group_id,) = (path.stem for path in folder.glob("group*.jsonl"))
        group = again.resume_restore(group_id, confirm=list(NAMES))
        assert isinstance(group, GroupRun)
        assert group.wait().state == "success"
        assert restores(again) == 4
        assert all(is_back(again, name) for name in NAMES)
        assert cbr.verify_report(group.report(tmp_path / "r.html"), folder=folder)


def test_the_safety_backups_of_all_go_when_their_time_is_over(session: Session) -> None:
    group = execute(session, safety_backup=True, safety_keep_days=1)
    made = [f"before-{run.run_id}" for run in group.runs]
    assert set(made) <= set(session.backups()["name"])
    session.cloud.advance(days=1, hours=4)
    assert not set(made) & set(session.backups()["name"])


def test_targets_of_one_name_are_confirmed_and_ordered_by_their_ids() -> None:
    with cbr.simulate("empty") as session:
        spoilt(session, "web-01", (1, 1))
        twin = session.cloud.create_server("web-01", disks=(("vda", 1),))
        session.create_vault("vault-twin", size_gb=100, resources=twin.id)
        session.back_up("vault-twin", name="clean-twin").wait(progress=False)
        first = str(session.find_backup("clean-web-01").resource_id)
        wanted: list[dict[str, Any]] = [
            {"backup": "clean-twin", "after": [first]},
            {"backup": "clean-web-01"},
        ]
        plan = session.plan_restores(wanted)
        with pytest.raises(errors.ConfirmationNeeded):
            plan.execute(confirm=["web-01", "web-01"])
        group = plan.execute(
            confirm=[first, twin.id], safety_backup=False, acknowledge="safety backup"
        )
        assert [run.target["id"] for run in group.wait().runs] == [first, twin.id]
        assert restores(session) == 2
        with pytest.raises(errors.InvalidRequest, match="Several targets"):
            session.plan_restores([{"backup": "clean-twin", "after": "web-01"}, wanted[1]])
