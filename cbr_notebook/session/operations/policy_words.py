"""The words in which a policy is said, and the service's members that they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timezone
from typing import Any

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.schedule import zones
from cbr_notebook.session.context import Context
from cbr_notebook.session.filters import reject_unknown

DEFINITION = {
    "max_backups": "max_backups",
    "retention_days": "retention_duration_days",
    "day_backups": "day_backups",
    "week_backups": "week_backups",
    "month_backups": "month_backups",
    "year_backups": "year_backups",
    "full_backup_interval": "full_backup_interval",
    "destination_region": "destination_region",
    "destination_project_id": "destination_project_id",
}
"""The arguments that name a member of the service's ``operation_definition``."""
ALIASES = {
    "daily": "day_backups",
    "weekly": "week_backups",
    "monthly": "month_backups",
    "yearly": "year_backups",
}
PERIODS = tuple(ALIASES.values())
"""The members that keep backups besides, by day, week, month and year."""
MEMBERS = (
    *DEFINITION.values(), "timezone", "enable_acceleration", "advanced_retention_rules",
    "start_window_minutes",
)  # fmt: skip
"""The members that the service documents."""


def definition_of(words: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a definition that arguments name; what is ``None`` is left out.

    Args:
        words: arguments by name; those that name no member are passed over.

    Raises:
        InvalidRequest: a value is no number where one is meant, or something is said twice.
    """
    said = {
        name: value
        for name, value in words.items()
        if value is not None and (name in DEFINITION or name in ALIASES)
    }
    for short, name in ALIASES.items():
        if short in said:
            if name in said:
                raise InvalidRequest(
                    f"{short} and {name} say the same thing twice.",
                    advice="Leave one of them out.",
                    field=short,
                )
            said[name] = said.pop(short)
    for name, value in said.items():
        if not name.startswith("destination") and (
            isinstance(value, bool) or not isinstance(value, int)
        ):
            raise InvalidRequest(
                f"{name} is a whole number, not {value!r}.",
                advice="Write it like 30; -1 keeps backups for ever.",
                field=name,
            )
        if name == "retention_days" and value == 0:
            raise InvalidRequest(
                "retention_days 0 says nothing that the service knows.",
                advice="Write 1 or more; -1 keeps backups for ever.",
                field=name,
            )
    return {DEFINITION[name]: value for name, value in said.items()}


def checked_members(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return a definition in the service's words.

    Raises:
        InvalidRequest: it has a member that the service does not know; says which is near.
    """
    if not isinstance(definition, Mapping):
        raise InvalidRequest(
            "definition is not a mapping.",
            advice=f"Its members are: {', '.join(MEMBERS)}.",
            field="definition",
        )
    reject_unknown(definition, MEMBERS, "A policy's definition", "member")
    return dict(definition)


def distance(session: Context, name: Any) -> timezone:
    """Return the fixed distance from UTC that a time zone has now.

    Raises:
        InvalidRequest: there is no such time zone.
    """
    return zones.at(zones.zone(name), session.now)
