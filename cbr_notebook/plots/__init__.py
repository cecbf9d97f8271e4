"""Pictures from DataFrames: drawn in black and white as well, and told in words.

``session.plots`` asks the session for what a picture needs; the modules draw it from the
tables, without asking anybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbr_notebook.api.messages.statuses import BACKUP_AVAILABLE
from cbr_notebook.plots import calendar, capacity, changes, durations, growth, timeline
from cbr_notebook.session.filters import check_days
from cbr_notebook.session.permission_gaps import if_permitted
from cbr_notebook.text.timeparse import parse_duration

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from cbr_notebook.histories.memory import DayLike, History
    from cbr_notebook.session import Session
    from cbr_notebook.session.tag_filters import Tags
    from cbr_notebook.text.timeparse import DurationLike, TimeLike

__all__ = [
    "HistoryPlots",
    "Plots",
    "alt_text",
    "calendar",
    "capacity",
    "changes",
    "durations",
    "growth",
    "timeline",
]


def alt_text(axes: Axes) -> str:
    """Return what a picture shows, in words; empty for axes that are not of this package."""
    return str(getattr(axes, "alt_text", ""))


class Plots:
    """The pictures of a session. Each gives Matplotlib axes, which a notebook shows.

    The axes carry an alternative text, which goes with the picture; :func:`alt_text` gives it.
    They belong to no global state: what ends a cell is shown, once, and nothing else is. Of
    more rows than can be read, those that need a look are drawn, and the title says so.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def __repr__(self) -> str:
        return "<Plots: capacity, calendar, recovery_points, durations>"

    def capacity(self, *, days: int = 30, tags: Tags = None, ax: Axes | None = None) -> Axes:
        """Draw how full each vault is, in percent, with threshold and projected day.

        Args:
            days: how many days to look back for the growth.
            tags: only vaults with these tags, as in ``session.vaults``.
            ax: where to draw; new axes if left out.

        Raises:
            InvalidRequest: ``days`` is out of range, or ``tags`` cannot be read.
        """
        return capacity.draw(self._session.capacity(days=days, tags=tags), ax)

    def calendar(self, *, days: int = 30, tags: Tags = None, ax: Axes | None = None) -> Axes:
        """Draw the backups a resource and day: good, partial, failed, missing.

        Args:
            days: how many days, today the last of them.
            tags: only resources that have these tags today, as in ``session.resources``.
            ax: where to draw; new axes if left out.

        Raises:
            InvalidRequest: ``days`` is out of range, or ``tags`` cannot be read.
            PermissionDenied: one may not list backups; of what else one may not read the picture
                says that it was not seen.
        """
        check_days(days)
        session = self._session
        since = f"{days}d"
        return calendar.draw(
            session.backups(since=since, tags=tags),
            if_permitted("Failed days", lambda: session.failures(since=since, tags=tags)),
            if_permitted("Missing days", lambda: session.gaps(days=days, tags=tags)),
            if_permitted("Resources without a backup", lambda: session.vault_resources(tags=tags)),
            now=session.now,
            days=days,
            ax=ax,
        )

    def recovery_points(
        self, *, target: DurationLike = "24h", tags: Tags = None, ax: Axes | None = None
    ) -> Axes:
        """Draw the moments that each resource can be brought back to.

        Args:
            target: the age that the newest may have: ``24h``, ``7d``.
            tags: only resources that have these tags today, as in ``session.resources``.
            ax: where to draw; new axes if left out.

        Raises:
            InvalidRequest: the target is not a length of time, or ``tags`` cannot be read.
        """
        session = self._session
        return timeline.draw(
            session.recovery_points(target=target, tags=tags),
            session.backups(status=BACKUP_AVAILABLE, tags=tags),
            now=session.now,
            target=parse_duration(target, "target"),
            ax=ax,
        )

    def durations(
        self, *, since: TimeLike = "30d", tags: Tags = None, ax: Axes | None = None
    ) -> Axes:
        """Draw how long tasks took, by kind, in minutes or hours.

        Args:
            since: begun after this: a time, or ``7d``, ``12h``.
            tags: only of resources that have these tags today, as in ``session.resources``.
            ax: where to draw; new axes if left out.

        Raises:
            InvalidRequest: the time or ``tags`` cannot be read.
        """
        return durations.draw(self._session.tasks(since=since, tags=tags), ax)


class HistoryPlots:
    """The pictures of a history, as :class:`Plots` are those of a session."""

    def __init__(self, history: History) -> None:
        self._history = history

    def __repr__(self) -> str:
        return "<HistoryPlots: growth, changes>"

    def growth(self, *, ax: Axes | None = None) -> Axes:
        """Draw what was used of each vault on each day, in percent; the fullest vaults.

        Args:
            ax: where to draw; new axes if left out.
        """
        return growth.draw(self._history.growth_by_day(), ax)

    def changes(self, table: str, since: DayLike = "30d", *, ax: Axes | None = None) -> Axes:
        """Draw how many rows of a table came, changed and went on each day.

        Args:
            table: such as ``backups`` or ``vaults``.
            since: the first day, or how long before the newest one.
            ax: where to draw; new axes if left out.

        Raises:
            InvalidRequest: there is no such table, or the day is none.
        """
        return changes.draw(self._history.changes_by_day(table, since), ax)
