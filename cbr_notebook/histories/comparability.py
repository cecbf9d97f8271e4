"""Which projects two states let one compare, and what is to be said of the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cbr_notebook.errors import NotFound
from cbr_notebook.histories.manifest import Entry, Manifest

State = tuple[str, list[Entry]]
"""A day, and the newest entries of a table up to it."""
_SHOWN = 5


def known_twice(table: str, before: State, after: State) -> list[Entry]:
    """Return the entries of the later state of projects that the earlier one has, too.

    Args:
        table: its name.
        before: the earlier state.
        after: the later state.

    Raises:
        NotFound: of no project there are two states.
    """
    (first, earlier), (last, later) = before, after
    places = {each.place for each in earlier}
    known = [each for each in later if each.place in places]
    if not known:
        begins = min((each.day for each in later), default="later")
        raise NotFound(
            f"Nothing is known of {table} on {first} or before: what changed since is unknown.",
            advice=f"The first day that is known is {begins}.",
            field="since",
        )
    if first < last and all(each.day <= first for each in known):
        raise NotFound(
            f"Nothing was read of {table} after {first} until {last}: whether anything changed "
            "is unknown.",
            advice=f"It was read last on {max(each.day for each in known)}; "
            "history.card says from which day to which there is what.",
            field="since",
        )
    return known


def notes(before: State, after: State) -> list[str]:
    """Return what the comparison of two states does not see.

    Args:
        before: the earlier state.
        after: the later state.
    """
    (first, earlier), (last, later) = before, after
    days = {each.place: each.day for each in earlier}
    new = [each for each in later if each.place not in days]
    same = [each for each in later if each.place in days and each.day <= first < last]
    old = [each for each in earlier if each.day < first and each not in same]
    found = []
    if new:
        found.append(f"Not known on {first} or before, and not compared: {_places(new)}.")
    if same:
        found.append(
            f"Not read after {first} until {last}, whether anything changed is unknown: "
            f"{_places(same)}."
        )
    if old:
        oldest = min(each.day for each in old)
        found.append(
            f"Compared with a state before {first}, the oldest of {oldest}: {_places(old)}."
        )
    late = [each for each in later if first < each.day < last]
    if late:
        oldest = min(each.day for each in late)
        found.append(f"Read before {last}, the oldest on {oldest}: {_places(late)}.")
    return found


def notes_by_day(known: Manifest, table: str, days: Sequence[str]) -> list[str]:
    """Return on which days not all projects were read that were known.

    Args:
        known: the entries of the lake.
        table: its name.
        days: in order.
    """
    return [
        f"Not read on {day}: {_places(old)}."
        for day in days[1:]
        if (old := [each for each in known.at(table, day) if each.day < day])
    ]


def _places(entries: Iterable[Entry]) -> str:
    paths = sorted("/".join(each.place) for each in entries)
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(paths[:_SHOWN]) + more
