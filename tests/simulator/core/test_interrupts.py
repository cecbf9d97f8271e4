"""Ctrl-C at any moment: what was begun is done wholly or not at all, and the cloud works."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.simulator.core.exclusive_lock import ExclusiveLock
from tests.simulator.http_client import Client
from tests.simulator.policies.policy_builders import HOURLY, create_policy, protect

Trace = Callable[[FrameType, str, Any], Any]


@pytest.fixture(autouse=True)
def usual_handler() -> Iterator[None]:
    """Python's own handler, also where the run was started with the signal ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@contextmanager
def interrupt_at(line: int) -> Iterator[list[int]]:
    """Send SIGINT to this thread when the simulator has run so many lines of its code."""
    count = [0]

    def trace(frame: FrameType, event: str, _: Any) -> Trace | None:
        if "cbr_notebook/simulator" not in frame.f_code.co_filename.replace("\\", "/"):
            return None
        if event == "line":
            count[0] += 1
            if count[0] == line:
                signal.raise_signal(signal.SIGINT)
        return trace

    before = sys.gettrace()  # such as what measures coverage
    sys.settrace(trace)
    try:
        yield count
    finally:
        sys.settrace(before)


def _back_up(cloud: Cloud) -> None:
    client = Client(cloud)
    vault = client("GET", "vaults")["vaults"][0]["id"]
    client("POST", "checkpoints", {"checkpoint": {"vault_id": vault}})


def _advance(cloud: Cloud) -> None:
    cloud.advance(hours=3)


def _change(cloud: Cloud) -> None:
    cloud.create_server("new")
    cloud.server("web-01").tag(a="b")
    cloud.ransomware("web-01")


@pytest.fixture(scope="module")
def start() -> Cloud:
    """A small cloud in which something happens each hour."""
    cloud = Cloud.open("empty")
    client = Client(cloud)
    protect(client, "web-01", policy=create_policy(client, None, HOURLY))
    cloud.advance(hours=2)
    return cloud


@pytest.mark.parametrize("act", [_back_up, _advance, _change])
def test_an_interrupt_at_any_line_leaves_a_cloud_that_works(
    act: Callable[[Cloud], None], start: Cloud
) -> None:
    act(start.copy())  # what is only done the first time in a process
    counted = start.copy()
    with interrupt_at(0) as count:
        act(counted)
    before = start.fingerprint()
    lines = sorted({1 + count[0] * step // 12 for step in range(12)} | {2, 3, 5, 8, 13, 21})
    for line in lines:
        cloud = start.copy()
        with pytest.raises(KeyboardInterrupt), interrupt_at(line):
            act(cloud)
        assert start.fingerprint() == before
        cloud.advance(hours=1)
        _back_up(cloud)
        assert cloud.copy().fingerprint() == cloud.fingerprint()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupted_advance_has_not_happened(start: Cloud) -> None:
    cloud = start.copy()
    before, now = cloud.fingerprint(), cloud.now
    with pytest.raises(KeyboardInterrupt), interrupt_at(2_000):
        cloud.advance(hours=20)
    assert (cloud.now, cloud.fingerprint()) == (now, before)


def test_the_signal_waits_until_the_lock_is_free() -> None:
    lock = ExclusiveLock()
    done = []

    def act() -> None:
        with lock:
            with lock:
                signal.raise_signal(signal.SIGINT)
                done.append("inner")
            done.append("outer")
        done.append("after")

    with pytest.raises(KeyboardInterrupt):
        act()
    assert done == ["inner", "outer"]
    with lock:
        done.append("again")


def test_a_checkpoint_lets_the_signal_in() -> None:
    lock = ExclusiveLock()
    done = []

    def act() -> None:
        with lock:
            signal.raise_signal(signal.SIGINT)
            done.append("before")
            lock.checkpoint()
            done.append("behind")

    with pytest.raises(KeyboardInterrupt):
        act()
    assert done == ["before"]
    with lock:
        lock.checkpoint()


def test_whoever_waits_for_the_lock_can_be_interrupted() -> None:
    lock = ExclusiveLock()
    held, enough = threading.Event(), threading.Event()

    def hold() -> None:
        with lock:
            held.set()
            enough.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(30)
    main = threading.main_thread().ident
    assert main is not None
    threading.Timer(0.05, lambda: signal.pthread_kill(main, signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt), lock:
        pytest.fail("two hold the lock")
    enough.set()
    holder.join(30)
    with lock:
        pass


def test_a_handler_of_ones_own_is_called_and_kept() -> None:
    called = []
    before = signal.signal(signal.SIGINT, lambda *_: called.append("own"))
    try:
        lock = ExclusiveLock()
        with lock:
            signal.raise_signal(signal.SIGINT)
            assert called == []
        assert called == ["own"]
        signal.raise_signal(signal.SIGINT)
        assert called == ["own", "own"]
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_interrupted_opening_leaves_the_file_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while the traceback is kept, as a notebook keeps the last one."""
    path = tmp_path / "cloud.state"

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    kept = []
    for where in ("core.state.State._prepare", "cloud.Cloud.transport"):
        with monkeypatch.context() as patched:
            patched.setattr(f"cbr_notebook.simulator.{where}", interrupt)
            with pytest.raises(KeyboardInterrupt) as caught:
                cbr.simulate("empty", state=path)
            kept.append(caught)
        session = cbr.simulate("empty", state=path)
        session.cloud.close()
    assert len(kept) == 2
