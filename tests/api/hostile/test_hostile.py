"""Hostile answers at random: a right result or a typed error, in time, in memory, and true.

``CBR_HOSTILE_EXAMPLES=1000`` tries as many; the ordinary run fewer.
"""

from __future__ import annotations

import ast
import contextlib
import gzip
import inspect
import json
import os
import re
import resource
import socket
import threading
import time
import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cbr_notebook as cbr
from cbr_notebook import Session, errors
from cbr_notebook.api.client import Client
from cbr_notebook.api.groups.protectables import AgentQuestion
from cbr_notebook.api.http.operations import OPERATIONS
from cbr_notebook.api.http.transport import Transport
from cbr_notebook.auth.network.bounds import bound_client
from cbr_notebook.session.context import Identity
from tests.api.hostile.acts import ACTS, FILES
from tests.api.hostile.way import Act, Way

EXAMPLES = int(os.environ.get("CBR_HOSTILE_EXAMPLES", "30"))
HURRIED_S, PATIENT_S = 1.0, 60.0
"""Timeouts of sessions that meet hostile answers, and honest ones in other words."""
LONGEST_S = 30.0
MOST_GROWTH_MB = 300

FEATURES: Callable[[Session], Any] = lambda s: s.features()  # noqa: E731 as those below
TABLES: tuple[Callable[[Session], Any], ...] = (
    lambda s: s.vaults(),
    lambda s: s.backups(),
    lambda s: s.tasks(),
    lambda s: s.policies(),
    lambda s: s.policy_rules(),
    lambda s: s.resources("server"),
    lambda s: s.resources("disk"),
    lambda s: s.vault_resources(),
    lambda s: s.tags(),
    lambda s: s.usage(),
    lambda s: s.agents(),
    FEATURES,
    lambda s: s.replication_targets(),
    lambda s: s.organization_policies(),
    lambda s: s.members(BACKUP),
    lambda s: s.restore_points(),
    lambda s: s.unprotected(),
    lambda s: s.capacity(),
    lambda s: s.recovery_points(),
    lambda s: s.gaps(),
    lambda s: s.failures(),
    lambda s: s.schedule(),
    lambda s: s.changed_data(SERVER),
    lambda s: s.vault_policies(),
    lambda s: s.replication(),
    lambda s: s.retention_preview(days=7),
    lambda s: s.orphans(),
    lambda s: s.cost(0.1, currency="EUR"),
    lambda s: s.suspicion(SERVER),
    lambda s: s.audit(),
)
"""Every question that makes a table."""
RECORDS: tuple[Callable[[Client], Any], ...] = (
    lambda c: c.vaults.show(VAULT),
    lambda c: c.vaults.summary(),
    lambda c: c.vaults.list_external(
        region_id="eu-west-0", external_project_id=c.transport.project_id
    ),
    lambda c: c.backups.show(BACKUP),
    lambda c: c.backups.metadata(BACKUP),
    lambda c: list(c.policies.list().policies),
    lambda c: c.protectables.show("server", SERVER),
    lambda c: c.protectables.check_agents([AgentQuestion(SERVER, "OS::Nova::Server")]),
    lambda c: c.protectables.replication_capabilities(),
    lambda c: c.restore_points.show("e328d05e-4b28-4898-b8c1-2bfe6621ec03"),
    lambda c: c.tags.list(VAULT),
    lambda c: c.tags.list_project(),
    lambda c: list(c.tags.filter().resources or ()),
    lambda c: c.projects.list(),
    lambda c: c.features.list(),
    lambda c: c.members.list(BACKUP),
)
"""Questions of the client beside those that the tables ask."""
VAULT = "1572bd27-e221-4f28-94ca-9777d232fcd7"
BACKUP = "c892ed58-3a18-47c2-9e31-a1d543dc490a"
SERVER = "d6bf7592-ca52-43a2-9979-e418d64b29bb"


@dataclass
class Plan:
    """What becomes of the answers from now on."""

    reaches_cloud: bool = True
    status: int | None = None
    body: bytes | None = None
    headers: tuple[bytes, ...] = ()
    packing: str = "none"
    cut: float | None = None
    drips: bool = False
    mutate: str = "none"
    when: str = "always"
    """Always; for ``changes`` only; or for what comes ``after`` the first change."""


