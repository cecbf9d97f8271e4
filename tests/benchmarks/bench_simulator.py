"""How fast the simulated cloud answers, in process and over TCP.

Run: python -m tests.benchmarks.bench_simulator

The comparison over TCP needs ``pip install -e '.[benchmark]'``; without it, it is left out.
"""

from __future__ import annotations

from functools import partial

import falcon
import httpx

from cbr_notebook.simulator.cloud import Cloud
from tests.benchmarks.measurement.peer import (
    AUTHORIZATION,
    HAS_MOTO,
    VAULT,
    moto_server,
    simulated_cloud,
    with_ten_vaults,
)
from tests.benchmarks.measurement.ratios import compare, report
from tests.simulator.http_client import Client


class _Bare:
    """The floor: a handler that gives prepared bytes."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def on_get(self, request: falcon.Request, response: falcon.Response, **path: str) -> None:
        response.content_type = "application/json"
        response.data = self._content


def one_vault_in_process() -> None:
    """Time GET of one vault, against a bare Falcon handler behind the same transport of httpx."""
    ask = Client(Cloud.open("empty"))
    vault_id = ask("POST", "vaults", {"vault": VAULT})["vault"]["id"]
    url = f"/v3/{ask.project_id}/vaults/{vault_id}"
    bare = falcon.App()
    bare.add_route("/v3/{project_id}/vaults/{vault_id}", _Bare(ask.http.get(url).content))
    floor = httpx.Client(
        transport=httpx.WSGITransport(app=bare),
        base_url="https://cloud.simulated",
        headers=dict(ask.http.headers),
    )
    result = compare(lambda: ask.http.get(url), lambda: floor.get(url), times=200)
    report("GET of one vault, against a bare handler", *result, "at most 2")


def page_of_backups() -> None:
    """Time a page of backups at 200,000 stored, against 2,000."""
    few, many = (Client(Cloud.open("large", backups=stored)) for stored in (2_000, 200_000))
    for offset in (0, 1_000, 150_000):
        query = f"backups?limit=100&offset={offset}"
        result = compare(
            partial(many, "GET", query),
            lambda: few("GET", "backups?limit=100"),
            times=10,
        )
        report(f"page of 100 backups from {offset}, 200,000 against 2,000", *result, "at most 2")


def list_over_tcp() -> None:
    """Time a list of ten vaults over one connection, against moto's of ten AWS Backup vaults."""
    if not HAS_MOTO:
        print("list of ten vaults over TCP: left out, moto is not installed")
        return
    with simulated_cloud() as account, moto_server() as moto_url:
        mine, path = with_ten_vaults(account)
        theirs = httpx.Client(base_url=moto_url, headers=AUTHORIZATION, timeout=60)

        def list_ours() -> None:
            assert len(mine.get(path).json()["vaults"]) == 10

        def list_theirs() -> None:
            assert len(theirs.get("/backup-vaults/").json()["BackupVaultList"]) == 10

        ours, moto, ratio = compare(list_ours, list_theirs, times=100, rounds=9)
    print(
        f"list of ten vaults over TCP: {1 / ours:.0f} a second against {1 / moto:.0f} of "
        f"moto_server: {1 / ratio:.2f} times (at least 3)"
    )


def main() -> None:
    """Print all ratios."""
    one_vault_in_process()
    page_of_backups()
    list_over_tcp()


if __name__ == "__main__":
    main()
