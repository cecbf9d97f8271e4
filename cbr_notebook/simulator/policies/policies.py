"""Policies: when vaults are backed up or replicated, and how long backups are kept."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from msgspec import UNSET

from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.iam import accounts
from cbr_notebook.simulator.policies import recurrence_rules
from cbr_notebook.simulator.policies.policy_requests import (
    AssociateReq,
    DissociateReq,
    PolicyCreate,
    PolicyCreateReq,
    PolicyUpdate,
    PolicyUpdateReq,
    check_definition,
    check_trigger,
)
from cbr_notebook.simulator.policies.policy_rows import PolicyRow, PolicyVault, VaultFacts
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.conditions import Conditions
from cbr_notebook.simulator.protocol.request_context import RequestContext, identifier
from cbr_notebook.simulator.protocol.routes import Response, Routes

_DESTINATION = ("destination_project_id", "destination_region")


_PATH = "/v3/{project_id}/policies"
_VAULT = "/v3/{project_id}/vaults/{vault_id}"
ROUTES = Routes("Policy")


def find(engine: Engine, project_id: str, policy_id: str) -> PolicyRow:
    """Return a policy of a project; 6000 when there is none."""
    row = by_id(engine, policy_id)
    if row is None or row.project_id != project_id:
        raise ApiError("6000")
    return row


def by_id(engine: Engine, policy_id: str) -> PolicyRow | None:
    """Return a policy of any project; ``None`` when there is none."""
    return engine.state.one_of(PolicyRow, "SELECT * FROM policy WHERE id = ?", policy_id)


def applied_ids(engine: Engine, vault_id: str) -> list[str]:
    """Return the IDs of the policies that are applied to a vault."""
    return engine.state.column("SELECT policy_id FROM vault_policy WHERE vault_id = ?", vault_id)


def _applied(engine: Engine, vault_id: str, operation_type: str) -> str | None:
    """Return the ID of the policy of a type that is applied to a vault."""
    found: str | None = engine.state.value(
        "SELECT policy_id FROM vault_policy WHERE vault_id = ? AND operation_type = ?",
        vault_id,
        operation_type,
    )
    return found


def schedule(engine: Engine, policy_id: str) -> None:
    """Plan a policy's next run, if it is on and applied to a vault; forget any other plan."""
    engine.scheduler.cancel("policy_runs", policy_id)
    row = by_id(engine, policy_id)
    if row is None or not row.enabled:
        return
    if not engine.state.has("SELECT 1 FROM vault_policy WHERE policy_id = ?", policy_id):
        return
    moment = recurrence_rules.next_run(json.loads(row.patterns), row.started_at, engine.now())
    engine.scheduler.at(moment, "policy_runs", policy_id)


def apply(
    engine: Engine, vault: VaultFacts, policy: PolicyRow, destination_vault_id: str | None
) -> None:
    """Apply a policy to a vault, in place of another of its type.

    Raises:
        ApiError: nothing was applied; the code says why.
    """
    kind = policy.operation_type
    if vault.status not in ("available", "lock"):
        raise ApiError("6112")
    if vault.cloud_type == "hybrid" and kind == "backup":
        raise ApiError("6136")
    if vault.protect_type == "replication":
        raise ApiError("6127")
    if kind == "replication":
        _check_destination(engine, vault, policy, destination_vault_id)
    else:
        destination_vault_id = None
    before = _applied(engine, vault.id, kind)
    engine.state.run(
        "INSERT OR REPLACE INTO vault_policy "
        "(vault_id, policy_id, operation_type, destination_vault_id, applied_at) "
        "VALUES (?, ?, ?, ?, ?)",
        vault.id,
        policy.id,
        kind,
        destination_vault_id,
        engine.now(),
    )
    if before not in (None, policy.id):
        schedule(engine, str(before))
    schedule(engine, policy.id)


def _check_destination(
    engine: Engine, vault: VaultFacts, policy: PolicyRow, destination_vault_id: str | None
) -> None:
    if vault.object_type != "server":
        raise ApiError("6122")
    if not destination_vault_id:
        raise ApiError("9900")
    destination = _vault(engine, destination_vault_id)
    if destination is None:
        raise ApiError("6120")
    if destination.protect_type != "replication":
        raise ApiError("6119")
    definition = json.loads(policy.definition)
    project = accounts.find_project(engine.state, destination.project_id)
    region = None if project is None else project.region
    if (destination.project_id, region) != tuple(definition[name] for name in _DESTINATION):
        raise ApiError("6120")


