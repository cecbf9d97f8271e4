"""A table to choose a row from: sorted, searched and picked on the page, also with keys."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import traitlets
from itables.widget import ITable

from cbr_notebook.forms.kit.widget import Box, Part

_ROWS = 10
_SELECT: Any = {"style": "single", "keys": True}
_WORDS = {
    "emptyTable": "There is none.",
    "zeroRecords": "Nothing matches the search.",
    "info": "_START_ to _END_ of _TOTAL_",
    "infoEmpty": "",
    "infoFiltered": "(filtered from _MAX_)",
}


class _Names(Part):
    """Adds a name and IDs of its own to the table beside it, and marks the row that is chosen."""

    part = traitlets.Unicode("names").tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)


class Table(Box):
    """Shows a table and calls ``on_pick`` for the row that somebody picks; quick with thousands."""

    def __init__(self, caption: str) -> None:
        self.on_pick: Callable[[str | None], None] = lambda _: None
        self._names = _Names(label=caption)
        self._ids: list[str] = []
        self._grid: ITable | None = None
        self._marked: str | None = None
        self._lock = threading.RLock()
        super().__init__(look="cbr-table")

    def show(self, rows: pd.DataFrame, ids: Sequence[str]) -> None:
        """Show rows.

        Args:
            rows: what people read; the columns' names as they stand.
            ids: of each row, what ``on_pick`` is called with.
        """
        grid = ITable(
            rows,
            language=_WORDS,
            select=_SELECT,
            showIndex=False,
            maxBytes=0,
            pageLength=_ROWS,
            layout={"topStart": None, "topEnd": "search", "bottomStart": "info",
                    "bottomEnd": "paging"},
            classes="display compact",
            style="width:100%;table-layout:auto",
        )  # fmt: skip
        listed = list(ids)
        grid.observe(lambda change: self._picked(listed, change["new"]), "selected_rows")
        with self._lock:
            before, self._grid = self._grid, grid
            self._ids, self._marked = listed, None
        self.children = (grid, self._names)
        if before is not None:
            before.close()

    def mark(self, row_id: str | None) -> None:
        """Show which row is chosen."""
        with self._lock:
            self._marked = row_id if row_id in self._ids else None
            chosen = [self._ids.index(self._marked)] if self._marked is not None else []
            if self._grid is not None and list(self._grid.selected_rows) != chosen:
                self._grid.selected_rows = chosen

    def _picked(self, ids: Sequence[str], places: Sequence[int]) -> None:
        """Handle that a row of a grid with these ids is chosen now, unless it was marked here."""
        row_id = ids[places[0]] if places else None
        with self._lock:
            if row_id == self._marked:
                return
            self._marked = row_id
        self.on_pick(row_id)
