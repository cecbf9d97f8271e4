"""A table to choose a row from: sorted, searched and picked on the page, also with keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets as widgets
import pandas as pd
import traitlets
from itables.widget import ITable

_ROWS = 10
_SELECT: Any = {"style": "single", "keys": True}
_WORDS = {
    "emptyTable": "There is none.",
    "zeroRecords": "Nothing matches the search.",
    "info": "_START_ to _END_ of _TOTAL_",
    "infoEmpty": "",
    "infoFiltered": "(filtered from _MAX_)",
}


class _Names(anywidget.AnyWidget):
    """Gives the table beside it a name, ids of its own, and marks the row that is chosen."""

    _esm = (Path(__file__).parent / "table.js").read_text(encoding="utf-8")
    label = traitlets.Unicode().tag(sync=True)


class Table(widgets.Box):
    """Shows a table and hears which row somebody picks; thousands of rows stay quick."""

    def __init__(self, caption: str) -> None:
        self.on_pick: Callable[[str | None], None] = lambda _: None
        self._names = _Names(label=caption)
        self._ids: list[str] = []
        self._grid: ITable | None = None
        self._silent = False
        super().__init__()
        self.add_class("cbr-table")

    def show(self, rows: pd.DataFrame, ids: Sequence[str]) -> None:
        """Show rows.

        Args:
            rows: what people read; the columns' names as they stand.
            ids: of each row, what ``on_pick`` hears.
        """
        self._ids = list(ids)
        if self._grid is not None:
            self._grid.close()
        self._grid = ITable(
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
        self._grid.observe(self._picked, "selected_rows")
        self.children = (self._grid, self._names)

    def mark(self, row_id: str | None) -> None:
        """Show which row is chosen."""
        chosen = [self._ids.index(row_id)] if row_id in self._ids else []
        if self._grid is not None and list(self._grid.selected_rows) != chosen:
            self._silent = True
            self._grid.selected_rows = chosen
            self._silent = False

    def _picked(self, change: dict[str, list[int]]) -> None:
        if not self._silent:
            places = change["new"]
            self.on_pick(self._ids[places[0]] if places else None)
