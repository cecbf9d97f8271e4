"""A look-up of a name ends with its request's time, whatever the system's own does."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

import cbr_notebook as cbr
from cbr_notebook import errors
from cbr_notebook.auth.network.bounds import bound_client

KEYS: dict[str, Any] = {
    "access_key": "AK", "secret_key": "sk", "project_id": "0" * 32, "region": "eu-de",
    "endpoint": "https://cbr.nowhere.example",
}  # fmt: skip


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A system whose look-ups do not come back until the test has ended."""
    asked: list[str] = []
    go_on = threading.Event()

    def look_up(host: str, *_: object, **__: object) -> list[Any]:
        asked.append(host)
        go_on.wait(30)
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    yield asked
    go_on.set()
    for thread in threading.enumerate():  # else the next test would wait for this one's look-up
        if thread.name.startswith("name-"):
            thread.join(30)


def test_a_stuck_look_up_ends_with_the_time_of_its_request(stuck: list[str]) -> None:
    session = cbr.connect(**KEYS, timeout=0.2)
    began = time.monotonic()
    with pytest.raises(errors.ConnectionFailed, match="names cannot be looked up now") as caught:
        session.client.vaults.create("films", size=100)
    assert not caught.value.may_have_happened
    assert time.monotonic() - began < 25


def test_a_host_is_looked_up_by_one_thread_however_many_ask(stuck: list[str]) -> None:
    client = bound_client(httpx.Client(timeout=0.05, trust_env=False))
    for _ in range(5):
        with pytest.raises(httpx.ConnectTimeout):
            client.get("https://cbr.nowhere.example")
    assert stuck == ["cbr.nowhere.example"]


def test_diagnose_tells_a_look_up_that_does_not_end(stuck: list[str]) -> None:
    session = cbr.connect(**KEYS, timeout=0.1)
    found = session.diagnose().set_index("check")
    assert found.loc["name of service", "outcome"] == "failed"
    assert "no answer" in found.loc["name of service", "seen"]


def test_the_next_address_of_a_host_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]

        def answer() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(65536)
                peer.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        places = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in ("127.0.0.2", "127.0.0.1")
        ]
        look_up = socket.getaddrinfo

        def two(host: str, *more: Any, **named: Any) -> Any:
            return places if host == "two.example" else look_up(host, *more, **named)

        monkeypatch.setattr(socket, "getaddrinfo", two)
        client = bound_client(httpx.Client(timeout=5, trust_env=False))
        assert client.get(f"http://two.example:{port}/").status_code == 204
