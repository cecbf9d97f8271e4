"""The good backups, as several reports look at them."""

from __future__ import annotations

import re

import pandas as pd

from cbr_notebook.api.messages.statuses import BACKUP_AVAILABLE
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.session.context import Context
from cbr_notebook.session.queries import lists

_SAFETY_DESCRIPTION = ("safety backup before a restore", "before a restore")
_SAFETY_NAME = re.compile(r"before-.*\d{8}-\d{6}(-\d+)?")


def good_backups(session: Context, backups: pd.DataFrame | None) -> pd.DataFrame:
    """Return the good backups: those that were given, if that is what they are, else asked for.

    Raises:
        InvalidRequest: something else was given.
    """
    if backups is None:
        return lists.backups(session, status=BACKUP_AVAILABLE)
    attrs = getattr(backups, "attrs", {})
    if attrs.get("project_id") != session.identity.project_id or (
        *map(attrs.get, ("resource", "filters", "limit")),
    ) != ("backups", {"status": BACKUP_AVAILABLE}, None):
        raise InvalidRequest(
            "These are not all good backups of this project.",
            field="backups",
            advice='Give session.backups(status="available"), or leave them out.',
        )
    return backups


def recovery_backups(session: Context, backups: pd.DataFrame | None) -> pd.DataFrame:
    """Return the good backups that one may want to go back to: without safety backups.

    Raises:
        InvalidRequest: something else than the good backups was given.
    """
    good = good_backups(session, backups)
    made_first = list(map(is_safety_backup, good["name"], good["description"]))
    return good[~pd.Series(made_first, index=good.index, dtype=bool)]


def is_safety_backup(name: object, description: object) -> bool:
    """Return whether a backup was made by a restore, of what it was about to overwrite.

    Args:
        name: of the backup; what is no text counts as none, as in a table's empty cell.
        description: of the backup, in the same way.
    """
    told = isinstance(description, str) and description.startswith(_SAFETY_DESCRIPTION)
    return told or (isinstance(name, str) and _SAFETY_NAME.fullmatch(name) is not None)
