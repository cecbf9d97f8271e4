"""A cloud over TCP, with clients that stall, break off, send too much, or stay for long."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
import pytest

from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.simulator.http import asgi, client_connection
from cbr_notebook.simulator.server import CloudServer
from tests.simulator.http_client import Client

MB = 1024 * 1024


class Served:
    """A cloud behind a port, with a user's token."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.server = CloudServer(cloud)
        ask = Client(cloud)
        self.token = ask.http.headers["X-Auth-Token"]
        self.path = f"/v3/{ask.project_id}/vaults"
        self.thread = threading.Thread(target=self.server.serve)
        self.thread.start()

    @property
    def url(self) -> str:
        return self.server.base_url + self.path

    def connect(self) -> socket.socket:
        return socket.create_connection((self.server.host, self.server.port), timeout=20)

    def send(self, *lines: str, body: bytes = b"") -> socket.socket:
        """Send the head of a request, and some of its body; return the connection."""
        peer = self.connect()
        peer.sendall("\r\n".join([*lines, "Host: here", "", ""]).encode() + body)
        return peer

    def status(self, *lines: str, body: bytes = b"") -> int:
        with self.send(*lines, body=body) as peer:
            return int(peer.recv(4096).split()[1])

    def get(self) -> float:
        """List the vaults on a connection of its own; return the seconds that it took."""
        began = time.perf_counter()
        answer = httpx.get(self.url, headers={"X-Auth-Token": self.token}, timeout=30)
        assert answer.status_code == 200
        return time.perf_counter() - began

    def stop(self) -> None:
        self.server.stop()
        self.thread.join(20)
        assert not self.thread.is_alive()


@pytest.fixture
def served() -> Iterator[Served]:
    made = Served(Cloud.open("empty"))
    try:
        yield made
    finally:
        made.stop()


def test_stalled_clients_do_not_make_others_wait(served: Served) -> None:
    asked = f"GET {served.path} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {served.token}\r\n\r\n"
    with_body = f"POST {served.path} HTTP/1.1", f"X-Auth-Token: {served.token}", "Content-Length: 9"
    held = []
    for _ in range(75):
        held.append(served.connect())  # silent
        held.append(served.send(*with_body, body=b"{"))  # half a body
        held.append(served.connect())  # half a head
        held[-1].sendall(b"GET / HT")
        held.append(served.connect())  # never reading
        held[-1].sendall(asked.encode())
    served.get()
    assert max(served.get() for _ in range(5)) < 5
    assert len(held) == 300
    for peer in held:
        peer.close()


