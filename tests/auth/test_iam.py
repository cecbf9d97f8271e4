"""What IAM answers, and what comes in its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

import cbr_notebook as cbr
from cbr_notebook import errors

PROJECT = "0" * 32
USER: dict[str, Any] = {
    "user_name": "pat", "password": "pw", "domain_name": "ACME", "region": "eu-de",
    "endpoint": "https://cbr.example.com", "iam_endpoint": "https://iam.example.com",
}  # fmt: skip
KEYS: dict[str, Any] = {
    "access_key": "AK", "secret_key": "sk", "region": "eu-de",
    "endpoint": "https://cbr.example.com", "iam_endpoint": "https://iam.example.com",
}  # fmt: skip
PAGE = httpx.Response(200, headers={"Content-Type": "text/html"}, text="<html>Hotel</html>")


def token(**members: Any) -> httpx.Response:
    document = {
        "issued_at": "2030-01-01T00:00:00Z",
        "expires_at": "2030-01-02T00:00:00Z",
        "project": {"id": PROJECT, "name": "eu-de"},
        **members,
    }
    return httpx.Response(201, headers={"X-Subject-Token": "t"}, json={"token": document})


def error(status: int, message: str) -> httpx.Response:
    inner = {"code": status, "message": message, "title": "x"}
    return httpx.Response(status, headers={"X-IAM-Trace-Id": "trace-1"}, json={"error": inner})


def projects(*rows: Any) -> httpx.Response:
    return httpx.Response(200, json={"projects": list(rows)})


class Iam:
    """Answers as prepared by path, in order; the last one again and again."""

    def __init__(self) -> None:
        self.tokens: list[httpx.Response | Exception] = [token()]
        self.projects: list[httpx.Response] = [error(403, "You may not list projects.")]
        self.service: list[httpx.Response] = [httpx.Response(200, json={"vaults": [], "count": 0})]
        self.asked: list[httpx.Request] = []
        self.pauses: list[float] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        path = request.url.path
        prepared: list[Any] = (
            self.tokens if "tokens" in path else self.projects if "projects" in path
            else self.service
        )  # fmt: skip
        given = prepared.pop(0) if len(prepared) > 1 else prepared[0]
        if isinstance(given, Exception):
            raise given
        return httpx.Response(given.status_code, headers=given.headers, content=given.content)


@pytest.fixture
def iam(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iam:
    monkeypatch.setenv("HOME", str(tmp_path))
    computer = Iam()
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", lambda self, r: computer.answer(r))
    monkeypatch.setattr("time.sleep", computer.pauses.append)
    return computer


def test_one_who_may_not_list_projects_has_the_project_of_the_token(iam: Iam) -> None:
    with cbr.connect(**USER) as session:
        assert session.identity.project_id == PROJECT
    assert [each.url.path for each in iam.asked] == ["/v3/auth/tokens"]


@pytest.mark.parametrize("given", ["keys", "password"])
def test_iams_words_are_kept(iam: Iam, given: str) -> None:
    iam.tokens = [error(401, "The username or password is wrong.")]
    with pytest.raises(errors.CBRError) as caught:
        cbr.connect(**(KEYS if given == "keys" else USER))
    wanted = "You may not list projects." if given == "keys" else "The username or password"
    assert wanted in caught.value.message
    assert caught.value.request_id == "trace-1"
    kind = errors.PermissionDenied if given == "keys" else errors.AuthenticationError
    assert isinstance(caught.value, kind)
    assert given != "keys" or "project_id" in str(caught.value.advice)


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_iam_is_asked_again(iam: Iam, status: int) -> None:
    busy = httpx.Response(status, headers={"Retry-After": "3"})
    iam.tokens = [busy, httpx.Response(status), token()]
    assert cbr.connect(**USER).vaults().empty
    assert iam.pauses == [3, 2]


@pytest.mark.parametrize("after", ["0", "-5", "NaN", "Mon, 01 Jan 2001 00:00:00 GMT", "soon"])
def test_a_pause_that_makes_no_sense_is_a_sane_one(iam: Iam, after: str) -> None:
    iam.tokens = [httpx.Response(429, headers={"Retry-After": after}), token()]
    cbr.connect(**USER)
    assert iam.pauses == [1]


@pytest.mark.parametrize(("window", "seconds"), [("1 minute", 60), ("5 minute", 300)])
def test_a_window_that_the_gateway_names_is_waited_for(
    window: str, seconds: int, iam: Iam, capsys: pytest.CaptureFixture[str]
) -> None:
    said = f"policy ip over ratelimit,limit:60,time:{window}"
    body = {"error_code": "APIGW.0308", "error_msg": said}
    iam.tokens = [httpx.Response(429, json=body), token()]
    cbr.connect(**USER)
    assert iam.pauses == [seconds]
    assert "IAM is throttling" in capsys.readouterr().err


def test_a_window_beyond_any_patience_is_an_error_at_once(iam: Iam) -> None:
    iam.tokens = [httpx.Response(429, headers={"Retry-After": "3600"})]
    with pytest.raises(errors.RateLimited, match="60 minutes") as caught:
        cbr.connect(**USER)
    assert (iam.pauses, caught.value.retry_after) == ([], 3600)


def test_an_iam_that_stays_busy_is_an_error_after_five_times(iam: Iam) -> None:
    iam.tokens = [error(429, "slow down")]
    with pytest.raises(errors.RateLimited, match="slow down"):
        cbr.connect(**USER)
    assert len(iam.asked) == 5


STRANGE: list[tuple[str, httpx.Response, type[errors.CBRError]]] = [
    ("project ID null", token(project={"id": None}), errors.ServiceError),
    ("project ID a number", token(project={"id": 7}), errors.ServiceError),
    ("project ID a path", token(project={"id": "a/b"}), errors.ServiceError),
    ("project null", token(project=None), errors.PermissionDenied),
    ("empty object", httpx.Response(201, headers={"X-Subject-Token": "t"}, json={}),
     errors.ServiceError),
    ("list", httpx.Response(201, headers={"X-Subject-Token": "t"}, json=[]), errors.ServiceError),
    ("nothing", httpx.Response(201, headers={"X-Subject-Token": "t"}), errors.ServiceError),
    ("deep", httpx.Response(201, headers={"X-Subject-Token": "t"}, text="[" * 100_000),
     errors.ServiceError),
    ("no token", httpx.Response(201, json={"token": {}}), errors.ServiceError),
    ("illegal token", httpx.Response(201, headers={"X-Subject-Token": "a b"}, json={}),
     errors.ServiceError),
    ("page", PAGE, errors.ConnectionFailed),
    ("page with 201", httpx.Response(201, text="<!DOCTYPE html><html>"), errors.ConnectionFailed),
    ("redirect", httpx.Response(302, headers={"Location": "https://hotel.example/login"}),
     errors.ConnectionFailed),
    ("network wants one to sign in", httpx.Response(511), errors.ConnectionFailed),
    ("broken compression", httpx.Response(201, headers={"Content-Type": "application/json"}),
     errors.ServiceError),
    ("teapot", httpx.Response(418, json={"error": "no object"}), errors.InvalidRequest),
]  # fmt: skip


@pytest.mark.parametrize(("what", "answer", "kind"), STRANGE, ids=[row[0] for row in STRANGE])
def test_what_makes_no_sense_is_a_typed_error(
    iam: Iam, what: str, answer: httpx.Response, kind: type[errors.CBRError]
) -> None:
    iam.tokens = [answer]
    with pytest.raises(kind) as caught:
        cbr.connect(**USER)
    assert type(caught.value) is kind
    assert caught.value.advice or what == "teapot"
    assert not getattr(caught.value, "may_have_happened", False)


@pytest.mark.parametrize(
    "rows",
    [
        [{"name": "eu-de", "id": None}], [{"name": "eu-de"}], [None, 7, {}], [],
        [{"name": "eu-de", "id": ""}],
    ],
)  # fmt: skip
def test_strange_lists_of_projects_are_typed_errors(iam: Iam, rows: list[Any]) -> None:
    iam.projects = [projects(*rows)]
    with pytest.raises((errors.ServiceError, errors.AuthenticationError)) as caught:
        cbr.connect(**KEYS)
    assert caught.value.advice


@pytest.mark.parametrize("document", [b"{}", b"[]", b'{"projects": {}}', b"null"])
def test_an_answer_without_projects_is_a_typed_error(iam: Iam, document: bytes) -> None:
    iam.projects = [httpx.Response(200, content=document)]
    with pytest.raises((errors.ServiceError, errors.AuthenticationError)):
        cbr.connect(**KEYS)


def test_a_password_is_not_sent_where_a_redirect_points(iam: Iam) -> None:
    iam.tokens = [httpx.Response(307, headers={"Location": "https://evil.example/v3"})]
    with pytest.raises(errors.ConnectionFailed, match=r"evil\.example"):
        cbr.connect(**USER)
    assert {each.url.host for each in iam.asked} == {"iam.example.com"}


def test_an_iam_that_cannot_be_reached_is_named_and_nothing_happened(iam: Iam) -> None:
    session = cbr.connect(**USER, project_id=PROJECT)
    iam.tokens = [httpx.ReadTimeout("slow")]
    with pytest.raises(errors.ConnectionFailed, match=r"iam\.example\.com") as caught:
        session.create_policy("nightly", days="daily", times="23:00", retention_days=7)
    assert caught.value.may_have_happened is False
    assert {each.url.host for each in iam.asked} == {"iam.example.com"}


def test_an_aged_token_of_ones_own_is_replaced_once(iam: Iam) -> None:
    session = cbr.connect(**USER)
    aged = httpx.Response(401, json={"error_code": "APIGW.0301", "error_msg": "token expires"})
    iam.service = [aged, httpx.Response(200, json={"vaults": [], "count": 0})]
    assert session.vaults().empty
    assert sum("tokens" in each.url.path for each in iam.asked) == 2


@pytest.mark.parametrize("status", [401, 404])
def test_a_token_that_iam_knows_no_more_is_to_be_replaced(iam: Iam, status: int) -> None:
    iam.tokens = [error(status, "The token is invalid!")]
    given = {"token": "aged", "region": "eu-de", "iam_endpoint": "https://iam.example.com"}
    with pytest.raises(errors.AuthenticationError, match="The token is invalid!") as caught:
        cbr.connect(**given)
    assert "get a new one" in str(caught.value.advice)
    assert "password was not" not in str(caught.value.advice)


SAID: list[tuple[str, str]] = [
    ("token expires, expires_at:2030", "get a new one"),
    ("decrypt token fail", "not one of this operator"),
    ("AK access failed to reach the limit,forbidden", "five minutes"),
    ("verify aksk signature fail", "secret key"),
    ("ak AK not exist", "does not exist"),
    ("signature expired", "clock"),
]


@pytest.mark.parametrize(("tail", "word"), SAID)
def test_what_the_gateway_says_becomes_what_to_do(iam: Iam, tail: str, word: str) -> None:
    session = cbr.connect(**KEYS, project_id=PROJECT)
    said = f"Incorrect IAM authentication information: {tail}"
    iam.service = [httpx.Response(401, json={"error_code": "APIGW.0301", "error_msg": said})]
    with pytest.raises(errors.AuthenticationError) as caught:
        session.vaults()
    assert word in str(caught.value.advice)
    assert len(iam.asked) == 1  # a barred key is not tried again


def test_a_clock_that_is_off_is_told(iam: Iam) -> None:
    session = cbr.connect(**KEYS, project_id=PROJECT)
    headers = {"Date": "Mon, 01 Jan 2001 00:00:00 GMT"}
    body = {"error_code": "APIGW.0301", "error_msg": "Incorrect IAM authentication information"}
    iam.service = [httpx.Response(401, headers=headers, json=body)]
    with pytest.raises(errors.AuthenticationError, match="minutes off"):
        session.vaults()


CALLS: list[tuple[Callable[[Any], Any], str]] = [
    (lambda session: session.vaults(), "cbr:vaults:list"),
    (lambda session: session.backups(), "cbr:backups:list"),
    (lambda session: session.policies(), "cbr:policies:list"),
    (lambda session: session.tasks(), "cbr:tasks:list"),
    (lambda session: session.client.tags.list_project(), "cbr:vaults:listProjectTags"),
    (lambda session: session.client.vaults.create("v", size=10), "cbr:vaults:create"),
    (lambda session: session.client.restore_points.create("v"), "cbr:vaults:backup"),
]


@pytest.mark.parametrize(("call", "action"), CALLS)
def test_a_403_names_the_permission_that_is_missing(
    iam: Iam, call: Callable[[Any], Any], action: str
) -> None:
    session = cbr.connect(**KEYS, project_id=PROJECT)
    iam.service = [httpx.Response(403, json={"error_code": "x", "error_msg": "forbidden"})]
    with pytest.raises(errors.PermissionDenied) as caught:
        call(session)
    assert action in str(caught.value.advice)


def test_the_services_own_name_of_a_permission_wins(iam: Iam) -> None:
    session = cbr.connect(**KEYS, project_id=PROJECT)
    said = "Policy doesn't allow cbr:vaults:special to be performed."
    iam.service = [error(403, said)]
    with pytest.raises(errors.PermissionDenied, match="missing: cbr:vaults:special"):
        session.vaults()


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404, json={"error_code": "APIGW.0101", "error_msg": "no API"}),
        httpx.Response(404, text="404 page not found"),
    ],
)
def test_an_operation_that_this_operator_lacks_is_named(iam: Iam, answer: httpx.Response) -> None:
    session = cbr.connect(**KEYS, project_id=PROJECT)
    iam.service = [answer]
    with pytest.raises(errors.NotFound, match="show_vault_project_tag") as caught:
        session.client.tags.list_project()
    assert "does not offer" in str(caught.value.advice)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (PAGE, "captive portal"),
        (httpx.Response(302, headers={"Location": "http://hotel.example/"}), r"hotel\.example"),
        (httpx.Response(302), "another place"),
        (httpx.Response(304), "HTTP 304"),
        (httpx.Response(300, json={"versions": []}), "HTTP 300"),
    ],
)
def test_a_page_in_the_place_of_an_answer_says_so_and_what_may_have_happened(
    iam: Iam, answer: httpx.Response, word: str
) -> None:
    session = cbr.connect(**KEYS, project_id=PROJECT)
    iam.service = [answer]
    with pytest.raises(errors.ServiceError, match=word):
        session.vaults()
    with pytest.raises(errors.ConnectionFailed, match=word) as caught:
        session.client.vaults.create("v", size=10)
    assert caught.value.may_have_happened
    assert "ask again" not in str(caught.value).lower()
