"""What people give in place of an ID: a name, a record, a row or a selection."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Protocol, TypeVar

import pandas as pd

from cbr_notebook.errors import InvalidRequest, NotFound

T = TypeVar("T")

ResourceRef = Any
"""An ID, a name, a record, a DataFrame row, or a one-column selection."""

_UUID = re.compile(r"^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$")


def is_id(value: str) -> bool:
    """Return whether a text is an ID of the service."""
    return bool(_UUID.match(value))


def _column(value: pd.DataFrame, what: str) -> str:
    """Return the name of the column that names things of a kind."""
    for name in ("id", f"{what}_id"):
        if name in value.columns:
            return name
    if len(value.columns) == 1:
        return str(value.columns[0])
    raise InvalidRequest(
        f"This table does not say which {what} is meant: it has no column id.",
        advice='Select one column: table[["name"]], or keep the column id.',
    )


def ids_or_names(value: ResourceRef, what: str) -> list[str]:
    """Return the IDs or names that a value stands for.

    Args:
        value: an ID, a name, a record, a row, a selection, or several of them.
        what: the word for such a thing: a row without an ID of its own, such as one of
            ``changed_data``, names it in the column ``backup_id``.

    Raises:
        InvalidRequest: the value stands for nothing that could be named.
    """
    if isinstance(value, str):
        return [value]
    if isinstance(value, pd.DataFrame):
        return [str(each) for each in value[_column(value, what)]]
    if isinstance(value, pd.Series | Mapping):
        for name in ("id", f"{what}_id"):
            if name in value:
                return [str(value[name])]
        if isinstance(value, pd.Series):
            return [str(each) for each in value]
    identifier = getattr(value, "id", None)
    if isinstance(identifier, str):
        return [identifier]
    if isinstance(value, Iterable) and not isinstance(value, Mapping | bytes):
        return [text for each in value for text in ids_or_names(each, what)]
    raise InvalidRequest(
        f"{type(value).__name__} does not say which {what} is meant.",
        advice="Give an ID, a name, a record, or rows of a table.",
    )


def one_id_or_name(value: ResourceRef, what: str) -> str:
    """Return the one ID or name that a value stands for.

    Raises:
        InvalidRequest: it stands for none, or for several.
    """
    found = ids_or_names(value, what)
    if len(found) != 1:
        raise InvalidRequest(
            f"One {what} is meant, but {len(found)} are given.", advice="Select one row."
        )
    return found[0]


def choose(wanted: str, candidates: Sequence[T], what: str, name: Callable[[T], str | None]) -> T:
    """Return the one candidate of an ID or name.

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
    raise unknown_name(wanted, [str(name(each)) for each in candidates], what)


def unknown_name(wanted: str, known: Iterable[str], what: str) -> NotFound:
    """Return the error that there is no such thing, with near names first."""
    names = sorted(set(known))
    lower = {each.lower(): each for each in reversed(names)}
    near = [lower[each] for each in get_close_matches(wanted.lower(), lower, n=3)]
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    shown = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
    return NotFound(
        f"There is no {what} {wanted!r} in this project.",
        advice=f"{hint}There are: {shown or 'none'}.",
    )


def by_id_or_name(
    wanted: str,
    show: Callable[[str], T],
    candidates: Callable[[], Sequence[T]],
    what: str,
    name: Callable[[T], str | None],
) -> T:
    """Return the one thing of an ID or name, asking for it alone where it may be an ID.

    Args:
        wanted: the ID or name; a name may look like an ID.
        show: asks for the thing of an ID.
        candidates: asks for all that there are.
        what: the word for such a thing, for the error.
        name: gives the name of one.

    Raises:
        NotFound: there is none.
        InvalidRequest: the name fits several; the message lists them with their IDs.
    """
    if not is_id(wanted):
        return choose(wanted, candidates(), what, name)
    try:
        return show(wanted)
    except NotFound:
        named = [each for each in candidates() if name(each) == wanted]
        if not named:
            raise
    return choose(wanted, named, what, name)


class _Known(Protocol):
    """A record that has an ID, and most often a name."""

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str | None: ...


def display_name(record: _Known) -> str:
    """Return what a record is called: its ID if it has no name, so that a name can be typed."""
    return record.name or record.id
