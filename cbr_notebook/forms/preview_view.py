"""What a policy would do, as a person sees it: its next runs, and what is kept after a year."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from cbr_notebook.forms.kit.markup import escaped
from cbr_notebook.schedule.preview import Preview

_WORDS = {
    "max_backups": "newest",
    "retention_days": "by age",
    "day_backups": "daily",
    "week_backups": "weekly",
    "month_backups": "monthly",
    "year_backups": "yearly",
    "all": "all",
}
_WIDTH, _LEFT, _RIGHT = 720, 100, 14
_ROW, _MARK = 28, 16


def previewed(seen: Preview, there: tzinfo, place: str) -> str:
    """Return the next runs, and draw what is kept after a year.

    Args:
        seen: what the policy would do.
        there: the person's time zone.
        place: how they name it.
    """
    said = f"After a year {len(seen.kept)} of {seen.made} backups of a resource are kept."
    return (
        f'<details data-key="runs" open><summary>The next ten runs ({escaped(place)})</summary>'
        f"{_runs(seen.runs, there, place)}</details><p>{said}</p>{_kept(seen, said)}"
    )


def _runs(runs: Sequence[datetime], there: tzinfo, place: str) -> str:
    """Return each run by the clock of the place, and by UTC where that says something else."""

    def moment(run: datetime) -> str:
        here, utc = run.astimezone(there), run.astimezone(UTC)
        said = f"{here:%a %Y-%m-%d %H:%M}"
        if place == "UTC":
            return said
        day = "" if here.date() == utc.date() else f"{utc:%a} "
        return f"{said} ({day}{utc:%H:%M} UTC)"

    rows = "".join(f"<li>{moment(run)}</li>" for run in runs)
    return f'<ol class="cbr-runs">{rows}</ol>'


def _kept(seen: Preview, said: str) -> str:
    """Return a line for each rule, on which each backup that it keeps is a mark."""
    rules = {_WORDS[name]: moments for name, moments in seen.kept_by.items() if moments}
    if not rules:
        return ""
    ground = _ROW * len(rules) + 4

    def across(at: datetime) -> float:
        share = (at - seen.begin) / (seen.end - seen.begin)
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * share

    parts = []
    for number, (rule, moments) in enumerate(rules.items()):
        top = _ROW * number + 4
        parts.append(f'<text x="0" y="{top + _MARK - 2}">{rule}</text>')
        marks = "".join(
            f'<rect x="{across(at) - 1.5:.1f}" y="{top}" width="3" height="{_MARK}"/>'
            for at in moments
        )
        parts.append(f'<g class="good">{marks}</g>')
    parts.append(f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH}" y1="{ground}" y2="{ground}"/>')
    for number, month in enumerate(_months(seen.begin, seen.end)):
        x = across(month)
        parts.append(
            f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{ground}" y2="{ground + 4}"/>'
        )
        look = "" if number % 4 == 0 else ' class="between"'
        parts.append(
            f'<text{look} x="{x:.1f}" y="{ground + 18}" text-anchor="middle">{month:%b}</text>'
        )
    told = f"{said} " + ", ".join(f"{rule}: {len(moments)}" for rule, moments in rules.items())
    return (
        f'<svg class="cbr-line cbr-kept" viewBox="0 0 {_WIDTH} {ground + 26}" role="img" '
        f'aria-label="{escaped(told)}">{"".join(parts)}</svg>'
    )


def _months(begin: datetime, end: datetime) -> Iterator[datetime]:
    """Return the beginnings of the months between two moments."""
    month = begin.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while (month := (month + timedelta(days=32)).replace(day=1)) < end:
        yield month
