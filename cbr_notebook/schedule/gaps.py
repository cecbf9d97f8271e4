"""Runs of a policy that left nothing behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from cbr_notebook.schedule.runs import runs

if TYPE_CHECKING:
    from cbr_notebook.api.messages.records import Policy

_AT_WORK = timedelta(hours=1)


def missed_runs(
    policy: Policy, taken: Sequence[datetime], now: datetime, days: int
) -> list[datetime]:
    """Return the runs of the last days between which and the next no good backup was made.

    Args:
        policy: whose runs.
        taken: the moments of a resource's good backups, in order.
        now: the present moment.
        days: how many days to look back.
    """
    if not taken:
        return []
    definition = policy.operation_definition
    kept = (definition.max_backups if definition else None) or -1
    age = (definition.retention_duration_days if definition else None) or -1
    start = now - timedelta(days=min(days, age) if age > 0 else days)
    # What the policy deleted is no gap: its number of backups reaches back only so far.
    first = taken[-kept] if 0 < kept <= len(taken) else taken[0]
    expected = runs(policy, start, now)
    missed = []
    for run, following in pairwise([*expected, now]):
        if run < first or run > now - _AT_WORK:
            continue
        if not any(run <= moment < following for moment in taken):
            missed.append(run)
    return missed
