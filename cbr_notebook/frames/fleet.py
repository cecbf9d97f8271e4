"""What a fleet and its history tell: what failed where, and what changed."""

from __future__ import annotations

from cbr_notebook.frames.column import Column
from cbr_notebook.frames.schema import Schema

PLACE = ("profile", "region", "project")
"""The columns that a fleet puts in front of every table."""


def _text(name: str, description: str) -> Column:
    return Column(name, "text", name, description)


_WHERE = (
    _text("profile", "the profile that signs in"),
    _text("region", "the region; empty where none was reached"),
    _text("project", "the project; empty where none was reached"),
)

PROBLEMS = Schema(
    "problems",
    "a question that a project did not answer",
    (
        *_WHERE,
        _text("question", "what was asked"),
        _text("code", "the error code of the service, if it gave one"),
        _text("message", "what happened"),
        _text("advice", "what to do"),
        _text("request_id", "what to tell the operator of the cloud"),
    ),
)
"""One row a question without an answer."""

OVERVIEW = Schema(
    "overview",
    "a project, with what needs attention in it",
    (
        *_WHERE,
        Column("vaults", "integer", "vaults", "how many vaults there are"),
        Column("size_gb", "integer", "size_gb", "their size together", unit="GB"),
        Column("used_mb", "integer", "used_mb", "what is used of it", unit="MB"),
        Column("used_percent", "number", "used_percent", "the part that is used", unit="%"),
        Column("unprotected", "integer", "unprotected", "resources that are not protected"),
        Column("too_old", "integer", "too_old", "resources whose schedule left no new backup"),
        Column("failed", "integer", "failed", "tasks that failed in the last seven days"),
        Column("filling_up", "integer", "filling_up", "vaults that are filling up"),
        _text("unanswered", "what was asked and not answered; empty if all was"),
    ),
)
"""One row a project; a number that nobody knows is missing."""

SYNCED = Schema(
    "synced",
    "a table of a project that was synced, or could not be",
    (
        *_WHERE,
        _text("table", "the table"),
        Column("rows", "integer", "rows", "how many there are now"),
        _text("read", "all, what is new, or as of when it was carried over; empty where it failed"),
        Column("changed", "flag", "changed", "whether it is other than it was"),
        _text("code", "the error code of the service, if it failed and gave one"),
        _text("problem", "why it failed"),
        _text("advice", "what to do"),
        _text("request_id", "what to tell the operator of the cloud"),
    ),
)
"""One row a table of a project."""

RECORDS = Schema(
    "records",
    "a vault, policy or resource as the service tells it, whole",
    (
        _text("kind", "vault, policy, server, disk or turbo; session: where it was read"),
        _text("id", "its ID"),
        _text("document", "what the service said of it, as JSON"),
    ),
)
"""One row a record; a lake keeps them, to answer questions about the past."""

CHANGED = Schema(
    "changed",
    "a row that came, went, or has another value",
    (
        *_WHERE,
        _text("change", "added, gone or changed"),
        _text("id", "what the row is known by"),
        _text("name", "its name, if it has one"),
        _text("column", "the column that changed"),
        _text("before", "its value before, as text"),
        _text("after", "its value after, as text"),
    ),
)
"""One row a change."""

GROWTH = Schema(
    "growth",
    "a vault, with how its use grew",
    (
        *_WHERE,
        _text("id", "ID of the vault"),
        _text("name", "name of the vault"),
        Column("size_gb", "integer", "size_gb", "its size", unit="GB"),
        Column("used_mb", "integer", "used_mb", "what is used of it", unit="MB"),
        _text("first_day", "the first day that is known"),
        _text("last_day", "the last day that is known"),
        Column("days", "integer", "days", "days on which it was looked at"),
        Column(
            "growth_gb_month", "number", "growth_gb_month",
            "what its use grew by in 30 days, by a straight line through all days", unit="GB",
        ),
        Column(
            "full_at", "time", "full_at", "when it is full at that pace; missing if it never is"
        ),
    ),
)  # fmt: skip
"""One row a vault."""

GROWTH_BY_DAY = Schema(
    "growth_by_day",
    "a vault on a day",
    (
        *_WHERE,
        Column("day", "time", "day", "the day, at its beginning"),
        _text("id", "ID of the vault"),
        _text("name", "its name on that day"),
        Column("size_gb", "integer", "size_gb", "its size", unit="GB"),
        Column("used_mb", "integer", "used_mb", "what was used of it", unit="MB"),
    ),
)
"""One row a vault and day."""

CHANGES_BY_DAY = Schema(
    "changes_by_day",
    "a day, compared with the one before it in the lake",
    (
        Column("day", "time", "day", "the day, at its beginning"),
        _text("before", "the day that it is compared with"),
        Column("added", "integer", "added", "rows that came"),
        Column("gone", "integer", "gone", "rows that went"),
        Column("changed", "integer", "changed", "rows with another value than before"),
    ),
)
"""One row a day."""
