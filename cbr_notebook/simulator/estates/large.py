"""A cloud for measuring: as many backups as one likes.

Its backups are records without bytes: they can be listed, shown and deleted, but hold nothing
that could be restored.
"""

from __future__ import annotations

import msgspec

from cbr_notebook.simulator.backups import past_backups
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.estates import account
from cbr_notebook.simulator.inventory import resources
from cbr_notebook.simulator.vaults import vault_creation, vault_resources

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
            server_id = resources.create_server(engine, project, name)
            resource = resources.find_resource(engine, project, server_id)
            vault_resources.place(engine, vault.id, resource, {})
    past_backups.fill_listed(
        engine, project, backups, vaults=_VAULTS, servers_a_vault=_SERVERS_A_VAULT
    )
