"""The operations on share members: projects that a backup is shared with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Literal

import msgspec

from cbr_notebook.api.groups import Group
from cbr_notebook.api.messages import validate
from cbr_notebook.api.messages.records import Member, Page
from cbr_notebook.api.messages.statuses import MEMBER_ACCEPTED, MEMBER_STATUSES
from cbr_notebook.api.paging.pager import items, paged
from cbr_notebook.errors import InvalidRequest


class MemberPage(Page, frozen=True, kw_only=True):
    """A page of members."""

    members: list[Member]


class _Answer(msgspec.Struct):
    member: Member


def _path(backup_id: str) -> str:
    return f"/v3/{{project_id}}/backups/{backup_id}/members"


class Members(Group):
    """Projects that a backup is shared with, as the owner and the receiver see them."""

    def list(
        self,
        backup_id: str,
        *,
        limit: int | None = None,
        offset: int | None = None,
        marker: str | None = None,
        sort: str | None = None,
        status: str | None = None,
        dest_project_id: str | None = None,
        image_id: str | None = None,
        vault_id: str | None = None,
    ) -> MemberPage:
        """Return a page of the members of a backup.

        Args:
            backup_id: the backup.
            limit: rows in the page, 1 to 1000.
            offset: rows to skip.
            marker: the last ID of the page before.
            sort: such as ``created_at:asc``.
            status: ``pending``, ``accepted`` or ``rejected``.
            dest_project_id: only this project.
            image_id: only the one with this image.
            vault_id: only the one with this vault.

        Raises:
            NotFound: there is no such backup (BackupService.6200).
            InvalidRequest: a filter has a value that the service does not know.

        API: Backup sharing, "Querying the Share Member List" (GET …/backups/{backup_id}/members).
        """
        query = {
            "limit": validate.within(limit, 1, 1000, "limit"),
            "offset": validate.within(offset, 0, 2**31, "offset"),
            "marker": marker,
            "sort": validate.text(sort, 255, "sort"),
            "status": validate.one_of(status, MEMBER_STATUSES, "status"),
            "dest_project_id": dest_project_id,
            "image_id": image_id,
            "vault_id": vault_id,
        }
        return self._transport.get(_path(backup_id), MemberPage, query)

    def list_all(self, backup_id: str, **filters: Any) -> Iterator[Member]:
        """Return all members of a backup, page by page; filters as for :meth:`list`.

        API: Backup sharing, "Querying the Share Member List".
        """
        ask = paged(partial(self.list, backup_id, **filters), "members")
        return items(ask)

    def add(self, backup_id: str, project_ids: Sequence[str]) -> Sequence[Member]:
        """Share a backup with projects of the same region.

        Args:
            backup_id: a server's backup that is available.
            project_ids: 1 to 10 of them.

        Returns:
            The new members, pending.

        Raises:
            InvalidRequest: not a server's backup, or not a project to share with
                (BackupService.6700, .6704, .6709).
            Conflict: shared already, or not available (BackupService.6714, .6702, .6712).
            QuotaExceeded: shared with ten projects (BackupService.6701).

        API: Backup sharing, "Adding Share Members" (POST …/backups/{backup_id}/members).
        """
        validate.listed(project_ids, "project_ids", most=10)
        body = {"members": list(project_ids)}
        return self._transport.send("POST", _path(backup_id), body, MemberPage).members

    def show(self, backup_id: str, member_id: str) -> Member:
        """Return a member of a backup, by the ID of its project.

        Raises:
            NotFound: not shared with this project (BackupService.6705).

        API: Backup sharing, "Querying a Share Member" (GET …/members/{member_id}).
        """
        return self._transport.get(f"{_path(backup_id)}/{member_id}", _Answer).member

    def update(
        self,
        backup_id: str,
        member_id: str,
        *,
        status: Literal["accepted", "rejected", "pending"],
        vault_id: str | None = None,
    ) -> Member:
        """Accept or reject a backup that another project shares.

        Args:
            backup_id: the backup.
            member_id: the ID of one's own project.
            status: ``accepted``, ``rejected`` or ``pending``.
            vault_id: the vault that takes it; mandatory to accept.

        Raises:
            InvalidRequest: no vault, or one that does not fit (BackupService.6706, .6713).
            NotFound: not shared with this project (BackupService.6705).

        API: Backup sharing, "Updating a Share Member" (PUT …/members/{member_id}).
        """
        if status == MEMBER_ACCEPTED and not vault_id:
            raise InvalidRequest(
                "To accept a backup, a vault must take it.",
                advice="Name one of your server backup vaults.",
                field="vault_id",
                code="BackupService.6706",
            )
        body = {"status": validate.one_of(status, MEMBER_STATUSES, "status")}
        if vault_id:
            body["vault_id"] = vault_id
        path = f"{_path(backup_id)}/{member_id}"
        return self._transport.send("PUT", path, body, _Answer, read_back=True).member

    def delete(self, backup_id: str, member_id: str) -> None:
        """Stop sharing a backup with a project.

        Raises:
            NotFound: not shared with this project (BackupService.6705).
            Conflict: an image was made of it there (BackupService.6710).

        API: Backup sharing, "Deleting a Share Member" (DELETE …/members/{member_id}).
        """
        self._transport.send("DELETE", f"{_path(backup_id)}/{member_id}", None, type(None))