def remove(engine: Engine, vault_id: str, policy_id: str) -> None:
    """Remove a policy from a vault; 6002 when it is not applied there."""
    gone = engine.state.run(
        "DELETE FROM vault_policy WHERE vault_id = ? AND policy_id = ?", vault_id, policy_id
    )
    if not gone:
        raise ApiError("6002")
    schedule(engine, policy_id)


def document(engine: Engine, row: PolicyRow, *, fresh: bool = False) -> dict[str, Any]:
    """Return a policy as the service's document of it."""
    settled = engine.now() - engine.options["policy_settling_seconds"] * clock.MICROSECONDS
    vaults = engine.state.all(
        "SELECT vault_id, destination_vault_id FROM vault_policy "
        "WHERE policy_id = ? AND applied_at <= ? ORDER BY applied_at, vault_id",
        row.id,
        settled,
    )
    properties: dict[str, Any] = {
        "pattern": json.loads(row.patterns),
        "start_time": clock.to_policy_time(row.started_at),
    }
    definition = json.loads(row.definition)
    if not engine.options["policies_without_creator"]:
        definition["created_by"] = "customer"
    if row.start_window_minutes is not None:
        properties["start_window_minutes"] = row.start_window_minutes
    return {
        "id": row.id,
        "name": row.name,
        "operation_type": row.operation_type,
        "operation_definition": definition,
        "enabled": bool(row.enabled),
        "trigger": {
            "id": row.trigger_id,
            "name": "default",
            "type": "time",
            "properties": properties,
        },
        "associated_vaults": None
        if fresh
        else [
            {"vault_id": vault_id, "destination_vault_id": destination}
            for vault_id, destination in vaults
        ],
    }


def create(engine: Engine, project_id: str, wanted: PolicyCreate) -> PolicyRow:
    """Create a policy; return its row."""
    if wanted.operation_type not in ("backup", "replication"):
        raise ApiError("6117")
    definition = msgspec.to_builtins(wanted.operation_definition)
    check_definition(definition, wanted.operation_type)
    check_trigger(wanted.trigger, engine.now())
    used = engine.state.value(
        "SELECT count(*) FROM policy WHERE project_id = ? AND operation_type = ?",
        project_id,
        wanted.operation_type,
    )
    if used >= engine.options["policies_per_type"]:
        raise ApiError("6001")
    policy_id = engine.state.new_id("policy")
    engine.state.insert(
        "policy",
        id=policy_id,
        project_id=project_id,
        name=wanted.name,
        operation_type=wanted.operation_type,
        enabled=wanted.enabled,
        created_at=engine.now(),
        started_at=engine.now(),
        defined_at=engine.now(),
        trigger_id=engine.state.new_id("trigger"),
        patterns=json.dumps(wanted.trigger.properties.pattern),
        start_window_minutes=wanted.trigger.properties.start_window_minutes,
        definition=json.dumps(definition),
    )
    return find(engine, project_id, policy_id)


@ROUTES.add("POST", _PATH, body=PolicyCreateReq)
def _create_policy(context: RequestContext) -> dict[str, Any]:
    row = create(context.engine, context.caller.project_id, context.body.policy)
    return {"policy": document(context.engine, row, fresh=True)}


@ROUTES.add("GET", _PATH, query=("operation_type", "vault_id"))
def _list_policies(context: RequestContext) -> dict[str, Any]:
    wanted = Conditions("project_id = ?", context.caller.project_id)
    wanted.add_equal(operation_type=context.query.choice("operation_type", "backup", "replication"))
    if vault_id := context.query.text("vault_id"):
        wanted.add("id IN (SELECT policy_id FROM vault_policy WHERE vault_id = ?)", vault_id)
    rows = wanted.rows(context.engine, PolicyRow, "policy", "created_at DESC, id DESC")
    return {"policies": [document(context.engine, row) for row in rows], "count": len(rows)}


def _own(context: RequestContext) -> PolicyRow:
    return find(context.engine, context.caller.project_id, identifier(context, "policy_id"))


@ROUTES.add("GET", _PATH + "/{policy_id}")
def _show_policy(context: RequestContext) -> dict[str, Any]:
    return {"policy": document(context.engine, _own(context))}


