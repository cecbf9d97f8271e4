"""Resources that join a vault by themselves, at the vault's next backup cycle."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.inventory.resources import OBJECT_TYPES
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.fields import ResourceItem
from cbr_notebook.simulator.vaults import vault_documents, vault_resources, vaults
from cbr_notebook.simulator.vaults.vault_rows import VaultRow

_LEAST_FREE_GB = 40


class _Candidate(NamedTuple):
    """A server or disk in no vault; its tags are JSON."""

    id: str
    type: str
    tags: str
    whole_size_gb: int


def scan(engine: Engine, vault: VaultRow) -> list[str]:
    """Add unprotected resources to a vault that takes them in; return their IDs.

    The vault takes resources that have any of its tags; without tags, any resource. What is
    free of it must be more than 40 GB and more than the resource's size. Of several vaults
    that would take a resource, the one whose policy runs first has it.
    """
    if not vault.auto_bind:
        return []
    joined = []
    for row in _unprotected(engine, vault):
        allocated = vault_documents.document(engine, vault)["billing"]["allocated"]
        if vault.size_gb - allocated <= max(_LEAST_FREE_GB, row.whole_size_gb):
            continue
        try:
            present = vaults.find(engine, vault.project_id, vault.id)
            vault_resources.add(engine, present, [ResourceItem(row.id, row.type)])
        except ApiError:
            continue  # in a state, or of a kind, that cannot be backed up: it stays outside
        joined.append(str(row.id))
    return joined


def _unprotected(engine: Engine, vault: VaultRow) -> Iterator[_Candidate]:
    """Return the resources that the vault would take, the oldest first."""
    wanted = {(tag["key"], tag["value"]) for tag in json.loads(vault.bind_rules).get("tags", ())}
    table = "server" if vault.object_type == "server" else "disk"
    size = (
        "(SELECT coalesce(sum(size_gb), 0) FROM attachment JOIN disk ON disk.id = disk_id "
        "WHERE server_id = server.id)"
        if table == "server"
        else "size_gb"
    )
    types = OBJECT_TYPES.get(vault.object_type, ())
    for row in engine.state.all_of(
        _Candidate,
        f"SELECT id, type, tags, {size} AS whole_size_gb FROM {table} "
        f"WHERE project_id = ? AND type IN ({', '.join('?' * len(types))}) "
        "AND NOT EXISTS (SELECT 1 FROM vault_resource WHERE resource_id = id) "
        "ORDER BY created_at, id",
        vault.project_id,
        *types,
    ):
        if not wanted or wanted & set(json.loads(row.tags).items()):
            yield row
