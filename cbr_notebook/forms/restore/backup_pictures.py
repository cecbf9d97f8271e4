"""The backups of a resource to choose from: on a time line, in a calendar, in a list."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from cbr_notebook.api.messages.statuses import BACKUP_AVAILABLE
from cbr_notebook.forms.kit.field import Option
from cbr_notebook.forms.kit.markup import escaped
from cbr_notebook.session.reports.suspicion import Verdict
from cbr_notebook.text.formatting import pluralize

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class _Paper:
    """What a time line is drawn on, in pixels."""

    look: str
    width: int
    radius: float
    """Of the dot of a backup."""
    dates_between: int
    edge: int = 14
    height: int = 110
    ground: int = 78
    tallest: int = 56


_PAPERS = (_Paper("wide", 720, 5, 3), _Paper("narrow", 270, 4, 0))
"""One for each width of a form; the page shows the one that fits."""


_VERDICTS: Mapping[Verdict, str] = MappingProxyType(
    {
        "quiet": "without a jump",
        "jump": "a jump",
        "after_jump": "made after a jump",
        "unjudged": "cannot be judged",
        "safety": "made by a restore, of what it overwrote",
    }
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A backup to choose.

    Attributes:
        at: the moment that it holds, in UTC.
        changed_mb: what it added, in MB; ``None`` if that is not known.
        verdict: as ``session.suspicion`` judges it; ``None``: nobody has looked.
        reason: why it is judged so.
    """

    id: str
    name: str
    at: datetime
    status: str
    incremental: bool
    changed_mb: int | None = None
    verdict: Verdict | None = None
    reason: str = ""

    @property
    def jump(self) -> bool:
        """Whether it added much more than usual, which nobody explained."""
        return self.verdict == "jump"

    @property
    def quiet(self) -> bool:
        """Whether it was made before any jump, and added about as much as usual."""
        return self.verdict == "quiet"

    @property
    def warning(self) -> str:
        """What has to be accepted before it is restored; empty if it is quiet."""
        if self.quiet:
            return ""
        if self.verdict is None:
            return f"{self.moment}: nobody has looked whether it is a jump."
        said = "" if self.verdict in ("after_jump", "safety") else f"{_VERDICTS[self.verdict]}. "
        return f"{self.moment}: {said}{self.reason}"

    @property
    def good(self) -> bool:
        """Whether it can be restored, as far as the list tells."""
        return self.status == BACKUP_AVAILABLE

    @property
    def moment(self) -> str:
        """The moment in words."""
        return f"{self.at:%Y-%m-%d %H:%M} UTC"

    @property
    def note(self) -> str:
        """What speaks for or against it."""
        parts = [self.name, "incremental" if self.incremental else "full"]
        if self.changed_mb is not None:
            parts.append(f"added {self.changed_mb} MB")
        if self.verdict is not None and not self.quiet:
            parts.append(_VERDICTS[self.verdict])
        if self.jump:
            parts.append(f"{self.reason} Look before you trust it")
        if not self.good:
            parts.append(f"{self.status}: cannot be restored")
        return " · ".join(parts)

    def option(self) -> Option:
        """Offer it."""
        return Option(self.id, self.moment, self.note, not self.good)


def choices(backups: pd.DataFrame, judged: pd.DataFrame | None) -> list[Choice]:
    """Return the backups of a table, newest first, with what is known of their growth.

    Args:
        backups: of the schema ``backups``.
        judged: of the schema ``suspicion``; ``None`` if it could not be asked for.
    """
    known: dict[str, dict[Any, Any]] = {}
    if judged is not None:
        known = {str(row["backup_id"]): row for row in judged.to_dict("records")}
    found = []
    for row in backups.to_dict("records"):
        told = known.get(str(row["id"]), {})
        changed = told.get("changed_mb")
        found.append(
            Choice(
                id=str(row["id"]),
                name=str(row["name"]),
                at=row["created_at"].to_pydatetime(),
                status=str(row["status"]),
                incremental=row["incremental"] is True,
                changed_mb=int(changed) if isinstance(changed, int | float) else None,
                verdict=told.get("verdict"),
                reason=str(told.get("reason", "")),
            )
        )
    return sorted(found, key=lambda each: each.at, reverse=True)


