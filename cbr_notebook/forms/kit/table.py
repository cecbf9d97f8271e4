"""A table to choose a row from: sorted, searched and picked on the page, also with keys."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import traitlets
from itables.widget import ITable

from cbr_notebook.forms.kit.widget import Box, WidgetModel

_ROWS = 10
_WORDS = {
    "emptyTable": "There is none.",
    "zeroRecords": "Nothing matches the search.",
    "info": "_START_ to _END_ of _TOTAL_",
    "infoEmpty": "",
    "infoFiltered": "(filtered from _MAX_)",
}
_LOOK: Any = {
    "language": _WORDS,
    "select": {"style": "single", "keys": True},
    "showIndex": False,
    "maxBytes": 0,
    "pageLength": _ROWS,
    "layout": {"topStart": None, "topEnd": "search", "bottomStart": "info",
               "bottomEnd": "paging"},
    "classes": "display compact",
    "style": "width:100%;table-layout:auto",
}  # fmt: skip


class _Names(WidgetModel):
    """Adds a name and IDs of its own to the table beside it, and marks the row that is chosen."""

    part = traitlets.Unicode("names").tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)


class Table(Box):
    """Shows a table and calls ``on_pick`` for the row that somebody picks; quick with thousands.

    It has two grids, shown in turn, each with the IDs of its rows: a click that comes when they
    were replaced means the row that was seen. Both are made at once, since marimo does not draw
    what another thread than a cell's has made. Where no cell runs, as after a click, marimo makes
    none: then it is not ``drawn``, and its rows have to be shown otherwise.
    """

    def __init__(self, caption: str) -> None:
        self.on_pick: Callable[[str | None], None] = lambda _: None
        self._names = _Names(label=caption)
        self._marked: str | None = None
        self._lock = threading.RLock()
        try:
            grids = [ITable(pd.DataFrame(), **_LOOK) for _ in range(2)]
        except AssertionError:  # marimo's, for a widget with a script
            grids = []
        self.drawn = bool(grids)
        """Whether a page can draw it."""
        self._ids: dict[ITable, list[str]] = {each: [] for each in grids}
        if self.drawn:
            self._grid, self._hidden = grids
        for each in grids:
            each.observe(self._picked, "selected_rows")
        super().__init__(look="cbr-table")

    def show(self, rows: pd.DataFrame, ids: Sequence[str]) -> None:
        """Show rows.

        Args:
            rows: what people read; the columns' names as they stand.
            ids: of each row, what ``on_pick`` is called with.
        """
        if not self.drawn:
            return
        with self._lock:
            self._hidden.update(rows, selected_rows=[], **_LOOK)
            self._grid, self._hidden = self._hidden, self._grid
            self._ids[self._grid], self._marked = list(ids), None
            self.children = (self._grid, self._names)

    def mark(self, row_id: str | None) -> None:
        """Show which row is chosen."""
        if not self.drawn:
            return
        with self._lock:
            ids = self._ids[self._grid]
            self._marked = row_id if row_id in ids else None
            chosen = [ids.index(self._marked)] if self._marked is not None else []
            if list(self._grid.selected_rows) != chosen:
                self._grid.selected_rows = chosen

    def close(self) -> None:
        """Close both grids, too."""
        for each in self._ids:
            each.close()
        super().close()

    def _picked(self, change: Any) -> None:
        """Handle that a row of a grid is chosen now, or none of the one that is shown."""
        grid, places = change["owner"], change["new"]
        with self._lock:
            row_id = self._ids[grid][places[0]] if places else None
            if row_id == self._marked or (grid is self._hidden and row_id is None):
                return  # marked here, or made empty for other rows
            self._marked = row_id
        self.on_pick(row_id)
