"""Very many backups that are listed and hold nothing, for a large estate."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cbr_notebook.simulator.backups.backup_making import SERVER_INFO
from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.core.state import State
from cbr_notebook.simulator.inventory import resources
from cbr_notebook.simulator.vaults import vaults

STOPPED_RUNS = 6
"""So many runs ago the backups of some listed servers stopped."""
_STOPPED, _FAILING = 167, 125
"""Of so many servers one has stopped; of so many one has failed in the latest two runs."""
_MB_A_BACKUP = 10
_BLOCKS_IN_MB = 16
_MONTH = 31 * 24 * 3600 * clock.MICROSECONDS


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
    for name, _ in indexes:
        state.run(f"DROP INDEX {name}")
    yield
    for _, creation in indexes:
        state.run(creation)


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
        _MB_A_BACKUP * _BLOCKS_IN_MB,
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
        _BLOCKS_IN_MB,
    )
