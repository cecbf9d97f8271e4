"""Recovery contracts: read with the place of each error, probed in bounded time, held to."""

from __future__ import annotations

import hashlib
import http.server
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session, errors
from cbr_notebook.cli import main
from tests.runbook.situations import GOOD, execute, resumed, spoilt

SUMS = {
    f"{device}:{path}": hashlib.sha256(data).hexdigest() for device, (path, data) in GOOD.items()
}
FILES = "{" + ", ".join(f'"{place}": {digest}' for place, digest in SUMS.items()) + "}"
SHOP = f"""\
application: shop
targets: {{recovery_time: 4h, recovery_point: 24h}}
members:
  - server: db-01
    backup: clean-db-01
    probes:
      - ssh_checksum: root@db-01
        files: {FILES}
  - server: web-01
    backup: clean-web-01
    probes:
      - ssh_checksum: root@web-01
        files: {FILES}
"""


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def written(text: str) -> Path:
        path = tmp_path / "recovery.yaml"
        path.write_text(text)
        return path

    return written


def one_probe(probe: str, member: str = "web-01") -> str:
    return f"application: shop\nmembers:\n  - server: {member}\n    probes:\n      - {probe}\n"


def test_a_contract_is_read_with_its_members_in_order(write: Any) -> None:
    contract = cbr.recovery_contract(write(SHOP))
    assert [each.resource for each in contract.members] == ["db-01", "web-01"]
    assert contract.member("web-01").after == ("db-01",)
    assert contract.recovery_time is not None
    assert contract.recovery_time.total_seconds() == 4 * 3600
    assert "server web-01, after db-01: files over root@web-01" in repr(contract)


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("application: a\nmembrs: []\n", "2:1", "did you mean 'members'?"),
        ("application: a\n", "1:1", "lacks 'members'"),
        ("application: [\n", "2:1", "expected the node content"),
        ("application: a\napplication: b\nmembers: [{server: x}]\n", "2:1", "twice"),
        (one_probe("tcp: db-01"), "5:14", "HOST:PORT"),
        (one_probe("tcp: db-01:99999"), "5:14", "HOST:PORT"),
        (one_probe("tcp: db-01:1\n        timout: 3s"), "6:9", "did you mean 'timeout'?"),
        (one_probe("tcp: db-01:1\n        timeout: 3 years"), "6:18", "not a length of time"),
        (one_probe("tcp: db-01:1\n        timeout: 6m"), "6:18", "at most 0:05:00"),
        (one_probe("http: ftp://x/"), "5:15", "full address"),
        (one_probe("http: http://x/\n        status: 99"), "6:17", "100 to 599"),
        (one_probe("sql: postgresql://u:hunter2@db/shop"), "5:14", "password_env"),
        (one_probe("sql: sqlite:///x\n        query: select 1"), "5:14", "equals or at_least"),
        (one_probe("ssh_checksum: -oProxyCommand=x\n        files: {}"), "5:23", "USER@HOST"),
        (one_probe("ssh_checksum: a@b\n        files: {/x: 12}"), "6:21", "64 hexadecimal"),
        (one_probe("ping: x"), "5:9", "exactly one of: tcp, http"),
        ("application: a\nmembers: [{server: x, after: y}]\n", "2:11", "is no member"),
        ("application: a\nmembers: [{server: x}, {server: x, after: []}]\n", "2:24", "twice"),
        ("application: a\nmembers: [{server: x, after: y}, {server: y}]\n", "2:11", "circle"),
        ("application: a\nmembers: [{server: x, disk: y}]\n", "2:11", "exactly one of"),
        ("[" * 30 + "]" * 30, "1:22", "nested too deeply"),
        ("application: a\nmembers: \0\n", "2:10", "special characters are not allowed"),
    ],
)  # fmt: skip
def test_an_error_points_to_its_line(write: Any, text: str, place: str, said: str) -> None:
    with pytest.raises(errors.InvalidRequest) as caught:
        cbr.recovery_contract(write(text))
    assert f"recovery.yaml:{place}" in caught.value.message
    assert said in caught.value.message
    assert "hunter2" not in f"{caught.value!r} {caught.value}"


