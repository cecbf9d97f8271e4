"""Certificates, proxies and names that are not known: said at once, and nothing was sent."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest.mock import Mock, call

import httpx
import pytest

import cbr_notebook as cbr
from cbr_notebook import errors
from cbr_notebook.auth.network import http_client

KEYS: dict[str, Any] = {
    "access_key": "AK", "secret_key": "sk", "project_id": "0" * 32, "region": "eu-de",
}  # fmt: skip
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


class Proxy(BaseHTTPRequestHandler):
    """A proxy that refuses everything, and remembers what it was asked."""

    asked: list[str] = []

    def refuse(self) -> None:
        self.asked.append(self.path)
        self.send_response(407)
        self.send_header("Proxy-Authenticate", "Basic")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_CONNECT = refuse  # noqa: N815 the names that http.server calls

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def proxy() -> Iterator[str]:
    Proxy.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join(10)


def never_wait(session: Any) -> None:
    def waited(seconds: float) -> None:
        raise AssertionError(f"waited {seconds} s")

    session.client.transport._sleep = waited


def test_a_proxy_that_refuses_is_named_and_let_nothing_through(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://pat:hidden@{proxy}")
    session = cbr.connect(**KEYS)
    never_wait(session)
    with pytest.raises(errors.ConnectionFailed, match=proxy) as caught:
        session.create_policy("nightly", days="daily", times="23:00", retention_days=7)
    assert caught.value.may_have_happened is False
    assert "HTTPS_PROXY" in str(caught.value.advice)
    assert "hidden" not in str(caught.value)


def test_a_proxy_that_is_not_there_is_the_one_that_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
    session = cbr.connect(**KEYS)
    session.client.transport._sleep = lambda seconds: None
    with pytest.raises(
        errors.ConnectionFailed, match=rf"proxy 127\.0\.0\.1:{port} could"
    ) as caught:
        session.client.vaults.create("v", size=10)
    assert caught.value.may_have_happened is False
    assert "NO_PROXY" in str(caught.value.advice)


@pytest.mark.parametrize(
    "said",
    [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"],
    ids=["closes", "babbles", "cuts"],
)
def test_a_proxy_that_breaks_off_let_nothing_through(
    said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connection.recv(4096)
                connection.sendall(said)
                connection.close()

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{listener.getsockname()[1]}")
    session = cbr.connect(**KEYS)
    session.client.transport._sleep = lambda seconds: None
    with pytest.raises(errors.ConnectionFailed, match=r"127\.0\.0\.1|cbr\.eu-de") as caught:
        session.client.vaults.create("v", size=10)
    listener.close()
    assert caught.value.may_have_happened is False
    assert "Nothing was changed" in str(caught.value)


def test_nothing_for_this_computer_goes_through_a_proxy(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://{proxy}")
    hosts = ("http://127.0.0.1:9", "http://127.0.0.2:9", "http://localhost:9", "http://[::1]:9",
             "https://127.0.0.1:9")  # fmt: skip
    for address in hosts:
        session = cbr.connect(**KEYS, endpoint=address)
        session.client.transport._sleep = lambda seconds: None
        with pytest.raises(errors.ConnectionFailed) as caught:
            session.vaults()
        assert "proxy" not in caught.value.message
    with pytest.raises(errors.ConnectionFailed):
        cbr.connect(user_name="pat", password="pw", domain_name="A", endpoint=hosts[0])
    assert Proxy.asked == []


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:1080", r"httpx\[socks\]"),
        ("HTTPS_PROXY", "ftp://pat:hidden@127.0.0.1:1", "HTTPS_PROXY"),
        ("HTTPS_PROXY", "http://proxy:port", "HTTPS_PROXY"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_a_typed_error(
    name: str, value: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    monkeypatch.setitem(__import__("sys").modules, "socksio", None)
    with pytest.raises(errors.InvalidRequest, match=word) as caught:
        cbr.connect(**KEYS)
    assert "hidden" not in str(caught.value)


def test_a_file_of_certificates_that_the_environment_names_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    with pytest.raises(errors.InvalidRequest, match="SSL_CERT_FILE"):
        cbr.connect(**KEYS)
    (tmp_path / "missing.pem").write_text("no certificate")
    with pytest.raises(errors.InvalidRequest, match="SSL_CERT_FILE"):
        cbr.connect(**KEYS)


def test_the_certificates_of_this_computer_are_read_once_until_they_change(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trusted = tmp_path / "trusted.pem"
    authority = httpx.create_ssl_context().get_ca_certs(binary_form=True)[0]
    trusted.write_text(ssl.DER_cert_to_PEM_cert(authority))
    read = Mock(side_effect=httpx.create_ssl_context)
    monkeypatch.setattr(httpx, "create_ssl_context", read)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    for _ in range(3):
        cbr.connect(**KEYS)
    assert read.call_count == 1
    os.utime(trusted, ns=(0, 0))
    cbr.connect(**KEYS)
    assert read.call_count == 2
    with pytest.warns(http_client.UncheckedCertificates):
        cbr.connect(**KEYS, verify=False)
    cbr.connect(**KEYS)
    assert read.call_args_list[2:] == [call(verify=False)], "who checks nobody is kept apart"


def failing_with(cause: Exception) -> Any:
    def fail(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(str(cause)) from cause

    return fail


def test_a_certificate_that_is_not_trusted_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cause = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] self-signed")
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", failing_with(cause))
    session = cbr.connect(**KEYS)
    never_wait(session)
    with pytest.raises(errors.ConnectionFailed, match="certificate of cbr") as caught:
        session.client.vaults.create("v", size=10)
    assert caught.value.may_have_happened is False
    assert "verify=" in str(caught.value.advice)
    with pytest.raises(errors.ConnectionFailed, match="certificate of iam"):
        cbr.connect(user_name="pat", password="pw", domain_name="A", region="eu-de")


def test_what_speaks_no_tls_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    cause = ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number")
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", failing_with(cause))
    session = cbr.connect(**KEYS)
    never_wait(session)
    with pytest.raises(errors.ConnectionFailed, match="does not speak TLS"):
        session.vaults()


ANOTHER_PROTOCOL = {
    "ssh": (b"SSH-2.0-OpenSSH_9.2\r\n", "http", "does not speak HTTP.*SSH-2.0-OpenSSH_9.2"),
    "mail": (b"220 mail ESMTP\r\n", "http", "does not speak HTTP.*220 mail ESMTP"),
    "no text": (b"\x05\x00\xff\x00", "http", "does not speak HTTP"),
    "tls": (b"\x15\x03\x01\x00\x02\x02F", "http", "speaks TLS, and the address begins with http:"),
    "http": (b"HTTP/1.1 400 Bad Request\r\n\r\n", "https", "does not speak TLS.*https:"),
    "ssh for tls": (b"SSH-2.0-OpenSSH_9.2\r\n", "https", "does not speak TLS.*https:"),
}


@pytest.fixture
def peer() -> Iterator[Callable[[bytes], str]]:
    """A server that says some bytes, whatever it is told, and hangs up."""
    servers: list[socket.socket] = []

    def serve(said: bytes) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)

        def answer() -> None:
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                with client, contextlib.suppress(OSError):
                    client.recv(65536)
                    client.sendall(said)

        threading.Thread(target=answer, daemon=True).start()
        return f"127.0.0.1:{server.getsockname()[1]}"

    yield serve
    for server in servers:
        server.close()


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", ANOTHER_PROTOCOL)
def test_what_answers_in_another_protocol_is_told_at_once(
    name: str, peer: Callable[[bytes], str]
) -> None:
    said, scheme, told = ANOTHER_PROTOCOL[name]
    where = peer(said)
    session = cbr.connect(**KEYS, endpoint=f"{scheme}://{where}", verify=False)
    never_wait(session)
    with pytest.raises(errors.ConnectionFailed, match=told) as caught:
        session.vaults()
    assert where in caught.value.message
    with pytest.raises(errors.ConnectionFailed, match=told) as caught:
        session.client.vaults.create("v", size=10)
    assert caught.value.may_have_happened is (scheme == "http")
    with pytest.raises(errors.ConnectionFailed, match=told):
        cbr.connect(
            user_name="pat", password="pw", domain_name="A", region="eu-de",
            iam_endpoint=f"{scheme}://{where}", endpoint=f"{scheme}://{where}", verify=False,
        )  # fmt: skip


def test_a_name_that_is_not_known_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    cause = OSError(-2, "Name or service not known")
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", failing_with(cause))
    session = cbr.connect(**KEYS)
    session.client.transport._sleep = lambda seconds: None
    with pytest.raises(errors.ConnectionFailed, match="name is not known"):
        session.vaults()


def test_with_certificates_checked_nobody_is_warned() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cbr.connect(**KEYS)
        cbr.connect(**KEYS, verify=True)
        cbr.connect(**KEYS, verify=ssl.create_default_context())
