"""The operations of the service, and the method of the client that asks for each.

They stand in ``operations.csv``: for the messages about permissions, the diagnosis, and tests.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    Attributes:
        id: the service's own name of it.
        call: the group and method of the client, such as ``vaults.create``.
        method: the HTTP method.
        path: with parameters in braces.
        success: the HTTP status of a good answer.
        section: the section of the reference.
        action: the permission that it needs, by its name in IAM's policies; ``None`` where no
            document names it.
    """

    id: str
    call: str
    method: str
    path: str
    success: int
    section: str
    action: str | None


def _read() -> Iterator[Operation]:
    text = resources.files(__package__).joinpath("operations.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        action = row.pop("action") or None
        yield Operation(success=int(row.pop("success")), action=action, **row)


OPERATIONS = tuple(_read())
"""All of them, in the order of the reference."""