def suggested(found: Sequence[Choice]) -> Choice | None:
    """Return the newest good backup without a jump, else the newest that cannot be judged.

    Args:
        found: what there is, newest first.
    """
    good = [each for each in found if each.good]
    for wanted in ("quiet", "unjudged", None):
        for each in good:
            if each.verdict == wanted:
                return each
    return None


def time_line(found: Sequence[Choice], chosen: str | None, until: datetime | None) -> str:
    """Draw the backups in time, their growth as bars; a click chooses one.

    It is a picture for the eye; the list below it says the same and can be used with keys.

    Args:
        found: what there is.
        chosen: the ID of the one that is chosen.
        until: when the trouble began, if that was said.
    """
    if not found:
        return ""
    jumps = [each.moment for each in found if each.jump]
    asked = [each for each in found if each.verdict]
    of = "" if len(asked) == len(found) else f" of the newest {len(asked)}, which were looked at"
    span = (
        f"from {found[-1].moment} to {found[0].moment}"
        if len(found) > 1
        else f"of {found[0].moment}"
    )
    said = f"{pluralize(len(found), 'backup')} {span}. " + (
        f"Jumps in changed data{of}: {', '.join(jumps)}."
        if jumps
        else f"No jump in changed data{of}."
        if asked
        else "Nobody has looked for jumps in changed data."
    )
    if unjudged := sum(each.verdict == "unjudged" for each in found):
        said += f" {unjudged} cannot be judged."
    drawn = "".join(
        f'<svg class="cbr-line {paper.look}" viewBox="0 0 {paper.width} {paper.height}" '
        f'role="img" aria-label="{escaped(said)}">{_drawn(paper, found, chosen, until)}</svg>'
        for paper in _PAPERS
    )
    return f'{drawn}<p class="cbr-help">{escaped(said)} Bars: data that each backup added.</p>'


def _drawn(
    paper: _Paper, found: Sequence[Choice], chosen: str | None, until: datetime | None
) -> str:
    """Draw the time line on one paper."""
    first, last = found[-1].at, max(found[0].at, until or found[0].at)
    length = max((last - first).total_seconds(), 1.0)

    def across(at: datetime) -> float:
        share = (at - first).total_seconds() / length
        return paper.edge + (paper.width - 2 * paper.edge) * share

    largest = max((each.changed_mb or 0 for each in found), default=0) or 1
    ground = paper.ground
    parts = [
        f'<line class="axis" x1="0" x2="{paper.width}" y1="{ground}" y2="{ground}"/>',
        *_dates(paper, first, last, across),
    ]
    for each in found:
        x = across(each.at)
        tall = paper.tallest * ((each.changed_mb or 0) / largest) ** 0.5
        look = "jump" if each.jump else "good" if each.good else "bad"
        ring = f'<circle class="ring" cx="{x:.1f}" cy="{ground}" r="{paper.radius + 4}"/>'
        beside, above = min(max(x, 18), paper.width - 18), ground - tall - 5
        mark = f'<text class="jump" x="{beside:.1f}" y="{above:.1f}">jump</text>'
        act = f' data-act="choose" data-of="{escaped(each.id)}"' if each.good else ""
        parts.append(
            f'<g class="{look}"{act}><title>{escaped(each.moment)}: '
            f"{escaped(each.note)}</title>"
            f'<rect x="{x - 2:.1f}" y="{ground - tall:.1f}" width="4" height="{tall:.1f}"/>'
            f"{mark if each.jump else ''}"
            f'<circle cx="{x:.1f}" cy="{ground}" r="{paper.radius}"/>'
            f"{ring if each.id == chosen else ''}</g>"
        )
    if until is not None and until >= first:
        x = across(until)
        parts.append(f'<line class="until" x1="{x:.1f}" x2="{x:.1f}" y1="8" y2="{ground + 8}"/>')
    return "".join(parts)


def _dates(paper: _Paper, first: datetime, last: datetime, across: Any) -> list[str]:
    """Return some dates below the line."""
    between = paper.dates_between if last - first > timedelta(days=5) else 0
    step = (last - first) / (between + 1)
    places = [(first, "start")]
    places += [(first + step * number, "middle") for number in range(1, between + 1)]
    places += [(last, "end")] if last > first else []
    # The ends stand at the edges of the paper, so that two dates never meet.
    edges = {"start": 0.0, "end": float(paper.width)}
    return [
        f'<text x="{edges.get(anchor, across(at)):.1f}" y="{paper.ground + 24}" '
        f'text-anchor="{anchor}">{at:%Y-%m-%d}</text>'
        for at, anchor in places
    ]


