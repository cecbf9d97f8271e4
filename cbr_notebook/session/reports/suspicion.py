"""Which backups of a resource look as usual, which jump, and which cannot be judged.

The service tells sizes and nothing of the content: a jump is a reason to look, and its absence
proves nothing. Nobody can tell from a size that a backup holds no damage.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from statistics import median_low
from typing import Literal

import pandas as pd

from cbr_notebook import frames
from cbr_notebook.api.messages.records import Backup
from cbr_notebook.api.messages.statuses import BACKUP_AVAILABLE
from cbr_notebook.api.messages.validate import listed
from cbr_notebook.errors import InvalidRequest, NotFound
from cbr_notebook.session.context import Context
from cbr_notebook.session.lookup import find_backup
from cbr_notebook.session.queries import lists
from cbr_notebook.session.queries.good_backups import is_safety_backup
from cbr_notebook.session.references import ResourceRef, ids_or_names
from cbr_notebook.session.reports.change_rate import LEAST_MB, TIMES, changes_of
from cbr_notebook.session.tag_filters import TagChoice, Tags
from cbr_notebook.text.timeparse import TimeLike, parse_time

Verdict = Literal["quiet", "jump", "after_jump", "unjudged", "safety"]

_FEWEST = 3
"""So many other increments it takes to say what is usual; so many times make a job recurring."""
_ENOUGH_EARLIER = 7
"""With so many earlier ones, later ones are not asked: they may be of the trouble itself."""
_LIKE = 2.0
"""Increments up to so many times apart are of like size."""
_DIP = 0.25
"""An increment so much smaller than usual, while others were deleted, may hide something."""
_RESTORED = "A restore began after the backup before it, and a restore writes, too."


@dataclass(frozen=True, slots=True)
class Change:
    """What is known of one backup: when it was made, and what it added."""

    at: datetime
    changed_mb: int | None
    """``None``: the service does not tell."""
    incremental: bool = True
    days: float = 1.0
    """For how many days it stands."""
    whole: bool = True
    """Whether nothing was deleted meanwhile, which would make it look smaller."""
    safety: bool = False
    """Whether a restore made it of the state that it was about to overwrite."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is said of one backup, and why."""

    verdict: Verdict
    reason: str
    usual_mb: float | None = None


def judge(changes: Sequence[Change], explained: Collection[date] = ()) -> list[Judgement]:
    """Judge the backups of one resource by what each added.

    The earliest jump that nobody explained ends the quiet time: what was made after it is not
    quiet, however long ago it was. A job that recurs on a weekday with like sizes explains
    itself.

    Args:
        changes: the backups of the window, in any order; the window is all that is known.
        explained: the days (UTC) whose jumps a person explained.

    Returns:
        A judgement for each, in the same order.
    """
    usual = {id(each): _usual(each, changes) for each in changes}
    large = [each for each in changes if _is_large(each, usual[id(each)])]
    first = [
        _first_look(each, usual[id(each)], each in large and not _recurs(each, changes), explained)
        for each in changes
    ]
    first = [
        replace(found, reason=f"{found.reason} {_RESTORED}")
        if found.verdict == "jump" and _follows_restore(each, changes)
        else found
        for each, found in zip(changes, first, strict=True)
    ]
    jumps = [each.at for each, found in zip(changes, first, strict=True) if found.verdict == "jump"]
    if not jumps:
        return first
    begin = min(jumps)
    return [
        Judgement("after_jump", f"Made after the jump of {begin:%Y-%m-%d %H:%M} UTC.", one.usual_mb)
        if each.at > begin and one.verdict in ("quiet", "unjudged")
        else one
        for each, one in zip(changes, first, strict=True)
    ]


