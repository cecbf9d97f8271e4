"""The operations on organization policies: one policy for many projects of an account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from cbr_notebook.api.groups import Group
from cbr_notebook.api.groups.policies import checked_definition
from cbr_notebook.api.messages import validate
from cbr_notebook.api.messages.records import Definition, Page, Record, Trigger
from cbr_notebook.api.messages.recurrence import checked_rules
from cbr_notebook.api.paging.pager import items, paged
from cbr_notebook.errors import InvalidRequest

OPERATION_TYPES = ("backup", "replication")
_PATH = "/v3/{project_id}/organization-policies"


class OrganizationPolicy(Record, frozen=True):
    """A policy that an organization hands to its projects."""

    id: str
    name: str | None = None
    description: str | None = None
    operation_type: str | None = None
    domain_id: str | None = None
    domain_name: str | None = None
    policy_name: str | None = None
    policy_enabled: bool | None = None
    policy_operation_definition: Definition | None = None
    policy_trigger: Trigger | None = None
    status: str | None = None
    effective_scope: str | None = None


class OrganizationPolicyPage(Page, frozen=True, kw_only=True):
    """A page of organization policies."""

    policies: list[OrganizationPolicy]


class Deployment(Record, frozen=True):
    """What became of an organization policy in one project."""

    policy_id: str | None = None
    domain_id: str | None = None
    project_id: str | None = None
    status: str | None = None


class DeploymentPage(Page, frozen=True, kw_only=True):
    """The deployments of an organization policy."""

    policies: list[Deployment]


class _Answer(msgspec.Struct):
    policy: OrganizationPolicy


class _Write(msgspec.Struct):
    name: str | UnsetType = UNSET
    operation_type: str | UnsetType = UNSET
    policy_name: str | UnsetType = UNSET
    policy_enabled: bool | UnsetType = UNSET
    policy_operation_definition: dict[str, Any] | UnsetType = UNSET
    policy_trigger: dict[str, Any] | UnsetType = UNSET
    description: str | UnsetType = UNSET
    effective_scope: str | UnsetType = UNSET


def _trigger(pattern: Sequence[str]) -> dict[str, Any]:
    return {"properties": {"pattern": checked_rules(pattern)}}


def _text(value: str | None, field: str) -> str | UnsetType:
    checked = validate.text(value, 255, field)
    return UNSET if checked is None else checked


class OrganizationPolicies(Group):
    """Policies for all projects of an organization."""

    def list(
        self,
        operation_type: Literal["backup", "replication"],
        *,
        limit: int | None = None,
        offset: int | None = None,
    ) -> OrganizationPolicyPage:
        """Return a page of organization policies.

        Args:
            operation_type: ``backup`` or ``replication``; the service demands it.
            limit: rows in the page, 1 to 1000.
            offset: rows to skip.

        Raises:
            InvalidRequest: a value is out of range (BackupService.9900).

        API: Organization policy, "Querying Organization Policies"
        (GET /v3/{project_id}/organization-policies).
        """
        query = {
            "operation_type": validate.one_of(operation_type, OPERATION_TYPES, "operation_type"),
            "limit": validate.within(limit, 1, 1000, "limit"),
            "offset": validate.within(offset, 0, 2**31, "offset"),
        }
        return self._transport.get(_PATH, OrganizationPolicyPage, query)

    def list_all(
        self, operation_type: Literal["backup", "replication"], *, page_size: int = 1000
    ) -> Iterator[OrganizationPolicy]:
        """Return all organization policies of a type, page by page.

        API: Organization policy, "Querying Organization Policies".
        """
        ask = paged(partial(self.list, operation_type), "policies")
        return items(ask, page_size=page_size)

    def show(self, organization_policy_id: str) -> OrganizationPolicy:
        """Return an organization policy.

        Raises:
            NotFound: there is none of this ID (BackupService.6000).

        API: Organization policy, "Querying an Organization Policy"
        (GET …/organization-policies/{organization_policy_id}).
        """
        return self._transport.get(f"{_PATH}/{organization_policy_id}", _Answer).policy

    def deployments(self, organization_policy_id: str) -> Sequence[Deployment]:
        """Return what became of an organization policy, project by project.

        Raises:
            NotFound: there is none of this ID (BackupService.6000).

        API: Organization policy, "Querying the Deployment Details"
        (GET …/organization-policies/{organization_policy_id}/policy-detail).
        """
        path = f"{_PATH}/{organization_policy_id}/policy-detail"
        return self._transport.get(path, DeploymentPage).policies

    def create(
        self,
        name: str,
        *,
        policy_name: str,
        operation_type: Literal["backup", "replication"],
        pattern: Sequence[str],
        definition: Mapping[str, Any],
        policy_enabled: bool = True,
        description: str | None = None,
        effective_scope: str | None = None,
    ) -> OrganizationPolicy:
        """Create a policy for the projects of an organization.

        Args:
            name: of the organization policy, 1 to 64 characters.
            policy_name: of the policy in each project, 1 to 64 characters.
            operation_type: ``backup`` or ``replication``.
            pattern: recurrence rules, in UTC.
            definition: what is kept, as for :meth:`Policies.create`.
            policy_enabled: whether it runs.
            description: at most 255 characters.
            effective_scope: for whom, at most 255 characters.

        Raises:
            InvalidRequest: a value is not allowed (BackupService.9900).
            QuotaExceeded: there are as many as may be (BackupService.6001).

        API: Organization policy, "Creating an Organization Policy"
        (POST /v3/{project_id}/organization-policies).
        """
        validate.one_of(operation_type, OPERATION_TYPES, "operation_type")
        body = _Write(
            name=validate.name(name),
            operation_type=operation_type,
            policy_name=validate.name(policy_name, "policy_name"),
            policy_enabled=policy_enabled,
            policy_operation_definition=checked_definition(definition),
            policy_trigger=_trigger(pattern),
            description=_text(description, "description"),
            effective_scope=_text(effective_scope, "effective_scope"),
        )
        return self._transport.send("POST", _PATH, {"policy": body}, _Answer).policy

    def update(
        self,
        organization_policy_id: str,
        *,
        name: str | None = None,
        policy_name: str | None = None,
        pattern: Sequence[str] | None = None,
        definition: Mapping[str, Any] | None = None,
        policy_enabled: bool | None = None,
        description: str | None = None,
        effective_scope: str | None = None,
    ) -> OrganizationPolicy:
        """Change an organization policy in all its projects; what is left out stays.

        Args:
            organization_policy_id: the organization policy.
            name: a new name.
            policy_name: a new name in each project.
            pattern: other recurrence rules, in UTC.
            definition: what is kept from now on.
            policy_enabled: whether it runs.
            description: at most 255 characters.
            effective_scope: for whom, at most 255 characters.

        Raises:
            NotFound: there is none of this ID (BackupService.6000).
            InvalidRequest: a value is not allowed (BackupService.9900).

        API: Organization policy, "Modifying an Organization Policy"
        (PUT …/organization-policies/{organization_policy_id}).
        """
        body = _Write(
            name=UNSET if name is None else validate.name(name),
            policy_name=UNSET if policy_name is None else validate.name(policy_name, "policy_name"),
            policy_enabled=UNSET if policy_enabled is None else policy_enabled,
            policy_operation_definition=UNSET
            if definition is None
            else checked_definition(definition),
            policy_trigger=UNSET if pattern is None else _trigger(pattern),
            description=_text(description, "description"),
            effective_scope=_text(effective_scope, "effective_scope"),
        )
        if body == _Write():
            raise InvalidRequest("Nothing is to be changed.", advice="Name what shall change.")
        path = f"{_PATH}/{organization_policy_id}"
        return self._transport.send("PUT", path, {"policy": body}, _Answer, read_back=True).policy

    def delete(self, organization_policy_id: str) -> None:
        """Remove a policy from the projects of an organization; backups stay.

        Raises:
            NotFound: there is none of this ID (BackupService.6000).

        API: Organization policy, "Deleting an Organization Policy"
        (DELETE …/organization-policies/{organization_policy_id}).
        """
        self._transport.send("DELETE", f"{_PATH}/{organization_policy_id}", None, type(None))
