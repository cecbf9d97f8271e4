"""Recovery time and recovery point: what was to be met, and what was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.text.timeparse import TimeLike, parse_duration, parse_time


@dataclass(frozen=True, slots=True)
class Targets:
    """How quickly, and with how much data lost, a restore shall bring things back."""

    rto: timedelta | None
    rpo: timedelta | None
    incident_at: datetime
    """From when both are counted."""
    incident_named: bool = False
    """Whether a person said when the trouble began; else both are counted from the plan."""

    @classmethod
    def of(
        cls,
        now: datetime,
        rto: timedelta | str | None = None,
        rpo: timedelta | str | None = None,
        incident_at: TimeLike | None = None,
    ) -> Targets:
        """Read targets as people give them.

        Raises:
            InvalidRequest: one is not a duration, or the moment not a moment of the past.
        """
        begin = now if incident_at is None else parse_time(incident_at, now, "incident_at")
        if begin > now:
            raise InvalidRequest(
                f"incident_at {begin.isoformat()} is yet to come.",
                advice="Name a moment of the past, or leave it out.",
                field="incident_at",
            )
        return cls(_span(rto, "rto"), _span(rpo, "rpo"), begin, incident_at is not None)

    def as_dict(self) -> dict[str, Any]:
        """Return them for a journal: seconds, and the moment in ISO 8601."""
        return {
            "rto_seconds": None if self.rto is None else self.rto.total_seconds(),
            "rpo_seconds": None if self.rpo is None else self.rpo.total_seconds(),
            "incident_at": self.incident_at.isoformat(),
            "incident_named": self.incident_named,
        }


def _span(value: timedelta | str | None, field: str) -> timedelta | None:
    if value is None:
        return None
    found = parse_duration(value, field)
    if found <= timedelta():
        raise InvalidRequest(f"{field} must be longer than nothing.", field=field)
    return found
