"""A history that is written rather than lived: many backups of a server at once.

They are what they would have become if each had been made in its time: a chain of which every
backup can be restored or deleted, with what is stored counted in the vault.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

import msgspec

from cbr_notebook.simulator.backups.backup_making import SERVER_INFO
from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.core.state import State, type_of_cell
from cbr_notebook.simulator.inventory import resources
from cbr_notebook.simulator.inventory.disks import Disks
from cbr_notebook.simulator.inventory.inventory_rows import ServerRow
from cbr_notebook.simulator.vaults import vaults
from cbr_notebook.simulator.vaults.vault_rows import VaultRow

PROTECTED_AFTER = 25_057_047
UPDATED_AFTER = 359_553_255
"""Microseconds; of the reference's own sample."""

_SERVER_TEXT = json.dumps(SERVER_INFO)


_FAMILY = UUID("4f1d3c8e-7a52-4b60-9d3e-2c6b8f0a1e57")
"""What IDs are derived from that nobody reads: drawn ones would move all that come later."""


@dataclass(frozen=True, slots=True)
class PastBackup:
    """An automatic backup of a server, long since made; times in microseconds since 1970."""

    id: str
    restore_point_id: str
    name: str
    created_at: int
    protected_at: int | None = None
    updated_at: int | None = None
    extend_info: str | None = None


def insert_backups(
    engine: Engine, vault: VaultRow, server_id: str, backups: Sequence[PastBackup]
) -> None:
    """Insert backups of a server with one disk into a vault.

    The first holds what is on the disk now; each later one, one more changed block. In the
    end the disk holds what the last one does.

    Args:
        engine: of the cloud.
        vault: where the backups are.
        server_id: the server.
        backups: the oldest first.
    """
    state = engine.state
    resource = resources.find_resource(engine, vault.project_id, server_id)
    ((disk, device, _),) = resources.disks_of(engine, server_id)
    assert isinstance(resource.row, ServerRow)
    chain, _, writes, stored = Disks(engine).back_up(disk.store, vault.id, incremental=False)
    Disks(engine).store_one_block_each(disk.store, chain, len(backups))
    common: dict[str, type_of_cell] = {
        "project_id": vault.project_id,
        "vault_id": vault.id,
        "provider_id": vault.provider_id,
        "status": "available",
        "resource_az": resource.zone,
        "automatic": 1,
    }
    server: dict[str, type_of_cell] = {
        "resource_id": resource.id,
        "resource_name": resource.name,
        "resource_type": resource.type,
        "resource_size_gb": resource.size_gb,
        "properties": json.dumps(resources.server_then(resource.row)),
    }
    child: dict[str, type_of_cell] = {
        "resource_id": disk.id,
        "resource_name": disk.name,
        "resource_type": disk.type,
        "resource_size_gb": disk.size_gb,
        "properties": json.dumps({"device": device}),
    }
    rows = []
    for sequence, each in enumerate(backups):
        made: dict[str, type_of_cell] = {
            "restore_point_id": each.restore_point_id,
            "created_at": each.created_at,
            "updated_at": each.updated_at or each.created_at + UPDATED_AFTER,
            "incremental": sequence > 0,
            "stored_blocks": 1 if sequence else stored,
        }
        whole: dict[str, type_of_cell] = {
            "id": each.id,
            "parent_id": None,
            "name": each.name,
            "protected_at": each.protected_at or each.created_at + PROTECTED_AFTER,
            "extend_info": each.extend_info or _SERVER_TEXT,
            "chain": None,
            "sequence": None,
            "writes": None,
        }
        part: dict[str, type_of_cell] = {
            "id": str(uuid5(_FAMILY, each.id)),
            "parent_id": each.id,
            "name": f"{each.name}_{disk.name}",
            "protected_at": None,
            "extend_info": _disk_info(str(uuid5(_FAMILY, f"snapshot of {each.id}"))),
            "chain": chain,
            "sequence": sequence,
            "writes": writes,
        }
        rows += [common | server | made | whole, common | child | made | part]
    columns = tuple(rows[0])
    state.run_many(
        f"INSERT INTO backup ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
        (tuple(row[column] for column in columns) for row in rows),
    )
    state.run_many(
        "INSERT INTO restore_point (id, project_id, vault_id, status, created_at, name, "
        "automatic, resources) VALUES (?, ?, ?, 'available', ?, ?, 1, '[]')",
        (
            (each.restore_point_id, vault.project_id, vault.id, each.created_at, each.name)
            for each in backups
        ),
    )
    vaults.add_used(engine, vault.id, stored + len(backups) - 1)


def _disk_info(snapshot_id: str) -> str:
    return json.dumps(
        {
            "auto_trigger": True,
            "bootable": True,
            "os_images_data": None,
            "progress": 100,
            "snapshot_id": snapshot_id,
            "support_lld": False,
            "supported_restore_mode": "na",
            "system_disk": True,
            "encrypted": False,
        }
    )


STOPPED_RUNS = 6
"""So many runs ago the backups of some listed servers stopped."""
_STOPPED, _FAILING = 167, 125
"""Of so many servers one has stopped; of so many one has failed in the latest two runs."""
_MB_A_BACKUP = 10