class Man:
    """A man in the middle: passes requests on to a simulated cloud, and mangles its answers."""

    def __init__(self, cloud: Session | None = None, plans: list[Plan] | None = None) -> None:
        self.cloud = cbr.simulate("documented") if cloud is None else cloud
        self._plans = [Plan()] if plans is None else plans
        self._inner = self.cloud.client.transport._client
        self._lock = threading.Lock()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()
        self.session = self._session(HURRIED_S)
        self.patient = self._session(PATIENT_S)
        self.receiver: Session = self.session
        if cloud is None:
            other = self.cloud.in_project("eu-west-0_staging")
            self.receiver = Man(other, self._plans).session

    @property
    def plan(self) -> Plan:
        return self._plans[0]

    @plan.setter
    def plan(self, plan: Plan) -> None:
        self._plans[0] = plan

    def _session(self, timeout: float) -> Session:
        """Return a session that reaches its service through this man."""
        project = self.cloud.identity.project_id
        http = bound_client(httpx.Client(timeout=timeout, trust_env=False))
        transport = Transport(
            http, self.url, project,
            sleep=lambda seconds: None, clock=lambda: self.cloud.now, write=lambda line: None,
        )  # fmt: skip
        who = Identity("ada", "key", "eu-west-0", project, self.url, "test")
        return Session(
            Client(transport), who, http,
            sleep=lambda seconds: None, clock=lambda: self.cloud.now,
        )  # fmt: skip

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        with peer, contextlib.suppress(OSError, ValueError, IndexError):
            head = b""
            while b"\r\n\r\n" not in head:
                more = peer.recv(65536)
                if not more:
                    return
                head += more
            head, body = head.split(b"\r\n\r\n", 1)
            lines = head.decode("latin-1").split("\r\n")
            method, path, _ = lines[0].split(" ")
            length = next(
                (int(each[15:]) for each in lines if each.lower().startswith("content-length:")), 0
            )
            while len(body) < length:
                body += peer.recv(65536)
            self._answer(peer, method, path, body)

    def _answer(self, peer: socket.socket, method: str, path: str, body: bytes) -> None:
        plan, status, content = self.plan, 200, b""
        honest = (plan.when == "changes" and method == "GET") or plan.when == "after"
        if plan.when == "after" and method != "GET":
            plan.when = "always"
        if honest:
            plan = Plan(reaches_cloud=True)
        if plan.reaches_cloud:
            with self._lock:
                url = f"{self.cloud.identity.endpoint}{path}"
                answer = self._inner.send(
                    self._inner.build_request(
                        method, url, content=body, headers={"Content-Type": "application/json"}
                    )
                )
            status, content = answer.status_code, mutated(answer.content, plan.mutate)
        status = plan.status or status
        content = content if plan.body is None else plan.body
        headers, content = packed(content, plan.packing)
        lines = [b"HTTP/1.1 %d X" % status, b"Connection: close", *headers, *plan.headers]
        if not any(each.lower().startswith(b"content-length") for each in plan.headers):
            lines.append(b"Content-Length: %d" % len(content))
        whole = b"\r\n".join(lines) + b"\r\n\r\n" + content
        if plan.cut is not None:
            whole = whole[: int(len(whole) * plan.cut)]
        if plan.drips:
            for place in range(len(whole)):
                peer.sendall(whole[place : place + 1])
                time.sleep(0.02)
        else:
            peer.sendall(whole)


def mutated(content: bytes, how: str) -> bytes:
    """Return an answer whose values have other JSON types, or whose rows are strange."""
    try:
        document = json.loads(content)
    except ValueError:
        return content
    changes: dict[str, Callable[[Any], Any]] = {
        "texts": lambda v: str(v) if isinstance(v, int | float) and not isinstance(v, bool) else v,
        "floats": lambda v: float(v) if isinstance(v, int) and not isinstance(v, bool) else v,
        "flags as texts": lambda v: str(v) if isinstance(v, bool) else v,
        "nulls as objects": lambda v: {} if v is None else v,
        # Of things only: a new member of a mapping, such as of tags, is one more tag.
        "new members": lambda v: (
            {**v, "brand_new": [None]} if isinstance(v, dict) and "id" in v else v
        ),
    }
    change = changes.get(how)
    return content if change is None else json.dumps(walked(document, change)).encode()


