"""Two processes share what an account allows: no request too many, and none after the end."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from multiprocessing.connection import Client, Listener

import pytest

from cbr_notebook.fleets import broker as broker_module
from cbr_notebook.fleets.broker import Address, Broker, BrokerLimiter
from cbr_notebook.fleets.budget import Budget, Rate, Stopped
from tests.fleets.test_budget import Clock

LIMIT, WINDOW_S = 20, 60.0
NAME = "account, region"


class Noted(Budget):
    """A budget that writes down whose request was granted when."""

    def __init__(self, clock: Clock, rate: Rate | None, parallel: int = 4) -> None:
        super().__init__(parallel=parallel, rate=rate, clock=clock, sleep=clock.sleep)
        self.clock = clock
        self.granted: list[tuple[float, str]] = []

    def enter(self, project: str, stopped: Callable[[], bool]) -> None:
        super().enter(project, stopped)
        self.granted.append((self.clock(), project))


def work(address: Address, project: str, requests: int, threads: int = 3) -> int:
    """Send requests from a process of its own, on several threads."""
    limiter = BrokerLimiter(address, NAME, project)

    def some(_: int) -> None:
        for _ in range(requests):
            limiter.enter()
            limiter.leave()

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(some, range(threads)))
    limiter.close()
    return limiter.requests


def learn(address: Address) -> None:
    """Answer 429 once, with the limit and the window in the answer."""
    limiter = BrokerLimiter(address, NAME, "first")
    limiter.enter()
    limiter.refused(None, WINDOW_S, LIMIT)
    limiter.leave()
    limiter.close()


def hold(address: Address, told: str) -> None:
    """Hold a request, say so, and never end it."""
    limiter = BrokerLimiter(address, NAME, "holds")
    limiter.enter()
    with open(told, "w") as file:
        file.write(str(os.getpid()))
    threading.Event().wait()


def processes(number: int = 2) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(number, mp_context=get_context("spawn"))


@pytest.mark.parametrize("known", [True, False], ids=["known", "learned"])
def test_two_processes_never_exceed_the_rate_of_their_account(known: bool) -> None:
    clock = Clock()
    budget = Noted(clock, Rate(LIMIT, WINDOW_S) if known else None)
    with Broker({NAME: budget}.__getitem__) as broker, processes() as pool:
        if not known:
            pool.submit(learn, broker.address).result()
        sent = [pool.submit(work, broker.address, each, 15) for each in ("one", "two")]
        assert [each.result() for each in sent] == [45, 45]
    moments = [at for at, _ in budget.granted]
    for at in moments:
        assert sum(at - WINDOW_S < other <= at for other in moments) <= LIMIT
    assert clock.now >= 4 * WINDOW_S, "ninety requests need four windows to pass"
    both = Counter(who for _, who in budget.granted[:60] if who != "first")
    assert min(both["one"], both["two"]) > 0 and broker.requests == 90 + (not known)


def test_what_a_killed_worker_held_is_free_again(tmp_path: pytest.TempPathFactory) -> None:
    budget = Noted(Clock(), None, parallel=1)
    told = os.path.join(str(tmp_path), "pid")
    with Broker({NAME: budget}.__getitem__) as broker:
        worker = get_context("spawn").Process(target=hold, args=(broker.address, told))
        worker.start()
        limiter = BrokerLimiter(broker.address, NAME, "waits")
        while not budget.granted and worker.is_alive():
            worker.join(0.05)
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGKILL)
        worker.join()
        limiter.enter()
        limiter.leave()
        limiter.close()


def test_nothing_is_granted_after_the_end() -> None:
    budget = Noted(Clock(), None)
    with Broker({NAME: budget}.__getitem__) as broker:
        limiter = BrokerLimiter(broker.address, NAME, "one")
        limiter.enter()
        limiter.leave()
    with pytest.raises(Stopped):
        limiter.enter()
    with pytest.raises(OSError):
        BrokerLimiter(broker.address, NAME, "late")
    assert len(budget.granted) == 1 or not broker.requests > 1


def test_one_who_waits_at_the_end_is_let_go() -> None:
    clock = Clock()
    budget = Budget(parallel=1, clock=clock, sleep=lambda seconds: None)
    with Broker({NAME: budget}.__getitem__) as broker, ThreadPoolExecutor(1) as pool:
        first, second = (BrokerLimiter(broker.address, NAME, each) for each in ("one", "two"))
        first.enter()
        waits = pool.submit(second.enter)
        broker.close()
        with pytest.raises(Stopped):
            waits.result()


def test_who_has_not_the_key_is_not_served() -> None:
    budget = Noted(Clock(), None)
    with Broker({NAME: budget}.__getitem__) as broker:
        with pytest.raises(OSError):
            BrokerLimiter(Address(broker.address.where, b"guessed"), NAME, "stranger")
        limiter = BrokerLimiter(broker.address, NAME, "one")
        limiter.enter()
        limiter.leave()
        limiter.close()
    assert [who for _, who in budget.granted] == ["one"]
    assert "key" not in repr(broker.address)


def test_a_silent_caller_makes_nobody_wait() -> None:
    budget = Noted(Clock(), None)
    with Broker({NAME: budget}.__getitem__) as broker, Client(broker.address.where):
        limiter = BrokerLimiter(broker.address, NAME, "one")
        limiter.enter()
        limiter.leave()
        limiter.close()
    assert [who for _, who in budget.granted] == ["one"]


def test_a_broker_ends_at_any_moment_after_it_accepted_somebody() -> None:
    """It did not, where it was closed between a caller and the wait for the next."""
    for _ in range(300):
        with Broker({NAME: Noted(Clock(), None)}.__getitem__) as broker:
            broker.address.connect().close()


def test_one_who_listens_and_never_speaks_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_module, "_LONGEST_WAIT_S", 0.01)
    with Listener() as silent, pytest.raises(OSError, match="does not answer"):
        Address(str(silent.address), b"key").connect()
