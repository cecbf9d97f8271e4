"""The runs of policies as a calendar file (iCalendar), for the calendar that people look at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from cbr_notebook._version import __version__
from cbr_notebook.api.messages.records import Policy, Trigger, TriggerProperties
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.extras import needed_for
from cbr_notebook.schedule.runs import known_runs
from cbr_notebook.text.formatting import pluralize

if TYPE_CHECKING:
    from icalendar import Event

_AHEAD = timedelta(days=400)
"""Within which the next run of a rule is looked for: the longest interval is a year."""


def write_calendar(frame: pd.DataFrame, path: Path) -> None:
    """Write ``session.schedule()`` as single events, or ``session.policies()`` as recurring ones.

    Times are UTC, which every calendar shows in its own zone. A policy that is off, or has no
    vault, does not run and has no event.

    Raises:
        InvalidRequest: the table is another one.
        ServiceError: a policy's rule cannot be read.
    """
    with needed_for("A calendar"):
        from icalendar import Calendar

    which = str(frame.attrs.get("resource"))
    make = {"schedule": _of_schedule, "policies": _of_policies}.get(which)
    if make is None:
        raise InvalidRequest(
            "Only session.schedule() and session.policies() can be written as a calendar.",
            advice="Write other tables as .csv, .xlsx, .parquet, .md or .html.",
            field="frame",
        )
    asked_at = datetime.fromisoformat(str(frame.attrs["asked_at"])).astimezone(UTC)
    calendar = Calendar()
    calendar.add("prodid", f"-//cbr_notebook//{__version__}//EN")
    calendar.add("version", "2.0")
    for event in make(frame, asked_at):
        event.add("dtstamp", asked_at)
        event.add("transp", "TRANSPARENT")  # nobody is busy because of it
        calendar.add_component(event)
    path.write_bytes(calendar.to_ical())


def _of_schedule(frame: pd.DataFrame, asked_at: datetime) -> Iterator[Event]:
    for row in frame.to_dict("records"):
        at = row["runs_at"].to_pydatetime()
        vault = row["vault_name"] if isinstance(row["vault_name"], str) else row["vault_id"]
        event = _event(row["operation_type"], row["policy_name"], f"vault {vault}")
        event.add("uid", f"{row['policy_id']}-{row['vault_id']}-{at:%Y%m%dT%H%M%SZ}")
        event.add("dtstart", at)
        yield event


def _of_policies(frame: pd.DataFrame, asked_at: datetime) -> Iterator[Event]:
    from icalendar import vRecur

    for row in frame.to_dict("records"):
        if row["enabled"] is not True or not row["vaults"]:
            continue
        began = None if pd.isna(row["start_time"]) else row["start_time"].isoformat()
        for number, rule in enumerate(filter(None, str(row["pattern"]).split(" | "))):
            trigger = Trigger(properties=TriggerProperties(pattern=[rule], start_time=began))
            coming = known_runs(Policy(id=row["id"], trigger=trigger), asked_at, asked_at + _AHEAD)
            if not coming:
                continue
            event = _event(row["operation_type"], row["name"], pluralize(row["vaults"], "vault"))
            event.add("uid", f"{row['id']}-{number}")
            event.add("dtstart", coming[0])  # also the day from which an interval is counted
            event.add("rrule", vRecur.from_ical(rule))
            yield event


def _event(operation: Any, policy: Any, what: str) -> Event:
    from icalendar import Event

    event = Event()
    event.add("summary", f"{operation} {policy}: {what}")
    return event