def walked(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return change({key: walked(each, change) for key, each in value.items()})
    if isinstance(value, list):
        return [walked(each, change) for each in value]
    return change(value)


def packed(content: bytes, how: str) -> tuple[list[bytes], bytes]:
    if how == "gzip":
        return [b"Content-Encoding: gzip"], gzip.compress(content)
    if how == "deflate":
        return [b"Content-Encoding: deflate"], zlib.compress(content)
    if how == "twice":
        return [b"Content-Encoding: gzip, gzip"], gzip.compress(gzip.compress(content))
    if how == "lie":
        return [b"Content-Encoding: gzip"], content
    if how == "unknown":
        return [b"Content-Encoding: br"], content
    if how == "bomb":
        return [b"Content-Encoding: gzip"], BOMB
    return [], content


BOMB = gzip.compress(b" " * (80 << 20), 9)
READABLE = ("none", "gzip", "deflate", "twice")
JUNK = (
    b"", b"null", b"[]", b"{}", b"7", b"<html>sign in</html>", b"\xff\xfe\x00", b"{" * 9999,
    b'{"error": {"code": 1}}', b'{"error_code": 5, "error_msg": []}', b'{"message": "hello"}',
    b'{"vaults": 7, "backups": 7}', b'[' * 100_000, b'{"count": 1e999}', b" " * 100_000,
    b'{"error_code": "BackupService.9900", "error_msg": "limit:200,time:5 minute"}',
    b'{"vaults": null, "backups": null, "count": 99999999999999999999999}',
)  # fmt: skip
HEADERS = (
    b"Retry-After: nan", b"Retry-After: -1", b"Retry-After: 9e99", b"Retry-After: 1",
    b"Content-Type: text/html", b"Content-Type: \xff", b"Location: http://[", b"X-Request-Id: ",
    b"Set-Cookie: a=b; expires=x", b"Content-Length: 3", b"Content-Length: 99999999",
    b"Transfer-Encoding: chunked", b"Date: never", b"Server: x\xe9",
)  # fmt: skip
MUTATIONS = ("none", "texts", "floats", "flags as texts", "nulls as objects", "new members")

plans = st.builds(
    Plan,
    reaches_cloud=st.just(True),
    status=st.none() | st.sampled_from([101, 200, 204, 301, 302, 400, 401, 403, 404, 407, 408,
                                        409, 413, 429, 500, 502, 503, 504, 511, 599]),
    body=st.none() | st.sampled_from(JUNK) | st.binary(max_size=40),
    headers=st.lists(st.sampled_from(HEADERS), max_size=2).map(tuple),
    packing=st.sampled_from((*READABLE, "lie", "unknown", "bomb")),
    cut=st.none() | st.floats(0, 1),
    drips=st.sampled_from([False] * 9 + [True]),
    mutate=st.sampled_from(MUTATIONS),
)  # fmt: skip
unchanged = st.builds(Plan, packing=st.sampled_from(READABLE), mutate=st.sampled_from(MUTATIONS))
hostile = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def man() -> Man:
    return Man()


@pytest.fixture(autouse=True)
def _in_time_and_memory() -> Iterator[None]:
    start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start) / 1024
    assert grown <= MOST_GROWTH_MB


def ask(man: Man, plan: Plan, question: Callable[[], Any]) -> Any:
    """Ask in time; return the answer, or ``None`` after a typed error that calls nothing done."""
    man.plan = plan
    began, answer, may_have = time.monotonic(), None, False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", errors.AnswerWarning)
        try:
            answer = question()
        except errors.CBRError as problem:
            may_have = problem.may_have_happened
    assert not may_have
    assert time.monotonic() - began < LONGEST_S
    return answer


