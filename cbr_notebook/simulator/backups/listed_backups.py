"""Backups that are only records: as many as one likes, to be listed, shown and deleted.

They hold nothing that could be restored.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from cbr_notebook.simulator.backups.past_backups import SERVER_INFO
from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.core.state import State
from cbr_notebook.simulator.inventory import resources

_YEAR = 365 * 24 * 3600 * clock.MICROSECONDS


def fill(engine: Engine, project: str, backups: int, *, vaults: int, servers_a_vault: int) -> None:
    """Write backups of all servers of all vaults, spread over the year before now.

    Args:
        engine: of a cloud with these vaults and no backups.
        project: the ID of the vaults' project.
        backups: how many backups.
        vaults: how many vaults there are.
        servers_a_vault: how many servers each of them has.
    """
    with _without_indexes(engine.state):
        _write(engine, project, backups, vaults, servers_a_vault)


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


def _write(engine: Engine, project: str, backups: int, vaults: int, servers_a_vault: int) -> None:
    """Write the backups by one statement: IDs follow from the seed, times lie evenly.

    The servers of a vault are backed up together, which makes a restore point.
    """
    step = max(1, _YEAR * servers_a_vault // max(1, backups))
    identifier = (
        "printf('%08x-%04x-4%03x-8%03x-%012x', ({0} * 2654435761 + ?2) & 0xffffffff, "
        "({0} >> 4) & 0xffff, {0} & 0xfff, ({0} * 7) & 0xfff, {0} + {1})"
    )
    engine.state.run(
        "WITH RECURSIVE series (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n < ?1), "
        "owner AS MATERIALIZED (SELECT row_number() OVER (ORDER BY v.id, r.position) - 1 "
        "AS place, r.resource_id, r.name, r.size_gb, v.id AS vault_id, v.provider_id "
        "FROM vault_resource r JOIN vault v ON v.id = r.vault_id), "
        f"made AS (SELECT n, {identifier.format('n', 0)} AS id, ?4 - (n / ?7) * ?5 AS at, "
        f"{identifier.format('(n / ?7)', '(1 << 40)')} AS point FROM series) "
        "INSERT INTO backup (id, project_id, vault_id, restore_point_id, name, status, "
        "provider_id, resource_id, resource_name, resource_type, resource_size_gb, resource_az, "
        "created_at, protected_at, updated_at, automatic, incremental, extend_info) "
        "SELECT made.id, ?3, vault_id, point, "
        "printf('autobk_%04x_%04d', (n / ?7) & 0xffff, n % ?7 + 1), 'available', "
        "provider_id, resource_id, name, ?9, size_gb, ?10, "
        "at, at + 25000000, at + 300000000, 1, 1, ?6 "
        "FROM made JOIN owner ON place = n % ?8 ORDER BY made.id",
        backups - 1,
        int(engine.state.meta("seed")),
        project,
        engine.now() - step,
        step,
        json.dumps(SERVER_INFO),
        servers_a_vault,
        vaults * servers_a_vault,
        resources.SERVER,
        resources.ZONE,
    )
    engine.state.run(
        "INSERT INTO restore_point (id, project_id, vault_id, status, created_at, name, "
        "automatic, resources) SELECT restore_point_id, project_id, vault_id, 'available', "
        "created_at, substr(name, 1, 11), 1, '[]' FROM backup GROUP BY restore_point_id"
    )
