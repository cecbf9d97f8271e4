"""A day of the lake, with the questions that a session has about the present."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from cbr_notebook.errors import InvalidRequest, NotFound
from cbr_notebook.frames import SCHEMAS
from cbr_notebook.histories import files
from cbr_notebook.histories.manifest import Entry, Manifest, carried_over
from cbr_notebook.histories.project_read import ANSWERS
from cbr_notebook.histories.store import Store
from cbr_notebook.text.suggestions import did_you_mean

_OUTCOMES = next(each.values for each in SCHEMAS["audit"].columns if each.name == "outcome")


def _question(table: str) -> Callable[..., pd.DataFrame]:
    def asked(past: Past, **equals: Any) -> pd.DataFrame:
        return past._table(table, equals)

    asked.__name__ = table
    asked.__qualname__ = f"Past.{table}"
    asked.__doc__ = (
        f"Return {SCHEMAS[table].row}, one row each, as it was.\n\n"
        "Args:\n    equals: values of columns, or lists of values of which any will do.\n\n"
        f'Returns:\n    The columns of ``cbr.schema("{table}")``, with profile, region and '
        "project in front. ``attrs['carried_over']`` says of which projects it was read earlier, "
        "and when; ``attrs['older']`` of which projects it is the state of an earlier day; "
        "``attrs['missing']`` of which projects it is not known.\n\n"
        "Raises:\n    NotFound: it was not synced by then."
    )
    return asked


class Past:
    """What there was on a day; made by ``history.at(day)``."""

    vaults = _question("vaults")
    backups = _question("backups")
    tasks = _question("tasks")
    policies = _question("policies")
    policy_rules = _question("policy_rules")
    resources = _question("resources")
    vault_resources = _question("vault_resources")
    unprotected = _question("unprotected")
    capacity = _question("capacity")
    recovery_points = _question("recovery_points")
    gaps = _question("gaps")
    audit = _question("audit")

    def __init__(self, store: Store, known: Manifest, day: str) -> None:
        """Keep which day of which lake it is."""
        self._store = store
        self._known = known
        self.day = day

    def __repr__(self) -> str:
        return f"<Past: {self._store.address} on {self.day}>"

    def _table(self, table: str, equals: dict[str, Any]) -> pd.DataFrame:
        entries = self._known.at(table, self.day)
        if not entries:
            raise NotFound(
                f"{table} of {self.day} is not in the lake.",
                advice=f'It is kept where the sync is asked for it: tables=[…, "{table}"].'
                if table in ANSWERS
                else "history.card says from which day on there is what.",
            )
        frame = files.read(self._store, table, entries)
        beside = self._beside(table, frame, entries)
        frame = self._fitting(table, frame, equals)
        frame.attrs.update(
            resource=table, filters={**equals, "day": self.day}, rows=len(frame),
            asked_at=max(each.synced_at for each in entries),
            missing=self._missing(each.place for each in entries),
            carried_over=carried_over(entries), older=self._older(entries), **beside,
        )  # fmt: skip
        return frame

    def _beside(self, table: str, frame: pd.DataFrame, entries: list[Entry]) -> dict[str, Any]:
        """Return what stands beside an audit that was kept, as beside one that is asked for."""
        if table != "audit":
            return {}
        # Where a lake does not say of what it was, a page of it must not be taken for evidence.
        simulated = any(files.beside(self._store, each).get("simulated", True) for each in entries)
        counts = frame["outcome"].value_counts()
        outcomes = {each: int(counts.get(each, 0)) for each in _OUTCOMES}
        return {"outcomes": outcomes, "simulated": simulated}

    def _older(self, entries: Iterable[Entry]) -> dict[str, str]:
        """Return of which projects the state is of an earlier day, and of which."""
        return {"/".join(each.place): each.day for each in entries if each.day < self.day}

    def _missing(self, known: Iterable[tuple[str, str, str]]) -> list[str]:
        """Return the projects of which something is known by then, but not this."""
        return ["/".join(each) for each in sorted(self._known.places(self.day) - set(known))]

    def _fitting(self, table: str, frame: pd.DataFrame, equals: Mapping[str, Any]) -> pd.DataFrame:
        """Return the rows of a table with values that are wanted, newest first."""
        for name, value in equals.items():
            if name not in frame.columns:
                raise InvalidRequest(
                    f"{table} has no column {name!r}.",
                    advice=did_you_mean(name, map(str, frame.columns)).strip() or None,
                    field=name,
                )
            wanted = value if isinstance(value, list | tuple | set) else [value]
            frame = frame[frame[name].isin(list(wanted))]
        if "created_at" in frame.columns:
            frame = frame.sort_values("created_at", ascending=False, kind="stable")
        return frame.reset_index(drop=True)
