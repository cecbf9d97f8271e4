"""Runs of a policy that left nothing behind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from cbr_notebook.schedule.runs import known_runs
from cbr_notebook.text.timeparse import parse_api_time

if TYPE_CHECKING:
    from cbr_notebook.api.messages.records import Policy

_AT_WORK = timedelta(hours=1)
_BACK = (2, 8, 40, 400)
"""So many days are looked back for the last run, as many as are needed."""
_EVER = datetime.min.replace(tzinfo=UTC)


def missed_runs(
    policy: Policy, taken: Sequence[datetime], now: datetime, days: int
) -> list[datetime]:
    """Return the runs of the last days between which and the next no good backup was made.

    The policy's runs count from when it says that it started.

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
    # Before it started the policy ran at other times, if at all.
    start = max(now - timedelta(days=min(days, age) if age > 0 else days), _begun(policy))
    # What the policy deleted is no gap: its number of backups reaches back only so far.
    first = taken[-kept] if 0 < kept <= len(taken) else taken[0]
    expected = known_runs(policy, start, now)
    missed = []
    for run, following in pairwise([*expected, now]):
        if run < first or run > now - _AT_WORK:
            continue
        if not any(run <= moment < following for moment in taken):
            missed.append(run)
    return missed


def last_due(policies: Iterable[Policy], now: datetime) -> datetime | None:
    """Return the last run that should have left a good backup by now; ``None`` without one.

    Counted are enabled policies, from the day on that they say they start. A run of the last hour
    may be at work.

    Args:
        policies: the backup policies of a vault.
        now: the present moment.
    """
    until = now - _AT_WORK
    found = []
    for policy in policies:
        if not policy.enabled:
            continue
        for days in _BACK:
            start = max(until - timedelta(days=days), _begun(policy))
            if start < until and (expected := known_runs(policy, start, until)):
                found.append(expected[-1])
                break
    return max(found, default=None)


def _begun(policy: Policy) -> datetime:
    """Return from when on a policy has run as it does now, as far as it says."""
    properties = policy.trigger.properties if policy.trigger else None
    return (parse_api_time(properties.start_time) if properties else None) or _EVER