FEW_FILES = """
import resource, socket, threading, httpx
from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.simulator.server import CloudServer

most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
server = CloudServer(Cloud.open("empty"))
used = server._socket.fileno()
resource.setrlimit(resource.RLIMIT_NOFILE, (used + 40, most))
thread = threading.Thread(target=server.serve)
thread.start()
httpx.get(server.base_url)
held = [socket.create_connection((server.host, server.port)) for _ in range(100)]
print(httpx.get(server.base_url, timeout=20).status_code)
server.stop()
thread.join()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_more_connections_are_held_than_the_system_allows_at_first() -> None:
    """On macOS a process may open 256 files, and a class has more."""
    done = subprocess.run(
        [sys.executable, "-c", FEW_FILES], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout == "300\n"


def test_a_server_stops_also_while_clients_stall(served: Served) -> None:
    begun = served.send(
        f"POST {served.path} HTTP/1.1", f"X-Auth-Token: {served.token}", "Content-Length: 9"
    )
    silent = served.connect()
    served.stop()
    begun.close()
    silent.close()
    with pytest.raises(OSError):
        served.connect()


def test_a_connection_is_kept_for_each_of_a_hundred_clients(served: Served) -> None:
    clients = [httpx.Client(headers={"X-Auth-Token": served.token}) for _ in range(100)]

    def ask_twice(client: httpx.Client) -> bool:
        first, second = (client.get(served.url) for _ in range(2))
        streams = [each.extensions["network_stream"] for each in (first, second)]
        ports = [each.get_extra_info("client_addr")[1] for each in streams]
        return ports[0] == ports[1] and second.status_code == 200

    with ThreadPoolExecutor(20) as executor:
        assert all(executor.map(ask_twice, clients))
    assert [client.get(served.url).status_code for client in clients] == [200] * 100
    for client in clients:
        client.close()


@pytest.mark.parametrize(
    "who", ["", "X-Auth-Token: MIIwrong", "Authorization: SDK-HMAC-SHA256 Access=no"]
)
def test_a_body_is_not_read_before_it_is_known_who_sends_it(served: Served, who: str) -> None:
    head = [f"POST {served.path} HTTP/1.1", f"Content-Length: {11 * MB}", *([who] if who else [])]
    assert served.status(*head) == 401  # nothing of the body was sent


def test_a_body_that_is_too_large_is_refused_before_it_comes(served: Served) -> None:
    head = f"POST {served.path} HTTP/1.1", f"X-Auth-Token: {served.token}"
    assert served.status(*head, f"Content-Length: {13 * MB}") == 413
    assert served.status("POST /v3/auth/tokens HTTP/1.1", f"Content-Length: {MB}") == 413


def test_a_body_of_unknown_length_is_not_read_for_ever(served: Served) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(20):
            yield b" " * MB

    answer = httpx.post(served.url, content=endless(), headers={"X-Auth-Token": served.token})
    assert (answer.status_code, answer.json()["error_code"]) == (413, "APIGW.0201")


def test_who_asks_first_whether_to_send_a_body_is_told_when_not_to(served: Served) -> None:
    head = [f"POST {served.path} HTTP/1.1", "Content-Length: 5", "Expect: 100-continue"]
    assert served.status(*head) == 401
    assert served.status(*head, f"X-Auth-Token: {served.token}") == 100


def test_an_old_client_is_answered_at_once_whatever_it_expects(served: Served) -> None:
    """HTTP/1.0 knows no interim answer."""
    head = f"POST {served.path} HTTP/1.0", f"X-Auth-Token: {served.token}", "Content-Length: 2"
    assert served.status(*head, "Expect: 100-continue", body=b"{}") == 400


def test_spaces_around_a_header_do_not_count(served: Served) -> None:
    assert served.status(f"GET {served.path} HTTP/1.1", f"X-Auth-Token:  {served.token} \t") == 200


@pytest.mark.parametrize(
    "length", ["-1", "abc", "5, 6", "9" * 30, "1\r\nContent-Length: 2", "+5", "0x10"]
)
def test_a_broken_length_is_a_bad_request(served: Served, length: str) -> None:
    head = f"POST {served.path} HTTP/1.1", f"X-Auth-Token: {served.token}"
    assert served.status(*head, f"Content-Length: {length}") == 400


def test_a_length_that_contradicts_the_encoding_is_a_bad_request(served: Served) -> None:
    head = f"POST {served.path} HTTP/1.1", f"X-Auth-Token: {served.token}"
    both = "Content-Length: 5", "Transfer-Encoding: chunked"
    assert served.status(*head, *both, body=b"0\r\n\r\n") == 400


def test_a_body_that_ends_early_changes_nothing(served: Served) -> None:
    served.send(
        f"POST {served.path} HTTP/1.1", f"X-Auth-Token: {served.token}", "Content-Length: 99",
        body=b'{"vault"',
    ).close()  # fmt: skip
    assert httpx.get(served.url, headers={"X-Auth-Token": served.token}).json()["count"] == 0


@pytest.mark.parametrize("what", ["cut before", "cut after"])
def test_a_connection_can_be_cut(served: Served, what: str) -> None:
    served.cloud.fail("list_vault", what)
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        served.get()
    served.get()


def test_a_path_keeps_what_is_escaped_in_it(served: Served) -> None:
    answer = httpx.get(f"{served.url}/%E6%97%A5", headers={"X-Auth-Token": served.token})
    assert answer.status_code == 400
    assert served.status("GET /%FF%FE HTTP/1.1") == 404


def test_a_slow_answer_makes_nobody_else_wait(served: Served) -> None:
    served.cloud.fail("list_vault", times=8, delay=3600)  # in a cloud that stands still: a jump
    before = served.cloud.now
    with ThreadPoolExecutor(8) as executor:
        list(executor.map(lambda _: served.get(), range(8)))
    assert (served.cloud.now - before).total_seconds() == 8 * 3600


def test_who_pauses_too_long_in_a_body_is_told_so(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asgi, "BODY_TIMEOUT_S", 0.05)
    head = f"POST {served.path} HTTP/1.1", f"X-Auth-Token: {served.token}", "Content-Length: 9"
    assert served.status(*head, body=b"{") == 408


def test_headers_without_end_are_not_read_for_ever(served: Served) -> None:
    with served.send(f"GET {served.path} HTTP/1.1") as whole:
        assert int(whole.recv(4096).split()[1]) == 401
    with served.connect() as peer:
        peer.sendall(b"GET / HTTP/1.1\r\nHost: here\r\nX-Large: ")
        told = b""
        with suppress(ConnectionError):  # it may break off while we still send
            for _ in range(40):
                peer.sendall(b"a" * 64 * 1024)
        with suppress(ConnectionError):
            told = peer.recv(4096)
        assert told == b"" or int(told.split()[1]) == 431
    assert served.get() < 20


def test_who_pauses_too_long_in_the_headers_is_cut_off(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_connection, "HEAD_S", 0.05)
    with served.connect() as peer:
        peer.sendall(b"GET / HTTP/1.1\r\nHost: ")
        assert peer.recv(4096) == b""
    headers = {"X-Auth-Token": served.token}
    with httpx.Client(headers=headers) as client:  # the time is not that of the connection
        for _ in range(2):
            assert client.get(served.url).status_code == 200
            time.sleep(0.1)


OFFER = "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"


def test_a_client_that_offers_another_protocol_is_answered_in_this_one(served: Served) -> None:
    """As Java's client and ``curl --http2`` do on plain HTTP, with a body or without."""
    own = f"X-Auth-Token: {served.token}"
    order = b'{"vault": {"name": "v", "resources": [], "billing": {"size": 10, "object_type": '
    order += b'"server", "protect_type": "backup", "consistent_level": "crash_consistent"}}}'
    post = [f"POST {served.path} HTTP/1.1", own, f"Content-Length: {len(order)}", *OFFER]
    with served.send(*post, "Connection: close", body=order[:40]) as peer:  # it comes in parts
        time.sleep(0.05)
        peer.sendall(order[40:])
        told = b"".join(iter(lambda: peer.recv(65536), b""))
        assert told.split()[1] == b"200"
    offer = dict(line.split(": ") for line in OFFER)
    one = http.client.HTTPConnection(served.server.host, served.server.port, timeout=20)
    for method, body, more in (
        ("POST", order, offer), ("GET", None, offer), ("POST", order, offer), ("GET", None, {}),
    ):  # fmt: skip
        one.request(method, served.path, body, {"X-Auth-Token": served.token, **more})
        answer = one.getresponse()
        assert (answer.status, bool(json.loads(answer.read()))) == (200, True)
    one.close()
    assert served.status("CONNECT there:443 HTTP/1.1") == 400


