"""A process that is killed at any moment: resumed, exactly one restore is done, and proved.

The cloud is kept in a file, so that it survives the child that opened it, like a service
would. The child is killed by SIGKILL, which nothing can catch.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import cbr_notebook as cbr
from cbr_notebook import Session, errors
from cbr_notebook.runbook.journal import journal as journal_module
from cbr_notebook.runbook.journal.journal import Journal
from cbr_notebook.runbook.run.run import RestoreRun
from cbr_notebook.simulator.http.local_transport import CloudTransport
from cbr_notebook.simulator.server import CloudServer
from tests.runbook.situations import after_the_attack, is_back, restores

Kill = Callable[[], None]


@pytest.fixture(scope="module")
def cloud_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A cloud with a spoilt server, in a file, and the manifest of the server's files."""
    path = tmp_path_factory.mktemp("cloud") / "cloud.state"
    session, manifest = after_the_attack(sizes=(1, 1))
    with session:
        session.cloud.snapshot(path)
    return path, manifest


def whole_run(session: Session) -> None:
    """Do what the child does, if it lives."""
    run = session.plan_restore("clean-web-01").execute(confirm="web-01")
    run.wait()
    run.verify()


def killed(state: Path, prepare: Callable[[Session, Kill], None]) -> bool:
    """Carry a run out in a child that kills itself when told to; whether it was killed."""
    child = os.fork()
    if child == 0:
        try:
            session = cbr.simulate("empty", state=state)
            prepare(session, lambda: os.kill(os.getpid(), signal.SIGKILL))
            whole_run(session)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def finished(session: Session, folder: Path, manifest: dict[str, Any]) -> RestoreRun | None:
    """Resume what a killed child left, and check that all is well; return its run if it began."""
    runs = list(session.restores()["run_id"])
    if not runs:
        assert restores(session) == 0
        return None
    (run_id,) = runs
    run = session.resume_restore(run_id, confirm="web-01")
    assert isinstance(run, RestoreRun)
    run.wait()
    assert run.verify(manifest=manifest)
    assert restores(session) == 1
    assert is_back(session)
    assert len(session.backups(name=f"before-{run_id}")) == 1
    for suffix in ("html", "json"):
        report = run.report(folder / f"report.{suffix}")
        assert cbr.verify_report(report, folder=folder)
    document = json.loads((folder / "report.json").read_text("utf-8"))
    tables = document["runs"][0]["tables"]
    assert tables["In short"]["State"] == "success"
    assert tables["In short"]["Times asked"] == "1"
    assert all(row["Outcome"] == "pass" for row in tables["Verification after"])
    told = [row["What"] for row in tables["Time line"]]
    assert told.count("task ended") == 1
    assert told[0] == "confirmed"
    return run


