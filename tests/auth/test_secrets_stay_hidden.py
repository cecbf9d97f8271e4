"""Secrets are in no log at DEBUG and in no frame of a verbose traceback."""

from __future__ import annotations

import copy
import gc
import io
import json
import logging
import pickle
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from IPython.core.ultratb import VerboseTB

import cbr_notebook as cbr
from cbr_notebook.auth.redaction import protect_logs, redacted
from cbr_notebook.auth.secret import Secret

PROJECT = "0605767b5780d5762fc5c0118072a564"
MARK = "-".join(("canary", "4711"))
SECRETS = {name: f"{MARK}-{name}" for name in ("password", "secret_key", "security_token", "token")}
KEYS: dict[str, Any] = {"access_key": "AK", "secret_key": SECRETS["secret_key"]}
USER: dict[str, Any] = {
    "user_name": "pat",
    "domain_name": "ACME",
    "password": SECRETS["password"],
}


class Answers(BaseHTTPRequestHandler):
    """A cloud whose tokens are canaries; its status can be made another."""

    protocol_version = "HTTP/1.1"
    status = 200
    broken = False

    def work(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        document: dict[str, Any] = {"vaults": [], "count": 0}
        headers = {"Set-Cookie": f"session={MARK}-cookie"}
        status = self.status
        if self.path.startswith("/v3/auth/tokens"):
            project = {"id": PROJECT, "name": "eu-west-0"}
            status = 201 if self.command == "POST" else 200
            document = {"token": {"project": project, "catalog": []}}
            headers["X-Subject-Token"] = f"{MARK}-issued"
            if self.broken:
                document["token"]["project"] = {"id": None}
        content = json.dumps(document).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = work  # noqa: N815 the names that http.server calls

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    monkeypatch.setenv("HOME", str(tmp_path))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that any logger writes at DEBUG, as ``logging.basicConfig`` shows it."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield out
    root.setLevel(level)
    root.removeHandler(handler)


def agency(cloud: str, home: Path) -> dict[str, Any]:
    folder = home / ".config" / "openstack"
    folder.mkdir(parents=True)
    auth = {
        "auth_url": cloud, "username": "pat", "password": USER["password"],
        "user_domain_name": "ACME", "agency_name": "ops", "agency_domain_name": "C",
    }  # fmt: skip
    entry = {"auth": auth, "region_name": "eu-west-0", "cbr_endpoint_override": cloud}
    (folder / "clouds.yaml").write_text(json.dumps({"clouds": {"mine": entry}}))
    return {"profile": "mine", "region": None}


WAYS: dict[str, Callable[[str, Path], dict[str, Any]]] = {
    "password": lambda cloud, home: USER,
    "token": lambda cloud, home: {"token": SECRETS["token"]},
    "access key": lambda cloud, home: {**KEYS, "project_id": PROJECT},
    "security token": lambda cloud, home: {
        **KEYS, "security_token": SECRETS["security_token"], "project_id": PROJECT,
    },
    "agency": agency,
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_a_log_at_debug_shows_no_secret(
    way: str, cloud: str, log: io.StringIO, tmp_path: Path
) -> None:
    given = {"endpoint": cloud, "region": "eu-west-0", **WAYS[way](cloud, tmp_path)}
    with cbr.connect(**given) as session:
        session.vaults()
    text = log.getvalue()
    assert "receive_response_headers" in text  # something was logged at all
    assert MARK not in text


def test_a_filter_that_was_taken_away_is_there_again_at_the_next_sign_in(
    cloud: str, log: io.StringIO
) -> None:
    for name in ("httpcore.http11", "httpcore.connection"):
        logging.getLogger(name).filters.clear()
    with cbr.connect(endpoint=cloud, region="eu-west-0", **USER) as session:
        session.vaults()
    assert MARK not in log.getvalue()
    protect_logs()
    filters = logging.getLogger("httpcore.http11").filters
    assert len(filters) == 1  # however often it is asked for


@pytest.mark.parametrize(
    "line",
    [
        "[(b'X-Subject-Token', b'{}'), (b'Server', b'x')]",
        "{{'x-auth-token': '{}'}}",
        "headers=[(b'authorization', b\"SDK-HMAC-SHA256 Access=AK, Signature={}\")]",
        "X-Security-Token: {}",
        "Proxy-Authorization: Basic {}",
        "connect to http://pat:{}@proxy.example.com:3128",
        "[(b'Set-Cookie', b'it\\'s={}; Path=/')]",
    ],
)
def test_every_shape_of_a_secret_header_is_taken_out(line: str) -> None:
    assert MARK not in redacted(line.format(MARK))
    assert redacted("GET https://cbr.example.com/v3/p/vaults") == (
        "GET https://cbr.example.com/v3/p/vaults"
    )


# -- verbose tracebacks ------------------------------------------------------------------------


def verbose(call: Callable[[], object]) -> str:
    """Return what ``%xmode Verbose`` prints of a failing call, without the frames of the test."""
    try:
        call()
    except BaseException:
        kind, problem, trace = sys.exc_info()
        while trace is not None and "/tests/" in trace.tb_frame.f_code.co_filename:
            trace = trace.tb_next
        themed = "theme_name" in VerboseTB.__init__.__code__.co_varnames
        formatter = VerboseTB(theme_name="nocolor") if themed else VerboseTB()
        # IPython parses every frame's file; where a finalizer that parses, too, runs in between,
        # CPython 3.11 fails with "AST constructor recursion depth mismatch".
        gc.disable()
        try:
            return str(formatter.text(kind, problem, trace))
        finally:
            gc.enable()
    raise AssertionError("nothing failed")


EVERYTHING = {**KEYS, "security_token": SECRETS["security_token"]}
FAILING: dict[str, dict[str, Any]] = {
    "plain http": {**EVERYTHING, "endpoint": "http://cbr.example.com"},
    "no region": EVERYTHING,
    "strange region": {**EVERYTHING, "region": "a b"},
    "strange secret": {**KEYS, "security_token": f"{MARK}ü", "region": "eu-west-0"},
    "strange token": {"token": f"{MARK} x\n", "region": "eu-west-0"},
    "strange password": {**USER, "password": f"{MARK}\udcff", "region": "eu-west-0"},
    "certificates": {**EVERYTHING, "region": "eu-west-0", "verify": "missing.pem"},
    "password without a place": {**USER, "endpoint": "https://cbr.example.com"},
    "no such profile": {**EVERYTHING, "profile": "nobody"},
    "nobody answers": {**USER, "endpoint": "http://127.0.0.1:9"},
    "token, nobody answers": {"token": SECRETS["token"], "endpoint": "http://127.0.0.1:9"},
    "keys, nobody answers": {**EVERYTHING, "endpoint": "http://127.0.0.1:9", "region": "r"},
}


@pytest.mark.parametrize("way", FAILING)
def test_a_verbose_traceback_of_connect_shows_no_secret(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    text = verbose(lambda: cbr.connect(**FAILING[way]))
    assert "connect" in text  # the frames are there
    assert MARK not in text


def write_environment(cloud: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OS_PASSWORD", "OS_TOKEN", "HUAWEICLOUD_SDK_SK"):
        monkeypatch.setenv(name, f"{MARK}-env")
    monkeypatch.setenv("OS_AUTH_TYPE", "v3totp")
    monkeypatch.setenv("OS_AUTH_URL", cloud)
    monkeypatch.setenv("OS_USERNAME", "pat")


def write_profile(cloud: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / ".huaweicloud").mkdir()
    lines = f"[basic]\nak = A\nsk = {MARK}\nid_token_file = x\nregion = eu-west-0\n"
    (home / ".huaweicloud" / "credentials").write_text(lines)


def write_broken_profile(cloud: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / ".huaweicloud").mkdir()
    (home / ".huaweicloud" / "credentials").write_text(f"sk = {MARK}\n")


def write_bytes(cloud: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / ".huaweicloud").mkdir()
    (home / ".huaweicloud" / "credentials").write_bytes(f"[basic]\nsk={MARK}".encode() + b"\xff")


def write_cloud(cloud: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_CLOUD", "mine")
    (home / ".config" / "openstack").mkdir(parents=True)
    auth = {"auth_url": cloud, "username": "pat", "password": MARK, "token": MARK, "sk": MARK,
            "passcode": MARK}  # fmt: skip
    (home / ".config" / "openstack" / "clouds.yaml").write_text(
        json.dumps({"clouds": {"mine": {"auth": auth}}})
    )


def write_broken_cloud(cloud: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_CLOUD", "mine")
    (home / ".config" / "openstack").mkdir(parents=True)
    (home / ".config" / "openstack" / "clouds.yaml").write_text(f"clouds: {{password: {MARK}")


@pytest.mark.parametrize(
    "write",
    [
        write_environment, write_profile, write_broken_profile, write_bytes, write_cloud,
        write_broken_cloud,
    ],
    ids=lambda each: each.__name__,
)  # fmt: skip
def test_a_verbose_traceback_shows_nothing_of_a_source(
    write: Callable[[str, Path, pytest.MonkeyPatch], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("HUAWEICLOUD_SDK_CREDENTIALS_FILE", raising=False)
    write("http://127.0.0.1:9", tmp_path, monkeypatch)
    text = verbose(cbr.connect)
    assert "find" in text
    assert MARK not in text


@pytest.mark.parametrize("way", WAYS)
def test_a_verbose_traceback_of_the_first_use_shows_no_secret(
    way: str, cloud: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"endpoint": cloud, "region": "eu-west-0", **WAYS[way](cloud, tmp_path)}
    session = cbr.connect(**given)
    monkeypatch.setattr(Answers, "status", 403)
    assert MARK not in verbose(session.vaults)

    def cut(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("cut")

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", cut)
    session.client.transport._sleep = lambda seconds: None
    text = verbose(session.vaults)
    assert "vaults" in text
    assert MARK not in text


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("moment", ["read", "write"])
def test_a_verbose_traceback_of_an_interrupt_shows_no_secret(
    way: str, moment: str, cloud: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"endpoint": cloud, "region": "eu-west-0", **WAYS[way](cloud, tmp_path)}
    session = cbr.connect(**given)

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"httpcore._backends.sync.SyncStream.{moment}", interrupted)
    text = verbose(session.vaults)
    assert "KeyboardInterrupt" in text
    assert MARK not in text


def test_an_answer_of_iam_that_makes_no_sense_shows_no_token(
    cloud: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Answers, "broken", True)
    text = verbose(lambda: cbr.connect(endpoint=cloud, region="eu-west-0", **USER))
    assert "ID of the project" in text
    assert MARK not in text


def test_a_secret_that_is_wrapped_already_is_taken(cloud: str) -> None:
    wrapped = {**USER, "password": Secret(USER["password"])}
    assert cbr.connect(endpoint=cloud, region="eu-west-0", **wrapped).vaults().empty


def everything_of(problem: BaseException | None) -> Iterator[str]:
    """Yield what an error and those behind it hold, and the requests that they lead to."""
    while problem is not None:
        yield repr(problem)
        yield str(vars(problem))
        request = getattr(problem, "_request", None)
        if request is not None:
            yield f"{request.headers.raw} {request.content!r}"
        problem = problem.__cause__ or problem.__context__


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("trouble", [httpx.ReadError, httpx.ConnectError, httpx.ReadTimeout])
def test_no_error_leads_to_the_headers_of_its_request(
    way: str,
    trouble: type[httpx.TransportError],
    cloud: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = {"endpoint": cloud, "region": "eu-west-0", **WAYS[way](cloud, tmp_path)}
    session = cbr.connect(**given)

    def cut(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        raise trouble("cut", request=request)

    session.vaults()
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", cut)
    session.client.transport._sleep = lambda seconds: None
    for ask in (session.vaults, lambda: session.client.vaults.delete("x")):
        with pytest.raises(cbr.errors.ConnectionFailed) as caught:
            ask()
        assert MARK not in "".join(everything_of(caught.value))


@pytest.mark.parametrize("way", WAYS)
def test_a_session_cannot_be_written_or_copied_with_its_secrets(
    way: str, cloud: str, tmp_path: Path
) -> None:
    given = {"endpoint": cloud, "region": "eu-west-0", **WAYS[way](cloud, tmp_path)}
    session = cbr.connect(**given)
    for held in (session, session.client, session.client.transport, session._http, session.poller):
        assert MARK not in f"{held!r} {vars(held)}"
        for write in (pickle.dumps, copy.deepcopy):
            try:
                text = repr(write(held))
            except Exception as problem:  # whichever it is, it shows nothing
                text = "".join(everything_of(problem))
            assert MARK not in text
