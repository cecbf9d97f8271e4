"""From the tables of several projects to one: where a row is from stands in front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from cbr_notebook.fleets.fleet_places import Place
from cbr_notebook.frames import SCHEMAS
from cbr_notebook.frames.fleet import PLACE
from cbr_notebook.text.dtypes import TEXT


def combine(question: str, parts: Sequence[tuple[Place, pd.DataFrame]]) -> pd.DataFrame:
    """Return one table with ``profile``, ``region`` and ``project`` in front.

    Columns and dtypes are those of one session, also where some tables or all are empty.

    Args:
        question: the name of what was asked.
        parts: the tables, in the order of the rows.
    """
    tables = [frame for _, frame in parts] or [SCHEMAS[question].frame([])]
    columns = {
        name: _stacked([table[name] for table in tables]) for name in map(str, tables[0].columns)
    }
    front = {
        name: _repeated([(getattr(place, name), len(frame)) for place, frame in parts])
        for name in PLACE
    }
    return pd.DataFrame({**front, **columns}, copy=False)


def part_of(frame: pd.DataFrame, place: Place) -> pd.DataFrame:
    """Return the rows of a fleet's table that are of one project, as a session's own."""
    mine = pd.Series(True, index=frame.index)
    for name in PLACE:
        mine &= frame[name] == getattr(place, name)
    part = frame.loc[mine].drop(columns=list(PLACE)).reset_index(drop=True)
    part.attrs.update(region=place.region, project_id=place.project_id)
    return part


def of_audits(tables: Sequence[pd.DataFrame]) -> dict[str, Any]:
    """Return what stands beside audits: how many outcomes, and whether any is of a simulation."""
    attrs = [each.attrs for each in tables]
    found: dict[str, Any] = {}
    told = [each["outcomes"] for each in attrs if "outcomes" in each]
    if told:
        found["outcomes"] = {name: sum(each[name] for each in told) for name in told[0]}
    if any(each.get("simulated") for each in attrs):
        found["simulated"] = True  # a page of it is signed with the key of simulated clouds
    return found


def notes_of(answered: Mapping[Place, Any]) -> dict[str, Any]:
    """Return what is said of the projects' tables beside their rows, such as what was not seen."""
    notes = [
        f"{place.path}: {note}"
        for place, table in answered.items()
        for note in getattr(table, "attrs", {}).get("notes", ())
    ]
    return {"notes": notes} if notes else {}


def _stacked(pieces: Sequence[pd.Series[Any]]) -> pd.Series[Any]:
    if len(pieces) == 1:
        return pieces[0].reset_index(drop=True)
    if isinstance(pieces[0].dtype, pd.CategoricalDtype):
        pieces = _with_same_categories(pieces)
    kind = pieces[0].dtype
    full = [each for each in pieces if len(each)] or list(pieces[:1])
    stacked: pd.Series[Any] = pd.concat(full, ignore_index=True)
    return stacked if stacked.dtype == kind else stacked.astype(kind)


def _with_same_categories(pieces: Sequence[pd.Series[Any]]) -> list[pd.Series[Any]]:
    """Return categories that have the same values: the documented ones, then all others."""
    known: dict[Any, None] = {}
    for each in pieces:
        known.update(dict.fromkeys(each.cat.categories))
    kind = pd.CategoricalDtype(pd.Index(list(known), dtype=TEXT))
    return [each.cat.set_categories(kind.categories) for each in pieces]


def _repeated(values: Sequence[tuple[str, int]]) -> pd.Series[Any]:
    texts = [text for text, number in values for _ in range(number)]
    return pd.Series(texts, dtype=TEXT)
