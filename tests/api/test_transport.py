"""What is repeated, what never is, and how each shape of an error is read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from cbr_notebook import errors
from cbr_notebook.api.client import Client
from cbr_notebook.api.http.transport import RequestRecord, Transport
from cbr_notebook.auth.network import bounds

Handler = Callable[[httpx.Request], httpx.Response]
EMPTY = {"vaults": [], "count": 0}


class Service:
    """A service that gives prepared answers, in order, and remembers what it was asked."""

    def __init__(self, *answers: httpx.Response | Exception, patience: float = 900) -> None:
        self.lines: list[str] = []
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.pauses: list[float] = []
        http = httpx.Client(transport=httpx.MockTransport(self._answer))
        transport = Transport(
            http, "https://cbr.example.com", "p",
            sleep=self.pauses.append, patience=patience, write=self.lines.append,
        )  # fmt: skip
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


def test_what_came_for_an_earlier_request_says_nothing_of_this_one() -> None:
    bounds._request.began_with = b"HTTP/1.1"  # as another client in this thread leaves it
    service = Service(httpx.ReadTimeout("slow"), ok())
    assert service.client.vaults.list().count == 0
    assert service.pauses == [1]


def test_it_gives_up_after_five_times() -> None:
    service = Service(*[httpx.Response(503) for _ in range(5)])
    with pytest.raises(errors.ServiceError):
        service.client.vaults.list()
    assert len(service.requests) == 5


def test_retry_after_is_heeded() -> None:
    service = Service(httpx.Response(429, headers={"Retry-After": "7"}), ok())
    service.client.vaults.list()
    assert service.pauses == [7]


@pytest.mark.parametrize(
    "text", ["0", "-3", "nan", "inf", "-inf", "", "soon", "Mon, 01 Jan 2001 00:00:00 GMT"]
)
@pytest.mark.parametrize("status", [429, 503])
def test_a_retry_after_that_makes_no_sense_gets_a_sane_pause(status: int, text: str) -> None:
    answers = [httpx.Response(status, headers={"Retry-After": text}) for _ in range(4)]
    service = Service(*answers, ok())
    service.client.vaults.list()
    assert service.pauses == [1, 2, 4, 8]


def test_a_date_in_retry_after_is_understood() -> None:
    then = format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)
    service = Service(httpx.Response(429, headers={"Retry-After": then}), ok())
    service.client.vaults.list()
    assert 38 <= service.pauses[0] <= 40


THROTTLED = "The throttling threshold has been reached: policy user over ratelimit,limit:200,time:"


def throttled(window: str) -> httpx.Response:
    return httpx.Response(429, json={"error_code": "APIGW.0308", "error_msg": THROTTLED + window})


@pytest.mark.parametrize(
    ("window", "seconds"),
    [("5 minute", 300), ("1 minute", 60), ("1 second", 1), ("2 minutes", 120)],
)
def test_a_window_in_the_message_is_waited_for(window: str, seconds: int) -> None:
    service = Service(throttled(window), ok())
    service.client.vaults.list()
    assert service.pauses == [seconds]


SPENT = {
    "X-RateLimit-User": "remain:0,limit:200,time:5 minute",
    "X-RateLimit-Api": "remain:9,time:1 day",
}


@pytest.mark.parametrize(
    ("status", "headers"),
    [(429, SPENT), (429, {"Retry-After": "300"}), (503, {"Retry-After": "300"})],
)
def test_a_window_in_a_header_is_waited_for(status: int, headers: dict[str, str]) -> None:
    service = Service(httpx.Response(status, headers=headers), ok())
    service.client.vaults.list()
    assert service.pauses == [300]
    assert "5 minutes" in service.lines[0]


def test_one_line_says_how_long_a_window_is() -> None:
    service = Service(throttled("5 minute"), ok())
    service.client.vaults.list()
    assert service.lines == ["The service is throttling: 5 minutes until the next attempt."]


def test_another_request_respects_the_window_as_well() -> None:
    service = Service(throttled("5 minute"), ok(), ok())
    service.client.vaults.list()
    service.client.vaults.list()
    assert [round(each) for each in service.pauses] == [300, 300]  # this clock stands still
    assert len(service.lines) == 1


@pytest.mark.parametrize("window", ["1 hour", "9 day"])
def test_beyond_its_patience_a_question_is_an_error_at_once(window: str) -> None:
    service = Service(throttled(window))
    with pytest.raises(errors.RateLimited, match="Try again then") as caught:
        service.client.vaults.list()
    assert service.pauses == []
    assert caught.value.retry_after in (3600, 9 * 86400)


def test_patience_is_for_all_pauses_of_a_request_together() -> None:
    service = Service(*[throttled("5 minute") for _ in range(9)], patience=1000)
    with pytest.raises(errors.RateLimited):
        service.client.vaults.list()
    assert service.pauses == [300, 300, 300]


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


def test_a_post_that_was_throttled_is_sent_again() -> None:
    answer = {"checkpoint": {"id": "c"}}
    service = Service(httpx.Response(429), httpx.Response(200, json=answer))
    assert service.client.restore_points.create("v").id == "c"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.ReadError("cut"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("half an answer"),
        httpx.Response(408),
        httpx.Response(500),
        httpx.Response(502, text="<html>Bad Gateway</html>"),
        httpx.Response(503, text="connection termination"),
        httpx.Response(503, headers={"Retry-After": "60"}),
        httpx.Response(503, json={"error_code": "BackupService.2010", "error_msg": "old"}),
        httpx.Response(504),
        httpx.Response(200, text="<html>please sign in</html>"),
        httpx.Response(200, text='{"checkpoint": {"id": "c"'),
        httpx.Response(200, json={"checkpoint": None}),
        httpx.Response(200, json={}),
        httpx.Response(200, json=[1]),
        httpx.Response(200, content=b"[" * 100_000),
        httpx.Response(200, content=b"\xff\xfe"),
        httpx.Response(204),
        httpx.Response(302, headers={"Location": "https://login.example.com/"}),
    ],
)
def test_an_act_that_may_have_been_carried_out_says_so_and_is_not_sent_again(
    answer: httpx.Response | Exception,
) -> None:
    service = Service(answer, ok())
    with pytest.raises(errors.CBRError) as caught:
        service.client.restore_points.create("v")
    assert caught.value.may_have_happened
    assert "ask again" not in str(caught.value).lower()
    assert "may have been carried out" in str(caught.value)
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(400, json={"error_code": "BackupService.9900", "error_msg": "no"}),
        httpx.Response(401),
        httpx.Response(403, text="<html>forbidden</html>"),
        httpx.Response(404, json={"error_code": "BackupService.6105", "error_msg": "no"}),
        httpx.Response(407),
        httpx.Response(409),
        httpx.Response(413),
        httpx.Response(500, json={"error_code": "BackupService.0002", "error_msg": "busy"}),
        throttled("9 hour"),
    ],
)
def test_an_act_that_was_refused_was_certainly_not_carried_out(answer: httpx.Response) -> None:
    service = Service(answer, ok())
    with pytest.raises(errors.CBRError) as caught:
        service.client.restore_points.create("v")
    assert not caught.value.may_have_happened
    assert len(service.requests) == 1


@pytest.mark.parametrize("answer", [httpx.Response(429), httpx.Response(503), httpx.ReadError("")])
def test_what_is_to_be_sent_once_is_whatever_the_answer(
    answer: httpx.Response | Exception,
) -> None:
    service = Service(answer, httpx.Response(202, json={}))
    with pytest.raises(errors.CBRError):
        service.client.transport.send_for_text("POST", "/v3/p/x", {}, once=True)
    assert len(service.requests) == 1


@pytest.mark.parametrize("content", [b"<p>signed out</p>", b"\x00", b'{"error_code": "x"}', b"7"])
def test_an_answer_to_a_deletion_that_is_not_the_services_is_no_success(content: bytes) -> None:
    service = Service(httpx.Response(200, content=content))
    with pytest.raises(errors.CBRError) as caught:
        service.client.backups.delete("b")
    assert caught.value.may_have_happened


@pytest.mark.parametrize("content", [b"", b" ", b"{}", b"null", b'{"deleted": true}'])
def test_a_deletion_is_acknowledged_with_or_without_a_document(content: bytes) -> None:
    Service(httpx.Response(200, content=content)).client.backups.delete("b")


def test_the_error_of_a_question_never_says_that_something_may_have_happened() -> None:
    for answer in (httpx.Response(500), httpx.Response(400), httpx.Response(200, text="<p>")):
        with pytest.raises(errors.CBRError) as caught:
            Service(answer, *[answer] * 4).client.vaults.list()
        assert not caught.value.may_have_happened


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


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.vaults.create(7, size=10),
        lambda c: c.vaults.create("name\n", size=10),
        lambda c: c.vaults.create("v", size=10, threshold="80"),
        lambda c: c.vaults.create("v", size=10, threshold=True),
        lambda c: c.vaults.create("v", size=10, description=7),
        lambda c: c.vaults.add_resources("v", "resource"),
        lambda c: c.vaults.remove_resources("v", "resource"),
        lambda c: c.vaults.remove_resources("v", []),
        lambda c: c.members.add("b", "0" * 32),
        lambda c: c.backups.list(status=[["available"]]),
        lambda c: c.policies.create(
            "p", pattern="FREQ=DAILY;BYHOUR=1;BYMINUTE=0", definition={"max_backups": 1}
        ),
        lambda c: c.policies.create(
            "p",
            pattern=["FREQ=DAILY;BYHOUR=1;BYMINUTE=0"],
            definition={"day_backups": 3, "timezone": "Europe/Paris"},
        ),
        lambda c: c.vaults.update_expiration_time(
            "v", expect_expiration_date="2030-01-01", time_zone="CET"
        ),
    ],
)
def test_a_value_of_another_shape_is_refused_before_anything_is_sent(
    call: Callable[[Client], Any],
) -> None:
    service = Service()
    with pytest.raises(errors.InvalidRequest) as caught:
        call(service.client)
    assert caught.value.field
    assert caught.value.advice
    assert service.requests == []
