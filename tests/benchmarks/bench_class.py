"""What a class of twenty costs: seats from one template, a reset, thirty days at one seat.

Run: python -m tests.benchmarks.bench_class
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from cbr_notebook.simulator.classroom.serving import serve_seats
from cbr_notebook.simulator.cloud import Cloud

_SEATS = 20

T = TypeVar("T")


def main() -> None:
    """Print seconds (of the clock, and of the processor) and memory, beside what was promised."""
    template = Cloud.open("demo")
    with tempfile.TemporaryDirectory() as folder:
        for name, place in (("forgotten", None), ("kept", Path(folder) / "class")):
            before = _resident_mb()
            served, spent = _timed(partial(serve_seats, template, _SEATS, folder=place))
            grown = _resident_mb() - before
            print(f"{_SEATS} seats, {name}: {spent}, {grown:.0f} MB (at most 2 s and 100 MB)")
            served.server.stop()
            one, two = (seat.cloud for seat in served.classroom.seats[:2])
            start, other = one.fingerprint(), two.fingerprint()
            for server in ("web-01", "web-02", "app-01", "app-02", "db-01"):
                one.delete_server(server)
            _, spent = _timed(partial(one.advance, days=30))
            print(f"thirty days at seat 1: {spent}; seat 2 unchanged: {two.fingerprint() == other}")
            _, spent = _timed(one.reset)
            print(f"reset: {spent} (at most 1 s); as at the start: {one.fingerprint() == start}")
            served.classroom.close()


def _timed(work: Callable[[], T]) -> tuple[T, str]:
    clock, processor = time.perf_counter(), time.process_time()
    done = work()
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    return done, f"{clock:.2f} s ({processor:.2f} s of the processor)"


def _resident_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main()
