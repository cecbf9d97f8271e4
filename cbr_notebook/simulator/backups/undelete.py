"""Backups that were deleted, brought back with what they held: no service can, a teacher must."""

from __future__ import annotations

from typing import Any, NamedTuple

from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.inventory import kept_disks
from cbr_notebook.simulator.vaults import vaults

Row = dict[str, Any]
"""A whole row as it was kept, as JSON: by a version that may have had fewer columns."""


class _Counted(NamedTuple):
    id: str
    parent_id: str | None
    sequence: int
    stored_blocks: int


def put_back(
    engine: Engine, backups: list[Row], points: list[Row], members: list[Row], chains: list[Any]
) -> None:
    """Insert whole rows of backups, restore points and members that may have been deleted.

    Args:
        engine: the cloud's engine.
        backups: as they were, those of disks as well.
        points: their restore points.
        members: whom they were shared with.
        chains: pairs of a chain, and the one in which its blocks were put aside.
    """
    state = engine.state
    for row in points:
        if not state.has("SELECT 1 FROM restore_point WHERE id = ?", row["id"]):
            state.insert("restore_point", **row)
    for row in backups:
        if not state.has("SELECT 1 FROM backup WHERE id = ?", row["id"]):
            state.insert("backup", **row)
        state.update("backup", row["id"], status=row["status"])
    for row in members:
        if not state.has("SELECT 1 FROM member WHERE id = ?", row["id"]):
            state.insert("member", **row)
    for chain, kept in chains:
        back = [row for row in backups if row["chain"] == chain]
        if _place_is_taken(engine, chain, back):
            kept_disks.adopt_chain(engine, kept, chain)
            for row in back:
                state.update("backup", row["id"], chain=kept)
            _count_anew(engine, kept)
        else:
            kept_disks.restore_chain(engine, kept, chain)
            _count_anew(engine, chain)


def _place_is_taken(engine: Engine, chain: int, back: list[Row]) -> bool:
    """Say whether a backup made since has the number of one that comes back."""
    places = {row["sequence"] for row in back}
    known = {row["id"] for row in back}
    return any(
        sequence in places and backup_id not in known
        for backup_id, sequence in engine.state.all(
            "SELECT id, sequence FROM backup WHERE chain = ?", chain
        )
    )


def _count_anew(engine: Engine, chain: int) -> None:
    """Count for each backup of a chain what it stores: the entries since the one before it."""
    state, before = engine.state, -1
    for row in state.all_of(
        _Counted,
        "SELECT id, parent_id, sequence, stored_blocks FROM backup WHERE chain = ? "
        "ORDER BY sequence",
        chain,
    ):
        stored = state.number(
            "SELECT count(*) FROM stored_block WHERE chain = ? AND sequence > ? AND sequence <= ?",
            chain,
            before,
            row.sequence,
        )
        before, more = row.sequence, stored - row.stored_blocks
        for key in (row.id, row.parent_id):
            state.run("UPDATE backup SET stored_blocks = stored_blocks + ? WHERE id = ?", more, key)
    for vault_id, used in state.all(
        "SELECT id, used_blocks FROM vault WHERE id IN "
        "(SELECT vault_id FROM backup WHERE chain = ?)",
        chain,
    ):
        stored = state.number(
            "SELECT sum(stored_blocks) FROM backup WHERE vault_id = ? AND parent_id IS NULL",
            vault_id,
        )
        vaults.add_used(engine, vault_id, stored - int(used))
