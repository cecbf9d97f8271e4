"""Servers, disks and file systems as a DataFrame."""

from __future__ import annotations

from collections.abc import Mapping

from cbr_notebook.api.messages.constants import RESOURCE_TYPES
from cbr_notebook.api.messages.records import Protectable
from cbr_notebook.frames.column import Column
from cbr_notebook.frames.schema import Schema


def tags_of(resource: Protectable) -> dict[str, str]:
    """Return the tags of a resource: of servers ``key=value`` texts, of others a mapping."""
    told = (resource.detail or {}).get("tags")
    if isinstance(told, Mapping):
        return {str(key): str(value or "") for key, value in told.items()}
    found = {}
    for each in told if isinstance(told, list) else ():
        if isinstance(each, Mapping) and "key" in each:
            found[str(each["key"])] = str(each.get("value") or "")
        elif isinstance(each, str):
            key, _, value = each.partition("=")
            found[key] = value
    return found


RESOURCES = Schema(
    "resources",
    "a server, disk or file system",
    (
        Column("id", "text", "id", "ID of the resource"),
        Column("name", "text", "name", "name of the resource"),
        Column("type", "category", "type", "its type", values=RESOURCE_TYPES),
        Column("status", "text", "status", "its status, as its own service says it"),
        Column("size_gb", "integer", "size", "its size; of a server: of its disks", unit="GB"),
        Column(
            "disks", "integer", "children", "how many disks a server has",
            read=lambda record: len(record.children or ()),
        ),
        Column("vault_id", "text", "protectable.vault.id", "ID of the vault that it is in"),
        Column("vault_name", "text", "protectable.vault.name", "name of the vault that it is in"),
        Column("protectable", "flag", "protectable.result", "whether it can be backed up"),
        Column("reason", "text", "protectable.reason", "why it cannot"),
        Column("tags", "mapping", "detail.tags", "its tags: value by key", read=tags_of),
    ),
)  # fmt: skip
"""One row a resource."""