@hostile
@given(plan=plans, question=st.sampled_from(TABLES))
def test_a_question_is_answered_rightly_or_with_a_typed_error(
    man: Man, plan: Plan, question: Callable[[Session], Any]
) -> None:
    answer = ask(man, plan, lambda: question(man.session))
    assert answer is None or isinstance(answer, pd.DataFrame)


@hostile
@given(plan=plans, question=st.sampled_from(RECORDS))
def test_a_record_is_read_or_its_error_is_typed(
    man: Man, plan: Plan, question: Callable[[Client], Any]
) -> None:
    ask(man, plan, lambda: question(man.session.client))


@pytest.mark.parametrize("question", RECORDS)
def test_every_question_about_a_record_is_answered_by_an_honest_service(
    man: Man, question: Callable[[Client], Any]
) -> None:
    man.plan = Plan()
    question(man.session.client)


@hostile
@given(plan=unchanged, question=st.sampled_from(TABLES))
def test_values_in_other_types_and_packings_make_the_same_table(
    man: Man, plan: Plan, question: Callable[[Session], Any]
) -> None:
    if question is FEATURES:
        plan.mutate = "none"  # each member is a feature, and its type a fact
    man.plan = plan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", errors.AnswerWarning)
        answer = question(man.patient)
    pd.testing.assert_frame_equal(answer, question(man.cloud))


@pytest.mark.parametrize("make", ACTS, ids=lambda make: make.__name__)
def test_every_act_is_carried_out_by_an_honest_service(
    man: Man, make: Callable[[Way], Act]
) -> None:
    man.plan = Plan()
    act = make(man)
    assert not act.is_done()
    act.carry_out()
    assert act.is_done()


ONLY_READ = {"tags.filter", "protectables.check_agents", "members", "tags"}
"""What asks by POST, and the questions of a session that live beside its acts."""
BY_SESSION = {"members.add", "policies.create", "vaults.apply_policy", "agents.register"}
"""Operations that are asked for by an act of a session, and by :func:`orders.new_agent`."""


def test_every_act_of_the_client_and_of_the_session_is_here() -> None:
    """A new one wants its act in a file beside this: how it is done, and whether it was."""
    acts = ast.parse("".join(inspect.getsource(each) for each in FILES))
    called = {
        re.sub(r"^way\.(session|receiver)\.(client\.)?", "", ast.unparse(each.func))
        for each in ast.walk(acts)
        if isinstance(each, ast.Call)
    }
    changing = {each.call for each in OPERATIONS if each.method != "GET"}
    bound = inspect.getmembers(Session, inspect.isfunction)
    changing |= {name for name, each in bound if ".session.operations." in each.__module__}
    assert changing - called - BY_SESSION == ONLY_READ


examples = count(1)


@hostile
@given(
    plan=plans,
    reaches=st.booleans(),
    refusal=st.sampled_from([400, 403, 404, 429, 500, 502, 503, 504]),
    when=st.sampled_from(["always", "changes", "after"]),
    make=st.sampled_from(ACTS),
)
def test_the_verdict_on_an_act_is_true(
    man: Man,
    plan: Plan,
    reaches: bool,
    refusal: int,
    when: str,
    make: Callable[[Way], Act],
) -> None:
    man.plan = Plan()
    if next(examples) % 50 == 0:
        man.cloud.cloud.reset()  # before a quota is reached
    act = make(man)
    plan.when = when
    if not reaches:
        plan.reaches_cloud, plan.status, plan.body = False, refusal, plan.body or b""
    elif plan.status is not None and 300 <= plan.status < 500 and plan.status != 408:
        plan.status = None  # a refusal of what was carried out is a lie that nobody can see through
    man.plan = plan
    began = time.monotonic()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", errors.AnswerWarning)
        try:
            act.carry_out()
        except errors.CBRError as problem:
            man.plan = Plan()
            may_have, told = problem.may_have_happened, str(problem)
        else:
            man.plan = Plan()
            may_have, told = True, ""
            assert act.is_done()
    assert time.monotonic() - began < LONGEST_S
    if act.is_done():
        assert may_have, told
    if may_have:
        assert "ask again" not in told.lower()
