"""Bytes of disks and of their backups, put aside so that what happens to them can be undone."""

from __future__ import annotations

from typing import Any

from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.inventory.disks import Disks

_NO_VAULT = "put aside"
"""Stands for the vault of what is put aside: no list shows it."""


def keep_disk(engine: Engine, store: int) -> int:
    """Put aside what a disk holds now; return the chain that has it."""
    return Disks(engine).back_up(store, _NO_VAULT, incremental=False)[0]


def restore_disk(engine: Engine, chain: int, store: int) -> None:
    """Restore to a disk what was put aside, and forget that."""
    Disks(engine).restore(chain, 0, store)
    _forget(engine, chain)


def keep_chain(engine: Engine, chain: int) -> int:
    """Put aside what the backups of a chain hold; return the chain that has it."""
    kept = engine.state.number(
        "INSERT INTO chain (vault_id, store) SELECT ?, store FROM chain WHERE id = ? RETURNING id",
        _NO_VAULT,
        chain,
    )
    engine.state.run(
        "INSERT INTO stored_block (chain, position, sequence, hash) "
        "SELECT ?, position, sequence, hash FROM stored_block WHERE chain = ?",
        kept,
        chain,
    )
    return kept


def restore_chain(engine: Engine, kept: int, chain: int) -> None:
    """Restore to the backups of a chain what was put aside, and forget that."""
    engine.state.run(
        "INSERT OR IGNORE INTO stored_block (chain, position, sequence, hash) "
        "SELECT ?, position, sequence, hash FROM stored_block WHERE chain = ?",
        chain,
        kept,
    )
    _forget(engine, kept)


def adopt_chain(engine: Engine, kept: int, chain: int) -> None:
    """Create a chain from what was put aside, in the vault of the one that it was of."""
    engine.state.run(
        "UPDATE chain SET vault_id = (SELECT vault_id FROM chain WHERE id = ?) WHERE id = ?",
        chain,
        kept,
    )


def put_machines_back(
    engine: Engine,
    servers: list[dict[str, Any]],
    disks: list[dict[str, Any]],
    attachments: list[dict[str, Any]],
) -> None:
    """Insert whole rows of servers, disks and attachments that were deleted."""
    for row in servers:
        engine.state.insert("server", **row)
    for row in disks:
        engine.state.insert("disk", **row)
    for row in attachments:
        if engine.state.has("SELECT 1 FROM disk WHERE id = ?", row["disk_id"]):
            engine.state.insert("attachment", **row)


def _forget(engine: Engine, chain: int) -> None:
    engine.state.run("DELETE FROM stored_block WHERE chain = ?", chain)
    engine.state.run("DELETE FROM chain WHERE id = ?", chain)
