"""Look up records by ID, name, record or row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from cbr_notebook.api.messages.constants import KINDS, SEARCHED_KINDS, ResourceKind
from cbr_notebook.api.messages.records import Backup, Policy, Protectable, Vault
from cbr_notebook.errors import InvalidRequest, NotFound
from cbr_notebook.session.context import Context
from cbr_notebook.session.references import (
    ResourceRef,
    by_id_or_name,
    choose,
    ids_or_names,
    is_id,
    one_id_or_name,
    unknown_name,
)


def find_vault(session: Context, vault: ResourceRef) -> Vault:
    """Return the record of a vault, by ID, name, record or row.

    Raises:
        NotFound: there is none; the message lists the vaults.
        InvalidRequest: the name fits several.

    Example:
        >>> session.find_vault("vault-web").billing.size
        200
    """
    if isinstance(vault, Vault):
        return vault
    text = one_id_or_name(vault, "vault")
    vaults = session.client.vaults
    return by_id_or_name(
        text, vaults.show, lambda: list(vaults.list_all()), "vault", lambda v: v.name
    )


def find_policy(session: Context, policy: ResourceRef) -> Policy:
    """Return the record of a policy, by ID, name, record or row.

    Raises:
        NotFound: there is none; the message lists the policies.
        InvalidRequest: the name fits several.

    Example:
        >>> session.find_policy("daily-0300").enabled
        True
    """
    if isinstance(policy, Policy):
        return policy
    text = one_id_or_name(policy, "policy")
    policies = session.client.policies
    return by_id_or_name(
        text, policies.show, lambda: policies.list().policies, "policy", lambda p: p.name
    )


def find_backup(session: Context, backup: ResourceRef) -> Backup:
    """Return the record of a backup with those of its disks, by ID, name, record or row.

    Raises:
        NotFound: there is none.
        InvalidRequest: the name fits several.

    Example:
        >>> newest = session.backups(resource="web-01", limit=1)
        >>> session.find_backup(newest).resource_name
        'web-01'
    """
    text = one_id_or_name(backup, "backup")
    backups = session.client.backups

    def candidates() -> Sequence[Backup]:
        named = backups.list(name=text, limit=1000).backups
        # Without one of that name, the newest are those that may have been meant.
        return named or ([] if is_id(text) else backups.list(limit=20).backups)

    found = by_id_or_name(text, backups.show, candidates, "backup", lambda b: b.name)
    return found if found.id == text else backups.show(found.id)


def find_resource(
    session: Context, resource: ResourceRef, kind: ResourceKind | None = None
) -> Protectable:
    """Return the record of a server, disk or file system, by ID, name, record or row.

    Args:
        resource: which one.
        kind: ``server``, ``disk`` or ``turbo``, where that is known.

    Raises:
        NotFound: there is none; the message lists what there is.
        InvalidRequest: the name fits several.

    Example:
        >>> session.find_resource("web-01").type
        'OS::Nova::Server'
    """
    if isinstance(resource, Protectable):
        return resource
    text = one_id_or_name(resource, "resource")
    if kind is not None and kind not in KINDS:
        raise InvalidRequest(f"There is no kind {kind!r}.", advice=f"Choose one of {KINDS}.")
    # A server's system disk often bears the server's name: then the server is meant.
    kinds = (kind,) if kind else SEARCHED_KINDS
    for search in ("id", "name") if is_id(text) else ("name",):
        for each in kinds:
            rows = session.client.protectables.list_all(each, **{search: text})
            found = [row for row in rows if text in (row.id, row.name)]
            if found:
                return choose(text, found, each, lambda row: row.name)
    everything = [row for each in kinds for row in session.client.protectables.list_all(each)]
    return choose(text, everything, kind or "resource", lambda row: row.name)


def find_vault_elsewhere(
    session: Context, vault: ResourceRef, region: str, project_id: str
) -> Vault:
    """Return the record of a vault in a project of another region, by ID, name, record or row.

    Raises:
        NotFound: there is none, or the name fits several; the advice lists them.

    Example:
        >>> there = session.in_project("eu-west-1")
        >>> there.create_vault("copies", size_gb=100, protect_type="replication").name
        'copies'
        >>> session.find_vault_elsewhere("copies", "eu-west-1", there.identity.project_id).name
        'copies'
    """
    text = one_id_or_name(vault, "vault")
    vaults = session.client.vaults.list_external(
        region_id=region, external_project_id=project_id, limit=1000
    ).vaults
    found = [each for each in vaults if each.id == text]
    found = found or [each for each in vaults if each.name == text]
    if len(found) == 1:
        return found[0]
    takers = [each for each in vaults if each.billing and each.billing.protect_type != "backup"]
    names = ", ".join(f"{each.name} ({each.id})" for each in found or takers) or "none"
    raise NotFound(
        f"{'Several vaults are' if found else 'No vault is'} called {text!r} in {region}.",
        code="BackupService.6120",
        advice=f"Name one by its ID. There are: {names}."
        if found
        else f"Vaults that take replicas there: {names}.",
    )


def project_of(session: Context, wanted: str) -> str:
    """Return the ID of a project of the account, in any region."""
    projects = session.client.projects.list()
    for project in projects:
        if wanted in (project.id, project.name):
            return str(project.id)
    raise NotFound(
        f"There is no project {wanted!r} in this account.",
        advice=f"There are: {', '.join(str(each.name) for each in projects)}.",
    )


def vault_ids(session: Context, vaults: ResourceRef) -> str | list[str] | None:
    """Return the ID or IDs of the vaults that are meant; ``None`` if it was not said."""
    if vaults is None:
        return None
    given = [vaults] if isinstance(vaults, Vault) else ids_or_names(vaults, "vault")
    return _one_or_several([find_vault(session, each).id for each in given], "vault")


def resource_filter(session: Context, resources: ResourceRef) -> dict[str, Any]:
    """Return the filter for resources: what was deleted can still be asked for by name."""
    given = ids_or_names(resources, "resource")
    ids = [each for each in given if is_id(each)]
    names = [each for each in given if not is_id(each)]
    if ids and names:
        raise InvalidRequest(
            "Resources are named by IDs and names at once.", advice="Give one kind."
        )
    key = "resource_id" if ids else "resource_name"
    return {key: _one_or_several(given, "resource")}


def reject_unknown_resources(
    session: Context, asked: Mapping[str, Any], table: pd.DataFrame
) -> None:
    """Check that there is or was each resource that a question names.

    A resource with rows in the answer is known. Of the others the service is asked: whether it
    exists, or has backups or tasks of when it did.

    Args:
        session: whom to ask.
        asked: the filter of :func:`resource_filter`.
        table: the answer, with ``resource_id`` and ``resource_name``.

    Raises:
        NotFound: there is no trace of one; the advice has near names.
    """
    for key in ("resource_id", "resource_name"):
        value = asked.get(key)
        wanted = [value] if isinstance(value, str) else list(value or ())
        unseen = [each for each in wanted if each not in set(table[key].dropna())]
        for each in unseen:
            if not _was_there(session, key, each):
                there = [
                    r for kind in SEARCHED_KINDS for r in session.client.protectables.list_all(kind)
                ]
                raise unknown_name(each, [r.name or r.id for r in there], "resource")


def _was_there(session: Context, key: str, wanted: str) -> bool:
    """Return whether a resource exists, or left a backup or a task behind."""
    client = session.client
    search = key.removeprefix("resource_")
    for kind in SEARCHED_KINDS:
        rows = client.protectables.list_all(kind, **{search: wanted})
        if any(wanted == getattr(row, search) for row in rows):
            return True
    one: dict[str, Any] = {key: wanted, "limit": 1}
    return bool(client.backups.list(**one).backups or client.tasks.list(**one).operation_logs)


def _one_or_several(values: list[str], what: str) -> str | list[str]:
    """Return what a filter takes.

    Raises:
        InvalidRequest: there is nothing: that means none, while no filter would mean all.
    """
    if not values:
        raise InvalidRequest(
            f"No {what} is named: the selection is empty.",
            advice=f"Leave {what} out to ask for all.",
            field=what,
        )
    return values[0] if len(values) == 1 else values
