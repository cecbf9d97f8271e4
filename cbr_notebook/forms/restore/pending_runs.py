"""Restores of before that have not ended: they are offered first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import ipywidgets as widgets

from cbr_notebook.forms.kit import field
from cbr_notebook.forms.kit.form import Form
from cbr_notebook.forms.restore import run_view
from cbr_notebook.runbook.journal import run_state

if TYPE_CHECKING:
    import pandas as pd


class PendingRuns:
    """Offers to go on with a restore; one that is not running yet only after its target's name."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._runs: pd.DataFrame | None = None
        """The restores that have not ended, by the ID of the run."""
        self._below = ("", "")
        """The ID of a run and the card about it, shown where trouble is told."""
        self._panel = form.panel("pending", live="status")
        form.panels.error.observe(lambda _: self._draw(), "html")
        self._name = field.text("again_name", "Name of what goes on", hidden=True)
        self.take_up: Callable[[str, str | None, str], None]
        """Goes on with a run: by its ID, what it does, and the name that was typed."""

    def widgets(self) -> Sequence[widgets.Widget]:
        """List the panel, and the field for the name."""
        return self._panel, self._name

    def show(self) -> None:
        """Offer the restores that have not ended."""
        found = self._form.session.restores()
        result = self._form.result
        mine = result.run_id if result is not None else None
        found = found[found["state"].isin(run_state.UNFINISHED) & (found["run_id"] != mine)]
        self._runs = found.set_index("run_id", drop=False)
        self._draw()

    def tell_below(self, run_id: str, card: str) -> None:
        """Show a card about a run where trouble is told, and the run nowhere else meanwhile."""
        self._below = (run_id, card)
        self._form.panels.error.html = card
        self._draw()

    def clear(self) -> None:
        """Offer nothing."""
        self._runs = None
        self._draw()

    def go_on(self, run_id: str, *, typed: str) -> None:
        """Resume a run, if its target's name stands in the field.

        Args:
            run_id: of the run.
            typed: the name that was typed to confirm this run just now; empty if it was not.
        """
        name, title = self._name.value.strip(), None
        if self._runs is not None and run_id in self._runs.index:
            row = self._runs.loc[run_id]
            title = f"Restore {row['target_name']} from {row['backup_name']}"
            name = name or typed
            names = (row["target_name"], row["target_id"])
            if row["state"] != run_state.RUNNING and name not in names:
                self._name.hidden = False
                self._name.problem = f"Type {row['target_name']} to go on with it."
                self._name.focus()
                return
        self._name.problem = ""
        self.take_up(run_id, title, name)

    def _draw(self) -> None:
        """Show the runs that no card below is about."""
        runs = [] if self._runs is None else self._runs.to_dict("records")
        run_id, card = self._below
        if self._form.panels.error.html == card:
            runs = [each for each in runs if each["run_id"] != run_id]
        self._panel.html = run_view.unfinished(runs)
        asks = any(each["state"] != run_state.RUNNING for each in runs)
        self._name.hidden = not asks
        self._name.required = asks
