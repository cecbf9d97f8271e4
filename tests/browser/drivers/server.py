"""A server on this machine, in a process of its own."""

from __future__ import annotations

import signal
import socket
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_START = 60.0  # seconds that a server may take to answer
_END = 20.0  # seconds that it may take to end


@contextmanager
def answering(
    command: Sequence[str],
    url: str,
    folder: Path,
    environment: Mapping[str, str],
    log: Path,
    *,
    ends_by: signal.Signals = signal.SIGTERM,
) -> Iterator[None]:
    """Start a server, wait until it answers, and stop it afterwards.

    Args:
        command: what starts it.
        url: an address that it answers once it is there.
        folder: where it runs.
        environment: all variables that it sees.
        log: the file that takes what it prints.
        ends_by: the signal that asks it to end.
    """
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_it_answers(process, url, log)
        yield
    finally:
        process.send_signal(ends_by)
        try:
            process.wait(_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_until_it_answers(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Ask a URL until it answers; a server that ends instead shows its log."""
    for _ in range(int(_START / 0.2)):
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            pass
        try:
            process.wait(0.2)
        except subprocess.TimeoutExpired:
            continue
        break
    raise RuntimeError(f"The server did not start:\n{log.read_text()[-4000:]}")
