"""How a plan is to be carried out: what was accepted, what is kept, what is to be met."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypedDict, TypeVar

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.runbook.plan.recovery_targets import Targets
from cbr_notebook.runbook.run.approval import Approval, read_approval
from cbr_notebook.runbook.run.safety import (
    PARTIAL,
    SAFETY_KEEP_DAYS,
    SafetyBackup,
    validate_keep_days,
)
from cbr_notebook.runbook.verify.contract import RecoveryContract
from cbr_notebook.text.arguments import texts
from cbr_notebook.text.timeparse import TimeLike

Method = TypeVar("Method", bound=Callable[..., Any])


class FurtherOptions(TypedDict, total=False):
    """The options that plans of one restore and of several take by name only."""

    safety_keep_days: int | None
    rto: timedelta | str | None
    rpo: timedelta | str | None
    incident_at: TimeLike | None
    approval: str | Path | None


@dataclass(frozen=True, slots=True)
class RestoreOptions:
    """The options of one restore, read and found right."""

    acknowledged: tuple[str, ...]
    """The names of the checks whose warnings are accepted."""
    safety_backup: SafetyBackup
    """Whether the present state is backed up first."""
    safety_keep_days: int | None
    """After how many days the safety backup is deleted; ``None``: never."""
    targets: Targets
    contract: RecoveryContract | None = None
    """What "works again" means; its probes are part of each verification."""
    approval: Approval | None = None
    """The yes of a second person."""

    @classmethod
    def of(
        cls,
        now: datetime,
        acknowledge: str | Sequence[str] = (),
        *,
        safety_backup: SafetyBackup = True,
        safety_keep_days: int | None = SAFETY_KEEP_DAYS,
        rto: timedelta | str | None = None,
        rpo: timedelta | str | None = None,
        incident_at: TimeLike | None = None,
        contract: RecoveryContract | None = None,
        approval: str | Path | None = None,
    ) -> RestoreOptions:
        """Read options as people give them.

        Raises:
            InvalidRequest: one cannot be read, or is out of range.
        """
        if safety_backup not in (True, False, PARTIAL):
            raise InvalidRequest(
                f"safety_backup cannot be {safety_backup!r}.",
                advice=f"Say True, False, or {PARTIAL!r}: only the disks that can come back.",
                field="safety_backup",
            )
        if not safety_backup and safety_keep_days == SAFETY_KEEP_DAYS:
            safety_keep_days = None  # the default says nothing of a backup that is not made
        validate_keep_days(safety_keep_days, safety_backup)
        if contract is not None:
            rto = contract.recovery_time if rto is None else rto
            rpo = contract.recovery_point if rpo is None else rpo
        targets = Targets.of(now, rto, rpo, incident_at)
        approved = None if approval is None else read_approval(approval)
        names = names_of(acknowledge, "acknowledge")
        return cls(names, safety_backup, safety_keep_days, targets, contract, approved)


def names_of(given: str | Sequence[str], field: str) -> tuple[str, ...]:
    """Return names that were given as one or as several."""
    return tuple(texts(given, field))


def with_further_options(method: Method) -> Method:
    """Return a method whose signature shows each of its ``FurtherOptions``.

    Type checkers know them by their type; notebooks and help ask for the signature.
    """
    shown = inspect.signature(method)
    own = [each for each in shown.parameters.values() if each.kind is not each.VAR_KEYWORD]
    options = inspect.signature(RestoreOptions.of).parameters
    further = [options[name] for name in FurtherOptions.__annotations__]
    method.__signature__ = shown.replace(parameters=[*own, *further])  # type: ignore[attr-defined]
    return method
