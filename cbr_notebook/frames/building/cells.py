"""Single values of a column that are not written as usual: read if it can be, else missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from cbr_notebook.api.http import lenient_reader
from cbr_notebook.frames.column import Column
from cbr_notebook.text.notes import tell

_WITH_YEAR = re.compile(r"\s*(?:\d{4}-\d\d?-\d\d?|\d{8}T|\d{8}$|[A-Z][a-z]{2}, \d\d? \w+ \d{4})")


def moment(value: Any) -> datetime | None:
    """Return a moment in UTC, without its zone and nanoseconds; ``None`` if it is none."""
    # pandas would fill in today's date, or a century, where a text leaves them out.
    if not isinstance(value, str) or not _WITH_YEAR.match(value):
        return None
    try:
        stamp = pd.Timestamp(value.strip().removesuffix("UTC").strip())
        if pd.isna(stamp):
            return None
        moment = stamp.floor("us").to_pydatetime()
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return None


def converted(column: Column, values: Sequence[Any]) -> list[Any]:
    """Return values as the column's kind has them; those that cannot be read are ``None``."""
    convert = _CONVERT[column.kind]
    found = []
    for value in values:
        try:
            cell = None if value is None else convert(value)
        except lenient_reader.Unreadable:
            cell = None
        found.append(None if cell is lenient_reader.MISSING else cell)
    return found


_CONVERT: dict[str, Callable[[Any], Any]] = {
    "text": lenient_reader.text,
    "category": lenient_reader.text,
    "integer": lenient_reader.integer,
    "number": lenient_reader.number,
    "flag": lenient_reader.flag,
}


def warn_of_lost(
    column: Column,
    values: Sequence[Any],
    missing: Sequence[int],
    names: Callable[[], Sequence[Any]],
) -> None:
    """Warn once of the values that could not be read, with column, row and value.

    Args:
        column: which one.
        values: as they came.
        missing: the places where the column has nothing now.
        names: returns how messages call the rows.
    """
    lost = [place for place in missing if values[place] not in (None, "")]
    if lost:
        others = f" ({len(lost)} such values)" if len(lost) > 1 else ""
        tell(
            f"{column.name}: {values[lost[0]]!r:.60} of {names()[lost[0]]} cannot be read, and is "
            f"missing{others}. The member is {column.source}; session.client gives it as it came.",
            stacklevel=2,
        )
