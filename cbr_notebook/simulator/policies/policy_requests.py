"""What may be asked of policies: their requests, with what makes one unacceptable."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from cbr_notebook.simulator.policies import recurrence_rules
from cbr_notebook.simulator.policies.retention_rules import DAYS, LONG_TERM, MONTHS, WEEKS, short
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.fields import Name

Keep = Annotated[int, Meta(ge=0, le=100)]
Limit = Annotated[int, Meta(ge=-1, le=99999)]
Zone = Annotated[str, Meta(pattern=r"^UTC(\+(0[0-9]|1[0-4])|-(0[0-9]|1[0-2])):[0-5][0-9]$")]
Region = Annotated[str, Meta(max_length=255, pattern=r"^[a-zA-Z0-9._\-]*$")]
MonthDay = Annotated[int, Meta(ge=-1, le=28)]
RetentionType = Literal["Weekly", "Monthly"]


class WeeklyRule(msgspec.Struct, omit_defaults=True):
    """Keep the backups of some days of the week longer."""

    days_of_week: list[str] | UnsetType = UNSET
    retention_duration_periods: Annotated[int, Meta(ge=-1, le=5200)] | UnsetType = UNSET


class MonthlyRule(msgspec.Struct, omit_defaults=True):
    """Keep the backups of some days of the month longer."""

    retention_type: RetentionType | UnsetType = UNSET
    retention_weeks: list[str] | UnsetType = UNSET
    days_of_week: list[str] | UnsetType = UNSET
    days_of_month: list[MonthDay] | UnsetType = UNSET
    retention_duration_periods: Annotated[int, Meta(ge=-1, le=1200)] | UnsetType = UNSET


class YearlyRule(msgspec.Struct, omit_defaults=True):
    """Keep the backups of some days of the year longer."""

    retention_type: RetentionType | UnsetType = UNSET
    retention_months: list[str] | UnsetType = UNSET
    retention_weeks: list[str] | UnsetType = UNSET
    days_of_week: list[str] | UnsetType = UNSET
    days_of_month: list[MonthDay] | UnsetType = UNSET
    retention_duration_periods: Annotated[int, Meta(ge=-1, le=100)] | UnsetType = UNSET


class AdvancedRules(msgspec.Struct, omit_defaults=True):
    """Rules that keep chosen backups for weeks, months or years."""

    weekly_retention_rules: WeeklyRule | UnsetType = UNSET
    monthly_retention_rules: MonthlyRule | UnsetType = UNSET
    yearly_retention_rules: YearlyRule | UnsetType = UNSET


class Definition(msgspec.Struct, omit_defaults=True):
    """How long backups are kept, or where they are replicated to."""

    max_backups: Limit | UnsetType = UNSET
    retention_duration_days: Limit | UnsetType = UNSET
    day_backups: Keep | UnsetType = UNSET
    week_backups: Keep | UnsetType = UNSET
    month_backups: Keep | UnsetType = UNSET
    year_backups: Keep | UnsetType = UNSET
    timezone: Zone | UnsetType = UNSET
    full_backup_interval: Annotated[int, Meta(ge=-1, le=100)] | UnsetType = UNSET
    destination_project_id: str | UnsetType = UNSET
    destination_region: Region | UnsetType = UNSET
    enable_acceleration: bool | UnsetType = UNSET
    cross_account_urn: str | UnsetType = UNSET
    advanced_retention_rules: AdvancedRules | UnsetType = UNSET


class TriggerProperties(msgspec.Struct):
    """The recurrence rules."""

    pattern: list[str]
    start_window_minutes: int | None = None


class Trigger(msgspec.Struct):
    """When the policy runs."""

    properties: TriggerProperties


class PolicyCreate(msgspec.Struct):
    """A new policy."""

    name: Name
    operation_type: str
    operation_definition: Definition
    trigger: Trigger
    enabled: bool = True


class PolicyCreateReq(msgspec.Struct):
    """The body of "Creating a Policy"."""

    policy: PolicyCreate


class PolicyUpdate(msgspec.Struct):
    """The members of a policy that change."""

    name: Name | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    operation_definition: Definition | UnsetType = UNSET
    trigger: Trigger | UnsetType = UNSET


class PolicyUpdateReq(msgspec.Struct):
    """The body of "Modifying a Policy"."""

    policy: PolicyUpdate


class AssociateReq(msgspec.Struct):
    """The body of "Applying a Policy to a Vault"."""

    policy_id: str | None = None
    add_policy_ids: list[str] | None = None
    destination_vault_id: str | None = None


class DissociateReq(msgspec.Struct):
    """The body of "Removing a Policy from a Vault"."""

    policy_id: str


def check_definition(definition: dict[str, Any], operation_type: str) -> None:
    """Refuse with 9900 a definition whose members do not go together."""
    if any(definition.get(name) for name in LONG_TERM) and not definition.get("timezone"):
        raise ApiError("9900")
    if operation_type == "replication":
        for name in ("destination_project_id", "destination_region"):
            if not definition.get(name):
                raise ApiError("9900")
    rules = definition.get("advanced_retention_rules") or {}
    for rule in filter(None, rules.values()):
        _check_rule(rule)


def _check_rule(rule: dict[str, Any]) -> None:
    """Refuse an advanced rule that names no days, or days that there are not."""
    _check_words(rule.get("days_of_week", ()), DAYS, 2)
    _check_words(rule.get("retention_weeks", ()), WEEKS, 5)
    _check_words(rule.get("retention_months", ()), MONTHS, 3)
    if 0 in rule.get("days_of_month", ()) or rule.get("retention_duration_periods") == 0:
        raise ApiError("9900")
    by_week = bool(rule.get("retention_weeks") or rule.get("days_of_week"))
    by_day = bool(rule.get("days_of_month"))
    kind = rule.get("retention_type")
    if (kind == "Weekly" and by_day) or (kind == "Monthly" and by_week):
        raise ApiError("9900")
    if rule.get("retention_duration_periods", -1) >= 1 and not (by_week or by_day):
        raise ApiError("9900")


def _check_words(given: Iterable[str], known: tuple[str, ...], letters: int) -> None:
    if any(short(word, known, letters) is None for word in given):
        raise ApiError("9900")


def check_trigger(trigger: Trigger, now: int) -> None:
    """Refuse with 9900 the times at which no policy can run."""
    recurrence_rules.check(trigger.properties.pattern, now)
    window = trigger.properties.start_window_minutes
    if window is not None and not 60 <= window <= 480:
        raise ApiError("9900")
