"""The tags of vaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cbr_notebook.api.groups.tags import checked
from cbr_notebook.errors import Conflict, InvalidRequest
from cbr_notebook.frames.tags import TAGS
from cbr_notebook.session.context import Context
from cbr_notebook.session.lookup import find_vault
from cbr_notebook.session.references import (
    ResourceRef,
    display_name,
)
from cbr_notebook.session.tables import describe
from cbr_notebook.text.arguments import pairs

MOST_TAGS = 10


def tags(session: Context, vault: ResourceRef = None) -> pd.DataFrame:
    """Return one row a tag: of one vault, or of all.

    Args:
        vault: which one; all if left out.

    Returns:
        The columns of ``cbr.schema("tags")``.

    API: Tag, "Querying Tags of a Vault"; Vault, "Querying the Vault List".

    Example:
        >>> session.tag("vault-web", team="web")
        >>> session.tags("vault-web").query("key == 'team'")["value"].item()
        'web'
    """
    before = session.client.transport.requests
    asked: dict[str, Any] = {}
    rows: list[Any]
    if vault is None:
        vaults = session.client.vaults.list_all()
        rows = [(each, tag) for each in vaults for tag in each.tags or ()]
    else:
        found = find_vault(session, vault)  # a record of earlier may have other tags
        rows = [(found, tag) for tag in session.client.tags.list(found.id)]
        asked = {"vault_id": found.id}
    return describe(session, TAGS, TAGS.frame(rows), asked, before)


def tag(session: Context, vault: ResourceRef, **tags: str) -> None:
    """Add tags to a vault; one of the same key is replaced.

    Raises:
        InvalidRequest: a key or value is not allowed; nothing was sent.
        QuotaExceeded: the vault would have too many tags.

    API: Tag, "Batch Adding or Deleting Tags".

    Example:
        >>> session.tag("vault-web", team="web", stage="prod")
        >>> len(session.vaults(tags={"team": "web"}))
        1
    """
    session.client.tags.action(find_vault(session, vault).id, "create", tags)


def untag(session: Context, vault: ResourceRef, *keys: str) -> None:
    """Delete tags of a vault.

    Raises:
        NotFound: the vault has no tag of such a key.

    API: Tag, "Deleting a Tag from a Vault".

    Example:
        >>> session.tag("vault-web", team="web")
        >>> session.untag("vault-web", "team")
        >>> len(session.vaults(tags={"team": "web"}))
        0
    """
    vault_id = find_vault(session, vault).id
    for key in keys:
        session.client.tags.delete(vault_id, key)


def set_tags(
    session: Context,
    vault: ResourceRef,
    tags: Mapping[str, str],
    *,
    expected: Mapping[str, str] | None = None,
) -> TagChanges:
    """Set the tags of a vault to these and no others; sends only what differs.

    Args:
        vault: which one.
        tags: by key.
        expected: the tags that you have seen, so that nothing goes unseen that somebody
            else added or changed meanwhile.

    Returns:
        What was added, changed and removed.

    Raises:
        InvalidRequest: a key or value is not allowed, or there are more than ten; nothing
            was sent.
        Conflict: the vault's tags are not the expected ones any more; nothing was sent.

    API: Tag, "Batch Adding or Deleting Tags"; Tag, "Querying Tags of a Vault".

    Example:
        >>> changes = session.set_tags("vault-web", {"team": "web"})
        >>> session.tags("vault-web")["key"].tolist()
        ['team']
    """
    wanted = dict(checked(key, value) for key, value in pairs(tags, "tags").items())
    if len(wanted) > MOST_TAGS:
        raise InvalidRequest(
            f"{len(wanted)} tags are too many.", advice="At most ten.", field="tags"
        )
    found = find_vault(session, vault)
    vault_id, present = found.id, _tags_of(session, found.id)
    if expected is not None and (
        unseen := TagChanges.between(pairs(expected, "expected"), present)
    ):
        raise Conflict(
            f"The tags of {display_name(found)} have changed meanwhile: {unseen.in_words()}. "
            "Nothing was sent.",
            advice="Look at them again, and then say what they shall be: "
            f"session.tags({display_name(found)!r}).",
            field="tags",
        )
    changes = TagChanges.between(present, wanted)
    if changes.removed:
        session.client.tags.action(vault_id, "delete", changes.removed)
    if changes.added or changes.changed:
        new = {key: after for key, (_, after) in changes.changed.items()}
        session.client.tags.action(vault_id, "create", changes.added | new)
    return changes


def _tags_of(session: Context, vault_id: str) -> dict[str, str]:
    return {each.key: each.value or "" for each in session.client.tags.list(vault_id)}


@dataclass(frozen=True, slots=True)
class TagChanges:
    """How tags differ from those that there were, by key."""

    added: dict[str, str]
    changed: dict[str, tuple[str, str]]
    """Value before and after."""
    removed: dict[str, str]

    def __bool__(self) -> bool:
        """Return whether anything differs."""
        return bool(self.added or self.changed or self.removed)

    def in_words(self) -> str:
        """Say what differs."""
        return ", ".join(
            [
                *(f"{_tag(key, value)} was added" for key, value in self.added.items()),
                *(
                    f"{_tag(key, before)} became {_tag(key, after)}"
                    for key, (before, after) in self.changed.items()
                ),
                *(f"{_tag(key, value)} was removed" for key, value in self.removed.items()),
            ]
        )

    @classmethod
    def between(cls, before: Mapping[str, str], after: Mapping[str, str]) -> TagChanges:
        """Return what differs between tags before and after a change."""
        return cls(
            {key: value for key, value in after.items() if key not in before},
            {
                key: (before[key], value)
                for key, value in after.items()
                if key in before and before[key] != value
            },
            {key: value for key, value in before.items() if key not in after},
        )


def _tag(key: str, value: str) -> str:
    return f"{key}={value}" if value else key