def test_all_that_is_wrong_is_told_at_once(write: Any) -> None:
    with pytest.raises(errors.InvalidRequest) as caught:
        cbr.recovery_contract(write(one_probe("tcp: x\n      - http: y\n      - nothing: z")))
    assert len(caught.value.message.splitlines()) >= 3


def test_an_application_comes_back_in_order_and_is_held_to_its_probes(
    session: Session, write: Any
) -> None:
    spoilt(session, "db-01")
    plan = session.plan_restores(cbr.recovery_contract(write(SHOP)))
    assert set(plan.checks[plan.checks["check"] == "probes"]["outcome"]) == {"pass"}
    group = plan.execute(confirm=["db-01", "web-01"]).wait()
    assert [run.target["name"] for run in group.runs] == ["db-01", "web-01"]
    for run in group.runs:
        assert run.verification == "verified"
        assert run.recovery_time.met is True


def test_a_member_whose_probe_fails_holds_up_those_that_wait_for_it(
    session: Session, write: Any
) -> None:
    spoilt(session, "db-01")
    wrong = SHOP.replace(SUMS["vda:/etc/motd"], "f" * 64, 1)
    group = session.plan_restores(cbr.recovery_contract(write(wrong))).execute(
        confirm=["db-01", "web-01"]
    )
    with pytest.raises(errors.TaskFailed, match="verification found something wrong"):
        group.wait()
    assert [run.state for run in group.runs] == ["success", "stopped"]
    again = session.resume_restore(group.run_id, confirm=["db-01", "web-01"])
    assert again.state == "failed"


def test_the_contract_that_was_confirmed_counts_after_a_break(session: Session, write: Any) -> None:
    contract = cbr.recovery_contract(write(SHOP))
    run = session.plan_restore("clean-web-01").under(contract).execute(confirm="web-01")
    later = resumed(session, run.run_id).wait()
    assert later.verify().outcome == "verified"
    session.cloud.server("web-01").disk("vda").write_file("/etc/motd", b"changed")
    found = later.verify()
    assert found.outcome == "failed"
    assert "Different: vda:/etc/motd" in repr(found)


def test_a_probe_elsewhere_is_not_asked_about_a_simulated_restore(
    session: Session, write: Any
) -> None:
    text = one_probe(
        "http: https://shop.example/\n        contains: x\n      - command: [touch, x]"
    )
    run = execute(session).wait()
    found = run.verify(contract=cbr.recovery_contract(write(text)))
    assert found.outcome == "unknown"
    assert "shop.example is not, and was not asked" in repr(found)
    assert "no program was run" in repr(found)


class _Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health" else 500)
        self.end_headers()
        self.wfile.write(b"all is well")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def page() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _seen(session: Session, write: Any, probe: str) -> tuple[str, str]:
    run = next(iter(session.restores()["run_id"]), None)
    ended = resumed(session, str(run)) if run else execute(session).wait()
    found = ended.verify(contract=cbr.recovery_contract(write(one_probe(probe))))
    seen = found.findings[-1] if not found.failed else found.failed[0]
    return seen.outcome, seen.seen


def test_pages_and_ports_are_looked_at(session: Session, write: Any, page: str) -> None:
    well = f"http: {page}/health\n        contains: is well"
    assert _seen(session, write, well)[0] == "pass"
    assert _seen(session, write, f"tcp: {page.removeprefix('http://')}")[0] == "pass"
    outcome, seen = _seen(session, write, f"http: {page}/broken")
    assert (outcome, "answers 500; 200 was expected" in seen) == ("fail", True)


