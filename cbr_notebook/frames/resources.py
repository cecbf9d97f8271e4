"""Servers, disks and file systems as a DataFrame."""

from __future__ import annotations

from cbr_notebook.api.messages.records import Protectable
from cbr_notebook.frames.backups import RESOURCE_TYPES
from cbr_notebook.frames.column import Column
from cbr_notebook.frames.schema import Schema


def _tags(record: Protectable) -> str:
    tags = (record.detail or {}).get("tags") or ()
    if isinstance(tags, dict):
        return ", ".join(f"{key}={value}" for key, value in tags.items())
    return ", ".join(str(each) for each in tags)


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
        Column("tags", "text", "detail.tags", "its tags, separated by commas", read=_tags),
    ),
)  # fmt: skip
"""One row a resource."""
