"""How fast a hundred thousand backups become a DataFrame, and what that costs in memory.

Run: python -m tests.benchmarks.bench_frames [--cpu]

``--cpu`` compares the seconds that this process computes instead of those that pass: for a machine
that others use at the same time. Where waiting is what is measured, nothing is printed then.

Every ratio is taken in one run against one local server, which gives prepared rows of the large
simulated cloud and does nothing else, so that the clients are measured and not the cloud.
"""

from __future__ import annotations

import gc
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import msgspec

import cbr_notebook as cbr
from cbr_notebook import Session
from tests.benchmarks.measurement import prepared_rows

ROWS = 100_000
PAGE = prepared_rows.PAGE
ROUNDS = 5
CLOCK = time.process_time if "--cpu" in sys.argv else time.perf_counter
PROJECT = "c3e49e5753784a9d59bb531c97dba116"


# -- the server, in a process of its own ----------------------------------------------------------


def _in_other_words(row: bytes) -> bytes:
    """Return a row with a number as a text, a flag as a text, and a time with a zone."""
    document = msgspec.json.decode(row)
    document["resource_size"] = str(document["resource_size"])
    document["incremental"] = str(document["incremental"]).lower()
    document["created_at"] = f"{document['created_at']}Z"
    return msgspec.json.encode(document)