def _first_look(
    change: Change, usual: float | None, jumps: bool, explained: Collection[date]
) -> Judgement:
    if change.safety:
        return Judgement("safety", "Made by a restore, of the state that it overwrote.")
    if not change.incremental:
        return Judgement("unjudged", "A full backup stores everything, whatever changed.")
    if change.changed_mb is None:
        return Judgement("unjudged", "The service does not tell what it added.")
    if usual is None:
        return Judgement("unjudged", "There are too few increments to know what is usual.")
    if jumps:
        if change.at.date() in explained:
            return Judgement("quiet", "It jumps, which you explained.", usual)
        return Judgement("jump", f"It added {change.changed_mb} MB, usual are {usual:.0f}.", usual)
    if not change.whole and usual >= LEAST_MB and change.changed_mb < _DIP * usual:
        return Judgement("unjudged", "Backups deleted meanwhile may hide what it added.", usual)
    return Judgement("quiet", "It added about as much as usual.", usual)


def _usual(change: Change, changes: Sequence[Change]) -> float | None:
    """Return what is usual for as many days, in MB; ``None`` if too few tell."""
    pool = [
        each
        for each in changes
        if each is not change
        and each.incremental
        and each.changed_mb is not None
        and not each.safety
    ]
    earlier = [each for each in pool if each.at < change.at]
    if len(earlier) >= _ENOUGH_EARLIER:
        pool = earlier
    same_day = [each for each in pool if each.at.weekday() == change.at.weekday()]
    for some in ([each for each in same_day if each.whole], same_day):
        if len(some) >= _FEWEST:
            return _median(some) * change.days
    if len(pool) < _FEWEST:
        return None
    whole = [each for each in pool if each.whole]
    return _median(whole if len(whole) >= _FEWEST - 1 else pool) * change.days


def _median(changes: Iterable[Change]) -> float:
    return median_low((each.changed_mb or 0) / each.days for each in changes)


def _is_large(change: Change, usual: float | None) -> bool:
    if usual is None or change.changed_mb is None or change.safety or not change.incremental:
        return False
    return change.changed_mb >= LEAST_MB and change.changed_mb >= TIMES * usual


def _follows_restore(change: Change, changes: Sequence[Change]) -> bool:
    """Return whether a restore left a safety backup between this backup and the one before."""
    earlier = [each for each in changes if each.at < change.at]
    return bool(earlier) and max(earlier, key=lambda each: each.at).safety


def _recurs(change: Change, changes: Sequence[Change]) -> bool:
    """Return whether others on the same weekday, in different weeks, added as much."""
    size = change.changed_mb or 0
    alike = [
        each
        for each in changes
        if each.incremental
        and not each.safety
        and each.at.weekday() == change.at.weekday()
        and size / _LIKE <= (each.changed_mb or 0) <= size * _LIKE
    ]
    weeks = {(each.at.date() - timedelta(days=each.at.weekday())) for each in alike}
    return len(weeks) >= _FEWEST


