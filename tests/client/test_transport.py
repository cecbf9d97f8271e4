"""What is repeated, what never is, and how each shape of an error is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from cbr_notebook import errors
from cbr_notebook.api.client import Client
from cbr_notebook.api.transport import RequestRecord, Transport

Handler = Callable[[httpx.Request], httpx.Response]
EMPTY = {"vaults": [], "count": 0}


class Service:
    """A service that gives prepared answers, in order, and remembers what it was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.pauses: list[float] = []
        http = httpx.Client(transport=httpx.MockTransport(self._answer))
        transport = Transport(http, "https://cbr.example.com", "p", sleep=self.pauses.append)
        self.client = Client(transport)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def ok() -> httpx.Response:
    return httpx.Response(200, json=EMPTY)


def test_a_get_is_repeated_until_the_service_is_back() -> None:
    service = Service(httpx.Response(503), httpx.ReadTimeout("slow"), httpx.Response(502), ok())
    assert service.client.vaults.list().count == 0
    assert service.pauses == [1, 2, 4]


def test_it_gives_up_after_five_times() -> None:
    service = Service(*[httpx.Response(503) for _ in range(5)])
    with pytest.raises(errors.ServiceError):
        service.client.vaults.list()
    assert len(service.requests) == 5


def test_retry_after_is_heeded() -> None:
    service = Service(httpx.Response(429, headers={"Retry-After": "7"}), ok())
    service.client.vaults.list()
    assert service.pauses == [7]


def test_a_date_in_retry_after_is_understood() -> None:
    header = {"Retry-After": "Mon, 01 Jan 2001 00:00:00 GMT"}
    service = Service(httpx.Response(429, headers=header), ok())
    service.client.vaults.list()
    assert service.pauses == [0]


def test_a_post_that_may_have_arrived_is_not_sent_twice() -> None:
    service = Service(httpx.ReadError("cut"), ok())
    with pytest.raises(errors.ConnectionFailed) as caught:
        service.client.restore_points.create("v")
    assert caught.value.may_have_happened
    assert "may have been carried out" in str(caught.value)
    assert len(service.requests) == 1


def test_a_post_that_never_left_is_sent_again() -> None:
    answer = {"checkpoint": {"id": "c", "status": "protecting"}}
    service = Service(httpx.ConnectError("refused"), httpx.Response(200, json=answer))
    assert service.client.restore_points.create("v").id == "c"


@pytest.mark.parametrize("status", [429, 503])
def test_a_post_that_was_turned_away_is_sent_again(status: int) -> None:
    answer = {"checkpoint": {"id": "c"}}
    service = Service(httpx.Response(status), httpx.Response(200, json=answer))
    assert service.client.restore_points.create("v").id == "c"


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_post_with_an_unclear_outcome_is_not_sent_again(status: int) -> None:
    service = Service(httpx.Response(status), ok())
    with pytest.raises(errors.ServiceError):
        service.client.restore_points.create("v")
    assert len(service.requests) == 1


SHAPES: list[tuple[int, Any, type[errors.CBRError], str | None]] = [
    (
        404,
        {"error_code": "BackupService.6105", "error_msg": "gone"},
        errors.NotFound,
        "BackupService.6105",
    ),
    (
        401,
        {"error_code": "APIGW.0301", "error_msg": "no", "request_id": "r"},
        errors.AuthenticationError,
        "APIGW.0301",
    ),
    (
        403,
        {"error": {"code": 403, "message": "no right", "title": "Forbidden"}},
        errors.PermissionDenied,
        None,
    ),
    (
        401,
        {"unauthorized": {"code": "401", "message": "Malformed request url"}},
        errors.NotFound,
        None,
    ),
    (
        400,
        {"error_code": "BackupService.0815", "error_msg": "new"},
        errors.InvalidRequest,
        "BackupService.0815",
    ),
    (400, [1, 2], errors.InvalidRequest, None),
]


@pytest.mark.parametrize(("status", "document", "kind", "code"), SHAPES)
def test_every_shape_of_an_error_is_understood(
    status: int, document: Any, kind: type[errors.CBRError], code: str | None
) -> None:
    service = Service(httpx.Response(status, json=document, headers={"X-Request-Id": "abc"}))
    with pytest.raises(kind) as caught:
        service.client.vaults.show("x")
    assert (caught.value.code, caught.value.request_id) == (code, "abc")


@pytest.mark.parametrize("body", [b"", b"<html>Bad Gateway</html>", b'{"vaults": [', b"\xff\xfe"])
def test_an_answer_that_cannot_be_read_is_an_error_not_a_traceback(body: bytes) -> None:
    service = Service(httpx.Response(200, content=body))
    with pytest.raises(errors.ServiceError, match="cannot be read"):
        service.client.vaults.list()


def test_unknown_members_and_nulls_are_no_trouble() -> None:
    vault = {"id": "v", "name": None, "billing": {"size": 1, "colour": "red"}, "new": {"a": 1}}
    service = Service(httpx.Response(200, json={"vault": vault}))
    assert service.client.vaults.show("v").billing.size == 1


def test_requests_are_recorded_for_evidence_without_secrets() -> None:
    service = Service(httpx.Response(200, json=EMPTY, headers={"X-Request-Id": "abc"}))
    seen: list[RequestRecord] = []
    service.client.transport.on_request = seen.append
    service.client.vaults.list()
    assert (seen[0].method, seen[0].path, seen[0].status, seen[0].request_id) == (
        "GET", "/v3/p/vaults", 200, "abc",
    )  # fmt: skip


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.vaults.create("my vault", size=200),
        lambda c: c.vaults.create("", size=200),
        lambda c: c.vaults.create("v", size=9),
        lambda c: c.vaults.create("v", size=10_485_761),
        lambda c: c.vaults.create("v", size=True),
        lambda c: c.vaults.create("v", size=10, description="<b>"),
        lambda c: c.vaults.update("v"),
        lambda c: c.vaults.list(limit=0),
        lambda c: c.vaults.list(status="happy"),
        lambda c: c.backups.list(status=["available", "happy"]),
        lambda c: c.backups.list(sort="colour"),
        lambda c: c.backups.list(used_percent=101),
        lambda c: c.tasks.list(operation_type="dance"),
        lambda c: c.protectables.list("spaceship"),
        lambda c: c.restore_points.create("v", retention_days=0),
        lambda c: c.policies.create("p", pattern=["FREQ=HOURLY"], definition={}),
        lambda c: c.policies.create("p", pattern=[], definition={}),
        lambda c: c.policies.create(
            "p", pattern=["FREQ=DAILY;BYHOUR=24;BYMINUTE=0"], definition={}
        ),
        lambda c: c.policies.create(
            "p", pattern=["FREQ=DAILY;BYHOUR=1;BYMINUTE=0"], definition={"day_backups": 3}
        ),
    ],
)
def test_bad_input_is_refused_before_anything_is_sent(call: Callable[[Client], Any]) -> None:
    service = Service()
    with pytest.raises(errors.InvalidRequest) as caught:
        call(service.client)
    assert caught.value.advice
    assert service.requests == []
