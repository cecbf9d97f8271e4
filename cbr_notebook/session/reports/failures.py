"""Which tasks failed, why, and what helps."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cbr_notebook import catalogue, frames
from cbr_notebook.api.messages.statuses import NOT_DONE
from cbr_notebook.session.context import Context
from cbr_notebook.session.queries import lists
from cbr_notebook.session.tables import describe
from cbr_notebook.session.tag_filters import Tags
from cbr_notebook.text.dtypes import TEXT
from cbr_notebook.text.timeparse import (
    TimeLike,
)


def failures(
    session: Context,
    *,
    since: TimeLike = "30d",
    until: TimeLike | None = None,
    tags: Tags = None,
) -> pd.DataFrame:
    """Return the tasks that failed, timed out or were skipped, with cause and remedy.

    Args:
        since: not begun before this: a time, or ``7d``, ``12h``.
        until: not begun after this.
        tags: only resources with these tags, as in :meth:`resources`.

    Returns:
        The columns of ``cbr.schema("failures")``, newest first.

    Raises:
        InvalidRequest: a time, or ``tags``, cannot be read.

    API: Task, "Querying the Task List".

    Example:
        >>> failed = session.failures(since="7d")
        >>> sorted(set(failed["resource_name"])), sorted(set(failed["error_code"]))
        (['db-02'], ['BackupService.8300'])
    """
    before = session.client.transport.requests
    table = lists.tasks(session, status=NOT_DONE, since=since, until=until, tags=tags)
    return describe(session, frames.FAILURES, with_advice(table), table.attrs["filters"], before)


def with_advice(tasks: pd.DataFrame) -> pd.DataFrame:
    """Return those of some tasks that did not succeed, each with what to do."""
    table = tasks[tasks["status"].isin(NOT_DONE)].reset_index(drop=True)
    kept = [column.name for column in frames.FAILURES.columns if column.name != "advice"]
    advice = [_advice(code) for code in table["error_code"]]
    return table[kept].assign(advice=pd.Series(advice, dtype=TEXT, index=table.index))


def _advice(code: Any) -> str | None:
    entry = catalogue.lookup(code) if isinstance(code, str) and code else None
    return entry.advice if entry else None
