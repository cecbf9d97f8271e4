"""Restores in a terminal: what is refused beforehand, how each ends, and how to go on."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session, errors
from cbr_notebook.cli import main
from cbr_notebook.restore_command import account
from cbr_notebook.restore_command.exit_codes import in_terminal
from cbr_notebook.runbook.journal.record import Progress
from tests.runbook.situations import (
    CONTRACT,
    after_the_attack,
    execute,
    is_back,
    only_run,
    restores,
    spoilt,
)

Say = Callable[..., tuple[int, str, str]]

BASE = ("runbook", "restore-server", "--server", "web-01", "--simulate")
CLEAN = ("--backup", "clean-web-01", "--acknowledge", "backup not quiet")


@pytest.fixture(autouse=True)
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """The cloud that ``--simulate`` opens, with one spoilt server; the folder is the test's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CBR_RUNBOOK_FOLDER", str(tmp_path / "runs"))
    opened, manifest = after_the_attack()
    with opened:
        Path("web-01.json").write_text(json.dumps(manifest))
        monkeypatch.setattr(account, "simulate", lambda estate: opened)
        monkeypatch.setattr(account, "connect", lambda profile: opened)
        yield opened


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """What gives a command: its exit status comes back, and what it said on both streams."""

    def say(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main(words)
        said = capsys.readouterr()
        return status, said.out, said.err

    return say


def test_a_backup_that_a_person_names_instead_is_a_warning_to_accept(
    session: Session, say: Say
) -> None:
    named = ("--backup", "clean-web-01")
    status, out, _ = say(*BASE, *named, "--dry-run")
    assert status == 0
    assert "Warnings to accept: backup not quiet." in out
    assert "cannot be judged. A full backup stores everything" in out
    status, _, err = say(*BASE, *named, "--confirm", "web-01")
    assert status == 3
    assert "A warning is not acknowledged: backup not quiet" in err
    assert not restores(session)
    assert say(*BASE, *named, "--accept-unjudged", "--confirm", "web-01")[0] == 5
    assert restores(session) == 1


def test_a_backup_that_is_quiet_warns_of_nothing(session: Session) -> None:
    with cbr.simulate("demo") as demo:
        plan = demo.plan_restore(demo.last_quiet_backup("web-01"))
        assert plan.questioned().warnings == plan.warnings
        demo.cloud.ransomware("web-01")
        demo.cloud.server("web-01").disks[0].fill(16, seed=3)
        demo.cloud.advance(days=1)
        jump = demo.plan_restore(demo.backups(resource="web-01", limit=1)).questioned()
        assert "backup not quiet" in jump.warnings
        assert "a jump. It added" in " ".join(jump.checks["seen"])


def wrong_files() -> None:
    """Write what no real run could use: each is named in one of the tests below."""
    Path("other.json").write_text(json.dumps({"target": "db-01", "files": [
        {"disk": "vda", "path": "/etc/motd", "sha256": "0" * 64}]}))  # fmt: skip
    Path("no-digest.json").write_text(json.dumps({"files": [
        {"disk": "vda", "path": "/etc/motd", "sha256": "None"}]}))  # fmt: skip
    Path("stranger.yaml").write_text("application: shop\nmembers: [{server: db-01}]\n")
    Path("no-probe.yaml").write_text(
        "application: shop\nmembers:\n"
        "  - server: web-01\n    probes: [{sql: 'postgresql://app@127.0.0.1/x',"
        " query: select 1, equals: 1, password_env: NOT_SET}]\n"
    )
    Path("not-a-plan.json").write_text("{}")
    Path("file").write_text("")


@pytest.mark.parametrize(
    ("wrong", "status", "why"),
    [
        (["--report", "nowhere/x.html"], 2, "cannot be written"),
        (["--report", "x.docx"], 2, "cannot be written as .docx"),
        (["--report", "."], 2, "without suffix"),
        (["--manifest", "nothing.json"], 2, "cannot be read"),
        (["--manifest", "other.json"], 2, "is of db-01, not of web-01"),
        (["--manifest", "no-digest.json"], 2, "is no SHA-256"),
        (["--manifest", "web-01.json", "--checksum", "no-such-program"], 2, "There is no program"),
        (["--checksum", "'"], 2, "cannot be split"),
        (["--checksum", "ssh:"], 2, "is not ssh:USER@HOST"),
        (["--contract", "nothing.yaml"], 2, "cannot be read"),
        (["--contract", "stranger.yaml"], 2, "web-01 is no member"),
        (["--contract", "no-probe.yaml"], 3, "no variable NOT_SET"),
        (["--approval", "not-a-plan.json"], 2, "not a sealed document"),
        (["--folder", "file"], 2, "for journals cannot be made"),
        (["--rto", "banana"], 2, "rto"),
        (["--before", "2019-01-01T00:00Z"], 3, "it may hold the damage"),
        (["--acknowledge", "nonsense"], 2, "There is no check named 'nonsense'"),
        (["--output", "nowhere/x.ipynb"], 2, "cannot be written"),
        (["--output", "x.ipynb", "--target", "web-01"], 2, "--target cannot be said"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_dry_run_ends_where_the_real_one_would(
    wrong: list[str], status: int, why: str, session: Session, say: Say
) -> None:
    wrong_files()
    ended, _, err = say(*BASE, "--backup", "clean-web-01", "--dry-run", *wrong)
    assert (ended, why in err) == (status, True), err
    ended, out, err = say(*BASE, *CLEAN, "--confirm", "web-01", *wrong)
    assert (ended, why in err) == (status, True), err
    assert "Run:" not in out
    assert not restores(session)


def test_a_dry_run_tells_of_a_restore_under_way(session: Session, say: Say) -> None:
    run = session.plan_restore("clean-web-01").execute(
        confirm="web-01", safety_backup=False, acknowledge=["safety backup"]
    )
    status, _, err = say(*BASE, "--backup", "clean-web-01", "--dry-run")
    assert (status, "is being restored" in err) == (3, True), err
    assert run.wait().state == "success"


def interrupt_at(session: Session, monkeypatch: pytest.MonkeyPatch, at: int) -> list[int]:
    """Raise Ctrl-C in the pause number ``at``, from zero; return what counts the pauses."""
    seen = [0]
    sleep = session.poller.sleep

    def interrupted(seconds: float) -> None:
        seen[0] += 1
        if seen[0] == at + 1:
            raise KeyboardInterrupt
        sleep(seconds)

    monkeypatch.setattr(session.poller, "sleep", interrupted)
    return seen


@pytest.mark.parametrize("at", range(0, 12, 2))
def test_an_interrupted_restore_says_what_goes_on_and_is_taken_up(
    at: int, session: Session, monkeypatch: pytest.MonkeyPatch, say: Say
) -> None:
    with monkeypatch.context() as patch:
        seen = interrupt_at(session, patch, at)
        status, out, err = say(*BASE, *CLEAN, "--confirm", "web-01", "--manifest", "web-01.json")
    if seen[0] <= at:
        assert status == 0
        return
    assert status == 130
    assert len(err.strip().splitlines()) == 1, err
    assert err.startswith("cbr-notebook: interrupted. ")
    run_id = only_run(session)
    assert f"Run: {run_id}" in out
    asked = restores(session) == 1
    assert ("was not asked to restore web-01" in err) is not asked
    assert ("the restore goes on" in err) is asked
    confirm = () if asked else ("--confirm", "web-01")
    assert say("resume", run_id, "--simulate", *confirm,
               "--manifest", "web-01.json", "--report", "r.html")[0] == 0  # fmt: skip
    assert restores(session) == 1
    assert is_back(session)
    assert cbr.verify_report("r.html")


def test_an_interruption_before_anything_says_so(
    session: Session, monkeypatch: pytest.MonkeyPatch, say: Say
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(session, "plan_restore", interrupted)
    status, _, err = say(*BASE, *CLEAN, "--confirm", "web-01")
    assert (status, err) == (
        130,
        "cbr-notebook: interrupted. The service was asked to change nothing.\n",
    )


def test_what_was_not_asked_for_needs_a_name_to_be_taken_up_or_is_cancelled(
    session: Session, monkeypatch: pytest.MonkeyPatch, say: Say
) -> None:
    with monkeypatch.context() as patch:
        interrupt_at(session, patch, 0)
        named = (*BASE[:-1], "--profile", "the ops", *CLEAN)
        _, _, err = say(*named, "--confirm", "web-01")
    run_id = only_run(session)
    assert "was not asked to restore web-01. Its safety backup was asked for, and goes on." in err
    assert err.endswith(f"cbr-notebook resume {run_id} --profile 'the ops' --confirm web-01\n")
    status, _, err = say("resume", run_id, "--simulate")
    assert status == 3, err
    assert "not asked" in say("restores", "--simulate")[1]
    status, out, _ = say("cancel", run_id, "--simulate")
    assert (status, "is cancelled" in out) == (0, True)
    status, out, _ = say("cancel", run_id, "--simulate")
    assert (status, "nothing was stopped" in out) == (3, True)
    status, _, err = say("resume", run_id, "--simulate", "--confirm", "web-01")
    assert status == 3, err
    assert not restores(session)


def test_cancel_ends_well_only_where_something_was_stopped(session: Session, say: Say) -> None:
    session.cloud.fail("restore_backup", 503)
    with pytest.raises(errors.ConnectionFailed):
        execute(session)
    unheard = only_run(session)
    status, out, _ = say("cancel", unheard, "--simulate")
    assert (status, "is not known" in out) == (4, True)
    assert say("cancel", unheard, "--simulate")[0] == 3
    run = execute(session)
    status, _, err = say("cancel", run.run_id, "--simulate")
    assert (status, "the service cannot stop a restore" in err) == (3, True)
    run.wait()
    status, out, _ = say("cancel", run.run_id, "--simulate")
    assert (status, "nothing was stopped" in out) == (3, True)


def test_cancel_of_a_group_ends_well_only_where_nothing_goes_on(session: Session, say: Say) -> None:
    def watch(progress: Progress) -> None:
        if progress.step == "restoring" and not said:
            said.append(say("cancel", group_id(), "--simulate"))

    def group_id() -> str:
        (path,) = (Path.cwd() / "runs").glob("group-*.jsonl")
        return path.stem

    said: list[tuple[int, str, str]] = []
    spoilt(session, "db-01")
    plan = session.plan_restores(
        [{"backup": "clean-db-01"}, {"backup": "clean-web-01", "after": "db-01"}]
    )
    plan.execute(
        confirm=["db-01", "web-01"], acknowledge=["safety backup"], safety_backup=False,
        on_progress=watch,
    )  # fmt: skip
    ((status, out, _),) = said
    first, second = out.splitlines()[1:]
    assert "db-01" in first and "was running when last seen" in first
    assert "web-01" in second and "stops before the service is asked" in second
    assert status == 4
    assert restores(session) == 1
    assert say("cancel", group_id(), "--simulate")[0] == 3


def test_the_way_back_is_one_command(session: Session, say: Say) -> None:
    then = session.cloud.server("web-01").disk("vda").checksum()
    assert say(*BASE, *CLEAN, "--confirm", "web-01")[0] == 5
    run_id = only_run(session)
    assert is_back(session)
    status, _, err = say("rollback", run_id, "--simulate")
    assert (status, "To go on, say --confirm web-01" in err) == (3, True), err
    status, out, _ = say("rollback", run_id, "--simulate", "--confirm", "web-01",
                         "--report", "back.md")  # fmt: skip
    assert status == 5  # nobody looked at the content
    assert "Run: web-01-" in out
    assert session.cloud.server("web-01").disk("vda").checksum() == then
    assert cbr.verify_report("back.md")


def test_going_back_never_carries_out_what_was_interrupted(
    session: Session, monkeypatch: pytest.MonkeyPatch, say: Say
) -> None:
    with monkeypatch.context() as patch:
        interrupt_at(session, patch, 0)
        say(*BASE, *CLEAN, "--confirm", "web-01")
    status, _, err = say("rollback", only_run(session), "--simulate",
                         "--confirm", "web-01")  # fmt: skip
    assert status != 0
    assert "no way back from it" in err
    assert not restores(session)


def test_an_application_comes_back_in_order_and_is_taken_up_after_a_break(
    session: Session, monkeypatch: pytest.MonkeyPatch, say: Say
) -> None:
    Path("db-01.json").write_text(json.dumps(spoilt(session, "db-01")))
    Path("recovery.yaml").write_text(CONTRACT)
    base = ("runbook", "restore-group", "--contract", "recovery.yaml", "--simulate")
    status, out, err = say(*base, "--dry-run", "--parallel", "1")
    assert status == 0, err
    assert out.index("1. db-01") < out.index("2. web-01, after db-01")
    assert "--confirm 'db-01' --confirm 'web-01'" in out
    names = ("--confirm", "db-01", "--confirm", "web-01")
    accept = ("--acknowledge", "backup not quiet")
    assert say(*base, *names)[0] == 3
    assert say(*base, *names[:2], *accept)[0] == 3
    assert say(*base, *names, *accept, "--parallel", "99")[0] == 2
    with monkeypatch.context() as patch:
        interrupt_at(session, patch, 9)
        status, out, err = say(*base, *names, *accept)
    assert (status, len(err.strip().splitlines())) == (130, 1), err
    group_id = out.split("Run: ")[1].split()[0]
    assert group_id.startswith("group-")
    assert f"cbr-notebook resume {group_id}" in out
    status, out, err = say("resume", group_id, "--simulate", *names,
                           "--report", "group.html")  # fmt: skip
    assert status == 0, err
    assert is_back(session) and is_back(session, "db-01")
    assert restores(session) == 2
    assert cbr.verify_report("group.html")


@pytest.mark.parametrize(("text", "status"), [(b"good", 0), (b"bad", 4)])
def test_files_are_read_by_ssh_or_by_a_command(
    text: bytes,
    status: int,
    session: Session,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    say: Say,
) -> None:
    Path("motd").write_bytes(text)
    manifest = json.loads(Path("web-01.json").read_text())
    manifest["files"] = [each for each in manifest["files"] if each["path"] == "/etc/motd"]
    Path("web-01.json").write_text(json.dumps(manifest))
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    ssh = bin_folder / "ssh"
    ssh.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\nsha256sum {tmp_path}/motd\n')
    ssh.chmod(ssh.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(bin_folder), prepend=":")
    said = ("--confirm", "web-01", "--manifest", "web-01.json", "--checksum")
    assert say(*BASE, *CLEAN, *said, "ssh:root@web-01")[0] == status
    asked = Path("asked").read_text()
    assert "-o BatchMode=yes -- root@web-01 LC_ALL=C sha256sum -- /etc/motd" in asked
    command = f"sh -c 'test $0 = vda:/etc/motd && sha256sum {tmp_path}/motd' {{disk}}:{{path}}"
    assert say(*BASE, *CLEAN, *said, command)[0] == status


@pytest.mark.parametrize(
    ("python", "words"),
    [
        ("say confirm='my web'.", "say --confirm 'my web'."),
        ("say confirm=['db-01', 'web-01'].", "say --confirm db-01 --confirm web-01."),
        ("say acknowledge=['added disks'].", "say --acknowledge 'added disks'."),
        ("To go on: session.resume_restore('a-1', confirm='a'); or end it: "
         "session.cancel_restore('a-1')", "To go on: cbr-notebook resume a-1 --confirm a; or end "
         "it: cbr-notebook cancel a-1"),
        ('without: execute(…, safety_backup=False, acknowledge=["safety backup"]).',
         "without: --no-safety-backup --acknowledge 'safety backup'."),
        ("plan the restore anew (plan.refresh()), and", "plan the restore anew, and"),
        ("or name another folder: folder=….", "or name another folder: --folder."),
    ],
)  # fmt: skip
def test_advice_in_a_terminal_names_options_and_commands(python: str, words: str) -> None:
    assert in_terminal(python) == words


def test_a_run_that_has_not_ended_is_taken_up_by_a_command(session: Session, say: Say) -> None:
    run = execute(session)
    status, _, err = say(*BASE, *CLEAN, "--confirm", "web-01")
    assert status == 3, err
    run.wait()
    session.cloud.fail("restore_backup", "cut before")
    assert say(*BASE, *CLEAN, "--confirm", "web-01")[0] == 4
    status, _, err = say(*BASE, *CLEAN, "--confirm", "web-01")
    (open_run,) = session.restores()[session.restores()["state"] == "asked"]["run_id"]
    assert f"Take it up: cbr-notebook resume {open_run}; or" in err
    assert f"cbr-notebook cancel {open_run}" in err


def test_a_way_back_that_there_is_not_is_refused_and_no_wrong_usage(
    session: Session, say: Say
) -> None:
    run = execute(session).wait()
    status, _, err = say("rollback", run.run_id, "--simulate", "--confirm", "web-01")
    assert (status, "made no safety backup" in err) == (3, True), err
    assert restores(session) == 1
