"""From requests to a DataFrame: pages, one table, and what was asked beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, TypeVar

import pandas as pd

from cbr_notebook.api.http.decoding import without_sources
from cbr_notebook.api.paging.pager import LARGEST_PAGE, read_all
from cbr_notebook.errors import CBRError
from cbr_notebook.frames.building.builder import Builder
from cbr_notebook.frames.schema import Schema
from cbr_notebook.session import filters, seen_names
from cbr_notebook.session.context import Context
from cbr_notebook.session.permission_gaps import those_permitted
from cbr_notebook.text.dtypes import TEXT
from cbr_notebook.text.timeparse import TimeLike, parse_time, to_api_time

Answer = tuple[Sequence[Any], int | None]
"""The rows of a page, and how many there are in all."""
Ask = Callable[[Mapping[str, Any], int, int], Answer]
"""Given filters, offset and limit: a page."""

T = TypeVar("T")
_WORKERS = 8
_KINDS = ("kind",)
"""What says which list is meant, not which of its rows."""


def read_list(
    session: Context,
    schema: Schema,
    asked: Mapping[str, Any],
    ask: Ask,
    *,
    limit: int | None,
    repeatable: Sequence[str] = (),
    page_size: int = LARGEST_PAGE,
    keep: Callable[[Any], bool] | None = None,
    kinds: Sequence[str] = _KINDS,
) -> pd.DataFrame:
    """Read a list page by page; filters with several values are asked one by one.

    ``keep`` says of each row whether it belongs to the answer, where the service has no filter.
    ``kinds`` names what says which list is meant: no filter, and always asked for.
    Of an answer without rows it is noted how many there are without the filters.
    """
    filters.check_limit(limit)
    before = session.client.transport.requests
    builder, looked_at = schema.builder(), _Count()
    requests = list(filters.expand(asked, repeatable))

    def read(each: Mapping[str, Any]) -> None:
        read_all(
            without_sources(partial(ask, each)),
            builder.add if keep is None else partial(_add_some, builder, keep, looked_at),
            limit=limit if keep is None else None,
            page_size=page_size,
            # A simulated cloud answers in this very process: threads would gain nothing.
            workers=1 if session.simulated else _WORKERS,
        )

    lists: dict[str, list[Mapping[str, Any]]] = {}
    for each in requests:
        which = ", ".join(str(each[kind]) for kind in kinds if kind in each)
        lists.setdefault(which, []).append(each)
    name = schema.name.capitalize()
    those_permitted(
        {f"{name} ({which})": partial(_each_of, read, some) for which, some in lists.items()}
    )
    frame = builder.frame()
    if len(requests) > 1:
        frame = _merged(frame)
    frame = frame if limit is None else frame.head(limit)
    others = None
    if frame.empty:
        given = filters.asked_for(asked).keys() - {*kinds, "sort"}
        always = {key: value for key, value in asked.items() if key in kinds}
        others = _count(always, ask) if given else looked_at.rows or None
    frame = describe(session, schema, frame, asked, before)
    if others is not None:
        frame.attrs["without_filters"] = others
    return frame


def _each_of(do: Callable[[T], None], several: Iterable[T]) -> None:
    for each in several:
        do(each)


def _count(always: Mapping[str, Any], ask: Ask) -> int | None:
    """Return how many rows a list has without filters; ``None`` if it does not tell.

    One request for one row.
    """
    try:
        counts = [without_sources(ask)(each, 0, 1)[1] for each in filters.expand(always)]
    except CBRError:
        return None
    return sum(each for each in counts if each is not None) if None not in counts else None


def make_table(
    session: Context,
    schema: Schema,
    rows: Iterable[Any],
    asked: Mapping[str, Any],
    limit: int | None,
) -> pd.DataFrame:
    """Turn records into a DataFrame that says what was asked."""
    filters.check_limit(limit)
    before = session.client.transport.requests
    return describe(session, schema, schema.frame(list(islice(rows, limit))), asked, before)


def describe(
    session: Context, schema: Schema, frame: pd.DataFrame, asked: Mapping[str, Any], before: int
) -> pd.DataFrame:
    """Note beside a table what was asked, of whom and when, and return it."""
    frame.attrs = {
        "resource": schema.name,
        "region": session.identity.region,
        "project_id": session.identity.project_id,
        "filters": filters.asked_for(asked),
        "asked_at": session.now.isoformat(timespec="seconds"),
        "rows": len(frame),
        "requests": max(1, session.client.transport.requests - before),
    }
    seen_names.note(session, schema.name, frame)
    return frame


def time_range(
    session: Context, since: TimeLike | None, until: TimeLike | None
) -> dict[str, str | None]:
    """Return a span of time as the service's filters.

    Raises:
        InvalidRequest: one is not a time, or they are in the wrong order.
    """
    start, end = _filter_time(session, since, "since"), _filter_time(session, until, "until")
    filters.reject_reversed(start, end)
    return {"start_time": start, "end_time": end}


def _filter_time(session: Context, value: TimeLike | None, field: str) -> str | None:
    """Return a time as the service's filters write it."""
    return None if value is None else to_api_time(parse_time(value, session.now, field))


@dataclass(slots=True)
class _Count:
    """How many rows were looked at, of which some were kept."""

    rows: int = 0


def _add_some(
    builder: Builder, keep: Callable[[Any], bool], looked_at: _Count, rows: Sequence[Any]
) -> None:
    looked_at.rows += len(rows)
    builder.add([row for row in rows if keep(row)])


def _merged(frame: pd.DataFrame) -> pd.DataFrame:
    """Put the answers to several requests together: each row once, newest first."""
    frame = frame.drop_duplicates("id")
    if "created_at" in frame.columns:
        frame = frame.sort_values("created_at", ascending=False, kind="stable")
    return frame.reset_index(drop=True)


def sorted_by(frame: pd.DataFrame, sort: str) -> pd.DataFrame:
    """Sort a table as the service would: ``created_at:asc,name:desc``; ties by ID."""
    keys = [part.strip().partition(":") for part in sort.split(",")]
    names = [name for name, _, _ in keys]
    rising = [direction == "asc" for _, _, direction in keys]
    if "id" not in names:
        names, rising = [*names, "id"], [*rising, rising[-1]]
    by_value = frame.assign(
        **{name: frame[name].astype(TEXT) for name in names if frame[name].dtype == "category"}
    )
    return frame.loc[by_value.sort_values(names, ascending=rising).index].reset_index(drop=True)
