"""Which backups there are of each resource on each day, and which are missing."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter, DayLocator

from cbr_notebook.api.messages.statuses import BACKUP_COMPLETE
from cbr_notebook.plots import drawing, picture
from cbr_notebook.text.formatting import pluralize

_FEW_DAYS = 7
"""Days so few that an axis would show hours, too."""
_LOOKS = {
    "good": ("s", picture.DARK, picture.DARK),
    "partial": ("^", drawing.INK, picture.MIDDLE),
    "failed": ("X", picture.ALARM, picture.ALARM),
    "missing": ("o", picture.ALARM, "white"),
}
"""How each state is drawn, by form as well as by colour: marker, edge, face."""


def draw(
    backups: pd.DataFrame,
    failures: pd.DataFrame | None,
    gaps: pd.DataFrame | None,
    resources: pd.DataFrame | None,
    *,
    now: datetime,
    days: int = 30,
    ax: Axes | None = None,
) -> Axes:
    """Draw a row a resource and a column a day (in UTC).

    A day is good if all backups of it are, partial if some failed, failed if all did, missing
    if the policy ran, or should have, and left nothing. Nothing is drawn where nothing was
    due, or where the backup has been deleted since.

    Args:
        backups: of ``session.backups()``, at least of these days.
        failures: of ``session.failures()``: backups that failed or were skipped.
        gaps: of ``session.gaps()``.
        resources: of ``session.vault_resources()``: they have a row even without any backup.
            Each of these three is ``None`` where one may not read it, and the picture says so.
        now: the present moment.
        days: how many days, today the last of them.
        ax: where to draw; new axes if left out.
    """
    table = states(backups, failures, gaps, now=now, days=days)
    names: dict[str, str] = {}
    for frame in (gaps, failures, backups):
        if frame is not None:
            names |= _names(frame, "resource_id", "resource_name")
    seen = set(table["resource_id"])
    if resources is not None:
        names |= _names(resources, "id", "name")
        seen |= set(resources["id"])
    unseen = _unseen(failures, gaps)
    rows = _worst(table, {each: names[each] for each in seen})
    ax = picture.begin(ax, rows=len(rows))
    span = f"the last {days} days" if days > 1 else "today"
    if not seen:
        return picture.empty(ax, f"{_nothing(unseen)}{picture.asked(backups)}: {span}.")
    places = {each: place for place, each in enumerate(reversed(rows))}
    _draw_days(ax, table, names, places, days, unseen)
    bare = seen - set(table["resource_id"])
    for each in sorted(bare & set(rows)):
        picture.note(ax, places[each], "no backup in this time")
    picture.name_rows(ax, picture.labels([names[each] for each in places], list(places)))
    _draw_time(ax, now, days, unseen)
    picture.lines_of_rows(ax)
    picture.legend(ax)
    only = picture.only(len(rows), len(seen), "those with trouble first")
    details = f"{pluralize(len(seen), 'resource')}. " + picture.listed(
        [
            *_troubles(table, names),
            *sorted(f"{names[each]} has no backup in this time" for each in bare),
        ]
    )
    if resources is None:
        details += " Resources without any backup could not be seen."
    return picture.finish(ax, f"Backups of {span}: {_counted(table, unseen)}{only}", details)


def _unseen(failures: pd.DataFrame | None, gaps: pd.DataFrame | None) -> frozenset[str]:
    """Return the states that nobody can tell, because what they come from was not seen."""
    return frozenset({"failed", "partial"} if failures is None else ()) | frozenset(
        {"missing"} if gaps is None else ()
    )


def _nothing(unseen: frozenset[str]) -> str:
    return "No backup was made or missed" if not unseen else "No backup was seen"


def _draw_days(
    ax: Axes,
    table: pd.DataFrame,
    names: dict[str, str],
    places: dict[str, int],
    days: int,
    unseen: frozenset[str],
) -> None:
    """Draw a mark for each day of the resources that have a row."""
    shown = table[table["resource_id"].isin(places)]
    size = max(12.0, min(90.0, 2600.0 / days))
    for state, (marker, edge, face) in _LOOKS.items():
        some = shown[shown["state"] == state]
        marks = ax.scatter(
            some["day"], some["resource_id"].map(places), s=size, marker=marker,
            facecolor=face, edgecolor=edge, linewidth=1.6 if face == "white" else 0.8,
            label=f"{state} ({'not seen' if state in unseen else _count(table, state)})",
        )  # fmt: skip
        picture.smaller(ax, marks, max(5.0, min(40.0, 900.0 / days)))
        told = [
            f"{names[each]}: {state} on {picture.day(day)}"
            for each, day in zip(some["resource_id"], some["day"], strict=True)
        ]
        picture.tell(ax, marks, told)


def _draw_time(ax: Axes, now: datetime, days: int, unseen: frozenset[str]) -> None:
    """Draw the axis of days, today the last of them."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    first, margin = today - timedelta(days=days - 1), timedelta(hours=18)
    ax.set_xlim(picture.number(first - margin), picture.number(today + margin))
    why = "not known" if unseen else "nothing was due, or it has been deleted since"
    picture.time_axis(ax, f"day (UTC); empty: {why}")
    if days <= _FEW_DAYS:
        ax.xaxis.set_major_locator(DayLocator())  # type: ignore[no-untyped-call]
        ax.xaxis.set_major_formatter(DateFormatter("%d %b %Y"))  # type: ignore[no-untyped-call]
        picture.narrow_time(ax, DayLocator(interval=1 + days // 3), DateFormatter("%d %b %Y"))  # type: ignore[no-untyped-call]


def _count(table: pd.DataFrame, state: str) -> int:
    return int((table["state"] == state).sum())


def _counted(table: pd.DataFrame, unseen: frozenset[str]) -> str:
    """Return how many days are not as they should be, for the title; or that nobody knows."""
    partial = _count(table, "partial")
    failed = pluralize(_count(table, "failed"), "failed day")
    counts = [
        "failed days could not be seen" if "failed" in unseen else failed,
        *[f"{partial} partial"] * bool(partial),
        "missing days could not be seen"
        if "missing" in unseen
        else f"{_count(table, 'missing')} missing",
    ]
    return ", ".join(counts)


def states(
    backups: pd.DataFrame,
    failures: pd.DataFrame | None,
    gaps: pd.DataFrame | None,
    *,
    now: datetime,
    days: int,
) -> pd.DataFrame:
    """Return one row a resource and day on which something was, or should have been, done.

    Returns:
        ``resource_id`` (text), ``day`` (datetime64, UTC midnight), ``state`` (text).
    """
    first = pd.Timestamp(now).floor("D") - timedelta(days=days - 1)
    good = backups[backups["status"].isin(BACKUP_COMPLETE)]
    parts = [_days(good, "created_at", "good", first)]
    if failures is not None:
        bad = failures[failures["operation_type"] == "backup"]
        parts.append(_days(bad, "started_at", "failed", first))
    if gaps is not None:
        parts.append(_days(gaps, "missed_at", "missing", first))
    table = pd.concat(parts, ignore_index=True).assign(there=True)
    # One column a kind, one row a resource and day: fast also for a hundred thousand backups.
    table = table.pivot_table(
        index=["resource_id", "day"], columns="state", values="there", aggfunc="any",
        fill_value=False,
    ).reindex(columns=["good", "failed", "missing"], fill_value=False)  # fmt: skip
    state = pd.Series("missing", index=table.index, name="state")
    state[table["failed"]] = "failed"
    state[table["good"]] = "good"
    state[table["good"] & table["failed"]] = "partial"
    return state.reset_index()


def _days(frame: pd.DataFrame, column: str, state: str, first: pd.Timestamp) -> pd.DataFrame:
    recent = frame[frame[column] >= first]
    return pd.DataFrame(
        {
            "resource_id": recent["resource_id"].astype(object),
            "day": recent[column].dt.floor("D"),
            "state": state,
        }
    )


def _names(frame: pd.DataFrame, resource: str, name: str) -> dict[str, str]:
    """Return the name of each resource; its ID if it has none."""
    return {
        each: text if pd.notna(text) else each
        for each, text in zip(frame[resource], frame[name], strict=True)
        if pd.notna(each)
    }


def _worst(table: pd.DataFrame, names: dict[str, str]) -> list[str]:
    """Return the resources with the most trouble, so many as can be read, in order of names."""
    trouble = table[table["state"] != "good"]["resource_id"].value_counts()
    backed_up = set(table["resource_id"])

    def rank(each: str) -> tuple[int, bool, str, str]:
        return -int(trouble.get(each, 0)), each in backed_up, names[each], each

    return sorted(
        sorted(names, key=rank)[: picture.MOST_ROWS], key=lambda each: (names[each], each)
    )


def _troubles(table: pd.DataFrame, names: dict[str, str]) -> list[str]:
    troubled = table[table["state"] != "good"].sort_values("day")
    return [
        f"{names[resource]} {state} on {day.day} {day:%B}"
        for resource, state, day in zip(
            troubled["resource_id"], troubled["state"], troubled["day"], strict=True
        )
    ]