def suspicion(
    session: Context,
    resource: ResourceRef,
    *,
    explained: Iterable[date | str] | date | str = (),
    newest: int = 60,
    tags: Tags = None,
) -> pd.DataFrame:
    """Judge the backups of a resource by what each of them added.

    The service tells sizes, not content. Encryption by malware rewrites most of a disk and shows
    as a jump; slow damage, or damage while a large backup expires, does not. So ``quiet`` means
    "as large as usual", and nothing more.

    Args:
        resource: a server, disk or file system, also one that exists no more.
        explained: days (UTC) whose jumps you can explain, such as ``["2026-11-03"]``: they are
            not held against the backups after them.
        newest: how many of its newest backups to look at; a request for each.
        tags: only if the resource has these tags today, as in :meth:`resources`; else there are
            no rows.

    Returns:
        The columns of ``cbr.schema("suspicion")``, newest first. ``verdict`` is ``quiet``,
        ``jump`` (five times the usual and 10 MB at least), ``after_jump``, ``unjudged`` (a full
        backup, or too little is known) or ``safety`` (made by a restore).

    Raises:
        NotFound: there is no such resource and no backup of one.
        InvalidRequest: a name fits several resources, or ``newest``, a day or ``tags`` cannot be
            read.

    API: Restore Point, "Querying a Specified Restore Point"; Backup, "Querying All
    Backups"; Vault, "Querying a Specified Vault".

    Example:
        >>> session.cloud.ransomware("web-01")
        ['vda:/etc/hostname', 'vda:/etc/motd', 'vda:/var/www/index.html']
        >>> session.cloud.advance(days=2)
        datetime.datetime(2020, 8, 19, 3, 51, 24, tzinfo=datetime.timezone.utc)
        >>> session.suspicion("web-01")["verdict"].head(3).tolist()
        ['after_jump', 'jump', 'quiet']
    """
    chosen = TagChoice(session, tags)
    named = [explained] if isinstance(explained, date | str) else listed(explained, "explained")
    days = [_day(each) for each in named]
    rows = changes_of(session, resource, newest, chosen)
    changes = [
        Change(
            row.backup["created_at"].to_pydatetime(),
            row.changed,
            bool(row.backup["incremental"]),
            row.days,
            row.whole,
            is_safety_backup(row.backup["name"], row.backup.get("description")),
        )
        for row in rows
    ]
    answers = [
        row.answer(verdict=found.verdict, usual_mb=found.usual_mb, reason=found.reason)
        for row, found in zip(rows, judge(changes, days), strict=True)
    ]
    return chosen.answer(frames.SUSPICION, answers, {"newest": newest})


def last_quiet_backup(
    session: Context,
    resource: ResourceRef,
    *,
    before: TimeLike | None = None,
    explained: Iterable[date | str] | date | str = (),
    accept_unjudged: bool = False,
) -> Backup:
    """Return the newest usable backup from before the earliest jump that nobody explained.

    A backup that a restore made of what it overwrote is never returned. Quiet means "as large
    as usual": what is in it, only looking at it tells.

    Args:
        resource: a server, disk or file system, also one that exists no more.
        before: only backups made before this: a time, or ``12h``.
        explained: days (UTC) whose jumps you can explain; see :meth:`suspicion`.
        accept_unjudged: also take one that cannot be judged, if it is newer.

    Raises:
        NotFound: there is no such backup, or none that can be judged.
        InvalidRequest: a time cannot be read, or a name fits several resources.

    API: Restore Point, "Querying a Specified Restore Point"; Backup, "Querying a Specified
    Backup".

    Example:
        >>> backup = session.last_quiet_backup("web-01", before="12h")
        >>> backup.created_at[:16]
        '2020-08-16T03:00'
    """
    until = session.now if before is None else parse_time(before, session.now, "before")
    table = suspicion(session, resource, explained=explained)
    good = set(lists.backups(session, resource=resource, status=BACKUP_AVAILABLE)["id"])
    usable = [
        row
        for row in table.to_dict("records")
        if row["backup_id"] in good and row["created_at"].to_pydatetime() <= until
    ]
    wanted = ("quiet", "unjudged") if accept_unjudged else ("quiet",)
    for row in usable:
        if row["verdict"] in wanted:
            return find_backup(session, str(row["backup_id"]))
    what = ", ".join(ids_or_names(resource, "resource"))
    unjudged = sum(row["verdict"] == "unjudged" for row in usable)
    if unjudged:
        raise NotFound(
            f"No backup of {what} from before {until:%Y-%m-%d %H:%M} UTC can be called quiet: "
            f"{unjudged} cannot be judged by what they added.",
            advice="session.suspicion(...) says why of each. Take the newest of them with "
            "accept_unjudged=True, or name a backup yourself.",
        )
    raise NotFound(
        f"There is no quiet backup of {what} from before {until:%Y-%m-%d %H:%M} UTC.",
        advice="session.suspicion(...) shows all of them; a jump that you can explain is left "
        'out by explained=["2026-11-03"].',
    )


def _day(value: date | str) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (ValueError, TypeError):
        raise InvalidRequest(
            f"{value!r} is not a day.", advice='Write it as "2026-11-03".', field="explained"
        ) from None
