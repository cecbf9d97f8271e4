"""How a notebook shows what this package answers: three settings of this process.

``cbr.options.tables = "plain"`` leaves tables to pandas; nothing else changes.
"""

from __future__ import annotations

import operator
from typing import Any

from cbr_notebook.errors import InvalidRequest

_TABLES = ("styled", "plain")
_ERRORS = ("short", "whole")
_MOST_ROWS = 1000


class Options:
    """The settings; a value that is not known is refused.

    Attributes:
        tables: ``styled`` (names first, searched and sorted on the page) or ``plain`` (pandas).
        rows: rows of a styled table that are written into a page, from 1 to 1000.
        errors: ``short`` (two or three lines; ``%tb`` shows the rest) or ``whole``.
    """

    def __init__(self) -> None:
        self._tables = "styled"
        self._rows = 100
        self._errors = "short"

    @property
    def tables(self) -> str:
        """How a notebook shows a table."""
        return self._tables

    @tables.setter
    def tables(self, value: str) -> None:
        self._tables = _one_of("tables", value, _TABLES)

    @property
    def rows(self) -> int:
        """How many rows of a styled table are written into a page."""
        return self._rows

    @rows.setter
    def rows(self, value: int) -> None:
        self._rows = _number("rows", value, _MOST_ROWS)

    @property
    def errors(self) -> str:
        """How a notebook shows an error of this package."""
        return self._errors

    @errors.setter
    def errors(self, value: str) -> None:
        self._errors = _one_of("errors", value, _ERRORS)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set one; a name that is not known is refused."""
        if not name.startswith("_") and not hasattr(type(self), name):
            raise InvalidRequest(
                f"There is no setting {name!r}.",
                advice="There are: tables, rows, errors.",
                field=name,
            )
        object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return f"<Options tables={self.tables!r} rows={self.rows} errors={self.errors!r}>"


def _one_of(name: str, value: Any, known: tuple[str, ...]) -> str:
    if value not in known:
        raise InvalidRequest(
            f"{name} cannot be {value!r}.",
            advice=f"There are: {', '.join(known)}.",
            field=name,
        )
    return str(value)


def _number(name: str, value: Any, most: int) -> int:
    try:
        number = 0 if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = 0
    if not 1 <= number <= most:
        raise InvalidRequest(
            f"{name} must be a whole number from 1 to {most}, not {value!r}.", field=name
        )
    return number


options = Options()
"""The settings of this process."""
