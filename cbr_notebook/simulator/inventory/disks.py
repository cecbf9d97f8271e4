"""The bytes of disks, and of their backups: blocks addressed by what they contain.

A disk is a list of references to blocks; positions never written, or written with zeros,
refer to nothing and cost nothing. Each write is counted, so that the blocks changed since
any backup are known. Backups of a disk form chains: the first of a chain stores a reference
for every block of the disk, each later one only for those that changed since. What a backup
holds at a position is the newest entry of its chain up to itself. Deleting a backup leaves
the entries that its successor relies on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from cbr_notebook.simulator.core.engine import Engine

BLOCK = 64 * 1024
"""Bytes in a block: the grain in which changes are noticed and stored."""

GIB = 1024**3
_KINDS = 16
_SWEEP_AFTER = 20_000


def megabytes(blocks: int) -> int:
    """Return what some blocks take, in whole MB (1024 * 1024 bytes), rounded up."""
    return -(-blocks * BLOCK // (1024 * 1024))


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


class _Block(NamedTuple):
    position: int
    content: bytes
    """Its bytes, or the hash of them."""


class _Base(NamedTuple):
    """The backup after which an incremental one is made."""

    chain: int
    writes: int
    """How often its disk had been written to."""


class Disks:
    """Reads, writes, backs up and restores the bytes of all disks.

    A disk is addressed by its ``store``: a number that stays with it for life. File systems
    have one too.
    """

    def __init__(self, engine: Engine) -> None:
        """Create them on the state of the cloud whose disks they are; nothing else is held."""
        self._state = engine.state
        self._now = engine.now

    def new_store(self) -> int:
        """Return a number for the bytes of a new disk.

        It is never that of a disk now gone, whose backups may still be in a vault.
        """
        newest = self._state.number("SELECT coalesce(max(store), 0) FROM disk")
        store = 1 + max(newest, int(self._state.meta("newest_store", 0)))
        self._state.set_meta("newest_store", store)
        return store

    # -- a disk's present bytes ---------------------------------------------------------

    def read(self, store: int, offset: int, length: int) -> bytes:
        """Read bytes; what was never written reads as zeros.

        Args:
            store: the disk's store.
            offset: where to begin, in bytes.
            length: how many bytes.
        """
        first, last = offset // BLOCK, (offset + length - 1) // BLOCK
        found = dict(
            self._state.all_of(
                _Block,
                "SELECT position, data FROM disk_block JOIN block USING (hash) "
                "WHERE store = ? AND position BETWEEN ? AND ?",
                store,
                first,
                last,
            )
        )
        whole = b"".join(
            found.get(position, b"").ljust(BLOCK, b"\0") for position in range(first, last + 1)
        )
        start = offset - first * BLOCK
        return whole[start : start + length]

    def write(self, store: int, offset: int, data: bytes) -> None:
        """Write bytes at an offset.

        Args:
            store: the disk's store.
            offset: where to begin, in bytes; the caller checks that the disk is large enough.
            data: what to write.
        """
        if not data:
            return
        first = offset // BLOCK
        start = offset - first * BLOCK
        end = start + len(data)
        blocks = -(-end // BLOCK)
        if start or end % BLOCK:
            whole = bytearray(self.read(store, first * BLOCK, blocks * BLOCK))
            whole[start:end] = data
            data = bytes(whole)
        self.write_blocks(
            store,
            (
                (first + step, data[step * BLOCK : (step + 1) * BLOCK].rstrip(b"\0"))
                for step in range(blocks)
            ),
        )

    def write_blocks(self, store: int, blocks: Iterable[tuple[int, bytes]]) -> None:
        """Write whole blocks, given as pairs of position and bytes (short ones are zero-filled)."""
        written = self._count_write(store)
        contents: list[tuple[bytes, bytes]] = []
        entries: list[tuple[int, int, bytes | None, int]] = []
        for position, data in blocks:
            digest = _digest(data) if data else None
            if digest is not None:
                contents.append((digest, data))
            entries.append((store, position, digest, written))
        self._state.run_many("INSERT OR IGNORE INTO block (hash, data) VALUES (?, ?)", contents)
        self._replace(store, entries)

    def fill(self, store: int, first: int, count: int, seed: int) -> None:
        """Write blocks of some content, quickly: a few different ones, over and over.

        Args:
            store: the disk's store.
            first: the position of the first block.
            count: how many blocks.
            seed: another seed gives other content.
        """
        contents = [
            (_digest(data), data)
            for data in (f"{seed}/{number}/".encode() * 64 for number in range(_KINDS))
        ]
        self._state.run_many("INSERT OR IGNORE INTO block (hash, data) VALUES (?, ?)", contents)
        self._state.run(
            "WITH RECURSIVE step (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM step WHERE n < ?), "
            f"kind (k, hash) AS (VALUES {', '.join(['(?, ?)'] * _KINDS)}) "
            "INSERT INTO disk_block (store, position, hash, written) "
            "SELECT ?, ? + n, hash, ? FROM step JOIN kind ON k = n % ? WHERE true "
            "ON CONFLICT DO UPDATE SET hash = excluded.hash, written = excluded.written "
            "WHERE hash IS NOT excluded.hash",
            count - 1,
            *(part for k, (digest, _) in enumerate(contents) for part in (k, digest)),
            store,
            first,
            self._count_write(store),
            _KINDS,
        )

    def _count_write(self, store: int) -> int:
        return self._state.number(
            "UPDATE disk SET writes = writes + 1, written_at = ? WHERE store = ? RETURNING writes",
            self._now(),
            store,
        )

    def _replace(self, store: int, entries: list[tuple[int, int, bytes | None, int]]) -> None:
        """Put references in place; one that says what is there already is no change."""
        self._state.run_many(
            "INSERT INTO disk_block (store, position, hash, written) VALUES (?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET hash = excluded.hash, written = excluded.written "
            "WHERE hash IS NOT excluded.hash",
            [entry for entry in entries if entry[2] is not None],
        )
        self._state.run_many(
            "UPDATE disk_block SET hash = NULL, written = ? "
            "WHERE store = ? AND position = ? AND hash IS NOT NULL",
            [
                (written, store, position)
                for store, position, digest, written in entries
                if digest is None
            ],
        )

    def truncate(self, store: int, size_gb: int) -> None:
        """Forget what lies beyond a size in GB.

        The blocks become zeros rather than unknown: were they not noted as changed, the next
        incremental backup would still find them in the one before.
        """
        self._state.run(
            "UPDATE disk_block SET hash = NULL, written = ? "
            "WHERE store = ? AND position >= ? AND hash IS NOT NULL",
            self._count_write(store),
            store,
            size_gb * GIB // BLOCK,
        )

    def erase(self, store: int) -> None:
        """Forget all bytes of a disk that is being deleted."""
        self._state.run("DELETE FROM disk_block WHERE store = ?", store)

    def checksum(self, store: int) -> str:
        """Return a SHA-256 that is the same for the same bytes, and only for them."""
        whole = hashlib.sha256()
        for position, digest in self._state.all_of(
            _Block,
            "SELECT position, hash FROM disk_block WHERE store = ? AND hash IS NOT NULL "
            "ORDER BY position",
            store,
        ):
            whole.update(position.to_bytes(8, "big"))
            whole.update(digest)
        return whole.hexdigest()

    # -- backups ---------------------------------------------------------------------------

    def back_up(self, store: int, vault_id: str, *, incremental: bool) -> tuple[int, int, int, int]:
        """Store what a disk holds now.

        Args:
            store: the disk's store.
            vault_id: the vault; a chain never leaves its vault.
            incremental: store only what changed since the newest backup of the newest chain,
                where there is one.

        Returns:
            The chain, the place in it, the disk's count of writes, and the number of
            entries stored. A place of 0 says that the backup is a full one.
        """
        writes = self._state.number("SELECT writes FROM disk WHERE store = ?", store)
        base = self._state.one_of(
            _Base,
            "SELECT b.chain, b.writes FROM backup b JOIN chain c ON c.id = b.chain "
            "WHERE c.vault_id = ? AND c.store = ? AND b.status IN ('available', 'restoring') "
            "ORDER BY b.chain DESC, b.sequence DESC LIMIT 1",
            vault_id,
            store,
        )
        if incremental and base is not None:
            chain = base.chain
            # Numbers in a chain are not used again: a failed backup may have had the next one.
            newest = "SELECT max(sequence) FROM backup WHERE chain = ?"
            sequence = 1 + self._state.number(newest, chain)
            stored = self._state.run(
                "INSERT INTO stored_block (chain, position, sequence, hash) "
                "SELECT ?, position, ?, hash FROM disk_block WHERE store = ? AND written > ?",
                chain,
                sequence,
                store,
                base.writes,
            )
            return chain, sequence, writes, stored
        chain = self._new_chain(vault_id, store)
        stored = self._state.run(
            "INSERT INTO stored_block (chain, position, sequence, hash) "
            "SELECT ?, position, 0, hash FROM disk_block WHERE store = ? AND hash IS NOT NULL",
            chain,
            store,
        )
        return chain, 0, writes, stored

    def _new_chain(self, vault_id: str, store: int) -> int:
        return self._state.number(
            "INSERT INTO chain (vault_id, store) VALUES (?, ?) RETURNING id", vault_id, store
        )

    def contents(self, chain: int, sequence: int) -> dict[int, bytes]:
        """Return what a backup holds: the block's hash at each position that is not zeros."""
        return {
            position: digest
            for position, digest, _ in self._state.all(
                "SELECT position, hash, max(sequence) FROM stored_block "
                "WHERE chain = ? AND sequence <= ? GROUP BY position",
                chain,
                sequence,
            )
            if digest is not None
        }

    def restore(self, chain: int, sequence: int, store: int) -> int:
        """Overwrite a disk with what a backup holds; return the number of changed blocks."""
        wanted = self.contents(chain, sequence)
        present = dict(
            self._state.all_of(
                _Block,
                "SELECT position, hash FROM disk_block WHERE store = ? AND hash IS NOT NULL",
                store,
            )
        )
        written = self._count_write(store)
        entries: list[tuple[int, int, bytes | None, int]] = [
            (store, position, wanted.get(position), written)
            for position in sorted(wanted.keys() | present.keys())
            if wanted.get(position) != present.get(position)
        ]
        self._replace(store, entries)
        return len(entries)

    def import_chain(self, vault_id: str, store: int, contents: dict[int, bytes]) -> int:
        """Begin a chain in another vault with these contents: a replica. Return the chain."""
        chain = self._new_chain(vault_id, store)
        self._state.run_many(
            "INSERT INTO stored_block (chain, position, sequence, hash) VALUES (?, ?, 0, ?)",
            ((chain, position, digest) for position, digest in contents.items()),
        )
        return chain

    def move_chains(self, backup_id: str, vault_id: str) -> None:
        """Move the chains of a backup, and of its children, to another vault."""
        self._state.run(
            "UPDATE chain SET vault_id = ?1 WHERE id IN "
            "(SELECT chain FROM backup WHERE id = ?2 OR parent_id = ?2)",
            vault_id,
            backup_id,
        )

    def store_one_block_each(self, store: int, chain: int, backups: int) -> None:
        """Store one changed block for each backup of a chain after the first.

        In the end the disk holds what the last backup does.

        Args:
            store: the disk's store; 997 of its last blocks change in turn.
            chain: a chain with its first backup only.
            backups: how many backups the chain shall have, the first included.
        """
        blocks = self._state.all_of(
            _Block,
            "SELECT position, hash FROM disk_block WHERE store = ? AND hash IS NOT NULL "
            "ORDER BY position DESC LIMIT 997",
            store,
        )
        newest = dict(blocks)
        positions, contents = list(newest), sorted({*newest.values()})
        entries = []
        for sequence in range(1, backups):
            position = positions[sequence % len(positions)]
            other = contents[sequence % len(contents)]
            if other == newest[position]:
                other = contents[(sequence + 1) % len(contents)]
            entries.append((chain, position, sequence, other))
            newest[position] = other
        self._state.run_many(
            "INSERT INTO stored_block (chain, position, sequence, hash) VALUES (?, ?, ?, ?)",
            entries,
        )
        self._state.run_many(
            "UPDATE disk_block SET hash = ? WHERE store = ? AND position = ?",
            ((content, store, position) for position, content in newest.items()),
        )

    def forget(self, chain: int, sequence: int) -> tuple[int, int | None]:
        """Remove a backup from its chain; its successor stays restorable.

        Entries that the successor does not replace stay where they are: what a backup holds is
        the newest entry up to itself, also when that entry was made by a backup now gone. They
        count as the successor's from now on. Call this while the backup still has its row.

        Returns:
            The number of entries freed, and the place of the successor, if there is one.
        """
        state = self._state
        before = state.value(
            "SELECT max(sequence) FROM backup WHERE chain = ? AND sequence < ?", chain, sequence
        )
        successor = state.value(
            "SELECT min(sequence) FROM backup WHERE chain = ? AND sequence > ?", chain, sequence
        )
        first = -1 if before is None else int(before)
        if successor is None:
            freed = state.run(
                "DELETE FROM stored_block WHERE chain = ? AND sequence > ?", chain, first
            )
        else:
            freed = state.run(
                "DELETE FROM stored_block WHERE (chain, position, sequence) IN ("
                "SELECT old.chain, old.position, old.sequence FROM stored_block new "
                "JOIN stored_block old ON old.chain = new.chain AND old.position = new.position "
                "WHERE new.chain = ?1 AND new.sequence > ?2 AND new.sequence <= ?3 "
                "AND old.sequence > ?4 AND old.sequence <= ?2)",
                chain,
                sequence,
                successor,
                first,
            )
        self._sweep(freed)
        return freed, None if successor is None else int(successor)

    def _sweep(self, freed: int) -> None:
        """Delete the bytes that nothing refers to, once enough may have gathered."""
        gathered = int(self._state.meta("freed_blocks", 0)) + freed
        self._state.set_meta("freed_blocks", 0 if gathered >= _SWEEP_AFTER else gathered)
        if gathered < _SWEEP_AFTER:
            return
        self._state.run(
            "DELETE FROM block WHERE hash NOT IN ("
            "SELECT hash FROM stored_block WHERE hash IS NOT NULL UNION "
            "SELECT hash FROM disk_block WHERE hash IS NOT NULL)"
        )
