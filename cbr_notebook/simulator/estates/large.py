"""A cloud for measuring: as many backups as one likes."""

from __future__ import annotations

import json

import msgspec

from cbr_notebook.simulator import machines, vault_creation, vault_resources
from cbr_notebook.simulator.engine import Engine
from cbr_notebook.simulator.estates import account
from cbr_notebook.simulator.estates.bulk import SERVER_INFO, ZONE

DEFAULT_BACKUPS = 100_000
_VAULTS = 40
_SERVERS_A_VAULT = 25


def build(engine: Engine, backups: int) -> None:
    """Make 40 vaults with 1000 servers, and their backups, spread over a year."""
    user, project, _ = account.build(engine)
    for number in range(_VAULTS):
        wanted = msgspec.convert(
            {
                "name": f"vault-{number:02d}",
                "resources": [],
                "billing": {
                    "consistent_level": "crash_consistent",
                    "object_type": "server",
                    "protect_type": "backup",
                    "size": 10_000,
                },
            },
            vault_creation.VaultCreate,
        )
        vault = vault_creation.create(engine, project_id=project, user_id=user, wanted=wanted)
        for position in range(_SERVERS_A_VAULT):
            name = f"server-{number:02d}-{position:02d}"
            server_id = machines.create_server(engine, project, name)
            resource = machines.find_resource(engine, project, server_id)
            vault_resources.place(engine, vault["id"], resource, {})
    _fill(engine, project, backups)


def _fill(engine: Engine, project: str, backups: int) -> None:
    """Write the backups by one statement: IDs follow from the seed, times lie evenly."""
    state = engine.state
    step = max(1, 365 * 24 * 3_600_000_000 // max(1, backups))
    seed = int(state.fact("seed"))
    state.run(
        "WITH RECURSIVE series (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n < ?1), "
        "owner AS (SELECT row_number() OVER (ORDER BY v.id, r.position) - 1 AS place, "
        "r.resource_id, r.name, r.size_gb, v.id AS vault_id, v.provider_id "
        "FROM vault_resource r JOIN vault v ON v.id = r.vault_id), "
        "made AS (SELECT n, printf('%08x-%04x-4%03x-8%03x-%012x', (n * 2654435761 + ?2) & "
        "0xffffffff, (n >> 4) & 0xffff, n & 0xfff, (n * 7) & 0xfff, n) AS id FROM series) "
        "INSERT INTO backup (id, project_id, vault_id, restore_point_id, name, status, "
        "provider_id, resource_id, resource_name, resource_type, resource_size_gb, resource_az, "
        "created_at, protected_at, updated_at, automatic, incremental, extend_info) "
        "SELECT made.id, ?3, vault_id, made.id, printf('autobk_%04x', n & 0xffff), 'available', "
        "provider_id, resource_id, name, 'OS::Nova::Server', size_gb, ?4, "
        "?5 - n * ?6, ?5 - n * ?6 + 25000000, ?5 - n * ?6 + 300000000, 1, 1, ?7 "
        "FROM made JOIN owner ON place = n % ?8 ORDER BY n DESC",
        backups - 1,
        seed,
        project,
        ZONE,
        engine.now() - step,
        step,
        json.dumps(SERVER_INFO),
        _VAULTS * _SERVERS_A_VAULT,
    )
