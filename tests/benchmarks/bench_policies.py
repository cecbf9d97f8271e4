"""How long a day with 200 policies takes, in an empty cloud and in one with many backups.

Run it with the number of backups that the large cloud shall have::

    python -m tests.benchmarks.bench_policies 1000000

Each of the 200 policies is applied to a vault of its own with one server, and runs once a
day; in the large cloud, forty of them are applied to its vaults of 25 servers instead.
"""

from __future__ import annotations

import sys
import time
from statistics import median

from cbr_notebook.simulator.cloud import Cloud
from tests.simulator.http_client import Client
from tests.simulator.policies.policy_builders import apply, create_policy, protect

POLICIES = 200
DAYS = 5


def prepare(cloud: Cloud) -> None:
    """Apply policies to the vaults that are there, and to as many new ones as it takes."""
    cloud.options["policies_per_type"] = 2 * POLICIES  # those that are there already beside ours
    ask = Client(cloud)
    vaults = [each["id"] for each in ask("GET", "vaults")["vaults"]]
    for number in range(POLICIES):
        rule = f"FREQ=DAILY;INTERVAL=1;BYHOUR={number % 24};BYMINUTE={number % 60}"
        policy = create_policy(ask, {"retention_duration_days": 30}, rule, name=f"p-{number}")
        if number < len(vaults):
            apply(ask, vaults[number], policy)
        else:
            protect(ask, f"server-{number}", policy=policy)


def days(cloud: Cloud) -> list[float]:
    """Return the seconds that each of a few days takes."""
    taken = []
    for _ in range(DAYS):
        begin = time.perf_counter()
        cloud.advance(days=1)
        taken.append(time.perf_counter() - begin)
    return taken


def main() -> None:
    """Print a day's seconds in both clouds, and their ratio."""
    stored = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    seconds = {}
    for name, cloud in (
        ("empty", Cloud.open("empty")),
        ("large", Cloud.open("large", backups=stored)),
    ):
        prepare(cloud)
        seconds[name] = median(days(cloud))
        print(f"a day with {POLICIES} policies, {name} cloud: {seconds[name]:.2f} s")
        cloud.close()
    resources = (POLICIES - 40 + 40 * 25) / POLICIES
    ratio = seconds["large"] / seconds["empty"]
    print(f"large / empty: {ratio:.1f}, with {resources:.1f} times as many resources")


if __name__ == "__main__":
    main()
