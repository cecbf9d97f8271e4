"""How fast a history of a million rows answers, and how little a second sync asks.

Run: python -m tests.benchmarks.bench_history [projects]

The lake has that many projects (50 if left out) of 20,000 backups on two days, with one row in a
hundred changed between them; it is made, not read. Then a simulated project of 20,000 backups is
synced twice, an hour apart, and the requests are counted.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

import cbr_notebook as cbr
from cbr_notebook.histories import files, manifest
from cbr_notebook.histories.store import Store
from cbr_notebook.simulator import Cloud

PROJECTS = int(sys.argv[1]) if len(sys.argv) > 1 else 50
ROWS = 20_000
DAYS = (datetime(2026, 11, 26, 5, tzinfo=UTC), datetime(2026, 11, 27, 5, tzinfo=UTC))


def timed(what: str, do: Callable[[], pd.DataFrame]) -> None:
    began, computed = time.perf_counter(), time.process_time()
    rows = len(do())
    passed, computed = time.perf_counter() - began, time.process_time() - computed
    print(f"{what}: {passed:.2f} s, computed {computed:.2f} s ({rows:,} rows)", flush=True)


def make(lake: Path, template: pd.DataFrame) -> None:
    """Write the lake of many projects."""
    store = Store(lake)
    luck = np.random.default_rng(20)
    entries = []
    for number in range(PROJECTS):
        frame = pd.concat([template] * (ROWS // len(template) + 1), ignore_index=True).head(ROWS)
        frame = frame.assign(
            id=[f"{number:04x}-{at:08x}-{luck.integers(2**40):010x}" for at in range(ROWS)]
        )
        before = None
        for day in DAYS:
            if day == DAYS[1]:
                changed = frame.index < ROWS // 100
                frame = frame.assign(name=frame["name"].where(~changed, frame["name"] + "-new"))
            where = ("prod", "eu-west-0", f"project-{number:03d}")
            before = files.write(
                store, "backups", where, frame, day, whole_at=day.isoformat(), before=before
            )
            entries.append(before)
    manifest.commit(store, entries)
    size = sum(each.stat().st_size for each in lake.rglob("*.parquet")) / len(DAYS) / 2**20
    print(f"a day of {PROJECTS * ROWS:,} rows: {size:.0f} MB of Parquet", flush=True)


def main() -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory() as folder:
        lake = Path(folder) / "lake"
        with cbr.simulate("demo") as session:
            make(lake, session.backups())
        history = cbr.history(lake)
        count = "select project, status, count(*) n from backups group by all"
        for _ in range(2):
            timed("sql, grouped", lambda: history.sql(count))
            timed("changed", lambda: history.changed("backups", since="1d"))
        from cbr_notebook.entry import on_cloud

        with on_cloud(Cloud.open("large", backups=ROWS)) as session:
            transport, other = session.client.transport, Path(folder) / "other"
            asked = transport.requests
            session.sync(other)
            first = transport.requests - asked
            session.cloud.advance(hours=1)
            asked = transport.requests
            session.sync(other)
            print(f"first sync: {first} requests; second, soon after: {transport.requests - asked}")


if __name__ == "__main__":
    main()
