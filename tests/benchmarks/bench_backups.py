"""What an incremental backup stores and costs: a disk with 1 GiB written, 1 % of it changed.

Both kinds of backup pay for one request, a task and a few records; a backup of a disk on which
nothing changed pays for nothing else. What is compared is the work beyond that.

Run: python -m tests.benchmarks.bench_backups
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable

from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.simulator.control.resource_handles import Disk
from tests.simulator.http_client import Client

MIB = 1024 * 1024
WRITTEN = 1024 * MIB
CHANGED = WRITTEN // 100
ROUNDS = 5


def prepare() -> tuple[Client, Disk, str]:
    """Make a cloud with one server, a GiB of different bytes on its disk, and a vault."""
    cloud = Cloud.open("empty")
    ask = Client(cloud)
    server = cloud.create_server("web-01")
    disk = server.disk("vda")
    noise = random.Random(7)
    for offset in range(0, WRITTEN, 16 * MIB):
        disk.write(offset, noise.randbytes(16 * MIB))
    billing = {
        "consistent_level": "crash_consistent",
        "object_type": "server",
        "protect_type": "backup",
        "size": 100,
    }
    items = [{"id": server.id, "type": "OS::Nova::Server"}]
    body = {"vault": {"name": "films", "resources": items, "billing": billing}}
    return ask, disk, ask("POST", "vaults", body)["vault"]["id"]


def back_up(ask: Client, vault_id: str, *, incremental: bool) -> tuple[float, int]:
    """Back up; return the seconds that the cloud worked, and the MB that were stored."""
    used = ask("GET", f"vaults/{vault_id}")["vault"]["billing"]["used"]
    body = {"checkpoint": {"vault_id": vault_id, "parameters": {"incremental": incremental}}}

    def work() -> None:
        ask("POST", "checkpoints", body)
        ask.cloud.advance(minutes=10)

    seconds = _timed(work)
    return seconds, ask("GET", f"vaults/{vault_id}")["vault"]["billing"]["used"] - used


def _timed(work: Callable[[], None]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def main() -> None:
    """Print what is stored, and the ratio of times with and without the cost of asking."""
    ask, disk, vault_id = prepare()
    noise = random.Random(8)
    back_up(ask, vault_id, incremental=False)
    runs: dict[str, list[tuple[float, int]]] = {"full": [], "changed": [], "unchanged": []}
    for number in range(ROUNDS):
        runs["full"].append(back_up(ask, vault_id, incremental=False))
        disk.write(number * 100 * MIB + 12_345, noise.randbytes(CHANGED))
        runs["changed"].append(back_up(ask, vault_id, incremental=True))
        runs["unchanged"].append(back_up(ask, vault_id, incremental=True))
    full, changed, asking = (
        statistics.median(seconds for seconds, _ in runs[kind]) * 1e3
        for kind in ("full", "changed", "unchanged")
    )
    stored = statistics.median(mb for _, mb in runs["changed"]) * MIB / WRITTEN
    print(f"an incremental backup of 1 % changed stores {stored:.2%} (at most 1.1 %)")
    print(
        f"a full backup takes {full:.1f} ms, an incremental one {changed:.1f} ms "
        f"({changed / full:.3f} of it), of which {asking:.1f} ms are the request and its records"
    )
    print(
        "without these, which no backup is spared: "
        f"{max(0.0, changed - asking) / (full - asking):.3f} (at most 0.1)"
    )


if __name__ == "__main__":
    main()
