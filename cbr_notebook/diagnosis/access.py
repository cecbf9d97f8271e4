"""What one may read: each question of the service once, by the name of its permission."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from cbr_notebook.api.client import Client
from cbr_notebook.api.http.operations import OPERATIONS
from cbr_notebook.api.http.permissions import ACTIONS
from cbr_notebook.diagnosis.rows import Row, from_error
from cbr_notebook.errors import CBRError, NotFound, PermissionDenied

_LISTS: dict[str, Callable[[Client], Any]] = {
    "list_vault": lambda client: client.vaults.list(limit=1),
    "list_backups": lambda client: client.backups.list(limit=1),
    "list_policies": lambda client: client.policies.list(),
    "list_op_logs": lambda client: client.tasks.list(limit=1),
    "list_protectable": lambda client: client.protectables.list("server", limit=1),
    "show_replication_capabilities": lambda client: client.protectables.replication_capabilities(),
    "show_vault_project_tag": lambda client: client.tags.list_project(),
    "show_storage_usage": lambda client: client.usage.list(limit=1),
    "show_summary": lambda client: client.vaults.summary(),
    "list_agent": lambda client: client.agents.list(limit=1),
    "list_features": lambda client: client.features.list(),
    "list_organization_policies": lambda client: client.organization_policies.list(
        "backup", limit=1
    ),
}
"""Questions that need no ID."""
_READS_BY_POST = ("check_agent", "show_vault_resource_instances")


def check_permissions(client: Client) -> Iterator[Row]:
    """Yield one row a permission; nothing is changed.

    Permissions to change something cannot be seen without changing something: they are
    ``unknown``, and so are those to read one thing where there is none.
    """
    found = _ids(client)
    tried = set()
    for name, ask in {**_LISTS, **_details(found)}.items():
        tried.add(name)
        yield _try(name, ask, client)
    for operation in OPERATIONS:
        action = ACTIONS.get(operation.id)
        if action is None or operation.id in tried:
            continue
        reads = operation.method == "GET" or operation.id in _READS_BY_POST
        why = "there is nothing to read it of" if reads else "only trying would show, and change"
        yield Row(
            _name(operation.id),
            "unknown",
            f"not tried: {why}",
            "" if reads else "Ask whoever manages the account, if a change is refused.",
        )


def _name(operation: str) -> str:
    action = ACTIONS.get(operation)
    return f"permission: {action}" if action else f"operation: {operation}"


def _try(operation: str, ask: Callable[[Client], Any], client: Client) -> Row:
    check = _name(operation)
    try:
        ask(client)
    except PermissionDenied as problem:
        return from_error(check, problem)
    except NotFound as problem:
        return replace(
            from_error(check, problem, "warning"),
            to_do=problem.advice or "This operator or region may lack it; the rest works without.",
        )
    except CBRError as problem:
        return from_error(check, problem)
    return Row(check, "ok", "may be read")


def _ids(client: Client) -> dict[str, str]:
    """Return the ID of one thing of each kind, where there is one that may be read."""
    asked: dict[str, Callable[[], Any]] = {
        "vault": lambda: client.vaults.list(limit=1).vaults,
        "backup": lambda: client.backups.list(limit=1).backups,
        "policy": lambda: client.policies.list().policies,
        "task": lambda: client.tasks.list(limit=1).operation_logs,
        "server": lambda: client.protectables.list("server", limit=1).instances,
    }
    found = {}
    for kind, ask in asked.items():
        try:
            rows = ask()
        except CBRError:
            continue
        if rows and isinstance(getattr(rows[0], "id", None), str):
            found[kind] = rows[0].id
    return found


def _details(found: dict[str, str]) -> dict[str, Callable[[Client], Any]]:
    details: dict[str, tuple[str, Callable[[Client, str], Any]]] = {
        "show_vault": ("vault", lambda client, each: client.vaults.show(each)),
        "show_vault_tag": ("vault", lambda client, each: client.tags.list(each)),
        "show_backup": ("backup", lambda client, each: client.backups.show(each)),
        "show_metadata": ("backup", lambda client, each: client.backups.metadata(each)),
        "show_members_detail": ("backup", lambda client, each: client.members.list(each)),
        "show_policy": ("policy", lambda client, each: client.policies.show(each)),
        "show_op_log": ("task", lambda client, each: client.tasks.show(each)),
        "show_protectable": (
            "server", lambda client, each: client.protectables.show("server", each),
        ),
    }  # fmt: skip
    return {
        operation: _bound(ask, found[kind])
        for operation, (kind, ask) in details.items()
        if kind in found
    }


def _bound(ask: Callable[[Client, str], Any], each: str) -> Callable[[Client], Any]:
    return lambda client: ask(client, each)
