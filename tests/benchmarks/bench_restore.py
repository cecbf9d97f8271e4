"""What it costs to watch a restore for an hour of simulated time, and when its end is noticed.

Run it with::

    python -m tests.benchmarks.bench_restore

The cost counts requests from the answer to the restore until the end is noticed, against the
720 of a look every five seconds. The journal's share of the time is measured against a run
whose journal does not wait for the disk.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from statistics import median

import cbr_notebook as cbr
from cbr_notebook import Session
from cbr_notebook.runbook.run.run import RestoreRun

_SECONDS_BEFORE, _SECONDS_PER_GB = 60, 1.5
EVERY_FIVE_SECONDS = 5
ROUNDS = 7


def run_of(session: Session, seconds: int) -> RestoreRun:
    """Begin a restore that takes so many seconds."""
    size = int((seconds - _SECONDS_BEFORE) / _SECONDS_PER_GB)
    name = f"server-{seconds}"
    session.cloud.create_server(name, disks=(("vda", size),))
    session.create_vault(f"vault-{seconds}", size_gb=10_000, resources=name)
    session.back_up(f"vault-{seconds}", name=name).wait(progress=False)
    return session.plan_restore(name).execute(
        confirm=name, safety_backup=False, acknowledge=["safety backup"]
    )


def watched(seconds: int) -> tuple[int, float, float]:
    """Return requests, seconds until the end was noticed, and real seconds of the watch."""
    with cbr.simulate("empty") as session:
        run = run_of(session, seconds)
        before = session.client.transport.requests
        begin = time.perf_counter()
        run.wait()
        took = time.perf_counter() - begin
        asked = session.client.transport.requests - before
        ended = run.journal.last("task_ended")
        assert ended is not None
        end = datetime.fromisoformat(ended.facts["ended_at"]).replace(tzinfo=UTC)
        return asked, (datetime.fromisoformat(ended.at) - end).total_seconds(), took


@contextmanager
def no_waiting_for_the_disk() -> Iterator[None]:
    """Write the journal without waiting for the disk."""
    real, os.fsync = os.fsync, lambda fd: None
    try:
        yield
    finally:
        os.fsync = real


def main() -> None:
    """Print what restores of some lengths cost."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CBR_RUNBOOK_FOLDER"] = folder
        for seconds in (120, 600, 3600, 6 * 3600):
            asked, late, _ = watched(seconds)
            floor = seconds // EVERY_FIVE_SECONDS
            print(
                f"{seconds:6} s: {asked:3} requests, {asked / floor:.2f} of a look every 5 s; "
                f"the end noticed {late:.0f} s late ({late / seconds:.1%}; promised 10 % or 5 s)"
            )
        pairs = []
        for _ in range(ROUNDS):
            durable = watched(3600)[2]
            with no_waiting_for_the_disk():
                pairs.append((durable, watched(3600)[2]))
        ratio = median(durable / loose for durable, loose in pairs)
        print(
            f"an hour's watch: {median(each for each, _ in pairs) * 1e3:.0f} ms of real time, "
            f"{ratio:.2f} times as long as with a journal that does not wait for the disk"
        )


if __name__ == "__main__":
    main()
