"""The instructor sees how far everyone is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import cbr_notebook as cbr
from cbr_notebook.cli import main
from cbr_notebook.simulator.classroom.seat_progress import ProgressBoard
from cbr_notebook.simulator.classroom.serving import ServedClass, serve_seats
from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.workshops import Exercise, Finding, commands
from tests.workshops.solutions import SOLUTIONS


@pytest.fixture
def served(tmp_path: Path) -> Iterator[ServedClass]:
    made = serve_seats(Cloud.open("demo"), 2, folder=tmp_path / "class")
    thread = threading.Thread(target=made.server.serve)
    thread.start()
    yield made
    made.server.stop()
    thread.join(20)


def progress(served: ServedClass, key: str) -> httpx.Response:
    url = f"{served.ready['base_url']}/control/v1/progress"
    return httpx.get(url, headers={"X-Control-Key": key})


def test_the_board_shows_who_is_stuck_and_who_is_done(
    served: ServedClass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    key = served.ready["instructor_key"]
    assert [each["told"] for each in progress(served, key).json()] == [None, None]
    session = cbr.connect(join=served.ready["seats"][1]["join"])
    lab = cbr.workshop("basics", session=session, folder=tmp_path)
    lab.start(1)
    lab.check()
    lab.hint()
    told = progress(served, key).json()[1]["told"]
    assert told["stuck_since"]
    now = told["progress"]
    assert (now["exercise"], now["checks"], now["hints"], now["solved"]) == (1, 1, 1, 0)
    assert "finance" in now["seen"][0]
    SOLUTIONS[0](session)
    assert lab.check()
    told = progress(served, key).json()[1]["told"]
    assert (told["stuck_since"], told["progress"]["state"]) == (None, "solved")
    monkeypatch.setenv("CBR_JOIN", served.ready["instructor_join"])
    assert main(["workshop", "board", "--once"]) == 0
    shown = capsys.readouterr().out
    assert "1. Create a vault" in shown
    assert "1 of 10" in shown
    assert "not started" in shown


def test_the_board_outlives_a_lost_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def drop(_: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("no answer")

    def leave(_: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    seat = {"seat": "1", "user_name": "seat-01", "told": None}
    answers = iter([lambda _: httpx.Response(200, json=[seat]), drop, drop,
                    lambda _: httpx.Response(200, json=[seat]), leave])  # fmt: skip
    client = httpx.Client(transport=httpx.MockTransport(lambda asked: next(answers)(asked)))
    monkeypatch.setattr(httpx, "Client", lambda **_: client)
    monkeypatch.setattr(commands, "_LOOK_EVERY_S", 0)
    monkeypatch.setenv("CBR_JOIN", "cbr+http://127.0.0.1:1/?key=k&seat=1")
    main(["workshop", "board"])
    shown = capsys.readouterr().out
    assert shown.count("asked again") == 1
    assert shown.count("seat-01") == 2


def test_learners_go_on_when_the_board_cannot_be_kept(
    served: ServedClass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "class" / "progress.new").mkdir()  # in the way, as a full disk is
    first = served.ready["seats"][0]
    lab = cbr.workshop("basics", session=cbr.connect(join=first["join"]), folder=tmp_path)
    lab.start(1)
    assert not lab.check()
    (seat,) = progress(served, first["control_key"]).json()
    assert seat["told"]["progress"]["checks"] == 1

    def fail(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(ProgressBoard, "tell", fail)
    assert not lab.check()
    answer = httpx.put(
        f"{served.ready['base_url']}/control/v1/progress",
        headers={"X-Control-Key": first["control_key"]},
        json=seat["told"]["progress"],
    )
    assert (answer.status_code, answer.json()["error"]) == (500, "ServiceError")


def test_the_board_takes_no_more_than_it_can_show(served: ServedClass, tmp_path: Path) -> None:
    first = served.ready["seats"][0]
    long = Exercise(
        "t" * 300, "", lambda _: {}, lambda _, __: [Finding(False, "s" * 600)] * 30, ("", "", "")
    )
    session = cbr.connect(join=first["join"])
    lab = cbr.workshop("mine", exercises=[long], session=session, folder=tmp_path)
    lab.start(1)
    lab.check()
    told = progress(served, first["control_key"]).json()[0]["told"]["progress"]
    assert (told["checks"], len(told["title"])) == (1, 200)
    assert told["seen"] == ["s" * 500] * 20
    url = f"{served.ready['base_url']}/control/v1/progress"
    for wrong in ({"seen": ["x" * 501]}, {"checks": -1}, {"state": "asleep"}, {"title": "t" * 201}):
        key = {"X-Control-Key": first["control_key"]}
        assert httpx.put(url, json=told | wrong, headers=key).status_code == 400


def test_a_sheet_that_cannot_be_written_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "class" / "join-sheet.html").mkdir(parents=True)
    command = ["workshop", "serve", "--seats", "1", "--estate", "empty"]
    assert main([*command, "--folder", str(tmp_path / "class")]) == 1
    assert "The join sheet cannot be written" in capsys.readouterr().err


def test_a_seat_sees_itself_only(served: ServedClass) -> None:
    first = served.ready["seats"][0]
    assert [each["seat"] for each in progress(served, first["control_key"]).json()] == ["1"]
    assert progress(served, "wrong").status_code == 401


def test_the_page_holds_no_secret(served: ServedClass) -> None:
    answer = httpx.get(f"{served.ready['base_url']}/control/board")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert served.ready["instructor_key"] not in answer.text
    for seat in served.ready["seats"]:
        assert seat["control_key"] not in answer.text


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"workshop": 1}', b"[" * 100_000])
def test_what_is_no_progress_is_refused(served: ServedClass, body: bytes) -> None:
    url = f"{served.ready['base_url']}/control/v1/progress"
    key = {"X-Control-Key": served.ready["seats"][0]["control_key"]}
    assert httpx.put(url, content=body, headers=key).status_code == 400


def test_a_class_is_served_with_a_sheet_to_print(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cbr_notebook.cli", "workshop", "serve", "--seats", "2"]
    process = subprocess.Popen(
        [*command, "--estate", "empty", "--folder", str(tmp_path / "class"), "--tls"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ,
    )
    assert process.stdout is not None
    ready = json.loads(process.stdout.readline())
    sheet = (tmp_path / "class" / "join-sheet.html").read_text()
    assert ready["base_url"].startswith("https://127.0.0.1:")
    for seat in ready["seats"]:
        assert seat["join"].replace("&", "&amp;") in sheet
    assert cbr.connect(join=ready["seats"][0]["join"]).vaults().empty
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def test_the_board_says_where_its_join_line_comes_from_without_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_terminal(_: str) -> str:
        raise EOFError

    monkeypatch.delenv("CBR_JOIN", raising=False)
    monkeypatch.setattr("getpass.getpass", no_terminal)
    assert main(["workshop", "board", "--once"]) == 1
    assert "CBR_JOIN" in capsys.readouterr().err
