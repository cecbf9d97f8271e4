"""Organization policies: one policy for all projects of an account, deployed to each of them."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from cbr_notebook.simulator.core import clock, kept_documents
from cbr_notebook.simulator.core.engine import Engine
from cbr_notebook.simulator.core.kept_documents import Record
from cbr_notebook.simulator.iam import accounts
from cbr_notebook.simulator.policies import policies
from cbr_notebook.simulator.policies.policy_requests import (
    Definition,
    PolicyCreate,
    PolicyUpdate,
    Trigger,
    check_definition,
    check_trigger,
)
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.fields import Name, Text
from cbr_notebook.simulator.protocol.request_context import RequestContext, identifier
from cbr_notebook.simulator.protocol.routes import Response, Routes

DEPLOY_SECONDS = 30
"""How long it takes until all projects have a policy, or its change."""

_KIND = "organization_policy"
Label = Annotated[str, Meta(min_length=1, max_length=64)]


_PATH = "/v3/{project_id}/organization-policies"
_POLICY_PATH = _PATH + "/{organization_policy_id}"
_PAGE_QUERY = ("limit", "offset")
ROUTES = Routes("Organization policy")


class OrganizationPolicyCreate(msgspec.Struct):
    """A new organization policy."""

    name: Label
    operation_type: str
    policy_name: Name
    policy_enabled: bool
    policy_operation_definition: Definition
    policy_trigger: Trigger
    description: Text = ""
    effective_scope: Text | UnsetType = UNSET


class OrganizationPolicyCreateReq(msgspec.Struct):
    """The body of "Creating an Organization Policy"."""

    policy: OrganizationPolicyCreate


class OrganizationPolicyUpdate(msgspec.Struct):
    """The members of an organization policy that change."""

    name: Label | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    policy_name: Name | UnsetType = UNSET
    policy_enabled: bool | UnsetType = UNSET
    policy_operation_definition: Definition | UnsetType = UNSET
    policy_trigger: Trigger | UnsetType = UNSET
    effective_scope: Text | UnsetType = UNSET


class OrganizationPolicyUpdateReq(msgspec.Struct):
    """The body of "Modifying an Organization Policy"."""

    policy: OrganizationPolicyUpdate


class Deployment(msgspec.Struct):
    """What has become of an organization policy in one project."""

    policy_id: str = ""
    status: str = "syncing"


class OrganizationPolicy(msgspec.Struct):
    """An organization policy as the cloud keeps it."""

    id: str
    domain_id: str
    created_at: int
    content: OrganizationPolicyCreate
    deployments: dict[str, Deployment]
    """By project."""

    @property
    def status(self) -> str:
        """What holds for all projects together."""
        statuses = {each.status for each in self.deployments.values()}
        return next((each for each in ("syncing", "error") if each in statuses), "available")


# -- kept in the state ------------------------------------------------------------------------


def _find(engine: Engine, policy_id: str, domain_id: str | None = None) -> OrganizationPolicy:
    record = kept_documents.find(engine.state, _KIND, policy_id, domain_id)
    if record is None:
        raise ApiError("6000")
    return msgspec.json.decode(record.document, type=OrganizationPolicy)


def _of_call(context: RequestContext) -> OrganizationPolicy:
    return _find(
        context.engine, identifier(context, "organization_policy_id"), context.caller.domain_id
    )


def _keep(engine: Engine, policy: OrganizationPolicy) -> None:
    document = msgspec.json.encode(policy).decode()
    kept_documents.put(
        engine.state, Record(_KIND, policy.id, policy.domain_id, policy.created_at, document)
    )


def _document(engine: Engine, policy: OrganizationPolicy) -> dict[str, Any]:
    content: dict[str, Any] = msgspec.to_builtins(policy.content)
    domain = accounts.find_domain(engine.state, policy.domain_id)
    return {
        "id": policy.id,
        "domain_id": policy.domain_id,
        "domain_name": None if domain is None else domain.name,
        **content,
        "status": policy.status,
    }


# -- in the projects ----------------------------------------------------------------------------


def _deploy(engine: Engine, policy: OrganizationPolicy) -> None:
    """Begin to bring a policy, or its change, to all projects that the account has now."""
    for project in accounts.projects_of(engine.state, policy.domain_id):
        policy.deployments.setdefault(project.id, Deployment()).status = "syncing"
    _keep(engine, policy)
    moment = engine.now() + DEPLOY_SECONDS * clock.MICROSECONDS
    engine.scheduler.cancel("organization_policy_deployed", policy.id)
    engine.scheduler.at(moment, "organization_policy_deployed", policy.id)


def _deployed(engine: Engine, policy_id: str, _: dict[str, Any]) -> None:
    policy = _find(engine, policy_id)
    for project_id, deployment in policy.deployments.items():
        try:
            deployment.policy_id = _put(engine, project_id, deployment.policy_id, policy.content)
        except ApiError:
            deployment.status = "error"  # no room for another policy, or a change not allowed
        else:
            deployment.status = "available"
    _keep(engine, policy)


def _put(engine: Engine, project_id: str, policy_id: str, content: OrganizationPolicyCreate) -> str:
    """Make or change the policy of one project; return its ID."""
    known = policies.by_id(engine, policy_id)
    if known is None:
        wanted = PolicyCreate(
            name=content.policy_name,
            operation_type=content.operation_type,
            operation_definition=content.policy_operation_definition,
            trigger=content.policy_trigger,
            enabled=content.policy_enabled,
        )
        return policies.create(engine, project_id, wanted).id
    change = PolicyUpdate(
        name=content.policy_name,
        operation_definition=content.policy_operation_definition,
        trigger=content.policy_trigger,
        enabled=content.policy_enabled,
    )
    return policies.change(engine, known, change).id


# -- over HTTP ------------------------------------------------------------------------------------


def _check(content: OrganizationPolicyCreate, now: int) -> None:
    if content.operation_type not in ("backup", "replication"):
        raise ApiError("6117")
    check_definition(
        msgspec.to_builtins(content.policy_operation_definition), content.operation_type
    )
    check_trigger(content.policy_trigger, now)


@ROUTES.add("POST", _PATH, body=OrganizationPolicyCreateReq)
def _create_organization_policy(context: RequestContext) -> dict[str, Any]:
    engine, content = context.engine, context.body.policy
    _check(content, engine.now())
    policy = OrganizationPolicy(
        id=engine.state.new_id(_KIND),
        domain_id=context.caller.domain_id,
        created_at=engine.now(),
        content=content,
        deployments={},
    )
    _deploy(engine, policy)
    return {"policy": _document(engine, policy)}


@ROUTES.add("GET", _PATH, query=("operation_type", *_PAGE_QUERY))
def _list_organization_policies(context: RequestContext) -> dict[str, Any]:
    kind = context.query.choice("operation_type", "backup", "replication")
    if kind is None:
        raise ApiError("9900")
    kept = kept_documents.of_owner(context.engine.state, _KIND, context.caller.domain_id)
    kept.sort(key=lambda record: -record.created_at)  # the newest first; of one moment, by ID
    found = [msgspec.json.decode(record.document, type=OrganizationPolicy) for record in kept]
    documents = [
        _document(context.engine, each) for each in found if each.content.operation_type == kind
    ]
    page = context.query.page()
    return page.answer("policies", page.of(documents), len(documents))


@ROUTES.add("GET", _POLICY_PATH)
def _show_organization_policy(context: RequestContext) -> dict[str, Any]:
    return {"policy": _document(context.engine, _of_call(context))}


@ROUTES.add("PUT", _POLICY_PATH, body=OrganizationPolicyUpdateReq)
def _update_organization_policy(context: RequestContext) -> dict[str, Any]:
    policy = _of_call(context)
    for name in OrganizationPolicyUpdate.__struct_fields__:
        if (value := getattr(context.body.policy, name)) is not UNSET:
            setattr(policy.content, name, value)
    _check(policy.content, context.engine.now())
    _deploy(context.engine, policy)
    return {"policy": _document(context.engine, policy)}


@ROUTES.add("DELETE", _POLICY_PATH, status=204)
def _delete_organization_policy(context: RequestContext) -> Response:
    policy, engine = _of_call(context), context.engine
    for deployment in policy.deployments.values():
        policies.delete(engine, deployment.policy_id)
    engine.scheduler.cancel("organization_policy_deployed", policy.id)
    kept_documents.remove(engine.state, _KIND, policy.id)
    return Response(204)


@ROUTES.add("GET", f"{_POLICY_PATH}/policy-detail", query=_PAGE_QUERY)
def _list_organization_policy_detail(context: RequestContext) -> dict[str, Any]:
    policy = _of_call(context)
    documents = [
        {
            "policy_id": deployment.policy_id,
            "domain_id": policy.domain_id,
            "project_id": project_id,
            "status": deployment.status,
        }
        for project_id, deployment in policy.deployments.items()
    ]
    page = context.query.page()
    return page.answer("policies", page.of(documents), len(documents))


EVENTS = {"organization_policy_deployed": _deployed}
