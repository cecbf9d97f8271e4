"""Which disks of a server its vault leaves out of the backups, and how they are taken back in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from cbr_notebook.api.messages.records import Protectable, VaultResource


def excluded_disks(server: Protectable, member: VaultResource) -> list[Protectable]:
    """Return the disks of a server that its vault leaves out of the backups."""
    choice = _choice(member)
    excluded = set(_ids(choice.get("exclude_volumes")))
    included = set(_ids(choice.get("include_volumes")))
    return [
        disk
        for disk in server.children or ()
        if disk.id in excluded or (included and disk.id not in included)
    ]


def choice_with(
    server: Protectable, member: VaultResource, wanted: Collection[str]
) -> dict[str, Any]:
    """Return what is sent so that some disks that are left out are backed up, too.

    Args:
        server: as it is listed.
        member: the server as it is in the vault.
        wanted: IDs of the disks.
    """
    left = [each.id for each in excluded_disks(server, member) if each.id not in wanted]
    return {**_choice(member), "include_volumes": [], "exclude_volumes": left}


def _choice(member: VaultResource) -> Mapping[str, Any]:
    return member.extra_info if isinstance(member.extra_info, Mapping) else {}


def _ids(disks: Any) -> Iterator[str]:
    for each in disks if isinstance(disks, list | tuple) else ():
        yield str(each.get("id") if isinstance(each, Mapping) else each)
