"""A step of the restore form: its fields and panels, and what they have to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from cbr_notebook.forms.kit.field import Field
from cbr_notebook.forms.kit.form import Form

if TYPE_CHECKING:
    from cbr_notebook.runbook.guided_session import GuidedSession

SERVER, BACKUP, CHECK, CONFIRM, WATCH = range(5)
"""The steps, by their number."""


class Step:
    """One step; it gets the steps that it depends on by its constructor."""

    title = ""

    def __init__(self, form: Form) -> None:
        self.form = form

    @property
    def session(self) -> GuidedSession:
        """What the form works on."""
        return self.form.session

    def build(self) -> Sequence[Field]:
        """Create the fields, in the order of reading."""
        return ()

    def widgets(self) -> Sequence[widgets.Widget]:
        """List what is shown while somebody is at this step."""
        raise AssertionError("a step shows something")

    def load(self) -> None:
        """Ask for what the fields offer; runs beside the main thread."""

    def changed(self, field: Field) -> None:
        """Follow a field that has changed, of whichever step."""

    def draw(self) -> None:
        """Show the present state."""

    def problems(self, found: dict[str, str]) -> dict[str, str]:
        """Return what is wrong, by field; may say more or less than what was found."""
        return found

    def check(self, value: Mapping[str, Any]) -> dict[str, str]:
        """Return by field what does not fit; asked once every field is right by itself."""
        return {}

    def may_leave(self) -> bool:
        """Return whether somebody may go on to the next step; what is missing is said here."""
        return True

    def chosen(self) -> str:
        """Return what the rail says of this step; empty: its title."""
        return ""

    def handle(self, act: str, of: str) -> bool:
        """Handle a button of one of the panels; return whether it is one of this step's."""
        return False

    def clear(self) -> None:
        """Begin anew, with another restore."""

    def filled_in(self, *names: str) -> bool:
        """Return whether fields are right; what is wrong is shown beside them from now on."""
        for name in names:
            field = self.form.fields[name]
            field.touched = True
            if field.check():
                self.form.show()
                return False
        return True
