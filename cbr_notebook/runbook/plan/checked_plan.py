"""The plan of a restore: what it would do, whether it can, and what it would cost."""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from cbr_notebook.computed_once import computed_once
from cbr_notebook.runbook.plan.checks import Check, check_all
from cbr_notebook.runbook.plan.facts import BackupFacts, Facts, TargetFacts
from cbr_notebook.runbook.plan.safety_checks import VAULT_ROOM, without_way_back
from cbr_notebook.runbook.plan.survey import survey
from cbr_notebook.runbook.plan.verdict import URGENCY, Outcome
from cbr_notebook.session import Session
from cbr_notebook.session.references import ResourceRef
from cbr_notebook.text.dtypes import TEXT, utc_times
from cbr_notebook.text.formatting import format_duration, pluralize

_MARKS = {"pass": "✓ pass", "warn": "! warn", "fail": "✗ fail", "unknown": "? unknown"}


@dataclass(frozen=True)
class CheckedPlan:
    """What a restore would do, and its checks. Making it sent nothing that changes anything."""

    session: Session
    facts: Facts
    disks: dict[str, str] | None = None
    """The disks that the person named: from the ID of a disk's backup to the ID of a disk."""
    more_checks: tuple[Check, ...] = ()
    """Checks beyond the service's rules, such as of the probes of a recovery contract."""
    approval: str | None = None
    """``two people``: only with the yes of a second person; ``None``: without."""

    # -- what it is about --------------------------------------------------------------------------

    @property
    def backup(self) -> BackupFacts:
        """The backup that would be restored."""
        return self.facts.backup

    @property
    def target(self) -> TargetFacts | None:
        """What would be overwritten, as it is now; ``None`` if it exists no more."""
        return self.facts.target

    @property
    def power_on(self) -> bool:
        """Whether the server would be started afterwards."""
        return self.facts.power_on

    @property
    def made_at(self) -> datetime:
        """When the service was asked for the facts, in UTC."""
        return self.facts.asked_at

    @property
    def confirm_with(self) -> str:
        """What to type to confirm: the target's name, its ID where others bear the name."""
        return self.facts.confirm_with

    @property
    def data_loss(self) -> timedelta:
        """How much work would be lost: the time between the backup and now."""
        return self.facts.data_loss

    @property
    def expected_duration(self) -> timedelta | None:
        """How long it is likely to take, from earlier restores; ``None`` if none compares."""
        return self.facts.expected_duration

    # -- the checks --------------------------------------------------------------------------------

    @computed_once
    def verdicts(self) -> tuple[Check, ...]:
        """The checks as records, in the order in which a person would look.

        They are computed once: a plan never changes, :meth:`refresh` makes a new one.
        """
        return (*check_all(self.facts), *self.more_checks)

    @property
    def checks(self) -> pd.DataFrame:
        """The service's restore rules and a few of common sense, each looked at beforehand.

        Returns:
            One row a check: ``check`` (text), ``outcome`` (category: ``pass``, ``warn``,
            ``fail``, ``unknown``), ``seen``, ``why``, ``error_code`` (the codes that the
            service would answer with), ``to_do`` (text).
        """
        rows = self.verdicts
        return pd.DataFrame(
            {
                "check": pd.Series([each.name for each in rows], dtype=TEXT),
                "outcome": pd.Categorical(
                    [each.outcome.value for each in rows],
                    categories=pd.Index([each.value for each in Outcome], dtype=TEXT),
                ),
                "seen": pd.Series([each.seen for each in rows], dtype=TEXT),
                "why": pd.Series([each.why for each in rows], dtype=TEXT),
                "error_code": pd.Series([each.prevents for each in rows], dtype=TEXT),
                "to_do": pd.Series([each.to_do for each in rows], dtype=TEXT),
            }
        )

    @property
    def problems(self) -> list[str]:
        """What forbids the restore, in words; empty if nothing does."""
        return [f"{each.name}: {each.seen}" for each in self._with(Outcome.FAIL)]

    @property
    def warnings(self) -> list[str]:
        """The names of the checks that must be acknowledged."""
        return [each.name for each in self._with(Outcome.WARN)]

    @property
    def possible(self) -> bool:
        """Whether no check fails."""
        return not self._with(Outcome.FAIL)

    @property
    def no_safety_backup(self) -> Check | None:
        """The check that says why no safety backup can be made; ``None``: one can, by the facts."""
        if not without_way_back(self.facts):
            return None
        return next(each for each in self.verdicts if each.name == VAULT_ROOM)

    @property
    def verdict(self) -> str:
        """Say in a line whether it may be done."""
        failed = self._with(Outcome.FAIL)
        if failed:
            return f"Not possible: {pluralize(len(failed), 'check')} failed"
        without = " only without a safety backup" if self.no_safety_backup else ""
        if warned := len(self.warnings):
            return f"Possible{without}, with {pluralize(warned, 'warning')} to accept"
        return "Possible: no check has anything against it"

    def _with(self, outcome: Outcome) -> list[Check]:
        return [each for each in self.verdicts if each.outcome is outcome]

    # -- what would happen to which disk -----------------------------------------------------------

    @property
    def overwritten(self) -> pd.DataFrame:
        """The disks that would be overwritten.

        Returns:
            One row a disk: ``disk``, ``disk_id``, ``device`` (text), ``size_gb``,
            ``size_after_gb`` (Int64, GB), ``last_written`` (UTC), ``backup_id`` (text),
            ``newer_backups`` (Int64: backups of the target made since, which stay).
        """
        pairs = self.facts.overwritten
        newer = len(self.facts.newer_backups)
        return pd.DataFrame(
            {
                "disk": _texts(disk.name for _, disk in pairs),
                "disk_id": _texts(disk.id for _, disk in pairs),
                "device": _texts(disk.device for _, disk in pairs),
                "size_gb": _numbers(disk.size_gb for _, disk in pairs),
                "size_after_gb": _numbers(old.size_gb for old, _ in pairs),
                "last_written": utc_times(disk.updated_at for _, disk in pairs),
                "backup_id": _texts(old.backup_id for old, _ in pairs),
                "newer_backups": _numbers(newer for _ in pairs),
            }
        )

    @property
    def untouched(self) -> pd.DataFrame:
        """The target's disks that would stay as they are, such as those added since.

        Returns:
            One row a disk: ``disk``, ``disk_id``, ``device`` (text), ``size_gb`` (Int64, GB),
            ``last_written`` (UTC).
        """
        disks = self.facts.untouched
        return pd.DataFrame(
            {
                "disk": _texts(disk.name for disk in disks),
                "disk_id": _texts(disk.id for disk in disks),
                "device": _texts(disk.device for disk in disks),
                "size_gb": _numbers(disk.size_gb for disk in disks),
                "last_written": utc_times(disk.updated_at for disk in disks),
            }
        )

    @property
    def impossible(self) -> pd.DataFrame:
        """The backed-up disks that cannot be restored, since the target has them no more.

        Returns:
            One row a disk: ``disk``, ``disk_id``, ``backup_id`` (text), ``size_gb`` (Int64, GB).
        """
        disks = self.facts.impossible
        return pd.DataFrame(
            {
                "disk": _texts(disk.disk_name for disk in disks),
                "disk_id": _texts(disk.disk_id for disk in disks),
                "backup_id": _texts(disk.backup_id for disk in disks),
                "size_gb": _numbers(disk.size_gb for disk in disks),
            }
        )

    def look_again(self) -> CheckedPlan:
        """Return the plan as it would be now, without an outlook.

        Raises:
            NotFound: the backup, or a target that was named, exists no more.
        """
        return CheckedPlan(
            self.session, self._survey(outlook=False), self.disks, self.more_checks, self.approval
        )

    def _survey(self, *, outlook: bool = True) -> Facts:
        target = self.facts.target
        return survey(
            self.session,
            self.facts.backup.id,
            target.id if target else None,
            self.disks,
            power_on=self.power_on if self.facts.power_named else None,
            outlook=outlook,
        )

    def fingerprint(self) -> str:
        """Return a digest of what must not move between the plan and the restore."""
        facts = self.facts
        target = facts.target
        ground = {
            "backup": [facts.backup.id, facts.backup.status],
            "vault": facts.vault_status,
            "mappings": sorted(facts.mappings),
            "target": target
            and [target.id, target.name, target.status, target.architecture, target.os_type],
            "disks": sorted([disk.id, disk.size_gb] for disk in (target.disks if target else ())),
            "running": sorted(task.id for task in facts.running),
            "restores": sorted(restore.id for restore in facts.restores),
            "newer backups": sorted(name for name, _ in facts.newer_backups),
        }
        return hashlib.sha256(json.dumps(ground, sort_keys=True).encode()).hexdigest()

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as plain values, for the journal; there is no secret in it."""
        document: dict[str, Any] = _plain(asdict(self.facts))
        document["checks"] = [_plain(asdict(each)) for each in self.verdicts]
        document["data_loss_seconds"] = self.data_loss.total_seconds()
        expected = self.expected_duration
        document["expected_seconds"] = expected.total_seconds() if expected else None
        return document

    # -- in words ----------------------------------------------------------------------------------

    def describe(self) -> str:
        """Say in plain words what would happen."""
        facts, target = self.facts, self.facts.target
        made = f"{facts.backup.created_at:%Y-%m-%d %H:%M} UTC"
        if target is None:
            return (
                f"{facts.backup.resource_name} does not exist any more, so {facts.backup.name} "
                f"of {made} cannot be restored to it."
            )
        lines = [
            f"{target.name} becomes what {facts.backup.resource_name} was at {made} (backup "
            f"{facts.backup.name}). All that is on {target.name} now is lost."
            if facts.elsewhere
            else f"{target.name} goes back to {made} (backup {facts.backup.name}). "
            f"What was written in the {format_duration(self.data_loss)} since is lost."
        ]
        for old, disk in facts.overwritten:
            size = f"{disk.size_gb} GB"
            if disk.size_gb != old.size_gb:
                size += f", afterwards {old.size_gb} GB"
            lines.append(f"Overwritten: {disk.name} ({size}).")
        if facts.namesakes:
            lines.append(f"Others are called {target.name}, too; this one is {target.id}.")
        lines += [f"Stays as it is: {each.name} ({each.size_gb} GB)." for each in facts.untouched]
        lines += [
            f"Cannot be restored: {each.disk_name} ({each.size_gb} GB), which is gone."
            for each in facts.impossible
        ]
        if newer := len(facts.newer_backups):
            lines.append(f"Newer good backups, which stay: {newer}.")
        expected = self.expected_duration
        lines.append(
            f"Likely to take {format_duration(expected)}, as earlier restores did."
            if expected
            else "How long it takes is not known: no earlier restore compares."
        )
        return "\n".join(lines)

    def __repr__(self) -> str:
        name = self.target.name if self.target else self.backup.resource_name
        counts = ", ".join(
            f"{len(found)} {outcome.value}" for outcome in Outcome if (found := self._with(outcome))
        )
        return f"<{type(self).__name__} {name} from {self.backup.name}: {counts}>"

    def _repr_html_(self) -> str:
        left = 'style="text-align:left;vertical-align:top"'
        # What somebody must act on comes first; nobody reads twenty passes for one warning.
        rows = "".join(
            f"<tr><td {left}>{_MARKS[each.outcome.value]}</td>"
            f'<th scope="row" {left}>{html.escape(each.name)}</th>'
            f"<td {left}>{html.escape(f'{each.seen} {each.to_do}')}</td></tr>"
            for each in sorted(self.verdicts, key=lambda each: -URGENCY.index(each.outcome))
        )
        words = "<br>".join(html.escape(line) for line in self.describe().splitlines())
        head = "".join(
            f'<th scope="col" {left}>{name}</th>' for name in ("outcome", "check", "seen")
        )
        warned = f": {', '.join(self.warnings)}" if self.possible and self.warnings else ""
        verdict = f"{self.verdict}{warned}."
        return (
            f"<p>{words}</p><p><b>{html.escape(verdict)}</b></p>"
            f"<table><caption {left}>Checks</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )


def check_restore(
    session: Session,
    backup: ResourceRef,
    target: ResourceRef = None,
    disks: Mapping[str, str] | None = None,
    *,
    power_on: bool | None = None,
    outlook: bool = True,
) -> CheckedPlan:
    """Survey a restore and check it; nothing is changed. The parameters are those of ``survey``.

    Raises:
        NotFound: there is no such backup, or no target of this name.
        InvalidRequest: a name fits several, or ``disks`` cannot be meant.
    """
    facts = survey(session, backup, target, disks, power_on=power_on, outlook=outlook)
    return CheckedPlan(session, facts, dict(disks) if disks is not None else None)


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _texts(values: Any) -> pd.Series:
    return pd.Series(list(values), dtype=TEXT)


def _numbers(values: Any) -> pd.Series:
    return pd.Series(list(values), dtype="Int64")
