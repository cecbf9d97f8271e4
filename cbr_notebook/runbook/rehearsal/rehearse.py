"""Tonight's restore, carried out on a twin first."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from cbr_notebook.errors import CBRError
from cbr_notebook.runbook.plan.checks import Check
from cbr_notebook.runbook.plan.verdict import URGENCY
from cbr_notebook.runbook.rehearsal.twin import make_twin
from cbr_notebook.session import Session
from cbr_notebook.text.dtypes import TEXT, utc_times
from cbr_notebook.text.formatting import format_duration, pluralize
from cbr_notebook.text.timeparse import parse_api_time

if TYPE_CHECKING:
    import pandas as pd

_MB_IN_GB = 1024


@dataclass(frozen=True, slots=True)
class RehearsedStep:
    """One task of the service in the rehearsal."""

    at: datetime
    what: str
    resource: str
    outcome: str
    seconds: float
    own: bool
    """Whether the restore asked for it; else it came in between."""
    detail: str


@dataclass(frozen=True, slots=True)
class VaultFill:
    """How full a vault was before and after, in GB."""

    name: str
    size_gb: float
    before_gb: float
    after_gb: float

    @property
    def full(self) -> bool:
        """Whether it takes no more backups."""
        return self.after_gb >= self.size_gb


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a restore did on a twin: refused, filled up, how long, what came in between."""

    refused: tuple[str, ...]
    """Why it was refused or failed, in words; empty if it came to its end."""
    moved: tuple[str, ...]
    """Checks that come out worse on the twin than in the plan, in words."""
    warnings: tuple[str, ...]
    """The warnings that have to be acknowledged."""
    steps: tuple[RehearsedStep, ...]
    fills: tuple[VaultFill, ...]
    """The vaults that changed, or are full."""
    duration: timedelta
    measured: bool
    """Whether the duration comes from tasks of the account; else from the twin's own pace."""
    unknown: tuple[tuple[str, str], ...]
    """What the twin cannot know, and what that means."""

    def __bool__(self) -> bool:
        """Return whether it came to its end."""
        return not self.refused

    @property
    def between(self) -> tuple[RehearsedStep, ...]:
        """What came in between, such as the runs of policies."""
        return tuple(each for each in self.steps if not each.own)

    @property
    def frame(self) -> pd.DataFrame:
        """The tasks of the rehearsal in the order of their beginning.

        Returns:
            ``at`` (UTC), ``what``, ``resource``, ``outcome`` (text), ``seconds`` (float64),
            ``own`` (bool: of the restore itself), ``detail`` (text).
        """
        import pandas as pd

        steps = self.steps
        texts = {
            name: pd.Series([getattr(each, name) for each in steps], dtype=TEXT)
            for name in ("what", "resource", "outcome", "detail")
        }
        return pd.DataFrame(
            {
                "at": utc_times(each.at for each in steps),
                "what": texts["what"],
                "resource": texts["resource"],
                "outcome": texts["outcome"],
                "seconds": pd.Series([each.seconds for each in steps], dtype="float64"),
                "own": pd.Series([each.own for each in steps], dtype="bool"),
                "detail": texts["detail"],
            }
        )

    def lines(self) -> list[str]:
        """Return in words what it came to."""
        lines = []
        if self.refused:
            lines += [f"Refused: {each}" for each in self.refused]
        else:
            lines.append("It came to its end on the twin.")
        lines += [f"Not as in the plan: {each}" for each in self.moved]
        basis = "as tasks of the account took" if self.measured else "by the twin's own pace"
        lines.append(f"Duration: {format_duration(self.duration)}, {basis}.")
        for each in self.fills:
            full = ", which is full" if each.full else ""
            lines.append(
                f"Vault {each.name}: {each.before_gb:.1f} GB before, {each.after_gb:.1f} of "
                f"{each.size_gb:.0f} GB afterwards{full}."
            )
        for step in self.between:
            lines.append(
                f"In between, at {step.at:%H:%M} UTC: {step.what} of {step.resource}, "
                f"{step.outcome}. {step.detail}".rstrip()
            )
        if self.warnings:
            lines.append(f"To acknowledge: {', '.join(self.warnings)}.")
        lines.append(f"Not known to the twin: {', '.join(what for what, _ in self.unknown)}.")
        return lines

    def __repr__(self) -> str:
        return "\n".join(
            ["Rehearsal on a simulated twin; the account was only read.", *self.lines()]
        )

    def _repr_html_(self) -> str:
        words = "".join(f"<li>{html.escape(line)}</li>" for line in self.lines())
        said = "refused" if self.refused else f"{pluralize(len(self.steps), 'task')}, no refusal"
        return f"<p><b>Rehearsal on a simulated twin: {said}</b></p><ul>{words}</ul>"