def serve() -> None:
    """Serve prepared rows; each project is a list of another length or latency."""
    everything = prepared_rows.prepared(ROWS)
    few = everything[: ROWS // 10]
    strange = [_in_other_words(each) if place % 10 == 0 else each
               for place, each in enumerate(everything)]  # fmt: skip

    def body_of(environ: dict[str, Any]) -> bytes:
        project = environ["PATH_INFO"].split("/")[2]
        rows = few if project.startswith("few") else everything
        if project.startswith("strange"):
            rows = strange
        if project.startswith("slow"):
            time.sleep(0.05)
        return prepared_rows.page_of(rows, environ)

    prepared_rows.serve(body_of)


# -- the three ways -------------------------------------------------------------------------------


def session_on(url: str, project: str = PROJECT) -> Session:
    """Open a session on the server."""
    return cbr.connect(
        endpoint=url, region="eu-west-0", project_id=project, access_key="AK", secret_key="SK"
    )


class _Light(msgspec.Struct, gc=False):
    """The lightest row that still reads every column."""

    id: str
    name: str | None
    status: str | None
    resource_id: str | None
    resource_name: str | None
    resource_type: str | None
    resource_size: int | None
    created_at: str | None
    protected_at: str | None
    updated_at: str | None
    expired_at: str | None
    incremental: bool | None
    image_type: str | None
    vault_id: str | None
    checkpoint_id: str | None
    parent_id: str | None
    resource_az: str | None
    description: str | None
    project_id: str | None


class _LightPage(msgspec.Struct, gc=False):
    backups: list[_Light]


def floor(url: str) -> None:
    """Fetch the same bytes and decode them, keeping nothing."""
    decoder = msgspec.json.Decoder(_LightPage)
    gc.disable()
    try:
        with httpx.Client() as http:
            for offset in range(0, ROWS, PAGE):
                query = {"limit": PAGE, "offset": offset}
                decoder.decode(http.get(f"{url}/v3/{PROJECT}/backups", params=query).content)
    finally:
        gc.enable()


def vendors_sdk(url: str, pages: int, project: str = PROJECT) -> float:
    """List some pages with the vendor's client, make a DataFrame; return the seconds a page."""
    import pandas as pd
    from huaweicloudsdkcbr.v1 import CbrClient, ListBackupsRequest
    from huaweicloudsdkcore.auth.credentials import BasicCredentials

    client = (
        CbrClient.new_builder()
        .with_credentials(BasicCredentials("AK", "SK", project))
        .with_endpoints([url])
        .build()
    )
    rows: list[dict[str, Any]] = []
    began = CLOCK()
    for page in range(pages):
        answer = client.list_backups(ListBackupsRequest(limit=PAGE, offset=page * PAGE))
        rows += [each.to_dict() for each in answer.backups]
    pd.DataFrame(rows)
    return (CLOCK() - began) / pages


def seconds(work: Callable[[], object]) -> float:
    """Time one call."""
    began = CLOCK()
    work()
    return CLOCK() - began


# -- the promises ---------------------------------------------------------------------------------


def speed(url: str) -> None:
    """Compare with the vendor's client and with the floor, in turn."""
    session = session_on(url)
    against_sdk, against_floor = [], []
    session.backups()  # everything is loaded and every page of the server has been read once
    vendors_sdk(url, 2)
    for _ in range(ROUNDS):
        lowest = seconds(lambda: floor(url))
        ours = seconds(session.backups)
        theirs = vendors_sdk(url, 10) * (ROWS / PAGE)
        against_sdk.append(theirs / ours)
        against_floor.append(ours / lowest)
        print(f"  {ours:.2f} s; floor {lowest:.2f} s; vendor's client {theirs:.1f} s")
    print(f"as fast as the vendor's client: {statistics.median(against_sdk):.1f} times (25)")
    print(f"against the floor: {statistics.median(against_floor):.2f} (at most 2)")


def growth(url: str) -> None:
    """Compare ten times the rows."""
    few, many = session_on(url, "few"), session_on(url)
    ratios = [seconds(many.backups) / seconds(few.backups) for _ in range(ROUNDS)]
    print(f"ten times the rows: {statistics.median(ratios):.1f} times the time (at most 11)")


def latency(url: str) -> None:
    """Compare pages side by side with pages one by one, each answered after 50 ms."""
    session = session_on(url, "slow")
    together = seconds(session.backups)
    one_by_one = seconds(lambda: _one_by_one(url))
    print(
        f"100 pages with 50 ms latency: {together:.2f} s against {one_by_one:.2f} s one by one: "
        f"{together / one_by_one:.2f} (at most 0.2)"
    )


def _one_by_one(url: str) -> None:
    client = session_on(url, "slow").client
    for offset in range(0, ROWS, PAGE):
        client.backups.list(limit=PAGE, offset=offset)


def lenient(url: str) -> None:
    """Compare rows of which each tenth is written in other words with the floor of usual ones."""
    session = session_on(url, "strange")
    session.backups(limit=10)
    ratios = []
    for _ in range(ROUNDS):
        ours = seconds(session.backups)
        ratios.append((ours, ours / seconds(lambda: floor(url))))
    ours, ratio = sorted(ratios)[len(ratios) // 2]
    theirs = vendors_sdk(url, 10) * (ROWS / PAGE)
    print(
        f"read leniently: {ours:.2f} s, against the floor {ratio:.2f} (at most 2), "
        f"as fast as the vendor's client: {theirs / ours:.1f} times (25)"
    )


def slow_against_sdk(url: str) -> None:
    """Compare with the vendor's client where each page is answered after 50 ms."""
    session = session_on(url, "slow")
    ours = statistics.median(seconds(session.backups) for _ in range(ROUNDS))
    theirs = vendors_sdk(url, 10, "slow") * (ROWS / PAGE)
    print(f"slow server: {ours:.2f} s, as fast as the vendor's client: {theirs / ours:.1f} times "
          "(25)")  # fmt: skip


def memory(url: str, project: str) -> None:
    """Measure the highest memory of a fresh process, above its start, against the frame's own."""
    session = session_on(url, project)
    session.backups(limit=10)
    gc.collect()
    start = _resident()
    frame = session.backups()
    peak = _highest()
    own = int(frame.memory_usage(deep=True).sum())
    print(
        f"memory ({_SERVERS[project]}): {(peak - start) / 1e6:.0f} MB above the start, the frame "
        f"has {own / 1e6:.0f} MB: {(peak - start) / own:.2f} (at most 3)"
    )


_SERVERS = {
    PROJECT: "server next door",
    "slow": "slow server, eight pages under way",
    "strange": "read leniently",
}


def _resident() -> int:
    with open("/proc/self/statm") as statistics_:
        return int(statistics_.read().split()[1]) * resource.getpagesize()


def _highest() -> int:
    # Not getrusage: that begins with the highest of the process which started this one.
    with open("/proc/self/status") as status:
        line = next(each for each in status if each.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def main() -> None:
    """Print the ratios, or be one of the processes that they need."""
    if sys.argv[1:2] == ["serve"]:
        serve()
    elif sys.argv[1:2] == ["memory"]:
        memory(sys.argv[2], sys.argv[3])
    else:
        with prepared_rows.local_server("tests.benchmarks.bench_frames") as url:
            speed(url)
            growth(url)
            if CLOCK is time.perf_counter:
                latency(url)
                slow_against_sdk(url)
            lenient(url)
            for project in _SERVERS:
                program = [
                    sys.executable, "-m", "tests.benchmarks.bench_frames", "memory", url, project,
                ]  # fmt: skip
                subprocess.run(program, check=True)
        assert threading.active_count() == 1


if __name__ == "__main__":
    main()
