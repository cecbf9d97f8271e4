"""Bad days: what may befall the machines of a simulated cloud."""

from __future__ import annotations

import hashlib

from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.inventory import resources
from cbr_notebook.simulator.inventory.disks import BLOCK, Disks
from cbr_notebook.simulator.inventory.files import Files

NOTE = "/README_TO_DECRYPT.txt"


def ransomware(engine: Engine, server_id: str) -> list[str]:
    """Encrypt every file on a server's disks, scramble other data, and leave a note.

    Args:
        engine: the cloud's engine.
        server_id: the victim.

    Returns:
        The files that are lost, as ``device:path``.
    """
    lost = []
    key = engine.state.random_bytes("ransomware")
    for disk, device, _ in resources.disks_of(engine, server_id):
        store = disk.store
        files = Files(Disks(engine), store, disk.size_gb)
        for path in files.names():
            data = files.read(path)
            files.delete(path)
            files.write(f"{path}.locked", _scramble(data, key))
            lost.append(f"{device}:{path}")
        if disk.bootable:
            files.write(NOTE, b"Your files have been encrypted. This is a simulation.\n")
        _scramble_data(engine, store, key)
    return lost


def _scramble(data: bytes, key: bytes) -> bytes:
    stream = hashlib.shake_128(key).digest(len(data))
    return bytes(a ^ b for a, b in zip(data, stream, strict=True))


def _scramble_data(engine: Engine, store: int, key: bytes) -> None:
    """Put other content in the blocks beyond the file area: they all count as changed."""
    positions = [
        row["position"]
        for row in engine.state.all(
            "SELECT position FROM disk_block WHERE store = ? AND position >= ? "
            "AND hash IS NOT NULL",
            store,
            64 * 1024 * 1024 // BLOCK,
        )
    ]
    noise = hashlib.shake_128(key).digest(BLOCK)
    Disks(engine).write_blocks(store, ((position, noise) for position in positions))
