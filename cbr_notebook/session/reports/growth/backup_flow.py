"""How many backups a vault gains and loses a day, by number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from cbr_notebook.api.messages.records import Policy


@dataclass(frozen=True, slots=True)
class BackupFlow:
    """Backups made, and backups that leave by the rules, a day."""

    made: float
    leaving: float

    @property
    def a_day(self) -> float:
        """Backups more a day; never less than none, for a forecast of what fills up."""
        return max(0.0, self.made - self.leaving)

    @classmethod
    def of(
        cls, backups: pd.DataFrame, policies: Sequence[Policy], now: datetime, days: int
    ) -> BackupFlow:
        """Read it from a vault's good backups and its policies.

        Args:
            backups: rows of the vault, of the backups' schema.
            policies: its backup policies.
            now: the present moment.
            days: how many days to look back, and ahead for what leaves.
        """
        if backups.empty:
            return cls(0.0, 0.0)
        window = timedelta(days=days)
        created = backups["created_at"]
        # Whole days: a backup made this morning stands for a day, not for some hours.
        lived = ceil((now - created.min().to_pydatetime()) / timedelta(days=1))
        length = max(1, min(days, lived))
        recent = backups[created > now - window]
        dated = backups["expired_at"].notna()
        automatic = backups["auto_trigger"].fillna(False).astype(bool) & ~dated
        leaving = _expiring(backups[dated], now, window)
        for policy in policies:
            definition = policy.operation_definition
            if definition is None or not policy.enabled:
                continue
            age, kept = definition.retention_duration_days or -1, definition.max_backups or -1
            if age > 0:
                # No further ahead than the age: what is made from now on would leave, too.
                ahead = min(window, timedelta(days=age))
                due = automatic & (created <= now - timedelta(days=age) + ahead)
                leaving += float(due.sum()) / (ahead / timedelta(days=1))
            elif kept > 0:
                leaving += _replaced(backups[automatic], now - window, kept) / length
        return cls(len(recent) / length, leaving)


def _expiring(dated: pd.DataFrame, now: datetime, window: timedelta) -> float:
    """Return how many backups with an expiry date leave a day.

    No further ahead than such backups live: what is made from now on would leave, too.
    """
    if dated.empty:
        return 0.0
    days = (dated["expired_at"] - dated["created_at"]).dt.total_seconds().median() / 86_400
    lives = timedelta(days=float(days))
    ahead = max(timedelta(days=1), min(window, lives))
    leaving = int((dated["expired_at"] <= now + ahead).sum())
    return leaving / (ahead / timedelta(days=1))


def _replaced(automatic: pd.DataFrame, since: datetime, kept: int) -> float:
    """Count the recent backups of resources that have as many as are kept: each drove one out."""
    number = automatic["resource_id"].value_counts()
    full = set(number[number >= kept].index)
    recent = automatic[automatic["created_at"] > since]
    return float(recent["resource_id"].isin(full).sum())
