"""How the served cloud bears clients that stall, and a hundred that stay, against moto_server.

Run: python -m tests.benchmarks.bench_server [seconds]

Both servers answer the same load generator, one after the other in turns, in the same run. It
needs ``pip install -e '.[benchmark]'``.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.benchmarks.measurement.peer import (
    AUTHORIZATION,
    moto_server,
    simulated_cloud,
    with_ten_vaults,
)

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
    writer: asyncio.StreamWriter | None = None
    while time.monotonic() < end:
        began = time.perf_counter()
        try:
            if writer is None:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
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
        if b"connection: close" in head and writer is not None:  # moto_server keeps no connection
            writer.close()
            writer = None
    if writer is not None:
        writer.close()


async def _clients(port: int, request: bytes, seconds: float, number: int) -> Load:
    load = Load()
    end = time.monotonic() + seconds
    await asyncio.gather(*(_client(port, request, end, load) for _ in range(number)))
    return load


def _port(base_url: str) -> int:
    return int(base_url.rpartition(":")[2])


def _list(path: str, who: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n{who}\r\n\r\n".encode()


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
    with simulated_cloud() as account, moto_server() as moto_url:
        http, path = with_ten_vaults(account)
        port, moto_port = _port(account["base_url"]), _port(moto_url)
        request = _list(path, f"X-Auth-Token: {http.headers['X-Auth-Token']}")
        moto_request = _list("/backup-vaults/", f"Authorization: {AUTHORIZATION['Authorization']}")
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


if __name__ == "__main__":
    main()
