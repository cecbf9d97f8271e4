"""How long a fleet needs to read many projects, in how much memory, and what a second sync asks.

Run: python -m tests.benchmarks.bench_fleet [projects] [backups] [latency in seconds]

One account with so many projects (50) of so many backups each (20,000) is served by a process of
its own: prepared rows, each answer so late (0.2 s). The floor is the waiting alone: requests times
latency, divided by the requests that are under way at the same time. What this process computed
stands beside, for a machine that others use at the same time: it is part of what passed.

Then a simulated project of as many backups is synced twice, a day apart, on which one backup in a
hundred changed: the oldest were deleted, and others made. The requests of each sync are counted by
what they ask.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec

import cbr_notebook as cbr
from cbr_notebook.api.client import Client
from cbr_notebook.entry import Session, on_cloud
from cbr_notebook.fleets.budget import PARALLEL
from cbr_notebook.simulator import Cloud
from tests.benchmarks.measurement import prepared_rows

_GIVEN = [each for each in sys.argv[1:] if each != "serve"]
PROJECTS = int(_GIVEN[0]) if _GIVEN else 50
ROWS = int(_GIVEN[1]) if len(_GIVEN) > 1 else 20_000
LATENCY_S = float(_GIVEN[2]) if len(_GIVEN) > 2 else 0.2
IDS = [f"{number:032x}" for number in range(1, PROJECTS + 1)]


def serve() -> None:
    """Serve the same prepared rows for every project, late, and IAM's list of projects at once."""
    rows = prepared_rows.prepared(ROWS)
    projects = [
        {"id": each, "name": f"project-{place:02d}", "domain_id": "d", "enabled": True}
        for place, each in enumerate(IDS)
    ]
    iam = msgspec.json.encode({"projects": projects})

    def body_of(environ: dict[str, Any]) -> bytes:
        if "/auth/projects" in environ["PATH_INFO"]:
            return iam
        time.sleep(LATENCY_S)
        return prepared_rows.page_of(rows, environ)

    prepared_rows.serve(body_of)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def read(url: str) -> None:
    """Read the backups of all projects; print time and memory."""
    profile = {
        "name": "one", "access_key": "AK", "secret_key": "SK", "region": "eu-west-0",
        "project_id": IDS[0], "endpoint": url, "iam_endpoint": url,
    }  # fmt: skip
    with cbr.fleet(profile, projects="all", on_progress=lambda now: None) as fleet:
        assert len(fleet) == PROJECTS
        first = fleet[next(iter(fleet))]
        first.backups(limit=prepared_rows.PAGE)  # what is loaded once
        before, began, computed = _peak_mb(), time.perf_counter(), time.process_time()
        table = fleet.backups()
        passed, computed = time.perf_counter() - began, time.process_time() - computed
        peak = _peak_mb() - before
    assert len(table) == PROJECTS * ROWS and not table.attrs["missing"]
    waiting = table.attrs["requests"] * LATENCY_S / PARALLEL
    frame = table.memory_usage(deep=True).sum() / 2**20
    print(
        f"{PROJECTS} projects of {ROWS:,} backups, {LATENCY_S} s latency: {passed:.1f} s, "
        f"computed {computed:.1f} s; waiting alone {waiting:.1f} s: "
        f"{passed / waiting:.2f} times (promise 1.25); peak {peak:.0f} MB, the table {frame:.0f} "
        f"MB: {peak / frame:.2f} times (promise 3)",
        flush=True,
    )


def _counted(session: Session, do: Callable[[Session], object]) -> Counter[str]:
    """Return the requests of something, by the list that they ask for."""
    asked: Counter[str] = Counter()

    def tell(request: httpx.Request, answer: httpx.Response) -> None:
        asked[request.url.path.split("/")[3]] += 1

    do(session.with_client(Client(session.client.transport.watched(tell))))
    return asked


def _change(session: Session) -> None:
    """Delete the oldest backups and make others, together about one in a hundred."""
    oldest = session.client.backups.list(limit=ROWS // 200, sort="created_at:asc")
    for each in oldest.backups:
        session.client.backups.delete(each.id)
    made = 0
    for vault in session.vaults(status="available").itertuples():
        if made < ROWS // 200:
            made += len(session.vault_resources(vault.id))
            session.back_up(vault.id)


def sync_twice() -> None:
    """Sync a project, let a day pass, sync it again; print the requests of both."""
    cloud = Cloud.open("large", backups=ROWS)
    with tempfile.TemporaryDirectory() as folder, on_cloud(cloud) as session:
        lake = Path(folder) / "lake"
        first = _counted(session, lambda on: on.sync(lake))
        _change(session)
        cloud.advance(days=1)
        second = _counted(session, lambda on: on.sync(lake))
        history = cbr.history(lake)
        changed = history.changed("backups", since="1d")["id"].nunique()
    print(
        f"sync: {first.total()} requests {dict(first)}; a day later, {changed} of {ROWS:,} backups "
        f"changed: {second.total()} {dict(second)}: "
        f"{second.total() / first.total():.0%} (promise 5 %)"
    )


def main() -> None:
    """Measure, and print."""
    given = (PROJECTS, ROWS, LATENCY_S)
    with prepared_rows.local_server("tests.benchmarks.bench_fleet", *given) as url:
        read(url)
    sync_twice()


if __name__ == "__main__":
    serve() if "serve" in sys.argv else main()
