"""The service is the truth: whatever becomes of journals, lists and answers, one restore."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

import cbr_notebook as cbr
from cbr_notebook import Session, errors
from cbr_notebook.runbook.plan.checks import Check
from cbr_notebook.runbook.run.run import RestoreRun
from tests.runbook.situations import execute, is_back, kinds, only_run, restores, resumed


@contextmanager
def on_the_way(change: Callable[[httpx.Request, httpx.Response], httpx.Response]) -> Iterator[None]:
    """Change answers on their way back."""
    plain = httpx.Client.send

    def send(self: httpx.Client, request: httpx.Request, **more: Any) -> httpx.Response:
        answer = plain(self, request, **more)
        answer.read()
        return change(request, answer)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(httpx.Client, "send", send)
        yield


def is_restore(request: httpx.Request) -> bool:
    return request.method == "POST" and request.url.path.endswith("/restore")


def without_newest_row(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
    if request.method != "GET" or not request.url.path.endswith("/operation-logs"):
        return answer
    document = answer.json()
    document["operation_logs"] = document["operation_logs"][1:]
    return httpx.Response(answer.status_code, json=document, request=request)


def cut_after(journal: Path, kind: str) -> None:
    """Cut a journal off after the first entry of a kind, in the same file."""
    lines = journal.read_bytes().splitlines(keepends=True)
    last = next(n for n, line in enumerate(lines) if json.loads(line)["kind"] == kind)
    journal.write_bytes(b"".join(lines[: last + 1]))


GATEWAYS = [
    (429, ""), (503, "no healthy upstream"), (500, "<html>"), (502, ""), (504, ""),
    (401, '{"error_code": "APIGW.0301", "error_msg": "Incorrect IAM authentication"}'),
    (403, "<html>blocked by the proxy"), (404, "<html>"), (400, "{}"), (302, ""),
    (400, '{"error_code": "BackupService.2010", "error_msg": "It is being restored"}'),
]  # fmt: skip
"""What something on the way may answer, status and body, when the service has begun the work."""


@pytest.mark.parametrize(("status", "body"), GATEWAYS)
def test_whatever_a_gateway_answers_after_the_work_it_is_asked_once_and_found(
    session: Session, status: int, body: str
) -> None:
    asked = []

    def gateway(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        if not is_restore(request):
            return answer
        asked.append(request)
        return httpx.Response(status, text=body, headers={"Retry-After": "1"}, request=request)

    with on_the_way(gateway):
        run = execute(session).wait()
    assert len(asked) == 1
    assert run.state == "success"
    assert restores(session) == 1
    assert is_back(session)


@pytest.mark.parametrize(("status", "body"), GATEWAYS[1:-1])
def test_a_safety_backup_whose_answer_a_gateway_replaced_is_found_and_not_made_twice(
    session: Session, status: int, body: str
) -> None:
    asked = []

    def gateway(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        if request.method != "POST" or not request.url.path.endswith("/checkpoints"):
            return answer
        asked.append(request)
        return httpx.Response(status, text=body, headers={"Retry-After": "1"}, request=request)

    with on_the_way(gateway):
        run = execute(session, safety_backup=True).wait()
    assert len(asked) == 1
    assert run.state == "success"
    assert restores(session) == 1


@pytest.mark.parametrize("kind", ["confirmed", "checked_again", "restore_intended"])
@pytest.mark.parametrize("lag", [0, 100_000])
def test_a_journal_that_was_cut_off_leads_to_no_second_restore(
    session: Session, kind: str, lag: int
) -> None:
    run = execute(session).wait()
    session.cloud.server("web-01").disk("vda").write_file("/work-since", b"x")
    cut_after(run.journal.path, kind)
    session.cloud.options["task_list_lag_seconds"] = lag
    said: list[str] = []
    for _ in range(3):
        session.cloud.advance(minutes=40)
        try:
            resumed(session, run.run_id, confirm="web-01").wait()
        except errors.CBRError as problem:
            said.append(str(problem))
    assert all("web-01" in each and "othing was changed" not in each for each in said)
    assert bool(said) == bool(lag)
    assert restores(session) == 1
    again = resumed(session, run.run_id, confirm="web-01").wait()
    assert again.state == "success"
    assert "/work-since" in session.cloud.server("web-01").disk("vda").files()


def test_a_copy_of_a_journal_finds_the_restore_and_never_asks(
    session: Session, folder: Path, tmp_path: Path
) -> None:
    session.cloud.fail("create_checkpoint", 503)
    with pytest.raises(errors.CBRError):
        execute(session, safety_backup=True)
    run_id = only_run(session)
    copied, early = tmp_path / "copied", tmp_path / "early"
    shutil.copytree(folder, copied)
    shutil.copytree(folder, early)
    # Nobody knows whether the original goes on, so a copy asks for nothing.
    with pytest.raises(errors.Conflict, match="is a copy"):
        session.resume_restore(run_id, confirm="web-01", folder=early)
    assert restores(session) == 0
    resumed(session, run_id, confirm="web-01").wait()
    found = resumed(session, run_id, confirm="web-01", folder=copied)
    assert found.wait().state == "success"
    assert "no other journal tells" in str(found.journal.last("task_found"))
    assert restores(session) == 1


def test_a_list_that_hides_its_newest_row_leads_to_no_second_restore(session: Session) -> None:
    session.cloud.fail("restore_backup", "cut after")
    with on_the_way(without_newest_row):
        with pytest.raises(errors.ConnectionFailed, match="not sent again"):
            execute(session)
        for _ in range(3):
            session.cloud.advance(hours=2)
            with pytest.raises(errors.ConnectionFailed, match="A disk was written since"):
                resumed(session, only_run(session), confirm="web-01")
    assert resumed(session, only_run(session)).wait().state == "success"
    assert restores(session) == 1


def test_somebody_elses_restore_since_the_confirmation_is_not_overwritten(
    session: Session,
) -> None:
    session.cloud.fail("create_checkpoint", 503)
    with pytest.raises(errors.CBRError):
        execute(session, safety_backup=True)
    run_id = only_run(session)
    session.cloud.advance(minutes=1)
    session.back_up("vault-web-01", name="newer").wait(progress=False)
    session.restore("newer", confirm="web-01").wait(progress=False)
    with pytest.raises(errors.Conflict, match="restore of it was begun by somebody since"):
        session.resume_restore(run_id, confirm="web-01")
    assert restores(session) == 1


def test_a_journal_that_is_deleted_in_mid_run_is_told_and_not_made_again(
    session: Session,
) -> None:
    run = execute(session)
    run.journal.path.unlink()
    with pytest.raises(errors.JournalFailed, match="is gone") as caught:
        run.wait()
    assert "the restore goes on" in str(caught.value)
    assert not run.journal.path.exists()
    assert restores(session) == 1


def test_a_journal_that_cannot_be_written_stops_it_before_the_service_is_asked(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    plain = os.fsync

    def full(handle: int) -> None:
        if b"checked_again" in Path(f"/proc/self/fd/{handle}").read_bytes():
            raise OSError(28, "No space left on device")
        plain(handle)

    if not Path("/proc/self/fd").exists():
        pytest.skip("shows by /proc what is written")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(errors.JournalFailed, match="No space left") as caught:
        execute(session)
    assert "was not asked to restore web-01" in str(caught.value)
    assert restores(session) == 0


def test_strange_files_beside_the_journals_block_nobody(session: Session, folder: Path) -> None:
    (folder / "noise.jsonl").write_bytes(b"\xff\xfe\x00 not JSON\n")
    (folder / "other.jsonl").write_text('{"a": 1}\n')
    (folder / "empty.jsonl").touch()
    (folder / "folder.jsonl").mkdir()
    (folder / ".submissions.log").write_bytes(b"\xff\n[]\n{}\n")
    strange = execute(session).wait().journal.path
    (folder / "edited.jsonl").write_text(strange.read_text("utf-8").replace("web-01", "web-02"))
    run = execute(session).wait()
    assert run.state == "success"
    states = session.restores()["state"].tolist()
    assert states.count("success") == 2
    with pytest.raises(errors.CBRError):
        session.resume_restore("noise", confirm="web-01")


def test_a_task_that_a_journal_was_made_to_name_is_held_against_the_target(
    session: Session,
) -> None:
    run = execute(session)
    backup = session.tasks(operation_type="backup")["id"][0]
    with run.journal.held():
        run.note("task_found", task_id=backup, how="written by hand")
    with pytest.raises(errors.JournalFailed, match="is not a restore of web-01"):
        run.wait()


def test_a_long_outage_says_what_is_known_and_not_that_nothing_was_changed(
    session: Session,
) -> None:
    run = execute(session)
    session.cloud.fail("*", "cut before", times=10_000)
    with pytest.raises(errors.ConnectionFailed) as caught:
        run.wait()
    assert "was being restored when last seen; the restore goes on" in str(caught.value)
    assert "othing was changed" not in str(caught.value)
    assert caught.value.may_have_happened
    session.cloud.heal()
    assert resumed(session, run.run_id).wait().state == "success"


def test_looks_are_never_more_than_a_minute_apart(session: Session) -> None:
    run: RestoreRun = execute(session)
    session.cloud.server("web-01")
    pauses = []
    session.cloud.fail("show_op_log", "cut before", times=40)
    for pause in run.poll():
        pauses.append(pause)
        session.cloud.advance(seconds=pause)
    assert max(pauses) <= 60
    assert kinds(run)[-1] == "task_ended"


def test_the_way_back_restores_the_safety_backup_by_the_same_engine(session: Session) -> None:
    server = session.cloud.server("web-01")
    damaged = server.disk("vda").checksum()
    run = execute(session, safety_backup=True).wait()
    assert server.disk("vda").checksum() != damaged
    with pytest.raises(errors.ConfirmationNeeded):
        run.roll_back()
    back = run.roll_back("web-01", acknowledge=["safety backup"], safety_backup=False).wait()
    assert back.state == "success"
    assert server.disk("vda").checksum() == damaged
    rolled = run.journal.last("rolled_back")
    assert rolled is not None and rolled.facts["by_run"] == back.run_id
    with pytest.raises(errors.InvalidRequest, match="no safety backup"):
        back.roll_back("web-01")


def test_what_a_restore_was_about_to_overwrite_is_nobodys_recovery_point() -> None:
    with cbr.simulate("demo") as session:
        session.cloud.advance(hours=30)
        before = session.recovery_points().set_index("name").loc["web-01"]
        plan = session.plan_restore(session.last_quiet_backup("web-01"))
        plan.execute(confirm="web-01", acknowledge=plan.warnings).wait()
        assert session.suspicion("web-01")["verdict"].tolist().count("safety") == 1
        after = session.recovery_points().set_index("name").loc["web-01"]
        assert (after["backups"], after["newest"]) == (before["backups"], before["newest"])
        seen = session.audit([{"control": "recovery point", "within": "1h"}])
        outcomes = seen.set_index("resource_name")["outcome"]
        assert outcomes["web-01"] == "fail"
        # It is a backup, though: where bytes count it counts.
        counted = (
            session.audit([{"control": "encrypted"}])
            .set_index("resource_name")
            .loc["web-01", "seen"]
        )
        assert counted.startswith(f"{after['backups'] + 1} of")


def test_a_backup_from_before_the_last_restore_is_none_of_the_present_state(
    session: Session,
) -> None:
    execute(session, safety_backup=True).wait()  # its safety backup is minutes old

    def check() -> Check:
        plan = session.plan_restore("clean-web-01")
        return next(each for each in plan.verdicts if each.name == "safety backup")

    assert check().outcome == "warn"
    assert "The newest was made before the restore of" in check().seen
    session.cloud.fail("list_op_logs", 403, times=20)
    seen = check()
    session.cloud.heal()
    assert seen.outcome == "warn"
    assert "cannot be told" in seen.seen
    session.back_up("vault-web-01").wait(progress=False)
    assert check().outcome == "pass"
