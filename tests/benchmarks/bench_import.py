"""What ``import cbr_notebook`` costs, against importing pandas and httpx.

Run: python -m tests.benchmarks.bench_import
"""

from __future__ import annotations

import subprocess
import sys
from functools import partial

from tests.benchmarks.measurement.ratios import compare, report


def _import(modules: str) -> None:
    subprocess.run([sys.executable, "-c", f"import {modules}"], check=True)


def main() -> None:
    """Print the ratio."""
    for modules in ("cbr_notebook", "cbr_notebook.entry"):
        result = compare(
            partial(_import, f"pandas, httpx, {modules}"),
            lambda: _import("pandas, httpx"),
            times=1,
            rounds=9,
        )
        promise = "at most 1.25" if modules == "cbr_notebook" else "with the session, no promise"
        report(f"import {modules}, against pandas and httpx", *result, promise)


if __name__ == "__main__":
    main()