@dataclass(frozen=True, slots=True)
class Listed:
    """Which backups are listed: of all servers of all vaults, made run by run.

    Attributes:
        backups: how many.
        vaults: how many vaults there are.
        servers_a_vault: how many servers each of them has.
        last_run: when the last ones were made, in microseconds since 1970.
        between_runs: microseconds from one run to the next.
    """

    backups: int
    vaults: int
    servers_a_vault: int
    last_run: int
    between_runs: int


def fill_listed(engine: Engine, project: str, listed: Listed) -> None:
    """Insert backups of all servers of all vaults, with their restore points.

    They are records only, to be listed, shown and deleted: nothing of them could be restored.
    The latest of a few servers have failed, and of a few others there are none of the last runs.

    Args:
        engine: of a cloud with these vaults and no backups.
        project: the ID of the vaults' project.
        listed: which ones.
    """
    with _without_indexes(engine.state):
        _write(engine, project, listed)
    _write_restore_points(engine, project, listed)
    state = engine.state
    for vault_id, blocks in state.all(
        "SELECT vault_id, sum(stored_blocks) FROM backup WHERE project_id = ? GROUP BY vault_id",
        project,
    ):
        vaults.add_used(engine, vault_id, blocks)


@contextmanager
def _without_indexes(state: State) -> Iterator[None]:
    """Leave the indexes of backups away for a while: made anew, they cost a third."""
    indexes = state.all(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'backup' "
        "AND sql IS NOT NULL"
    )
    for index in indexes:
        state.run(f"DROP INDEX {index['name']}")
    yield
    for index in indexes:
        state.run(index["sql"])


def _write(engine: Engine, project: str, listed: Listed) -> None:
    """Insert the backups by one statement: IDs follow from the seed.

    The servers of a vault are backed up together, which makes a restore point.
    """
    identifier = (
        "printf('%08x-%04x-4%03x-8%03x-%012x', ({0} * 2654435761 + ?2) & 0xffffffff, "
        "({0} >> 4) & 0xffff, {0} & 0xfff, ({0} * 7) & 0xfff, {0} + {1})"
    )
    engine.state.run(
        "WITH RECURSIVE series (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n < ?1), "
        "owner AS MATERIALIZED (SELECT row_number() OVER (ORDER BY v.name, r.position) - 1 "
        "AS place, r.resource_id, r.name, r.size_gb, v.id AS vault_id, v.provider_id, p.policy_id "
        "FROM vault_resource r JOIN vault v ON v.id = r.vault_id "
        "LEFT JOIN vault_policy p ON p.vault_id = v.id), "
        "run AS (SELECT n, n % ?8 AS place, n / ?8 + "
        f"iif(n % ?8 % {_STOPPED} = {_STOPPED - 1}, {STOPPED_RUNS}, 0) AS run FROM series), "
        f"made AS (SELECT n, place, run, {identifier.format('n', 0)} AS id, ?4 - run * ?5 AS at, "
        "run * (?8 / ?7) + place / ?7 AS point FROM run) "
        "INSERT INTO backup (id, project_id, vault_id, restore_point_id, name, status, "
        "provider_id, resource_id, resource_name, resource_type, resource_size_gb, resource_az, "
        "created_at, protected_at, updated_at, automatic, incremental, extend_info, policy_id, "
        "stored_blocks) "
        f"SELECT made.id, ?3, vault_id, {identifier.format('point', '(1 << 40)')}, "
        "printf('autobk_%04x_%04d', point & 0xffff, place % ?7 + 1), "
        f"iif(run < 2 AND place % {_FAILING} = {_FAILING // 2}, 'error', 'available'), "
        "provider_id, resource_id, name, ?9, size_gb, ?10, "
        "at, at + 25000000, at + 300000000, 1, 1, ?6, policy_id, "
        f"iif(run < 2 AND place % {_FAILING} = {_FAILING // 2}, 0, ?11 * (1 + place % 3)) "
        "FROM made JOIN owner USING (place) ORDER BY made.id",
        listed.backups - 1,
        int(engine.state.meta("seed")),
        project,
        listed.last_run,
        listed.between_runs,
        json.dumps(SERVER_INFO),
        listed.servers_a_vault,
        listed.vaults * listed.servers_a_vault,
        resources.SERVER,
        resources.ZONE,
        _MB_A_BACKUP * BLOCKS_IN_MB,
    )


