"""Questions about an account: what it uses, which agents, features and rules it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import pandas as pd

from cbr_notebook import frames
from cbr_notebook.frames.account import Feature, ReplicationTarget
from cbr_notebook.session.context import Context
from cbr_notebook.session.tables import Answer, make_table, read_list


def usage(
    session: Context, *, resource_type: str | None = None, limit: int | None = None
) -> pd.DataFrame:
    """Return one row a resource that has backups, with what they take in MB.

    Args:
        resource_type: ``OS::Nova::Server`` or ``OS::Ironic::BareMetalServer``.
        limit: rows at most.

    Returns:
        The columns of ``cbr.schema("usage")``.

    Raises:
        InvalidRequest: the service does not filter by this type.

    API: Usage, "Querying the Storage Usage".

    Example:
        >>> int(session.usage(resource_type="OS::Nova::Server")["backup_count"].sum()) > 0
        True
    """
    rows = session.client.usage.list_all(resource_type=resource_type)
    return make_table(session, frames.USAGE, rows, {"resource_type": resource_type}, limit)


def agents(session: Context, *, limit: int | None = None) -> pd.DataFrame:
    """Return one row an agent on a host of one's own.

    Args:
        limit: rows at most.

    Returns:
        The columns of ``cbr.schema("agents")``.

    API: Agent, "Querying the Agent List".

    Example:
        >>> session.agents()["status"].tolist()
        []
    """
    return make_table(session, frames.AGENTS, session.client.agents.list_all(), {}, limit)


def features(session: Context) -> pd.DataFrame:
    """Return one row a feature of the service in this project.

    Returns:
        The columns of ``cbr.schema("features")``.

    API: Feature, "Querying Features".

    Example:
        >>> len(session.features()) > 0
        True
    """
    rows = [Feature(key, value) for key, value in session.client.features.list().items()]
    return make_table(session, frames.FEATURES, rows, {}, None)


def replication_targets(session: Context) -> pd.DataFrame:
    """Return one row a region and a region that it replicates to.

    Returns:
        The columns of ``cbr.schema("replication_targets")``.

    API: Protectable, "Querying the Replication Capabilities".

    Example:
        >>> len(session.replication_targets()) > 0
        True
    """
    rows = [
        ReplicationTarget(each.name or "", to)
        for each in session.client.protectables.replication_capabilities()
        for to in each.replication_destinations or ()
    ]
    return make_table(session, frames.REPLICATION_TARGETS, rows, {}, None)


def organization_policies(
    session: Context,
    operation_type: Literal["backup", "replication"] = "backup",
    *,
    limit: int | None = None,
) -> pd.DataFrame:
    """Return one row a policy of the organization.

    Args:
        operation_type: ``backup`` or ``replication``.
        limit: rows at most.

    Returns:
        The columns of ``cbr.schema("organization_policies")``.

    API: Organization policy, "Querying Organization Policies".

    Example:
        >>> len(session.organization_policies())
        0
    """
    asked = {"operation_type": operation_type}

    def ask(one: Mapping[str, Any], offset: int, size: int) -> Answer:
        page = session.client.organization_policies.list(limit=size, offset=offset or None, **one)
        return page.policies, page.count

    return read_list(
        session, frames.ORGANIZATION_POLICIES, asked, ask, limit=limit, kinds=["operation_type"]
    )
