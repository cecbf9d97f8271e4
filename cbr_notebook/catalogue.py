"""The documented error codes: what each means, and what a person can do about it.

The codes, their HTTP statuses and their messages are facts of the service; the advice is
ours. Entries of the gateway and newer codes of the service, which its reference does not
list, are marked.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One error code.

    Attributes:
        code: as on the wire, such as ``BackupService.6105``.
        http_status: the HTTP status that comes with it.
        message: the service's documented message.
        kind: the name of the exception in :mod:`cbr_notebook.errors`.
        advice: what it means for you, what to check, and which helper shows it.
        documented: whether the reference's table lists it.
    """

    code: str
    http_status: int
    message: str
    kind: str
    advice: str
    documented: bool


@cache
def _all() -> dict[str, CatalogueEntry]:
    text = resources.files("cbr_notebook").joinpath("catalogue.csv").read_text(encoding="utf-8")
    return {
        row["code"]: CatalogueEntry(
            row["code"],
            int(row["http_status"]),
            row["message"],
            row["kind"],
            row["advice"],
            row["documented"] == "yes",
        )
        for row in csv.DictReader(text.splitlines())
    }


def lookup(code: str) -> CatalogueEntry | None:
    """Return what is known about a code, or ``None``.

    Args:
        code: as on the wire; the bare number of a code of the service will do.
    """
    return _all().get(code) or _all().get(f"BackupService.{code}")


def entries(*, documented_only: bool = True) -> tuple[CatalogueEntry, ...]:
    """Return all codes, in the order of their numbers.

    Args:
        documented_only: leave out what the reference's table does not list.
    """
    return tuple(
        entry for _, entry in sorted(_all().items()) if entry.documented or not documented_only
    )