def change(engine: Engine, row: PolicyRow, wanted: PolicyUpdate) -> PolicyRow:
    """Change a policy; return its row.

    Raises:
        ApiError: nothing was changed; the code says why.
    """
    columns: dict[str, Any] = {}
    if wanted.operation_definition is not UNSET:
        given = msgspec.to_builtins(wanted.operation_definition)
        columns["definition"] = json.dumps(_new_definition(engine, row, given))
        columns["defined_at"] = engine.now()
    if wanted.trigger is not UNSET:
        check_trigger(wanted.trigger, engine.now())
        patterns = json.dumps(wanted.trigger.properties.pattern)
        columns["start_window_minutes"] = wanted.trigger.properties.start_window_minutes
        if patterns != row.patterns:
            columns |= {"patterns": patterns, "started_at": engine.now()}
    for name in ("name", "enabled"):
        if (value := getattr(wanted, name)) is not UNSET:
            columns[name] = value
    if not columns:
        raise ApiError("9900")
    engine.state.update("policy", row.id, **columns)
    schedule(engine, row.id)
    return find(engine, row.project_id, row.id)


@ROUTES.add("PUT", _PATH + "/{policy_id}", body=PolicyUpdateReq)
def _update_policy(context: RequestContext) -> dict[str, Any]:
    row = change(context.engine, _own(context), context.body.policy)
    return {"policy": document(context.engine, row)}


def _new_definition(engine: Engine, row: PolicyRow, given: dict[str, Any]) -> dict[str, Any]:
    """Return a policy's definition after a change.

    The rules for keeping backups are replaced as a whole, or a count could never give way to
    days; a replication policy keeps the destination that the change does not name.
    """
    before = json.loads(row.definition)
    definition = {name: before[name] for name in _DESTINATION if name in before} | given
    moved = any(definition.get(name) != before.get(name) for name in _DESTINATION)
    if moved and engine.state.has("SELECT 1 FROM vault_policy WHERE policy_id = ?", row.id):
        raise ApiError("6003")
    check_definition(definition, row.operation_type)
    return definition


@ROUTES.add("DELETE", _PATH + "/{policy_id}", status=204)
def _delete_policy(context: RequestContext) -> Response:
    row = _own(context)
    delete(context.engine, row.id)
    return Response(204)


def delete(engine: Engine, policy_id: str) -> None:
    """Delete a policy, and take it off its vaults; backups stay."""
    engine.state.run("DELETE FROM vault_policy WHERE policy_id = ?", policy_id)
    engine.state.run("DELETE FROM policy WHERE id = ?", policy_id)
    engine.scheduler.cancel("policy_runs", policy_id)


def _vault(engine: Engine, vault_id: str) -> PolicyVault | None:
    return engine.state.one_of(
        PolicyVault,
        f"SELECT {', '.join(PolicyVault._fields)} FROM vault WHERE id = ?",
        vault_id,
    )


def _vault_of_call(context: RequestContext) -> PolicyVault:
    vault = _vault(context.engine, identifier(context, "vault_id"))
    if vault is None or vault.project_id != context.caller.project_id:
        raise ApiError("6105")
    return vault


@ROUTES.add("POST", f"{_VAULT}/associatepolicy", body=AssociateReq, group="Vault")
def _associate_vault_policy(context: RequestContext) -> dict[str, Any]:
    engine, vault, body = context.engine, _vault_of_call(context), context.body
    given = [body.policy_id] if body.policy_id else list(body.add_policy_ids or ())
    if not given or (body.policy_id and body.add_policy_ids) or len(given) > 10:
        raise ApiError("9900")
    for policy_id in given:
        policy = find(engine, context.caller.project_id, policy_id)
        apply(engine, vault, policy, body.destination_vault_id)
    answer = {"vault_id": vault.id, "policy_id": given[0]}
    if body.destination_vault_id:
        answer["destination_vault_id"] = body.destination_vault_id
    return {"associate_policy": answer}


@ROUTES.add("POST", f"{_VAULT}/dissociatepolicy", body=DissociateReq, group="Vault")
def _disassociate_vault_policy(context: RequestContext) -> dict[str, Any]:
    vault = _vault_of_call(context)
    policy = find(context.engine, context.caller.project_id, context.body.policy_id)
    remove(context.engine, vault.id, policy.id)
    return {"dissociate_policy": {"vault_id": vault.id, "policy_id": policy.id}}
