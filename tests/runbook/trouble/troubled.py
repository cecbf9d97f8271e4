"""A night of trouble on a simulated cloud, and what was truly done in it.

Several people restore two servers, each by itself or both as a group. The wire answers anything
after the work, lists lag and lie, clocks jump, processes are killed, journals are cut off, copied
and deleted. ``began`` is what the cloud itself did, whatever anybody was told.
"""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from cbr_notebook import Session, errors
from cbr_notebook.runbook.journal.journal import Entry, Journal
from cbr_notebook.runbook.run.run import RestoreRun
from tests.runbook.situations import is_back

SERVERS = ("web-01", "db-01")
PEOPLE = ("operator", "ada", "bob")
ANSWERS: tuple[tuple[int, str], ...] = (
    (200, "{}"), (202, "<html>"), (302, ""), (400, "{}"), (401, "<html>sign in"), (403, ""),
    (404, ""), (429, ""), (500, ""), (502, "<html>"), (503, "no healthy upstream"), (504, ""),
    (400, '{"error_code": "BackupService.2010", "error_msg": "It is being restored"}'),
    (409, '{"error_code": "BackupService.9999", "error_msg": "Conflict"}'),
)  # fmt: skip
LISTS = ("hides the newest", "is empty", "is of something else")


class Killed(BaseException):
    """The process ends here; nothing of ours catches it."""


