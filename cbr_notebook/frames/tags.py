"""Tags of vaults as a DataFrame."""

from __future__ import annotations

from cbr_notebook.frames.column import Column
from cbr_notebook.frames.schema import Schema

TAGS = Schema(
    "tags",
    "a tag of a vault",
    (
        Column("vault_id", "text", "id", "ID of the vault", read=lambda row: row[0].id),
        Column("vault_name", "text", "name", "name of the vault", read=lambda row: row[0].name),
        Column("key", "text", "tags.key", "key of the tag", read=lambda row: row[1].key),
        Column("value", "text", "tags.value", "its value", read=lambda row: row[1].value),
    ),
)
"""One row a tag."""
