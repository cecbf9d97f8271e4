"""The servers of the benchmarks over TCP: the simulated cloud, and moto_server as its peer."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

HAS_MOTO = importlib.util.find_spec("moto") is not None
_STARTS_IN_S = 90
"""How long moto_server may take to start: it imports for many seconds on a busy machine."""
_CALLER = (
    "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/backup/aws4_request, "
    "SignedHeaders=host, Signature=x"
)
AUTHORIZATION = {"Authorization": _CALLER}
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


@contextmanager
def simulated_cloud() -> Iterator[dict[str, Any]]:
    """Serve an empty cloud; yield how to enter it, and stop it at the end."""
    command = [sys.executable, "-m", "cbr_notebook.cli", "simulate", "--estate", "empty"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


@contextmanager
def moto_server() -> Iterator[str]:
    """Serve moto with ten backup vaults; yield its address, and stop it at the end."""
    if not HAS_MOTO:
        raise SystemExit("moto is not installed: pip install -e '.[benchmark]'")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            stdout=log,
            stderr=log,
            env=os.environ | {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"},
        )
        base_url = f"http://127.0.0.1:{port}"
        try:
            if not _answers(base_url, process):
                log.seek(0)
                raise SystemExit(f"moto_server did not start: {log.read().decode()[-2000:]}")
            for number in range(10):
                url = f"{base_url}/backup-vaults/vault-{number}"
                httpx.put(url, json={}, headers=AUTHORIZATION, timeout=60).raise_for_status()
            yield base_url
        finally:
            process.kill()
            process.wait()


def _answers(base_url: str, process: subprocess.Popen[bytes]) -> bool:
    """Wait until a server answers; say whether it does, or has ended or takes too long."""
    end = time.monotonic() + _STARTS_IN_S
    while process.poll() is None and time.monotonic() < end:
        try:
            httpx.get(f"{base_url}/moto-api/", timeout=60)
        except httpx.ConnectError:
            time.sleep(0.1)
        else:
            return True
    return False


def with_ten_vaults(account: dict[str, Any]) -> tuple[httpx.Client, str]:
    """Create ten vaults in a served cloud; return a client with a token, and their list's path."""
    user = {
        "name": account["user_name"],
        "password": account["password"],
        "domain": {"name": account["domain_name"]},
    }
    identity = {"methods": ["password"], "password": {"user": user}}
    scope = {"project": {"id": account["project_id"]}}
    http = httpx.Client(base_url=account["base_url"], timeout=60)
    answer = http.post("/v3/auth/tokens", json={"auth": {"identity": identity, "scope": scope}})
    http.headers["X-Auth-Token"] = answer.headers["X-Subject-Token"]
    path = f"/v3/{account['project_id']}/vaults"
    for _ in range(10):
        http.post(path, json={"vault": VAULT}).raise_for_status()
    return http, path