def months(found: Sequence[Choice]) -> list[tuple[int, int]]:
    """Return the months that have backups, oldest first."""
    return sorted({(each.at.year, each.at.month) for each in found})


def month_page(
    found: Sequence[Choice], month: tuple[int, int], day: date | None, chosen: str | None
) -> str:
    """Return a month as a calendar; a click on a day lists its backups only.

    Args:
        found: what there is.
        month: year and month.
        day: the day whose backups are listed now, if not all are.
        chosen: the ID of the backup that is chosen.
    """
    by_day: dict[date, list[Choice]] = {}
    for each in found:
        by_day.setdefault(each.at.date(), []).append(each)
    rows = []
    for week in calendar.Calendar().monthdatescalendar(*month):
        cells = []
        for at in week:
            made = by_day.get(at, [])
            if at.month != month[1]:
                cells.append("<td></td>")
            elif not made:
                cells.append(f"<td>{at.day}</td>")
            else:
                cells.append(f"<td>{_day(at, made, day, chosen)}</td>")
        rows.append(f"<tr>{''.join(cells)}</tr>")
    known = months(found)
    place = known.index(month)
    ways = [
        _way("month", "Earlier", _name(known[place - 1]) if place else None),
        _way("month", "Later", _name(known[place + 1]) if place + 1 < len(known) else None),
        _way("all_days", "All days", "" if day else None),
    ]
    head = "".join(f'<th scope="col">{name}</th>' for name in calendar.day_abbr)
    title = f"{calendar.month_name[month[1]]} {month[0]}"
    return (
        f'<table class="cbr-month"><caption>{title}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
        f'<div class="cbr-buttons">{"".join(ways)}</div>'
    )


def _day(day: date, made: Sequence[Choice], listed: date | None, chosen: str | None) -> str:
    jump = any(each.jump for each in made)
    said = f"{day:%Y-%m-%d}: {pluralize(len(made), 'backup')}{', a jump' * jump}"
    looks = ["jump"] * jump + ["chosen"] * any(each.id == chosen for each in made)
    return (
        f'<button type="button" class="{" ".join(looks)}" data-act="day" data-of="{day}" '
        f'data-key="day {day}" aria-pressed="{str(day == listed).lower()}" '
        f'aria-label="{said}">{day.day}{"!" * jump}</button>'
    )


def gone(name: str) -> str:
    """Return that what was backed up exists no more."""
    said = f"{name} exists no more: nothing can be restored to it. The checks say how to rebuild it"
    return f'<p class="cbr-summary warn">{escaped(said)} from a backup.</p>'


def ways(best: Choice | None, chosen: str | None, found: Sequence[Choice]) -> str:
    """Return the buttons that choose the newest without a jump, and look for jumps in all.

    Args:
        best: the one to choose; it may be one that cannot be judged, which is said.
        chosen: the ID of the one that is chosen.
        found: all that there are.
    """
    told, buttons = "", list[str]()
    if best is not None:
        what = "the newest without a jump" if best.quiet else "the newest from then"
        if best.verdict == "unjudged":
            what += ", which cannot be judged"
        if not best.quiet:
            told = f'<p class="cbr-summary warn">{escaped(best.warning)}</p>'
        if best.id == chosen:
            label = f"{what[0].upper()}{what[1:]} is chosen: {best.moment}"
            buttons.append(_way("choose", label, None, key="newest"))
        else:
            buttons.append(_way("choose", f"Choose {what}: {best.moment}", best.id, key="newest"))
    if not all(each.verdict for each in found):
        buttons.append(_way("look_further", f"Look for jumps in all {len(found)} backups", ""))
    return f'{told}<div class="cbr-buttons">{"".join(buttons)}</div>'


def _way(act: str, label: str, of: str | None, *, key: str = "") -> str:
    """Return a button that stays where it is, with the focus, also when it leads nowhere.

    Args:
        act: what a click means.
        label: what people read.
        of: where it leads; ``None``: nowhere.
        key: by what the page knows it again; its label if left out.
    """
    where = 'aria-disabled="true"' if of is None else f'data-of="{escaped(of)}"'
    return (
        f'<button type="button" data-act="{act}" {where} data-key="{key or label}">'
        f"{escaped(label)}</button>"
    )


def _name(month: tuple[int, int]) -> str:
    return f"{month[0]}-{month[1]:02d}"
