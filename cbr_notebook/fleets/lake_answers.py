"""A day of the lake whose answers are computed anew, from what was known of each project then."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from cbr_notebook.errors import NotFound
from cbr_notebook.fleets.fleet_places import Place
from cbr_notebook.fleets.joined_tables import combine, of_audits
from cbr_notebook.fleets.lake_session import LakeSession
from cbr_notebook.frames.fleet import PLACE
from cbr_notebook.histories import files, lake_day, manifest
from cbr_notebook.histories.manifest import Entry
from cbr_notebook.session.reports.audit import audit
from cbr_notebook.session.reports.recovery_points import gaps, recovery_points
from cbr_notebook.session.reports.unprotected import unprotected

_FROM = ("records", "backups")
"""The tables from which answers are computed."""
_NOT_ASKED = ("session", "backups", "proofs")
Where = tuple[str, str, str]


def _question(of_session: Callable[..., pd.DataFrame]) -> Callable[..., pd.DataFrame]:
    name = of_session.__name__
    known = inspect.signature(of_session).parameters.values()
    parameters = [each for each in known if each.name not in _NOT_ASKED]
    shape = inspect.Signature(parameters)

    def asked(past: Past, *given: Any, **named: Any) -> pd.DataFrame:
        mine = {key: value for key, value in named.items() if key in shape.parameters}
        bound = shape.bind_partial(*given, **mine).arguments
        equals = {key: value for key, value in named.items() if key not in shape.parameters}
        return past._answer(of_session, bound, equals)

    asked.__name__ = name
    asked.__qualname__ = f"Past.{name}"
    asked.__doc__ = (
        f"Return what ``session.{name}()`` would have said on that day.\n\n"
        "It is computed from what was read of each project that day: the same rules, held against "
        "its vaults, policies, resources and backups at the moment when they were read. An answer "
        "that was kept on that very day is given as it was, if only columns are asked for.\n\n"
        f"Args:\n    given: {', '.join(each.name for each in parameters)}, as of a session.\n"
        "    named: the same by name; and values of columns, or lists of values of which any will "
        "do.\n\n"
        f'Returns:\n    The columns of ``cbr.schema("{name}")``, with profile, region and project '
        'in front. ``attrs["missing"]`` names the projects of which it cannot be told, '
        '``attrs["carried_over"]`` those whose resources were read earlier, and when.\n\n'
        "Raises:\n    NotFound: no project was read so that it can be told.\n"
        "    InvalidRequest: as of a session."
    )
    return asked


class Past(lake_day.Past):
    """What there was on a day; made by ``history.at(day)``."""

    unprotected = _question(unprotected)
    recovery_points = _question(recovery_points)
    gaps = _question(gaps)
    audit = _question(audit)

    def _answer(
        self,
        report: Callable[..., pd.DataFrame],
        given: Mapping[str, Any],
        equals: Mapping[str, Any],
    ) -> pd.DataFrame:
        name = report.__name__
        known = self._read_together()
        if not known and not given and self._known.at(name, self.day):
            return self._table(name, dict(equals))
        if not known:
            days = {t: max((e.day for e in self._known.at(t, self.day)), default="") for t in _FROM}
            told = [f"{table} were read last on {day}" for table, day in days.items() if day]
            raise NotFound(
                f"{name} of {self.day} cannot be computed from this lake"
                + (f": {', '.join(told)}." if told else "."),
                advice="That needs a sync of vaults, policies, resources, vault_resources and "
                "backups on one day, by this version or a later one.",
            )
        kept = {each.place: each.day for each in self._known.at(name, self.day)}
        if not given and all(kept.get(place) == of[0].day for place, of in known.items()):
            return self._table(name, dict(equals))
        parts = [(place, self._computed(report, place, of, given)) for place, of in known.items()]
        frame = combine(name, [(Place(*place, "", ""), table) for place, table in parts])
        beside = of_audits([table for _, table in parts])
        found = self._fitting(name, frame, equals)
        found.attrs.update(
            resource=name, filters={**parts[0][1].attrs["filters"], **equals, "day": self.day},
            rows=len(found), asked_at=max(of[0].synced_at for of in known.values()),
            missing=self._missing(known),
            carried_over=manifest.carried_over(of[0] for of in known.values()),
            older=self._older(of[1] for of in known.values()), **beside,
        )  # fmt: skip
        return found

    def _computed(
        self,
        report: Callable[..., pd.DataFrame],
        place: Where,
        entries: tuple[Entry, Entry],
        given: Mapping[str, Any],
    ) -> pd.DataFrame:
        records, backups = (
            files.read(self._store, each.table, [each]).drop(columns=list(PLACE))
            for each in entries
        )
        session = LakeSession(place, records, backups, manifest.moment(entries[1].synced_at))
        if "backups" in inspect.signature(report).parameters:
            return report(session, **given, backups=session.good_backups)
        return report(session, **given)

    def _read_together(self) -> dict[Where, tuple[Entry, Entry]]:
        """Return the projects whose records and backups are of the same day, with both."""
        records, backups = (
            {each.place: each for each in self._known.at(table, self.day)} for table in _FROM
        )
        return {
            place: (records[place], backups[place])
            for place in sorted(records.keys() & backups.keys())
            if records[place].day == backups[place].day
        }
