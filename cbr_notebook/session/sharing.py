"""Sharing backups between projects, and the tags of vaults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cbr_notebook.api.records import Member
from cbr_notebook.api.tags import checked
from cbr_notebook.errors import Conflict, InvalidRequest
from cbr_notebook.frames.members import MEMBERS
from cbr_notebook.frames.tags import TAGS
from cbr_notebook.session.names import Named, called, choose, one_text
from cbr_notebook.session.replicating import Replicates


class Sharing(Replicates):
    """Members of backups, and tags."""

    def members(self, backup: Named) -> pd.DataFrame:
        """Give one row a project that a backup is shared with.

        Args:
            backup: which one.

        Returns:
            The columns of ``cbr.schema("members")``.

        API: Backup sharing, "Querying the Share Member List".
        """
        return MEMBERS.frame(list(self.client.members.list_all(self.find_backup(backup).id)))

    def share(self, backup: Named, projects: str | Sequence[str]) -> Sequence[Member]:
        """Share a server's backup with projects of the same region; they must accept it.

        Args:
            backup: which one.
            projects: the IDs of the projects, at most ten.

        Returns:
            The new members, pending.

        Raises:
            InvalidRequest: not a server's backup, or not a project to share with.
            Conflict: shared already, or not available.

        API: Backup sharing, "Adding Share Members".
        """
        wanted = [projects] if isinstance(projects, str) else list(projects)
        return self.client.members.add(self.find_backup(backup).id, wanted)

    def accept_share(self, backup: Named, *, vault: Named) -> Member:
        """Accept a backup that another project shares, into a vault of one's own.

        API: Backup sharing, "Updating a Share Member".
        """
        backup_id = self._shared_backup(backup)
        mine, vault_id = self.identity.project_id, self.find_vault(vault).id
        return self.client.members.update(backup_id, mine, status="accepted", vault_id=vault_id)

    def reject_share(self, backup: Named) -> Member:
        """Reject a backup that another project shares.

        API: Backup sharing, "Updating a Share Member".
        """
        backup_id = self._shared_backup(backup)
        return self.client.members.update(backup_id, self.identity.project_id, status="rejected")

    def unshare(self, backup: Named, project: str) -> None:
        """Stop sharing a backup with a project.

        Raises:
            NotFound: it is not shared with it.
            Conflict: an image was made of it there.

        API: Backup sharing, "Deleting a Share Member".
        """
        self.client.members.delete(self.find_backup(backup).id, project)

    def _shared_backup(self, backup: Named) -> str:
        text = one_text(backup, "backup")
        shared = list(self.client.backups.list_all(own_type="shared"))
        return choose(text, shared, "shared backup", lambda each: each.name).id

    def tags(self, vault: Named = None) -> pd.DataFrame:
        """Give one row a tag: of one vault, or of all.

        Args:
            vault: which one; all if left out.

        Returns:
            The columns of ``cbr.schema("tags")``.

        API: Tag, "Querying Tags of a Vault"; Vault, "Querying the Vault List".
        """
        rows: list[Any]
        if vault is None:
            vaults = self.client.vaults.list_all()
            rows = [(each, tag) for each in vaults for tag in each.tags or ()]
        else:
            found = self.find_vault(vault)  # a record of earlier may have other tags
            rows = [(found, tag) for tag in self.client.tags.list(found.id)]
        return TAGS.frame(rows)

    def tag(self, vault: Named, **tags: str) -> None:
        """Add tags to a vault; one of the same key is replaced.

        Raises:
            InvalidRequest: a key or value is not allowed; nothing was sent.
            QuotaExceeded: the vault would have too many tags.

        API: Tag, "Batch Adding or Deleting Tags".
        """
        self.client.tags.action(self.find_vault(vault).id, "create", tags)

    def untag(self, vault: Named, *keys: str) -> None:
        """Delete tags of a vault.

        Raises:
            NotFound: the vault has no tag of such a key.

        API: Tag, "Deleting a Tag from a Vault".
        """
        vault_id = self.find_vault(vault).id
        for key in keys:
            self.client.tags.delete(vault_id, key)

    def set_tags(
        self,
        vault: Named,
        tags: Mapping[str, str],
        *,
        expected: Mapping[str, str] | None = None,
    ) -> TagChanges:
        """Let a vault have these tags and no others; sends only what differs.

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
        """
        wanted = dict(checked(key, value) for key, value in tags.items())
        if len(wanted) > MOST_TAGS:
            raise InvalidRequest(
                f"{len(wanted)} tags are too many.", advice="At most ten.", field="tags"
            )
        found = self.find_vault(vault)
        vault_id, present = found.id, self._tags_of(found.id)
        if expected is not None and (unseen := TagChanges.between(expected, present)):
            raise Conflict(
                f"The tags of {called(found)} have changed meanwhile: {unseen.in_words()}. "
                "Nothing was sent.",
                advice="Look at them again, and then say what they shall be: "
                f"session.tags({called(found)!r}).",
                field="tags",
            )
        changes = TagChanges.between(present, wanted)
        if changes.removed:
            self.client.tags.action(vault_id, "delete", changes.removed)
        if changes.added or changes.changed:
            new = {key: after for key, (_, after) in changes.changed.items()}
            self.client.tags.action(vault_id, "create", changes.added | new)
        return changes

    def _tags_of(self, vault_id: str) -> dict[str, str]:
        return {each.key: each.value or "" for each in self.client.tags.list(vault_id)}


MOST_TAGS = 10


@dataclass(frozen=True, slots=True)
class TagChanges:
    """How tags differ from those that there were, by key."""

    added: dict[str, str]
    changed: dict[str, tuple[str, str]]
    """Value before and after."""
    removed: dict[str, str]

    def __bool__(self) -> bool:
        """Whether anything differs."""
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
        """Compare."""
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
