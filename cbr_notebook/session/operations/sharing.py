"""Share backups between projects."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from cbr_notebook.api.messages.records import Member
from cbr_notebook.api.messages.statuses import MEMBER_ACCEPTED, MEMBER_REJECTED
from cbr_notebook.frames.members import MEMBERS
from cbr_notebook.session.context import Context
from cbr_notebook.session.lookup import find_backup, find_vault
from cbr_notebook.session.references import ResourceRef, choose, one_id_or_name
from cbr_notebook.session.tag_filters import TagChoice, Tags
from cbr_notebook.text.arguments import texts


def members(session: Context, backup: ResourceRef, *, tags: Tags = None) -> pd.DataFrame:
    """Return one row a project that a backup is shared with.

    Args:
        backup: which one.
        tags: only if its resource has these tags today, as in :meth:`resources`; else there are
            no rows.

    Returns:
        The columns of ``cbr.schema("members")``.

    Raises:
        NotFound: there is no such backup.
        InvalidRequest: ``tags`` cannot be read.

    API: Backup sharing, "Querying the Share Member List".

    Example:
        >>> backup = session.last_quiet_backup("web-01")
        >>> len(session.members(backup))
        0
    """
    chosen = TagChoice(session, tags)
    found = find_backup(session, backup)
    shared = chosen.resource(found.resource_id)
    rows = list(session.client.members.list_all(found.id)) if shared else []
    return chosen.answer(MEMBERS, rows, {"backup_id": found.id})


def share(session: Context, backup: ResourceRef, projects: str | Sequence[str]) -> Sequence[Member]:
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

    Example:
        >>> other = session.in_project("eu-west-0_staging")
        >>> backup = session.last_quiet_backup("web-01")
        >>> session.share(backup, other.identity.project_id)[0].status
        'pending'
    """
    wanted = texts(projects, "projects")
    return session.client.members.add(find_backup(session, backup).id, wanted)


def accept_share(session: Context, backup: ResourceRef, *, vault: ResourceRef) -> Member:
    """Accept a backup that another project shares, into a vault of one's own.

    API: Backup sharing, "Updating a Share Member".

    Example:
        >>> other = session.in_project("eu-west-0_staging")
        >>> backup = session.last_quiet_backup("web-01")
        >>> members = session.share(backup, other.identity.project_id)
        >>> vault = other.create_vault("shared", size_gb=100)
        >>> other.accept_share(backup.id, vault=vault).status
        'accepted'
    """
    backup_id = _shared_backup(session, backup)
    mine, vault_id = session.identity.project_id, find_vault(session, vault).id
    return session.client.members.update(backup_id, mine, status=MEMBER_ACCEPTED, vault_id=vault_id)


def reject_share(session: Context, backup: ResourceRef) -> Member:
    """Reject a backup that another project shares.

    API: Backup sharing, "Updating a Share Member".

    Example:
        >>> other = session.in_project("eu-west-0_staging")
        >>> backup = session.last_quiet_backup("web-01")
        >>> members = session.share(backup, other.identity.project_id)
        >>> other.reject_share(backup.id).status
        'rejected'
    """
    backup_id = _shared_backup(session, backup)
    return session.client.members.update(
        backup_id, session.identity.project_id, status=MEMBER_REJECTED
    )


def unshare(session: Context, backup: ResourceRef, project: str) -> None:
    """Stop sharing a backup with a project.

    Raises:
        NotFound: it is not shared with it.
        Conflict: an image was made of it there.

    API: Backup sharing, "Deleting a Share Member".

    Example:
        >>> other = session.in_project("eu-west-0_staging")
        >>> backup = session.last_quiet_backup("web-01")
        >>> members = session.share(backup, other.identity.project_id)
        >>> session.unshare(backup, other.identity.project_id)
        >>> len(session.members(backup))
        0
    """
    session.client.members.delete(find_backup(session, backup).id, project)


def _shared_backup(session: Context, backup: ResourceRef) -> str:
    text = one_id_or_name(backup, "backup")
    shared = list(session.client.backups.list_all(own_type="shared"))
    return choose(text, shared, "shared backup", lambda each: each.name).id