def test_what_nobody_listens_to_fails_and_silence_ends(session: Session, write: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        began = time.monotonic()
        probe = f"http: http://127.0.0.1:{port}/\n        timeout: 0.3s"
        assert _seen(session, write, probe)[0] == "unknown"
        assert time.monotonic() - began < 5
    outcome, seen = _seen(session, write, f"tcp: 127.0.0.1:{port}")
    assert (outcome, "nothing listens" in seen) == ("fail", True)


def test_a_probe_may_come_to_pass_within_its_time(session: Session, write: Any) -> None:
    run = execute(session).wait()
    text = one_probe(f"ssh_checksum: a@b\n        within: 1m\n        files: {FILES}")
    disk = session.cloud.server("web-01").disk("vda")
    disk.write_file("/etc/motd", b"still starting")
    before = session.now
    contract = cbr.recovery_contract(write(text))

    def mend(_: Session) -> bool:
        return True

    assert run.verify([mend], contract=contract).outcome == "failed"
    waited = (session.now - before).total_seconds()
    assert 55 <= waited <= 65


def test_a_database_is_asked_with_a_password_that_is_kept_nowhere(
    session: Session, write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as made:
        made.execute("create table orders (id int)")
        made.execute("insert into orders values (1), (2)")
    made.close()
    probe = (
        f"sql: sqlite:///{tmp_path}/shop.db\n        query: select count(*) from orders\n"
        "        at_least: {}\n        password_env: SHOP_PASSWORD"
    )
    outcome, seen = _seen(session, write, probe.format(2))
    assert (outcome, "no variable SHOP_PASSWORD" in seen) == ("unknown", True)
    plan = session.plan_restore("clean-web-01")
    contract = cbr.recovery_contract(write(one_probe(probe.format(2))))
    assert not plan.under(contract).possible
    monkeypatch.setenv("SHOP_PASSWORD", "hunter2")
    monkeypatch.setattr("sqlalchemy.engine.URL.set", lambda self, **_: self)  # SQLite has none
    assert plan.under(contract).possible
    assert _seen(session, write, probe.format(2))[0] == "pass"
    outcome, seen = _seen(session, write, probe.format(3))
    assert (outcome, "gives 2; expected is at least 3" in seen) == ("fail", True)
    for path in (tmp_path / "runs").iterdir():
        if path.is_file():
            assert b"hunter2" not in path.read_bytes()


def test_a_missing_library_is_named(
    session: Session, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    text = one_probe("sql: sqlite:///x.db\n        query: select 1\n        equals: 1")
    plan = session.plan_restore("clean-web-01").under(cbr.recovery_contract(write(text)))
    assert any("pip install 'cbr-notebook[sql]'" in each for each in plan.problems)


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("application: a\nmembers: [{sever: web-01}]", 2, "did you mean 'server'?"),
        (one_probe("tcp: x:1", member="db-01"), 2, "web-01 is no member of shop"),
        (one_probe(f"ssh_checksum: a@b\n        files: {FILES}"), 0, "can be asked"),
    ],
)
def test_a_dry_run_looks_at_the_contract(
    text: str, status: int, said: str, write: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(write(text))
    base = ["runbook", "restore-server", "--server", "web-01", "--simulate"]
    assert main([*base, "--dry-run", "--contract", path]) == status
    told = capsys.readouterr()
    assert said in told.out + told.err


def test_a_restore_by_command_is_verified_by_its_contract(
    write: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with cbr.simulate("demo") as same:
        files = same.take_manifest("web-01")["files"]
    sums = ", ".join(f'"{each["disk"]}:{each["path"]}": {each["sha256"]}' for each in files)
    text = one_probe(f"ssh_checksum: a@b\n        files: {{{sums}}}")
    arguments = ["runbook", "restore-server", "--server", "web-01", "--simulate", "--confirm"]
    status = main([*arguments, "web-01", "--contract", str(write(text)), "--accept-unjudged"])
    told = capsys.readouterr()
    assert (status, "Outcome: verified" in told.out) == (0, True), told.err
