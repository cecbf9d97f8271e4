"""Answers that would never end, or be larger than the memory: a typed error, in time."""

from __future__ import annotations

import gzip
import itertools
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import httpx
import pytest

import cbr_notebook as cbr
from cbr_notebook import errors
from cbr_notebook.api.client import Client
from cbr_notebook.api.http.transport import Transport
from cbr_notebook.auth.network import bounds
from cbr_notebook.auth.network.bounds import bound_client
from cbr_notebook.cli import main
from cbr_notebook.entry import joining
from cbr_notebook.simulator.classroom import remote
from cbr_notebook.simulator.classroom.join import Join

TOTAL_S = 0.4
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
EMPTY = b'{"vaults": [], "count": 0}'


@contextmanager
def serving(pieces: Callable[[], Iterable[bytes]], pause: float = 0.0) -> Iterator[str]:
    """Yield a server that answers every request with pieces of bytes, a pause between them."""
    server = socket.create_server(("127.0.0.1", 0))
    stopped = threading.Event()

    def answer(peer: socket.socket) -> None:
        with peer:
            try:
                while peer.recv(65536):
                    for piece in pieces():
                        peer.sendall(piece)
                        if stopped.wait(pause):
                            return
            except OSError:
                return

    def accept() -> None:
        while not stopped.is_set():
            try:
                peer, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(peer,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        stopped.set()
        server.close()


def client_of(url: str, seconds: float = 60) -> Client:
    http = bound_client(httpx.Client(timeout=seconds, trust_env=False))
    return Client(Transport(http, url, "p", sleep=lambda seconds: None))


def whole(body: bytes, *headers: bytes) -> list[bytes]:
    lines = b"".join(header + b"\r\n" for header in headers)
    return [OK + lines + b"Content-Length: %d\r\n\r\n" % len(body) + body]


DRIPS: dict[str, Callable[[], Iterable[bytes]]] = {
    "a body that drips": lambda: itertools.chain(
        [OK + b"Content-Length: 100000\r\n\r\n"], itertools.repeat(b" ")
    ),
    "a chunked body that drips": lambda: itertools.chain(
        [OK + b"Transfer-Encoding: chunked\r\n\r\n"], itertools.repeat(b"1\r\n \r\n")
    ),
    "headers that drip": lambda: itertools.chain(
        [OK], (b"X-%d: 1\r\n" % number for number in itertools.count())
    ),
    "one interim answer after the other": lambda: itertools.repeat(b"HTTP/1.1 102 Wait\r\n\r\n"),
}


@pytest.mark.parametrize("how", DRIPS)
def test_an_answer_that_never_ends_is_an_error_within_the_sessions_timeout(how: str) -> None:
    with serving(DRIPS[how], pause=0.02) as url:
        began = time.monotonic()
        with pytest.raises(errors.ConnectionFailed, match="not complete in time"):
            client_of(url, TOTAL_S).vaults.list()
        assert time.monotonic() - began < 10 * TOTAL_S


@pytest.mark.parametrize("how", DRIPS)
def test_a_change_whose_answer_never_ends_may_have_been_carried_out(how: str) -> None:
    with serving(DRIPS[how], pause=0.02) as url:
        with pytest.raises(errors.ConnectionFailed) as caught:
            client_of(url, TOTAL_S).vaults.delete("v")
        assert caught.value.may_have_happened


def test_a_server_that_says_nothing_is_asked_twice_at_most() -> None:
    with serving(list, pause=1) as url:
        began = time.monotonic()
        with pytest.raises(errors.ConnectionFailed):
            client_of(url, TOTAL_S).vaults.list()
        assert time.monotonic() - began < 10 * TOTAL_S


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_small_answer_that_unpacks_to_gigabytes_is_an_error(layers: int) -> None:
    packer = zlib.compressobj(9, wbits=31)
    body = b"".join(packer.compress(b" " * 2**20) for _ in range(200)) + packer.flush()
    for _ in range(layers - 1):
        body = gzip.compress(body, 9)
    encoding = b"Content-Encoding: " + b", ".join([b"gzip"] * layers)
    with (
        serving(lambda: whole(body, encoding)) as url,
        pytest.raises(errors.ServiceError, match="more than 32 MB"),
    ):
        client_of(url).vaults.list()


def test_a_large_answer_that_is_not_packed_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "LARGEST_ANSWER", 1000)
    with (
        serving(lambda: whole(b" " * 2000)) as url,
        pytest.raises(errors.ServiceError, match="more than"),
    ):
        client_of(url).vaults.list()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        (b"gzip", gzip.compress(EMPTY, mtime=0)),
        (b"x-gzip", gzip.compress(EMPTY, mtime=0)),
        (b"GZIP", gzip.compress(EMPTY[:9], mtime=0) + gzip.compress(EMPTY[9:], mtime=0)),
        (b"deflate", zlib.compress(EMPTY)),
        (b"deflate", zlib.compress(EMPTY, wbits=-15)),
        (b"identity", EMPTY),
        (b"", EMPTY),
        (b"gzip, deflate", zlib.compress(gzip.compress(EMPTY, mtime=0))),
    ],
)
def test_what_is_packed_as_usual_is_read(encoding: bytes, body: bytes) -> None:
    with serving(lambda: whole(body, b"Content-Encoding: " + encoding)) as url:
        assert client_of(url).vaults.list().count == 0


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        (b"gzip", EMPTY),
        (b"gzip", gzip.compress(EMPTY, mtime=0)[:20]),
        (b"gzip", b""),
        (b"deflate", b"\x00\x01\x02"),
        (b"br", EMPTY),
        (b"gzip, gzip, gzip, gzip", EMPTY),
        (b"\xff\xfe", EMPTY),
    ],
)
def test_what_is_packed_in_a_broken_way_is_an_error(encoding: bytes, body: bytes) -> None:
    with serving(lambda: whole(body, b"Content-Encoding: " + encoding)) as url:
        with pytest.raises(errors.ServiceError, match="cannot be read"):
            client_of(url).vaults.list()
        with pytest.raises(errors.CBRError) as caught:
            client_of(url).vaults.update("v", size=10)
        assert caught.value.may_have_happened


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"vaults": ' + b'[{"resources":' * 50_000,
        b'{"vaults": [], "new": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b'{"vaults": [{"id": "v", "threshold": 1' + b"0" * 100_000 + b"}]",
        b'{"count": NaN',
    ],
)
def test_nesting_and_numbers_without_end_are_an_error(body: bytes) -> None:
    with serving(lambda: whole(body)) as url, pytest.raises(errors.ServiceError):
        client_of(url).vaults.list()


@pytest.mark.parametrize("how", DRIPS)
def test_a_class_that_never_ends_its_answer_is_an_error_in_time(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "_WRITING_TIMEOUT_S", TOTAL_S)
    with (
        serving(DRIPS[how], pause=0.02) as url,
        pytest.raises(errors.ConnectionFailed, match="does not answer"),
    ):
        cbr.connect(join=Join(url, "k").line)


def test_a_small_answer_of_a_class_that_unpacks_to_too_much_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(joining, "_LARGEST_SNAPSHOT", 2**20)
    body = gzip.compress(b" " * 2**22)
    with (
        serving(lambda: whole(body, b"Content-Encoding: gzip")) as url,
        pytest.raises(errors.ConnectionFailed, match="more than 1 MB"),
    ):
        cbr.connect(join=Join(url, "k").line)


def test_a_board_is_not_filled_by_a_small_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    body = gzip.compress(b" " * 40 * 2**20)
    with serving(lambda: whole(body, b"Content-Encoding: gzip")) as url:
        monkeypatch.setenv("CBR_JOIN", Join(url, "k").line)
        assert main(["workshop", "board", "--once"]) == 1
    assert "more than 32 MB" in capsys.readouterr().err
