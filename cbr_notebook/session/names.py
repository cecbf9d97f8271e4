"""What people give in place of an ID: a name, a record, a row or a selection."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeVar

import pandas as pd

from cbr_notebook.errors import InvalidRequest, NotFound

T = TypeVar("T")

Named = Any
"""An ID, a name, a record, a DataFrame row, or a one-column selection."""

_UUID = re.compile(r"^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$")


def is_id(value: str) -> bool:
    """Say whether a text is an ID of the service."""
    return bool(_UUID.match(value))


def _from_frame(value: pd.DataFrame) -> list[str]:
    if "id" in value.columns:
        return [str(each) for each in value["id"]]
    if len(value.columns) == 1:
        return [str(each) for each in value.iloc[:, 0]]
    raise InvalidRequest(
        "This table does not say what is meant: it has no column id.",
        advice='Select one column: table[["name"]], or keep the column id.',
    )


def texts(value: Named) -> list[str]:
    """Give the IDs or names that a value stands for.

    Raises:
        InvalidRequest: the value stands for nothing that could be named.
    """
    if isinstance(value, str):
        return [value]
    if isinstance(value, pd.DataFrame):
        return _from_frame(value)
    if isinstance(value, pd.Series):
        if "id" in value.index:
            return [str(value["id"])]
        return [str(each) for each in value]
    identifier = getattr(value, "id", None)
    if isinstance(identifier, str):
        return [identifier]
    if isinstance(value, Iterable):
        return [text for each in value for text in texts(each)]
    raise InvalidRequest(
        f"{type(value).__name__} does not say what is meant.",
        advice="Give an ID, a name, a record, or rows of a table.",
    )


def one_text(value: Named, what: str) -> str:
    """Give the one ID or name that a value stands for.

    Raises:
        InvalidRequest: it stands for none, or for several.
    """
    found = texts(value)
    if len(found) != 1:
        raise InvalidRequest(
            f"One {what} is meant, but {len(found)} are given.", advice="Select one row."
        )
    return found[0]


def choose(wanted: str, candidates: Sequence[T], what: str, name: Callable[[T], str | None]) -> T:
    """Give the one candidate of an ID or name.

    Args:
        wanted: the ID or name.
        candidates: records with an ``id``.
        what: the word for such a thing, for the error.
        name: gives a candidate's name.

    Raises:
        NotFound: there is none; the message lists those that there are.
        InvalidRequest: the name fits several; the message lists them with their IDs.
    """
    by_id = [each for each in candidates if getattr(each, "id", None) == wanted]
    if by_id:
        return by_id[0]
    found = [each for each in candidates if name(each) == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join(str(getattr(each, "id", "")) for each in found)
        raise InvalidRequest(
            f"The name {wanted!r} fits {len(found)} {what}s.", advice=f"Give an ID: {listed}."
        )
    names = sorted({str(name(each)) for each in candidates})
    shown = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
    raise NotFound(
        f"There is no {what} {wanted!r} in this project.",
        advice=f"There are: {shown or 'none'}.",
    )


class _Known(Protocol):
    """A record that has an ID, and most often a name."""

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str | None: ...


def called(record: _Known) -> str:
    """Give what a record is called: its ID if it has no name, so that a name can be typed."""
    return record.name or record.id
