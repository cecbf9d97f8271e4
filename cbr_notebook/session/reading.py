"""From a question to a DataFrame: requests by page, one table, and what was asked beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any

import pandas as pd

from cbr_notebook.api.pager import LARGEST_PAGE, read_all
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.frames.schema import Schema
from cbr_notebook.session import filters
from cbr_notebook.session.context import Context
from cbr_notebook.session.moments import Moment, moment, wire
from cbr_notebook.session.waiting import Task

Ask = Callable[[Mapping[str, Any], int, int], tuple[Sequence[Any], int | None]]
"""Given filters, offset and limit: the rows of a page, and how many there are in all."""

_WORKERS = 8


class Reading(Context):
    """How lists become tables."""

    def _read(
        self,
        schema: Schema,
        asked: Mapping[str, Any],
        ask: Ask,
        *,
        limit: int | None,
        repeatable: Sequence[str] = (),
        page_size: int = LARGEST_PAGE,
    ) -> pd.DataFrame:
        """Read a list page by page; filters with several values are asked one by one."""
        _check_limit(limit)
        before = self.client.transport.requests
        builder = schema.builder()
        requests = list(filters.variants(asked, repeatable))
        for each in requests:
            read_all(
                partial(ask, each),
                builder.add,
                limit=limit,
                page_size=page_size,
                # A simulated cloud answers in this very process: threads would gain nothing.
                workers=1 if self.simulated else _WORKERS,
            )
        frame = builder.frame()
        if len(requests) > 1:
            frame = _merged(frame, limit)
        return self._signed(schema, frame, asked, before)

    def _table(
        self, schema: Schema, rows: Iterable[Any], asked: Mapping[str, Any], limit: int | None
    ) -> pd.DataFrame:
        """Turn records into a DataFrame that says what was asked."""
        _check_limit(limit)
        before = self.client.transport.requests
        return self._signed(schema, schema.frame(list(islice(rows, limit))), asked, before)

    def _signed(
        self, schema: Schema, frame: pd.DataFrame, asked: Mapping[str, Any], before: int
    ) -> pd.DataFrame:
        frame.attrs = {
            "resource": schema.name,
            "region": self.identity.region,
            "project_id": self.identity.project_id,
            "filters": {key: value for key, value in asked.items() if value is not None},
            "asked_at": self.now.isoformat(timespec="seconds"),
            "requests": max(1, self.client.transport.requests - before),
        }
        return frame

    def _span(self, since: Moment | None, until: Moment | None) -> dict[str, str | None]:
        """Give a span of time as the service's filters.

        Raises:
            InvalidRequest: one is not a time, or they are in the wrong order.
        """
        start, end = self._wire(since, "since"), self._wire(until, "until")
        filters.in_order(start, end)
        return {"start_time": start, "end_time": end}

    def _wire(self, value: Moment | None, field: str) -> str | None:
        return None if value is None else wire(moment(value, self.now, field))

    def _task(self, what: str, find: Any, *, expected: int = 1, result: Any = None) -> Task:
        return Task(
            what,
            find,
            sleep=self._sleep,
            clock=self._clock,
            watcher=self._watcher,
            expected=expected,
            result=result,
        )


def _check_limit(limit: int | None) -> None:
    if limit is not None and (isinstance(limit, bool) or limit < 1):
        raise InvalidRequest(
            f"limit must be at least 1, not {limit}.",
            advice="Leave it out to get all rows.",
            field="limit",
        )


def _merged(frame: pd.DataFrame, limit: int | None) -> pd.DataFrame:
    """Put the answers to several requests together: each row once, newest first."""
    frame = frame.drop_duplicates("id")
    if "created_at" in frame.columns:
        frame = frame.sort_values("created_at", ascending=False, kind="stable")
    return frame.head(len(frame) if limit is None else limit).reset_index(drop=True)


def sorted_by(frame: pd.DataFrame, sort: str) -> pd.DataFrame:
    """Sort a table as the service would: ``created_at:asc,name:desc``; ties by ID."""
    keys = [part.strip().partition(":") for part in sort.split(",")]
    names = [name for name, _, _ in keys]
    rising = [direction == "asc" for _, _, direction in keys]
    if "id" not in names:
        names, rising = [*names, "id"], [*rising, rising[-1]]
    by_value = frame.assign(
        **{name: frame[name].astype("str") for name in names if frame[name].dtype == "category"}
    )
    return frame.loc[by_value.sort_values(names, ascending=rising).index].reset_index(drop=True)
