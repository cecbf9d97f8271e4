"""Controls that people ask of others, one by one and with evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import yaml

from cbr_notebook import frames
from cbr_notebook.api.messages.records import Backup, Policy, Protectable, Vault, VaultResource
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.frames.resources import tags_of
from cbr_notebook.schedule.gaps import missed_runs
from cbr_notebook.schedule.kept_days import kept_days
from cbr_notebook.session.context import Context
from cbr_notebook.session.disk_choice import excluded_disks
from cbr_notebook.session.filters import reject_unknown
from cbr_notebook.session.reports.common import answer, backup_policies, check_days
from cbr_notebook.session.tag_filters import TagChoice, Tags, has_tags, tag_filter
from cbr_notebook.text.timeparse import parse_api_time, parse_duration

DEFAULT_RULES: tuple[Mapping[str, Any], ...] = (
    {"control": "protected"},
    {"control": "recovery point", "within": "24h"},
    {"control": "retention", "days": 7},
    {"control": "schedule met", "days": 7},
    {"control": "encrypted"},
    {"control": "replicated", "within": "7d"},
    {"control": "locked"},
    {"control": "no disk excluded"},
    {"control": "restore proven", "days": 90},
)
"""What is asked for where no rules are given."""
_SETTINGS = ("control", "within", "days", "tags")
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

    @cached_property
    def backups(self) -> dict[str, list[Backup]]:
        """The good backups of each resource, the oldest first."""
        found: dict[str, list[Backup]] = {}
        listed = self.session.client.backups.list_all(
            status="available", image_type="backup", show_replication=True
        )
        for each in listed:
            if not each.parent_id:
                found.setdefault(each.resource_id or "", []).append(each)
        for backups in found.values():
            backups.sort(key=lambda each: each.created_at or "")
        return found

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
    wanted = _rules(rules)
    chosen = TagChoice(session, tags)
    before = session.client.transport.requests
    estate = _read(session, proofs)
    rows = [
        SimpleNamespace(
            control=_title(rule), outcome=outcome, resource_id=resource.id,
            resource_name=resource.name, seen=seen, evidence=evidence,
        )
        for rule in wanted
        for resource in filter(chosen.record, estate.resources)
        if "tags" not in rule or has_tags(tags_of(resource), tag_filter(rule["tags"]))
        for outcome, seen, evidence in [_CONTROLS[rule["control"]](estate, resource, rule)]
    ]  # fmt: skip
    order = (_FAIL, _UNKNOWN, _PASS, _NONE)
    rows.sort(key=lambda row: order.index(row.outcome))
    asked = {"rules": [dict(each) for each in wanted], **chosen.asked}
    table = answer(session, frames.AUDIT, rows, asked, before)
    if session.simulated:
        table.attrs["simulated"] = True  # a page of it is signed with the key of simulated clouds
    return table


def _read(session: Context, proofs: Mapping[str, Proof] | None) -> _Estate:
    """Read what all controls look at; an attached disk counts with its server."""
    vaults = {
        each.id: (vault, each)
        for vault in session.client.vaults.list_all()
        for each in vault.resources or ()
    }
    kinds: tuple[Any, ...] = ("server", "disk", "turbo")
    listed = [row for kind in kinds for row in session.client.protectables.list_all(kind)]
    attached = {disk.id for row in listed for disk in row.children or ()} - vaults.keys()
    resources = [row for row in listed if row.id not in attached]
    return _Estate(session, session.now, proofs, backup_policies(session), vaults, resources)


# -- controls: each looks at one resource ---------------------------------------------------------


def _protected(estate: _Estate, resource: Protectable, rule: Mapping[str, Any]) -> Finding:
    inside = estate.vaults.get(resource.id)
    if inside is None:
        return _FAIL, "in no vault", "vaults"
    policy = estate.policy(resource)
    if policy is None:
        return _FAIL, f"no running backup policy on {inside[0].name}", f"vault {inside[0].id}"
    return _PASS, f"{policy.name} on {inside[0].name}", f"vault {inside[0].id}, policy {policy.id}"


def _recovery_point(estate: _Estate, resource: Protectable, rule: Mapping[str, Any]) -> Finding:
    backups = estate.backups.get(resource.id)
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
    made = [at for each in estate.backups.get(resource.id, ()) if (at := _made(each))]
    if not made:
        return _FAIL, "no good backup", f"policy {policy.id}"
    missed = missed_runs(policy, made, estate.now, days)
    seen = f"{len(missed)} runs of {policy.name} without a good backup in {days} days"
    return _FAIL if missed else _PASS, seen, f"policy {policy.id}, {len(made)} good backups"


def _encrypted(estate: _Estate, resource: Protectable, rule: Mapping[str, Any]) -> Finding:
    backups = estate.backups.get(resource.id, [])
    told = [each.extend_info.encrypted if each.extend_info else None for each in backups]
    if not told or None in told:
        return _UNKNOWN, "the service does not tell of all good backups", f"{len(told)} backups"
    plain = [backup.id for backup, each in zip(backups, told, strict=True) if not each]
    if plain:
        return _FAIL, f"{len(plain)} of {len(told)} are not encrypted", f"backup {plain[-1]}"
    return _PASS, f"all {len(told)} good backups are", f"backup {backups[-1].id}"


def _replicated(estate: _Estate, resource: Protectable, rule: Mapping[str, Any]) -> Finding:
    within = parse_duration(rule.get("within", "7d"), "within")
    for backup in reversed(estate.backups.get(resource.id, [])):
        age = _age(estate, backup)
        for record in backup.replication_records or ():
            if record.status == "success" and age is not None:
                seen = f"newest with a replica is {age / timedelta(hours=1):.1f} h old"
                evidence = f"backup {backup.id} in {record.destination_region}"
                return _PASS if age <= within else _FAIL, seen, evidence
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
    age = (estate.now - proof.at).days
    good = age <= rule.get("days", 90)
    return _PASS if good else _FAIL, f"verified {age} days ago", f"run {proof.run_id}"


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


def _made(backup: Backup) -> datetime | None:
    return parse_api_time(backup.created_at)


def _age(estate: _Estate, backup: Backup) -> timedelta | None:
    made = _made(backup)
    return None if made is None else estate.now - made


# -- rules -----------------------------------------------------------------------------------------


def _title(rule: Mapping[str, Any]) -> str:
    """Return a control with its setting, as one would say it."""
    if "within" in rule:
        return f"{rule['control']} within {rule['within']}"
    words = {"retention": "at least", "schedule met": "in", "restore proven": "within"}
    if "days" in rule:
        return f"{rule['control']} {words.get(rule['control'], 'within')} {rule['days']} days"
    return str(rule["control"])


def _rules(rules: Any) -> Sequence[Mapping[str, Any]]:
    """Return rules as mappings, checked.

    Raises:
        InvalidRequest: they cannot be read.
    """
    read = DEFAULT_RULES if rules is None else _loaded(rules)
    if isinstance(read, Mapping):
        read = read.get("rules") or read.get("controls") or [read]
    if not isinstance(read, list | tuple) or not read:
        raise _unreadable(rules)
    found = []
    for each in read:
        rule = {"control": each} if isinstance(each, str) else each
        if not isinstance(rule, Mapping) or not isinstance(rule.get("control"), str):
            raise _unreadable(each)
        rule = {**rule, "control": rule["control"].replace("_", " ").strip().lower()}
        reject_unknown(rule, _SETTINGS, "A rule", "setting")
        reject_unknown({rule["control"]: None}, tuple(_CONTROLS), "An audit", "control")
        if "within" in rule:
            parse_duration(rule["within"], "within")
        if "days" in rule:
            check_days(rule["days"])
        if "tags" in rule:
            tag_filter(rule["tags"])
        found.append(rule)
    return found


def _loaded(rules: Any) -> Any:
    """Return what rules say that are given as YAML: as a text, or in a file."""
    if not isinstance(rules, str | Path):
        return rules
    text = str(rules)
    try:
        if isinstance(rules, Path) or ("\n" not in text and text.endswith((".yaml", ".yml"))):
            text = Path(rules).expanduser().read_text(encoding="utf-8")
        return yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
        raise InvalidRequest(
            f"The rules cannot be read: {type(problem).__name__}.",
            advice="Give a list of controls, or the path of a YAML file of them.",
            field="rules",
        ) from problem


def _unreadable(rules: Any) -> InvalidRequest:
    return InvalidRequest(
        f"{rules!r} is no rule of an audit.",
        advice='Write rules like [{"control": "recovery point", "within": "24h"}]. '
        f"Controls: {', '.join(_CONTROLS)}.",
        field="rules",
    )
