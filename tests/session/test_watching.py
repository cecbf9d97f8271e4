"""What somebody else has seen is fresh for a while, by either clock."""

from __future__ import annotations

import math
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from cbr_notebook import errors
from cbr_notebook.api.client import Client
from cbr_notebook.api.http.transport import Transport
from cbr_notebook.api.messages.records import TaskRecord
from cbr_notebook.tasks.poller import TaskPoller
from cbr_notebook.tasks.task import Task


class Clocks:
    """The session's clock and this computer's, moved by hand."""

    def __init__(self) -> None:
        self.session = datetime(2020, 8, 17, tzinfo=UTC)
        self.computer = 0.0


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    made = Clocks()
    monkeypatch.setattr(time, "monotonic", lambda: made.computer)
    return made


@pytest.mark.parametrize("clock", ["session", "computer"])
def test_an_answer_ages_by_the_clock_that_goes_on(clocks: Clocks, clock: str) -> None:
    watcher, asked = TaskPoller(lambda: clocks.session), []

    def ask() -> list[TaskRecord]:
        asked.append(1)
        return []

    for passed, requests in ((0, 1), (4, 1), (2, 2)):
        if clock == "session":
            clocks.session += timedelta(seconds=passed)
        else:
            clocks.computer += passed
        watcher.answer("the newest", ask, within=5)
        assert len(asked) == requests


class _Throttling:
    """A service that shows a running task once, and turns further questions away."""

    def __init__(self, status: int = 429, said: str = "limit:200,time:5 minute") -> None:
        self.status, self.said = status, said
        self.ends_after = math.inf
        self.now = datetime(2020, 8, 17, tzinfo=UTC)
        self.began = self.now
        self.asked = 0
        http = httpx.Client(transport=httpx.MockTransport(self._answer))
        transport = Transport(
            http, "https://cbr.example.com", "p",
            sleep=self.sleep, clock=lambda: self.now, write=lambda line: None,
        )  # fmt: skip
        tasks = Client(transport).tasks
        poller_ = TaskPoller(lambda: self.now, self.sleep, tasks.show)
        self.task = Task(poller_, "Backing up web-01", lambda: [tasks.show("t")])

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.asked > self.ends_after:
            return httpx.Response(200, json={"operation_log": {"id": "t", "status": "success"}})
        if self.asked > 1 and self.status == 0:
            raise httpx.ConnectError("refused")
        if self.asked > 1:
            return httpx.Response(self.status, json={"error_msg": self.said})
        return httpx.Response(200, json={"operation_log": {"id": "t", "status": "running"}})


@pytest.mark.parametrize("timeout", [12, 60, 299])
def test_a_wait_ends_in_time_though_the_service_is_throttling(timeout: float) -> None:
    service = _Throttling()
    began = service.now
    with pytest.raises(errors.WaitTimeout, match=f"has not ended in {timeout} s"):
        service.task.wait(timeout, progress=False)
    assert (service.now - began).total_seconds() == timeout


@pytest.mark.parametrize("timeout", [None, 1000])
@pytest.mark.parametrize("status", [429, 502, 503, 504, 0])
def test_a_wait_goes_on_while_the_service_is_busy(status: int, timeout: float | None) -> None:
    service = _Throttling(status, "busy")
    service.ends_after = 40
    assert service.task.wait(timeout, progress=False).status == "success"
    assert service.now - service.began > timedelta(minutes=2), "with sane pauses"


@pytest.mark.parametrize(
    ("status", "kind"), [(429, errors.RateLimited), (503, errors.ServiceError)]
)
def test_a_wait_without_a_limit_ends_with_trouble_of_half_an_hour(
    status: int, kind: type[errors.CBRError]
) -> None:
    service = _Throttling(status, "busy")
    with pytest.raises(kind):
        service.task.wait(progress=False)
    assert timedelta(minutes=25) < service.now - service.began < timedelta(minutes=40)
    assert service.asked < 200
    with pytest.raises(errors.WaitTimeout):
        service.task.wait(7200, progress=False)


def test_a_wait_ends_with_what_no_waiting_mends() -> None:
    service = _Throttling(403, "forbidden")
    with pytest.raises(errors.PermissionDenied):
        service.task.wait(progress=False)
    assert service.asked == 2


@pytest.mark.parametrize("timeout", ["x", "60", -1, float("nan"), True, 1e300, [1]])
def test_a_timeout_that_is_none_is_refused(timeout: Any) -> None:
    service = _Throttling()
    with pytest.raises(errors.InvalidRequest, match="timeout must be a number of seconds"):
        service.task.wait(timeout, progress=False)
    assert not service.asked


def test_a_wait_does_not_stand_behind_a_question_of_somebody_else() -> None:
    service = _Throttling()
    asking, go_on = threading.Event(), threading.Event()

    def slow() -> list[TaskRecord]:
        asking.set()
        go_on.wait(30)
        return []

    other = threading.Thread(target=service.task._poller.answer, args=("x", slow, 0))
    other.start()
    asking.wait(30)
    try:
        with pytest.raises(errors.WaitTimeout):
            service.task.wait(0.05, progress=False)
    finally:
        go_on.set()
        other.join()
