"""A lake with its memory: what was, what changed, and how it grew."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from cbr_notebook.errors import InvalidRequest, NotFound
from cbr_notebook.frames import CHANGED
from cbr_notebook.histories import changes, comparability, growth, manifest, sql
from cbr_notebook.histories.lake_day import Past
from cbr_notebook.histories.store import Store
from cbr_notebook.text.card import facts_html
from cbr_notebook.text.dtypes import TEXT
from cbr_notebook.text.suggestions import did_you_mean
from cbr_notebook.text.timeparse import parse_time

DayLike = str | date | datetime | timedelta


class History:
    """What a lake knows, as it was when it was opened."""

    _past: type[Past] = Past

    def __init__(self, path: str | Path, storage_options: Mapping[str, Any] | None = None) -> None:
        """Read which states the lake has.

        Args:
            path: a folder, or an address of fsspec: ``s3://bucket/lake``.
            storage_options: what the address's file system takes, such as keys.

        Raises:
            NotFound: nothing was synced there.
        """
        self._store = Store(path, storage_options)
        self._known = manifest.read(self._store)
        if not len(self._known):
            begun = self._store.names(manifest.FOLDER)
            raise NotFound(
                f"No sync has come to its end in the lake {self._store.address!r}."
                if begun
                else f"There is no lake at {self._store.address!r}.",
                advice="Write one: fleet.sync(path), session.sync(path), or cbr-notebook sync.",
                field="path",
            )

    @property
    def days(self) -> list[str]:
        """The days of which there is a state, in order."""
        return self._known.days()

    @property
    def card(self) -> pd.DataFrame:
        """What there is: one row a table.

        Returns:
            ``table``, ``first_day``, ``last_day`` (text), ``projects``, ``rows`` (int64; of the
            newest states).
        """
        rows = []
        for table in self._known.tables():
            days = sorted({each.day for each in self._known if each.table == table})
            newest = self._known.at(table)
            rows.append((table, days[0], days[-1], len(newest), sum(each.rows for each in newest)))
        columns = ["table", "first_day", "last_day", "projects", "rows"]
        found = pd.DataFrame(rows, columns=columns)
        return found.astype(dict.fromkeys(("table", "first_day", "last_day"), TEXT))

    def sql(self, query: str) -> pd.DataFrame:
        """Return the rows of a query in SQL, as DuckDB understands it.

        Views: each table with its newest rows (``backups``, ``vaults``, …) and with those of a
        day (``backups_at('2026-11-20')``, the day written out), and ``states``, which says what
        is from when: ``synced_at``, and ``whole_at``, when all of it was read last. A query can
        read these, and nothing else: no file, no network.

        A project that was not synced on the newest day, or on the day that is named, is there
        with its state of an earlier one: ``attrs["older"]`` says which, and of which day;
        ``attrs["missing"]`` names projects of which a table is not known.

        Args:
            query: such as ``select project, count(*) from backups group by all``.

        Raises:
            InvalidRequest: the query is wrong, or reaches for something else.
        """
        return sql.run(self._store, self._known, query)

    def at(self, day: DayLike) -> Past:
        """Return the state of a day: the newest of each project up to it.

        Args:
            day: a day, or how long before the newest one: ``"2026-11-20"``, ``"30d"``.

        Raises:
            NotFound: the lake begins later.
            InvalidRequest: it is not a day.
        """
        last = self._day(day, "day")
        if last < self.days[0]:
            raise NotFound(
                f"Nothing is known of {last}: the lake begins on {self.days[0]}.",
                advice="history.days lists the days.",
                field="day",
            )
        return self._past(self._store, self._known, last)

    def changed(
        self, table: str, since: DayLike = "1d", until: DayLike | None = None
    ) -> pd.DataFrame:
        """Return what came, went or changed in a table, column by column.

        Args:
            table: such as ``backups`` or ``vaults``.
            since: the day to compare with, or how long before the newest one: ``"7d"``.
            until: the later day; the newest if left out.

        Returns:
            The columns of ``cbr.schema("changed")``. A day without a sync counts as the newest
            one before it that has one. ``attrs["notes"]`` says where that is so, which projects
            were not known on the earlier day, or not read after it: whether anything changed in
            them is unknown. ``attrs["carried_over"]`` says of which projects resources were
            read before the later day, and when.

        Raises:
            InvalidRequest: there is no such table, a day is none, or ``until`` is before
                ``since``.
            NotFound: of no project there are two states to compare.
        """
        self._check_table(table)
        first = self._day(since, "since")
        last = self.days[-1] if until is None else self._day(until, "until")
        if last < first:
            raise InvalidRequest(
                f"until ({last}) is before since ({first}).",
                advice=f"Exchange them: since={last!r}, until={first!r}.",
                field="until",
            )
        before, after = self._known.at(table, first), self._known.at(table, last)
        known = comparability.known_twice(table, (first, before), (last, after))
        found = changes.changed(self._store, table, before, known)
        found.attrs.update(
            resource=CHANGED.name, filters={"table": table, "since": first, "until": last},
            asked_at=max(each.synced_at for each in self._known.at(table)), rows=len(found),
            carried_over=manifest.carried_over(after),
            notes=comparability.notes((first, before), (last, after)),
        )  # fmt: skip
        return found

    def changes_by_day(self, table: str, since: DayLike = "30d") -> pd.DataFrame:
        """Return how many rows of a table came, went and changed on each day.

        Args:
            table: such as ``backups`` or ``vaults``.
            since: the day to begin with, or how long before the newest one.

        Returns:
            The columns of ``cbr.schema("changes_by_day")``, in the order of the days. A day on
            which the table was not read has no row: its changes count on the next one that has.
            So they do for a project that was not read on a day: ``attrs["notes"]`` says where.
            A project counts from the day after its first.

        Raises:
            InvalidRequest: there is no such table, or the day is none.
        """
        self._check_table(table)
        first = self._day(since, "since")
        read = sorted({each.day for each in self._known if each.table == table})
        days = [day for day in read if day <= first][-1:] + [day for day in read if day > first]
        found = changes.changes_by_day(self._store, self._known, table, days)
        told = _told("changes_by_day", found, {"table": table, "since": first})
        told.attrs["notes"] = comparability.notes_by_day(self._known, table, days)
        return told

    def growth(self) -> pd.DataFrame:
        """Return how the use of each vault grew, by all days that are known.

        Returns:
            The columns of ``cbr.schema("growth")``, what is full first.
        """
        return _told("growth", growth.growth(self._store, self._known), {})

    def growth_by_day(self) -> pd.DataFrame:
        """Return size and use of each vault on each day that is known.

        Returns:
            The columns of ``cbr.schema("growth_by_day")``: by place, name and day.
        """
        return _told("growth_by_day", growth.growth_by_day(self._store, self._known), {})

    def _check_table(self, table: str) -> None:
        known = self._known.tables()
        if table not in known:
            raise InvalidRequest(
                f"The lake has no table {table!r}.",
                advice=f"{did_you_mean(table, known)}There are: {', '.join(known)}.",
                field="table",
            )

    def _day(self, day: DayLike, field: str) -> str:
        newest = datetime.fromisoformat(f"{self.days[-1]}T00:00:00+00:00")
        return f"{parse_time(day, newest, field):%Y-%m-%d}"

    def _facts(self) -> list[tuple[str, str]]:
        projects = {each.place for each in self._known}
        return [
            ("Lake", self._store.address),
            ("Days", f"{self.days[0]} to {self.days[-1]} ({len(self.days)})"),
            ("Projects", str(len(projects))),
            ("Tables", ", ".join(self._known.tables())),
        ]

    def __repr__(self) -> str:
        return "\n".join(["History", *(f"  {name}: {fact}" for name, fact in self._facts())])

    def _repr_html_(self) -> str:
        return facts_html("History", self._facts())


def _told(answer: str, frame: pd.DataFrame, filters: dict[str, str]) -> pd.DataFrame:
    """Return a table that says what it was asked for; it was asked of the lake, at no moment."""
    frame.attrs.update(resource=answer, filters=filters, rows=len(frame), asked_at="")
    return frame