def _write_restore_points(engine: Engine, project: str, listed: Listed) -> None:
    """Insert the restore points; those of the last month tell what backups took then."""
    engine.state.run(
        "WITH point AS (SELECT restore_point_id AS id, vault_id, min(created_at) AS at, "
        "min(name) AS name, min(policy_id) AS policy_id FROM backup WHERE project_id = ?1 "
        "GROUP BY restore_point_id), "
        "before AS (SELECT restore_point_id AS id, created_at, resource_id, resource_type, "
        "resource_name, resource_size_gb, sum(stored_blocks) OVER earlier AS blocks, "
        "sum(status = 'available') OVER earlier AS number FROM backup WHERE project_id = ?1 "
        "WINDOW earlier AS (PARTITION BY resource_id ORDER BY created_at "
        "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)), "
        "told AS (SELECT id, json_group_array(json_object('id', resource_id, "
        "'type', resource_type, 'name', resource_name, 'extra_info', '{}', "
        "'resource_size', cast(resource_size_gb AS text), "
        "'backup_size', cast(coalesce(blocks, 0) / ?3 AS text), 'backup_size_multiaz', '0', "
        "'backup_count', cast(coalesce(number, 0) AS text), 'protect_status', 'available', "
        "'auto_protect', 'True')) AS resources FROM before WHERE created_at >= ?2 GROUP BY id) "
        "INSERT INTO restore_point (id, project_id, vault_id, status, created_at, name, "
        "automatic, policy_id, resources) SELECT id, ?1, vault_id, 'available', at, "
        "substr(name, 1, 11), 1, policy_id, coalesce(resources, '[]') "
        "FROM point LEFT JOIN told USING (id)",
        project,
        listed.last_run - _MONTH,
        BLOCKS_IN_MB,
    )


_MONTH = 31 * 24 * 3600 * clock.MICROSECONDS
BLOCKS_IN_MB = 16
_TOLD_FAMILY = UUID("9a0c7d52-3f1b-4c7e-8b56-0d1f2a3b4c5d")


class ToldDisk(msgspec.Struct, frozen=True):
    """One backed-up disk of a backup."""

    backup_id: str
    disk_id: str
    name: str
    size_gb: int
    system_disk: bool


class ToldBackup(msgspec.Struct, frozen=True):
    """A backup as its record tells it; times as the service writes them."""

    id: str
    name: str
    vault_id: str
    status: str
    resource_id: str
    resource_name: str
    resource_type: str
    size_gb: int
    created_at: str
    disks: tuple[ToldDisk, ...]
    """Of a server; empty for a disk or file system."""
    restore_point_id: str | None = None
    updated_at: str | None = None
    expired_at: str | None = None
    description: str = ""
    image_type: str = "backup"
    automatic: bool = False
    incremental: bool = False
    architecture: str | None = None
    stored_mb: int = 0
    """What it takes in its vault."""


def insert_told(engine: Engine, vault: VaultRow, told: ToldBackup) -> None:
    """Insert a backup without bytes into a vault; what it takes there is already counted."""
    state = engine.state
    created = clock.parse_time(told.created_at)
    point = told.restore_point_id or str(uuid5(_TOLD_FAMILY, f"restore point of {told.id}"))
    if state.one("SELECT 1 FROM restore_point WHERE id = ?", point) is None:
        state.insert(
            "restore_point",
            id=point,
            project_id=vault.project_id,
            vault_id=vault.id,
            status="available",
            created_at=created,
            name=told.name,
            automatic=told.automatic,
            resources="[]",
        )
    common: dict[str, Any] = {
        "project_id": vault.project_id,
        "vault_id": vault.id,
        "restore_point_id": point,
        "provider_id": vault.provider_id,
        "status": told.status,
        "image_type": told.image_type,
        "resource_az": resources.ZONE,
        "created_at": created,
        "updated_at": clock.parse_time(told.updated_at) if told.updated_at else created,
        "protected_at": created,
        "expired_at": clock.parse_time(told.expired_at) if told.expired_at else None,
        "automatic": told.automatic,
        "incremental": told.incremental,
        "description": told.description,
    }
    traits = {} if told.architecture is None else {"architecture": told.architecture}
    chain = {} if told.disks else _chain(engine, vault.id, told.resource_id)
    state.insert(
        "backup",
        id=told.id,
        name=told.name,
        resource_id=told.resource_id,
        resource_name=told.resource_name,
        resource_type=told.resource_type,
        resource_size_gb=told.size_gb,
        extend_info=json.dumps(
            {**SERVER_INFO, **traits, "auto_trigger": told.automatic, "bootable": None}
        ),
        stored_blocks=told.stored_mb * BLOCKS_IN_MB,
        properties=json.dumps(traits),
        **common,
        **chain,
    )
    for disk in told.disks:
        info = {"bootable": disk.system_disk, "system_disk": disk.system_disk, "encrypted": False}
        state.insert(
            "backup",
            id=disk.backup_id,
            parent_id=told.id,
            name=f"{told.name}_{disk.name}",
            resource_id=disk.disk_id,
            resource_name=disk.name,
            resource_type=resources.DISK,
            resource_size_gb=disk.size_gb,
            extend_info=json.dumps({**info, "auto_trigger": told.automatic}),
            **(common | _chain(engine, vault.id, disk.disk_id)),
        )


def _chain(engine: Engine, vault_id: str, disk_id: str) -> dict[str, int]:
    """Return the columns of an empty chain; a disk that is gone has a store of nobody."""
    disks, row = Disks(engine), resources.find_disk(engine, disk_id)
    store = disks.new_store() if row is None else row.store
    return {"chain": disks.import_chain(vault_id, store, {}), "sequence": 0, "writes": 0}
