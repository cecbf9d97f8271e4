"""Ransomware on the disks of a server: all at once, or in steps that a clock takes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.inventory import resources
from cbr_notebook.simulator.inventory.disks import BLOCK, Disks
from cbr_notebook.simulator.inventory.file_area import Files

NOTE = "/README_TO_DECRYPT.txt"
LOCKED = ".locked"
_STEP = "ransomware_step"
_FIRST_BLOCK = 64 * 1024 * 1024 // BLOCK
"""Where the blocks beyond the file area begin."""

PACES: Mapping[str, tuple[int, ...]] = {
    "fast": (0,),
    "slow": tuple(range(0, 14 * 24, 24)),
    "pausing": (0, 1, 2, 96, 97, 98),
}
"""The hours at which each kind of attack encrypts its share."""


def begin(engine: Engine, server_id: str, pace: str = "fast") -> list[str]:
    """Encrypt what is on a server's disks, now or step by step, and leave a note at the end.

    Args:
        engine: the cloud's engine.
        server_id: the victim.
        pace: one of :data:`PACES`.

    Returns:
        The files that are lost by now, as ``device:path``.
    """
    key, hours = engine.state.random_bytes("ransomware"), PACES[pace]
    for step, hour in enumerate(hours[1:], 1):
        moment = engine.now() + hour * 3600 * clock.MICROSECONDS
        engine.scheduler.at(moment, _STEP, server_id, key=key.hex(), step=step, steps=len(hours))
    return _encrypt(engine, server_id, key, 0, len(hours))


def stop(engine: Engine, server_id: str) -> None:
    """Stop an attack; what it has encrypted stays so."""
    engine.scheduler.cancel(_STEP, server_id)


def _encrypt(engine: Engine, server_id: str, key: bytes, step: int, steps: int) -> list[str]:
    lost = []
    for disk, device, _ in resources.disks_of(engine, server_id):
        store = disk.store
        files = Files(Disks(engine), store, disk.size_gb)
        healthy = [path for path in files.names() if not path.endswith(LOCKED) and path != NOTE]
        for path in healthy[: -(-len(healthy) // (steps - step))]:
            data = files.read(path)
            files.delete(path)
            files.write(f"{path}{LOCKED}", _scramble(data, key))
            lost.append(f"{device}:{path}")
        if disk.bootable and step == steps - 1:
            files.write(NOTE, b"Your files have been encrypted. This is a simulation.\n")
        _scramble_data(engine, store, key, step, steps)
    return lost


def _scramble(data: bytes, key: bytes) -> bytes:
    stream = hashlib.shake_128(key).digest(len(data))
    return bytes(a ^ b for a, b in zip(data, stream, strict=True))


def _scramble_data(engine: Engine, store: int, key: bytes, step: int, steps: int) -> None:
    """Put other content in a share of the blocks beyond the file area: they count as changed."""
    positions = engine.state.column(
        "SELECT position FROM disk_block WHERE store = ? AND position >= ? "
        "AND position % ? = ? AND hash IS NOT NULL",
        store,
        _FIRST_BLOCK,
        steps,
        step,
    )
    noise = hashlib.shake_128(key).digest(BLOCK)
    Disks(engine).write_blocks(store, ((position, noise) for position in positions))


def _step(engine: Engine, server_id: str, arguments: dict[str, Any]) -> None:
    if engine.state.has("SELECT 1 FROM server WHERE id = ?", server_id):
        key = bytes.fromhex(arguments["key"])
        _encrypt(engine, server_id, key, arguments["step"], arguments["steps"])


EVENTS = {_STEP: _step}
"""What the engine carries out."""
