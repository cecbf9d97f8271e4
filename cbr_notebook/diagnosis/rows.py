"""One check: what was looked at, how it turned out, what was seen, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from cbr_notebook.errors import CBRError
from cbr_notebook.text.dtypes import TEXT

Outcome = Literal["ok", "warning", "failed", "unknown"]
COLUMNS = ("check", "outcome", "seen", "to_do")


@dataclass(frozen=True, slots=True)
class Row:
    """One check.

    Attributes:
        check: what was looked at.
        outcome: ``ok`` (looked at and right), ``warning`` (works, but look), ``failed``, or
            ``unknown`` (could not be looked at).
        seen: what was found.
        to_do: what to do about it; empty where nothing is.
    """

    check: str
    outcome: Outcome
    seen: str = ""
    to_do: str = ""


def from_error(check: str, problem: CBRError, outcome: Outcome = "failed") -> Row:
    """Return the row of a check that ended with an error."""
    code = f" ({problem.code})" if problem.code else ""
    return Row(check, outcome, f"{problem.message}{code}", problem.advice or "")


def as_table(rows: Sequence[Row]) -> pd.DataFrame:
    """Return rows as a table with the columns ``check``, ``outcome``, ``seen`` and ``to_do``."""
    return pd.DataFrame(
        {name: pd.Series([getattr(row, name) for row in rows], dtype=TEXT) for name in COLUMNS}
    )
