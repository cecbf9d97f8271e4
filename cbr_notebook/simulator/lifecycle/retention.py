"""The clean-up at the full hour: backups whose time is over, and those beyond a count."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, NamedTuple

from cbr_notebook.simulator.backups import backups, replication_records
from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.policies import retention_rules

_FAILED_KEPT = 10
_FAILED_FOR = 30 * 24 * 3600 * clock.MICROSECONDS


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a policy says about the automatic backups in a vault, and since when."""

    definition: dict[str, Any]
    since: int
    """A count takes effect at the first backup after this moment."""
    source_vault_id: str
    """The vault whose resources are meant: of replicas, the one that they come from."""


class _Automatic(NamedTuple):
    """An automatic backup that can be used."""

    id: str
    resource_id: str
    created_at: int


def _rules(engine: Engine, vault_id: str) -> list[_Rule]:
    """Return the rules of policies that bear on a vault, if they do more than set a moment.

    For a vault for replicas, those are the policies that replicate into it.
    """
    found = [
        _Rule(
            json.loads(definition),
            max(defined_at, applied_at),
            source_vault_id,
        )
        for definition, defined_at, applied_at, source_vault_id in engine.state.all(
            "SELECT definition, defined_at, applied_at, vault_id FROM vault_policy "
            "JOIN policy ON policy.id = policy_id WHERE (vault_id = ?1 "
            "AND vault_policy.operation_type = 'backup') OR destination_vault_id = ?1",
            vault_id,
        )
    ]
    return [rule for rule in found if not retention_rules.sets_only_a_moment(rule.definition)]


def _home(engine: Engine, resource_id: str) -> str | None:
    home = engine.state.value(
        "SELECT vault_id FROM vault_resource WHERE resource_id = ?", resource_id
    )
    return None if home is None else str(home)


def _by_resource(engine: Engine, vault_id: str) -> dict[str, list[_Automatic]]:
    """Return the usable automatic backups in a vault, the newest of each resource first."""
    found: dict[str, list[_Automatic]] = defaultdict(list)
    for row in engine.state.all_of(
        _Automatic,
        "SELECT id, resource_id, created_at FROM backup "
        "WHERE vault_id = ? AND parent_id IS NULL AND automatic = 1 "
        "AND status IN ('available', 'restoring') "
        "AND NOT EXISTS (SELECT 1 FROM image WHERE backup_id = backup.id) "
        "ORDER BY created_at DESC, id DESC",
        vault_id,
    ):
        found[row.resource_id].append(row)
    return found


def _judge(rows: list[_Automatic], rule: _Rule, now: int) -> tuple[set[str], list[str]]:
    """Return the backups of a resource that long-term rules keep, and those beyond the count."""
    made = [(row.id, row.created_at) for row in rows]
    kept = retention_rules.kept_longer(rule.definition, made, now)
    most = retention_rules.most(rule.definition)
    if most is None or rows[0].created_at < rule.since:
        return kept, []
    return kept, [backup_id for backup_id, _ in made if backup_id not in kept][most:]


def _expired(engine: Engine, vault_id: str) -> set[str]:
    expired = engine.state.column(
        "SELECT id FROM backup INDEXED BY backup_by_expiry "
        "WHERE vault_id = ? AND expired_at <= ? AND parent_id IS NULL",
        vault_id,
        engine.now(),
    )
    return set(expired)


def _old_failures(engine: Engine, vault_id: str) -> set[str]:
    """Return the failed automatic backups beyond the ten newest, or a month old.

    The clean-up is planned for the moment at which the next one will be too old.
    """
    failed = engine.state.all(
        "SELECT id, created_at FROM backup INDEXED BY backup_failed WHERE vault_id = ? "
        "AND parent_id IS NULL AND automatic = 1 AND status = 'error' "
        "ORDER BY created_at DESC, id DESC",
        vault_id,
    )
    kept = [at for _, at in failed[:_FAILED_KEPT] if at + _FAILED_FOR > engine.now()]
    if kept:
        moment = clock.next_hour(kept[-1] + _FAILED_FOR)
        engine.scheduler.at(moment, "clean_up", vault_id)
    return {backup_id for backup_id, _ in failed[len(kept) :]}


def _clean_up(engine: Engine, vault_id: str, _: dict[str, Any]) -> None:
    locked = engine.state.value("SELECT locked FROM vault WHERE id = ?", vault_id)
    if locked is None:
        return
    going = _expired(engine, vault_id)
    rules = {rule.source_vault_id: rule for rule in _rules(engine, vault_id)}
    for resource_id, rows in _by_resource(engine, vault_id).items() if rules else ():
        rule = rules.get(vault_id) or rules.get(_home(engine, resource_id) or "")
        if rule is None:
            continue
        kept, surplus = _judge(rows, rule, engine.now())
        going -= kept
        if not locked:
            going.update(surplus)
    going |= _old_failures(engine, vault_id)
    stays = [backup_id for backup_id in sorted(going) if not _erase(engine, backup_id)]
    if stays:
        engine.scheduler.at(clock.next_hour(engine.now()), "clean_up", vault_id)


def _erase(engine: Engine, backup_id: str) -> bool:
    """Delete a backup unless something still needs it; return whether it is going."""
    row = backups.by_id(engine, backup_id)
    if row is None or row.status == "deleting":
        return True
    needed = backups.has_image(engine, row.id) or replication_records.is_source(engine, row.id)
    if needed or row.status not in ("available", "error"):
        return False
    backups.erase(engine, row)
    return True


EVENTS = {"clean_up": _clean_up}
