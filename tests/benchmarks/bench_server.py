"""How the served cloud bears clients that stall, and a hundred that stay, against moto_server.

Run: python -m tests.benchmarks.bench_server [seconds]

Both servers answer the same load generator, one after the other in turns, in the same run. It
needs ``pip install -e '.[benchmark]'``.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx

from tests.benchmarks.bench_simulator import VAULT, _free_port, _ten_of_moto

CLIENTS = 100
ROUNDS = 3


@dataclass
class Load:
    """What some clients saw."""

    seconds: list[float] = field(default_factory=list)
    problems: Counter[str] = field(default_factory=Counter)

    def at(self, share: float) -> float:
        """Return the time in ms that this share of the answers did not exceed."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[int(len(ordered) * share)] if ordered else float("nan")


async def _client(port: int, request: bytes, end: float, load: Load) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.monotonic() < end:
        began = time.perf_counter()
        try:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
        except (OSError, asyncio.IncompleteReadError) as problem:
            load.problems[type(problem).__name__] += 1
            head = b"connection: close"
        else:
            load.seconds.append(time.perf_counter() - began)
            if not head.startswith(b"http/1.1 200"):
                load.problems[head[9:12].decode()] += 1
        if b"connection: close" in head:  # moto_server keeps no connection
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()


async def _clients(port: int, request: bytes, seconds: float, number: int) -> Load:
    load = Load()
    end = time.monotonic() + seconds
    await asyncio.gather(*(_client(port, request, end, load) for _ in range(number)))
    return load


def _start_ours() -> tuple[subprocess.Popen[str], int, bytes]:
    process = subprocess.Popen(
        [sys.executable, "-m", "cbr_notebook.cli", "simulate", "--estate", "empty"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    who = json.loads(process.stdout.readline())
    user = {
        "name": who["user_name"],
        "password": who["password"],
        "domain": {"name": who["domain_name"]},
    }
    identity = {"methods": ["password"], "password": {"user": user}}
    scope = {"project": {"id": who["project_id"]}}
    http = httpx.Client(base_url=who["base_url"])
    answer = http.post("/v3/auth/tokens", json={"auth": {"identity": identity, "scope": scope}})
    token = answer.headers["X-Subject-Token"]
    path = f"/v3/{who['project_id']}/vaults"
    for _ in range(10):
        http.post(path, json={"vault": VAULT}, headers={"X-Auth-Token": token})
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {token}\r\n\r\n"
    return process, int(who["base_url"].rpartition(":")[2]), request.encode()


def _start_moto() -> tuple[subprocess.Popen[str], int, bytes]:
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"},
        text=True,
    )
    _ten_of_moto(f"http://127.0.0.1:{port}")
    key = "Credential=x/20260101/us-east-1/backup/aws4_request, SignedHeaders=host, Signature=x"
    request = (
        f"GET /backup-vaults/ HTTP/1.1\r\nHost: x\r\nAuthorization: AWS4-HMAC-SHA256 {key}\r\n\r\n"
    )
    return process, port, request.encode()


def _stall(port: int, request: bytes, number: int) -> list[socket.socket]:
    """Hold connections: silent, with half a body, with half a head, and never reading."""
    begun = (b"", b"POST /v3/auth/tokens HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
             b"GET / HT", request * 20)  # fmt: skip
    held = []
    for place in range(number):
        peer = socket.create_connection(("127.0.0.1", port))
        peer.sendall(begun[place % len(begun)])
        held.append(peer)
    return held


def main() -> None:
    """Print what was measured."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    ours, port, request = _start_ours()
    theirs, moto_port, moto_request = _start_moto()
    try:
        mine, moto = Load(), Load()
        for _ in range(ROUNDS):
            for load, where, what in ((mine, port, request), (moto, moto_port, moto_request)):
                found = asyncio.run(_clients(where, what, seconds, CLIENTS))
                load.seconds += found.seconds
                load.problems += found.problems
        ratio = len(mine.seconds) / len(moto.seconds)
        for name, load in (("ours", mine), ("moto_server", moto)):
            print(
                f"{CLIENTS} clients, {name}: {len(load.seconds) / (ROUNDS * seconds):.0f} answers "
                f"a second, p99 {load.at(0.99):.0f} ms, problems {dict(load.problems)}"
            )
        print(f"answers a second: {ratio:.1f} times moto_server's (at least 3)")
        for stalled, wanted in ((8, " (below 500)"), (300, "")):
            held = _stall(port, request, stalled)
            load = asyncio.run(_clients(port, request, seconds / 2, 1))
            print(
                f"one client beside {stalled} stalled ones: p99 {load.at(0.99):.0f} ms"
                f"{wanted}, problems {dict(load.problems)}"
            )
            for peer in held:
                peer.close()
    finally:
        for process in (ours, theirs):
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()
