"""What a restore form goes back on, when it is the way back of a restore."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cbr_notebook.errors import InvalidRequest

if TYPE_CHECKING:
    from cbr_notebook.runbook.run.run import RestoreRun


def _nothing() -> None:
    """Do nothing: nobody waits for the end."""


@dataclass(frozen=True, slots=True)
class WayBack:
    """A restore to go back on.

    Attributes:
        run: the restore.
        ended: is called when the way back has ended, however it did.
    """

    run: RestoreRun
    ended: Callable[[], None] = _nothing

    @classmethod
    def of(cls, given: RestoreRun | WayBack) -> WayBack:
        """Return what a program or another form gives, as one."""
        return given if isinstance(given, WayBack) else cls(given)

    @property
    def values(self) -> dict[str, str]:
        """What is filled in: the target, and the safety backup.

        Raises:
            InvalidRequest: the restore made no safety backup.
        """
        made = self.run.journal.last("safety_backup_made")
        if made is None or not made.facts["backup_id"]:
            raise InvalidRequest(
                f"{self.run.title} made no safety backup to go back to.",
                advice="Choose another backup: session.forms.restore().",
            )
        return {"resource": self.run.target["id"], "backup": made.facts["backup_id"]}
