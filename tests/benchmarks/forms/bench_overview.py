"""How soon the overview of a large estate says something, and how much it asks in all.

Run: python -m tests.benchmarks.forms.bench_overview

Wall-clock time, so others on the machine count.
"""

from __future__ import annotations

import time

import cbr_notebook as cbr
from cbr_notebook.forms.testing import FormPage


def main() -> None:
    """Print the time to the first words, to the first facts and to the end, and the requests."""
    with cbr.simulate("large") as session:
        transport = session.client.transport
        before, began = transport.requests, time.perf_counter()
        page = FormPage(session.forms.overview())
        said: dict[str, float] = {}
        while "all" not in said:
            html, now = page.panel("overview"), time.perf_counter() - began
            if html:
                said.setdefault("words (at most 1 s)", now)
            if "GB used in" in html:
                said.setdefault("facts", now)
                if "Looking at" not in html:
                    said["all"] = now
            time.sleep(0.005)
        page.wait()
        for what, seconds in said.items():
            print(f"overview of 100,000 backups, {what}: {seconds:.2f} s")
        print(f"overview of 100,000 backups: {transport.requests - before} requests")


if __name__ == "__main__":
    main()
