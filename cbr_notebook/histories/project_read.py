"""What is new in a project since the last sync, with few requests: table by table.

Nothing is left out for ever: of what is not read each time, all is read now and then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from cbr_notebook.api.messages.statuses import BACKUP_AVAILABLE
from cbr_notebook.errors import CBRError
from cbr_notebook.frames.fleet import RECORDS
from cbr_notebook.histories import resource_carryover
from cbr_notebook.histories.incremental_read import Before, Source, read_growing

LISTS = ("vaults", "policies", "policy_rules", "vault_resources", "resources")
"""Tables that are short."""
GROWING = ("backups", "tasks")
"""Tables of which only what is new is read."""
_RECORDED = ("vaults", "policies", "resources")
"""Tables beside which their records are kept as a whole."""
TABLES = (*LISTS, *GROWING)
ANSWERS = ("unprotected", "capacity", "recovery_points", "gaps", "audit")
"""Answers that are kept where somebody asks for them: they cost requests of their own."""


@dataclass(frozen=True, slots=True)
class Ages:
    """How old the last reading of all of a table may be, before all is read again.

    Attributes:
        growing: of backups and tasks.
        resources: of servers, disks and file systems, while nothing shows that they changed.
    """

    growing: timedelta
    resources: timedelta


@dataclass(frozen=True, slots=True)
class Read:
    """A table as it stands, or why it could not be read.

    Attributes:
        table: its name.
        at: when its reading began.
        rows: all of it.
        whole: whether all of it was read now.
        problem: why there are no rows.
    """

    table: str
    at: datetime
    rows: pd.DataFrame | None = None
    whole: bool = True
    problem: CBRError | None = None


def read_tables(
    source: Source, tables: tuple[str, ...], before: Mapping[str, Before], ages: Ages
) -> Iterator[Read]:
    """Read the tables of a project; one that fails does not keep the others from being read.

    Args:
        source: the session.
        tables: which.
        before: what is known of tables of which not all is read each time.
        ages: how old the last reading of all of a table may be.
    """
    backups: pd.DataFrame | None = None
    for table in [each for each in GROWING if each in tables]:
        found = _guarded(
            source, table, lambda table=table: read_growing(source, table, before, ages.growing)
        )
        if table == "backups" and found.rows is not None:
            backups = found.rows
        yield found
    with source.reading() as reading:
        lists = [each for each in tables if each not in GROWING]
        recorded = set(_RECORDED) <= set(tables)
        # An answer reads resources in any case: then all of them are looked at.
        kept = (
            recorded
            and not set(ANSWERS) & set(tables)
            and resource_carryover.is_unchanged(reading.client, before, source.now, ages.resources)
        )
        of_resources: Read | None = None
        for table in lists:
            if table == resource_carryover.TABLE and kept:
                found = Read(table, source.now, before[table].rows, whole=False)
            else:
                found = _guarded(source, table, lambda table=table: _list(reading, table, backups))
            of_resources = found if table == resource_carryover.TABLE else of_resources
            recorded &= found.rows is not None or table not in _RECORDED
            yield found
        if recorded and of_resources is not None:
            about = {"project_id": source.identity.project_id, "simulated": source.simulated}
            old = before[RECORDS.name] if kept else None
            found = _guarded(
                source,
                RECORDS.name,
                lambda: (resource_carryover.records_of(reading.client, about, old), not kept),
            )
            yield replace(found, at=of_resources.at)  # they are told from the same moment on


def _guarded(source: Source, table: str, ask: Any) -> Read:
    at = source.now  # what happens while it is read belongs to the next sync
    try:
        rows, whole = ask()
    except CBRError as problem:
        return Read(table, at, problem=problem)
    return Read(table, at, rows, whole)


def _list(reading: Any, table: str, backups: pd.DataFrame | None) -> tuple[pd.DataFrame, bool]:
    known = {}
    if table in ANSWERS and table != "audit" and backups is not None:
        good = backups[backups["status"] == BACKUP_AVAILABLE].reset_index(drop=True)
        good.attrs = {
            **backups.attrs,
            "resource": "backups",
            "filters": {"status": BACKUP_AVAILABLE},
        }
        known = {"backups": good}
    return getattr(reading, table)(**known), True
