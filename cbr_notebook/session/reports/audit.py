"""Controls that people ask of others, one by one and with evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pandas as pd

from cbr_notebook import frames
from cbr_notebook.api.messages.constants import COMMON_KINDS, DISK, KIND_OF
from cbr_notebook.api.messages.records import Backup, Policy, Protectable, Vault, VaultResource
from cbr_notebook.api.messages.statuses import BACKUP_AVAILABLE, REPLICATION_SUCCESS
from cbr_notebook.computed_once import computed_once
from cbr_notebook.errors import CBRError
from cbr_notebook.schedule.gaps import missed_runs
from cbr_notebook.schedule.kept_days import kept_days
from cbr_notebook.schedule.runs import tells_runs
from cbr_notebook.session.context import Context
from cbr_notebook.session.disk_choice import excluded_disks
from cbr_notebook.session.permission_gaps import if_permitted
from cbr_notebook.session.protection import backup_policies
from cbr_notebook.session.queries.good_backups import is_safety_backup
from cbr_notebook.session.reports.audit_rules import in_words, read_rules, title
from cbr_notebook.session.resource_lists import listed_if_permitted
from cbr_notebook.session.tables import describe
from cbr_notebook.session.tag_filters import TagChoice, Tags
from cbr_notebook.text.formatting import pluralize
from cbr_notebook.text.timeparse import parse_api_time, parse_duration

_SERVERS = "Resources (server)"
_PASS, _FAIL, _UNKNOWN, _NONE = "pass", "fail", "unknown", "not applicable"
Finding = tuple[str, str, str]
"""An outcome, what was seen, and the evidence."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A restore of a resource whose content was verified."""

    at: datetime
    run_id: str


@dataclass(frozen=True)
class _Estate:
    """What an audit looks at: read once, for all controls."""

    session: Context
    now: datetime
    proofs: Mapping[str, Proof] | None
    policies: Mapping[str, Sequence[Policy]] = field(default_factory=dict)
    vaults: Mapping[str, tuple[Vault, VaultResource]] = field(default_factory=dict)
    resources: Sequence[Protectable] = ()

    denied: dict[str, str] = field(default_factory=dict)
    """Of each list that may not or cannot be read, why: what needs it is unknown."""

    @computed_once
    def backups(self) -> dict[str, list[Backup]]:
        """The good backups of each resource, the oldest first."""
        found: dict[str, list[Backup]] = {}
        for each in if_permitted("Backups", self._listed, self.denied) or ():
            if not each.parent_id:
                found.setdefault(each.resource_id or "", []).append(each)
        for backups in found.values():
            backups.sort(key=lambda each: each.created_at or "")
        return found

    def _listed(self) -> list[Backup]:
        return list(
            self.session.client.backups.list_all(
                status=BACKUP_AVAILABLE, image_type="backup", show_replication=True
            )
        )

    def recovery_backups(self, resource: Protectable) -> list[Backup]:
        """Return the good backups of a resource, without those of what a restore overwrote."""
        return [
            each
            for each in self.backups.get(resource.id, ())
            if not is_safety_backup(each.name, each.description)
        ]

    def unreadable(self, control: str) -> str | None:
        """Return what a control needs and cannot be read, with the reason; ``None`` if all can."""
        needs = _NEEDS.get(control, ())
        if "Backups" in needs:
            _ = self.backups
        told = [f"{each}: {self.denied[each]}" for each in needs if each in self.denied]
        return "; ".join(told) or None

    def policy(self, resource: Protectable) -> Policy | None:
        """Return the enabled backup policy of the vault of a resource."""
        inside = self.vaults.get(resource.id)
        mine = self.policies.get(inside[0].id, ()) if inside else ()
        return next((each for each in mine if each.enabled), None)


def audit(
    session: Context,
    rules: Any = None,
    *,
    tags: Tags = None,
    proofs: Mapping[str, Proof] | None = None,
) -> pd.DataFrame:
    """Return one row a control and resource, as ``session.audit`` says it.

    Args:
        session: whose estate.
        rules: what is asked for.
        tags: only resources with these tags.
        proofs: verified restores by the ID of the resource; ``None`` if nobody knows of any.

    Raises:
        InvalidRequest: the rules cannot be read, or name an unknown control or setting.
    """
    wanted = read_rules(rules)
    chosen = TagChoice(session, tags)
    before = session.client.transport.requests
    estate = _read(session, proofs)
    resources = list(filter(chosen.record, estate.resources))
    rows = [row for rule in wanted for row in _rows(estate, resources, rule)]
    order = (_FAIL, _UNKNOWN, _PASS, _NONE)
    rows.sort(key=lambda row: order.index(row.outcome))
    asked = {"rules": "; ".join(map(in_words, wanted))}
    table = describe(session, frames.AUDIT, frames.AUDIT.frame(rows), asked, before)
    counts = Counter(row.outcome for row in rows)
    # On a page of a part of the rows it says that there were more.
    table.attrs["outcomes"] = {each: counts[each] for each in order}
    # A page of it is signed with the key of simulated clouds, if it is of one.
    table.attrs["simulated"] = session.simulated
    return chosen.noted(table)


