"""What another cloud of an estate costs, against the first one in a process.

Run: python -m tests.benchmarks.bench_instant_clouds
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

from cbr_notebook.simulator.cloud import Cloud

_TIMES = 9


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds that a call takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    """Print the CPU seconds, and their ratios."""
    for estate in ("demo", "documented", "empty"):
        first = cpu_seconds(partial(Cloud.open, estate))
        again = median(cpu_seconds(partial(Cloud.open, estate)) for _ in range(_TIMES))
        promise = "at most 0.1, and 0.15 s" if estate == "demo" else "no promise"
        print(
            f"{estate} again: {again:.4f} s against {first:.3f} s: {again / first:.3f} ({promise})"
        )
    cloud = Cloud.open()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.sqlite"
        for name, work in (
            ("copy", cloud.copy),
            ("reset", cloud.reset),
            ("snapshot", lambda: cloud.snapshot(path)),
            ("template", lambda: Cloud.open(template=path)),
        ):
            print(f"{name} of demo: {cpu_seconds(work):.4f} s (at most 0.15)")


if __name__ == "__main__":
    main()
