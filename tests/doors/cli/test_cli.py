"""The terminal: the tour, and a served cloud that outlives its process."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session, cli, errors


class Served:
    """A served cloud in a process of its own."""

    def __init__(self, *options: str) -> None:
        command = [sys.executable, "-m", "cbr_notebook", "simulate", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.account: dict[str, Any] = json.loads(self.process.stdout.readline())

    def connect(self, **changes: Any) -> Session:
        wanted = {
            "endpoint": self.account["base_url"],
            "iam_endpoint": self.account["base_url"],
            "region": self.account["region"],
            "access_key": self.account["access_key"],
            "secret_key": self.account["secret_key"],
        } | changes
        return cbr.connect(**wanted)

    def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        return self.process.wait(20)


@pytest.fixture
def served() -> Iterator[Served]:
    cloud = Served("--estate", "documented")
    yield cloud
    cloud.process.kill()
    cloud.process.wait()


def test_the_tour_prints_the_three_cases(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["tour"]) == 0
    printed = capsys.readouterr().out
    for words in ("Case 1", "my_vault", "Case 2", "dh_test_policy", "Case 3", "1671"):
        assert words in printed


def test_a_cloud_is_served_without_what_makes_tables() -> None:
    """Loading pandas would be half of what it takes to begin."""
    with socket.create_server(("127.0.0.1", 0)) as taken:  # its port: so that it ends at once
        code = f"""
import sys
from cbr_notebook.cli import main
print(main(["simulate", "--port", "{taken.getsockname()[1]}"]), "pandas" in sys.modules)
"""
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
        )
    assert "cannot listen on 127.0.0.1" in done.stderr
    assert done.stdout.split() == ["1", "False"]


def test_the_line_that_says_it_is_ready_has_what_clients_need(served: Served) -> None:
    assert set(served.account) == {
        "base_url", "region", "project_id", "domain_id", "domain_name", "user_name",
        "password", "access_key", "secret_key",
    }  # fmt: skip
    assert served.account["base_url"].startswith("http://127.0.0.1:")


def test_one_signs_in_by_keys_or_by_name(served: Served) -> None:
    by_keys = served.connect()
    by_name = served.connect(
        access_key=None,
        secret_key=None,
        user_name=served.account["user_name"],
        password=served.account["password"],
        domain_name=served.account["domain_name"],
    )
    assert by_keys.identity.project_id == by_name.identity.project_id
    assert list(by_keys.vaults()["id"]) == list(by_name.vaults()["id"])


def test_a_token_may_be_kept_on_disk_until_one_signs_out(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    user = {
        "access_key": None,
        "secret_key": None,
        "user_name": served.account["user_name"],
        "password": served.account["password"],
        "domain_name": served.account["domain_name"],
        "project_id": served.account["project_id"],
        "cache_token": True,
    }
    served.connect(**user).vaults()
    (kept,) = tmp_path.rglob("*.json")
    assert served.account["password"] not in kept.read_text()
    # A kept token is no reason to accept a wrong password.
    with pytest.raises(errors.AuthenticationError):
        served.connect(**user | {"password": "wrong"}).vaults()
    session = served.connect(**user)
    assert not session.vaults().empty
    session.sign_out()
    assert not kept.exists()


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        ({"secret_key": "nonsense"}, errors.AuthenticationError),
        ({"access_key": "NOBODY"}, errors.AuthenticationError),
        ({"project_id": "0" * 32}, errors.NotFound),
        ({"project_name": "mars"}, errors.AuthenticationError),
    ],
)
def test_wrong_credentials_are_a_typed_error(
    served: Served, wrong: dict[str, str], kind: type[errors.CBRError]
) -> None:
    with pytest.raises(kind) as caught:
        served.connect(**wrong).vaults()
    assert caught.value.advice


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly(served: Served, how: signal.Signals) -> None:
    assert served.end(how) == 0


def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    state = str(tmp_path / "cloud.sqlite")
    names: list[str] = []
    for life in range(3):
        served = Served("--estate", "empty", "--state", state)
        session = served.connect()
        for number in range(4):
            names.append(f"vault-{life}-{number}")
            session.create_vault(names[-1], size_gb=10)
        served.end(signal.SIGKILL)
    served = Served("--state", state)
    assert sorted(served.connect().vaults()["name"]) == sorted(names)
    served.end(signal.SIGTERM)


def test_a_state_file_serves_one_cloud_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "cloud.sqlite"
    with cbr.simulate("empty", state=path):
        command = [sys.executable, "-m", "cbr_notebook.cli", "simulate", "--state", str(path)]
        second = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        assert second.returncode == 1
        assert "cannot be opened" in second.stderr


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\x00broken"])
def test_a_file_that_is_no_state_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "precious.bin"
    path.write_bytes(content)
    with pytest.raises(errors.CBRError, match=r"not a (usable )?state file"):
        cbr.simulate(state=path)
    assert path.read_bytes() == content
