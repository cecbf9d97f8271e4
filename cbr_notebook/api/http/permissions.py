"""The permission that each operation needs, by its name in IAM's policies."""

from __future__ import annotations

import re
from functools import cache

from cbr_notebook.api.http.operations import OPERATIONS, Operation

ACTIONS = {each.id: each.action for each in OPERATIONS if each.action is not None}
"""The documented action of each operation; those that no document names are left out."""

_SERVERS_AND_DISKS = "ecs:cloudServers:list and evs:volumes:list"
_ALSO_NEEDED = {
    "list_protectable": _SERVERS_AND_DISKS,
    "show_protectable": _SERVERS_AND_DISKS,
    "add_vault_resource": _SERVERS_AND_DISKS,
    "create_vault": _SERVERS_AND_DISKS,
    "create_checkpoint": _SERVERS_AND_DISKS,
    "restore_backup": _SERVERS_AND_DISKS,
    "check_agent": "ecs:cloudServers:list",
    "migrate_vault_resource": "cbr:vaults:addResources",
}
"""What the documents name beside the action itself."""
_ACTION_IN_TEXT = re.compile(r"\b[a-z]+:[A-Za-z]*:[A-Za-z]+\b")


def operation_of(method: str, path: str) -> Operation | None:
    """Return the operation of a request; ``None`` where it is none of the service's.

    Args:
        method: the HTTP method.
        path: the path as it is sent, from ``/v3`` on.
    """
    for operation, pattern in _patterns():
        if operation.method == method and pattern.fullmatch(path):
            return operation
    return None


def missing_permission(method: str, path: str, message: str) -> str | None:
    """Return in words which permission a request lacked, if that can be told.

    Args:
        method: the HTTP method.
        path: the path as it was sent.
        message: the service's own words, which may name the action.
    """
    if named := _ACTION_IN_TEXT.search(message):
        return f"The permission that is missing: {named.group()}."
    operation = operation_of(method, path)
    action = ACTIONS.get(operation.id) if operation else None
    if operation is None:
        return None
    if action is None:
        return (
            f"No document of the service names the permission for {operation.id}; whoever manages "
            "the account finds it in IAM, among the actions of CBR."
        )
    also = _ALSO_NEEDED.get(operation.id)
    more = f" (it needs {also}, too)" if also else ""
    return f"The permission that is missing: {action}{more}."


@cache
def _patterns() -> tuple[tuple[Operation, re.Pattern[str]], ...]:
    """Return the operations; paths without parameters first, since they are more exact."""
    ordered = sorted(OPERATIONS, key=lambda each: each.path.count("{"))
    return tuple(
        (each, re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(each.path)))) for each in ordered
    )