@dataclass(frozen=True, slots=True)
class PlanOnTwin:
    """A plan on a twin, ready to be carried out there."""

    checks: Sequence[Check]
    to_accept: Sequence[str]
    """The names of the warnings to accept."""
    carry_out: Callable[[], Sequence[str]]
    """Carries it out, and returns its problems in words."""


def rehearse(
    session: Session,
    checks: Mapping[str, str],
    plan: Callable[[Session, Path], PlanOnTwin],
    restore_seconds: Mapping[str, float],
    targets: Mapping[str, str],
    backup_ids: Iterable[str],
) -> Rehearsal:
    """Carry something out on a twin of a session's account.

    Args:
        session: whose account; it is only read.
        checks: outcomes of the plan's checks, by name.
        plan: plans on the twin, with journals in a folder.
        restore_seconds: how long the restores are expected to take, by the target's ID.
        targets: the names of what is restored, by ID.
        backup_ids: the backups that are restored.
    """
    with make_twin(session, restore_seconds, backup_ids) as mirror, TemporaryDirectory() as folder:
        before, began = _used(mirror), mirror.now
        planned, refused = None, list[str]()
        try:
            planned = plan(mirror, Path(folder))
            refused += planned.carry_out()
        except CBRError as problem:
            refused.append(problem.message)
        duration = mirror.now - began
        steps = _steps(mirror, began, targets)
        after = _used(mirror)
        moved = [
            f"{each.name}: {each.seen}"
            for each in (planned.checks if planned else ())
            if each.outcome in ("warn", "fail")
            and URGENCY.index(each.outcome) > URGENCY.index(checks.get(each.name, "pass"))
        ]
        return Rehearsal(
            refused=tuple(dict.fromkeys(refused)),
            moved=tuple(dict.fromkeys(moved)),
            warnings=tuple(dict.fromkeys(planned.to_accept if planned else ())),
            steps=steps,
            fills=tuple(
                fill
                for key, (name, size, used) in after.items()
                for fill in [VaultFill(name, size, before[key][2] if key in before else 0.0, used)]
                if fill.full or fill.after_gb != fill.before_gb
            ),
            duration=duration,
            measured=set(targets) <= set(restore_seconds),
            unknown=tuple(mirror.cloud.unknown),
        )


def _used(mirror: Session) -> dict[str, tuple[str, float, float]]:
    return {
        each.id: (
            each.name or each.id,
            float(each.billing.size or 0),
            (each.billing.used or 0) / _MB_IN_GB,
        )
        for each in mirror.client.vaults.list_all()
    }


def _steps(
    mirror: Session, since: datetime, targets: Mapping[str, str]
) -> tuple[RehearsedStep, ...]:
    found = []
    for task in mirror.client.tasks.list_all():
        began = parse_api_time(task.created_at)
        if began is None or began < since:
            continue
        ended = parse_api_time(task.ended_at) or mirror.now
        info: Any = task.extra_info
        resource = info.resource if info else None
        own = bool(resource and resource.id in targets) and task.policy_id is None
        error = task.error_info
        detail = (error.message or error.code or "") if error else ""
        found.append(
            RehearsedStep(
                began,
                task.operation_type or "task",
                (resource.name if resource else None) or task.vault_name or "the account",
                task.status or "unknown",
                (ended - began).total_seconds(),
                own,
                detail,
            )
        )
    return tuple(sorted(found, key=lambda each: each.at))