def _rows(
    estate: _Estate, resources: Sequence[Protectable], rule: Mapping[str, Any]
) -> list[SimpleNamespace]:
    """Return what a rule says of each resource; a row of no resource, if its tags are nobody's."""
    control = title(rule)
    of_rule = TagChoice(estate.session, rule.get("tags"))
    rows = [
        SimpleNamespace(
            control=control, outcome=outcome, resource_id=resource.id,
            resource_name=resource.name, seen=seen, evidence=evidence,
        )
        for resource in filter(of_rule.record, resources)
        for outcome, seen, evidence in [_finding(estate, resource, rule)]
    ]  # fmt: skip
    try:
        hint = "" if rows else of_rule.hint()
    except CBRError as problem:  # a key that nothing has, or tags that cannot be read
        hint = f"{problem.message} {problem.advice or ''}".rstrip()
    if hint:
        rows.append(
            SimpleNamespace(
                control=control, outcome=_UNKNOWN, resource_id=None, resource_name=None,
                seen="it is asked of tags that nothing has", evidence=hint,
            )
        )  # fmt: skip
    return rows


def _read(session: Context, proofs: Mapping[str, Proof] | None) -> _Estate:
    """Read what all controls look at; an attached disk counts with its server.

    Where resources cannot be listed, those that are in vaults are looked at.
    """
    client = session.client
    denied: dict[str, str] = {}
    vaults = {
        each.id: (vault, each)
        for vault in if_permitted("Vaults", lambda: list(client.vaults.list_all()), denied) or ()
        if vault.billing.protect_type != "replication"  # nothing is backed up there
        for each in vault.resources or ()
    }
    listed: list[Protectable] = []
    for kind in COMMON_KINDS:
        listed += listed_if_permitted(session, kind, denied) or []
    listed += [
        Protectable(id=each.id, type=each.type, name=each.name, size=each.size)
        for _, each in vaults.values()
        if f"Resources ({KIND_OF.get(each.type or '')})" in denied
    ]
    attached = {disk.id for row in listed for disk in row.children or ()} - vaults.keys()
    resources = [row for row in listed if row.id not in attached]
    policies = if_permitted("Policies", lambda: backup_policies(session), denied) or {}
    return _Estate(session, session.now, proofs, policies, vaults, resources, denied)


def _finding(estate: _Estate, resource: Protectable, rule: Mapping[str, Any]) -> Finding:
    """Return what a control says of a resource; unknown if what it needs cannot be read."""
    control = rule["control"]
    if (reason := estate.unreadable(control)) is not None:
        return _UNKNOWN, "what it needs cannot be read", reason
    alone = resource.type == DISK and resource.id not in estate.vaults
    if alone and _SERVERS in estate.denied:
        return _UNKNOWN, "its server, which may be in a vault, cannot be read", _SERVERS
    return _CONTROLS[control](estate, resource, rule)


# -- controls: each looks at one resource ---------------------------------------------------------


def _protected(estate: _Estate, resource: Protectable, rule: Mapping[str, Any]) -> Finding:
    inside = estate.vaults.get(resource.id)
    if inside is None:
        return _FAIL, "in no vault", "vaults"
    policy = estate.policy(resource)
    if policy is None:
        return _FAIL, f"no running backup policy on {inside[0].name}", f"vault {inside[0].id}"
    if inside[1].auto_protect is False:
        return _FAIL, f"suspended in {inside[0].name}", f"vault {inside[0].id}"
    return _PASS, f"{policy.name} on {inside[0].name}", f"vault {inside[0].id}, policy {policy.id}"


def _recovery_point(estate: _Estate, resource: Protectable, rule: Mapping[str, Any]) -> Finding:
    backups = estate.recovery_backups(resource)
    if not backups:
        return _FAIL, "no good backup", "backups with status available"
    newest = backups[-1]
    age = _age(estate, newest)
    if age is None:
        return _UNKNOWN, "the newest good backup has no time", f"backup {newest.id}"
    good = age <= parse_duration(rule.get("within", "24h"), "within")
    hours = age / timedelta(hours=1)
    return (
        _PASS if good else _FAIL, f"newest good backup is {hours:.1f} h old", f"backup {newest.id}"
    )  # fmt: skip


def _retention(estate: _Estate, resource: Protectable, rule: Mapping[str, Any]) -> Finding:
    policy = estate.policy(resource)
    if policy is None:
        return _FAIL, "no running backup policy", "policies"
    kept = kept_days(policy)
    if kept is None:
        return _UNKNOWN, f"it cannot be told from {policy.name}", f"policy {policy.id}"
    seen = "kept for ever" if kept == float("inf") else f"kept for {kept:g} days"
    good = kept >= rule.get("days", 7)
    return _PASS if good else _FAIL, f"{seen} by {policy.name}", f"policy {policy.id}"