def test_a_client_that_closed_its_side_is_answered(served: Served) -> None:
    head = f"GET {served.path} HTTP/1.1", f"X-Auth-Token: {served.token}"
    with served.send(*head) as peer:
        peer.shutdown(socket.SHUT_WR)
        told = b"".join(iter(lambda: peer.recv(65536), b""))  # until the other side is closed
    assert told.startswith(b"HTTP/1.1 200") and told.endswith(b"}")
    with served.send(f"POST {served.path} HTTP/1.1", head[1], "Content-Length: 9") as peer:
        peer.shutdown(socket.SHUT_WR)  # in the midst of a body
        assert peer.recv(65536) == b""


def test_answers_that_nobody_reads_are_thrown_away(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asgi, "READER_S", 0.05)
    served.server._server.config.timeout_keep_alive = 0.05  # type: ignore[assignment]
    asked = "\r\n".join([f"GET {served.path} HTTP/1.1", f"X-Auth-Token: {served.token}", "", ""])
    for number in range(60):
        served.cloud.create_server(f"server-{number}")
    long = asked.replace("/vaults", "/protectables/server/instances")

    def ask_on(peer: socket.socket) -> None:
        while True:  # it waits when nothing more is read, and breaks off when it was given up
            peer.sendall(long.encode() * 20)

    with served.connect() as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with pytest.raises(ConnectionError):
            ask_on(peer)
    served.get()


@pytest.mark.parametrize("pause", [0.01, 0.2])
def test_a_body_that_never_ends_is_given_up(
    served: Served, monkeypatch: pytest.MonkeyPatch, pause: float
) -> None:
    """However regularly its parts come."""
    monkeypatch.setattr(asgi, "WHOLE_BODY_S", 0.1)
    head = f"POST {served.path} HTTP/1.1", f"X-Auth-Token: {served.token}", "Content-Length: 9999"
    with served.send(*head) as peer:
        began = time.monotonic()
        try:
            while time.monotonic() < began + 10:
                peer.sendall(b" ")
                peer.settimeout(pause)
                with suppress(TimeoutError):
                    assert int(peer.recv(4096).split()[1]) == 408
                    return
        except ConnectionError:
            return  # cut off before the answer was read
    pytest.fail("it is still read")
