"""One column of a table: its name, dtype, unit and source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["text", "time", "integer", "number", "flag", "category", "mapping"]

_DTYPES = {
    "text": "str",
    "time": "datetime64[us, UTC]",
    "integer": "Int64",
    "number": "Float64",
    "flag": "boolean",
    "category": "category",
    "mapping": "object",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, what it holds, and where that comes from.

    Attributes:
        name: the service's member name, nested ones joined by ``_``.
        kind: decides the dtype.
        source: the member, nested ones joined by a dot.
        description: what it means.
        unit: of numbers.
        values: the documented values of a category; others survive.
        read: instead of ``source``: how to get the value from a record.
    """

    name: str
    kind: Kind
    source: str
    description: str
    unit: str = ""
    values: tuple[str, ...] = ()
    read: Callable[[Any], Any] | None = None

    @property
    def dtype(self) -> str:
        """The dtype, as pandas writes it."""
        return _DTYPES[self.kind]