def _schedule_met(estate: _Estate, resource: Protectable, rule: Mapping[str, Any]) -> Finding:
    policy = estate.policy(resource)
    if policy is None:
        return _FAIL, "no running backup policy", "policies"
    days = rule.get("days", 7)
    made = [at for each in estate.recovery_backups(resource) if (at := _made(each))]
    if not made:
        return _FAIL, "no good backup", f"policy {policy.id}"
    if not tells_runs(policy):
        return _UNKNOWN, f"when {policy.name} runs cannot be read", f"policy {policy.id}"
    missed = missed_runs(policy, made, estate.now, days)
    seen = (
        f"{pluralize(len(missed), 'run')} of {policy.name} without a good backup "
        f"in {pluralize(days, 'day')}"
    )
    return (
        _FAIL if missed else _PASS,
        seen,
        f"policy {policy.id}, {pluralize(len(made), 'good backup')}",
    )


def _encrypted(estate: _Estate, resource: Protectable, rule: Mapping[str, Any]) -> Finding:
    backups = estate.backups.get(resource.id, [])
    told = [each.extend_info.encrypted if each.extend_info else None for each in backups]
    if not told:
        return _UNKNOWN, "no good backup", "backups with status available"
    if None in told:
        return (
            _UNKNOWN,
            "the service does not tell of all good backups",
            pluralize(len(told), "backup"),
        )
    plain = [backup.id for backup, each in zip(backups, told, strict=True) if not each]
    if plain:
        return _FAIL, f"{len(plain)} of {len(told)} are not encrypted", f"backup {plain[-1]}"
    return _PASS, f"all {len(told)} good backups are", f"backup {backups[-1].id}"


def _replicated(estate: _Estate, resource: Protectable, rule: Mapping[str, Any]) -> Finding:
    within = parse_duration(rule.get("within", "7d"), "within")
    untold = 0
    for backup in reversed(estate.recovery_backups(resource)):
        age = _age(estate, backup)
        untold += backup.replication_records is None
        for record in backup.replication_records or ():
            if record.status == REPLICATION_SUCCESS and age is not None:
                seen = f"newest with a replica is {age / timedelta(hours=1):.1f} h old"
                evidence = f"backup {backup.id} in {record.destination_region}"
                if age > within and untold:
                    break
                return _PASS if age <= within else _FAIL, seen, evidence
    if untold:
        return _UNKNOWN, "nobody tells of all good backups", f"{untold} without their replicas"
    return _FAIL, "no good backup has a replica", "replication records of the backups"


def _locked(estate: _Estate, resource: Protectable, rule: Mapping[str, Any]) -> Finding:
    inside = estate.vaults.get(resource.id)
    if inside is None:
        return _FAIL, "in no vault", "vaults"
    vault = inside[0]
    if vault.locked is None:
        return _UNKNOWN, f"the service does not tell of {vault.name}", f"vault {vault.id}"
    seen = f"{vault.name} is {'' if vault.locked else 'not '}locked"
    return _PASS if vault.locked else _FAIL, seen, f"vault {vault.id}"


def _no_disk_excluded(estate: _Estate, resource: Protectable, rule: Mapping[str, Any]) -> Finding:
    inside = estate.vaults.get(resource.id)
    if inside is None or not resource.children:
        return _NONE, "in no vault" if inside is None else "no server with disks", "vaults"
    out = excluded_disks(resource, inside[1])
    vault = inside[0]
    if out:
        names = ", ".join(sorted(each.name or each.id for each in out))
        return _FAIL, f"left out: {names}", f"vault {vault.id}"
    return _PASS, "all disks are backed up", f"vault {vault.id}"


def _restore_proven(estate: _Estate, resource: Protectable, rule: Mapping[str, Any]) -> Finding:
    if estate.proofs is None:
        return _UNKNOWN, "no ledger of restores was looked at", ""
    proof = estate.proofs.get(resource.id)
    if proof is None:
        return _FAIL, "no verified restore is known on this computer", "ledger of restores"
    age = estate.now - proof.at
    good = age <= timedelta(days=rule.get("days", 90))
    seen = f"verified {age / timedelta(days=1):.1f} days ago"
    return _PASS if good else _FAIL, seen, f"run {proof.run_id}"


_CONTROLS: dict[str, Callable[[_Estate, Protectable, Mapping[str, Any]], Finding]] = {
    "protected": _protected,
    "recovery point": _recovery_point,
    "retention": _retention,
    "schedule met": _schedule_met,
    "encrypted": _encrypted,
    "replicated": _replicated,
    "locked": _locked,
    "no disk excluded": _no_disk_excluded,
    "restore proven": _restore_proven,
}
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "protected": ("Vaults", "Policies"),
    "recovery point": ("Backups",),
    "retention": ("Vaults", "Policies"),
    "schedule met": ("Vaults", "Policies", "Backups"),
    "encrypted": ("Backups",),
    "replicated": ("Backups",),
    "locked": ("Vaults",),
    "no disk excluded": ("Vaults", _SERVERS),
}
"""The lists that a control looks at."""


def _made(backup: Backup) -> datetime | None:
    return parse_api_time(backup.created_at)


def _age(estate: _Estate, backup: Backup) -> timedelta | None:
    made = _made(backup)
    return None if made is None else estate.now - made
