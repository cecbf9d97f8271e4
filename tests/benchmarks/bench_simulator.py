"""How fast the simulated cloud answers, in process and over TCP.

Run: python -m tests.benchmarks.bench_simulator

The comparison over TCP needs ``pip install -e '.[benchmark]'``; without it, it is left out.
"""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
from typing import Any

import falcon
import httpx

from cbr_notebook.simulator.cloud import Cloud
from tests.benchmarks.ratios import compare, report
from tests.simulator.http_client import Client

VAULT = {
    "name": "films",
    "resources": [],
    "billing": {
        "consistent_level": "crash_consistent",
        "object_type": "server",
        "protect_type": "backup",
        "size": 100,
    },
}


class _Bare:
    """The floor: a handler that gives prepared bytes."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def on_get(self, request: falcon.Request, response: falcon.Response, **path: str) -> None:
        response.content_type = "application/json"
        response.data = self._content


def one_vault_in_process() -> None:
    """GET of one vault, against a bare Falcon handler behind the same transport of httpx."""
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
    """A page of backups at 200,000 stored, against 2,000."""
    few, many = (Client(Cloud.open("large", backups=stored)) for stored in (2_000, 200_000))
    for offset in (0, 1_000, 150_000):
        query = f"backups?limit=100&offset={offset}"
        result = compare(
            lambda query=query: many("GET", query),
            lambda: few("GET", "backups?limit=100"),
            times=10,
        )
        report(f"page of 100 backups from {offset}, 200,000 against 2,000", *result, "at most 2")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def list_over_tcp() -> None:
    """A list of ten vaults over one connection, against moto's list of ten AWS Backup vaults."""
    if importlib.util.find_spec("moto") is None:
        print("list of ten vaults over TCP: left out, moto is not installed")
        return
    ours = subprocess.Popen(
        [sys.executable, "-m", "cbr_notebook.cli", "simulate", "--estate", "empty"],
        stdout=subprocess.PIPE,
        text=True,
    )
    port = _free_port()
    theirs = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"},
    )
    try:
        assert ours.stdout is not None
        account = json.loads(ours.stdout.readline())
        list_ours = _ten_vaults(account)
        list_theirs = _ten_of_moto(f"http://127.0.0.1:{port}")
        mine, moto, ratio = compare(list_ours, list_theirs, times=100, rounds=9)
        print(
            f"list of ten vaults over TCP: {1 / mine:.0f} a second against {1 / moto:.0f} of "
            f"moto_server: {1 / ratio:.2f} times (at least 3)"
        )
    finally:
        for process in (ours, theirs):
            process.kill()
            process.wait()


def _ten_vaults(account: dict[str, Any]) -> Any:
    http = httpx.Client(base_url=account["base_url"])
    user = {
        "name": account["user_name"],
        "password": account["password"],
        "domain": {"name": account["domain_name"]},
    }
    identity = {"methods": ["password"], "password": {"user": user}}
    scope = {"project": {"id": account["project_id"]}}
    answer = http.post("/v3/auth/tokens", json={"auth": {"identity": identity, "scope": scope}})
    http.headers["X-Auth-Token"] = answer.headers["X-Subject-Token"]
    url = f"/v3/{account['project_id']}/vaults"
    for _ in range(10):
        http.post(url, json={"vault": VAULT})

    def ask() -> None:
        assert len(http.get(url).json()["vaults"]) == 10

    return ask


def _ten_of_moto(base_url: str) -> Any:
    authorization = (
        "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/backup/aws4_request, "
        "SignedHeaders=host, Signature=x"
    )
    http = httpx.Client(base_url=base_url, headers={"Authorization": authorization})
    for _ in range(100):
        try:
            http.get("/moto-api/")
            break
        except httpx.ConnectError:
            time.sleep(0.1)
    for number in range(10):
        http.put(f"/backup-vaults/vault-{number}", json={}).raise_for_status()

    def ask() -> None:
        assert len(http.get("/backup-vaults/").json()["BackupVaultList"]) == 10

    return ask


def main() -> None:
    """Print all ratios."""
    one_vault_in_process()
    page_of_backups()
    list_over_tcp()


if __name__ == "__main__":
    main()
