"""Which rows a list shows: conditions of SQL that grow filter by filter."""

from __future__ import annotations

from collections.abc import Sequence

from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.core.state import R, type_of_cell
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.request_context import Page, Query


class Conditions:
    """Terms that a row fulfils, all of them, with their values."""

    def __init__(self, term: str, *values: type_of_cell) -> None:
        """Begin with one term."""
        self._terms = [term]
        self.values = [*values]

    @property
    def text(self) -> str:
        """All terms as one."""
        return " AND ".join(self._terms)

    def add(self, term: str, *values: type_of_cell) -> None:
        """Add a term."""
        self._terms.append(term)
        self.values.extend(values)

    def add_equal(self, **columns: type_of_cell) -> None:
        """Add that columns have these values; one of ``None`` may have any."""
        for column, value in columns.items():
            if value is not None:
                self.add(f"{column} = ?", value)

    def add_among(self, term: str, values: Sequence[str]) -> None:
        """Add a term whose ``{}`` takes one mark for each value, if there are any."""
        if values:
            self.add(term.format(", ".join("?" * len(values))), *values)

    def add_enterprise_project(self, query: Query) -> None:
        """Add that a row is of the enterprise project that a request names, if it names one."""
        wanted = query.text("enterprise_project_id")
        self.add_equal(enterprise_project_id=None if wanted == "all_granted_eps" else wanted)

    def add_times(self, query: Query) -> None:
        """Add that a row was created in the time that a request names; 9900 when it is no time."""
        for name, comparison in (("start_time", ">="), ("end_time", "<=")):
            if text := query.text(name):
                try:
                    self.add(f"created_at {comparison} ?", clock.parse_time(text))
                except ValueError:
                    raise ApiError("9900") from None

    def count(self, engine: Engine, table: str) -> int:
        """Count the rows of a table."""
        return engine.state.number(f"SELECT count(*) FROM {table} WHERE {self.text}", *self.values)

    def rows(
        self, engine: Engine, kind: type[R], table: str, order: str, page: Page | None = None
    ) -> list[R]:
        """Return the rows of a table in an order, all of them or those of a page."""
        sql = f"SELECT * FROM {table} WHERE {self.text} ORDER BY {order}"
        if page is None:
            return engine.state.all_of(kind, sql, *self.values)
        paged = f"{sql} LIMIT ? OFFSET ?"
        return engine.state.all_of(kind, paged, *self.values, page.limit, page.offset)
