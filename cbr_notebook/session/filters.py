"""What is asked for: filters by their names, checked before anything is sent."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.text.arguments import whole
from cbr_notebook.text.timeparse import LONGEST


def reject_unknown(
    given: Mapping[str, Any], names: Sequence[str], table: str, what: str = "filter"
) -> None:
    """Check the names of filters.

    Raises:
        InvalidRequest: there is no such filter; says which one may have been meant.
    """
    for name in given:
        if name in names:
            continue
        close = difflib.get_close_matches(str(name), names, n=1)
        hint = f"Did you mean {close[0]}? " if close else ""
        raise InvalidRequest(
            f"{table} {'has' if table.startswith(('A ', 'An ')) else 'have'} no {what} {name!r}.",
            advice=f"{hint}There are: {', '.join(sorted(names))}.",
            field=name,
        )


def settings_of(operation: Any, *besides: str) -> tuple[str, ...]:
    """Return the names of an operation's parameters, apart from some."""
    parameters = inspect.signature(operation).parameters
    return tuple(name for name in parameters if name not in ("self", *besides))


def reject_conflicts(given: Mapping[str, Any], pairs: Mapping[str, Sequence[str]]) -> None:
    """Check that nothing is said twice in two ways.

    Args:
        given: filters with their values; ``None`` counts as not given.
        pairs: filters with those that say the same.

    Raises:
        InvalidRequest: two of them contradict each other.
    """
    for name, others in pairs.items():
        for other in others:
            if given.get(name) is not None and given.get(other) is not None:
                raise InvalidRequest(
                    f"{name} and {other} say the same thing twice.",
                    advice=f"Leave one of them out: {name} also takes IDs.",
                    field=name,
                )


def reject_reversed(start: str | None, end: str | None) -> None:
    """Check that a span of time has a beginning before its end.

    Raises:
        InvalidRequest: it has not.
    """
    if start is not None and end is not None and start > end:
        raise InvalidRequest(
            f"since ({start}) is later than until ({end}): nothing can lie between them.",
            advice="Exchange the two.",
            field="since",
        )


def check_limit(limit: Any, field: str = "limit") -> None:
    """Check a number of rows, by the name of the argument that gives it.

    Raises:
        InvalidRequest: it is no whole number from 1 on.
    """
    if limit is not None and (whole(limit) or 0) < 1:
        raise InvalidRequest(
            f"{field} must be at least 1, a whole number, not {limit!r}.",
            advice="Leave it out, or write a number such as 20.",
            field=field,
        )


def check_days(days: Any, most: int = LONGEST.days) -> None:
    """Check a number of days to look back or ahead.

    Raises:
        InvalidRequest: it is out of range.
    """
    if not 1 <= (whole(days) or 0) <= most:
        raise InvalidRequest(
            f"days must be 1 to {most}, a whole number, not {days!r}.",
            advice="Leave it out, or choose fewer.",
            field="days",
        )


def asked_for(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the filters that have a value."""
    return {name: value for name, value in asked.items() if value is not None}


def expand(asked: Mapping[str, Any], repeatable: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
    """Return the requests for filters with lists of values, where the service takes but one.

    Args:
        asked: filters; a list of values means any of them.
        repeatable: filters that the service itself takes several values of.
    """
    several = {
        name: _different(value, name)
        for name, value in asked.items()
        if isinstance(value, list | tuple | set) and name not in repeatable
    }
    for values in product(*several.values()):
        yield {**asked, **dict(zip(several, values, strict=True))}


def _different(values: Iterable[Any], field: str) -> list[Any]:
    """Return each value once, in the order of the first of its kind."""
    given = list(values)
    for each in given:
        if isinstance(each, list | tuple | set | Mapping):
            raise InvalidRequest(
                f"{field} lists {each!r}, which is no value.",
                advice=f"Give one value, or a list of values: {field}=[…].",
                field=field,
            )
    return list(dict.fromkeys(given))