class Night:
    """A cloud with spoilt servers, the people who restore it, and what was truly done."""

    def __init__(
        self, session: Session, folder: Path, seed: int, manifests: dict[str, dict[str, Any]]
    ) -> None:
        self.random = random.Random(seed)
        self.cloud, self.folder, self.manifests = session.cloud, folder, manifests
        self.copied = folder.with_name(folder.name + "-copied")
        self.watcher = session
        """Sees the cloud as it is."""
        self.clock = dict.fromkeys(PEOPLE, timedelta())
        self.people = {name: self._person(name) for name in PEOPLE}
        self.began: dict[str, list[str]] = {}
        """The restore tasks that a run truly began, by its ID; ``console`` for others."""
        self.sent: Counter[str] = Counter()
        """How many requests for a restore each run sent."""
        self.sent_before = self.began_before = 0
        """How many of them, and how many restores, before the call that is made now."""
        self.ever: set[str] = set()
        """The IDs of all runs that there ever were."""
        self.told: list[str] = []
        """What happened, for whoever reads a failure."""
        self.asking = "console"
        self.answers: list[Any] = []
        self.kill_in: int | None = None
        self.lie = ""

    def _person(self, name: str) -> Session:
        person = self.watcher.as_user(name)
        person.poller.clock = lambda: self.cloud.now + self.clock[name]
        return person

    # -- the wire and the disk -----------------------------------------------------------------

    @contextmanager
    def trouble(self) -> Iterator[None]:
        """Disturb the wire and the journals as the night says, while this lasts."""
        plain, append = httpx.Client.send, Journal.append

        def send(client: httpx.Client, request: httpx.Request, **more: Any) -> httpx.Response:
            if request.method == "POST" and request.url.path.endswith("/restore"):
                return self._restore(lambda: plain(client, request, **more), request)
            answer = plain(client, request, **more)
            if self.lie and request.url.path.endswith("/operation-logs"):
                answer.read()
                return self._lying(request, answer)
            return answer

        def noted(journal: Journal, *arguments: Any, **facts: Any) -> Entry:
            if self.kill_in is not None:
                self.kill_in -= 1
                if self.kill_in < 0:
                    self.kill_in = None
                    raise Killed
            entry = append(journal, *arguments, **facts)
            if entry.kind == "restore_intended":
                self.asking = journal.path.stem
            return entry

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(httpx.Client, "send", send)
            patched.setattr(Journal, "append", noted)
            yield

    def _restore(
        self, carry: Callable[[], httpx.Response], request: httpx.Request
    ) -> httpx.Response:
        how = self.answers.pop(0) if self.answers else None
        run_id, self.asking = self.asking, "console"
        self.sent[run_id] += 1
        if how == "never arrives":
            raise httpx.ReadError("cut", request=request)
        if how == "killed before":
            raise Killed
        before = set(self.tasks())
        answer = carry()
        answer.read()
        self.began.setdefault(run_id, []).extend(sorted(set(self.tasks()) - before))
        if how == "killed after":
            raise Killed
        if how == "cut after":
            raise httpx.ReadError("cut", request=request)
        if how is not None:
            return httpx.Response(how[0], text=how[1], request=request)
        return answer

    def _lying(self, request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        if answer.status_code != 200 or not answer.text.startswith("{"):
            return answer
        document = answer.json()
        rows = document.get("operation_logs")
        if rows:
            if self.lie == "hides the newest":
                rows = rows[1:]
            elif self.lie == "is empty":
                rows = []
            else:
                rows = [row for row in rows if row["operation_type"] != "restore"]
            document |= {"operation_logs": rows, "count": len(rows)}
        return httpx.Response(answer.status_code, json=document, request=request)

    def tasks(self) -> dict[str, dict[str, Any]]:
        """Return the restores that there truly are, by their task's ID: from the cloud's tables."""
        with self.cloud._engine.work():
            rows = self.cloud._engine.state.all(
                "SELECT id, status, extra_info FROM task WHERE operation_type = 'restore'"
            )
        return {
            row["id"]: {
                "status": row["status"],
                "backup": json.loads(row["extra_info"]).get("restore", {}).get("backup_id"),
            }
            for row in rows
        }

    def is_restored(self, server: str) -> bool:
        """Return whether the files of the backup are on the disks of a server now."""
        return is_back(self.watcher, server)

    # -- what people do ------------------------------------------------------------------------

    def happen(self, steps: int) -> None:
        """Run a number of happenings, one after the other."""
        acts = (
            self.execute, self.execute, self.execute_a_group,
            self.resume, self.resume, self.resume, self.resume_a_copy, self.cancel,
            self.cut_a_journal, self.copy_the_journals, self.lose_a_journal,
            self.restore_by_console, self.roll_back, self.verify, self.pass_time, self.set_a_clock,
            self.break_the_restore, self.break_the_service,
        )  # fmt: skip
        first = self.random.choice([self.execute, self.execute_a_group])
        for number in range(steps):
            act = first if number == 0 else self.random.choice(acts)
            self.told.append(act.__name__)
            self._prepare()
            self.call()
            try:
                act()
            except Killed:
                self.told.append("  killed")
            except errors.CBRError as problem:
                self.told.append(f"  {type(problem).__name__}: {problem}")
                self.on_error(problem)
            self.kill_in = None
            self.ever |= {*self.runs(), *(self.runs(self.copied) if self.copied.exists() else ())}

    on_error: Callable[[errors.CBRError], None] = staticmethod(lambda _: None)
    """Reads what an error says, at the moment when it says it."""
    on_cancelled: Callable[[str, str], None] = staticmethod(lambda *_: None)
    """Reads what a cancel says of a run or group, at the moment when it says it."""
    on_verified: Callable[[RestoreRun, Any], None] = staticmethod(lambda *_: None)
    """Reads what a verification says, at the moment when it says it."""

    def call(self) -> None:
        """Note what there was before a call, against which its error is held."""
        self.sent_before = sum(self.sent.values())
        self.began_before = sum(map(len, self.began.values()))

    def _prepare(self) -> None:
        """Arm what may go wrong with the next act."""
        chance = self.random.random
        self.answers = []
        if chance() < 0.7:
            self.answers = [
                self.random.choice(
                    [*ANSWERS, "never arrives", "killed before", "killed after", "cut after"]
                )
            ]
        if chance() < 0.3:
            self.kill_in = self.random.randrange(60)
        self.lie = self.random.choice(LISTS) if chance() < 0.25 else ""
        self.cloud.options["task_list_lag_seconds"] = self.random.choice([0, 0, 0, 60, 900, 50_000])

    def person(self) -> Session:
        return self.people[self.random.choice(PEOPLE)]

    def server(self) -> str:
        return self.random.choice(SERVERS)

    def runs(self, folder: Path | None = None) -> list[str]:
        return [each for each in self.all_runs(folder) if not each.startswith("group")]

    def all_runs(self, folder: Path | None = None) -> list[str]:
        """Return the IDs of runs and of groups."""
        return sorted(path.stem for path in (folder or self.folder).glob("*.jsonl"))

    def some_run(self, folder: Path | None = None, *, group: bool = False) -> str | None:
        there = self.all_runs(folder) if group else self.runs(folder)
        return self.random.choice(there) if there else None

    def execute(self) -> None:
        server = self.server()
        plan = self.person().plan_restore(f"clean-{server}")
        first = self.random.random() < 0.5
        names = [*plan.warnings, *(() if first else ("safety backup",))]
        run = plan.execute(
            server, acknowledge=names, safety_backup=first, folder=self.folder,
            on_progress=lambda _: None,
        )  # fmt: skip
        self.call()
        if self.random.random() < 0.6:
            run.wait()

    def execute_a_group(self) -> None:
        first, second = self.random.sample(SERVERS, 2)
        after = [first] if self.random.random() < 0.5 else []
        plan = self.person().plan_restores(
            [{"backup": f"clean-{first}"}, {"backup": f"clean-{second}", "after": after}]
        )
        warned = {name for member in plan.members for name in member.plan.warnings}
        safe = self.random.random() < 0.3
        group = plan.execute(
            SERVERS, acknowledge=[*warned, *(() if safe else ("safety backup",))],
            safety_backup=safe, folder=self.folder, on_progress=lambda _: None,
            parallel=self.random.choice([1, 2]),
            on_failure=self.random.choice(["stop", "continue"]),
        )  # fmt: skip
        self.call()
        if self.random.random() < 0.6:
            group.wait()

    def resume(self, folder: Path | None = None) -> None:
        run_id = self.some_run(folder, group=True)
        if run_id is None:
            return
        confirm = SERVERS if self.random.random() < 0.8 else None
        run = self.person().resume_restore(
            run_id, confirm=confirm, folder=folder or self.folder, on_progress=lambda _: None
        )
        self.call()
        if self.random.random() < 0.7:
            run.wait()

    def resume_a_copy(self) -> None:
        if self.copied.exists():
            self.resume(self.copied)

    def cancel(self) -> None:
        run_id = self.some_run(group=True)
        if run_id is not None:
            said = self.person().cancel_restore(run_id, folder=self.folder)
            self.told.append(f"  {said}")
            self.on_cancelled(run_id, said)

    def cut_a_journal(self) -> None:
        run_id = self.some_run()
        if run_id is None:
            return
        path = self.folder / f"{run_id}.jsonl"
        lines = path.read_bytes().splitlines(keepends=True)
        if len(lines) > 1:
            path.write_bytes(b"".join(lines[: self.random.randrange(1, len(lines))]))

    def copy_the_journals(self) -> None:
        shutil.rmtree(self.copied, ignore_errors=True)
        shutil.copytree(self.folder, self.copied)

    def lose_a_journal(self) -> None:
        run_id = self.some_run()
        if run_id is not None and self.random.random() < 0.3:
            (self.folder / f"{run_id}.jsonl").unlink()

    def restore_by_console(self) -> None:
        self.kill_in, self.answers = None, []
        self.asking = "console"
        server = self.server()
        self.person().restore(f"clean-{server}", confirm=server)

    def resumed(self) -> RestoreRun | None:
        """Return some run, taken up by somebody."""
        run_id = self.some_run()
        if run_id is None:
            return None
        run = self.person().resume_restore(run_id, folder=self.folder, on_progress=lambda _: None)
        assert isinstance(run, RestoreRun)
        self.call()
        return run

    def roll_back(self) -> None:
        if (run := self.resumed()) is None:
            return
        back = run.roll_back(
            run.target["name"], acknowledge=["safety backup"], safety_backup=False,
            on_progress=lambda _: None,
        )  # fmt: skip
        self.call()
        back.wait()

    def verify(self) -> None:
        if (run := self.resumed()) is None:
            return
        manifest = self.manifests[run.target["name"]]
        found = run.verify(manifest=manifest if self.random.random() < 0.7 else None)
        self.on_verified(run, found)

    def pass_time(self) -> None:
        self.cloud.advance(minutes=self.random.choice([1, 10, 65, 300, 2000]))

    def set_a_clock(self) -> None:
        hours = self.random.choice([-30, -2, -0.1, 0, 0.1, 3, 40])
        self.clock[self.random.choice(PEOPLE)] = timedelta(hours=hours)

    def break_the_restore(self) -> None:
        how = self.random.choice([None, "BackupService.7000"])
        self.cloud.server(self.server()).disk("vda").set_trait("restore_fails", how)

    def break_the_service(self) -> None:
        operation = self.random.choice(
            ["create_checkpoint", "list_op_logs", "show_op_log", "show_backup", "list_protectable"]
        )
        what = self.random.choice(["cut before", "html", 429, 500, 503])
        self.cloud.fail(operation, what, times=self.random.randrange(1, 9))

    def calm_down(self) -> None:
        """End all trouble."""
        self.cloud.heal()
        self.lie, self.answers, self.kill_in = "", [], None
        self.clock = dict.fromkeys(PEOPLE, timedelta())
        self.cloud.options["task_list_lag_seconds"] = 0
        for server in SERVERS:
            self.cloud.server(server).disk("vda").set_trait("restore_fails", None)
