"""Documents that a service keeps as they are: orders, agents, and the like; each of a kind."""

from __future__ import annotations

from typing import NamedTuple

from cbr_notebook.simulator.core.state import State


class Record(NamedTuple):
    """A document with its key, and whose it is."""

    kind: str
    id: str
    owner: str
    """The ID of a project or an account."""
    created_at: int
    """In microseconds since 1970."""
    document: str
    """JSON."""


def find(state: State, kind: str, record_id: str, owner: str | None = None) -> Record | None:
    """Return a record, of one owner if that is named; ``None`` when there is none."""
    return state.one_of(
        Record,
        "SELECT * FROM record WHERE kind = ?1 AND id = ?2 AND owner = coalesce(?3, owner)",
        kind,
        record_id,
        owner,
    )


def of_owner(state: State, kind: str, owner: str) -> list[Record]:
    """Return all records of a kind that somebody owns, the oldest first, then by ID."""
    return state.all_of(
        Record,
        "SELECT * FROM record WHERE kind = ? AND owner = ? ORDER BY created_at, id",
        kind,
        owner,
    )


def put(state: State, record: Record) -> None:
    """Keep a record, in place of another of its kind and ID."""
    state.run("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?)", *record)


def change(state: State, kind: str, record_id: str, document: str) -> None:
    """Keep another document in a record."""
    state.run("UPDATE record SET document = ? WHERE kind = ? AND id = ?", document, kind, record_id)


def remove(state: State, kind: str, record_id: str) -> None:
    """Keep a record no longer."""
    state.run("DELETE FROM record WHERE kind = ? AND id = ?", kind, record_id)
