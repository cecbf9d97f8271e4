"""The operations on migrations: an account's resources move from the older service."""

from __future__ import annotations

from cbr_notebook.api.groups import Group
from cbr_notebook.api.messages.records import Record
from cbr_notebook.errors import InvalidRequest

_PATH = "/v3/migrates"


class ProjectMigration(Record, frozen=True):
    """The migration of one project; ``progress`` in percent."""

    status: str | None = None
    project_id: str | None = None
    project_name: str | None = None
    region_id: str | None = None
    progress: int | None = None
    fail_code: int | str | None = None
    fail_reason: str | None = None


class Migration(Record, frozen=True):
    """The migration of an account."""

    status: str | None = None
    project_status: list[ProjectMigration] | None = None


class Migrations(Group):
    """Moving an account's resources from the older backup services."""

    def start(self, *, all_regions: bool = True, reservation: float = 0.2) -> dict[str, str]:
        """Start moving the account's resources; it goes on after the answer.

        Args:
            all_regions: every region, not only this one.
            reservation: how much larger than needed the new vaults become, 0 to 1.

        Returns:
            The state by region.

        Raises:
            InvalidRequest: a value is out of range (BackupService.9900).

        API: Migration, "Starting a Migration" (POST /v3/migrates).
        """
        if not 0 <= reservation <= 1:
            raise InvalidRequest(
                f"reservation {reservation} is out of range.",
                advice="Choose a fraction from 0 to 1.",
                field="reservation",
            )
        body = {"all_regions": all_regions, "reservation": reservation}
        return self._transport.send("POST", _PATH, body, dict[str, str])

    def show(self, *, all_regions: bool | None = None) -> Migration:
        """Return how far the account's migration is.

        Args:
            all_regions: every region, not only this one.

        Raises:
            NotFound: no migration was ever started (BackupService.4001).

        API: Migration, "Querying the Migration Status" (GET /v3/migrates).
        """
        return self._transport.get(_PATH, Migration, {"all_regions": all_regions})
