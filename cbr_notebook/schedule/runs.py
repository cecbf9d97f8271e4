"""When policies run: the moments that their recurrence rules name, in UTC."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cbr_notebook.errors import ServiceError
from cbr_notebook.text.notes import tell

if TYPE_CHECKING:
    from cbr_notebook.api.messages.records import Policy


_ANY_DAY = datetime(2026, 1, 1)


def runs(policy: Policy, start: datetime, end: datetime) -> list[datetime]:
    """Return the runs of a policy after a moment and until another, in order.

    Args:
        policy: which one; whether it is enabled does not matter here.
        start: after this.
        end: until this.

    Raises:
        ServiceError: a rule of the policy cannot be read.
    """
    properties = policy.trigger.properties if policy.trigger else None
    if properties is None:
        return []
    first_day = _first_day(properties.start_time, start)
    found = {
        run for rule in properties.pattern or () for run in _of_rule(rule, first_day, start, end)
    }
    return sorted(found)


def known_runs(policy: Policy, start: datetime, end: datetime) -> list[datetime]:
    """Return the runs of a policy, as :func:`runs`; none, with a warning, where they are not known.

    For tables of many policies, which one strange rule must not end.
    """
    try:
        return runs(policy, start, end)
    except ServiceError as problem:
        tell(
            f"{problem.message} When {policy.name or policy.id!r} runs is not known, and is left "
            "out. Write the rule anew with session.update_policy(policy, pattern=[...]).",
            stacklevel=2,
        )
        return []


def tells_runs(policy: Policy) -> bool:
    """Return whether a policy has rules, and all of them can be read."""
    properties = policy.trigger.properties if policy.trigger else None
    rules = (properties.pattern if properties else None) or ()
    try:
        for rule in rules:
            _recurrence(rule, _ANY_DAY)
    except ServiceError:
        return False
    return bool(rules)


def of_rules(
    rules: Iterable[str], start: datetime, end: datetime, *, of: Policy | None = None
) -> list[datetime]:
    """Return the runs that recurrence rules name after a moment and until another, in order.

    Args:
        rules: recurrence rules.
        start: after this.
        end: until this.
        of: the policy that has them, or would: from the day on which it began, every second or
            third day is counted; without one from the day of ``start``.

    Raises:
        ServiceError: a rule cannot be read.
    """
    properties = of.trigger.properties if of and of.trigger else None
    first_day = _first_day(properties.start_time if properties else None, start)
    return sorted({run for rule in rules for run in _of_rule(rule, first_day, start, end)})


def _first_day(text: str | None, otherwise: datetime) -> datetime:
    """Return the midnight from which every second or third day is counted."""
    try:
        day = datetime.fromisoformat(text) if text else otherwise
    except ValueError:
        day = otherwise
    day = day.astimezone(UTC) if day.tzinfo else day
    return day.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)


def _of_rule(rule: str, first_day: datetime, start: datetime, end: datetime) -> Iterator[datetime]:
    low, high = (each.astimezone(UTC).replace(tzinfo=None) for each in (start, end))
    for run in _recurrence(rule, first_day).xafter(low):
        if run > high:
            return
        yield run.replace(tzinfo=UTC)


@lru_cache(maxsize=256)
def _recurrence(rule: str, first_day: datetime) -> Any:
    """Return a rule as it was read; each table asks for the same few again and again.

    Raises:
        ServiceError: the rule cannot be read.
    """
    from dateutil.rrule import rrulestr

    # An interval of nought never ends in dateutil: nothing but a damaged rule has one.
    problem = ServiceError(
        f"The policy's rule {rule!r} cannot be read.",
        advice="Write it anew with session.update_policy(policy, pattern=[...]).",
    )
    if "FREQ=" not in rule or "INTERVAL=0" in rule:
        raise problem
    try:
        return rrulestr(rule, dtstart=first_day)
    except (ValueError, TypeError):
        raise problem from None
