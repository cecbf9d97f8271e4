"""An audit by the clock: tells only of what is new or worse, and forgets nothing."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cbr_notebook.cli import main
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.neighbours.alerts import Channel, LastLook, News, message_of


def audit(**outcomes: str) -> pd.DataFrame:
    rows = [
        ("protected", outcome, f"id-{name}", name, "seen") for name, outcome in outcomes.items()
    ]
    return pd.DataFrame(
        rows, columns=["control", "outcome", "resource_id", "resource_name", "seen"]
    )


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (None, "pass", False),
        (None, "fail", True),
        (None, "unknown", True),
        (None, "not applicable", False),
        ("pass", "fail", True),
        ("pass", "unknown", True),
        ("unknown", "fail", True),
        ("fail", "unknown", False),
        ("fail", "fail", False),
        ("fail", "pass", False),
        ("not applicable", "fail", True),
    ],
)
def test_only_what_is_new_or_worse_is_told(before: str | None, after: str, told: bool) -> None:
    last = LastLook()
    if before:
        last.news(audit(web=before))
    news = last.news(audit(web=after))
    assert [each.before for each in news] == ([before] if told else [])
    assert last.news(audit(web=after)) == []


def test_what_was_mended_and_breaks_again_is_told_again() -> None:
    last = LastLook()
    assert last.news(audit(web="fail"))
    assert not last.news(audit(web="pass"))
    assert last.news(audit(web="fail"))[0].before == "pass"


def test_the_worst_comes_first_and_many_are_counted() -> None:
    news = LastLook().news(audit(a="unknown", b="fail"))
    assert [each.resource for each in news] == ["b", "a"]
    many = [News("c", str(number), "fail", None, "s") for number in range(60)]
    assert message_of(many).endswith("and 10 more: look at session.audit().")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 2}', '{"version": 1}'])
def test_a_file_that_is_something_else_is_refused_and_stays(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(InvalidRequest, match="cannot be read"):
        LastLook.read(path)
    assert path.read_text() == text


def test_a_file_that_others_can_write_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    LastLook({"a | b": "fail"}).write(path)
    assert LastLook.read(path).outcomes == {"a | b": "fail"}
    path.chmod(0o666)
    with pytest.raises(InvalidRequest, match="others can"):
        LastLook.read(path)


class Inbox:
    """Where messages arrive; ``status`` is what it answers."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.status = 200
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if inbox.status == 200:
                    inbox.got.append(json.loads(body))
                self.send_response(inbox.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"json://user:pass-word@127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    made = Inbox()
    yield made
    made.server.shutdown()
    made.server.server_close()


def watch(tmp_path: Path, *more: str) -> int:
    return main(["watch", "--simulate", "--state", str(tmp_path / "state.json"), *more])


def test_the_first_run_tells_and_the_second_is_silent(
    tmp_path: Path, inbox: Inbox, capsys: pytest.CaptureFixture[str]
) -> None:
    assert watch(tmp_path, "--notify", inbox.address) == 7
    assert len(inbox.got) == 1
    assert "new or worse in eu-west-0" in inbox.got[0]["title"]
    assert "fail: protected: legacy-01: in no vault (new)" in inbox.got[0]["message"]
    assert watch(tmp_path, "--notify", inbox.address) == 0
    assert len(inbox.got) == 1
    assert "Nothing is new or worse." in capsys.readouterr().out


def test_a_message_that_did_not_arrive_is_told_again(
    tmp_path: Path,
    inbox: Inbox,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inbox.status = 500
    monkeypatch.setenv("CBR_NOTIFY", inbox.address)
    assert watch(tmp_path) == 1
    inbox.status = 200
    assert watch(tmp_path) == 7
    assert len(inbox.got) == 1
    shown = capsys.readouterr()
    assert "did not reach" in shown.err
    assert "pass-word" not in shown.out + shown.err


def test_rules_choose_what_is_watched(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("- control: no disk excluded\n")
    assert watch(tmp_path, "--audit", str(rules)) == 0


def test_an_audit_that_could_not_be_made_is_told_once(
    tmp_path: Path, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    state = str(tmp_path / "state.json")
    call = ["watch", "--profile", "missing", "--state", state, "--notify", inbox.address]
    assert [main(call), main(call)] == [1, 1]
    assert len(inbox.got) == 1
    assert "could not be made" in inbox.got[0]["message"]


def test_an_address_that_is_none_is_named_without_its_secret() -> None:
    with pytest.raises(InvalidRequest) as caught:
        Channel(["nonsense://user:pass-word@host"])
    assert "nonsense" in str(caught.value)
    assert "pass-word" not in str(caught.value)


def test_no_account_no_audit(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", "--audit", "missing.yaml"]) == 1
    assert "There is no file" in capsys.readouterr().err
