"""The fields of a form together: their values, what is wrong with them, what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.forms.kit.field import MISSING, Field


class Inputs:
    """The fields of a form, in the order of reading."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self.fields = {field.name: field for field in fields}
        """By name."""
        self.refused: dict[str, str] = {}
        """What the service said of a value, by field, until the value changes."""

    def values(self) -> dict[str, Any]:
        """Return what is filled in, by field."""
        return {name: field.value for name, field in self.fields.items()}

    def typed(self) -> dict[str, Any]:
        """Return what somebody has filled in, by field."""
        return {name: field.value for name, field in self.fields.items() if field.touched}

    def problems(self) -> dict[str, str]:
        """Return what is wrong with each field by itself; a hidden field is not asked about."""
        return {
            name: problem
            for name, field in self.fields.items()
            if not field.hidden and (problem := field.check())
        }

    def missing(self) -> list[str]:
        """List the labels of the fields that have yet to be filled in."""
        return [
            each.label
            for each in self.fields.values()
            if not each.hidden and each.check() in MISSING
        ]

    def accept(self, values: Mapping[str, Any]) -> None:
        """Fill in values: a choice further up decides what is offered further down."""
        for name, field in self.fields.items():
            if name in values:
                field.accept(values[name])

    def show(self, problems: Mapping[str, str], *, attempted: bool) -> None:
        """Show what is wrong beside each field that was filled in, or that it was tried to send."""
        for name, field in self.fields.items():
            told = field.touched or attempted or name in self.refused
            field.problem = problems.get(name, "") if told else ""

    def refuse_unknown(self, names: Iterable[str]) -> None:
        """Refuse names that no field has.

        Raises:
            InvalidRequest: there are some.
        """
        unknown = set(names) - self.fields.keys()
        if unknown:
            raise InvalidRequest(
                f"This form has no field {', '.join(sorted(map(str, unknown)))}.",
                advice=f"It has: {', '.join(self.fields)}.",
            )

    def is_secret(self, name: str) -> bool:
        """Return whether a field holds a secret."""
        return name in self.fields and self.fields[name].kind == "secret"

    def lock(self, locked: bool) -> None:
        """Lock all fields, or unlock them."""
        for each in self.fields.values():
            each.disabled = locked

    def send_again(self) -> None:
        """Show the page what is filled in, in case it shows something else."""
        for each in self.fields.values():
            each.send_again()

    def close(self) -> None:
        """Remove all of them from the page."""
        for each in self.fields.values():
            each.close()
