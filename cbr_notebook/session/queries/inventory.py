"""Policies, what is in vaults, and what could be, as DataFrames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import pandas as pd

from cbr_notebook import frames
from cbr_notebook.api.groups.protectables import LARGEST_PAGE as PAGE
from cbr_notebook.api.messages.constants import COMMON_KINDS, ResourceKind
from cbr_notebook.frames.details import resources_of, rules_of
from cbr_notebook.session.context import Context
from cbr_notebook.session.filters import reject_unknown
from cbr_notebook.session.lookup import find_policy, find_vault, vault_ids
from cbr_notebook.session.queries.lists import FURTHER_FILTERS
from cbr_notebook.session.references import ResourceRef
from cbr_notebook.session.tables import Answer, make_table, read_list
from cbr_notebook.session.tag_filters import TagChoice, Tags

_RESOURCE_FILTERS = tuple(FURTHER_FILTERS["resources"])


def policies(
    session: Context,
    *,
    operation_type: Literal["backup", "replication"] | None = None,
    vault: ResourceRef = None,
    tags: Tags = None,
    limit: int | None = None,
) -> pd.DataFrame:
    """Return one row a policy.

    Args:
        operation_type: ``backup`` or ``replication``.
        vault: only policies applied to this vault.
        tags: only policies applied to a vault with these tags, as in :meth:`vaults`.
        limit: rows at most.

    Returns:
        The columns of ``cbr.schema("policies")``.

    Raises:
        NotFound: there is no such vault.
        InvalidRequest: ``tags`` cannot be read.

    API: Policy, "Querying the Policy List".

    Example:
        >>> list(session.policies()["name"])
        ['daily-0300', 'daily-long-term', 'weekly-sunday', 'paused-nightly']
    """
    chosen = TagChoice(session, tags, "vault")
    vault_id = None if vault is None else find_vault(session, vault).id
    page = session.client.policies.list(operation_type=operation_type, vault_id=vault_id)
    found = page.policies
    if chosen:
        tagged = {each.id for each in session.client.vaults.list_all() if chosen.vault(each)}
        found = [
            each
            for each in found
            if any(applied.vault_id in tagged for applied in each.associated_vaults or ())
        ]
    asked = {"operation_type": operation_type, "vault_id": vault_id}
    return chosen.noted(make_table(session, frames.POLICIES, found, asked, limit))


def policy_rules(session: Context, policy: ResourceRef = None) -> pd.DataFrame:
    """Return one row a recurrence rule of a policy; days and times in UTC.

    Args:
        policy: only of this policy; of all if left out.

    Returns:
        The columns of ``cbr.schema("policy_rules")``.

    Raises:
        NotFound: there is no such policy.

    API: Policy, "Querying the Policy List".

    Example:
        >>> session.policy_rules("daily-0300")["times_utc"].tolist()
        ['03:00']
    """
    if policy is None:
        return make_table(
            session,
            frames.POLICY_RULES,
            rules_of(session.client.policies.list().policies),
            {},
            None,
        )
    found = find_policy(session, policy)
    return make_table(
        session, frames.POLICY_RULES, rules_of([found]), {"policy_id": found.id}, None
    )


def vault_resources(
    session: Context, vault: ResourceRef = None, *, tags: Tags = None
) -> pd.DataFrame:
    """Return one row a resource of a vault, with what its backups take.

    Args:
        vault: only of this vault, or of these; of all if left out.
        tags: only resources that have these tags today, as in :meth:`resources`.

    Returns:
        The columns of ``cbr.schema("vault_resources")``.

    Raises:
        NotFound: there is no such vault.
        InvalidRequest: ``tags`` cannot be read.

    API: Vault, "Querying the Vault List".

    Example:
        >>> session.vault_resources("vault-web")["name"].tolist()
        ['web-01', 'web-02', 'app-01', 'app-02']
    """
    chosen = TagChoice(session, tags)
    wanted = vault_ids(session, vault)
    asked = {"vault_id": wanted}
    ids = [wanted] if isinstance(wanted, str) else wanted
    vaults = [each for each in session.client.vaults.list_all() if ids is None or each.id in ids]
    rows = [each for each in resources_of(vaults) if chosen.resource(each.resource.id)]
    return chosen.noted(make_table(session, frames.VAULT_RESOURCES, rows, asked, None))


def resources(
    session: Context,
    kind: ResourceKind | None = None,
    *,
    name: str | None = None,
    tags: Tags = None,
    limit: int | None = None,
    **filters: Any,
) -> pd.DataFrame:
    """Return one row a server, disk or file system, with the vault that it is in.

    Args:
        kind: ``server``, ``disk``, ``turbo`` (file systems); the three if left out.
        name: part of the name.
        tags: only those with all of these keys, each with the value or one of the values; an
            empty list, or ``None``, means any value: ``{"env": ["prod", "dev"], "tier": None}``.
            ``"env=prod"`` and ``["env=prod", "tier"]`` can be read, too.
        limit: rows at most.
        filters: further ones of the service: ``id``, ``status``, ``server_id``.

    Returns:
        The columns of ``cbr.schema("resources")``.

    Raises:
        InvalidRequest: there is no such kind, or ``tags`` cannot be read.

    API: Protectable, "Querying Protectable Resources".

    Example:
        >>> session.resources("server", name="web")["name"].tolist()
        ['web-01', 'web-02']
    """
    chosen = TagChoice(session, tags)
    reject_unknown(filters, _RESOURCE_FILTERS, "resources")
    kinds = COMMON_KINDS if kind is None else (kind,)
    asked = {"name": name, **filters}

    def ask(one: Mapping[str, Any], offset: int, size: int) -> Answer:
        page = session.client.protectables.list(limit=size, offset=offset, **one)
        return page.instances, page.count

    frame = read_list(
        session, frames.RESOURCES, {"kind": kinds, **asked}, ask, limit=limit, page_size=PAGE,
        keep=chosen.record if chosen else None,
    )  # fmt: skip
    return chosen.noted(frame)
