"""An account's budget: no request too many, all projects evenly, in simulated time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from cbr_notebook.api.http.transport import Transport
from cbr_notebook.auth.iam import Iam
from cbr_notebook.fleets.budget import Budget, BudgetLimiter, Rate, Stopped
from cbr_notebook.fleets.fleet_places import Place
from cbr_notebook.fleets.process_worker import ask_session

LIMIT, WINDOW_S = 200, 300.0
PROJECTS = [f"project-{number}" for number in range(10)]
START = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds

    def moment(self) -> datetime:
        return START + timedelta(seconds=self.now)


class Gateway:
    """Allows an account so many requests in a window; writes down each that came."""

    def __init__(self, clock: Clock, words: str, headers: dict[str, str] | None = None) -> None:
        self.clock, self.words, self.headers = clock, words, headers or {}
        self.taken: list[tuple[float, str]] = []
        self.turned_away = 0
        self._lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            now = self.clock()
            recent = sum(at > now - WINDOW_S for at, _ in self.taken)
            if recent >= LIMIT:
                self.turned_away += 1
                document = {"error_code": "APIGW.0308", "error_msg": self.words}
                return httpx.Response(429, json=document, headers=self.headers)
            self.taken.append((now, request.url.path.split("/")[2]))
            return httpx.Response(200, json={})


WORDS = f"The throttling threshold has been reached: policy user,limit:{LIMIT},time:5 minute"


def read(gateway: Gateway, clock: Clock, budget: Budget, requests: int) -> None:
    """Read so many pages of each project, each project on a thread of its own."""
    client = httpx.Client(transport=httpx.MockTransport(gateway))
    begin = threading.Barrier(len(PROJECTS))

    def project(name: str) -> None:
        transport = Transport(
            client, "http://cloud", name, sleep=clock.sleep, clock=clock.moment, patience=1e9
        ).through(BudgetLimiter(budget, name))
        begin.wait()
        for _ in range(requests):
            transport.get_bytes("/v3/{project_id}/vaults")

    with ThreadPoolExecutor(len(PROJECTS)) as pool:
        list(pool.map(project, PROJECTS))


def test_a_known_rate_is_never_exceeded() -> None:
    clock = Clock()
    gateway = Gateway(clock, WORDS)
    budget = Budget(rate=Rate(LIMIT, WINDOW_S), clock=clock, sleep=clock.sleep)
    read(gateway, clock, budget, 60)
    assert gateway.turned_away == 0
    assert len(gateway.taken) == 600
    assert 2 * WINDOW_S <= clock.now <= 3 * WINDOW_S  # three: what was under way counts longer


def test_a_rate_is_learned_from_the_first_that_is_turned_away() -> None:
    clock = Clock()
    gateway = Gateway(clock, WORDS)
    budget = Budget(clock=clock, sleep=clock.sleep)
    read(gateway, clock, budget, 60)
    assert budget.rate == Rate(LIMIT, WINDOW_S)
    assert 1 <= gateway.turned_away <= budget.parallel, "those that were under way"
    assert len(gateway.taken) == 600


def test_a_pause_that_is_asked_for_is_kept_by_all() -> None:
    clock = Clock()
    gateway = Gateway(clock, "policy user over ratelimit", {"Retry-After": "60"})
    read(gateway, clock, Budget(clock=clock, sleep=clock.sleep), 30)
    assert len(gateway.taken) == 300
    assert WINDOW_S <= clock.now <= WINDOW_S + 120


def test_projects_that_wait_come_in_turn_however_many_requests_each_has() -> None:
    budget = Budget(parallel=1)
    limiters = {name: BudgetLimiter(budget, name) for name in "abc"}
    first = BudgetLimiter(budget, "first")
    first.enter()
    order: list[str] = []

    def request(name: str) -> None:
        limiters[name].enter()
        order.append(name)
        limiters[name].leave()

    waiting = "a" * 9 + "b" * 6 + "c" * 3
    with ThreadPoolExecutor(len(waiting)) as pool:
        asked = [pool.submit(request, name) for name in waiting]
        while sum(map(len, budget._waiting.values())) < len(waiting):
            threading.Event().wait(0.001)
        first.leave()
        for each in asked:
            each.result(timeout=20)
    turns = ["".join(sorted(order[at : at + 3])) for at in range(0, 9, 3)]
    assert turns == ["abc"] * 3
    assert sorted(order[9:15]) == list("aaabbb") and order[15:] == list("aaa")


def test_who_is_stopped_waits_no_longer() -> None:
    clock = Clock()
    budget = Budget(rate=Rate(1, 1e9), clock=clock, sleep=lambda seconds: None)
    BudgetLimiter(budget, "a").enter()
    limiter = BudgetLimiter(budget, "b")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(limiter.enter)
        limiter.stop()
        with pytest.raises(Stopped):
            waiting.result(timeout=10)
    budget.leave()
    assert budget.left() > 0


def test_signing_in_is_counted_by_a_budget_of_its_own() -> None:
    clock = Clock()
    gateway = Gateway(clock, WORDS)
    client = httpx.Client(transport=httpx.MockTransport(gateway))
    budget = Budget(rate=Rate(LIMIT, WINDOW_S), clock=clock, sleep=clock.sleep)

    def ask(name: str) -> tuple[int, int]:
        def sign_in() -> object:
            iam = Iam(client, "http://iam", sleep=clock.sleep)
            for _ in range(LIMIT // 5):
                iam.projects(None)
            raise RuntimeError("signed in")

        of_service, of_iam = BudgetLimiter(Budget(), name), BudgetLimiter(budget, name)
        place = Place("prod", "eu", name, name, "account")
        answer = ask_session(sign_in, of_service, of_iam, place, "vaults", lambda session: None)
        assert answer.problem is not None
        assert "signed in" in answer.problem.message
        return of_service.requests, of_iam.requests

    with ThreadPoolExecutor(len(PROJECTS)) as pool:
        assert set(pool.map(ask, PROJECTS)) == {(0, LIMIT // 5)}
    assert gateway.turned_away == 0
    assert clock() >= WINDOW_S
