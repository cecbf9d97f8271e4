"""What a scenario works with: the cloud's engine and troubles, and a memory for the undoing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.simulator.control.resource_handles import pick
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.inventory import resources
from cbr_notebook.simulator.inventory.inventory_rows import ServerRow

Kept = dict[str, Any]
"""What a scenario has to know for being undone, as JSON has it."""


class _Vault(NamedTuple):
    id: str
    name: str


class Troubles(Protocol):
    """What makes requests fail; see the cloud's faults."""

    def add(
        self,
        operation: str,
        what: str | int | None = None,
        *,
        times: int,
        retry_after: float | None = None,
        every: int = 1,
        reason: str = "",
    ) -> None:
        """Add a failure for the next requests of an operation."""

    def clear(self, reason: str | None = None) -> None:
        """Remove all failures, or only those that were added for this reason."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a scenario takes place."""

    engine: Engine
    faults: Troubles
    name: str
    """The scenario's name."""

    def server(self, wanted: str | None) -> ServerRow:
        """Return the server that a scenario is about: by name or ID, or one that has backups.

        Raises:
            NotFound: there is no such server, or more than one.
            InvalidRequest: none is named, and the cloud has none that would do.
        """
        if wanted is not None:
            return pick(resources.servers(self.engine), wanted, "server")
        return resources.server(self.engine, self._most_protected("resource_id"))

    def vault(self, wanted: str | None) -> Kept:
        """Return the row of the vault that a scenario is about: by name or ID, or one in use.

        Raises:
            NotFound: there is no such vault, or more than one.
            InvalidRequest: none is named, and the cloud has none that would do.
        """
        if wanted is None:
            key = self._most_protected("vault_resource.vault_id")
        else:
            names = self.engine.state.all_of(_Vault, "SELECT id, name FROM vault")
            key = pick(names, wanted, "vault").id
        return self.rows("vault", "id = ?", key)[0]

    def _most_protected(self, column: str) -> str:
        key = self.engine.state.value(
            f"SELECT {column} FROM vault_resource JOIN server ON server.id = resource_id "
            "ORDER BY (SELECT count(*) FROM backup WHERE resource_id = server.id "
            "AND status = 'available') DESC, server.name, server.id LIMIT 1"
        )
        if key is None:
            raise InvalidRequest(
                "No server of this cloud is in a vault.", advice="Name one: target=…"
            )
        return str(key)

    def rows(self, table: str, where: str, *values: Any) -> list[dict[str, Any]]:
        """Return whole rows of a table, to be kept."""
        found = self.engine.state.all(f"SELECT * FROM {table} WHERE {where}", *values)
        return [dict(row) for row in found]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of bad day."""

    name: str
    what: str
    """What happens."""
    begin: Callable[[Scene, str | None], Kept]
    """Run it; ``kept["target"]`` names what it happened to."""
    end: Callable[[Scene, Kept], None]
    """Undo it; work done since stays."""
    codes: tuple[str, ...] = ()
    """The codes that clients and tasks see."""
    target: str = ""
    """What it can be aimed at: ``server`` or ``vault``; empty: the whole cloud."""
    undo: str = "All is as it was before."
    """What the undoing does."""
    resume: Callable[[Scene, Kept], None] | None = None
    """Of one that refuses requests: refuse them again when a cloud continues from its file."""