@pytest.fixture(scope="module")
def entries(
    cloud_file: tuple[Path, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> int:
    """How many entries the journal of an undisturbed run has."""
    folder = tmp_path_factory.mktemp("undisturbed")
    state = folder / "cloud.state"
    shutil.copy(cloud_file[0], state)
    with pytest.MonkeyPatch.context() as patch, cbr.simulate("empty", state=state) as session:
        patch.setenv("CBR_RUNBOOK_FOLDER", str(folder))
        whole_run(session)
    (path,) = folder.glob("*.jsonl")
    return len(Journal(path).entries)


def kill_at(number: int, how: str) -> Callable[[Session, Kill], None]:
    """Kill before, in the middle of, or after the writing of an entry."""

    def prepare(session: Session, kill: Kill) -> None:
        append, dump = Journal.append, json.dumps

        def counted(self: Journal, *arguments: Any, **facts: Any) -> Any:
            next_one = len(self.entries) + 1
            if next_one == number and how == "before":
                kill()
            if next_one == number and how == "torn":
                # The first half of the line reaches the disk.
                line = dump({"number": number, "at": "2020-08-17T0"})[:30]
                with self.path.open("ab") as file:
                    file.write(line.encode())
                kill()
            entry = append(self, *arguments, **facts)
            if next_one == number:
                kill()
            return entry

        journal_module.Journal.append = counted  # type: ignore[method-assign]

    return prepare


@pytest.mark.parametrize("how", ["before", "torn", "after"])
@pytest.mark.parametrize("part", range(4))
def test_killed_at_every_entry_of_the_journal(
    cloud_file: tuple[Path, dict[str, Any]],
    entries: int,
    tmp_path: Path,
    folder: Path,
    how: str,
    part: int,
) -> None:
    original, manifest = cloud_file
    assert entries > 40
    begun = 0
    for number in range(1 + part, entries + 1, 4):
        where = folder / str(number)
        where.mkdir()
        os.environ["CBR_RUNBOOK_FOLDER"] = str(where)
        state = tmp_path / f"{number}.state"
        shutil.copy(original, state)
        assert killed(state, kill_at(number, how)), number
        with cbr.simulate("empty", state=state) as session:
            run = finished(session, where, manifest)
            # Only a run whose first entry was not wholly written is as if it had never been.
            assert (run is None) == (number == 1 and how != "after"), number
            begun += run is not None
        state.unlink()
    assert begun >= entries // 4 - 1


def kill_around(when: str, path_end: str) -> Callable[[Session, Kill], None]:
    """Kill when a POST is on its way to the service, or its answer on the way back."""

    def prepare(session: Session, kill: Kill) -> None:
        carry = CloudTransport.handle_request

        def handle(self: CloudTransport, request: httpx.Request) -> httpx.Response:
            concerned = request.method == "POST" and request.url.path.endswith(path_end)
            if concerned and when == "not arrived":
                kill()
            answer = carry(self, request)
            if concerned:
                kill()
            return answer

        CloudTransport.handle_request = handle  # type: ignore[method-assign]

    return prepare


@pytest.mark.parametrize("path_end", ["/restore", "/checkpoints"])
@pytest.mark.parametrize("when", ["not arrived", "not heard"])
@pytest.mark.parametrize("lag", [0, 90])
@pytest.mark.parametrize("days_later", [0, 3])
def test_killed_between_asking_and_hearing_the_answer(
    cloud_file: tuple[Path, dict[str, Any]],
    tmp_path: Path,
    folder: Path,
    path_end: str,
    when: str,
    lag: int,
    days_later: int,
) -> None:
    original, manifest = cloud_file
    state = tmp_path / "cloud.state"
    shutil.copy(original, state)
    with cbr.simulate("empty", state=state) as session:
        session.cloud.options["task_list_lag_seconds"] = lag
    assert killed(state, kill_around(when, path_end))
    with cbr.simulate("empty", state=state) as session:
        session.cloud.advance(days=days_later)
        (run_id,) = session.restores()["run_id"]
        # What would be lost by now is more than what was confirmed.
        if path_end == "/checkpoints" or when == "not arrived":
            asked = path_end == "/restore"
            with pytest.raises(errors.ConnectionFailed if asked else errors.ConfirmationNeeded):
                session.resume_restore(run_id)
            session.resume_restore(run_id, confirm="web-01")
        run = finished(session, folder, manifest)
        assert run is not None
        not_done = run.journal.last("restore_not_done")
        assert (not_done is not None) == (path_end == "/restore" and when == "not arrived")


def test_killed_twice_and_resumed_by_a_third(
    cloud_file: tuple[Path, dict[str, Any]], tmp_path: Path, folder: Path
) -> None:
    original, manifest = cloud_file
    state = tmp_path / "cloud.state"
    shutil.copy(original, state)
    assert killed(state, kill_around("not arrived", "/restore"))
    child = os.fork()
    if child == 0:
        try:
            session = cbr.simulate("empty", state=state)
            prepare = kill_around("not heard", "/restore")
            prepare(session, lambda: os.kill(os.getpid(), signal.SIGKILL))
            session.resume_restore(session.restores()["run_id"][0], confirm="web-01")
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    with cbr.simulate("empty", state=state) as session:
        assert finished(session, folder, manifest) is not None


# -- over TCP, with another clock ---------------------------------------------------------------

CHILD = """
import json, sys
import cbr_notebook as cbr
who = json.loads(sys.stdin.readline())
session = cbr.connect(
    endpoint=who["url"], iam_endpoint=who["url"], user_name=who["user_name"],
    password=who["password"], domain_name=who["domain_name"], project_id=who["project_id"],
)
session.plan_restore("clean-web-01").execute(
    confirm="web-01", safety_backup=False, acknowledge=["safety backup"]
)
"""


class Served:
    """A cloud behind a port, which kills its client when asked for a restore."""

    def __init__(self, arrives: bool) -> None:
        self.session, self.manifest = after_the_attack(sizes=(1, 1))
        self.cloud = self.session.cloud
        self.arrives = arrives
        self.client: subprocess.Popen[str] | None = None
        self.server = CloudServer(self.cloud, application=self)
        self.thread = threading.Thread(target=self.server.serve)
        self.thread.start()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"].endswith("/restore"):
            assert self.client is not None
            self.client.kill()
            self.client.wait()
            if not self.arrives:
                start_response("503 Service Unavailable", [])
                return [b""]
        return self.cloud.wsgi(environ, start_response)

    def largest_body(self, environ: dict[str, Any]) -> int:
        return self.cloud.wsgi.largest_body(environ)

    def run_client(self, folder: Path) -> int:
        """Start a client in a process of its own and wait for its end."""
        account = self.cloud.credentials
        said = {
            name: getattr(account, name)
            for name in ("user_name", "password", "domain_name", "project_id")
        }
        self.client = subprocess.Popen(
            [sys.executable, "-c", CHILD],
            stdin=subprocess.PIPE,
            text=True,
            env=os.environ | {"CBR_RUNBOOK_FOLDER": str(folder)},
        )
        assert self.client.stdin is not None
        self.client.stdin.write(json.dumps(said | {"url": self.server.base_url}) + "\n")
        self.client.stdin.close()
        return self.client.wait()


@pytest.fixture(params=[True, False], ids=["arrived", "never arrived"])
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    made = Served(request.param)
    try:
        yield made
    finally:
        made.server.stop()
        made.thread.join()


def test_a_client_killed_on_the_wire_is_taken_up_by_one_with_another_clock(
    served: Served, folder: Path
) -> None:
    assert served.run_client(folder) == -signal.SIGKILL
    session = served.session
    (run_id,) = session.restores()["run_id"]
    assert session.restores()["state"].tolist() == ["asked"]
    # By its clock, the confirmation is years away.
    run = session.resume_restore(run_id, confirm="web-01")
    assert isinstance(run, RestoreRun)
    assert run.wait().verify(manifest=served.manifest)
    assert restores(session) == 1
    assert is_back(session)
    assert cbr.verify_report(run.report(folder / "report.html"), folder=folder)
    assert served.cloud.credentials.password not in run.journal.path.read_text("utf-8")
