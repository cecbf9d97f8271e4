"""Sharing backups between projects, and the tags of vaults."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from cbr_notebook.api.records import Member
from cbr_notebook.errors import NotFound
from cbr_notebook.frames.members import MEMBERS
from cbr_notebook.frames.tags import TAGS
from cbr_notebook.session.names import Named, texts
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
        text = texts(backup)[0]
        shared = list(self.client.backups.list_all(own_type="shared"))
        for each in shared:
            if text in (each.id, each.name):
                return each.id
        raise NotFound(
            f"No backup {text!r} is shared with this project.",
            advice=f"There are: {', '.join(str(each.name) for each in shared) or 'none'}.",
        )

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
