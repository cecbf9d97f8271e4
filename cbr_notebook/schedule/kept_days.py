"""For how many days a policy keeps backups, whatever rule says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import inf
from typing import TYPE_CHECKING, Any

import msgspec

from cbr_notebook.errors import CBRError
from cbr_notebook.schedule.retention import Retention
from cbr_notebook.schedule.runs import of_rules

if TYPE_CHECKING:
    from cbr_notebook.api.messages.records import Policy

_WEEKS = 52
_DAYS = {"day_backups": 1, "week_backups": 7, "month_backups": 30, "year_backups": 365}
_BEGIN = datetime(2024, 1, 1, tzinfo=UTC)


def kept_days(policy: Policy) -> float | None:
    """Return for how many days a policy keeps its backups.

    By days as they are; by number, that many times the usual time between two runs; both, the
    shorter. Of daily, weekly, monthly and yearly backups the newest of each period is kept, and
    the present one counts: one a year is but the newest of all, and three a month reach two
    months back. The longest counts: something is kept so long. For ever is infinite.

    ``None`` where it cannot be told: a rule cannot be read, or a number without a schedule.
    """
    definition = policy.operation_definition
    if definition is None:
        return None
    properties = policy.trigger.properties if policy.trigger else None
    rules = (properties.pattern if properties else None) or ()
    return kept_days_of(msgspec.to_builtins(definition), rules)


def kept_days_of(definition: Mapping[str, Any], rules: Sequence[str]) -> float | None:
    """Return for how many days a definition keeps the backups that recurrence rules make."""
    try:
        retention = Retention.of(definition)
        if retention.for_ever:
            return inf
        spans = [] if retention.days is None else [float(retention.days)]
        periods = {_DAYS[name]: number for name, number in (retention.periods or {}).items()}
        if retention.most is None and not periods:
            return min(spans)
        runs = len(of_rules(rules, _BEGIN, _BEGIN + timedelta(weeks=_WEEKS)))
    except CBRError:
        return None
    if not runs:
        return None
    between = _WEEKS * 7 / runs
    if retention.most is not None:
        # What the periods keep does not count: of the newest, they keep one or all.
        newest = max((n if between >= days else 1 for days, n in periods.items()), default=0)
        spans.append((retention.most + newest) * between)
    besides = [(n - 1) * max(days, between) + between for days, n in periods.items()]
    return round(max([min(spans), *besides] if spans else besides), 1)
