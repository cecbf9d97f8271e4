"""A fleet into the lake: each project counts as it is done, some at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import pandas as pd

from cbr_notebook.fleets.fan_out import Gathered
from cbr_notebook.fleets.fleet_places import Place
from cbr_notebook.fleets.process_worker import Answer
from cbr_notebook.histories import manifest
from cbr_notebook.histories.manifest import Entry
from cbr_notebook.histories.project_read import Ages
from cbr_notebook.histories.store import Store
from cbr_notebook.histories.sync import Synced, newest, table_of, write_tables
from cbr_notebook.session import Session

_COMMIT_EVERY_S = 20.0
"""Seconds after which projects that are done begin to count, while others are still read."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a project brought into the lake."""

    entries: list[Entry]
    rows: list[Synced]

    def __len__(self) -> int:
        return sum(each.rows for each in self.entries)


class Gather(Protocol):
    """Does something with the session of every project."""

    def __call__(
        self, do: Callable[[Place, Session], Any], each: Callable[[Answer], None]
    ) -> Gathered:
        """Return what came; ``each`` is given every answer as it comes."""


@dataclass(slots=True)
class FleetSync:
    """What came of a sync."""

    gathered: Gathered
    rows: list[Synced] = field(default_factory=list)

    def table(self) -> pd.DataFrame:
        """Return one row a table of a project."""
        return table_of(sorted(self.rows, key=lambda each: each[:4]))


def sync_fleet(store: Store, tables: tuple[str, ...], ages: Ages, gather: Gather) -> FleetSync:
    """Read all projects and write them into a lake.

    Args:
        store: of the lake.
        tables: which tables.
        ages: how old the last reading of all of a table may be.
        gather: does something with the session of every project.

    Raises:
        InvalidRequest: no project could be written into the lake.
    """
    known = manifest.read(store)
    waiting: list[Entry] = []
    lock = threading.Lock()
    last = time.monotonic()

    def one(place: Place, session: Session) -> Written:
        before = newest(known, place.where)
        return Written(*write_tables(session, store, place.where, before, tables, ages))

    def commit() -> None:
        nonlocal last
        with lock:
            if waiting:
                manifest.commit(store, waiting)
                waiting.clear()
            last = time.monotonic()

    def each(answer: Answer) -> None:
        if isinstance(answer.table, Written):
            waiting.extend(answer.table.entries)
        if time.monotonic() - last > _COMMIT_EVERY_S:
            commit()

    found = FleetSync(gather(one, each))
    commit()
    answers = list(found.gathered.answers.values())
    of_lake = [a.refusal for a in answers if a.refusal and a.refusal.field == "path"]
    if of_lake and len(of_lake) == len(answers):
        raise of_lake[0]
    for answer in answers:
        if isinstance(answer.table, Written):
            found.rows += answer.table.rows
    return found
