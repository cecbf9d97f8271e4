"""How fast a history of a million rows answers, or of ten.

Run: python -m tests.benchmarks.bench_history [projects]

The lake has that many projects (50 if left out) of 20,000 backups on two days; between them, of a
thousand rows five went, five came and five have another name, anywhere in the table. It is made,
not read. 500 projects are ten million rows. What this process computed, on all cores together,
stands beside, for a machine that others use at the same time.
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
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import cbr_notebook as cbr
from cbr_notebook.histories import files, manifest
from cbr_notebook.histories.store import Store

PROJECTS = int(sys.argv[1]) if len(sys.argv) > 1 else 50
ROWS = 20_000
DAYS = (datetime(2026, 11, 26, 5, tzinfo=UTC), datetime(2026, 11, 27, 5, tzinfo=UTC))


def timed(what: str, do: Callable[[], pd.DataFrame]) -> None:
    began, computed = time.perf_counter(), time.process_time()
    rows = len(do())
    passed, computed = time.perf_counter() - began, time.process_time() - computed
    print(f"{what}: {passed:.2f} s, computed {computed:.2f} s ({rows:,} rows)", flush=True)


def make(lake: Path, template: pd.DataFrame) -> None:
    """Write the lake of many projects: two states of one, with other IDs for each project."""
    store = Store(lake)
    frame = pd.concat([template] * (ROWS // len(template) + 1), ignore_index=True).head(ROWS)
    luck = np.random.default_rng(20)
    frame = frame.assign(id=[f"{at:08x}-{luck.integers(2**40):010x}" for at in range(ROWS)])
    chance = luck.permutation(ROWS)
    later = frame.assign(name=frame["name"].where(chance >= ROWS // 200, frame["name"] + "-new"))
    gone = chance >= ROWS - ROWS // 200
    later["id"] = later["id"].where(~gone, "f" + later["id"].str[1:].str[::-1])
    states = []
    for day, rows in zip(DAYS, (frame, later), strict=True):
        entry = files.write(
            store, "backups", ("prod", "eu-west-0", "all"), rows, day,
            whole_at=day.isoformat(), before=None,
        )  # fmt: skip
        states.append((entry, pq.read_table(lake / entry.file)))
    entries = []
    for number in range(PROJECTS):
        project = f"project-{number:04d}"
        for entry, table in states:
            ids = pc.binary_join_element_wise(f"{number:04x}", table["id"], "-")
            names = pa.array([project] * len(table), pa.string())
            mine = table.set_column(table.schema.get_field_index("id"), "id", ids)
            mine = mine.set_column(table.schema.get_field_index("project"), "project", names)
            file = f"data/backups/{entry.day}/{project}.parquet"
            (lake / file).parent.mkdir(parents=True, exist_ok=True)
            (lake / file).write_bytes(files.encoded(mine, files.KEYS["backups"]))
            entries.append(entry._replace(project=project, file=file, digest=file))
    manifest.commit(store, entries)
    size = sum((lake / each.file).stat().st_size for each in entries) / len(DAYS) / 2**20
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


if __name__ == "__main__":
    main()
