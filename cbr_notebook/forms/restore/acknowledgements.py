"""The warnings that have to be accepted before anything is overwritten, each by itself."""

from __future__ import annotations

from typing import Any

from cbr_notebook.forms.kit.field import Field


class Acknowledgements(Field):
    """A tick for each warning; there is none for all of them together."""

    def __init__(self, name: str, label: str, **traits: Any) -> None:
        super().__init__(name, label, "choices", value=[], required=True, bulk=False, **traits)

    def check(self) -> str | None:
        """Return what is wrong by itself; whether all are accepted is the form's to say."""
        return self._check_chosen(self.value) if self.value else None
